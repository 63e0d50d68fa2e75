"""Telephone numbers: read any spelling to E.164, show E.164 in a site's format."""

from __future__ import annotations

import functools

import phonenumbers
from phonenumbers import PhoneNumberFormat


@functools.lru_cache(maxsize=65536)
def read(text: str | None, country: str) -> str | None:
    """E.164 of a number written in any way, None when it is not a number that can exist.

    `country` (ISO 3166) is assumed where no international prefix is written; `972…` without `+` is read too.
    """
    if not text or len(text) > 40:
        return None
    spellings = [text] if not text.isdigit() or text.startswith("0") else [text, "+" + text]
    for spelling in spellings:
        try:
            number = phonenumbers.parse(spelling, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return None


@functools.lru_cache(maxsize=65536)
def show(e164: str, display_format: str = "national") -> str:
    """A number as a site writes it: `national`, `international`, or a pattern whose X are the national digits."""
    number = phonenumbers.parse(e164, None)
    if display_format == "international":
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    if display_format == "national":
        return national
    digits = iter(character for character in national if character.isdigit())
    shown = "".join(next(digits, "") if character in "X0" else character for character in display_format)
    return shown + "".join(digits)
