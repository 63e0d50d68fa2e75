"""What a page is told that asks for its number or beats,
and what it proves by its signed lease token."""

from __future__ import annotations

import dataclasses
from typing import Any
from unittest.mock import ANY

import pytest

from leadtracker.demo.browser import DESKTOP
from leadtracker.domain import Lease, Site, Topic
from leadtracker.numbers.number_request import Numbers, Sender
from leadtracker.numbers.regions import Regions
from leadtracker.web.stores import Stores

DIDS = {f"+97272277677{n}" for n in range(2, 7)}
BROWSER, BOT = Sender(DESKTOP, "192.0.2.1"), Sender("Googlebot/2.1", "192.0.2.1")
DEFAULT = {
    "did": "+97235551234",
    "display": "03-555-1234",
    "lease": None,
    "lease_seconds": 0,
    "beat_seconds": 30,
}


@pytest.fixture
def site(stores: Stores) -> Site:
    site = stores.directory.site(1)
    assert site is not None
    return site


@pytest.fixture
def numbers(stores: Stores) -> Numbers:
    return Numbers(stores.live, stores.directory, Regions(""), "a key")


def message(visitor: str, **more: Any) -> dict[str, Any]:
    return {"visitor": visitor.ljust(22, "_"), "visit": f"visit-{visitor}".ljust(22, "_")} | more


def newest(stores: Stores, did: str) -> Lease:
    return stores.live.holders(1, did)[0]


def test_the_whole_answer(numbers: Numbers, site: Site) -> None:
    shown = numbers.ask(site, message("dana"), BROWSER)
    assert shown == {
        "did": ANY,
        "display": "072-277-" + shown["did"][-4:],
        "lease": ANY,
        "lease_seconds": 120,
        "beat_seconds": 30,
        "first_beat_seconds": 10,
        "reason": "leased",
    }
    assert shown["did"] in DIDS


def test_the_whole_answer_without_a_number(numbers: Numbers, site: Site, stores: Stores) -> None:
    assert numbers.ask(site, message("robot"), BOT) == DEFAULT | {"reason": "bot"}
    assert stores.live.client.keys("*") == []
    for n in range(5):
        numbers.ask(site, message(f"visitor{n}"), Sender(DESKTOP, f"198.51.100.{n}"))
    assert numbers.ask(site, message("late"), BROWSER) == DEFAULT | {"reason": "pool_empty"}
    nameless = dataclasses.replace(site, default_number=None)
    assert numbers.ask(nameless, message("late"), BROWSER) == DEFAULT | {
        "did": None,
        "display": None,
        "reason": "pool_empty",
    }


def test_the_token_of_a_lost_lease_restores_it(
    numbers: Numbers, site: Site, stores: Stores
) -> None:
    shown = numbers.ask(site, message("dana"), BROWSER)
    before = newest(stores, shown["did"])
    stores.live.client.flushall()
    again = numbers.ask(
        site, message("dana", lease=shown["lease"], visit="another".ljust(22, "_")), BROWSER
    )
    assert again == shown | {"reason": "restored", "lease": ANY}
    after = newest(stores, shown["did"])
    assert (after.id, after.visit, after.start) == (before.id, before.visit, before.start)


@pytest.mark.parametrize(
    "whose", ["another visitor", "another site", "another key", "a changed one", "half", "text"]
)
def test_a_token_proves_nothing_for_others(
    numbers: Numbers, site: Site, stores: Stores, whose: str
) -> None:
    shown = numbers.ask(site, message("dana"), BROWSER)
    stores.live.client.flushall()
    asker = "ron" if whose == "another visitor" else "dana"
    token = {
        "a changed one": shown["lease"][:-1] + "~",
        "half": shown["lease"][9:],
        "text": "1.2.3.4.5.6",
    }.get(whose, shown["lease"])
    if whose == "another site":
        site = dataclasses.replace(site, id=2)
    if whose == "another key":
        numbers = Numbers(stores.live, stores.directory, Regions(""), "another")
    assert numbers.ask(site, message(asker, lease=token), BROWSER)["reason"] == "leased"
    answer = numbers.beat(site, message(asker, lease=token, state="visible"), BROWSER)
    assert answer["known"] is False


def test_a_beat_of_a_page_that_has_its_number_says_so_and_no_more(
    numbers: Numbers, site: Site
) -> None:
    shown = numbers.ask(site, message("dana"), BROWSER)
    for state in ("visible", "hidden", "left"):
        assert numbers.beat(site, message("dana", lease=shown["lease"], state=state), BROWSER) == {
            "known": True
        }


@pytest.mark.parametrize("state", ["hidden", "left"])
def test_a_page_that_goes_gets_no_number(
    numbers: Numbers, site: Site, stores: Stores, state: str
) -> None:
    assert numbers.beat(site, message("dana", state=state), BROWSER) == {"known": False}
    assert stores.live.client.keys("*") == []


