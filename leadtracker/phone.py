"""Telephone numbers: read any spelling to E.164, show E.164 in a site's format."""

from __future__ import annotations

import functools
import re

import phonenumbers
from phonenumbers import PhoneNumberFormat

_WRITTEN_NUMBER = re.compile(r"\s*[+(]?[0-9][0-9\s().\-]*")
# A spreadsheet's 7.23E+10: digits are lost, so it is no number at all.
_ROUNDED = re.compile(r"\s*[+-]?[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+\s*")
_WITH_POINT = re.compile(r"\A(\s*\+?[0-9]{7,})\.0+\s*\Z")  # 722776772.0 is written in full


@functools.lru_cache(maxsize=65536)
def read(text: str | None, country: str) -> str | None:
    """E.164 of a number written in any way, None when it is not a number that can exist.

    `country` (ISO 3166) is assumed where no international prefix is written. `972…` without `+` is
    read too.
    """
    if not text or len(text) > 40 or _ROUNDED.fullmatch(text):
        return None
    text = _WITH_POINT.sub(r"\1", text)
    spellings = [text]
    if text.isdigit() and not text.startswith("0"):
        spellings.append("+" + text)
    for spelling in spellings:
        try:
            number = phonenumbers.parse(spelling, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return None


@functools.lru_cache(maxsize=65536)
def heard(text: str, country: str) -> str | None:
    """E.164 of a number that a PBX reports, None for a SIP code, a name or a short code.

    It was dialed or it rang, so a number of possible length counts, even where the numbering plan
    at hand does not know its range. Two spellings of it must compare equal.
    """
    if known := read(text, country):
        return known
    text = _WITH_POINT.sub(r"\1", text)
    if len(text) > 40 or not _WRITTEN_NUMBER.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if (
        phonenumbers.is_possible_number_with_reason(number)
        is not phonenumbers.ValidationResult.IS_POSSIBLE
    ):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@functools.lru_cache(maxsize=65536)
def show(e164: str, display_format: str = "national") -> str:
    """A number as a site writes it.

    The format is `national`, `international`, or a pattern whose X stand for the national digits.
    """
    number = phonenumbers.parse(e164, None)
    if display_format == "international":
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    if display_format == "national":
        return national
    digits = iter(character for character in national if character.isdigit())
    shown = "".join(
        next(digits, "") if character in "X0" else character for character in display_format
    )
    return shown + "".join(digits)
