"""Minor units and a currency as people read them."""

from __future__ import annotations

import pytest

from leadtracker import money


@pytest.mark.parametrize(
    ("minor_units", "currency", "text"),
    [
        (5000, "ILS", "50.00 ILS"),
        (1250, "ILS", "12.50 ILS"),
        (5, "EUR", "0.05 EUR"),
        (0, "USD", "0.00 USD"),
        (-5, "USD", "-0.05 USD"),
        (-123_456_789, "USD", "-1,234,567.89 USD"),
        (1250, "JPY", "1,250 JPY"),
        (0, "JPY", "0 JPY"),
        (-1250, "KRW", "-1,250 KRW"),
        (1250, "KWD", "1.250 KWD"),
        (1_000_000, "TND", "1,000.000 TND"),
        (12_345, "CLF", "1.2345 CLF"),
        (2**63 - 1, "ILS", "92,233,720,368,547,758.07 ILS"),
        (100, "XYZ", "1.00 XYZ"),  # a currency that is not listed has hundredths
    ],
)
def test_as_text(minor_units: int, currency: str, text: str) -> None:
    assert money.as_text(minor_units, currency) == text
