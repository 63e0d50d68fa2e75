"""The numbers that the widget sends and shows, held against phonenumbers for every country."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import phonenumbers
import pytest
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    SUPPORTED_REGIONS,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
)

from tests.fresh_static import STATIC

TYPES = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.VOIP)
SAME_GROUPS = {  # whose grouping the widget knows, and of which numbers
    "AU": [PhoneNumberType.MOBILE],
    "BE": [PhoneNumberType.MOBILE],
    "CA": TYPES[:2],
    "CH": TYPES,
    "ES": TYPES[:2],
    "FR": TYPES,
    "GB": TYPES[:2],
    "IL": TYPES,
    "IT": TYPES[:2],
    "NL": TYPES,
    "US": TYPES[:2],
}


def examples() -> list[tuple[str, PhoneNumber]]:
    found = [
        (country, phonenumbers.example_number_for_type(country, kind))
        for country in sorted(SUPPORTED_REGIONS)
        for kind in TYPES
    ]
    return [(country, number) for country, number in found if number is not None]


@pytest.fixture(scope="module")
def run() -> Callable[[str, list[Any]], list[Any]]:
    """The result of a function of callback_phone.js for each list of arguments."""
    if shutil.which("node") is None:
        pytest.fail("Node.js is not installed: the script is built with it (make test installs it)")

    source = json.dumps((STATIC / "tracker" / "callback_phone.js").as_uri())

    def of(name: str, given: list[Any]) -> list[Any]:
        script = (
            f"import * as phone from {source};"
            f"import {{ readFileSync }} from 'node:fs';"
            f"const given = JSON.parse(readFileSync(0));"
            f"console.log(JSON.stringify(given.map((one) => phone.{name}(...one))));"
        )
        done = subprocess.run(
            ["node", "--input-type=module", "-e", script],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=True,
        )
        answer: list[Any] = json.loads(done.stdout)
        return answer

    return of


def national(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


def e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def test_every_country_has_its_dialing_code(run: Callable[..., list[Any]]) -> None:
    wanted = {
        country: str(code)
        for code, countries in COUNTRY_CODE_TO_REGION_CODE.items()
        for country in countries
        if country != "001"
    }
    assert (
        dict(zip(wanted, run("dialingCode", [[country] for country in wanted]), strict=True))
        == wanted
    )


@pytest.mark.parametrize("write", [national, e164], ids=["as at home", "international"])
def test_what_is_sent_is_the_number_that_was_typed(
    write: Callable[[PhoneNumber], str], run: Callable[..., list[Any]]
) -> None:
    numbers = examples()
    shown = run("format", [[write(number), country] for country, number in numbers])
    sent = run(
        "international",
        [[text, country] for text, (country, _) in zip(shown, numbers, strict=True)],
    )
    assert len(numbers) > 500
    read = [
        phonenumbers.format_number(phonenumbers.parse(text), PhoneNumberFormat.E164)
        for text in sent
    ]
    assert read == [e164(number) for _, number in numbers]


def test_an_international_number_chooses_its_country(run: Callable[..., list[Any]]) -> None:
    numbers = [(country, number) for country, number in examples() if country != "ZZ"]
    chosen = run("countryOf", [[e164(number), "IL"] for _, number in numbers])
    main = [
        COUNTRY_CODE_TO_REGION_CODE[phonenumbers.country_code_for_region(country)][0]
        for country, _ in numbers
    ]
    assert chosen == main
    assert run(
        "countryOf", [["+16502530000", "CA"], ["0521234567", "IL"], ["+", "IL"], ["", "IL"]]
    ) == [
        "CA",
        "IL",
        "IL",
        "IL",
    ]


@pytest.mark.parametrize("country", SAME_GROUPS)
def test_digits_are_grouped_as_people_there_write_them(
    country: str, run: Callable[..., list[Any]]
) -> None:
    numbers = [phonenumbers.example_number_for_type(country, kind) for kind in SAME_GROUPS[country]]
    texts = [national(number) for number in numbers if number is not None]
    assert run("format", [["".join(filter(str.isdigit, text)), country] for text in texts]) == texts


@pytest.mark.parametrize("country", ["IL", "US", "GB", "DE", "XK", "??", ""])
def test_no_digit_is_lost_or_made_while_typing(country: str, run: Callable[..., list[Any]]) -> None:
    typed = ["0521234567890123"[:length] for length in range(17)]
    typed += ["+" + text for text in typed] + ["0044" + text for text in typed]
    shown = run("format", [[text, country] for text in typed])
    kept = ["".join(sign for sign in text if sign in "+0123456789") for text in shown]
    assert kept == ["+" + text[2:] if text.startswith("00") else text for text in typed]
    assert not [text for text in shown if text != text.strip() or text.endswith("-")]
    assert run("format", [[text, country] for text in shown]) == shown, (
        "formatting again changes nothing"
    )
