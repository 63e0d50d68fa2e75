"""Telephone numbers in every spelling."""

from __future__ import annotations

import pytest

from leadtracker import phone


@pytest.mark.parametrize(
    ("text", "country", "e164"),
    [
        ("072-277-6772", "IL", "+972722776772"),
        ("0722776772", "IL", "+972722776772"),
        ("972722776772", "IL", "+972722776772"),
        ("+972 72-277-6772", "RO", "+972722776772"),
        ("00972722776772", "IL", "+972722776772"),
        (" (03) 555 1234 ", "IL", "+97235551234"),
        ("0721234567", "RO", "+40721234567"),
        ("40721234567", "RO", "+40721234567"),
        ("1-700-700-700", "IL", "+9721700700700"),
        ("٠٧٢٢٧٧٦٧٧٢", "IL", "+972722776772"),  # Arabic digits
        ("123", "IL", None),
        ("SIPSIP", "IL", None),
        ("Anonymous", "IL", None),
        ("", "IL", None),
        (None, "IL", None),
        ("+", "IL", None),
        ("0722776772".rjust(40), "IL", "+972722776772"),
        ("0722776772".rjust(41), "IL", None),
        ("0" * 41, "IL", None),
        ("0721234567", "IL", None),  # of Romania: its first digits are read as Israel's
        ("0722776772", "XX", None),
    ],
)
def test_read(text: str | None, country: str, e164: str | None) -> None:
    assert phone.read(text, country) == e164


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("0722776772", "+972722776772"),
        ("0501234567", "+972501234567"),
        ("SIPSIP", None),
        ("*72", None),
        ("100", None),
        ("Dana 0501234567", None),
        ("", None),
    ],
)
def test_heard(text: str, e164: str | None) -> None:
    assert phone.heard(text, "IL") == e164


def test_a_number_is_shown_as_its_country_writes_it_where_nothing_is_said() -> None:
    assert phone.show("+972722776772") == "072-277-6772"


@pytest.mark.parametrize(
    ("e164", "display", "shown"),
    [
        ("+972722776772", "national", "072-277-6772"),
        ("+972722776772", "international", "+972 72-277-6772"),
        ("+972722776772", "XXX-XXXXXXX", "072-2776772"),
        ("+972722776772", "XXX XXX XX XX", "072 277 67 72"),
        ("+972722776772", "0XX-XXX-XXXX", "072-277-6772"),
        ("+972722776772", "XXX-", "072-2776772"),  # a pattern too short loses no digit
        ("+97235551234", "(0X) XXX-XXXX", "(03) 555-1234"),
        ("+40213110001", "national", "021 311 0001"),
        ("+40213110001", "international", "+40 21 311 0001"),
        ("+972722776772", "XXX-XXX-XXXX-XXX", "072-277-6772-"),  # a pattern too long
        ("+972722776772", "Tel. X0X/0000000", "Tel. 072/2776772"),
    ],
)
def test_show(e164: str, display: str, shown: str) -> None:
    assert phone.show(e164, display) == shown
