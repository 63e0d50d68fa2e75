"""Who holds which number, and for how long: one rule of the pool at a time."""

from __future__ import annotations

import dataclasses

import pytest

from leadtracker.live import Asker, Claim, Live, Told, keys
from tests.live.conftest import (
    DIDS,
    DIRECT,
    HOUR,
    HURRIED,
    LEASE,
    MINUTE,
    NOWHERE,
    SECOND,
    SITE,
    UNHEARD,
    UNHEARD_HURRIED,
    Shop,
    claim_of,
)


def test_every_visitor_has_a_number_of_their_own(shop: Shop) -> None:
    grants = [shop.ask(f"visitor{n}") for n in range(6)]
    assert {grant.did for grant in grants[:5]} == set(DIDS)
    assert [grant.reason for grant in grants] == ["leased"] * 5 + ["pool_empty"]
    assert (grants[5].did, grants[5].start) == ("", shop.now)


def test_asking_again_changes_nothing(shop: Shop) -> None:
    first = shop.ask("dana")
    for _ in range(3):
        shop.now += LEASE // 2
        again = shop.ask("dana")
        assert (again.reason, again.did, again.lease, again.start) == (
            "kept",
            first.did,
            first.lease,
            first.start,
        )
    assert shop.holders(first.did) == ["dana"]


def test_a_number_is_its_holders_until_the_lease_ends(shop: Shop) -> None:
    dana = shop.ask("dana")
    assert shop.beat(dana)
    shop.now += UNHEARD - 1
    assert dana.did not in idle(shop)
    shop.now += 1
    assert dana.did in idle(shop)
    assert shop.holders(dana.did) == ["dana"]


def idle(shop: Shop) -> set[str]:
    """The numbers that may be taken, after the next number request."""
    shop.ask("passer-by")
    return {str(did) for did in shop.live.client.zrange(f"{keys.root(SITE.id)}:idle", 0, -1)}


def test_a_number_is_free_sooner_when_few_are(shop: Shop) -> None:
    shop.keep(DIDS[0])
    assert shop.beat(shop.ask("dana"))
    shop.now += UNHEARD_HURRIED - 1
    assert shop.ask("ron").reason == "pool_empty"
    shop.now += 1
    ron = shop.ask("ron")
    assert ron.did == DIDS[0]
    assert shop.holders(DIDS[0]) == ["ron", "dana"]
    shop.beat(ron, "hidden")
    shop.now += HURRIED - 1
    assert shop.ask("gal").reason == "pool_empty"
    shop.now += 1
    assert shop.ask("gal").did == DIDS[0]


def test_a_visible_page_keeps_its_number(shop: Shop) -> None:
    shop.keep(DIDS[0])
    dana = shop.ask("dana")
    for _ in range(20):
        shop.now += 30 * SECOND
        assert shop.beat(dana)
        assert shop.ask("ron").reason == "pool_empty"


@pytest.mark.parametrize("state", ["hidden", "left"])
def test_a_page_that_is_left_keeps_its_number_for_the_lease(shop: Shop, state: str) -> None:
    dana = shop.ask("dana")
    shop.now += 60 * SECOND
    assert shop.beat(dana, state)
    (lease,) = shop.live.holders(SITE.id, dana.did)
    assert lease.left is not None
    assert lease.seen == lease.left
    shop.now += LEASE - 1
    assert dana.did not in idle(shop)
    shop.now += 1
    assert dana.did in idle(shop)


def test_a_hidden_page_is_left_when_it_was_first_hidden(shop: Shop) -> None:
    dana = shop.ask("dana")
    for state in ("hidden", "left", "left"):
        shop.now += SECOND
        shop.beat(dana, state)
    (lease,) = shop.live.holders(SITE.id, dana.did)
    assert lease.left is not None
    assert lease.left - lease.start == lease.seen - lease.start
    assert (lease.left - lease.start).total_seconds() == 1
    shop.now += SECOND
    assert shop.beat(dana)
    (lease,) = shop.live.holders(SITE.id, dana.did)
    assert lease.left is None


