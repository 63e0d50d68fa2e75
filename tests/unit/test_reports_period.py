"""Local days as UTC moments, clock changes included."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from leadtracker.errors import BadRequest
from leadtracker.reports.period import Period, midnight, preset_period, read_day, steps

JERUSALEM = "Asia/Jerusalem"


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("today", "2026-11-18", "2026-11-18"),
        ("yesterday", "2026-11-17", "2026-11-17"),
        ("7days", "2026-11-12", "2026-11-18"),
        ("30days", "2026-10-20", "2026-11-18"),
        ("90days", "2026-08-21", "2026-11-18"),
        ("365days", "2025-11-19", "2026-11-18"),
    ],
)
def test_presets_end_on_the_sites_own_day(preset: str, first: str, last: str) -> None:
    late = datetime(2026, 11, 17, 22, 30, tzinfo=UTC)  # 00:30 of the 18th in Jerusalem
    assert preset_period(preset, JERUSALEM, late) == Period(
        JERUSALEM, date.fromisoformat(first), date.fromisoformat(last)
    )


def test_all_time_is_open_on_both_sides() -> None:
    period = preset_period("all", JERUSALEM, datetime(2026, 11, 18, tzinfo=UTC))
    assert (period.start, period.end, steps(period)) == (None, None, ())


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-11-18", JERUSALEM, 24),
        ("2026-03-27", JERUSALEM, 23),  # summer time begins
        ("2026-10-25", JERUSALEM, 25),  # and ends
        ("2026-09-06", "America/Santiago", 23),  # there it skips midnight itself
        ("2026-11-18", "Asia/Kolkata", 24),
    ],
)
def test_a_day_has_the_hours_that_passed(day: str, zone: str, hours: int) -> None:
    only = date.fromisoformat(day)
    found = steps(Period(zone, only, only))
    assert len(found) == hours
    assert found[-1].end - found[0].start == timedelta(hours=hours)


def test_midnight_is_where_the_local_day_begins() -> None:
    assert midnight(date(2026, 11, 18), JERUSALEM) == datetime(2026, 11, 17, 22, tzinfo=UTC)
    assert midnight(date(2026, 7, 1), JERUSALEM) == datetime(2026, 6, 30, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "unit", "count", "label"),
    [
        ("2026-11-18", "2026-11-18", "hour", 24, "00:00"),
        ("2026-11-12", "2026-11-18", "day", 7, "12 Nov"),
        ("2026-08-01", "2026-11-08", "day", 100, "1 Aug"),
        ("2026-08-01", "2026-11-09", "week", 16, "1 Aug"),  # a Saturday, then whole weeks
        ("2026-01-04", "2027-12-04", "week", 100, "4 Jan"),  # 700 days, from a Sunday
        ("2026-01-03", "2027-12-04", "month", 24, "Jan 2026"),
        ("2024-01-01", "2026-11-18", "month", 35, "Jan 2024"),
    ],
)
def test_steps_cover_the_period_without_gap_or_overlap(
    first: str, last: str, unit: str, count: int, label: str
) -> None:
    period = Period(JERUSALEM, date.fromisoformat(first), date.fromisoformat(last))
    found = steps(period)
    assert (period.unit, len(found), found[0].label) == (unit, count, label)
    assert (found[0].start, found[-1].end) == (period.start, period.end)
    assert all(one.end == following.start for one, following in pairwise(found))


@pytest.mark.parametrize(
    "text", ["2026-13-01", "yesterday", "1999-12-31", "2200-01-01", "18/11/2026", "' OR 1=1"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_day(text)


@pytest.mark.parametrize("day", [date(2000, 1, 1), date(2026, 11, 21), date(2199, 12, 31)])
def test_a_date_of_a_form(day: date) -> None:
    assert read_day(day.isoformat()) == day


def test_a_day_left_empty_is_open() -> None:
    assert read_day("") is None


def test_where_weeks_and_months_begin() -> None:
    """Weeks on Sunday and months on the first, as the clock there has it,
    whatever day the period begins on."""
    weeks = steps(Period(JERUSALEM, date(2026, 8, 1), date(2026, 11, 9)))
    assert [step.label for step in weeks[:3]] == ["1 Aug", "2 Aug", "9 Aug"]
    assert weeks[-1].label == "8 Nov"
    months = steps(Period(JERUSALEM, date(2026, 1, 30), date(2027, 12, 31)))
    assert [step.label for step in months[:3]] == ["Jan 2026", "Feb 2026", "Mar 2026"]
    assert [step.start for step in months] == [
        midnight(date(2026, 1, 30), JERUSALEM),
        *(
            midnight(date(2026 + month // 12, month % 12 + 1, 1), JERUSALEM)
            for month in range(1, 24)
        ),
    ]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (None, None),
        (date(2026, 11, 18), None),
        (None, date(2026, 11, 18)),
        (date(2026, 11, 18), date(2026, 11, 17)),
    ],
)
def test_an_open_period_has_no_steps(first: date | None, last: date | None) -> None:
    period = Period(JERUSALEM, first, last)
    assert steps(period) == ()
    assert (period.unit == "hour") is (first is None or last is None)
    assert period.start == (midnight(first, JERUSALEM) if first else None)
    assert period.end == (midnight(last + timedelta(days=1), JERUSALEM) if last else None)
