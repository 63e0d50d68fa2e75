"""Toll fraud tried on the form: the money that could be lost stays at or under the ceiling."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections import Counter
from typing import Any

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from leadtracker.callback_rules.form_token import FormTokens
from leadtracker.callback_rules.price import per_minute
from leadtracker.callback_rules.rules import rules_of
from leadtracker.domain import Site
from leadtracker.live import Live
from tests.live.callback_form import ACCOUNT, ORIGIN, OWN, Form

SHOP = Site(
    id=1,
    name="shop",
    tokens=("token",),
    origins=(ORIGIN,),
    default_number="+97235551234",
    account_key="pbx",
    callback={"agents": ["SIPSIP"]},
)
REQUESTS, ADDRESSES, NUMBERS = 4_000, 1_000, 1_000
SECOND = 1_000  # ms


def site(**callback: Any) -> Site:
    return dataclasses.replace(SHOP, callback={**SHOP.callback, **callback})


def abroad() -> list[str]:
    """1,000 premium and foreign numbers of every country and kind, the dearest kinds first."""
    kinds = sorted(PhoneNumberType.values(), key=lambda kind: kind != PhoneNumberType.PREMIUM_RATE)
    found = []
    for kind, region in itertools.product(kinds, [*sorted(phonenumbers.SUPPORTED_REGIONS), "001"]):
        number = phonenumbers.example_number_for_type(region, kind)
        home = region == "IL" and kind in (
            PhoneNumberType.FIXED_LINE,
            PhoneNumberType.MOBILE,
            PhoneNumberType.VOIP,
        )
        if number is not None and not home and kind != PhoneNumberType.FIXED_LINE_OR_MOBILE:
            found.append(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    services = phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
    for code in sorted(services):
        number = phonenumbers.example_number_for_non_geo_entity(code)
        if number is not None:
            found.insert(0, phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return [number for number in dict.fromkeys(found) if not number.startswith("+97259")][:NUMBERS]


def attack(form: Form, numbers: list[str], seconds: float, seed: int = 4) -> Counter[str]:
    """Requests from 1,000 addresses, each with a token of its own and a visitor made up for it."""
    chance = random.Random(seed)
    answers: Counter[str] = Counter()
    for n in range(REQUESTS):
        form.now += round(seconds * 1000 / REQUESTS)
        number = numbers[n % len(numbers)]
        spelled = chance.choice(
            [
                number,
                "00" + number[1:],
                "013" + number[1:],
                f"{number[:4]} {number[4:7]}-{number[7:]}",
            ]
        )
        address = f"2001:db8:{n % ADDRESSES:x}::{chance.randrange(1, 65536):x}"
        answers[form.send(spelled, visitor=f"visitor{n}", address=address)] += 1
    return answers


def test_premium_and_foreign_numbers_cost_nothing(live: Live) -> None:
    numbers = abroad()
    assert len(numbers) == NUMBERS
    form = Form(live, SHOP)
    answers = attack(form, numbers, seconds=3600)
    assert set(answers) <= {"country", "kind", "number"}
    assert answers["country"] > REQUESTS / 2
    assert answers["kind"] > REQUESTS / 10
    assert form.lost == {}
    assert live.client.keys() == []


def test_a_site_that_allows_the_world_loses_its_ceiling_at_most(live: Live) -> None:
    """Every country is allowed and has a price, limits are off: money alone holds,
    and it holds exactly."""
    wide = {"minute": 10**5, "hour": 10**5, "day": 10**5}
    world = site(
        countries=sorted(phonenumbers.SUPPORTED_REGIONS),
        prices={f"+{digit}": 500 for digit in range(1, 10)},
        per_number=wide,
        per_visitor=wide,
        per_address=wide,
        per_site=wide,
        max_seconds=60,
        ceiling=70_300,
    )
    account = dataclasses.replace(ACCOUNT, options={"callback_limits": wide})
    form = Form(live, world, account)
    answers = attack(form, abroad(), seconds=3600)
    assert answers["money"] > REQUESTS / 2
    assert answers["kind"] > REQUESTS / 10
    assert [lost for lost in form.lost.values() if lost > 70_300] == []
    assert sum(form.lost.values()) > 70_000  # nearly all of it was lost: the ceiling is what held
    assert sum(form.lost.values()) == sum(
        per_minute(rules_of(world), target) or 0 for target in form.admitted
    )
    assert form.guard.money("pbx", 1, "2026-09-10") == (form.lost["2026-09-10"], 0)


@pytest.mark.parametrize("hours", [1, 24, 72])
def test_numbers_of_the_country_lose_the_ceiling_at_most(live: Live, hours: int) -> None:
    """Honest-looking mobiles, as fast or as slow as you like,
    and no call of them is ever settled."""
    form = Form(live, SHOP)
    answers = attack(form, [f"+97252{2_000_000 + n}" for n in range(NUMBERS)], seconds=hours * 3600)
    ceiling = rules_of(SHOP).ceiling
    assert (
        answers["money"] + answers["often site minute"] + answers["often site hour"]
        > REQUESTS * 0.9
    )
    assert form.lost
    assert max(form.lost.values()) <= ceiling
    assert len(form.lost) <= hours // 24 + 1
    assert min(list(form.lost.values())[:1]) > ceiling * 0.9


def test_calls_that_cost_all_that_was_reserved(live: Live) -> None:
    """The attacker answers and stays until the PBX hangs up:
    settled money stays under the ceiling too."""
    form = Form(live, site(max_seconds=120, agent_price=2))
    lost = 0
    for n in range(2000):
        form.now += 30 * SECOND
        request = f"request{n}"
        if not form.send(
            f"052{2_000_000 + n}",
            visitor=f"v{n}",
            address=f"10.0.{n // 250}.{n % 250}",
            request=request,
        ):
            amount = 2 * 15 + 4 * 2
            lost += amount
            form.guard.settle("pbx", 1, "2026-09-10", request, amount)
    assert 5000 - 38 < lost <= 5000
    assert form.guard.money("pbx", 1, "2026-09-10") == (0, lost)


def test_one_number_is_not_rung_all_day(live: Live) -> None:
    """Somebody's enemy orders calls for them, from 1,000 addresses, in 40 spellings,
    on two sites."""
    form, second = Form(live, SHOP), Form(live, dataclasses.replace(SHOP, id=2))
    spellings = [
        "0522345678",
        "+972522345678",
        "00972522345678",
        "٠٥٢٢٣٤٥٦٧٨",
        "+972 (0)52 234 5678",
    ]
    for n in range(2000):
        form.now = second.now = form.now + 40 * SECOND
        sender = second if n % 2 else form
        sender.send(
            spellings[n % 5], visitor=f"v{n}", address=f"10.0.{n // 250}.{n % 250}", request=f"r{n}"
        )
    assert len(form.admitted) + len(second.admitted) == 5


def test_one_address_is_not_many(live: Live) -> None:
    """A customer's IPv6 /64 has more addresses than anybody can count."""
    form = Form(live, SHOP)
    for n in range(2000):
        form.now += 40 * SECOND
        form.send(f"052{2_000_000 + n}", visitor=f"v{n}", address=f"2001:db8:1:2:{n:x}::{n:x}")
    assert len(form.admitted) == 20  # in any 24 hours