@pytest.mark.parametrize(
    ("away", "same_lease"),
    [(LEASE - 1, True), (LEASE + 1, True), (29 * MINUTE, True), (31 * MINUTE, False)],
)
def test_a_visitor_who_comes_back_has_their_number_again(
    shop: Shop, away: int, same_lease: bool
) -> None:
    dana = shop.ask("dana")
    shop.ask("ron")
    shop.now += away
    again = shop.ask("dana")
    assert (again.reason, again.did) == ("kept", dana.did)
    assert (again.lease == dana.lease) is same_lease
    assert len(shop.holders(dana.did)) == (1 if same_lease else 2)


def test_a_new_visit_has_the_same_number_and_a_lease_of_its_own(shop: Shop) -> None:
    first = shop.ask("dana", "visit 1")
    second = shop.ask("dana", "visit 2")
    assert second.did == first.did
    assert second.lease != first.lease
    assert [lease.visit for lease in shop.live.holders(SITE.id, first.did)] == [
        "visit 2",
        "visit 1",
    ]
    shop.now += SECOND
    assert shop.beat(first)  # an older page of theirs, with the same number
    newest, older = shop.live.holders(SITE.id, first.did)
    assert (newest.visit, (newest.seen - older.seen).total_seconds()) == ("visit 2", 1)


def test_a_beat_after_the_lease_revives_it_if_nobody_took_the_number(shop: Shop) -> None:
    shop.keep(DIDS[0])
    dana = shop.ask("dana")
    shop.now += LEASE + HOUR
    assert shop.beat(dana)
    assert shop.ask("ron").reason == "pool_empty"


def test_a_visitor_whose_number_was_taken_gets_another(shop: Shop) -> None:
    shop.keep(DIDS[0])
    dana = shop.ask("dana")
    shop.now += LEASE
    ron = shop.ask("ron")
    assert not shop.beat(dana)
    assert shop.ask("dana").reason == "pool_empty"
    assert shop.beat(ron)
    shop.keep(*DIDS[:2])
    assert shop.ask("dana").did == DIDS[1]


def test_the_longest_idle_number_is_handed_out_first(shop: Shop) -> None:
    order = [shop.ask(f"visitor{n}") for n in range(5)]
    for n in (3, 0, 4, 1, 2):
        shop.now += SECOND
        shop.beat(order[n], "left")
    shop.now += LEASE
    again = [shop.ask(f"later{n}").did for n in range(5)]
    assert again == [order[n].did for n in (3, 0, 4, 1, 2)]


def test_a_number_never_shown_comes_before_all_others(shop: Shop) -> None:
    shop.keep(*DIDS[:2])
    for n in range(2):
        shop.ask(f"visitor{n}")
    shop.now += LEASE
    shop.keep(*DIDS)
    assert {shop.ask(f"later{n}").did for n in range(3)} == set(DIDS[2:])


