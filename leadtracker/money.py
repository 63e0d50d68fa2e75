"""Money as people read it: minor units and a currency become the same text everywhere."""

from __future__ import annotations

from decimal import Decimal

USUAL_DECIMALS = 2
DECIMALS = {  # ISO 4217: the currencies whose minor unit is not a hundredth
    **dict.fromkeys(
        (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
            *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def as_text(minor_units: int, currency: str) -> str:
    """`50.00 ILS` of 5000 agorot, `1,250 JPY` of 1250 yen, `-1.250 KWD` of -1250 fils."""
    decimals = DECIMALS.get(currency, USUAL_DECIMALS)
    return f"{Decimal(minor_units).scaleb(-decimals):,.{decimals}f} {currency}"
