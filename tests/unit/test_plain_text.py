"""Names, texts and URLs on their way to an agent or a PBX."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from leadtracker.calls.plain_text import plain_text, url
from leadtracker.calls.screen_pop import first_of

BASE = "https://calls.example.com"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Dana Cohen", "Dana Cohen"),
        ("  Dana \r\n\t Cohen ", "Dana Cohen"),
        ("דנה כהן", "דנה כהן"),
        ("O'Neill & Söhne", "O'Neill & Söhne"),
        ("\u202eanaD\u202c", "anaD"),
        ("\u2066Dana\u2069\u200f\u061c", "Dana"),
        ("D\u200ba\u200dn\ufeffa\u2060\u00ad", "Dana"),
        ("Da\x00na\x1b[31m\x7f\x85", "Dana[31m"),
        ("\u3164\u115f\u2800", ""),
        ("<b>Dana</b>", "Dana"),
        ("<img src=x onerror=alert(1)>Dana", "Dana"),
        ("Dana<script src=//x", "Dana"),
        ("<<b>script>Dana", "script Dana"),
        ("<\u200bscript\u200b>Dana", "Dana"),
        ("5 > 3", "5 3"),
        ("half \ud83d", "half"),
        (7, "7"),
        ("x" * 300, "x" * 200),
    ],
)
def test_one_plain_line(given: object, shown: str) -> None:
    assert plain_text(given) == shown
    assert plain_text(plain_text(given)) == shown


def test_a_name_that_shows_nothing_is_none() -> None:
    assert first_of({"name": "\u202e\u200b", "fname": "Dana"}, ("name", "fname")) == "Dana"


@pytest.mark.parametrize(
    "part", ["../logout?x=1#", "..", ".", "a/b", "?x=1", "#x", "a b", "\r\nX: y", "%2e%2e", "א"]
)
def test_a_part_of_a_path_stays_in_its_place(part: str) -> None:
    parsed = urlsplit(url(BASE, "callers", part))
    assert (parsed.netloc, parsed.query, parsed.fragment) == ("calls.example.com", "", "")
    assert parsed.path.startswith("/callers/")
    assert "/" not in parsed.path.removeprefix("/callers/")
    assert parsed.path.removeprefix("/callers/").lower() not in ("..", ".", "%2e%2e", "%2e")


def test_an_ordinary_url_is_as_it_was() -> None:
    assert url(BASE, "callers", "+972541234567") == f"{BASE}/callers/+972541234567"
    assert url(BASE, "visitors", "a-_9", query={"call": "ivr&1"}) == (
        f"{BASE}/visitors/a-_9?call=ivr%261"
    )
