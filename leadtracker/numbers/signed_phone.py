"""A phone that the site's own back end signed: proof that the page tells whose it is."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

EXPIRES, SIGNATURE = "phone_expires", "phone_signature"  # keys of visitorInfo
LONGEST_SECONDS = 24 * 60 * 60
LONGEST_EXPIRES = 12  # digits


def signature(secret: str, phone: str, expires: int, visitor: str = "") -> str:
    """HMAC-SHA-256 of `phone|expires` or `phone|expires|visitor`, in hexadecimal digits."""
    parts = [phone, str(expires)] + [visitor] * bool(visitor)
    return hmac.new(secret.encode(), "|".join(parts).encode(), hashlib.sha256).hexdigest()


def is_signed(
    secret: str, phone: str, visitor: str, told: Mapping[str, Any], now: datetime
) -> bool:
    """Whether what a page told proves that the phone (E.164) is its visitor's.

    Whatever is missing, altered, expired or good for too long only leaves the phone unsigned.
    """
    expires, signed = _seconds(told.get(EXPIRES)), told.get(SIGNATURE)
    if not secret or not phone or expires is None or not isinstance(signed, str):
        return False
    if not 0 < expires - now.timestamp() <= LONGEST_SECONDS:
        return False
    given = signed.strip().lower().encode(errors="replace")
    wanted = (signature(secret, phone, expires), signature(secret, phone, expires, visitor))
    return any(hmac.compare_digest(given, each.encode()) for each in wanted)


def _seconds(value: Any) -> int | None:
    """Seconds since 1970 as a page told them, a number or a text of digits."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    if not text.isascii() or not text.isdecimal() or len(text) > LONGEST_EXPIRES:
        return None
    return int(text)
