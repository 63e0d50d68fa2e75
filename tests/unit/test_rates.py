"""Sums become rates: the prior without calls, the site's own with many,
in the order that evidence must have."""

from __future__ import annotations

import pytest

from leadtracker.matching import prior
from leadtracker.matching.counts import CELLS, Counts, change, kept, source_lease
from leadtracker.matching.page_state import AGES, LEVELS, TAPS
from leadtracker.matching.rates import fit, never_falling


def test_without_calls_the_shipped_prior() -> None:
    view = fit(Counts())
    assert view.tap == (
        *prior.TAP[:2],
        prior.OPEN[4] * prior.OPEN_LEVEL[3],
    )  # no less than an open page
    assert [row[1] for row in view.open] == pytest.approx(prior.OPEN)
    assert [row[1] for row in view.closed] == pytest.approx(prior.CLOSED)
    assert view.closed[3] == pytest.approx(
        [prior.CLOSED[3] * level for level in prior.CLOSED_LEVEL]
    )
    assert view.stray == pytest.approx(prior.POOL_RATE * prior.STRAY)
    assert (view.source, view.region_share, view.region_trust) == ({}, {}, prior.AGREE)


def test_with_many_calls_the_sites_own() -> None:
    counts = Counts(
        tap_calls={"0": 5000.0},
        tap_seconds={"0": 10000.0},
        closed_calls={CELLS[2][level]: 1000.0 for level in range(LEVELS)},
        closed_seconds={CELLS[2][level]: 1e9 / (1 + level) for level in range(LEVELS)},
    )
    view = fit(counts)
    assert view.tap[0] == pytest.approx(0.5, rel=0.01)
    assert view.closed[2] == pytest.approx([1e-6, 2e-6, 3e-6, 4e-6], rel=0.05)


def test_a_quiet_site_is_quiet_in_every_state() -> None:
    seconds = {CELLS[3][1]: 1e9}  # 950 calls were to be expected, none came
    assert fit(Counts(closed_seconds=seconds)).open[0][1] < prior.OPEN[0] / 100


def test_old_pages_follow_their_younger_neighbor() -> None:
    busy = Counts(
        closed_calls={CELLS[prior.CHAINED][1]: 1000.0},
        closed_seconds={CELLS[prior.CHAINED][1]: 1000.0 / prior.CLOSED[prior.CHAINED] / 2},
    )
    view = fit(busy)
    assert view.closed[AGES - 1][1] / view.closed[prior.CHAINED][1] == pytest.approx(
        prior.CLOSED[AGES - 1] / prior.CLOSED[prior.CHAINED]
    )


def test_more_engagement_and_a_younger_age_never_rate_lower() -> None:
    wrong_way = Counts(
        open_calls={CELLS[0][0]: 500.0},
        open_seconds={CELLS[0][0]: 1e5, CELLS[0][3]: 1e8},
        closed_calls={CELLS[9][0]: 500.0},
        closed_seconds={CELLS[2][3]: 1e10, CELLS[9][0]: 1e6},
        tap_seconds={"0": 1e9},
        tap_calls={"2": 100.0},
    )
    view = fit(wrong_way)
    for row in (*view.open, *view.closed):
        assert row == sorted(row)
    for column in zip(*view.closed, strict=True):
        assert list(column) == sorted(column, reverse=True)
    assert list(view.tap) == sorted(view.tap, reverse=True)
    assert view.tap[TAPS - 1] >= max(map(max, view.open))


@pytest.mark.parametrize(
    ("values", "weights", "pooled"),
    [
        ([1, 2, 3], [1, 1, 1], [1, 2, 3]),
        ([3, 1], [1, 1], [2, 2]),
        ([4, 1, 5], [1, 2, 1], [2, 2, 5]),
        ([], [], []),
    ],
)
def test_never_falling(values: list[float], weights: list[float], pooled: list[float]) -> None:
    assert never_falling(values, weights) == pytest.approx(pooled)


def test_sources_by_calls_for_what_their_leases_are_worth() -> None:
    leases = {source_lease(1, "good / spring"): 100.0, source_lease(1, "poor"): 100.0}
    view = fit(Counts(source_calls={"good / spring": 90.0, "poor": 10.0}, source_leases=leases))
    assert view.source["good / spring"] == pytest.approx((8 + 90) / (8 + 50), rel=0.01)
    assert view.source["poor"] == pytest.approx((8 + 10) / (8 + 50), rel=0.01)


def test_strays_learn_slowly_and_never_vanish() -> None:
    some = fit(Counts(totals={"first_calls": 1000.0, "stray_calls": 200.0, "number_seconds": 1e9}))
    assert some.stray == pytest.approx((405 * 0.05 + 200) / 1405 * 1e-6, rel=0.01)
    none = fit(Counts(totals={"first_calls": 1e6, "stray_calls": 0.0, "number_seconds": 1e12}))
    assert none.stray == pytest.approx(prior.LEAST_STRAY * 1e-6, rel=0.01)


def test_the_default_numbers_strangers() -> None:
    view = fit(
        Counts(totals={"default_strangers": 80.0, "default_unseen": 19.0, "default_seconds": 1e6})
    )
    assert view.default_strangers == pytest.approx(1e-4)
    assert 0 < view.unseen < 0.1


def test_trust_in_regions_is_learned() -> None:
    view = fit(
        Counts(
            regions={"IL-3": 8.0, "IL-4": 0.0}, totals={"region_told": 980.0, "region_agree": 888.0}
        )
    )
    assert view.region_trust == pytest.approx(0.9)
    assert view.region_share == {"IL-3": 0.9, "IL-4": 0.1}


def test_deltas_are_added_and_taken_back() -> None:
    counts = Counts(regions={"IL-3": 2.0})
    delta = Counts(regions={"IL-3": 1.0}, totals={"stray_calls": 0.5})
    counts.add(delta)
    assert counts == Counts(regions={"IL-3": 3.0}, totals={"stray_calls": 0.5})
    counts.fade(0.5)
    counts.add(delta, -0.5)
    assert counts == Counts(regions={"IL-3": 1.0})


def test_a_delta_fades_with_its_site() -> None:
    counts, delta = Counts(), Counts(hour_calls={"7": 1.0})
    counts.add(delta)
    for _ in range(5):
        counts.fade()
    counts.add(delta, -kept(5))
    assert counts == Counts()


def test_what_changed_of_one_thing() -> None:
    before, after = (
        Counts(regions={"IL-3": 1.0}),
        Counts(regions={"IL-3": 1.0}, tap_seconds={"0": 15.0}),
    )
    assert change(before, after) == Counts(tap_seconds={"0": 15.0})
    assert change(None, after) == after


def test_sums_taken_back_once_too_often_count_as_none() -> None:
    counts = Counts(
        closed_calls={CELLS[0][0]: -3.0}, regions={"a": -5.0}, totals={"stray_calls": -1.0}
    )
    assert fit(counts).closed == fit(Counts()).closed
    assert fit(counts).region_share == {"a": 1.0}
