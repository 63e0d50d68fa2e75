"""What the database remembers of a number's holders is put back into a Redis that lost it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from leadtracker.domain import Lease, from_ms
from leadtracker.live import Claim, keys
from tests.live.conftest import (
    DIDS,
    HOUR,
    LEASE,
    MINUTE,
    SECOND,
    SITE,
    START,
    UNHEARD,
    Shop,
    claim_of,
)
from tests.live.traffic import GOOGLE, ROOT, check_idle

DID = DIDS[0]
NOW = from_ms(str(START))


def lease(n: int, ago: int = 2 * HOUR, left: bool = True, visitor: str = "") -> Lease:
    """Seen for the last time so long ago."""
    seen = NOW - timedelta(milliseconds=ago)
    return Lease(
        id=f"old-{n}",
        did=DID,
        visitor=visitor or f"visitor{n}",
        visit=f"visit{n}",
        start=seen - timedelta(minutes=2),
        seen=seen,
        left=seen if left else None,
        taps=(seen - timedelta(minutes=1), seen),
        source=GOOGLE.source,
        device="mobile",
        region="IL-3",
        topic="kitchens",
        levels=(seen - timedelta(seconds=3),),
        gaps=((seen - timedelta(seconds=9), seen - timedelta(seconds=8)),),
    )


def restore(shop: Shop, leases: Sequence[Lease]) -> None:
    shop.live.restore(SITE, {DID: leases}, "all", shop.now)


def known(shop: Shop) -> list[str]:
    return [one.id for one in shop.live.holders(SITE.id, DID)]


def test_all_of_every_holder_is_put_back_newest_first_and_once(shop: Shop) -> None:
    leases = [lease(n, (n + 2) * HOUR) for n in range(4)]
    for _ in range(2):
        restore(shop, leases)
        assert shop.live.holders(SITE.id, DID) == leases
        assert shop.live.restored(SITE.id) == "all"


def test_a_lease_with_nothing_but_its_beginning_is_put_back(shop: Shop) -> None:
    leases = [Lease(f"old-{n}", DID, "dana", "visit", NOW, NOW) for n in range(2)]
    restore(shop, leases)
    assert shop.live.holders(SITE.id, DID) == leases


@pytest.mark.parametrize("keep", [None, 3])
def test_as_many_are_kept_as_the_pool_keeps(shop: Shop, keep: int | None) -> None:
    if keep:
        shop.live.client.set(f"{ROOT}:keep", keep)
    restore(shop, [lease(n) for n in range(keys.KEEP + 5)])
    assert known(shop) == [f"old-{n}" for n in range(1 + (keep or keys.KEEP))]


def test_a_busy_pool_keeps_more(shop: Shop) -> None:
    shop.live.client.set(f"{ROOT}:keep", keys.KEEP_BUSY)
    shop.keep(DID)
    for n in range(keys.KEEP_BUSY + 5):
        shop.ask(f"visitor{n}")
        shop.now += LEASE
    assert len(shop.holders(DID)) == keys.KEEP_BUSY + 1


def test_what_came_since_stays_newer(shop: Shop) -> None:
    shop.keep(DID)
    ron = shop.ask("ron")
    restore(shop, [lease(0), lease(1)])
    assert known(shop) == [ron.lease, "old-0", "old-1"]
    (newest, *older) = shop.live.holders(SITE.id, DID)
    restore(shop, [newest, *older, lease(2)])
    assert known(shop) == [ron.lease, "old-0", "old-1", "old-2"]
    shop.now += LEASE
    gal = shop.ask("gal")
    restore(shop, [newest, *older])
    assert known(shop) == [gal.lease, ron.lease, "old-0", "old-1", "old-2"]


@pytest.mark.parametrize(
    ("ago", "left", "held"),
    [
        (0, False, True),
        (keys.OPEN_MS - 1, False, True),  # the page may still be visible
        (keys.OPEN_MS, False, False),
        (0, True, False),
        (SECOND, True, False),
    ],
)
@pytest.mark.parametrize("built", [True, False])
def test_a_page_that_may_be_visible_holds_its_number(
    shop: Shop, ago: int, left: bool, held: bool, built: bool
) -> None:
    if built:
        shop.live.build_pool(SITE, DIDS, 1)
    restore(shop, [lease(0, ago, left)])
    until = shop.live.client.zscore(f"{ROOT}:hard", DID)
    assert until == (shop.now + UNHEARD if held else None)
    if not built:
        shop.live.build_pool(SITE, DIDS, 1)
    check_idle(shop.live)
    others = {shop.ask(f"later{n}").did for n in range(5)}
    assert others == {*DIDS, ""} - {DID} if held else set(DIDS)


def test_a_number_that_was_taken_out_stays_out(shop: Shop) -> None:
    shop.keep(*DIDS[1:])
    shop.ask("ron")
    restore(shop, [lease(0)])
    check_idle(shop.live)
    assert DID not in {shop.ask(f"later{n}").did for n in range(5)}


def test_a_number_put_back_is_the_longest_idle_by_when_it_was_seen(shop: Shop) -> None:
    shop.keep(*DIDS[:2])
    shop.ask("passer-by")
    shop.live.client.flushall()
    shop.live.build_pool(SITE, shop.dids, shop.change)
    restore(shop, [lease(0)])
    assert [shop.ask(f"later{n}").did for n in range(2)] == [DIDS[1], DID]


def test_a_page_whose_holder_was_put_back_before_the_pool_asks_for_it(shop: Shop) -> None:
    """A beat that is answered would leave a pool of this number alone."""
    dana = shop.ask("dana")
    shop.live.client.flushall()
    restore(shop, [Lease(dana.lease, dana.did, "dana", "visit", NOW, NOW - timedelta(hours=2))])
    assert not shop.beat(dana)
    assert shop.ask("dana", claim=claim_of(dana)).did == dana.did
    assert {shop.ask(f"visitor{n}").did for n in range(4)} == set(DIDS) - {dana.did}


def test_a_page_whose_holder_was_put_back_into_the_pool_goes_on(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.live.client.flushall()
    shop.live.build_pool(SITE, DIDS, 1)
    restore(shop, [Lease(dana.lease, dana.did, "dana", "visit", NOW, NOW)])
    shop.now += MINUTE
    assert shop.beat(dana)
    check_idle(shop.live)


@pytest.mark.parametrize("other", ["old-1", "xold", "x-old", "old"])
def test_ids_that_are_like_each_other_are_not_taken_for_each_other(shop: Shop, other: str) -> None:
    """Dana's claim is noted beside a lease whose id begins or ends like theirs,
    and once beside their own."""
    shop.keep(DID)
    past = Lease(other, DID, "gal", "visit", NOW - timedelta(days=1), NOW - timedelta(days=1))
    shop.ask("ron")
    restore(shop, [past])
    shop.ask("dana", claim=Claim(DID, "old", "visit", START - HOUR))
    assert len(known(shop)) == (2 if other == "old" else 3)


@pytest.mark.parametrize(("seen", "reason"), [(-1, "restored"), (1, "leased")])
def test_a_token_counts_only_if_nobody_was_seen_with_the_number_since(
    shop: Shop, seen: int, reason: str
) -> None:
    shop.live.build_pool(SITE, DIDS, 1)
    restore(shop, [lease(0, HOUR)])
    claim = Claim(DID, "hers", "visit", START - HOUR - seen)
    grant = shop.ask("dana", claim=claim)
    assert (grant.reason, grant.did == DID) == (reason, reason == "restored")
    assert set(known(shop)) == {"hers", "old-0"}
    check_idle(shop.live)


def test_a_lease_is_not_noted_as_its_own_past(shop: Shop) -> None:
    """Her number was taken out, and Redis forgot the visitor: the token says what is known."""
    dana = shop.ask("dana")
    shop.keep(*DIDS[1:])
    shop.now += LEASE + HOUR
    shop.ask("ron")
    shop.live.client.delete(f"{ROOT}:visitor:dana")
    assert shop.ask("dana", "visit 2", claim=claim_of(dana)).did != dana.did
    assert shop.holders(dana.did) == ["dana"]


def test_the_claim_of_a_holder_put_back_counts_when_they_leave(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.live.client.flushall()
    shop.live.build_pool(SITE, DIDS, 1)
    restore(shop, [Lease(dana.lease, dana.did, "dana", "visit", NOW, NOW)])
    shop.beat(dana, "left")
    assert shop.live.client.hget(f"{ROOT}:did:{dana.did}", "w:all") == f"0.15,{shop.now}"
