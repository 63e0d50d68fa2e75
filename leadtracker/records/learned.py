"""What a site has learned, in SQL: its sums, its calling clock, and what is remembered of phones and callers."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from leadtracker.attribution.calibration import Calibration
from leadtracker.attribution.calling_clock import KEPT, Hour
from leadtracker.attribution.counts import Counts
from leadtracker.attribution.phone_memory import Called, Remembered
from leadtracker.records.tables import (
    Base,
    CallerRow,
    ClosedLeasesRow,
    HourRow,
    KnownPhoneRow,
    LearnedRow,
    PhoneRow,
)

Cell = tuple[str, int, str, int]  # of closed leases: DID, day since 1970, source, level


def sums(session: Session, site_id: int) -> tuple[Counts, int, int]:
    """(the sums, how often they have faded, their version)."""
    row = session.get(LearnedRow, site_id)
    return (Counts.from_json(row.counts), row.days, row.version) if row else (Counts(), 0, 0)


def calibration(session: Session, site_id: int) -> Calibration:
    row = session.get(LearnedRow, site_id)
    return Calibration(row.shift, row.slope) if row else Calibration()


def version(session: Session, site_id: int) -> int:
    return session.scalar(select(LearnedRow.version).where(LearnedRow.site_id == site_id)) or 0


def hours(session: Session, site_id: int) -> list[Hour]:
    rows = session.scalars(
        select(HourRow).where(HourRow.site_id == site_id).order_by(HourRow.number.desc()).limit(KEPT)
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
    _put(session, LearnedRow, [sums | {"shift": calibration.shift, "slope": calibration.slope}])
    _put(session, HourRow, [{"site_id": site_id, **hour.to_json()} for hour in changed])


def remembered(session: Session, site_id: int, key: str, before: float) -> Remembered | None:
    """The call before this moment under a `memory_key`."""
    row = session.get(PhoneRow, (site_id, key))
    return Remembered.from_json(row.remembered) if row is not None and row.at < before else None


def callers(session: Session, site_id: int, visitors: Iterable[str], before: float) -> dict[str, Called]:
    rows = session.scalars(
        select(CallerRow).where(
            CallerRow.site_id == site_id, CallerRow.visitor.in_(list(visitors)), CallerRow.at < before
        )
    )
    return {row.visitor: Called(**row.called) for row in rows}


def remember(session: Session, site_id: int, key: str, kept: Remembered, by_visitor: Mapping[str, Called]) -> None:
    """Keep a call, unless a later one of the same phone or visitor is kept already."""
    row = session.get(PhoneRow, (site_id, key))
    if row is None or row.at <= kept.at:
        _put(session, PhoneRow, [{"site_id": site_id, "key": key, "at": kept.at, "remembered": kept.to_json()}])
    visitors = list(by_visitor)
    later = select(CallerRow.visitor, CallerRow.at).where(CallerRow.site_id == site_id, CallerRow.visitor.in_(visitors))
    known = {visitor: at for visitor, at in session.execute(later)}
    _put(
        session,
        CallerRow,
        [
            {"site_id": site_id, "visitor": visitor, "at": called.at, "called": _fields(called)}
            for visitor, called in by_visitor.items()
            if known.get(visitor, 0.0) <= called.at
        ],
    )


def take_back(session: Session, site_id: int, at: float, before: Mapping[str, Called | None]) -> None:
    """Forget a call at that moment of these visitors, and remember the one before it where there was one."""
    of_call = (CallerRow.site_id == site_id, CallerRow.visitor.in_(list(before)), CallerRow.at == at)
    for visitor in session.scalars(select(CallerRow.visitor).where(*of_call)).all():
        session.execute(delete(CallerRow).where(CallerRow.site_id == site_id, CallerRow.visitor == visitor))
        if (called := before[visitor]) is not None:
            row = {"site_id": site_id, "visitor": visitor, "at": called.at, "called": _fields(called)}
            _put(session, CallerRow, [row])


def tell_phone(session: Session, site_id: int, phone: str, visitor: str, said_by: str) -> None:
    """Somebody says whose phone it is: the `page` (a form, a login) or a `user`."""
    told = {"site_id": site_id, "phone": phone, "visitor": visitor, "said_by": said_by, "at": datetime.now(UTC)}
    if session.get(KnownPhoneRow, (site_id, phone, visitor)) is None:
        _put(session, KnownPhoneRow, [told])


def forget_phone(session: Session, site_id: int, phone: str, visitor: str, said_by: str) -> None:
    """What somebody said is taken back; what others said stays."""
    said = (KnownPhoneRow.site_id == site_id, KnownPhoneRow.phone == phone, KnownPhoneRow.visitor == visitor)
    session.execute(delete(KnownPhoneRow).where(*said, KnownPhoneRow.said_by == said_by))


def knowers(session: Session, site_id: int, phone: str) -> frozenset[str]:
    """Visitors whose phone this is known to be."""
    said = select(KnownPhoneRow.visitor).where(KnownPhoneRow.site_id == site_id, KnownPhoneRow.phone == phone)
    return frozenset(session.scalars(said))


def with_phones(session: Session, site_id: int, visitors: Iterable[str]) -> frozenset[str]:
    """Those of the visitors of whom some phone is known."""
    said = select(KnownPhoneRow.visitor).where(
        KnownPhoneRow.site_id == site_id, KnownPhoneRow.visitor.in_(list(visitors))
    )
    return frozenset(session.scalars(said))


def add_closed(session: Session, change: Counter[Cell]) -> None:
    """Leases that ended, or with a negative number were taken up again."""
    rows = [
        {"did": did, "day": day, "source": source, "level": level, "number": number}
        for (did, day, source, level), number in sorted(change.items())
        if number
    ]
    if rows:
        statement = _insert(session.get_bind().dialect.name, ClosedLeasesRow.__table__)
        added = ClosedLeasesRow.number + statement.excluded.number
        session.execute(
            statement.on_conflict_do_update(index_elements=["did", "day", "source", "level"], set_={"number": added}),
            rows,
        )


def closed(session: Session, did: str, since_day: int) -> Counter[tuple[int, str, int]]:
    """Leases of a DID that ended since a day, by (day, source, level)."""
    rows = session.execute(
        select(ClosedLeasesRow.day, ClosedLeasesRow.source, ClosedLeasesRow.level, ClosedLeasesRow.number).where(
            ClosedLeasesRow.did == did, ClosedLeasesRow.day >= since_day
        )
    )
    return Counter({(day, source, level): number for day, source, level, number in rows})


def forget(session: Session, before: datetime) -> None:
    """Drop what is too old for any call of today."""
    hour = int(before.timestamp() // 3600)
    session.execute(delete(HourRow).where(HourRow.number < hour - KEPT))
    session.execute(delete(ClosedLeasesRow).where(ClosedLeasesRow.day < hour // 24))


def _put(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert rows, or make those of the same key equal to them."""
    if not rows:
        return
    session.execute(_equal_to(session.get_bind().dialect.name, table), rows)


@functools.cache
def _equal_to(dialect: str, table: type[Base]) -> Any:
    keys = [column.name for column in table.__table__.primary_key]
    statement = _insert(dialect, table.__table__)
    changed = {column.name: statement.excluded[column.name] for column in table.__table__.columns}
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: value for name, value in changed.items() if name not in keys}
    )


def _insert(dialect: str, table: Any) -> Any:
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)


def _fields(called: Called) -> dict[str, Any]:
    return {"at": called.at, "p": called.p, "did": called.did, "answered": called.answered, "phone": called.phone}
