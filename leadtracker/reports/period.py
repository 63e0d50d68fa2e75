"""A site's local days as UTC moments: the period of a report, and the steps it is drawn in.

Boundaries are computed here, so that SQL compares plain UTC columns and can use an index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from leadtracker.errors import BadRequest

DAYS_BACK = {  # first and last day of a preset, counted back from today
    "today": (0, 0),
    "yesterday": (1, 1),
    "7days": (6, 0),
    "30days": (29, 0),
    "90days": (89, 0),
    "365days": (364, 0),
}
PRESETS = {
    "today": "Today",
    "yesterday": "Yesterday",
    "7days": "7 days",
    "30days": "30 days",
    "90days": "90 days",
    "365days": "12 months",
    "all": "All",
}
LABELS = {"month": "%b %Y"}
MOST_STEPS = 100  # more days than this are drawn as weeks, more weeks as months


@dataclass(frozen=True, slots=True)
class Period:
    """From local midnight of `first` to the end of `last`. None leaves a side open."""

    zone: str
    first: date | None = None
    last: date | None = None

    @property
    def start(self) -> datetime | None:
        if self.first is None:
            return None
        return midnight(self.first, self.zone)

    @property
    def unit(self) -> str:
        """What its steps are: `hour`, `day`, `week` or `month`."""
        if self.first is None or self.last is None or self.first == self.last:
            return "hour"
        days = (self.last - self.first).days + 1
        if days <= MOST_STEPS:
            return "day"
        if days <= MOST_STEPS * 7:
            return "week"
        return "month"

    @property
    def end(self) -> datetime | None:
        if self.last is None:
            return None
        return midnight(self.last + timedelta(days=1), self.zone)


@dataclass(frozen=True, slots=True)
class Step:
    """A column of a chart: its label, and [start, end) in UTC."""

    label: str
    start: datetime
    end: datetime


def midnight(day: date, zone: str) -> datetime:
    """When a local day begins, in UTC. Where the clock skips midnight, it begins after the skip."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def preset_period(preset: str, zone: str, now: datetime) -> Period:
    if preset == "all":
        return Period(zone)
    today = now.astimezone(ZoneInfo(zone)).date()
    back, until = DAYS_BACK[preset]
    return Period(zone, today - timedelta(days=back), today - timedelta(days=until))


def read_day(text: str) -> date | None:
    """A date from a form (YYYY-MM-DD), None when it is empty. Raises BadRequest."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as fault:
        raise BadRequest(f"{text!r} is not a date such as 2026-11-21") from fault
    if not 2000 <= day.year <= 2199:
        raise BadRequest(f"{text!r} is not a date between 2000 and 2199")
    return day


def steps(period: Period) -> tuple[Step, ...]:
    """The hours, days, weeks or months of a closed period, oldest first.

    Weeks begin on Sunday; the first may be cut.
    """
    first, last = period.first, period.last
    if first is None or last is None or last < first:
        return ()
    if first == last:
        return _hours(first, period.zone)
    starts = [first]
    while starts[-1] <= last:
        starts.append(_next(starts[-1], period.unit))
    starts[-1] = last + timedelta(days=1)
    label = LABELS.get(period.unit, "%-d %b")
    return tuple(
        Step(day.strftime(label), midnight(day, period.zone), midnight(following, period.zone))
        for day, following in pairwise(starts)
    )


def _next(day: date, unit: str) -> date:
    if unit == "day":
        return day + timedelta(days=1)
    if unit == "week":
        return day + timedelta(days=7 - day.isoweekday() % 7)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _hours(day: date, zone: str) -> tuple[Step, ...]:
    """The hours that passed. A day with a clock change has 23 or 25 of them."""
    found = []
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    while start < end:
        following = min(start + timedelta(hours=1), end)
        found.append(Step(start.astimezone(ZoneInfo(zone)).strftime("%H:%M"), start, following))
        start = following
    return tuple(found)
