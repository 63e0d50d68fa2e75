"""What pages send for JSON, and what a strict reader makes of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from leadtracker.web.script.mended_json import MOST_LEVELS, mended, read_mended
from leadtracker.web.script.number_request import LONGEST_BODY


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"Dana \ud83c"', "Dana \ufffd"),
        (r'"\udf38 \ud83c\udf38"', "\ufffd \U0001f338"),
        (r'{"\ud83c": 1}', {"\ufffd": 1}),
        (r'["a\\ud83c", "\ud83c"]', [r"a\ud83c", "\ufffd"]),
        ('"two\nlines\tand \x01"', "two\nlines\tand \x01"),
        ('[NaN, Infinity, -Infinity, 1e999, undefined, {"a": NaN}]', [None] * 5 + [{"a": None}]),
        ("[" + "7" * 5000 + ", 7, -7.5e1]", [None, 7, -75.0]),
        ('\ufeff{"a": [1, "b", true, false, null]}', {"a": [1, "b", True, False, None]}),
        ('["a{[\\"b", NaN]', ['a{["b', None]),
        ("[1., .5, 1_000, 0x10, 1.5]", [None] * 4 + [1.5]),
    ],
)
def test_what_can_be_mended(text: str, value: Any) -> None:
    assert read_mended(text.encode()) == value


def test_the_longest_body_is_mended_too() -> None:
    text = "x" * (LONGEST_BODY - 30)
    assert read_mended(f'["\\ud83c", "{text}"]'.encode()) == ["\ufffd", text]


def test_bytes_that_are_no_text() -> None:
    assert read_mended(b'["\xff", "\xd7"]') == ["\ufffd", "\ufffd"]


@pytest.mark.parametrize("levels", [MOST_LEVELS, MOST_LEVELS + 1, 2000, 100_000])
@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")])
def test_what_is_too_deep_is_null(levels: int, begin: str, end: str) -> None:
    found = orjson.loads(mended(f"[{begin * levels}7{end * levels}, 1]"))
    assert found[1] == 1
    depth = 0
    while isinstance(found, list | dict):
        found = found["a"] if isinstance(found, dict) else found[0]
        depth += 1
    assert (depth, found) == (MOST_LEVELS, None)


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", '{"a" 1}', '"abc', '["\\x"]', "[1] [2]", "{NaN: 1}", '"\\', "[[[}"]
)
def test_what_is_no_json_at_all(text: str) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        read_mended(text.encode())
