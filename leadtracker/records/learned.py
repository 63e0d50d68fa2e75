"""What a site has learned, in SQL: its sums, its calling clock, its phones and callers."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Integer, Table, bindparam, delete, func, select
from sqlalchemy.orm import Session

from leadtracker.matching.calibration import Calibration
from leadtracker.matching.calling_clock import KEPT, Hour
from leadtracker.matching.counts import Counts
from leadtracker.matching.page_state import AGE_EDGES, DAY, HOUR
from leadtracker.matching.phone_memory import Called, Remembered
from leadtracker.records.database import inserting, put
from leadtracker.records.tables import (
    CallerRow,
    ClosedLeasesRow,
    HourRow,
    LearnedRow,
    PhoneRow,
)

Cell = tuple[str, int, str, int]  # of closed leases: DID, day since 1970, source, level
LEARNED, HOURS, PHONES, CALLERS, CLOSED = (
    cast(Table, row.__table__)
    for row in (LearnedRow, HourRow, PhoneRow, CallerRow, ClosedLeasesRow)
)
# Days since a page was closed, from which nobody is expected to call.
OLDEST_DAYS = int(AGE_EDGES[-1] // DAY)
WEEK = 7
# Of a call: the memory key, what is kept for its phone, and for its visitors.
Kept = tuple[str, Remembered, Mapping[str, Called]]
# The queries of a ringing phone are built once: to build one takes five times as long as to run it.
SITE: Any = bindparam("site")
VISITORS: Any = bindparam("visitors", expanding=True)
REMEMBERED = select(PHONES.c.remembered).where(
    PHONES.c.site_id == SITE, PHONES.c.key == bindparam("key"), PHONES.c.at < bindparam("before")
)
CALLED = select(CALLERS.c.visitor, CALLERS.c.called).where(
    CALLERS.c.site_id == SITE, CALLERS.c.visitor.in_(VISITORS), CALLERS.c.at < bindparam("before")
)


def sums(session: Session, site_id: int) -> tuple[Counts, int, int]:
    """The sums, how often they have faded, and their version."""
    row = session.get(LearnedRow, site_id)
    if row is None:
        return Counts(), 0, 0
    return Counts.from_json(row.counts), row.days, row.version


def calibration(session: Session, site_id: int) -> Calibration:
    row = session.get(LearnedRow, site_id)
    if row is None:
        return Calibration()
    return Calibration(row.shift, row.slope)


def version(session: Session, site_id: int) -> int:
    return session.scalar(select(LearnedRow.version).where(LearnedRow.site_id == site_id)) or 0


def hours(session: Session, site_id: int) -> list[Hour]:
    rows = session.scalars(
        select(HourRow)
        .where(HourRow.site_id == site_id)
        .order_by(HourRow.number.desc())
        .limit(KEPT)
    )
    return [
        Hour(row.number, row.begins, row.activity, row.local_hour, row.weekday, list(row.closed))
        for row in reversed(rows.all())
    ]


def save(
    session: Session,
    site_id: int,
    counts: Counts,
    days: int,
    version: int,
    calibration: Calibration,
    changed: Iterable[Hour],
) -> None:
    """Write the sums and the hours that changed; the caller commits."""
    sums = {"site_id": site_id, "counts": counts.to_json(), "days": days, "version": version}
    put(session, LEARNED, [sums | {"shift": calibration.shift, "slope": calibration.slope}])
    put(session, HOURS, [{"site_id": site_id, **hour.to_json()} for hour in changed])


def remembered(session: Session, site_id: int, key: str, before: float) -> Remembered | None:
    """The latest call before a moment that is remembered under a `memory_key`."""
    kept = session.scalar(REMEMBERED, {"site": site_id, "key": key, "before": before})
    return None if kept is None else Remembered.from_json(kept)


def callers(
    session: Session, site_id: int, visitors: Iterable[str], before: float
) -> dict[str, Called]:
    rows = session.execute(CALLED, {"site": site_id, "visitors": list(visitors), "before": before})
    return {visitor: Called(**called) for visitor, called in rows}


def remember(session: Session, site_id: int, calls: Iterable[Kept]) -> None:
    """Keep calls, unless later ones of the same phone or visitor are kept already."""
    phones, callers = [], []
    for key, kept, by_visitor in calls:
        phones.append(_phone(site_id, key, kept))
        callers += [_caller(site_id, visitor, called) for visitor, called in by_visitor.items()]
    put(session, PHONES, phones, newer=True)
    put(session, CALLERS, callers, newer=True)


def take_back(
    session: Session,
    site_id: int,
    at: float,
    phone: tuple[str, Remembered | None],
    callers: Mapping[str, Called | None],
) -> None:
    """Forget the call at a moment, and remember the call before it again if there was one.

    `phone` has its `memory_key`. Both say what was remembered when the call was judged.
    """
    key, remembered = phone
    of_phone = (PhoneRow.site_id == site_id, PhoneRow.key == key, PhoneRow.at == at)
    if session.scalar(select(PhoneRow.key).where(*of_phone)) is not None:
        session.execute(delete(PhoneRow).where(*of_phone))
        if remembered is not None:
            put(session, PHONES, [_phone(site_id, key, remembered)])
    of_call = (
        CallerRow.site_id == site_id,
        CallerRow.visitor.in_(list(callers)),
        CallerRow.at == at,
    )
    for visitor in session.scalars(select(CallerRow.visitor).where(*of_call)).all():
        session.execute(
            delete(CallerRow).where(CallerRow.site_id == site_id, CallerRow.visitor == visitor)
        )
        if (called := callers[visitor]) is not None:
            put(session, CALLERS, [_caller(site_id, visitor, called)])


def add_closed(session: Session, change: Counter[Cell]) -> None:
    """Count leases that ended; a negative number takes back those whose page is visible again."""
    rows = [
        {"did": did, "day": day, "source": source, "level": level, "number": number}
        for (did, day, source, level), number in sorted(change.items())
        if number
    ]
    if rows:
        session.execute(_adding(inserting(session.get_bind().dialect.name, CLOSED)), rows)


def kept_as(day: int, today: int) -> int:
    """The day that leases which ended on `day` are counted under.

    Before last week it is the first day of their week.
    """
    if day >= _by_day_since(today):
        return day
    return day - day % WEEK


def _by_day_since(today: int) -> int:
    return (today // WEEK - 1) * WEEK


def closed(
    session: Session, did: str, days: Sequence[int]
) -> list[tuple[str, int, tuple[int | None, ...]]]:
    """The leases of a DID that ended on each of these days, by source and level, sorted.

    The days ascend. Leases that ended on any other day count toward the nearest earlier listed day.
    """
    since = {f"day{place}": day for place, day in enumerate(days)}
    rows = session.connection().execute(_ended(len(days)), {"did": did} | since)
    return sorted((source, level, tuple(numbers)) for source, level, *numbers in rows)


@functools.cache
def _ended(count: int) -> Any:
    """The query of `closed`.

    SQL sums in the order of the primary key, so it returns the same few rows for any number of
    leases.
    """
    row = CLOSED.c
    days: list[Any] = [bindparam(f"day{place}", type_=Integer) for place in range(count)]
    spans = [
        (row.day >= day) & (row.day < following) for day, following in itertools.pairwise(days)
    ]
    sums = [func.sum(row.number).filter(span) for span in (*spans, row.day >= days[-1])]
    of_did = select(row.source, row.level, *sums).where(
        row.did == bindparam("did"), row.day >= days[0]
    )
    return of_did.group_by(row.source, row.level)


def forget(session: Session, now: datetime) -> None:
    """Drop hours that are too old for any call of today."""
    hour = int(now.timestamp() // HOUR)
    session.execute(delete(HourRow).where(HourRow.number < hour - OLDEST_DAYS * 24 - KEPT))


def merge_old_weeks(session: Session, now: datetime) -> None:
    """Keep closed leases as `kept_as` says, and drop those too old for any call.

    This reads all closed leases, so it is done once a day.
    """
    today = int(now.timestamp() // DAY)
    session.execute(delete(CLOSED).where(CLOSED.c.day < kept_as(today - OLDEST_DAYS, today)))
    row = CLOSED.c
    alone = (row.day < _by_day_since(today)) & (row.day % WEEK != 0)
    week = (row.day - row.day % WEEK).label("week")
    together = select(row.did, row.source, row.level, week, func.sum(row.number)).where(alone)
    add = inserting(session.get_bind().dialect.name, CLOSED).from_select(
        ["did", "source", "level", "day", "number"],
        together.group_by(row.did, row.source, row.level, week),
    )
    session.execute(_adding(add))
    session.execute(delete(CLOSED).where(alone))


def _adding(statement: Any) -> Any:
    """An INSERT of closed leases that adds to those of the same day."""
    added = CLOSED.c.number + statement.excluded.number
    return statement.on_conflict_do_update(
        index_elements=list(CLOSED.primary_key.columns), set_={"number": added}
    )


def _phone(site_id: int, key: str, kept: Remembered) -> dict[str, Any]:
    return {"site_id": site_id, "key": key, "at": kept.at, "remembered": kept.to_json()}


def _caller(site_id: int, visitor: str, called: Called) -> dict[str, Any]:
    fields = {
        "at": called.at,
        "p": called.p,
        "did": called.did,
        "answered": called.answered,
        "phone": called.phone,
    }
    return {"site_id": site_id, "visitor": visitor, "at": called.at, "called": fields}
