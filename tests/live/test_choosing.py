"""Which of the idle numbers a visitor gets: one rule at a time, on a real Redis."""

from __future__ import annotations

import math

import pytest

from leadtracker.live import Arrival, keys
from tests.live.conftest import DIDS, HOUR, HURRIED, LEASE, MINUTE, SECOND, SITE, UNHEARD, Shop
from tests.live.traffic import BING, GOOGLE, MAIL, ROOT, chosen, group, visit


def test_a_number_stays_with_its_source(shop: Shop) -> None:
    shop.keep(*DIDS[:2])
    assert chosen(shop, "dana", GOOGLE) == (DIDS[0], "pool")
    assert chosen(shop, "ron", BING) == (DIDS[1], "pool")
    shop.now += HOUR
    assert chosen(shop, "gal", BING) == (DIDS[1], "source")
    assert chosen(shop, "noa", GOOGLE) == (DIDS[0], "source")
    assert [lease.source for lease in shop.live.holders(SITE.id, DIDS[0])] == [GOOGLE.source] * 2


@pytest.mark.parametrize(("quiet", "times"), [(False, 100), (True, 10)])
def test_unless_the_longest_idle_number_is_so_many_times_older(
    shop: Shop, quiet: bool, times: int
) -> None:
    for older, expected in ((times * 1000 - 1, "source"), (times * 1000 + 1, "pool")):
        shop.live.client.flushall()
        shop.keep(*DIDS[:2])
        if quiet:
            shop.live.client.set(f"{ROOT}:x", 10)
        chosen(shop, "dana", GOOGLE)
        chosen(shop, "ron", BING)
        begun = shop.now
        for did, ago in ((DIDS[1], 1000 * SECOND), (DIDS[0], older * SECOND)):
            shop.now = begun - ago
            shop.live.beat(
                SITE,
                did=did,
                visitor="ron" if did == DIDS[1] else "dana",
                state="left",
                page="",
                now=shop.now,
            )
        shop.now = begun
        assert chosen(shop, "gal", BING)[1] == expected


def test_small_sources_share_numbers(shop: Shop) -> None:
    mine = visit(shop, "dana", BING)
    for n in range(4):
        visit(shop, f"visitor{n}", GOOGLE)
    group(shop, google=90, bing=5, mail=5)
    assert shop.live.client.hgetall(f"{ROOT}:group") == {
        GOOGLE.source: GOOGLE.source,
        BING.source: "shared 1",
        MAIL.source: "shared 1",
    }
    assert chosen(shop, "ron", MAIL) == (mine, "group")


def test_a_source_nobody_has_counted_takes_the_longest_idle(shop: Shop) -> None:
    group(shop, google=90)
    numbers = [visit(shop, f"visitor{n}", GOOGLE) for n in range(5)]
    assert chosen(shop, "ron", MAIL) == (numbers[0], "pool")


def test_of_six_the_one_whose_holders_they_are_least_taken_for(shop: Shop) -> None:
    for n, level in enumerate((2, 3, 0, 1, 2)):
        visit(shop, f"visitor{n}", GOOGLE, level)
    assert [chosen(shop, f"later{n}", GOOGLE) for n in range(5)] == [
        (DIDS[n], "source") for n in (2, 3, 0, 4, 1)
    ]


def test_visitors_of_other_regions_and_topics_are_not_taken_for_each_other(shop: Shop) -> None:
    jerusalem, haifa = (Arrival(GOOGLE.source, region=region) for region in ("IL-2", "IL-4"))
    shop.keep(*DIDS[:2])
    visit(shop, "dana", jerusalem, 2)
    visit(shop, "ron", haifa, 2)
    shop.now += MINUTE
    assert chosen(shop, "gal", jerusalem) == (DIDS[1], "source")
    shop.keep(*DIDS[2:4])
    kitchens, baths = (Arrival(GOOGLE.source, topic=topic) for topic in ("kitchens", "baths"))
    first = [visit(shop, "tal", kitchens, 2), visit(shop, "noa", baths, 2)]
    assert chosen(shop, "guy", kitchens)[0] == first[1]


def kept(shop: Shop, key: str, field: str) -> str:
    found = shop.live.client.hget(key, field)
    assert isinstance(found, str), f"{key} has no {field}"
    return found


def claims_of_all(shop: Shop, did: str) -> tuple[float, int]:
    """How much past holders from anywhere claim of a number, and when this was written."""
    claims, at = kept(shop, f"{ROOT}:did:{did}", "w:all").split(",")
    return float(claims), int(at)


def test_a_past_holders_claim_fades(shop: Shop) -> None:
    did = visit(shop, "dana", GOOGLE, 3)
    claims, at = claims_of_all(shop, did)
    assert (claims, at) == (12, shop.now - LEASE)
    shop.now += 3 * HOUR - LEASE
    shop.keep(did)
    assert visit(shop, "ron", GOOGLE, 2) == did
    claims, _ = claims_of_all(shop, did)
    assert claims == pytest.approx(12 / math.e + 4.5, rel=1e-3)


def test_a_holder_claims_once_however_often_they_come_and_go(shop: Shop) -> None:
    grant = shop.ask("dana")
    for level, claim in ((0, 0.15), (0, 0.15), (1, 1), (3, 12), (3, 12)):
        shop.beat(grant, "visible", level=level)
        shop.beat(grant, "hidden")
        assert claims_of_all(shop, grant.did)[0] == pytest.approx(claim)


