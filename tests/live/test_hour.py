"""The hour's measure: how arrivals fade, which sources stay counted,
and how the pace of leases is averaged."""

from __future__ import annotations

import math

import pytest

from leadtracker.live import ARRIVALS_FADE_HOURS, Live, keys
from leadtracker.live.script import script
from tests.live.conftest import HOUR, SITE, START, Shop
from tests.live.traffic import ROOT, count

HOUR_SCRIPT = script("lease", "hour")
WEEK = 1 - 1 / 168


def measure(
    live: Live, now: int = START, stay: int = keys.STAY_COUNTED
) -> tuple[int, float, dict[str, float]]:
    """Numbers in the pool, leases an hour, arrivals of each source."""
    numbers, pace, *flat = live.ask(HOUR_SCRIPT, keys.root(SITE.id), now, ARRIVALS_FADE_HOURS, stay)
    arrivals = {source: float(n) for source, n in zip(flat[::2], flat[1::2], strict=True)}
    kept = live.client.hgetall(f"{ROOT}:arrivals")
    assert arrivals == {source: float(n) for source, n in kept.items()}
    return numbers, float(pace), arrivals


def test_a_pool_that_nobody_asked_yet(live: Live) -> None:
    assert measure(live) == (0, 0, {})


def test_the_first_hour_counts_as_one(shop: Shop) -> None:
    for n in range(3):
        shop.ask(f"visitor{n}")
    numbers, pace, arrivals = measure(shop.live)
    assert (numbers, pace) == (5, 3)
    assert arrivals == {"direct / direct": pytest.approx(3 * math.exp(-1 / 72))}


def test_the_pace_is_averaged_over_a_week(shop: Shop) -> None:
    """Leases since the last time count in full,
    those before it fade with the hours that they were leased in."""
    faded = hours = 0.0
    for passed, leases in ((1.0, 5), (2.0, 0), (0.5, 3), (0.0, 0), (200.0, 1)):
        shop.live.client.hincrby(f"{ROOT}:pace", "leases", leases)
        shop.now += round(passed * HOUR)
        faded, hours = faded * WEEK**passed + leases, hours * WEEK**passed + passed
        assert measure(shop.live, shop.now)[1] == pytest.approx(faded / hours, rel=1e-9)


@pytest.mark.parametrize(
    ("passed", "left"),
    [(0, 1), (1, math.exp(-1 / 72)), (72, math.exp(-1)), (144, math.exp(-2)), (-5, 1)],
)
def test_arrivals_fade_by_e_in_72_hours_and_never_grow(
    live: Live, passed: int, left: float
) -> None:
    measure(live)
    count(live, {"a": 40, "b": 2})
    _, _, arrivals = measure(live, START + passed * HOUR)
    assert arrivals == {"a": pytest.approx(40 * left), "b": pytest.approx(2 * left)}


def test_a_clock_that_stepped_back_is_followed(live: Live) -> None:
    measure(live)
    measure(live, START - 5 * HOUR)
    count(live, {"a": 40})
    assert measure(live, START - 4 * HOUR)[2] == {"a": pytest.approx(40 * math.exp(-1 / 72))}


@pytest.mark.parametrize(
    ("counted", "stay", "kept"),
    [
        ({"a": 0.05, "b": 0.049}, 9, {"a": 0.05}),  # of whom hardly anybody came is forgotten
        ({"a": 4, "b": 5, "c": 1, "d": 7}, 2, {"d": 7, "b": 5, "other": 5}),
        ({"a": 4, "b": 5, "c": 1, "d": 7}, 3, {"d": 7, "b": 5, "a": 4, "other": 1}),
        ({"a": 4, "b": 5, "c": 1, "d": 7}, 4, {"d": 7, "b": 5, "a": 4, "c": 1}),
        ({"c": 5, "b": 5, "a": 5}, 2, {"a": 5, "b": 5, "other": 5}),  # of equals by their names
        ({"other": 9, "a": 5, "b": 2}, 2, {"other": 11, "a": 5}),
        ({"other": 1, "a": 5, "b": 2}, 2, {"other": 1, "a": 5, "b": 2}),
        ({"a": 10, "b": 9}, 1, {"a": 10, "other": 9}),  # as numbers, not as texts
        ({"a": 10, "b": 0.05, "c": 0.04}, 1, {"a": 10, "other": 0.05}),
        ({"a": 1 / 3}, 9, {"a": 1 / 3}),
    ],
)
def test_which_sources_stay_counted(
    live: Live, counted: dict[str, float], stay: int, kept: dict[str, float]
) -> None:
    measure(live)
    count(live, counted)
    assert measure(live, stay=stay)[2] == kept
