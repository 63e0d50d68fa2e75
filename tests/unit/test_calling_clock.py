"""The calling clock keeps old moments, forgets the oldest hours,
and counts what closed pages were exposed to."""

from __future__ import annotations

import json

import pytest

from leadtracker.matching import prior
from leadtracker.matching.calling_clock import KEPT, CallingClock, Hour, activity_table, hour_passed
from leadtracker.matching.counts import CELLS, Counts
from leadtracker.matching.page_state import AGES, DAY, HOUR, MINUTE
from leadtracker.matching.rates import fit

FIRST = 472_000  # hours since 1970
START = FIRST * HOUR


def clock(*activities: float) -> CallingClock:
    result = CallingClock([Hour(FIRST, 100.0, activities[0], 0, 0)])
    for i, activity in enumerate(activities[1:], start=1):
        result.begin(activity, i % 24, i // 24 % 7)
    return result


@pytest.mark.parametrize(
    ("seconds", "ticked"),
    [
        (0, 100),
        (HOUR, 100 + HOUR),
        (1.5 * HOUR, 100 + 1.25 * HOUR),
        (2 * HOUR, 100 + 1.5 * HOUR),
        (2.5 * HOUR, 100 + 2.5 * HOUR),
        (4 * HOUR, 100 + 5.5 * HOUR),
        (-HOUR, 100 - HOUR),
    ],
)
def test_it_runs_with_the_activity(seconds: float, ticked: float) -> None:
    assert clock(1.0, 0.5, 2.0)(START + seconds) == pytest.approx(ticked)


def test_before_its_first_hour_it_runs_like_any_clock() -> None:
    assert clock(0.5)(START - HOUR) == 100 - HOUR


def test_it_is_stored_in_rows_and_loaded() -> None:
    first = clock(1.0, 0.5, 2.0)
    first.page_closed(START + 1.2 * HOUR, 2)
    again = CallingClock(
        Hour(**json.loads(json.dumps(hour.to_json()))) for hour in reversed(first.hours)
    )
    assert again.hours == first.hours


def test_it_needs_an_hour() -> None:
    with pytest.raises(ValueError, match="needs an hour"):
        CallingClock([])


def test_it_forgets_the_oldest_hours_and_keeps_its_time() -> None:
    long = clock(*[1.0, 0.5] * KEPT)
    assert len(long.hours) == KEPT
    assert long(START + 2 * KEPT * HOUR) == pytest.approx(100 + 1.5 * KEPT * HOUR)
    assert long.page_closed(START, 0) is None


def test_pages_closed_are_counted_and_taken_back_in_their_hour() -> None:
    pages = clock(1.0, 1.0, 1.0)
    pages.page_closed(START + 1.5 * HOUR, 2)
    pages.page_closed(START + 1.6 * HOUR, 2)
    changed = pages.page_closed(START + 1.5 * HOUR, 2, pages=-1)
    assert changed is pages.hours[1]
    assert [hour.closed[2] for hour in pages.hours] == [0, 1, 0]


def test_exposure_of_pages_closed_in_one_hour() -> None:
    pages = clock(1.0)
    pages.page_closed(START, 1, pages=6)
    total = exposure_by_bin(pages)
    assert total == pytest.approx(6 * HOUR / 2)  # evenly over the hour
    assert sum(row[1] for row in pages.exposure()[5:]) == 0
    pages.begin(2.0, 1, 0)
    assert exposure_by_bin(pages) == pytest.approx(6 * 2 * HOUR)  # clock seconds
    pages.hours[0].closed[1] = 0  # all shown again: from here on none is closed
    assert exposure_by_bin(pages) == 0


def exposure_by_bin(pages: CallingClock) -> float:
    return sum(row[1] for row in pages.exposure())


def test_exposure_moves_to_older_bins_and_ends() -> None:
    pages = clock(1.0)
    pages.page_closed(START, 0, pages=1)
    seen: dict[int, float] = {}
    for i in range(1, 70 * 24):
        for bin_, row in enumerate(pages.exposure()):
            seen[bin_] = seen.get(bin_, 0.0) + row[0]
        pages.begin(1.0, i % 24, i // 24 % 7)
    edges = [0, MINUTE, 5 * MINUTE]
    assert [seen[0], seen[1]] == pytest.approx([edges[1] - edges[0], edges[2] - edges[1]])
    assert seen[9] == pytest.approx(8 * HOUR)
    assert seen[AGES - 1] == pytest.approx(32 * DAY)
    assert exposure_by_bin(pages) == 0


def test_activity_is_one_on_average() -> None:
    hours, days = activity_table(
        Counts(hour_calls={"10": 500.0}, hour_expected={str(i): 20.0 for i in range(24)})
    )
    assert sum(hours) == pytest.approx(24)
    assert days == pytest.approx([1.0] * 7)
    assert hours[10] == max(hours)


def test_the_shipped_activity_is_of_the_day() -> None:
    hours, _ = activity_table(Counts())
    assert hours[12] / hours[3] == pytest.approx(1.4 / 0.25)


def test_an_hour_passes() -> None:
    pages = CallingClock([Hour(FIRST, 0.0, 0.5, 23, 6)])
    pages.page_closed(START, 1, pages=10)
    view = fit(Counts())
    delta = hour_passed(pages, Counts(), view, numbers=40, local_hour=10, weekday=0)
    assert sum(delta.closed_seconds.values()) == pytest.approx(10 * 0.5 * HOUR / 2)
    assert delta.closed_seconds[CELLS[0][1]] > 0
    assert delta.totals == {"number_seconds": 40 * 0.5 * HOUR, "default_seconds": HOUR}
    assert delta.hour_expected.keys() == {"23"}
    assert delta.day_expected.keys() == {"6"}
    assert pages.current.number == FIRST + 1
    assert pages.current.activity == pytest.approx(activity_table(Counts())[0][10])


def test_activity_stays_within_bounds() -> None:
    burst = Counts(hour_calls={"3": 1e6}, hour_expected={str(i): 1e5 for i in range(24)})
    pages = clock(1.0)
    hour_passed(pages, burst, fit(Counts()), 40, 3, 0)
    assert pages.current.activity == prior.MOST_ACTIVITY
    hour_passed(pages, burst, fit(Counts()), 40, 4, 0)
    assert pages.current.activity == prior.LEAST_ACTIVITY
