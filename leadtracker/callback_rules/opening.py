"""When a site's agents may be rung: opening hours and holidays in the site's time zone, right on DST days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from leadtracker.callback_rules.rules import DAYS, Rules
from leadtracker.errors import Refused

LOOK_AHEAD_DAYS = 370
ALL_DAY = ("00:00-24:00",)


def opens(rules: Rules, zone: str, now: datetime) -> datetime | None:
    """None when it is open now, else the next opening, aware UTC. Raises Refused where no opening is in sight."""
    for begin, end in _spans(rules, ZoneInfo(zone), now):
        if now < begin:
            return begin
        if now < end:
            return None
    raise Refused("closed", f"no opening within {LOOK_AHEAD_DAYS} days")


def local_day(zone: str, moment: datetime) -> str:
    """The day that a ceiling of money is for, such as 2026-09-12."""
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
    """Beginnings and ends since yesterday, in order."""
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days) for days in range(-1, LOOK_AHEAD_DAYS)):
        if day.isoformat() in rules.holidays:
            continue
        spans = rules.hours.get(DAYS[day.weekday()], ()) if rules.hours else ALL_DAY
        for first, last in sorted(map(minutes_of, spans)):
            begin, end = _moment(day, first, zone)[0], _moment(day, last, zone)[1]
            if begin < end:  # spring may leave out all of it
                yield begin, end


def _moment(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last moment at which clocks show a minute of a day: in autumn these may be an hour apart.

    A time that spring leaves out is the moment at which clocks jump over it.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=minute)
    early, late = sorted(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == shown:
        return early, late
    while early.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset():
        early += timedelta(minutes=1)
    return early, early
