"""Voicenter's wall-clock epochs in winter, in summer and on the nights when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadtracker.pbx.voicenter.times import is_time, utc

MUCH_LATER = datetime(2030, 1, 1, tzinfo=UTC)


def epoch(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """The number that Voicenter sends when a clock in Israel shows this."""
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("wall_clock", "zone", "expected"),
    [
        ((2024, 1, 15, 12, 0, 0), "Asia/Jerusalem", "2024-01-15 10:00:00"),  # winter: UTC+2
        ((2024, 7, 15, 12, 0, 0), "Asia/Jerusalem", "2024-07-15 09:00:00"),  # summer: UTC+3
        ((2024, 7, 15, 1, 30, 0), "Asia/Jerusalem", "2024-07-14 22:30:00"),  # the day before
        # Spring of 2024 in Israel: Friday 29 March, 02:00 becomes 03:00.
        ((2024, 3, 29, 1, 59, 59), "Asia/Jerusalem", "2024-03-28 23:59:59"),
        ((2024, 3, 29, 3, 0, 0), "Asia/Jerusalem", "2024-03-29 00:00:00"),
        (
            (2024, 3, 29, 2, 30, 0),
            "Asia/Jerusalem",
            "2024-03-29 00:30:00",
        ),  # no such hour: read as winter's
        # Autumn of 2024 in Israel: Sunday 27 October, 02:00 becomes 01:00.
        ((2024, 10, 27, 0, 59, 59), "Asia/Jerusalem", "2024-10-26 21:59:59"),
        ((2024, 10, 27, 1, 0, 0), "Asia/Jerusalem", "2024-10-26 23:00:00"),  # twice: the second
        ((2024, 10, 27, 1, 59, 59), "Asia/Jerusalem", "2024-10-26 23:59:59"),
        ((2024, 10, 27, 2, 0, 0), "Asia/Jerusalem", "2024-10-27 00:00:00"),
        # Israel has not always changed its clocks on these days: 2012 ended summer on 23 September.
        ((2012, 9, 30, 12, 0, 0), "Asia/Jerusalem", "2012-09-30 10:00:00"),
        ((2013, 9, 30, 12, 0, 0), "Asia/Jerusalem", "2013-09-30 09:00:00"),
        # An account elsewhere.
        ((2024, 7, 15, 12, 0, 0), "Europe/Bucharest", "2024-07-15 09:00:00"),
        ((2024, 3, 29, 12, 0, 0), "Europe/Bucharest", "2024-03-29 10:00:00"),
        ((2024, 7, 15, 12, 0, 0), "America/New_York", "2024-07-15 16:00:00"),
        ((2024, 7, 15, 12, 0, 0), "UTC", "2024-07-15 12:00:00"),
    ],
)
def test_wall_clock(wall_clock: tuple[int, ...], zone: str, expected: str) -> None:
    moment = utc(epoch(*wall_clock), zone, MUCH_LATER)
    assert moment == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert moment.tzinfo is UTC


FIRST = datetime(2024, 10, 26, 22, 30, tzinfo=UTC)  # 01:30 of 27 October, for the first time
SECOND = FIRST + timedelta(hours=1)


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        (FIRST, FIRST),
        (FIRST + timedelta(minutes=57), FIRST),
        (SECOND - timedelta(minutes=2, seconds=1), FIRST),
        (SECOND - timedelta(minutes=2), SECOND),
        (SECOND - timedelta(minutes=1), SECOND),  # our clock may be a little behind theirs
        (SECOND, SECOND),
        (SECOND + timedelta(days=1), SECOND),
    ],
)
def test_the_hour_that_comes_twice(latest: datetime, expected: datetime) -> None:
    assert utc(epoch(2024, 10, 27, 1, 30), "Asia/Jerusalem", latest) == expected


@pytest.mark.parametrize(
    "wall_clock", [(2024, 10, 27, 0, 30), (2024, 10, 27, 2, 30), (2024, 7, 1, 12, 0)]
)
def test_other_hours_do_not_depend_on_the_arrival(wall_clock: tuple[int, ...]) -> None:
    number = epoch(*wall_clock)
    assert utc(number, "Asia/Jerusalem", MUCH_LATER) == utc(
        number, "Asia/Jerusalem", datetime(2001, 1, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, False),
        (-1, False),
        (946684799, False),
        (946684800, True),
        (4102444799, True),
        (4102444800, False),
        (1595960350000, False),
    ],
)
def test_is_time(number: int, expected: bool) -> None:
    assert is_time(number) is expected


@pytest.mark.parametrize(
    "zone", ["Asia/Jerusalem", "Europe/Bucharest", "America/New_York", "Australia/Lord_Howe"]
)
def test_every_hour_of_a_year_is_read_as_the_clock_showed_it(zone: str) -> None:
    """Voicenter writes what the wall shows; reading it gives the moment,
    the hour that comes twice its second."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for hour in range(366 * 24):
        moment = start + timedelta(hours=hour)
        shown = moment.astimezone(ZoneInfo(zone))
        sent = int(shown.replace(tzinfo=UTC, fold=0).timestamp())
        twice = shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset()
        assert utc(sent, zone, moment) == moment
        if not twice:
            assert utc(sent, zone, MUCH_LATER) == moment
