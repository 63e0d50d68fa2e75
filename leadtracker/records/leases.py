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
                    set_={name: statement.excluded[name] for name in ("seen", "left", "taps")},
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
        "touchpoint": touchpoint, "new_visit": values["new_visit"] == "1",
    } | {name: touchpoint.get(name, "") for name in ("channel", "source", "campaign", "landing_page")}  # fmt: skip


def _course(values: Any) -> dict[str, Any]:
    return {
        "seen": from_ms(values["seen"]),
        "left": from_ms(values["left"]) if values["left"] else None,
        "taps": [from_ms(tap).isoformat() for tap in values["taps"].split(",") if tap],
    }


def holders(session: Session, did: str, began: datetime, count: int = 64) -> list[Lease]:
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
            taps=tuple(datetime.fromisoformat(tap) for tap in row.taps),
        )
        for row in rows
    ]  # fmt: skip


def touchpoint_of(session: Session, lease_id: str) -> Json | None:
    return session.scalar(select(LeaseRow.touchpoint).where(LeaseRow.id == lease_id))


def forget(session: Session, before: datetime) -> None:
    session.execute(delete(LeaseRow).where(LeaseRow.start < before))
