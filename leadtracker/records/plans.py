"""The newest plan of each site, kept in SQL: a plan takes seconds to make and none to show."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.planner.plan import Plan
from leadtracker.records.tables import PlanRow


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """What a plan was made from: visits that asked for a number and calls, within so many days."""

    visits: int
    calls: int
    days: float


@dataclass(frozen=True, slots=True)
class KeptPlan:
    made_at: datetime
    made_from: MadeFrom
    plan: Plan


def keep(session: Session, site_id: int, kept: KeptPlan) -> None:
    """In place of the one before; the caller commits."""
    row = session.get(PlanRow, site_id) or PlanRow(site_id=site_id)
    row.made_at = kept.made_at
    row.plan = {"made_from": asdict(kept.made_from), **kept.plan.to_json()}
    session.add(row)


def newest(session: Session, site_id: int) -> KeptPlan | None:
    row = session.get(PlanRow, site_id)
    return None if row is None else _kept(row)


def of_all_sites(session: Session) -> dict[int, KeptPlan]:
    return {row.site_id: _kept(row) for row in session.scalars(select(PlanRow))}


def _kept(row: PlanRow) -> KeptPlan:
    return KeptPlan(row.made_at, MadeFrom(**row.plan["made_from"]), Plan.from_json(row.plan))