def test_our_own_numbers_are_not_called(live: Live) -> None:
    form = Form(live, SHOP)
    for n, did in enumerate([*OWN, str(SHOP.default_number)] * 100):
        plain = did[4:]
        spelled = [
            did,
            f"0{plain}",
            f"00{did[1:]}",
            did[1:],
            f"0{plain[:2]}-{plain[2:]}",
            f"{did[:4]} (0){plain}",
        ]
        assert form.send(spelled[n % 6], visitor=f"v{n}", address=f"10.0.0.{n % 250}") == "own"
    assert live.client.keys() == []


def test_tokens(live: Live) -> None:
    """Replayed, forged, expired, another site's, another visitor's: of all of them one call."""
    form, other = Form(live, SHOP), Form(live, dataclasses.replace(SHOP, id=2))
    token = form.token("dana")
    body, made, signature = token.rsplit(".", 2)
    older = made[:-1] + ("A" if made[-1] != "A" else "B")  # a client's clock is not asked
    foreign = FormTokens("another-key-of-thirty-two-letters").make(1, "dana", ORIGIN)
    assert form.send("0522345678", visitor="dana", token=f"{body}.{older}.{signature}") == "token"
    assert form.send("0522345678", visitor="dana", token=foreign) == "token"
    assert form.send("0522345678", visitor="dana", token="") == "token"
    assert form.send("0522345678", visitor="noa", token=token) == "token"
    assert other.send("0522345678", visitor="dana", token=token) == "token"
    assert (
        form.send(
            "0522345678", visitor="dana", token=FormTokens.make(form.tokens, 1, "dana", "null")
        )
        == "token"
    )
    assert form.send("1-900-123-456", visitor="dana", token=token) == "kind"  # spends nothing
    assert form.send("0522345678", visitor="dana", token=token) == ""
    again = Counter(
        form.send(f"052{2_000_000 + n}", visitor="dana", token=token) for n in range(100)
    )
    assert again == {"spent token": 100}
    assert form.admitted == ["+972522345678"]
