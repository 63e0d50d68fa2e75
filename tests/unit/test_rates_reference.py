"""Rates and the calling clock against the same rules worked out another way."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from leadtracker.matching import prior
from leadtracker.matching.calling_clock import KEPT, CallingClock, Hour, activity_table, hour_passed
from leadtracker.matching.counts import CELLS, Counts, source_lease
from leadtracker.matching.page_state import (
    AGE_EDGES,
    AGES,
    DAY,
    HOUR,
    LEVELS,
    OPENS,
    age_bin,
    on_mobile,
    open_state,
    tap_bin,
)
from leadtracker.matching.rates import fit as fit_rates

Rows = list[list[float]]


def settled(
    calls: Rows, seconds: Rows, rates: Sequence[float], levels: Sequence[float], chained: int
) -> tuple[list[float], list[float]]:
    """Rate x level by turns, each the calls over the seconds with the prior's, until both stay."""
    level = list(levels)
    rate: list[float] = []
    for _ in range(500):
        rate = []
        for i, shipped in enumerate(rates):
            weight, expected = 4.0, shipped
            if i > chained:
                weight, expected = 12.0, rate[i - 1] * shipped / rates[i - 1]
            exposed = sum(m * s for m, s in zip(level, seconds[i], strict=True))
            rate.append((weight + sum(calls[i])) / (weight / expected + exposed))
        for j, shipped in enumerate(levels):
            weight = 8.0 * min(1.0, shipped)
            exposed = sum(r * row[j] for r, row in zip(rate, seconds, strict=True))
            level[j] = (weight + sum(row[j] for row in calls)) / (weight / shipped + exposed)
    return rate, level


