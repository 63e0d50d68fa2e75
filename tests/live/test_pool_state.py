"""What the dashboard is told of a pool and of a feed, how leases are written,
and what a Redis that is away does."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest

from leadtracker.domain import Lease, from_ms
from leadtracker.errors import StoreUnavailable
from leadtracker.live import Live, keys
from leadtracker.live.feed_states import KEPT_SECONDS, FeedState, FeedStates
from leadtracker.live.lease_text import read_lease, write_lease
from leadtracker.live.source_groups import groups
from tests.live.conftest import DIDS, SITE, START, Shop
from tests.live.traffic import BING, GOOGLE, group

NOW = from_ms(str(START))


def states(shop: Shop, *draining: str) -> list[tuple[str, str, str | None]]:
    return [(did.e164, did.state, did.visitor) for did in shop.live.pool(SITE, draining).dids]


def test_each_number_is_idle_in_use_or_draining(shop: Shop) -> None:
    shop.now = 0  # the server's own clock
    dana, ron = shop.ask("dana"), shop.ask("ron")
    assert (dana.did, ron.did) == DIDS[:2]
    shop.keep(*DIDS[1:4])
    shop.ask("dana")
    seen = [
        ("dana", "in use"),
        ("ron", "in use"),
        (None, "idle"),
        (None, "idle"),
        (None, "draining"),
    ]
    assert states(shop, DIDS[0], DIDS[4]) == [
        (did, state, who) for did, (who, state) in zip(DIDS, seen, strict=True)
    ]
    found = shop.live.pool(SITE, [DIDS[0], DIDS[4]])
    assert [found.count(state) for state in ("in use", "idle", "draining", "lost")] == [2, 2, 1, 0]
    assert found.dids[0].seen is not None
    assert found.dids[4].seen is None
    assert [did for did, *_ in states(shop)] == list(DIDS[1:4])


def test_a_number_whose_lease_is_over_is_idle_or_draining(shop: Shop) -> None:
    shop.ask("dana")
    shop.live.client.zadd(f"{keys.root(SITE.id)}:hard", {DIDS[0]: 1})
    assert states(shop)[0] == (DIDS[0], "idle", "dana")
    assert states(shop, DIDS[0])[0] == (DIDS[0], "draining", "dana")


def test_groups_are_told_with_their_largest_source_first(shop: Shop) -> None:
    shop.ask("dana", arrival=GOOGLE)
    group(shop, google=3, bing=5)
    assert [one.sources for one in shop.live.pool(SITE).groups] == [(BING.source, GOOGLE.source)]
    group(shop, google=90, bing=5)
    assert [one.sources for one in shop.live.pool(SITE).groups] == [
        (GOOGLE.source,),
        (BING.source,),
    ]


@pytest.mark.parametrize(
    ("share", "before", "own"),
    [(4, False, True), (3.99, False, False), (3, True, True), (2.99, True, False)],
)
def test_a_source_is_separate_from_four_numbers_on_and_stays_so_down_to_three(
    share: float, before: bool, own: bool
) -> None:
    found = groups({"a": share, "b": 10 - share}, 10, {"a": "a"} if before else {"a": "shared 1"})
    assert (found["a"] == "a") is own


def test_small_sources_are_packed_the_largest_first_into_groups_of_four_numbers() -> None:
    small = {"a": 3.0, "b": 2.0, "c": 2.0, "d": 2.0, "e": 1.0}
    assert groups(small, 10, {}) == dict(
        zip("abcde", ["shared 1"] * 2 + ["shared 2"] * 3, strict=True)
    )
    assert groups(small | {"e": 0.5}, 9, {})["e"] == "shared 2"
    assert groups({"a": 3.0, "b": 2.0, "c": 2.0, "d": 1.9}, 8, {})["d"] == "shared 1", (
        "the rest were fewer than four"
    )
    assert groups({}, 8, {}) == {}


def test_a_feed_stands_as_it_was_told_last(live: Live) -> None:
    feeds = FeedStates(live)
    assert (feeds.state("pbx"), feeds.events("pbx")) == (None, {})
    feeds.report("pbx", FeedState(True, "listens"), {"kept": 2, "known": 1})
    feeds.report("pbx", FeedState(False, "is away"), {"kept": 3})
    assert feeds.state("pbx") == FeedState(False, "is away")
    assert feeds.events("pbx") == {"kept": 5, "known": 1}
    assert (feeds.state("other"), feeds.events("other")) == (None, {})
    feeds.report("pbx", FeedState(True, ""), {})
    assert feeds.state("pbx") == FeedState(True, "")
    root = keys.feed_root("pbx")
    assert KEPT_SECONDS - 5 < live.client.ttl(f"{root}:state") <= KEPT_SECONDS
    assert live.client.ttl(f"{root}:events") == -1
    live.client.delete(f"{root}:state")
    assert feeds.state("pbx") is None


def test_a_lease_is_written_and_read_in_the_same_words() -> None:
    at = [NOW + timedelta(milliseconds=n) for n in range(9)]
    lease = Lease(
        "id",
        DIDS[0],
        "dana",
        "visit",
        at[0],
        at[1],
        at[2],
        (at[3], at[4]),
        "google / spring",
        "mobile",
        "IL-3",
        "kitchens",
        (at[5], at[6]),
        ((at[7], at[8]), (at[7], at[8])),
    )
    ms = [str(START + n) for n in range(9)]
    line = (
        f"id|dana|visit|{ms[0]}|{ms[1]}|{ms[2]}|{ms[3]},{ms[4]}"
        "|google / spring|mobile|IL-3|kitchens"
        f"|{ms[5]},{ms[6]}|{ms[7]}:{ms[8]},{ms[7]}:{ms[8]}"
    )
    assert write_lease(lease) == line
    assert read_lease(DIDS[0], line.split("|")) == lease


def test_a_line_of_an_older_version_is_read() -> None:
    old = read_lease(DIDS[0], ["id", "dana", "visit", str(START), str(START + 1), "", ""])
    assert old == Lease("id", DIDS[0], "dana", "visit", NOW, NOW + timedelta(milliseconds=1))


def test_beats_of_a_batch_are_done_in_order(shop: Shop) -> None:
    dana = shop.ask("dana")
    for _ in range(2):
        with shop.live.batch():
            for state in ("hidden", "visible"):
                shop.now += 1000
                shop.beat(dana, state)
            (before,) = shop.live.holders(SITE.id, dana.did)
        (lease,) = shop.live.holders(SITE.id, dana.did)
        assert len(lease.gaps) == len(before.gaps) + 1
    assert shop.beat(dana), "and what comes after is answered"


@pytest.mark.parametrize(
    "asks",
    [
        Live.ping,
        lambda live: Shop(live).ask("dana"),
        lambda live: live.holders(1, DIDS[0]),
        lambda live: live.visitor(1, "dana"),
        lambda live: live.pool(SITE),
        lambda live: live.restored(1),
        lambda live: live.restore(SITE, {}, "all"),
        lambda live: live.regroup(SITE),
        lambda live: live.lease_log(1, 1),
        lambda live: live.forget_log(1, ["1-1"]),
        lambda live: FeedStates(live).state("pbx"),
        lambda live: FeedStates(live).events("pbx"),
        lambda live: FeedStates(live).report("pbx", FeedState(True, ""), {}),
    ],
)
def test_a_redis_that_is_away_is_named(asks: Callable[[Live], object]) -> None:
    with pytest.raises(StoreUnavailable, match="Redis does not answer"):
        asks(Live("unix:///nowhere/redis.sock"))


def test_the_log_is_read_from_its_oldest_entry_and_forgotten_by_its_ids(shop: Shop) -> None:
    for n in range(4):
        shop.ask(f"visitor{n}")
    first = shop.live.lease_log(SITE.id, 3)
    assert [entry["visitor"] for entry in first.values()] == ["visitor0", "visitor1", "visitor2"]
    shop.live.forget_log(SITE.id, itertools.islice(first, 2))
    assert [entry["visitor"] for entry in shop.live.lease_log(SITE.id, 9).values()] == [
        "visitor2",
        "visitor3",
    ]
