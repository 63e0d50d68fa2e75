"""A number that is shown can be read again."""

from __future__ import annotations

import phonenumbers
from hypothesis import assume, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from leadtracker import phone

KINDS = (
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
    PhoneNumberType.SHARED_COST,
)


EXAMPLES = [
    example
    for country in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in KINDS
    if (example := phonenumbers.example_number_for_type(country, kind)) is not None
]


@given(st.sampled_from(EXAMPLES), st.integers(0, 9999))
def test_numbers_like_the_examples_of_every_country(
    example: phonenumbers.PhoneNumber, end: int
) -> None:
    digits = f"{phonenumbers.national_significant_number(example)[:-4]}{end:04}"
    assume((e164 := phone.read(f"+{example.country_code}{digits}", "ZZ")) is not None)
    check(str(e164))


def test_the_examples_themselves() -> None:
    for example in EXAMPLES:
        check(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))


def check(e164: str) -> None:
    country = phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or ""
    assert phone.read(e164, country) == e164
    assert phone.heard(e164, country) == e164
    assert phone.read(phone.show(e164, "international"), "ZZ") == e164
    assert phone.read(phone.show(e164, "national"), country) == e164
    assert phone.read(phone.show(e164, "XXX-XXXXXXX"), country) == e164