def test_a_bot_that_beats_gets_the_default_number(
    numbers: Numbers, site: Site, stores: Stores
) -> None:
    beat = message("robot", state="visible", signals=["tap"])
    assert numbers.beat(site, beat, BOT) == DEFAULT | {"reason": "bot", "known": False}
    assert stores.live.client.keys("*") == []


def test_a_visible_page_without_a_number_is_given_one(numbers: Numbers, site: Site) -> None:
    answer = numbers.beat(site, message("dana", state="visible"), BROWSER)
    assert (answer["reason"], answer["known"], answer["did"] in DIDS) == ("leased", False, True)


@pytest.mark.parametrize(
    ("more", "taps", "levels"),
    [
        ({}, 0, 0),
        ({"signals": ["tap"]}, 1, 0),
        ({"engaged": 61}, 0, 2),
        ({"signals": ["save"]}, 0, 3),
        ({"signals": ["tap"], "engaged": 16}, 1, 1),
    ],
)
def test_what_was_done_with_a_number_that_redis_lost_is_kept(
    numbers: Numbers, site: Site, stores: Stores, more: dict[str, Any], taps: int, levels: int
) -> None:
    shown = numbers.ask(site, message("dana"), BROWSER)
    stores.live.client.flushall()
    answer = numbers.beat(
        site, message("dana", lease=shown["lease"], state="visible", **more), BROWSER
    )
    assert answer == shown | {"reason": "restored", "known": True}
    lease = newest(stores, shown["did"])
    assert (len(lease.taps), len(lease.levels)) == (taps, levels)


def test_what_was_done_with_a_number_that_is_anothers_is_not_done_with_the_next_one(
    numbers: Numbers, site: Site, stores: Stores
) -> None:
    shown = numbers.ask(site, message("dana"), BROWSER)
    stores.live.client.flushall()
    numbers.ask(site, message("ron"), BROWSER)
    beat = message("dana", lease=shown["lease"], state="visible", signals=["tap", "save"])
    answer = numbers.beat(site, beat, BROWSER)
    assert (answer["known"], answer["did"] != shown["did"]) == (False, True)
    lease = newest(stores, answer["did"])
    assert (lease.taps, lease.levels) == ((), ())
    assert stores.live.lease_log(1, 100).popitem()[1]["reason"] != "tapped"


@pytest.mark.parametrize("more", [{}, {"state": "asleep"}, {"state": None}, {"state": ["left"]}])
def test_a_page_of_no_known_state_keeps_its_number(
    numbers: Numbers, site: Site, more: dict[str, Any]
) -> None:
    shown = numbers.ask(site, message("dana"), BROWSER)
    beat = message("dana", lease=shown["lease"], **more)
    assert numbers.beat(site, beat, BROWSER)["known"] is True


def test_where_a_visitor_came_from_first_and_last(
    numbers: Numbers, site: Site, stores: Stores
) -> None:
    google, bing = (
        {"url": f"https://shop.example.com/?utm_source={name}"} for name in ("google", "bing")
    )
    for visitor, told, sources in (
        ("dana", {"arrival": bing, "first": google}, ("google", "bing")),
        ("ron", {"arrival": bing}, ("bing", "bing")),
        ("gal", {"arrival": bing, "first": bing}, ("bing", "bing")),
    ):
        numbers.ask(site, message(visitor, page="/now", **told), BROWSER)
        known = stores.live.visitor(1, visitor.ljust(22, "_"))
        assert known is not None
        assert known.page == "/now"
        assert known.first is not None
        assert known.latest is not None
        assert (known.first.source, known.latest.source) == sources
        if visitor != "dana":
            assert known.first == known.latest


@pytest.mark.parametrize(
    ("landed", "page", "topic"),
    [
        ("/baths", "/kitchens", "baths"),
        ("/", "/kitchens", "kitchens"),
        ("/baths", "/", "baths"),
        ("/", "/", ""),
    ],
)
def test_what_a_visit_is_about(
    numbers: Numbers, site: Site, stores: Stores, landed: str, page: str, topic: str
) -> None:
    topics = {name: Topic((f"/{name}",)) for name in ("kitchens", "baths")}
    shop = "https://shop.example.com"
    more = {"arrival": {"url": shop + landed}, "page": shop + page}
    shown = numbers.ask(dataclasses.replace(site, topics=topics), message("dana", **more), BROWSER)
    assert newest(stores, shown["did"]).topic == topic


def test_the_phone_that_a_page_tells_is_in_the_lease_log(
    numbers: Numbers, site: Site, stores: Stores
) -> None:
    told = dataclasses.replace(site, phone_keys=("phone",))
    numbers.ask(told, message("dana", info={"phone": "054-321-6549"}), BROWSER)
    phones = [
        entry["phone"] for entry in stores.live.lease_log(1, 100).values() if "phone" in entry
    ]
    assert phones == ["+972543216549"]
