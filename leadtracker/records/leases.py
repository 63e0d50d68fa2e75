"""The lease log in SQL: every number shown. Late calls, reports and an emptied Redis need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

import orjson
from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from leadtracker.domain import Lease, Touchpoint, from_ms, from_ms_if_any, touchpoint_from_json
from leadtracker.records.tables import LeaseRow
from leadtracker.records.told_phones import PAGE, ToldPhone

TABLE = cast(Table, LeaseRow.__table__)
C = TABLE.c
COLUMNS = (  # of a Lease
    C.id,
    C.did,
    C.visitor,
    C.visit,
    C.start,
    C.seen,
    C.left,
    C.taps,
    C.source_key,
    C.device,
    C.region,
    C.topic,
    C.levels,
    C.gaps,
    C.network,
)
CONTINUE = update(TABLE).where(C.id == bindparam("lease"))
THESE = select(*COLUMNS).where(C.id.in_(bindparam("ids", expanding=True)))
HOLDERS = (
    select(*COLUMNS)
    .where(C.did == bindparam("did"), C.start <= bindparam("began"))
    .order_by(C.start.desc())
    .limit(bindparam("count"))
)
LATEST = (
    select(*COLUMNS)
    .where(
        C.visitor == bindparam("visitor"),
        C.site_id == bindparam("site"),
        C.start <= bindparam("began"),
    )
    .order_by(C.start.desc())
    .limit(1)
)
TAPPED_DEFAULT = (
    select(*COLUMNS)
    .where(
        C.did.is_(None),
        C.site_id == bindparam("site"),
        C.seen.between(bindparam("since"), bindparam("until")),
    )
    .order_by(C.start.desc())
)
TOUCHPOINT = select(C.touchpoint).where(C.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class Change:
    """What the lease log says of a lease: as it was in SQL, if it was, and as it is now."""

    before: Lease | None
    after: Lease
    told: tuple[ToldPhone, ...] = ()  # by its page since


def write(session: Session, site_id: int, entries: Iterable[Mapping[str, str]]) -> list[Change]:
    """Add or update leases; the caller commits.

    Writing an entry a second time, after a crash, changes nothing.
    """
    begun: dict[str, dict[str, Any]] = {}
    courses: dict[str, dict[str, Any]] = {}
    told: dict[str, list[ToldPhone]] = {}
    for values in entries:
        lease = values["lease"]
        if "reason" in values:
            begun[lease] = _beginning(site_id, values)
        courses[lease] = _course(values)
        if "phone" in values:
            told.setdefault(lease, []).append(_told(values))
    before = {row.id: _lease(row) for row in session.execute(THESE, {"ids": list(courses)})}
    new = [begun[lease] | courses[lease] for lease in begun if lease not in before]
    if new:
        session.execute(insert(TABLE), new)
    known = [{"lease": lease} | course for lease, course in courses.items() if lease in before]
    if known:
        session.execute(CONTINUE, known)
    after = {values["id"]: _begun(values) for values in new} | before
    return [
        Change(before.get(lease), _with_course(after[lease], course), tuple(told.get(lease, ())))
        for lease, course in courses.items()
        if lease in after
    ]


def _told(values: Mapping[str, str]) -> ToldPhone:
    """An older version told no more than the phone."""
    return ToldPhone(values["phone"], values.get("phone_by", PAGE), values.get("network", ""))


def _beginning(site_id: int, values: Any) -> dict[str, Any]:
    touchpoint = touchpoint_from_json(orjson.loads(values["touchpoint"]))
    return {
        "id": values["lease"],
        "site_id": site_id,
        "did": values["did"] or None,
        "visitor": values["visitor"],
        "visit": values["visit"],
        "reason": values["reason"],
        "start": from_ms(values["start"]),
        "touchpoint": touchpoint,
        "new_visit": values["new_visit"] == "1",
        "chosen": values["chosen"],
        "source_key": values["source"],
        "source_group": values["group"],
        "device": values["device"],
        "region": values["region"],
        "topic": values["topic"],
        "network": values.get("network", ""),
    } | (touchpoint or Touchpoint()).origin


def _course(values: Any) -> dict[str, Any]:
    return {
        "seen": from_ms(values["seen"]),
        "left": from_ms_if_any(values["left"]),
        "taps": _moments(values["taps"]),
        "levels": _moments(values["levels"]),
        "gaps": ["/".join(_moments(gap, ":")) for gap in values["gaps"].split(",") if gap],
    }


def _begun(values: Mapping[str, Any]) -> Lease:
    return Lease(
        id=values["id"],
        did=values["did"] or "",
        visitor=values["visitor"],
        visit=values["visit"],
        start=values["start"],
        seen=values["seen"],
        source=values["source_key"],
        device=values["device"],
        region=values["region"],
        topic=values["topic"],
        network=values["network"],
    )


def _with_course(lease: Lease, course: Mapping[str, Any]) -> Lease:
    return replace(
        lease,
        seen=course["seen"],
        left=course["left"],
        taps=_read(course["taps"]),
        levels=_read(course["levels"]),
        gaps=tuple(_interval(gap) for gap in course["gaps"]),
    )


def _moments(text: str, between: str = ",") -> list[str]:
    return [from_ms(moment).isoformat() for moment in text.split(between) if moment]


def holders(session: Session, did: str, began: datetime, count: int = 128) -> list[Lease]:
    """The newest leases of a DID that had begun by a moment, newest first."""
    wanted = {"did": did, "began": began + timedelta(seconds=5), "count": count}
    return [_lease(row) for row in session.execute(HOLDERS, wanted)]


def latest_of(session: Session, site_id: int, visitor: str, began: datetime) -> Lease | None:
    """A visitor's newest lease that had begun by a moment."""
    rows = session.execute(LATEST, {"visitor": visitor, "site": site_id, "began": began})
    return next(map(_lease, rows), None)


