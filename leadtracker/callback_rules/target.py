"""The number that a visitor wants to be called at, in any honest spelling and no other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from leadtracker import phone
from leadtracker.callback_rules.rules import rules_of
from leadtracker.domain import Site
from leadtracker.errors import Refused

LONGEST = 40  # characters
CALLED = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.VOIP,
}
NO_COUNTRY = "001"  # satellites, international networks and services
_MARKS = dict.fromkeys(
    map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
)
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_WRITTEN = re.compile(r"(?:\+ ?)?\(?[0-9](?:[0-9 ().\-/]*[0-9)])?")


def check(text: str, site: Site, own: Collection[str], blocked: Collection[str] = ()) -> str:
    """The number to dial, in E.164. Raises Refused: number, kind, country, own or blocked.

    We dial what we checked: a number made anew from the digits, never the text itself. `own` are
    DIDs and default numbers, `blocked` is the account's blacklist, all in E.164.
    """
    rules = rules_of(site)
    number = _read(text, site.country)
    target = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    country = phonenumbers.region_code_for_number(number)
    if phonenumbers.number_type(number) not in CALLED or country == NO_COUNTRY:
        raise Refused("kind", target)
    if country not in (rules.countries or (site.country,)):
        raise Refused("country", str(country))
    agents = (phone.read(agent, site.country) for agent in rules.agents)
    if target in own or target == site.default_number or target in agents:
        raise Refused("own", target)
    if target in rules.blocked or target in blocked:
        raise Refused("blocked", target)
    return target


def _read(text: str, country: str) -> phonenumbers.PhoneNumber:
    """A number of digits and the signs that people write between them."""
    written = _plain(text)
    if len(text) > LONGEST or not _WRITTEN.fullmatch(written):
        raise Refused("number", "not written as a number")
    for spelling in _spellings(written):
        try:
            number = phonenumbers.parse(spelling, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and not spelling.startswith("+0"):
            return number
    raise Refused("number", "no such number")


def _spellings(written: str) -> tuple[str, ...]:
    """What to try: `00` is the same as +, and an international prefix may stand without its +."""
    digits = re.sub("[^0-9]", "", written)
    if written.startswith("+"):
        return ("+" + digits,)
    if digits.startswith("00"):
        return ("+" + digits[2:],)
    if digits.startswith("0"):
        return (digits,)
    return (digits, "+" + digits)


def _plain(text: str) -> str:
    """The text with digits of any script as 0 to 9 and any dash as -.

    Marks of writing direction, which copied numbers carry, are left out.
    """
    bare = unicodedata.normalize("NFKC", text.translate(_MARKS | _DASHES)).strip()
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in bare)
