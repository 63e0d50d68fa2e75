"""What the lease log tells the worker, what it counts,
and that it stays small when no worker reads it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadtracker.live import Arrival, Asker, Grant
from tests.live.conftest import (
    CAME,
    CAME_TEXT,
    DIDS,
    DIRECT,
    HOUR,
    MINUTE,
    SECOND,
    SITE,
    UNHEARD,
    Shop,
    claim_of,
    set_constant,
)
from tests.live.traffic import BING, GOOGLE, ROOT, group, visit

DANA = Arrival("google / spring", "mobile", "IL-3", "kitchens")


def entries(shop: Shop) -> list[dict[str, str]]:
    return [dict(entry) for entry in shop.live.lease_log(SITE.id, 10_000).values()]


def tap_default(
    shop: Shop, visitor: str, visit: str = "visit", lease: str = "lease of a tap"
) -> None:
    shop.live.tap_default(
        SITE,
        Asker(visitor, visit, DANA),
        CAME,
        lease=lease,
        network="home",
        level=2,
        now=shop.now,
    )


def begun(grant: Grant, **more: str) -> dict[str, str]:
    """The entry of a lease that begins now, but for what `more` says."""
    at = str(grant.start)
    return {
        "lease": grant.lease,
        "did": grant.did,
        "visitor": "dana",
        "visit": "visit",
        "start": at,
        "seen": at,
        "left": "",
        "taps": "",
        "levels": "",
        "gaps": "",
        "reason": grant.reason,
        "chosen": grant.chosen,
        "source": DANA.source,
        "group": "",
        "device": "mobile",
        "region": "IL-3",
        "topic": "kitchens",
        "touchpoint": CAME_TEXT,
        "new_visit": "1",
    } | more


def test_a_lease_begins_with_all_that_is_known_of_its_visitor(shop: Shop) -> None:
    grant = shop.ask("dana", arrival=DANA, latest=CAME)
    assert entries(shop) == [begun(grant, reason="leased", chosen="pool", start=str(shop.now))]


def test_its_group_is_that_of_the_hour(shop: Shop) -> None:
    shop.ask("ron")
    group(shop, google=5, bing=5)
    shop.ask("dana", arrival=DANA)
    assert entries(shop)[-1]["group"] == "shared 1"
    tap_default(shop, "gal")
    assert entries(shop)[-1]["group"] == "shared 1"


def test_a_new_visit_to_the_same_number_is_told(shop: Shop) -> None:
    shop.ask("dana", arrival=DANA)
    shop.now += SECOND
    grant = shop.ask("dana", "visit 2", arrival=DANA, latest=CAME)
    _, departed, kept = entries(shop)
    assert (departed["visit"], departed["left"]) == ("visit", str(shop.now - SECOND))
    assert kept == begun(grant, visit="visit 2", reason="kept", chosen="own")


def test_a_visit_that_goes_on_after_a_long_silence_is_no_new_one(shop: Shop) -> None:
    shop.ask("dana", arrival=DANA)
    shop.now += HOUR
    grant = shop.ask("dana", arrival=DANA, latest=CAME)
    assert entries(shop)[-1] == begun(grant, reason="kept", chosen="own", new_visit="0")


def test_a_restored_lease_began_when_it_did_and_is_seen_now(shop: Shop) -> None:
    before = shop.ask("dana", arrival=DANA)
    shop.live.client.flushall()
    shop.now += MINUTE
    grant = shop.ask("dana", arrival=DANA, latest=CAME, claim=claim_of(before))
    told = begun(before, reason="restored", chosen="own", new_visit="0", seen=str(shop.now))
    assert entries(shop) == [told]
    (lease,) = shop.live.holders(SITE.id, grant.did)
    assert (lease.seen - lease.start).total_seconds() == 60


def test_the_default_number_is_told_and_its_visit_once_new(shop: Shop) -> None:
    shop.keep(DIDS[0])
    shop.ask("ron")
    shop.beat(shop.ask("ron"))
    for new_visit in ("1", "0"):
        grant = shop.ask("dana", arrival=DANA, latest=CAME)
        assert entries(shop)[-1] == begun(
            grant, reason="pool_empty", chosen="", did="", new_visit=new_visit
        )
        shop.now += SECOND


def test_a_tap_on_the_default_number_is_told(shop: Shop) -> None:
    tap_default(shop, "dana")
    at = str(shop.now)
    tapped = Grant("tapped", "", "lease of a tap", shop.now, "")
    told = begun(tapped, taps=at, levels=f"{at},{at}", network="home")
    assert entries(shop) == [told]
    shop.now += SECOND
    tap_default(shop, "dana", "visit", "another")
    tap_default(shop, "dana", "visit 2", "a third")
    assert [entry["new_visit"] for entry in entries(shop)] == ["1", "0", "1"]
    assert entries(shop)[-1]["start"] == str(shop.now)
    shop.ask("dana", "visit 2")
    assert entries(shop)[-1]["new_visit"] == "0"
    key = f"{ROOT}:visitor:dana"
    shop.live.client.delete(key)
    tap_default(shop, "dana")
    assert 0 <= SITE.visitor_days * 86400 - shop.live.client.ttl(key) < 5


def test_nothing_new_is_not_told(shop: Shop) -> None:
    grant = shop.ask("dana")
    for _ in range(3):
        shop.now += 30 * SECOND
        shop.ask("dana")
        shop.beat(grant)
        shop.beat(grant, level=0)
    shop.beat(grant, "left")
    shop.beat(grant, "hidden")
    shop.beat(grant, "left")
    assert len(entries(shop)) == 2


@pytest.mark.parametrize("asks", [True, False])
def test_a_page_that_is_seen_again_tells_the_gap(shop: Shop, asks: bool) -> None:
    grant = shop.ask("dana")
    shop.beat(grant, "hidden")
    shop.now += MINUTE
    if asks:
        shop.ask("dana")
    else:
        shop.beat(grant)
    last = entries(shop)[-1]
    assert (last["gaps"], last["left"], last["seen"]) == (
        f"{shop.now - MINUTE}:{shop.now}",
        "",
        str(shop.now),
    )


@pytest.mark.parametrize(("silent", "gaps"), [(45 * SECOND, 0), (45 * SECOND + 1, 1)])
def test_a_page_unheard_of_for_longer_than_a_late_beat_was_away(
    shop: Shop, silent: int, gaps: int
) -> None:
    grant = shop.ask("dana")
    shop.now += silent
    assert shop.beat(grant)
    (lease,) = shop.live.holders(SITE.id, grant.did)
    assert len(lease.gaps) == gaps
    assert len(entries(shop)) == 1 + gaps


def test_a_gap_never_ends_before_it_began(shop: Shop) -> None:
    grant = shop.ask("dana")
    shop.beat(grant, "hidden")
    shop.now -= HOUR
    shop.beat(grant)
    (lease,) = shop.live.holders(SITE.id, grant.did)
    ((hidden, shown),) = lease.gaps
    assert hidden == shown == lease.start


def test_each_level_is_reached_once(shop: Shop) -> None:
    grant = shop.ask("dana")
    for level in (1, 1, 0, 2, 2, 3, 3):
        shop.now += SECOND
        shop.beat(grant, level=level)
    assert [entry["levels"].count(",") for entry in entries(shop)] == [0, 0, 1, 2]
    (lease,) = shop.live.holders(SITE.id, grant.did)
    assert [(level - lease.start).total_seconds() for level in lease.levels] == [1, 4, 6]


def test_who_left_without_a_word_did_so_when_last_seen_and_is_told_once(shop: Shop) -> None:
    dana = shop.ask("dana")
    shop.now += 30 * SECOND
    shop.beat(dana)
    shop.now += UNHEARD
    for visitor in ("ron", "gal"):
        shop.ask(visitor)
    (departed,) = [
        entry for entry in entries(shop) if entry["visitor"] == "dana" and "reason" not in entry
    ]
    assert departed["left"] == departed["seen"] == str(dana.start + 30 * SECOND)
    (lease,) = shop.live.holders(SITE.id, dana.did)
    assert lease.left == lease.seen


ONE, OTHER, SIGNED = "+972541234567", "+972541234568", "+972541234567 signed"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("", ONE, ONE, "", ONE, OTHER, ONE), [ONE, OTHER, ONE]),
        ((ONE, SIGNED, SIGNED, ONE), [ONE, SIGNED]),
        ((SIGNED, OTHER, SIGNED), [SIGNED, OTHER, SIGNED]),
    ],
)
def test_a_phone_is_told_when_it_is_another_or_proved(
    shop: Shop, said: tuple[str, ...], told: list[str]
) -> None:
    for text in said:
        phone, _, signed = text.partition(" ")
        shop.ask("dana", phone=phone, signed=bool(signed), network="n")
    found = [entry for entry in entries(shop) if "phone" in entry]
    by = {ONE: "page", OTHER: "page", SIGNED: "signed"}
    assert [(entry["phone"], entry["phone_by"], entry["network"]) for entry in found] == [
        (text.partition(" ")[0], by[text], "n") for text in told
    ]


def test_arrivals_are_counted_once_for_each_lease(shop: Shop) -> None:
    """Whoever asks again, comes with a token or finds no number in the same visit has arrived
    already."""
    shop.keep(DIDS[0])
    dana = shop.ask("dana")
    assert counted(shop) == (1, 1)
    shop.ask("dana")
    assert counted(shop) == (1, 1)
    for _ in range(3):
        assert shop.ask("ron").reason == "pool_empty"
    assert counted(shop) == (2, 1)
    assert shop.ask("ron", "visit 2").reason == "pool_empty"
    assert counted(shop) == (3, 1)
    assert shop.ask("dana", "visit 2").reason == "kept"
    assert counted(shop) == (4, 2)
    shop.live.client.flushall()
    assert shop.ask("dana", "visit 2", claim_of(dana)).reason == "restored"
    assert counted(shop) == (0, 0)


def counted(shop: Shop) -> tuple[float, int]:
    """Arrivals of the source, and leases since the hour's job."""
    arrived = shop.live.client.hget(f"{ROOT}:arrivals", DIRECT.source)
    return float(arrived or 0), int(shop.live.client.hget(f"{ROOT}:pace", "leases") or 0)


