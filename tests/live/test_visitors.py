"""What Redis keeps of a visitor and for how long, and by which clock."""

from __future__ import annotations

import pytest

from leadtracker.domain import Touchpoint
from leadtracker.live import keys
from tests.live.conftest import (
    DIDS,
    HOUR,
    HURRIED,
    LEASE,
    SECOND,
    SITE,
    START,
    TRIAL,
    UNHEARD,
    Shop,
    claim_of,
)
from tests.live.traffic import ROOT, check_idle

DANA = f"{ROOT}:visitor:dana"
DAYS = SITE.visitor_days * 86400


def test_the_first_touchpoint_stays_and_the_latest_goes_on(shop: Shop) -> None:
    for n in range(3):
        arrived = Touchpoint(source=f"{n}")
        shop.ask("dana", f"visit {n}", first=arrived, latest=arrived, page=f"/{n}")
        shop.now += SECOND
    known = shop.live.visitor(SITE.id, "dana")
    assert known is not None
    assert (known.first, known.latest, known.page) == (
        Touchpoint(source="0"),
        Touchpoint(source="2"),
        "/2",
    )
    assert known.seen is not None
    assert round(known.seen.timestamp() * 1000) == shop.now - SECOND


@pytest.mark.parametrize("state", ["visible", "hidden"])
def test_a_beat_tells_where_and_when_a_visitor_was_seen(shop: Shop, state: str) -> None:
    dana = shop.ask("dana", page="/one")
    shop.live.client.expire(DANA, 100)
    shop.now += 30 * SECOND
    shop.live.beat(SITE, did=dana.did, visitor="dana", state=state, page="/two", now=shop.now)
    assert shop.live.client.hmget(DANA, "page", "seen") == ["/two", str(shop.now)]
    assert 0 <= DAYS - shop.live.client.ttl(DANA) < 5


def test_a_request_makes_a_visitor_last(shop: Shop) -> None:
    shop.ask("dana")
    shop.live.client.expire(DANA, 100)
    shop.ask("dana")
    assert 0 <= DAYS - shop.live.client.ttl(DANA) < 5


