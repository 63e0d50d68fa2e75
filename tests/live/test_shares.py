"""What one client address may hold and ask for, and whose numbers are taken early when none is
idle."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from leadtracker.errors import StoreUnavailable
from leadtracker.live import Grant, Live, Share, connection, keys, unusual
from leadtracker.running.redis_server import EmbeddedRedis
from tests.live.conftest import DIDS, HOUR, LEASE, SECOND, SITE, TRIAL, UNHEARD, Shop, claim_of
from tests.live.traffic import ROOT, check_idle

ATTACKER, OTHER, THIRD = "203.0.113.1", "203.0.113.2", "2001:db8:1:2::/64"
POOL = tuple(f"+9727227767{n:02}" for n in range(20))


@pytest.fixture
def large(live: Live) -> Shop:
    return Shop(live, dids=POOL)


def take(shop: Shop, address: str, number: int, says: str = "") -> list[Grant]:
    """So many visitors of one address, whose pages then say that they are visible, or nothing."""
    taken = []
    for n in range(number):
        grant = shop.ask(f"{address}.{n}", address=address)
        if says and grant.did:
            assert shop.beat(grant, says)
        taken.append(grant)
    check_idle(shop.live)
    return taken


def held(grants: Iterable[Grant]) -> int:
    return sum(bool(grant.did) for grant in grants)


def test_a_page_that_says_nothing_keeps_its_number_for_the_trial(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.now += TRIAL - 1
    shop.ask("ron")
    assert dana.did not in idle(shop)
    shop.now += 1
    shop.ask("gal")
    assert dana.did in idle(shop)
    assert shop.beat(dana), "nobody took it: it is theirs again"
    assert dana.did not in idle(shop)


def idle(shop: Shop) -> set[str]:
    return {str(did) for did in shop.live.client.zrange(f"{ROOT}:idle", 0, -1)}


@pytest.mark.parametrize(
    ("state", "tapped", "kept"),
    [
        ("visible", False, UNHEARD),
        ("visible", True, UNHEARD),
        ("hidden", False, LEASE),
        ("left", False, LEASE),
    ],
)
def test_a_word_ends_the_trial_well(shop: Shop, state: str, tapped: bool, kept: int) -> None:
    dana = shop.ask("dana")
    shop.now += 10 * SECOND
    assert shop.beat(dana, state, tapped=tapped)
    shop.now += kept - 1
    shop.ask("ron")
    assert dana.did not in idle(shop)


def test_one_address_does_not_empty_the_pool(large: Shop) -> None:
    taken = take(large, ATTACKER, 20, "visible")
    assert 4 < held(taken) < 15
    assert {grant.reason for grant in taken if not grant.did} == {"too_many"}
    assert large.ask("dana", address=OTHER).reason == "leased"
    assert large.ask("ron").reason == "leased", "whose address nobody knows"


def test_what_an_address_may_hold_beside_others(large: Shop) -> None:
    holds = [held(take(large, f"203.0.113.{n}", 20, "visible")) for n in range(6)]
    assert holds == [6, 6, 6, 1, 1, 0]


def test_whoever_comes_first_leaves_six_for_every_other(live: Live) -> None:
    shop = Shop(live, dids=tuple(f"+97272277{n:05}" for n in range(80)))
    holds = [held(take(shop, f"203.0.113.{n}", 30, "visible")) for n in range(8)]
    assert holds == [21] + [6] * 7
    office = [shop.ask(f"office{n}", address=THIRD) for n in range(7)]
    assert held(office) == 6
    assert shop.beat(office[0], "left")
    assert shop.ask("one more", address=THIRD).did, "a colleague's page is gone"
    assert shop.ask("and one", address=THIRD).reason == "too_many"
    assert all(shop.beat(grant) for grant in office[1:6]), "a trial makes no room"


def test_neither_beats_nor_old_tokens_get_round_the_share(large: Shop) -> None:
    taken = take(large, ATTACKER, 20, "left")
    large.now += LEASE
    passed_on = take(large, OTHER, 20, "visible")
    mine = [grant for grant in taken if grant.did]
    for n, grant in enumerate(mine):
        large.beat(grant)
        large.ask(f"{ATTACKER}.{n}", claim=claim_of(grant), address=ATTACKER)
    large.ask("dana", address=THIRD)
    counts = {share.address: share.numbers for share in large.live.shares(SITE.id)}
    assert held(passed_on) == 6
    assert counts == {ATTACKER: 6, OTHER: 6}


def test_whoever_has_two_addresses_passes_no_number_on(large: Shop) -> None:
    for grant in take(large, ATTACKER, 20):
        large.addresses[grant.lease] = OTHER
        assert not grant.did or large.beat(grant)
    (share,) = large.live.shares(SITE.id)
    assert share.address == ATTACKER


def test_in_need_the_greediest_address_gives_first(large: Shop) -> None:
    take(large, ATTACKER, 6, "hidden")
    take(large, OTHER, 6)
    filled = [large.ask(f"visitor{n}", address=f"198.51.100.{n}") for n in range(8)]
    for grant in filled:
        assert large.beat(grant)
    assert large.live.client.zcard(f"{ROOT}:idle") == 0
    late = [large.ask(f"late{n}", address=f"192.0.2.{n}") for n in range(20)]
    counts = {share.address: share.numbers for share in large.live.shares(SITE.id)}
    assert counts == {}, "as long as one address holds two, another gets one of them"
    assert held(late) == 6 + 6 - 2
    for grant in filled:
        assert large.beat(grant), "a visible page confirmed it"
    check_idle(large.live)


def test_what_a_visible_page_confirmed_is_never_taken(large: Shop) -> None:
    taken = [grant for grant in take(large, ATTACKER, 20, "visible") if grant.did]
    rest = [large.ask(f"visitor{n}", address=f"198.51.100.{n}") for n in range(20)]
    assert rest[-1].reason == "pool_empty"
    assert all(large.beat(grant) for grant in taken)
    large.beat(taken[0], "hidden")
    late = large.ask("late", address=OTHER)
    assert late.did == taken[0].did
    assert not large.beat(taken[0])


def test_a_page_that_is_seen_again_is_safe_again(large: Shop) -> None:
    taken = take(large, ATTACKER, 6, "hidden")
    for n in range(len(taken)):
        assert large.ask(f"{ATTACKER}.{n}", address=ATTACKER).reason == "kept"
    for n in range(20):
        large.ask(f"visitor{n}", address=f"198.51.100.{n}")
    assert all(large.beat(grant) for grant in taken)


def test_shares_fall_when_numbers_are_given_back(large: Shop) -> None:
    take(large, ATTACKER, 20, "left")
    assert large.live.shares(SITE.id)
    large.now += HOUR
    large.ask("dana", address=OTHER)
    assert large.live.shares(SITE.id) == ()
    assert list(large.live.client.scan_iter(f"{ROOT}:held:*")) == [f"{ROOT}:held:{OTHER}"]
    assert held(take(large, ATTACKER, 20)) > 4


def test_shares_begin_anew_when_redis_lost_everything(large: Shop) -> None:
    taken = [grant for grant in take(large, ATTACKER, 20, "visible") if grant.did]
    large.live.client.flushall()
    back = [
        large.ask(f"{ATTACKER}.{n}", claim=claim_of(grant), address=ATTACKER)
        for n, grant in enumerate(taken)
    ]
    assert {grant.reason for grant in back} == {"restored"}
    (share,) = large.live.shares(SITE.id)
    assert share == Share(ATTACKER, len(taken))


def test_fifty_people_behind_one_address_all_get_a_number(live: Live) -> None:
    office = Shop(live, dids=tuple(f"+97272277{n:05}" for n in range(200)))
    for n in range(32):
        assert office.beat(office.ask(f"visitor{n}", address=f"198.51.100.{n}"))
    assert held(take(office, ATTACKER, 50, "visible")) == 50


def test_an_address_begins_so_many_leases_an_hour(large: Shop) -> None:
    most = keys.LEASES_AN_HOUR + len(POOL)
    for n in range(most):
        large.beat(large.ask("dana", f"visit {n}", address=ATTACKER), "left")
    newest = large.live.holders(SITE.id, large.ask("dana", "one more", address=ATTACKER).did)[0]
    assert newest.visit == f"visit {most - 1}", "the lease goes on"
    keyspace = large.live.client.dbsize()
    refused = large.ask("eve", address=ATTACKER)
    assert (refused.did, refused.reason) == ("", "too_often")
    assert large.live.client.dbsize() == keyspace, "nothing is kept of them"
    assert large.ask("ron", address=OTHER).did
    large.now += HOUR
    assert large.ask("eve", address=ATTACKER).did


def test_ever_new_keys_of_info_do_not_fill_redis(shop: Shop) -> None:
    shop.ask("dana", info=("i:name", '"Dana"'))
    for n in range(300):
        given = tuple(text for m in range(50) for text in (f"i:{n}.{m}", '"some text"'))
        shop.ask("dana", info=(*given, "i:name", '"Dana"'))
    known = shop.live.visitor(SITE.id, "dana")
    assert known is not None
    assert known.info["name"] == "Dana"
    assert known.info["299.49"] == "some text"
    assert sum(len(key) + len(str(text)) for key, text in known.info.items()) < keys.MOST_TOLD


def test_what_two_pages_tell_is_kept_together(shop: Shop) -> None:
    shop.ask("dana", info=("i:name", '"Dana"'))
    shop.ask("dana", info=("i:plan", '"gold"'))
    shop.ask("dana", info=("i:plan", '"silver"'))
    known = shop.live.visitor(SITE.id, "dana")
    assert known is not None
    assert known.info == {"name": "Dana", "plan": "silver"}


def test_of_too_many_visitors_of_an_address_the_oldest_are_forgotten(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "VISITORS_OF_ADDRESS", 5)
    shop.live = Live(shop.live._url)
    for n in range(30):
        shop.beat(shop.ask(f"visitor{n}", address=ATTACKER), "left")
        shop.now += LEASE
    kept = list(shop.live.client.scan_iter(f"{ROOT}:visitor:*"))
    assert len(kept) == 5 + len(DIDS)
    assert shop.live.visitor(SITE.id, "visitor29") is not None


@pytest.mark.parametrize("first", [7, 99], ids=["of today", "that does not know the first line"])
def test_a_full_redis_refuses_a_request_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    monkeypatch.setattr(connection, "FIRST_WITH_SHEBANG", first)
    server = EmbeddedRedis(tmp_path, saves=False)
    try:
        shop = Shop(Live(server.url))
        dana = shop.ask("dana", address=OTHER)
        before = everything(shop.live)
        shop.live.client.config_set("maxmemory", "1kb")
        for ask in (lambda: shop.ask("ron", address=OTHER), lambda: shop.beat(dana, "visible")):
            with pytest.raises(StoreUnavailable, match="Redis is full"):
                ask()
        assert everything(shop.live) == before
        memory = shop.live.memory()
        assert (memory.policy, memory.part > 0.8) == ("noeviction", True)
        shop.live.client.config_set("maxmemory", "1gb")
        assert shop.ask("ron", address=OTHER).did
        assert shop.beat(dana)
        check_idle(shop.live)
    finally:
        shop.live.client.close()
        server.stop()


def everything(live: Live) -> dict[str, bytes | None]:
    return {str(key): live.client.dump(key) for key in live.client.scan_iter("*")}


def test_a_share_is_unusual_from_a_tenth_of_the_pool_on() -> None:
    shares = (Share(ATTACKER, 20), Share(OTHER, 19), Share(THIRD, 5))
    assert unusual(shares, 200) == shares[:1]
    assert unusual(shares, 20) == shares
    assert unusual((Share(OTHER, 4),), 5) == ()
