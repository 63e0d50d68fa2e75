"""How the dashboard reads what people type and writes what it shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadtracker.domain import Site
from leadtracker.records.tables import InboxRow
from leadtracker.web.dashboard import formats
from leadtracker.web.dashboard.csv_answer import safe_cell
from leadtracker.web.dashboard.filter_form import read_number
from leadtracker.web.dashboard.raw_payload import MASK, readable

SITES = tuple(
    Site(id=number, name="", tokens=(), origins=(), default_number=None, country=country)
    for number, country in enumerate(("IL", "RO"))
)


@pytest.mark.parametrize(
    ("typed", "callers", "last_digits"),
    [
        ("", (), ""),
        ("054-321-6549", ("+972543216549",), ""),
        ("0543216549", ("+972543216549",), ""),
        ("+972 54 321 6549", ("+972543216549",), ""),
        ("972543216549", ("+972543216549",), ""),
        (
            "0722 776 772",
            ("+972722776772", "+40722776772"),
            "",
        ),  # whole in the countries of two sites
        ("4567", (), "4567"),
        ("0067", (), "0067"),
        ("0541234567", (), "541234567"),  # a range that no list of ranges has yet
        ("123-4567", (), "1234567"),
        ("anonymous", ("anonymous",), ""),
        ("٤٥٦٧", ("٤٥٦٧",), ""),
        ("%' OR 1=1 --", (), "11"),
    ],
)
def test_a_number_in_any_spelling(typed: str, callers: tuple[str, ...], last_digits: str) -> None:
    assert read_number(typed, SITES) == (callers, last_digits)


@pytest.mark.parametrize(
    ("caller", "country", "written"),
    [
        ("+972543216549", "IL", "054-321-6549"),
        ("+972543216549", "RO", "+972 54-321-6549"),
        ("+40213110001", "RO", "021 311 0001"),
        ("anonymous", "IL", "anonymous"),
        ("+1", "IL", "+1"),
        (None, "IL", "Number withheld"),
        ("", "IL", "Number withheld"),
    ],
)
def test_a_number_as_people_of_the_country_write_it(
    caller: str | None, country: str, written: str
) -> None:
    assert formats.number(caller, country) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(None, "–"), (0, "0:00"), (42, "0:42"), (725.4, "12:05"), (3800, "1:03:20")],
)
def test_lengths(seconds: float | None, written: str) -> None:
    assert formats.duration(seconds) == written


def test_moments_are_the_sites() -> None:
    at = datetime(2024, 7, 1, 21, 30, tzinfo=UTC)
    assert formats.moment(at, "Asia/Jerusalem") == "2 Jul 2024, 00:30:00"
    assert formats.moment_of(at.isoformat(), "UTC") == "1 Jul 2024, 21:30:00"
    assert formats.moment_of("2024-07-01T21:30:00", "UTC") == "1 Jul 2024, 21:30:00"
    assert formats.moment_of("<script>", "UTC") == formats.moment_of(None, "UTC") == ""
    assert formats.day(datetime.now(UTC), "UTC") == "Today"
    assert formats.day(datetime.now(UTC) - timedelta(days=400), "UTC") != "Today"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://pbx.example/1.mp3?a=b", "https://pbx.example/1.mp3?a=b"),
        ("http://pbx.example/1.mp3", "http://pbx.example/1.mp3"),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//pbx.example/1.mp3", ""),
        ("https:///x", ""),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(url: str, link: str) -> None:
    assert formats.web_link(url) == link


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+SUM(1)", "'+SUM(1)"),
        ("-1+1", "'-1+1"),
        ("@cmd", "'@cmd"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("+972543216549", "+972543216549"),
        ("+972543216549\n=1", "'+972543216549\n=1"),
        ("+972 =1", "'+972 =1"),
        ("דנה", "דנה"),
        ("a\0b", "ab"),
        (-5, -5),
        (None, None),
    ],
)
def test_a_cell_is_never_a_formula(cell: str | int | None, written: str | int | None) -> None:
    assert safe_cell(cell) == written


def raw(body: bytes, query: str = "") -> str:
    return readable(InboxRow(body=body, query=query), ["secret-of-the-account", "abc"])


@pytest.mark.parametrize(
    ("body", "query", "hidden"),
    [
        (
            b'{"campaignCode":"c0de","Code": 123456, "token":"a\\"b"}',
            "",
            ("c0de", "123456", 'a\\"b'),
        ),
        (b"token=t0ken&phone=1", "", ("t0ken",)),
        (b"", "phone=1&token=t0ken&dnid=2", ("t0ken",)),
        (b"x secret-of-the-account y", "", ("secret-of-the-account",)),
        (
            b"<member><name>token</name><value><string>t0ken</string></value></member>",
            "",
            ("t0ken",),
        ),
        (b'{"record":"https://pbx.example/1.mp3?code=c0de"}', "", ("c0de",)),
    ],
)
def test_secrets_in_payloads_are_masked(body: bytes, query: str, hidden: tuple[str, ...]) -> None:
    text = raw(body, query)
    assert MASK in text
    assert not any(secret in text for secret in hidden)


def test_payloads_are_readable_and_not_endless() -> None:
    assert raw('{"שם":"דנה","n":[1]}'.encode()) == '{\n  "שם": "דנה",\n  "n": [\n    1\n  ]\n}'
    assert raw(b"\xff\xfe\x00abc") == "��\ufffdabc"
    assert len(raw(b"x" * 1_000_000)) < 50_000
    assert raw(b"[" * 100_000).startswith("[[[")


def test_values_of_visitor_info_in_one_line() -> None:
    assert formats.plain({"a": [1, True, None], "b": {"c": "d"}}) == "a: 1, yes, , b: c: d"


def test_addresses_are_readable() -> None:
    assert formats.readable_url("/%D7%93%D7%99%D7%A8%D7%95%D7%AA/12") == "/דירות/12"
    assert formats.readable_url("/%FF%zz") == "/\ufffd%zz"
