"""The lease log in SQL: every number shown, for late calls, reports and a Redis that lost its memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from leadtracker.domain import Json, Lease, from_ms
from leadtracker.records.database import WritersTurn
from leadtracker.records.tables import LeaseRow


def write(engine: Engine, site_id: int, entries: Iterable[Mapping[str, str]]) -> None:
    """Add or update leases; an entry written twice, after a crash, changes nothing."""
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    begun: dict[str, dict[str, Any]] = {}
    gone_on: dict[str, dict[str, Any]] = {}
    for values in entries:
        course = _course(values)
        if "reason" in values:
            begun[values["lease"]] = _beginning(site_id, values) | course
        elif values["lease"] in begun:
            begun[values["lease"]] |= course
        else:
            gone_on[values["lease"]] = course
    with WritersTurn(engine), engine.begin() as connection:
        if begun:
            statement = insert(LeaseRow)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["id"],
                    set_={name: statement.excluded[name] for name in ("seen", "left", "taps", "levels", "gaps")},
                ),
                list(begun.values()),
            )
        for lease, course in gone_on.items():
            connection.execute(update(LeaseRow).where(LeaseRow.id == lease).values(course))


def _beginning(site_id: int, values: Any) -> dict[str, Any]:
    touchpoint = orjson.loads(values["touchpoint"])
    return {
        "id": values["lease"], "site_id": site_id, "did": values["did"] or None, "visitor": values["visitor"],
        "visit": values["visit"], "reason": values["reason"], "start": from_ms(values["start"]),
        "touchpoint": touchpoint, "new_visit": values["new_visit"] == "1", "chosen": values["chosen"],
        "source_key": values["source"], "source_group": values["group"], "device": values["device"],
        "region": values["region"], "topic": values["topic"],
    } | {name: touchpoint.get(name, "") for name in ("channel", "source", "campaign", "landing_page")}  # fmt: skip


def _course(values: Any) -> dict[str, Any]:
    return {
        "seen": from_ms(values["seen"]),
        "left": from_ms(values["left"]) if values["left"] else None,
        "taps": _moments(values["taps"]),
        "levels": _moments(values["levels"]),
        "gaps": ["/".join(_moments(gap, ":")) for gap in values["gaps"].split(",") if gap],
    }


def _moments(text: str, between: str = ",") -> list[str]:
    return [from_ms(moment).isoformat() for moment in text.split(between) if moment]


def holders(session: Session, did: str, began: datetime, count: int = 128) -> list[Lease]:
    """The newest leases of a DID that had begun by a moment, newest first."""
    rows = session.scalars(
        select(LeaseRow)
        .where(LeaseRow.did == did, LeaseRow.start <= began + timedelta(seconds=5))
        .order_by(LeaseRow.start.desc())
        .limit(count)
    )
    return [
        Lease(
            id=row.id, did=did, visitor=row.visitor, visit=row.visit, start=row.start, seen=row.seen, left=row.left,
            taps=_read(row.taps), source=row.source_key, device=row.device, region=row.region, topic=row.topic,
            levels=_read(row.levels), gaps=tuple(_interval(gap) for gap in row.gaps),
        )
        for row in rows
    ]  # fmt: skip


def _read(moments: Iterable[str]) -> tuple[datetime, ...]:
    return tuple(map(datetime.fromisoformat, moments))


def _interval(gap: str) -> tuple[datetime, datetime]:
    hidden, shown = _read(gap.split("/"))
    return hidden, shown


def touchpoint_of(session: Session, lease_id: str) -> Json | None:
    return session.scalar(select(LeaseRow.touchpoint).where(LeaseRow.id == lease_id))


def forget(session: Session, before: datetime) -> None:
    session.execute(delete(LeaseRow).where(LeaseRow.start < before))
