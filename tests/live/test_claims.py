"""How near the past holders of each idle number are to a visitor, and what that chooses."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from leadtracker.live import Arrival
from tests.live.conftest import DIDS, HOUR, LEASE, MINUTE, SECOND, SITE, UNHEARD, Shop
from tests.live.traffic import BING, GOOGLE, MAIL, ROOT, check_idle, chosen, group, visit

Claims = dict[str, float]
REGION, TOPIC = "w:r:IL-2", "w:t:kitchens"
HERE = Arrival(GOOGLE.source, region="IL-2", topic="kitchens")


def claims(shop: Shop, did: str) -> Claims:
    """As of the moment each was written."""
    client: Any = shop.live.client  # typed for bytes too; ours answers in texts
    fields = client.hgetall(f"{ROOT}:did:{did}")
    return {
        name: float(text.split(",")[0]) for name, text in fields.items() if name.startswith("w:")
    }


@pytest.mark.parametrize(
    ("region", "topic", "names"),
    [
        ("", "", {"w:all"}),
        ("IL-2", "", {"w:all", REGION}),
        ("", "kitchens", {"w:all", TOPIC}),
        ("IL-2", "kitchens", {"w:all", REGION, TOPIC}),
    ],
)
@pytest.mark.parametrize(("level", "claim"), [(0, 0.15), (1, 1), (2, 4.5), (3, 12)])
def test_a_holder_who_left_has_a_claim(
    shop: Shop, region: str, topic: str, names: set[str], level: int, claim: float
) -> None:
    did = visit(shop, "dana", Arrival(GOOGLE.source, region=region, topic=topic), level)
    assert claims(shop, did) == dict.fromkeys(names, claim)


def test_one_who_left_without_a_word_has_it_from_when_they_were_seen(shop: Shop) -> None:
    dana = shop.ask("dana", arrival=HERE)
    shop.now += 20 * SECOND
    shop.beat(dana, level=2)
    seen = shop.now
    shop.now += UNHEARD
    shop.ask("ron", arrival=BING)
    assert shop.live.client.hget(f"{ROOT}:did:{dana.did}", "w:all") == f"4.5,{seen}"


def test_claims_of_all_holders_add_up(shop: Shop) -> None:
    shop.keep(DIDS[0])
    for visitor, level in (("dana", 1), ("ron", 2), ("gal", 3)):
        visit(shop, visitor, HERE, level)
    fade = math.exp(-(SECOND + LEASE) / (3 * HOUR))
    wanted = (1 * fade + 4.5) * fade + 12
    assert claims(shop, DIDS[0]) == dict.fromkeys(
        ("w:all", REGION, TOPIC), pytest.approx(wanted, rel=1e-6)
    )


def test_each_visit_of_one_visitor_has_a_claim(shop: Shop) -> None:
    for visit_id in ("visit", "visit 2"):
        shop.beat(shop.ask("dana", visit_id, arrival=HERE), "left", level=1)
    assert claims(shop, DIDS[0])["w:all"] == 2


def test_a_clock_that_steps_back_makes_no_claim_grow(shop: Shop) -> None:
    shop.keep(DIDS[0])
    visit(shop, "dana", GOOGLE, 3)
    ron = shop.ask("ron", arrival=GOOGLE)
    shop.now -= 6 * HOUR
    shop.beat(ron, "left", level=1)
    assert claims(shop, DIDS[0])["w:all"] == 13


def near(shop: Shop, arrival: Arrival, *numbers: Claims) -> int:
    """Which of these idle numbers a visitor gets, the longest idle first;
    each with the claims its holders have now."""
    client: Any = shop.live.client
    for n, held in enumerate(numbers):
        fields = {name: f"{claim},{shop.now}" for name, claim in held.items()}
        if fields:
            client.hset(f"{ROOT}:did:{DIDS[n]}", mapping=fields)
    shop.keep(*DIDS[: len(numbers)])
    return DIDS.index(shop.ask("dana", arrival=arrival).did)


@pytest.mark.parametrize(
    ("arrival", "longest_idle", "other", "gets"),
    [
        (GOOGLE, {}, {}, 0),
        (GOOGLE, {"w:all": 1}, {"w:all": 1}, 0),
        (GOOGLE, {"w:all": 1.01}, {"w:all": 1}, 1),
        (GOOGLE, {"w:all": 0.1}, {}, 1),
        # a holder of another region, or of another topic, counts 0.3 ...
        (Arrival("a", region="IL-2"), {"w:all": 3.3}, {"w:all": 1, REGION: 1}, 0),
        (Arrival("a", region="IL-2"), {"w:all": 3.4}, {"w:all": 1, REGION: 1}, 1),
        (Arrival("a", topic="kitchens"), {"w:all": 3.3}, {"w:all": 1, TOPIC: 1}, 0),
        (Arrival("a", topic="kitchens"), {"w:all": 3.4}, {"w:all": 1, TOPIC: 1}, 1),
        # ... of both another and another 0.09 ...
        (HERE, {"w:all": 11}, {"w:all": 1, REGION: 1, TOPIC: 1}, 0),
        (HERE, {"w:all": 11.2}, {"w:all": 1, REGION: 1, TOPIC: 1}, 1),
        (HERE, {"w:all": 3.3, REGION: 3.3}, {"w:all": 1, REGION: 1, TOPIC: 1}, 0),
        (HERE, {"w:all": 3.4, TOPIC: 3.4}, {"w:all": 1, REGION: 1, TOPIC: 1}, 1),
        # ... and of holders of whom half are, each half as it is
        (Arrival("a", region="IL-2"), {"w:all": 2, REGION: 1}, {"w:all": 1.29, REGION: 1.29}, 1),
        (Arrival("a", region="IL-2"), {"w:all": 2, REGION: 1}, {"w:all": 1.31, REGION: 1.31}, 0),
        # nothing is known of the visitor: all holders count
        (GOOGLE, {"w:all": 1.01}, {"w:all": 1, REGION: 1, TOPIC: 1}, 1),
    ],
)
def test_the_number_whose_holders_are_the_least_near(
    shop: Shop, arrival: Arrival, longest_idle: Claims, other: Claims, gets: int
) -> None:
    assert near(shop, arrival, longest_idle, other) == gets


def test_claims_are_compared_as_they_are_now(shop: Shop) -> None:
    """An engaged holder of six hours ago counts less than one who browsed just now."""
    for n, (claim, hours) in enumerate(((4.5, 6), (1, 0))):
        shop.live.client.hset(
            f"{ROOT}:did:{DIDS[n]}", "w:all", f"{claim},{shop.now - hours * HOUR}"
        )
    assert near(shop, GOOGLE, {}, {}) == 0
    shop.live.client.flushall()
    shop.change += 1
    for n, (claim, hours) in enumerate(((4.5, 4), (1, 0))):
        shop.live.client.hset(
            f"{ROOT}:did:{DIDS[n]}", "w:all", f"{claim},{shop.now - hours * HOUR}"
        )
    assert near(shop, GOOGLE, {}, {}) == 1


@pytest.mark.parametrize(("arrival", "how"), [(GOOGLE, "source"), (MAIL, "group"), (BING, "pool")])
def test_the_six_longest_idle_are_compared(shop: Shop, arrival: Arrival, how: str) -> None:
    shop.keep(*(f"+9727227767{n:02}" for n in range(8)))
    numbers = [
        visit(shop, f"visitor{n}", GOOGLE, level)
        for n, level in enumerate((3, 3, 3, 3, 3, 2, 0, 0))
    ]
    if how == "group":
        group(shop, google=10, mail=9, bing=9)
    assert chosen(shop, "ron", arrival) == (numbers[5], how)


@pytest.mark.parametrize(("older", "how"), [(100 * SECOND, "source"), (100 * SECOND + 1, "pool")])
def test_a_number_left_this_second_is_taken_for_a_second_old(
    shop: Shop, older: int, how: str
) -> None:
    at_once = Shop(shop.live, dataclasses.replace(SITE, lease_seconds=0), DIDS[:2])
    begun = at_once.now
    for visitor, arrival, ago in (("dana", BING, older), ("ron", GOOGLE, 0)):
        at_once.now = begun - ago
        at_once.beat(at_once.ask(visitor, arrival=arrival), "left")
    assert chosen(at_once, "gal", GOOGLE)[1] == how


@pytest.mark.parametrize(
    ("older", "how"), [(100_000 * SECOND, "source"), (100_000 * SECOND + 1, "pool")]
)
def test_a_number_exactly_a_hundred_times_younger_stays_with_its_source(
    shop: Shop, older: int, how: str
) -> None:
    shop.keep(*DIDS[:2])
    begun = shop.now
    for visitor, arrival, ago in (("dana", BING, older), ("ron", GOOGLE, 1000 * SECOND)):
        shop.now = begun - ago
        shop.beat(shop.ask(visitor, arrival=arrival), "left")
    shop.now = begun
    assert chosen(shop, "gal", GOOGLE)[1] == how


def test_a_visitor_of_another_source_takes_their_own_number_not_their_old_one(shop: Shop) -> None:
    """While it is theirs it goes along to the new source;
    the idle ones are found by it afterwards."""
    shop.keep(*DIDS[:2])
    visit(shop, "dana", GOOGLE)
    shop.now += HOUR
    assert chosen(shop, "dana", BING)[1] == "own"
    check_idle(shop.live)
    shop.now += HOUR + MINUTE
    shop.ask("passer-by", arrival=MAIL)
    check_idle(shop.live)
    assert chosen(shop, "ron", BING) == (DIDS[0], "source")
