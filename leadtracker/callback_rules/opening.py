"""When a site's agents may be rung: its hours and holidays in its time zone, right on DST days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from leadtracker.callback_rules.rules import DAYS, Rules
from leadtracker.errors import Refused

LOOK_AHEAD_DAYS = 370
ALL_DAY = ("00:00-24:00",)


def opens(rules: Rules, zone: str, now: datetime) -> datetime | None:
    """None when the site is open now, otherwise the next opening in UTC.

    Raises Refused where no opening is in sight.
    """
    for begin, end in _spans(rules, ZoneInfo(zone), now):
        if now < begin:
            return begin
        if now < end:
            return None
    raise Refused("closed", f"no opening within {LOOK_AHEAD_DAYS} days")


def local_day(zone: str, moment: datetime) -> str:
    """The day whose ceiling of money counts, such as 2026-09-12."""
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()


def minutes_of(span: str) -> tuple[int, int]:
    """Minutes of the day of `09:00-17:00`; the end may be 24:00. Raises ValueError."""
    begin, end = (_minute(part) for part in span.split("-"))
    if not 0 <= begin < end <= 24 * 60:
        raise ValueError(span)
    return begin, end


def _minute(text: str) -> int:
    hours, minutes = text.strip().split(":")
    if len(minutes) != 2 or int(minutes) > 59:
        raise ValueError(text)
    return int(hours) * 60 + int(minutes)


def _spans(rules: Rules, zone: ZoneInfo, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Openings and closings since yesterday, in order."""
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days) for days in range(-1, LOOK_AHEAD_DAYS)):
        if day.isoformat() in rules.holidays:
            continue
        for first, last in sorted(map(minutes_of, _hours(rules, day))):
            begin, end = _moment(day, first, zone)[0], _moment(day, last, zone)[1]
            if begin < end:  # spring may leave out the whole span
                yield begin, end


def _hours(rules: Rules, day: date) -> tuple[str, ...]:
    if not rules.hours:
        return ALL_DAY
    return rules.hours.get(DAYS[day.weekday()], ())


def _moment(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last moment at which clocks show a minute of a day.

    In autumn the two may be an hour apart. In spring clocks jump over some minutes; such a minute
    is the moment of the jump.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=minute)
    early, late = sorted(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == shown:
        return early, late
    while early.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset():
        early += timedelta(minutes=1)
    return early, early