def pooled(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest row that never falls, by the formula of least and greatest means."""

    def mean(i: int, j: int) -> float:
        whole = sum(weights[i : j + 1])
        return (
            sum(v * w for v, w in zip(values[i : j + 1], weights[i : j + 1], strict=True)) / whole
        )

    last = len(values)
    return [max(min(mean(i, j) for j in range(k, last)) for i in range(k + 1)) for k in range(last)]


def brought(rates: Sequence[float], levels: Sequence[float], seconds: Rows) -> float:
    """Calls that the prior expects."""
    cells = [(i, j) for i in range(len(rates)) for j in range(LEVELS)]
    return sum(rates[i] * levels[j] * seconds[i][j] for i, j in cells)


def sums(rows: Rows) -> dict[str, float]:
    return {CELLS[i][j]: value for i, row in enumerate(rows) for j, value in enumerate(row)}


@pytest.mark.parametrize("seed", range(6))
def test_rates_are_those_of_the_rules_worked_out_another_way(seed: int) -> None:
    dice = random.Random(seed)

    def drawn(rows: int, low: float, high: float) -> Rows:
        return [[10 ** dice.uniform(low, high) for _ in range(LEVELS)] for _ in range(rows)]

    opened, open_seconds = drawn(OPENS, -1, 2), drawn(OPENS, 4, 7)
    closed, closed_seconds = drawn(AGES, -1, 2), drawn(AGES, 6, 10)
    found = fit_rates(
        Counts(
            open_calls=sums(opened),
            open_seconds=sums(open_seconds),
            closed_calls=sums(closed),
            closed_seconds=sums(closed_seconds),
        )
    )
    expected = brought(prior.OPEN, prior.OPEN_LEVEL, open_seconds)
    expected += brought(prior.CLOSED, prior.CLOSED_LEVEL, closed_seconds)
    scale = (2 + sum(map(sum, opened)) + sum(map(sum, closed))) / (2 + expected)

    rate, level = settled(
        opened, open_seconds, [scale * p for p in prior.OPEN], prior.OPEN_LEVEL, 99
    )
    for i, row in enumerate(found.open):
        weights = [6 / (rate[i] * m) + s for m, s in zip(level, open_seconds[i], strict=True)]
        own = [(6 + n) / w for n, w in zip(opened[i], weights, strict=True)]
        assert row == pytest.approx(pooled(own, weights), rel=0.01)

    rate, level = settled(
        closed, closed_seconds, [scale * p for p in prior.CLOSED], prior.CLOSED_LEVEL, 4
    )
    level = pooled(level, [1.0] * LEVELS)
    weights = [
        4 / r + sum(m * s for m, s in zip(level, row, strict=True))
        for r, row in zip(rate, closed_seconds, strict=True)
    ]
    rate = pooled(rate[::-1], weights[::-1])[::-1]
    assert found.closed == [pytest.approx([r * m for m in level], rel=0.01) for r in rate]


def test_the_general_level_of_calls_moves_what_is_not_known_yet() -> None:
    """10 calls where the prior expects 2.2: all else is called from 12 / 4.2 as often."""
    counts = Counts(open_calls={"0.1": 10.0}, open_seconds={"0.1": 2.2 / prior.OPEN[0]})
    assert fit_rates(counts).closed[0][1] == pytest.approx(prior.CLOSED[0] * 12 / 4.2, rel=1e-3)


@pytest.mark.parametrize(
    ("totals", "stray"),
    [
        # pool rate: (first + 5) / (seconds + 5 / rate of an ordinary site)
        ({}, 0.05 * 1.2e-6),
        ({"first_calls": 5.0, "number_seconds": 5 / 1.2e-6}, (7 * 0.05) / 12 * 1.2e-6),
        (
            {"first_calls": 5.0, "stray_calls": 2.0, "number_seconds": 15 / 1.2e-6},
            (7 * 0.05 + 2) / 12 * 1.2e-6 / 2,
        ),
    ],
)
def test_strays(totals: dict[str, float], stray: float) -> None:
    least = (
        0.03 * (totals.get("first_calls", 0) + 5) / (totals.get("number_seconds", 0) + 5 / 1.2e-6)
    )
    assert fit_rates(Counts(totals=totals)).stray == pytest.approx(max(stray, least))


@pytest.mark.parametrize(
    ("counts", "unseen"),
    [
        # tapped 5 of 20 calls; 1 + 0 of those without a number, so that 3 are hidden among 20 + 0
        (Counts(), 3 / 23),
        # tapped (5 + 25) of 20 + 40; 1 + 4 of those without a number: 5 hidden among 20 + 15
        (
            Counts(
                tap_calls={"0": 20.0, "2": 5.0},
                totals={
                    "first_calls": 50.0,
                    "stray_calls": 10.0,
                    "default_tapped": 4.0,
                    "default_strangers": 15.0,
                },
            ),
            5 / (5 + 20 + 15),
        ),
        (Counts(totals={"default_tapped": 99.0}), 0.5),  # 300 of 320, but never more than half
        (Counts(tap_calls={"0": 500.0}), 0.0),  # everybody taps
        (Counts(totals={"stray_calls": 9.0}), 3 / 23),
    ],
)
def test_visitors_without_a_number_whom_no_tap_betrays(counts: Counts, unseen: float) -> None:
    assert fit_rates(counts).unseen == pytest.approx(unseen)


@pytest.mark.parametrize(
    ("totals", "rate"),
    [
        ({}, 1 / DAY),
        ({"default_seconds": DAY / 2}, 1 / DAY),
        ({"default_strangers": 4.0, "default_unseen": 5.0, "default_seconds": 2 * DAY}, 5 / DAY),
    ],
)
def test_strangers_on_the_default_number(totals: dict[str, float], rate: float) -> None:
    assert fit_rates(Counts(totals=totals)).default_strangers == pytest.approx(rate)


@pytest.mark.parametrize("what", ["region", "topic"])
@pytest.mark.parametrize(
    ("told", "agree", "trust"), [(0, 0, 0.6), (20, 20, 0.8), (20, 0, 0.3), (20, 30, 0.8)]
)
def test_trust(what: str, told: float, agree: float, trust: float) -> None:
    view = fit_rates(Counts(totals={f"{what}_told": told, f"{what}_agree": agree}))
    trusts = {"region": view.region_trust, "topic": view.topic_trust}
    assert trusts.pop(what) == pytest.approx(trust)
    assert list(trusts.values()) == [0.6]


def test_regions_and_topics_by_their_leases_each_with_one_more() -> None:
    view = fit_rates(Counts(regions={"a": 5.0, "b": 1.0}, topics={"c": 3.0, "d": -2.0}))
    assert view.region_share == pytest.approx({"a": 6 / 8, "b": 2 / 8})
    assert view.topic_share == pytest.approx({"c": 4 / 5, "d": 1 / 5})


def test_taps() -> None:
    """(4 + calls) / (4 / shipped + seconds), none less than an older tap or than its page."""
    page = 1.3e-4 * 6.0
    view = fit_rates(Counts(tap_calls={"0": 6.0, "1": 1.0}, tap_seconds={"0": 400.0, "1": 1000.0}))
    assert view.tap == pytest.approx((10 / 500, 5 / 5000, max(5e-4, page)))
    older = fit_rates(Counts(tap_calls={"2": 36.0}, tap_seconds={"0": 3900.0}))
    assert older.tap == pytest.approx((40 / 8000, 40 / 8000, 40 / 8000))


def test_sources_by_the_worth_of_their_leases() -> None:
    """A lease is worth its level: 0.15, 1, 4.5 or 12 as shipped."""
    leases = {source_lease(0, "a"): 20.0, source_lease(2, "a"): 2.0, source_lease(3, "b"): 1.0}
    view = fit_rates(Counts(source_leases=leases, source_calls={"a": 4.0, "c": 2.0, "b": -1.0}))
    per_worth = 6 / (12 + 12)
    assert view.source == pytest.approx(
        {"a": (8 + 4) / (8 + 12 * per_worth), "b": 8 / (8 + 12 * per_worth)}
    )
    assert fit_rates(Counts(source_leases=leases)).source == pytest.approx(
        {"a": 8 / 20, "b": 8 / 20}
    )


class TestPageState:
    def test_states(self) -> None:
        found = [open_state("mobile", t) for t in (0, 59, 60, 239, 240, 899, 900, 9999)]
        assert found == [0, 0, 1, 1, 2, 2, 3, 3]
        assert [open_state("desktop", t) for t in (0, 60, 240, 900)] == [4, 5, 6, 7]
        assert [on_mobile(state) for state in range(8)] == [True] * 4 + [False] * 4

    def test_ages_and_taps(self) -> None:
        assert [age_bin(edge - 1) for edge in AGE_EDGES] == list(range(16))
        assert [age_bin(edge) for edge in AGE_EDGES] == list(range(1, 17))
        minutes = 1, 5, 15, 30, *(60 * hours for hours in (1, 2, 4, 8, 16))
        days = 1, 2, 4, 8, 16, 32, 64
        assert (*(60.0 * m for m in minutes), *(86400.0 * d for d in days)) == AGE_EDGES
        seconds = (None, 0, 14.9, 15, 29.9, 30, 60, 60.1)
        assert [tap_bin(t) for t in seconds] == [3, 0, 0, 1, 1, 2, 2, 3]


FIRST = 472_000


def clock(*activities: float) -> CallingClock:
    made = CallingClock([Hour(FIRST, 0.0, activities[0], 0, 0)])
    for activity in activities[1:]:
        made.begin(activity, 0, 0)
    return made


class TestClock:
    @pytest.mark.parametrize("seed", range(5))
    def test_exposure_is_that_of_every_page_by_itself(self, seed: int) -> None:
        """Pages close evenly over their hour: 400 are looked at one by one."""
        dice = random.Random(seed)
        made = clock(*(dice.choice((0.1, 0.5, 1.0, 3.0)) for _ in range(12)))
        for n in range(12):
            made.hours[n].closed[1] = float(dice.randrange(5))
        begin, end = made.current.begins, made.current.ends
        expected = [0.0] * AGES
        for hour in made.hours:
            for n in range(400):
                closed = hour.begins + (n + 0.5) / 400 * HOUR * hour.activity
                edges = (0.0, *AGE_EDGES)
                for bin_ in range(AGES):
                    since, until = closed + edges[bin_], closed + edges[bin_ + 1]
                    expected[bin_] += (
                        hour.closed[1] / 400 * max(0.0, min(end, until) - max(begin, since))
                    )
        found = made.exposure()
        assert [row[1] for row in found] == pytest.approx(expected, rel=0.02, abs=20)
        assert sum(row[level] for row in found for level in (0, 2, 3)) == 0

    def test_an_hour_that_is_over(self) -> None:
        """One page was closed in the hour before."""
        made = clock(1.0, 2.0)
        made.hours[0].closed[1] = 1.0
        made.current.local_hour, made.current.weekday = 9, 3
        counts = Counts(hour_calls={"9": 50.0}, hour_expected={"9": 10.0})
        view = fit_rates(Counts())
        exposure = made.exposure()
        delta = hour_passed(made, counts, view, numbers=7, local_hour=10, weekday=4)
        expected = sum(
            view.closed[i][j] * exposure[i][j] for i in range(AGES) for j in range(LEVELS)
        )
        hours, days = activity_table(counts)
        assert expected > 0
        assert delta.closed_seconds == pytest.approx(
            {CELLS[i][1]: row[1] for i, row in enumerate(exposure) if row[1]}
        )
        assert delta.hour_expected == pytest.approx({"9": expected / 2})
        assert delta.day_expected == pytest.approx({"3": expected / 2 * hours[9]})
        assert delta.totals == {"number_seconds": 7 * HOUR * 2.0, "default_seconds": HOUR}
        now = made.current
        assert (now.number, now.local_hour, now.weekday) == (FIRST + 2, 10, 4)
        assert now.begins == 3 * HOUR
        assert now.activity == pytest.approx(hours[10] * days[4])

    def test_the_activity_of_hours_and_weekdays(self) -> None:
        """(8 x shipped + calls) / (8 + expected) by hour, the same with 16 by day; means of 1."""
        counts = Counts(
            hour_calls={"3": 30.0, "12": 9.0},
            hour_expected={"3": 10.0, "4": 9.0},
            day_calls={"0": 20.0, "6": 19.0},
            day_expected={"0": 8.0, "1": 5.0},
        )
        ratio = (10 + 9 + 1) / (39 + 1)
        by_hour = [(8 * (0.25 if h < 7 or h > 21 else 1.4)) / 8 for h in range(24)]
        by_hour[3] = (8 * 0.25 + 30 * ratio) / (8 + 10)
        by_hour[4] = (8 * 0.25) / (8 + 9)
        by_hour[12] = (8 * 1.4 + 9 * ratio) / 8
        by_day = [(16 + 20 * ratio) / (16 + 8), 16 / (16 + 5), 1, 1, 1, 1, (16 + 19 * ratio) / 16]
        hours, days = activity_table(counts)
        assert hours == pytest.approx([h * 24 / sum(by_hour) for h in by_hour])
        assert days == pytest.approx([d * 7 / sum(by_day) for d in by_day])

    def test_no_hour_is_without_any_activity(self) -> None:
        hours, _ = activity_table(Counts(hour_expected={"3": 1e9}))
        assert hours[3] / hours[4] == pytest.approx(0.05 / 0.25)

    def test_it_keeps_two_thousand_hours(self) -> None:
        rows = [Hour(n, 0.0, 1.0, 0, 0) for n in range(KEPT + 5)]
        assert CallingClock(reversed(rows)).hours == rows[5:]
        assert KEPT == 2000

    def test_moments_outside_are_of_the_first_or_last_hour(self) -> None:
        made = clock(1.0, 0.5)
        assert made.hour_of((FIRST - 3) * HOUR) is made.hours[0]
        assert made.hour_of((FIRST + 1) * HOUR - 1) is made.hours[0]
        assert made.hour_of((FIRST + 1) * HOUR) is made.hours[1]
        assert made.hour_of((FIRST + 9) * HOUR) is made.hours[1]
        assert made.page_closed(FIRST * HOUR - 1, 0) is None
        assert made.page_closed(FIRST * HOUR, 0) is made.hours[0]