def first(session: Session, site_id: int) -> datetime | None:
    """When a site's oldest lease began."""
    return session.scalar(select(func.min(LeaseRow.start)).where(LeaseRow.site_id == site_id))


def since(session: Session, site_id: int, begin: datetime) -> Iterator[Lease]:
    """A site's leases that began at a moment or later, the oldest first."""
    wanted = select(*COLUMNS).where(LeaseRow.site_id == site_id, LeaseRow.start >= begin)
    for row in session.execute(
        wanted.order_by(LeaseRow.start, LeaseRow.id).execution_options(yield_per=1000)
    ):
        yield _lease(row)


def tapped_default(session: Session, site_id: int, since: datetime, until: datetime) -> list[Lease]:
    """Visits without a number that tapped the default one in this time, newest first."""
    rows = session.execute(TAPPED_DEFAULT, {"site": site_id, "since": since, "until": until})
    return [_lease(row) for row in rows if row.taps]


def _lease(row: Any) -> Lease:
    """Of a row of COLUMNS."""
    return Lease(
        id=row.id,
        did=row.did or "",
        visitor=row.visitor,
        visit=row.visit,
        start=row.start,
        seen=row.seen,
        left=row.left,
        taps=_read(row.taps),
        source=row.source_key,
        device=row.device,
        region=row.region,
        topic=row.topic,
        levels=_read(row.levels),
        gaps=tuple(_interval(gap) for gap in row.gaps),
        network=row.network,
    )


def _read(moments: Iterable[str]) -> tuple[datetime, ...]:
    return tuple(map(datetime.fromisoformat, moments))


def _interval(gap: str) -> tuple[datetime, datetime]:
    hidden, shown = _read(gap.split("/"))
    return hidden, shown


def by_id(session: Session, lease_id: str) -> Lease | None:
    return next(map(_lease, session.execute(THESE, {"ids": [lease_id]})), None)


def touchpoint_of(session: Session, lease_id: str) -> Touchpoint | None:
    return session.scalar(TOUCHPOINT, {"id": lease_id})


def forget(session: Session, before: datetime) -> None:
    session.execute(delete(LeaseRow).where(LeaseRow.start < before))