@pytest.mark.parametrize(
    ("most", "places"),
    [(1, {GOOGLE.source: 2, "other": 1}), (2, {GOOGLE.source: 2, BING.source: 1})],
)
def test_so_many_sources_are_counted_by_name(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, most: int, places: dict[str, int]
) -> None:
    set_constant(shop, monkeypatch, "MOST_SOURCES", most)
    for visitor, arrival in (("dana", GOOGLE), ("ron", BING), ("gal", GOOGLE)):
        visit(shop, visitor, arrival)
    found = shop.live.client.hgetall(f"{ROOT}:arrivals")
    assert {source: float(n) for source, n in found.items()} == places


@pytest.mark.parametrize(
    "happens",
    [
        lambda shop, n: shop.ask("dana", f"visit {n}"),
        lambda shop, n: shop.beat(shop.ask("dana"), tapped=True),
        lambda shop, n: tap_default(shop, "dana", f"visit {n}"),
    ],
    ids=["a lease begins", "a beat", "a tap on the default number"],
)
def test_a_log_that_no_worker_reads_stays_small(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Shop, int], object]
) -> None:
    set_constant(shop, monkeypatch, "LOG_LENGTH", 20)
    for n in range(300):
        happens(shop, n)
        shop.now += SECOND
    assert 20 <= shop.live.client.xlen(f"{ROOT}:log") <= 200
