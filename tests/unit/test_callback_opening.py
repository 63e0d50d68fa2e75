"""Opening hours and holidays, on the days when clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadtracker.callback_rules.opening import local_day, minutes_of, opens
from leadtracker.callback_rules.rules import Rules
from leadtracker.errors import Refused

ISRAEL = "Asia/Jerusalem"
WEEK = {day: ("09:00-13:00", "14:00-17:00") for day in ("sun", "mon", "tue", "wed", "thu")}
SHOP = Rules(hours=WEEK, holidays=("2026-09-13",))  # that Sunday is one


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-09-06T09:00+03:00", None),
        ("2026-09-06T12:59:59+03:00", None),
        ("2026-09-06T13:00+03:00", "2026-09-06T14:00+03:00"),
        ("2026-09-06T08:59:59+03:00", "2026-09-06T09:00+03:00"),
        ("2026-09-06T17:00+03:00", "2026-09-07T09:00+03:00"),
        (
            "2026-09-10T17:00+03:00",
            "2026-09-14T09:00+03:00",
        ),  # over Friday, Saturday and the holiday
        ("2026-09-13T10:00+03:00", "2026-09-14T09:00+03:00"),
        ("2026-09-06T00:30+03:00", "2026-09-06T09:00+03:00"),
        (
            "2026-09-05T21:30+00:00",
            "2026-09-06T09:00+03:00",
        ),  # Saturday in London, Sunday in Israel
        # Clocks go forward on Friday 2026-03-27, back on Sunday 2026-10-25.
        ("2026-03-26T17:00+02:00", "2026-03-29T09:00+03:00"),
        ("2026-10-22T17:00+03:00", "2026-10-25T09:00+02:00"),
        ("2026-10-25T08:59+02:00", "2026-10-25T09:00+02:00"),
        ("2026-10-25T09:30+03:00", "2026-10-25T09:00+02:00"),  # 08:30 by the clocks there
    ],
)
def test_a_week_with_a_break_at_noon(now: str, opening: str | None) -> None:
    found = opens(SHOP, ISRAEL, moment(now))
    assert found == (moment(opening) if opening else None)
    assert found is None or found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("hours", "now", "opening"),
    [
        # 02:00 to 03:00 does not exist on that Friday: it begins, and ends, when clocks jump.
        (("02:30-05:00",), "2026-03-27T01:59+02:00", "2026-03-27T03:00+03:00"),
        (("02:30-05:00",), "2026-03-27T03:00+03:00", None),
        (("00:30-02:30",), "2026-03-27T01:59+02:00", None),
        (("00:30-02:30", "04:00-05:00"), "2026-03-27T03:00+03:00", "2026-03-27T04:00+03:00"),
        (
            ("02:10-02:50", "06:00-07:00"),
            "2026-03-27T01:30+02:00",
            "2026-03-27T06:00+03:00",
        ),  # wholly left out
        (("24:00-24:00",), "2026-03-27T01:30+02:00", ValueError),
    ],
)
def test_the_night_in_spring(
    hours: tuple[str, ...], now: str, opening: str | type[Exception] | None
) -> None:
    rules = Rules(hours={"fri": hours})
    if isinstance(opening, type):
        with pytest.raises(opening):
            opens(rules, ISRAEL, moment(now))
    else:
        assert opens(rules, ISRAEL, moment(now)) == (moment(opening) if opening else None)


@pytest.mark.parametrize(
    ("hours", "now", "opening"),
    [
        # 01:00 to 02:00 comes twice: from its first beginning to its last end.
        (("01:30-03:00",), "2026-10-25T01:00+03:00", "2026-10-25T01:30+03:00"),
        (("01:30-03:00",), "2026-10-25T01:15+02:00", None),
        (("00:00-01:30", "04:00-05:00"), "2026-10-25T01:45+03:00", None),
        (("00:00-01:30", "04:00-05:00"), "2026-10-25T01:30+02:00", "2026-10-25T04:00+02:00"),
    ],
)
def test_the_night_in_autumn(hours: tuple[str, ...], now: str, opening: str | None) -> None:
    assert opens(Rules(hours={"sun": hours}), ISRAEL, moment(now)) == (
        moment(opening) if opening else None
    )


def test_always_open_but_for_holidays() -> None:
    assert opens(Rules(), ISRAEL, moment("2026-09-12T03:00+03:00")) is None
    holiday = Rules(holidays=("2026-09-12", "2026-09-13"))
    assert opens(holiday, ISRAEL, moment("2026-09-12T00:00+03:00")) == moment(
        "2026-09-14T00:00+03:00"
    )
    assert opens(holiday, ISRAEL, moment("2026-09-11T23:59:59+03:00")) is None
    assert opens(holiday, ISRAEL, moment("2026-09-14T00:00+03:00")) is None


def test_a_midnight_that_does_not_exist() -> None:
    """In Beirut clocks jump from 00:00 to 01:00."""
    rules = Rules(hours={"sun": ("00:00-24:00",)})
    assert opens(rules, "Asia/Beirut", moment("2026-03-28T20:00+02:00")) == moment(
        "2026-03-29T01:00+03:00"
    )


def test_never_open_in_sight() -> None:
    today = datetime(2026, 9, 6, tzinfo=UTC).date()
    holidays = tuple((today + timedelta(days)).isoformat() for days in range(-2, 400))
    with pytest.raises(Refused) as refused:
        opens(Rules(holidays=holidays), ISRAEL, moment("2026-09-06T09:00+03:00"))
    assert refused.value.code == "closed"


@pytest.mark.parametrize(
    "zone", [ISRAEL, "Europe/Bucharest", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut"]
)
def test_minute_by_minute_through_both_changes_of_clocks(zone: str) -> None:
    """Whatever is said to be the next opening is the first minute at which it is open."""
    rules = Rules(hours={day: ("00:10-02:20", "23:30-24:00") for day in ("sun", "fri", "sat")})
    for first in (
        "2026-03-06",
        "2026-03-26",
        "2026-04-03",
        "2026-10-02",
        "2026-10-24",
        "2026-10-31",
    ):
        now = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        promised: datetime | None = None
        for _ in range(3 * 24 * 6):
            opening = opens(rules, zone, now)
            if opening is None:
                assert promised in (None, now), (zone, now)
                promised = None
            else:
                assert opening > now
                assert promised in (None, opening), (zone, now)
                promised = opening
            now += timedelta(minutes=10)


@pytest.mark.parametrize(
    ("text", "minutes"), [("09:00-17:30", (540, 1050)), ("0:00-24:00", (0, 1440))]
)
def test_minutes_of(text: str, minutes: tuple[int, int]) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize(
    "text",
    ["", "9-17", "09:00", "17:00-09:00", "22:00-02:00", "09:60-10:00", "09:00-24:01", "a:b-c:d"],
)
def test_no_span(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 # split and int raise it too, in other words
        minutes_of(text)


def test_the_day_is_the_sites() -> None:
    assert local_day(ISRAEL, moment("2026-09-06T22:30+00:00")) == "2026-09-07"