def test_a_visitor_has_their_old_number_again_if_nobody_else_holds_it(shop: Shop) -> None:
    shop.keep(DIDS[0])
    visit(shop, "dana", GOOGLE)
    ron = shop.ask("ron", arrival=GOOGLE)
    shop.keep(*DIDS[:2])
    assert shop.ask("dana", "visit 2", arrival=GOOGLE).did == DIDS[1], "while Ron has it"
    shop.beat(ron, "left")
    visit(shop, "dana", GOOGLE)
    assert shop.ask("ron", "visit 2", arrival=GOOGLE).chosen == "own"


def test_an_old_number_is_not_taken_out_of_another_source(shop: Shop) -> None:
    shop.keep(DIDS[0])
    visit(shop, "dana", GOOGLE)
    visit(shop, "ron", BING)
    shop.keep(*DIDS)
    assert shop.ask("dana", "visit 2", arrival=GOOGLE).chosen == "pool"
    shop.live.client.flushall()
    shop.keep(DIDS[0])
    visit(shop, "dana", GOOGLE)
    visit(shop, "ron", GOOGLE)
    shop.keep(*DIDS)
    again = shop.ask("dana", "visit 2", arrival=GOOGLE)
    assert (again.reason, again.chosen, again.did) == ("kept", "old", DIDS[0])


def test_a_beat_that_is_late_keeps_the_number(shop: Shop) -> None:
    shop.keep(*DIDS)
    dana = shop.ask("dana")
    shop.now += UNHEARD - 1
    shop.ask("ron")
    assert shop.beat(dana)
    shop.keep(DIDS[0], DIDS[1])
    shop.now += HURRIED
    shop.ask("ron")
    assert shop.ask("gal").did != dana.did
    assert shop.beat(dana)


def test_gaps_and_levels_are_kept_with_the_lease(shop: Shop) -> None:
    arrival = Arrival("google / spring", "mobile", "IL-3", "kitchens")
    dana = shop.ask("dana", arrival=arrival)
    shop.now += SECOND
    shop.beat(dana, level=2)
    shop.now += SECOND
    shop.beat(dana, "hidden", level=1)
    shop.now += SECOND
    shop.beat(dana, level=3)
    shop.now += 2 * MINUTE
    shop.beat(dana)
    for _ in range(2):  # as the newest lease, and as a past one
        lease = shop.live.holders(SITE.id, dana.did)[-1]
        assert (lease.source, lease.device, lease.region, lease.topic) == (
            "google / spring",
            "mobile",
            "IL-3",
            "kitchens",
        )
        assert [(level - lease.start).total_seconds() for level in lease.levels] == [1, 1, 3]
        assert [tuple((at - lease.start).total_seconds() for at in gap) for gap in lease.gaps] == [
            (2, 3),
            (3, 123),
        ]
        shop.ask("dana", "visit 2")
    assert len(shop.holders(dana.did)) == 2


def test_only_the_newest_gaps_are_kept(shop: Shop) -> None:
    dana = shop.ask("dana")
    for _ in range(10):
        for state in ("hidden", "visible"):
            shop.now += SECOND
            shop.beat(dana, state)
    (lease,) = shop.live.holders(SITE.id, dana.did)
    assert [(hidden - lease.start).total_seconds() for hidden, _ in lease.gaps] == [
        5,
        7,
        9,
        11,
        13,
        15,
        17,
        19,
    ]


def test_made_up_campaigns_fill_no_memory(shop: Shop) -> None:
    for n in range(keys.MOST_SOURCES + 20):
        shop.ask(f"visitor{n}", arrival=Arrival(f"made up / {n}"))
        shop.now += UNHEARD
    arrivals = shop.live.client.hgetall(f"{ROOT}:arrivals")
    assert len(arrivals) == keys.MOST_SOURCES + 1
    assert float(arrivals["other"]) == 20
    shop.live.regroup(SITE, shop.now)
    arrivals = shop.live.client.hgetall(f"{ROOT}:arrivals")
    assert len(arrivals) == keys.STAY_COUNTED
    assert float(arrivals["other"]) == pytest.approx(
        20 + keys.MOST_SOURCES - keys.STAY_COUNTED + 1, rel=0.02
    )
    shop.live.regroup(SITE, shop.now + 1000 * HOUR)
    assert shop.live.client.hlen(f"{ROOT}:arrivals") == 0


def test_the_hours_job_measures_the_pool(shop: Shop) -> None:
    shop.live.regroup(SITE, shop.now)
    shop.ask("dana")
    shop.now += HOUR
    shop.live.regroup(SITE, shop.now)
    assert shop.live.client.mget(f"{ROOT}:x", f"{ROOT}:keep") == ["10", "64"]
    arrivals = kept(shop, f"{ROOT}:arrivals", "direct / direct")
    assert float(arrivals) == pytest.approx(math.exp(-1 / 72))
    for n in range(100):
        shop.ask(f"visitor{n}")
        shop.now += UNHEARD
    shop.live.regroup(SITE, shop.now)
    assert shop.live.client.mget(f"{ROOT}:x", f"{ROOT}:keep") == ["100", "128"]


def test_the_pool_tells_which_sources_share_a_group(shop: Shop) -> None:
    for n in range(5):
        visit(shop, f"visitor{n}", (GOOGLE, BING, MAIL, GOOGLE, GOOGLE)[n])
    group(shop, google=90, bing=3, mail=7)
    shop.ask("ron", arrival=GOOGLE)
    assert [(one.sources, one.idle) for one in shop.live.pool(SITE).groups] == [
        ((GOOGLE.source,), 2),
        ((MAIL.source, BING.source), 2),
    ]
