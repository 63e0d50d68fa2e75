"""Loosely typed fields: what is understood, what is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leadtracker import phone
from leadtracker.errors import BadPayload
from leadtracker.pbx.fields import FieldReader

DEEP = '{"a":' * 40 + "1" + "}" * 40


@pytest.mark.parametrize(
    ("method", "value", "expected", "understood"),
    [
        ("text", " a ", "a", True),
        ("text", 7, "7", True),
        ("text", 2.5, "2.5", True),
        ("text", "", "", True),
        ("text", None, "", True),
        ("text", [], "", True),
        ("text", {}, "", True),
        ("text", True, "", False),
        ("text", ["a"], "", False),
        ("whole", "7", 7, True),
        ("whole", " -7 ", -7, True),
        ("whole", 7.9, 7, True),
        ("whole", "7.0", 7, True),
        ("whole", 2**53 + 1, None, False),
        ("whole", "1e400", None, False),
        ("whole", "1e999999999999999999", None, False),
        ("whole", "9" * 41, None, False),
        ("whole", "", None, True),
        ("whole", None, None, True),
        ("whole", True, None, False),
        ("whole", "seven", None, False),
        ("seconds", "11", 11, True),
        ("seconds", 0, 0, True),
        ("seconds", -1, None, False),
        ("seconds", "-0.5", None, False),
        ("seconds", 2**31, None, False),
        ("seconds", 2**31 - 1, 2**31 - 1, True),
        ("seconds", "-0", 0, True),
        ("whole", 2**53, 2**53, True),
        ("whole", -(2**53), -(2**53), True),
        ("whole", -(2**53) - 1, None, False),
        ("whole", -7.9, -7, True),
        ("whole", "0" * 39 + "7", 7, True),
        ("whole", "0" * 40 + "7", None, False),  # longer than a number is written
        ("whole", [7], None, False),
        ("whole", {"a": 7}, None, False),
        ("decimal", 2**31 - 1, Decimal(2**31 - 1), True),
        ("decimal", -(2**31) + 1, Decimal(-(2**31) + 1), True),
        ("decimal", -(2**31), None, False),
        ("decimal", False, None, False),
        ("seconds", "", None, True),
        ("decimal", "12.50", Decimal("12.50"), True),
        ("decimal", 0.1, Decimal("0.1"), True),
        ("decimal", "NaN", None, False),
        ("decimal", "-Infinity", None, False),
        ("decimal", 2**31, None, False),
        ("truth", True, True, True),
        ("truth", 1, True, True),
        ("truth", 1.0, True, True),
        ("truth", " TRUE ", True, True),
        ("truth", "yes", True, True),
        ("truth", "1", True, True),
        ("truth", "true", True, True),
        ("truth", "FALSE ", False, True),
        ("truth", "false", False, True),
        ("truth", "no", False, True),
        ("truth", 0.0, False, True),
        ("truth", -1, None, False),
        ("truth", False, False, True),
        ("truth", 0, False, True),
        ("truth", "0", False, True),
        ("truth", "No", False, True),
        ("truth", "", None, True),
        ("truth", None, None, True),
        ("truth", 2, None, False),
        ("truth", "perhaps", None, False),
        ("truth", [1], None, False),
        ("url", " https://example.com/a ", "https://example.com/a", True),
        ("url", "http://example.com", "http://example.com", True),
        ("url", "ftp://example.com", "", False),
        ("url", "HTTP://example.com", "HTTP://example.com", True),
        ("url", "https:/example.com", "", False),
        ("url", "example.com/https://", "", False),
        ("url", 7, "", False),
        ("url", "", "", True),
        ("object", {"a": 1}, {"a": 1}, True),
        ("object", '{"a": 1}', {"a": 1}, True),
        ("object", "{}", {}, True),
        ("object", "[]", {}, True),
        ("object", " null ", {}, True),
        ("object", [{"a": 1}], {}, False),
        ("object", "{", {}, False),
        ("object", "7", {}, False),
        ("object", '{"a": "\\u0000"}', {"a": "\ufffd"}, True),
        ("object", DEEP, {}, False),
        ("objects", [{"a": 1}], [{"a": 1}], True),
        ("objects", '[{"a": 1}]', [{"a": 1}], True),
        ("objects", {}, [], True),
        ("objects", [1], [], False),
        ("objects", [{"a": 1}, 1], [], False),
        ("objects", "", [], True),
        ("objects", " null ", [], True),
        ("objects", '[{"a": 1}', [], False),
        ("objects", [{"a": 1}, {"b": 2}], [{"a": 1}, {"b": 2}], True),
        ("objects", {"a": 1}, [], False),
        ("take", {"a": 1}, {"a": 1}, True),
        ("take", None, None, True),
        ("required", "a", "a", True),
        ("required", " 7 ", "7", True),
        ("required", 7, "7", True),
        ("required", "a" * 255, "a" * 255, True),
    ],
)
def test_reading(method: str, value: Any, expected: Any, understood: bool) -> None:
    for sent in ("someField", "SOME_FIELD", "somefield"):
        reader = FieldReader({sent: value, "other": 1})
        assert getattr(reader, method)("someField") == expected
        assert reader.left() == ({"other": 1} if understood else {sent: value, "other": 1})


@pytest.mark.parametrize(
    "method", ["text", "whole", "seconds", "decimal", "truth", "url", "object", "objects"]
)
def test_absent(method: str) -> None:
    reader = FieldReader({"other": 1})
    assert not getattr(reader, method)("someField")
    assert reader.left() == {"other": 1}


@pytest.mark.parametrize("value", [None, "", " ", [], {"a": 1}, True, "a" * 256])
def test_required(value: Any) -> None:
    with pytest.raises(BadPayload, match="The field id "):
        FieldReader({"id": value}).required("id")
    with pytest.raises(BadPayload, match="The field id is missing"):
        FieldReader({}).required("id")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "The field id is missing, empty or not a text."),
        ("a" * 256, "The field id has 256 characters; 255 are taken."),
    ],
)
def test_what_is_said_of_a_record_without_identity(value: str, words: str) -> None:
    with pytest.raises(BadPayload) as refusal:
        FieldReader({"id": value}).required("id")
    assert str(refusal.value) == words


def test_all_names_as_sent() -> None:
    assert FieldReader({"Status": 1, "STATUS": 2}).names() == ["Status", "STATUS"]


@pytest.mark.parametrize(
    "word",
    ["anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld", "חסוי"],
)
def test_a_withheld_number_is_none_and_its_word_is_kept(word: str) -> None:
    for sent in (word, word.title(), f" {word.upper()} "):
        reader = FieldReader({"phone": sent})
        assert reader.number("phone", "IL") is None
        assert reader.left() == {"phone": sent}


def test_the_exact_name_counts_more() -> None:
    reader = FieldReader({"Status": "other", "status": "exact", "STATUS": "another"})
    assert reader.text("status") == "exact"
    assert reader.left() == {"Status": "other", "STATUS": "another"}


@pytest.mark.parametrize(
    ("value", "expected", "understood"),
    [
        ("0722776772", "+972722776772", True),
        (972722776772, "+972722776772", True),
        ("SIPSIP2", "SIPSIP2", True),
        ("", None, True),
        (None, None, True),
        (" Anonymous ", None, False),
        ("no number", "no number", True),
        ("5" * 64, "5" * 64, True),
        ("5" * 65, None, False),
        (["0722776772"], None, False),
        (True, None, False),
    ],
)
def test_number(value: Any, expected: str | None, understood: bool) -> None:
    reader = FieldReader({"phone": value})
    assert reader.number("phone", "IL") == expected
    assert reader.left() == ({} if understood else {"phone": value})


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("0722776772", "IL", "+972722776772"),
        (
            "0501234567",
            "IL",
            "+972501234567",
        ),  # the numbering plan knows no 050-1…; Voicenter's documents do
        ("972501234567", "IL", "+972501234567"),
        ("+972501234567", "IL", "+972501234567"),
        ("00972501234567", "IL", "+972501234567"),
        ("050-123-4567", "IL", "+972501234567"),
        ("12125551234", "IL", "+12125551234"),
        ("0300000000", "RO", "+40300000000"),
        ("1234", "IL", None),
        ("*2234", "IL", None),
        ("SIP12SIP", "IL", None),
        ("Dana 0501234567", "IL", None),
        ("", "IL", None),
        ("0" * 41, "IL", None),
        ("+999999999999999", "IL", None),
        ("5551234", "US", None),  # lacks its area's prefix
        ("0501234567".rjust(40), "IL", "+972501234567"),
        ("0501234567".rjust(41), "IL", None),
        ("(050) 123.4567", "IL", "+972501234567"),
        ("050/1234567", "IL", None),
    ],
)
def test_heard(text: str, country: str, expected: str | None) -> None:
    assert phone.heard(text, country) == expected