def test_a_beat_makes_no_visitor(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.live.client.delete(DANA)
    assert shop.beat(dana)
    assert shop.live.visitor(SITE.id, "dana") is None


def test_a_forgotten_visitor_has_the_number_of_their_token_again(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.live.client.delete(DANA)
    again = shop.ask("dana", claim=claim_of(dana))
    assert (again.reason, again.did, again.lease) == ("kept", dana.did, dana.lease)
    assert shop.live.client.hget(DANA, "did") == dana.did


def test_a_visitor_without_a_number_is_known_too(shop: Shop) -> None:
    shop.keep(DIDS[0])
    shop.ask("ron")
    shop.ask("dana", info=("i:name", '"Dana"'))
    known = shop.live.visitor(SITE.id, "dana")
    assert known is not None
    assert known.info == {"name": "Dana"}
    assert shop.live.client.hget(DANA, "did") is None
    assert not shop.live.client.exists(f"{ROOT}:did:")


def test_nobody_beats_with_the_number_of_another(shop: Shop) -> None:
    dana = shop.ask("dana")
    before = shop.live.client.zscore(f"{ROOT}:hard", dana.did)
    shop.now += SECOND
    assert not shop.live.beat(
        SITE, did=dana.did, visitor="ron", state="left", page="", now=shop.now
    )
    assert not shop.live.beat(
        SITE, did="+97231234567", visitor="dana", state="visible", page="", now=shop.now
    )
    assert shop.live.client.zscore(f"{ROOT}:hard", dana.did) == before
    (lease,) = shop.live.holders(SITE.id, dana.did)
    assert lease.left is None


@pytest.mark.parametrize(
    ("states", "held"),
    [
        ((), TRIAL + LEASE - HURRIED),  # a trial has a clock of its own
        (("visible",), UNHEARD),
        (("hidden",), LEASE),
        (("left",), LEASE),
        (("hidden", "left"), LEASE - SECOND),  # it was hidden a second before
        (("hidden", "visible"), UNHEARD),
        (("left", "visible", "hidden"), LEASE),
    ],
)
def test_how_long_a_number_is_held(shop: Shop, states: tuple[str, ...], held: int) -> None:
    dana = shop.ask("dana")
    for state in states:
        shop.now += SECOND
        assert shop.beat(dana, state)
    assert shop.live.client.zscore(f"{ROOT}:hard", dana.did) == shop.now + held
    check_idle(shop.live)


def test_a_request_holds_the_number_as_a_beat_does(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.beat(dana, "hidden")
    shop.now += SECOND
    shop.ask("dana")
    assert shop.live.client.zscore(f"{ROOT}:hard", dana.did) == shop.now + UNHEARD


@pytest.mark.parametrize(
    ("numbers", "idle", "hurried"), [(10, 1, False), (10, 0, True), (20, 2, False), (20, 1, True)]
)
def test_few_are_idle_when_fewer_than_a_tenth_are(
    shop: Shop, numbers: int, idle: int, hurried: bool
) -> None:
    shop.keep(*(f"+9727227767{n:02}" for n in range(numbers)))
    holders = [shop.ask(f"visitor{n}") for n in range(numbers - idle)]
    for grant in holders:
        shop.beat(grant, "left")
    shop.now += LEASE - SECOND
    late = shop.ask("late")
    assert (late.did in {grant.did for grant in holders}) == (hurried and idle == 0)
    assert bool(shop.live.client.zscore(f"{ROOT}:idle", holders[-1].did)) == (
        hurried and numbers - idle <= 16
    )
    assert (
        shop.live.client.zcard(f"{ROOT}:hard")
        == numbers - idle + 1 - min(16, numbers - idle) * hurried
    )


def test_a_hurried_lease_ends_thirty_seconds_after_the_page(shop: Shop) -> None:
    shop.keep(DIDS[0])
    shop.beat(shop.ask("dana"), "left")
    shop.now += HURRIED - 1
    assert shop.ask("ron").reason == "pool_empty"
    shop.now += 1
    assert shop.ask("ron").reason == "leased"


def test_after_a_quiet_hour_a_crowd_finds_every_number(shop: Shop) -> None:
    """A request frees 16 numbers at most, so that none of them takes long."""
    shop.keep(*(f"+9727227767{n:02}" for n in range(40)))
    for n in range(40):
        shop.ask(f"visitor{n}")
    shop.now += HOUR
    crowd = [shop.ask("later0")]
    assert shop.live.client.zcard(f"{ROOT}:idle") == 15
    check_idle(shop.live)
    crowd += [shop.ask(f"later{n}") for n in range(1, 40)]
    assert {grant.did for grant in crowd} == set(shop.dids)
    assert {grant.reason for grant in crowd} == {"leased"}


@pytest.mark.parametrize(("away", "leases"), [(keys.RESUME_MS, 1), (keys.RESUME_MS + 1, 2)])
def test_a_lease_goes_on_within_half_an_hour(shop: Shop, away: int, leases: int) -> None:
    dana = shop.ask("dana")
    shop.now += away
    assert shop.ask("dana").did == dana.did
    assert len(shop.holders(dana.did)) == leases


def test_without_a_time_given_the_servers_own_counts(shop: Shop) -> None:
    def servers() -> int:
        seconds, microseconds = shop.live.client.time()
        return int(seconds * 1000 + microseconds // 1000)

    shop.now = 0
    for n in range(3):
        before = servers()
        grant = shop.ask(f"visitor{n}")
        assert before <= grant.start <= servers()
        assert shop.beat(grant, "left")
        (lease,) = shop.live.holders(SITE.id, grant.did)
        assert lease.left is not None
        assert before <= round(lease.left.timestamp() * 1000) <= servers()


def test_times_are_written_in_full(shop: Shop) -> None:
    grant = shop.ask("dana")
    assert grant.start == START
    assert shop.live.client.hmget(f"{ROOT}:did:{grant.did}", "start", "seen") == [str(START)] * 2


def test_a_number_that_comes_back_is_idle_since_it_was_seen(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.keep(*DIDS[1:])
    shop.now += UNHEARD
    shop.ask("ron")
    check_idle(shop.live)
    assert not shop.live.client.zscore(f"{ROOT}:idle", dana.did)
    shop.keep(*DIDS)
    shop.ask("gal")
    check_idle(shop.live)
    assert shop.live.client.zscore(f"{ROOT}:idle", dana.did) == dana.start


def test_an_idle_number_that_is_taken_out_is_found_by_nobody(shop: Shop) -> None:
    shop.beat(shop.ask("dana"), "left")
    shop.now += LEASE
    shop.ask("ron")
    shop.keep(DIDS[4])
    shop.ask("gal")
    check_idle(shop.live)
    assert shop.live.client.smembers(f"{ROOT}:dids") == {DIDS[4]}


def test_a_held_number_is_held_by_one_when_the_pool_is_built_anew(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.keep(*DIDS)
    grants = [shop.ask(f"visitor{n}") for n in range(5)]
    assert dana.did not in {grant.did for grant in grants}
    check_idle(shop.live)


def test_the_same_change_is_built_once(shop: Shop) -> None:
    shop.live.build_pool(SITE, DIDS[:2], 1)
    shop.live.build_pool(SITE, DIDS, 1)
    assert shop.live.client.smembers(f"{ROOT}:dids") == set(DIDS[:2])
    shop.live.build_pool(SITE, DIDS, 2)
    assert shop.live.client.smembers(f"{ROOT}:dids") == set(DIDS)