def test_a_drained_number_stays_its_holders_and_is_given_to_nobody(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.keep(*(did for did in DIDS if did != dana.did))
    assert {shop.ask(f"visitor{n}").did for n in range(5)} == {*DIDS, ""} - {dana.did}
    shop.now += 30 * SECOND
    assert shop.beat(dana)
    assert shop.ask("dana").did == dana.did
    assert [
        did.visitor for did in shop.live.pool(SITE, [dana.did]).dids if did.e164 == dana.did
    ] == ["dana"]
    shop.now += LEASE
    assert shop.ask("dana").did != dana.did
    assert shop.holders(dana.did) == ["dana"]


def test_a_drained_number_that_returns_is_idle_again(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.keep(*(did for did in DIDS if did != dana.did))
    shop.now += LEASE
    shop.ask("ron")
    shop.keep(*DIDS)
    assert dana.did in {shop.ask(f"visitor{n}").did for n in range(4)}


def test_a_stale_directory_never_undoes_a_newer_pool(shop: Shop) -> None:
    shop.ask("dana", change=1)
    shop.keep(DIDS[4])
    shop.ask("ron")
    assert shop.live.client.get(f"{keys.root(SITE.id)}:pool") == "2"
    shop.live.build_pool(SITE, DIDS, 1)
    assert shop.live.client.smembers(f"{keys.root(SITE.id)}:dids") == {DIDS[4]}
    assert shop.ask("gal", change=1).reason == "pool_empty"
    assert shop.live.client.get(f"{keys.root(SITE.id)}:pool") == "2"


def test_an_emptied_redis_is_told_the_pool_again(shop: Shop) -> None:
    before = shop.ask("dana")
    shop.live.client.flushall()
    shop.live.client.script_flush()
    assert not shop.beat(before)
    again = shop.ask("dana", claim=claim_of(before))
    assert (again.reason, again.did, again.lease, again.start) == (
        "restored",
        before.did,
        before.lease,
        before.start,
    )
    assert len({shop.ask(f"visitor{n}").did for n in range(4)} | {before.did}) == 5


def test_a_number_taken_while_redis_had_forgotten_it_has_two_holders(shop: Shop) -> None:
    shop.keep(DIDS[0])
    dana = shop.ask("dana")
    shop.now += MINUTE
    shop.live.client.flushall()
    ron = shop.ask("ron")
    assert ron.did == dana.did
    assert not shop.beat(dana)
    for _ in range(2):  # and however often they ask, they are noted once
        assert shop.ask("dana", claim=claim_of(dana)).reason == "pool_empty"
    newest, older = shop.live.holders(SITE.id, dana.did)
    assert (newest.visitor, newest.id) == ("ron", ron.lease)
    assert (older.visitor, older.id, older.visit) == ("dana", dana.lease, "visit")
    assert older.start < newest.start
    assert shop.beat(ron)


@pytest.mark.parametrize("why", ["drained", "unknown", "forgotten since"])
def test_a_claim_that_cannot_be_restored_gives_another_number(shop: Shop, why: str) -> None:
    dana = shop.ask("dana")
    claim = claim_of(dana)
    shop.live.client.flushall()
    if why == "drained":
        shop.keep(*(did for did in DIDS if did != dana.did))
    elif why == "unknown":
        claim = Claim("+97231234567", "lease", "visit", shop.now)
    else:
        shop.keep(dana.did)
        shop.ask("ron")
        shop.keep(*DIDS)
    again = shop.ask("dana", claim=claim)
    assert (again.reason, again.lease != claim.lease) == ("leased", True)
    assert again.did in set(shop.dids) - ({dana.did} if why != "unknown" else set())


def test_an_old_claim_does_not_undo_what_came_after_it(shop: Shop) -> None:
    """She had the number before Ron had it: both are known,
    and the number is Ron's until it is idle again."""
    shop.keep(DIDS[0])
    dana = shop.ask("dana")
    shop.now += LEASE
    ron = shop.ask("ron")
    shop.now += LEASE
    again = shop.ask("dana", claim=claim_of(dana))
    assert (again.reason, again.chosen, again.did) == ("kept", "old", DIDS[0])
    assert again.lease != dana.lease
    assert shop.holders(DIDS[0]) == ["dana", "ron", "dana"]
    assert not shop.beat(ron)


def test_a_question_that_is_repeated_after_a_broken_connection_is_answered_the_same(
    shop: Shop,
) -> None:
    asker, told = Asker("dana", "v", DIRECT), Told("", NOWHERE, NOWHERE)
    shop.live.build_pool(SITE, DIDS, 1)
    first, second = (
        shop.live.acquire(SITE, asker, told, lease="one", change=1, now=shop.now) for _ in range(2)
    )
    assert first is not None
    assert second is not None
    assert (first.did, first.lease, first.start) == (second.did, second.lease, second.start)
    assert len(shop.live.lease_log(SITE.id, 10)) == 1


def test_sites_know_nothing_of_each_other(live: Live) -> None:
    one, other = Shop(live), Shop(live, dataclasses.replace(SITE, id=2))
    assert one.ask("dana").did == other.ask("dana").did
    assert [lease.visitor for lease in live.holders(2, one.ask("dana").did)] == ["dana"]


def test_a_clock_that_steps_back_and_forth(shop: Shop) -> None:
    shop.keep(DIDS[0])
    dana = shop.ask("dana")
    for step in (-HOUR, 60 * SECOND, 3 * HOUR, -2 * HOUR):
        shop.now += step
        assert shop.beat(dana)
        assert shop.ask("ron").reason == "pool_empty"
