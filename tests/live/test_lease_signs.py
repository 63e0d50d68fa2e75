"""What is kept of a lease and of its visitor: taps, holders, pages and the log."""

from __future__ import annotations

from leadtracker.domain import Touchpoint
from leadtracker.live import keys
from tests.live.conftest import (
    CAME,
    CAME_TEXT,
    DIDS,
    HOUR,
    LEASE,
    SECOND,
    SITE,
    Shop,
)

BING = Touchpoint(source="bing")


def test_the_last_four_taps_are_kept(shop: Shop) -> None:
    dana = shop.ask("dana")
    for _ in range(6):
        shop.now += SECOND
        assert shop.beat(dana, tapped=True)
    (lease,) = shop.live.holders(SITE.id, dana.did)
    assert [(tap - lease.start).total_seconds() for tap in lease.taps] == [3, 4, 5, 6]


def test_a_tap_counts_while_the_page_goes(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.now += SECOND
    shop.beat(dana, "hidden", tapped=True)
    (lease,) = shop.live.holders(SITE.id, dana.did)
    assert lease.taps == (lease.left,)


def test_a_number_remembers_so_many_holders(shop: Shop) -> None:
    shop.keep(DIDS[0])
    for n in range(keys.KEEP + 10):
        assert shop.ask(f"visitor{n}").reason == "leased"
        shop.now += LEASE
    assert shop.holders(DIDS[0]) == [f"visitor{n}" for n in range(keys.KEEP + 9, 8, -1)]


def test_what_is_known_of_a_visitor(shop: Shop) -> None:
    shop.ask(
        "dana",
        info=("i:name", '"Dana דנה"', "i:n", "1"),
        first=CAME,
        latest=CAME,
    )
    shop.now += HOUR
    shop.ask(
        "dana",
        "visit 2",
        info=("i:n", "2"),
        first=BING,
        latest=BING,
        page="/x",
    )
    visitor = shop.live.visitor(SITE.id, "dana")
    assert visitor is not None
    assert visitor.info == {"name": "Dana דנה", "n": 2}
    assert (visitor.first, visitor.latest, visitor.page) == (
        CAME,
        BING,
        "/x",
    )
    key = f"{keys.root(SITE.id)}:visitor:dana"
    assert 0 <= SITE.visitor_days * 86400 - shop.live.client.ttl(key) < 5
    shop.live.client.expire(key, 100)
    shop.beat(shop.ask("dana", "visit 2"))
    assert shop.live.client.ttl(key) > 1000
    assert shop.live.visitor(SITE.id, "ron") is None


def test_the_log_tells_every_lease_from_its_beginning_to_its_end(shop: Shop) -> None:
    shop.keep(DIDS[0])
    dana = shop.ask("dana", latest=CAME)
    shop.now += SECOND
    shop.beat(dana)  # says nothing new
    shop.now += SECOND
    shop.beat(dana, tapped=True)
    shop.now += SECOND
    shop.beat(dana, "left")
    shop.now += LEASE
    gal = shop.ask("gal")
    shop.now += 30 * SECOND
    shop.beat(gal)
    shop.now += LEASE
    shop.ask("ron")
    shop.ask("late")
    entries = list(shop.live.lease_log(SITE.id, 100).values())
    told = [(entry["visitor"], entry.get("reason"), entry.get("new_visit")) for entry in entries]
    assert told == [
        ("dana", "leased", "1"),
        ("dana", None, None),
        ("dana", None, None),
        ("gal", "leased", "1"),
        ("gal", None, None),
        ("ron", "leased", "1"),
        ("late", "pool_empty", "1"),
    ]
    begun, tapped, left, _, died, *_ = entries
    assert (begun["touchpoint"], begun["did"]) == (CAME_TEXT, DIDS[0])
    assert [int(tapped["taps"]) - 2 * SECOND, int(left["left"]) - 3 * SECOND] == [
        int(begun["start"])
    ] * 2
    assert died["left"] == died["seen"]  # it left without a word
    assert int(died["left"]) - int(died["start"]) == 30 * SECOND
    shop.live.forget_log(SITE.id, shop.live.lease_log(SITE.id, 3))
    assert len(shop.live.lease_log(SITE.id, 100)) == 4
