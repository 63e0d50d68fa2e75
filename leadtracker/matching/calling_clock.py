"""A site's calling clock: fast in the hours when its visitors call, and nearly still at night.

This clock measures the age of a closed page. Its activity averages 1 over a week, so in the long
run clock seconds equal seconds. Each hour has its own row (`Hour.number`), so old moments keep
their clock time. The newest 2,000 hours are kept: earlier ones lie beyond the oldest age bin.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate, pairwise
from typing import Any

from leadtracker.matching import prior
from leadtracker.matching.counts import Counts, Table, bins, put
from leadtracker.matching.page_state import AGE_EDGES, HOUR, LEVELS
from leadtracker.matching.rates import View

KEPT = 2000  # hours


@dataclass(slots=True)
class Hour:
    """One hour of a site: how fast the clock ran, and how many pages closed in it."""

    number: int  # hours since 1970
    begins: float  # clock seconds at the start of the hour
    activity: float  # clock seconds per second
    local_hour: int  # 0 to 23 at the site
    weekday: int  # at the site, Monday is 0
    closed: list[float] = field(default_factory=lambda: [0.0] * LEVELS)  # pages, by level

    @property
    def ends(self) -> float:
        return self.begins + HOUR * self.activity

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class CallingClock:
    """The hours of one site, the current one last. Calling it turns epoch into clock seconds."""

    def __init__(self, hours: Iterable[Hour]) -> None:
        """Take the stored rows; a new site starts with one row of activity 1.

        Raises ValueError without any row.
        """
        self.hours = sorted(hours, key=lambda hour: hour.number)[-KEPT:]
        if not self.hours:
            raise ValueError("a calling clock needs an hour to begin with")

    def __call__(self, moment: float) -> float:
        hour = self.hour_of(moment)
        into = moment - hour.number * HOUR
        if moment < self._first:
            return hour.begins + into
        return hour.begins + into * hour.activity

    @property
    def current(self) -> Hour:
        return self.hours[-1]

    @property
    def _first(self) -> float:
        return self.hours[0].number * HOUR

    def hour_of(self, moment: float) -> Hour:
        """The row of a moment. Moments outside get the first or the last row."""
        i = int(moment // HOUR) - self.hours[0].number
        return self.hours[min(max(i, 0), len(self.hours) - 1)]

    def page_closed(self, moment: float, level: int, pages: int = 1) -> Hour | None:
        """Count pages closed at a moment; return the changed row, or None if that is too long ago.

        -1 takes back a page that is visible again. That changes the future only: what we learned
        while the page was hidden stays.
        """
        if moment < self._first:
            return None
        hour = self.hour_of(moment)
        hour.closed[level] += pages
        return hour

    def begin(self, activity: float, local_hour: int, weekday: int) -> Hour:
        """Begin the next hour and forget the oldest; return the new row."""
        last = self.current
        self.hours.append(Hour(last.number + 1, last.ends, activity, local_hour, weekday))
        del self.hours[:-KEPT]
        return self.current

    def exposure(self) -> Table:
        """How long closed pages could have led to calls in the current hour. Ask when it is over.

        The table is [age bin][level], in clock seconds.
        """
        edges = [hour.begins for hour in self.hours] + [self.current.ends]
        windows = [(edges[-2] - age, edges[-1] - age) for age in (0.0, *AGE_EDGES)]
        columns = [
            _exposed(edges, [hour.closed[level] for hour in self.hours], windows)
            for level in range(LEVELS)
        ]
        return [list(by_level) for by_level in zip(*columns, strict=True)]


def _exposed(
    edges: Sequence[float], closed: Sequence[float], windows: Sequence[tuple[float, float]]
) -> list[float]:
    """The exposure of one level by age bin.

    Each window adds up the pages of at least its age. The differences between windows are the bins.
    """
    pages = list(accumulate(closed, initial=0.0))  # closed until each edge
    widths = [b - a for a, b in pairwise(edges)]
    steps = [width * (a + b) / 2 for width, (a, b) in zip(widths, pairwise(pages), strict=True)]
    area = list(accumulate(steps, initial=0.0))

    def until(at: float) -> float:
        if at <= edges[0]:
            return 0.0
        i = min(bisect_right(edges, at) - 1, len(widths) - 1)
        into = at - edges[i]
        return area[i] + into * (pages[i] + closed[i] * into / widths[i] / 2)

    passed = [until(b) - until(a) for a, b in windows]
    return [max(0.0, younger - older) for younger, older in pairwise(passed)]


def activity_table(counts: Counts) -> tuple[list[float], list[float]]:
    """Factors by local hour and by weekday; each list averages 1.

    They compare the calls made after a page closed with the calls expected then.
    """
    by_hour, hours_expected = bins(counts.hour_calls, 24), bins(counts.hour_expected, 24)
    by_day, days_expected = bins(counts.day_calls, 7), bins(counts.day_expected, 7)
    ratio = (sum(hours_expected) + 1) / (sum(by_hour) + 1)
    k = prior.HOUR_CALLS
    hours = [
        max(prior.LEAST_ACTIVITY, (k * shipped + n * ratio) / (k + expected))
        for shipped, n, expected in zip(prior.HOUR_ACTIVITY, by_hour, hours_expected, strict=True)
    ]
    k = prior.DAY_CALLS
    days = [
        (k + n * ratio) / (k + expected) for n, expected in zip(by_day, days_expected, strict=True)
    ]
    return [h * 24 / sum(hours) for h in hours], [d * 7 / sum(days) for d in days]


def hour_passed(
    clock: CallingClock, counts: Counts, view: View, numbers: int, local_hour: int, weekday: int
) -> Counts:
    """End the current hour and begin the next, of this local hour and weekday; return the lesson.

    `numbers` counts the DIDs in the pool. Call this for every hour, even for hours slept through.
    """
    over, delta = clock.current, Counts()
    hours, days = activity_table(counts)
    expected = 0.0
    for bin_, (by_level, rates) in enumerate(zip(clock.exposure(), view.closed, strict=True)):
        for level, (seconds, rate) in enumerate(zip(by_level, rates, strict=True)):
            put(delta.closed_seconds, f"{bin_}.{level}", seconds)
            expected += rate * seconds
    put(delta.hour_expected, str(over.local_hour), expected / over.activity)
    put(delta.day_expected, str(over.weekday), expected / over.activity * hours[over.local_hour])
    delta.totals["number_seconds"] = numbers * HOUR * over.activity
    delta.totals["default_seconds"] = HOUR
    activity = min(prior.MOST_ACTIVITY, hours[local_hour] * days[weekday])
    clock.begin(max(prior.LEAST_ACTIVITY, activity), local_hour, weekday)
    return delta
