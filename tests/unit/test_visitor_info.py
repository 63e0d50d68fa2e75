"""What of visitorInfo is kept: the shortest values first, nothing deep, no NUL."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from leadtracker.live.visitor_info import DEEPEST, LONGEST, fit, shallow


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def test_what_fits_is_kept_as_it_is() -> None:
    info = {"name": "Dana דנה", "n": [1, None, True, 2.5], "deep": nested(DEEPEST - 1), "": ""}
    kept, cut = fit(info)
    assert {key: orjson.loads(text) for key, text in kept.items()} == info
    assert list(kept) == list(info)
    assert cut == []


@pytest.mark.parametrize(
    ("info", "kept", "cut"),
    [
        ({str(n): n for n in range(52)}, {str(n): n for n in range(50)}, ["50", "51"]),
        ({"k" * 300: 1}, {"k" * 200: 1}, ["k" * 200]),
        (
            {"a\0": "\0", "b": {"\0": ["\0"]}},
            {"a\ufffd": "\ufffd", "b": {"\ufffd": ["\ufffd"]}},
            ["a\ufffd", "b"],
        ),
        ({"a": nested(DEEPEST)}, {"a": shallow(nested(DEEPEST), DEEPEST - 1)}, ["a"]),
        ({"a": "x" * (LONGEST - 3)}, {"a": "x" * (LONGEST - 3)}, []),
        ({"a": "x" * (LONGEST - 2)}, {"a": "x" * (LONGEST - 3)}, ["a"]),
        ({"a": "x" * 9000, "phone": "1"}, {"a": "x" * (LONGEST - 11), "phone": "1"}, ["a"]),
        ({"a": '"' * 9000}, {"a": '"' * (LONGEST // 2 - 2)}, ["a"]),
        ({"a": ["x"] * 9000, "phone": "1"}, {"phone": "1"}, ["a"]),
        ({"a": "x" * 8180, "b": "y" * 9000, "c": 1}, {"a": "x" * 8180, "b": "yyyy", "c": 1}, ["b"]),
    ],
)
def test_what_does_not_fit(info: dict[str, Any], kept: dict[str, Any], cut: list[str]) -> None:
    found, changed = fit(info)
    assert {key: orjson.loads(text) for key, text in found.items()} == kept
    assert changed == cut
    assert sum(len(key) + len(text) for key, text in found.items()) <= LONGEST


@pytest.mark.parametrize("levels", [1, DEEPEST, DEEPEST + 1, 900])
def test_depth(levels: int) -> None:
    found, depth = shallow(nested(levels)), 0
    while isinstance(found, dict):
        found, depth = found["a"], depth + 1
    assert depth == min(levels, DEEPEST)
    assert found == (1 if levels <= DEEPEST else None)
