"""How visits and calls run over time: figures for each hour, day, week or month of a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import CTE, Integer, column, func, select, values
from sqlalchemy.orm import Session

from leadtracker.records.database import UtcDateTime
from leadtracker.records.tables import CallRow, LeaseRow
from leadtracker.reports.period import Step, steps
from leadtracker.reports.sources import SourceFilter, figures, incoming, new_visits

POOL_EMPTY = "pool_empty"  # LeaseRow.reason of a visitor who asked and got no number


@dataclass(frozen=True, slots=True)
class Moment:
    """A step with what happened in it; answered and missed as in `sources.SourceLine`."""

    step: Step
    visits: int
    calls: int
    answered: int
    missed: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """A step in which visitors asked a pool for a number and none was free."""

    step: Step
    visitors: int


def timeline(session: Session, wanted: SourceFilter) -> list[Moment]:
    """Oldest first, steps without anything too."""
    across = steps(wanted.period)
    if not across:
        return []
    grid = _grid(across)
    counted = (
        select(grid.c.number, *figures()[:3])
        .join_from(grid, CallRow, (CallRow.started_at >= grid.c.begin) & (CallRow.started_at < grid.c.until))
        .where(*incoming(wanted))
        .group_by(grid.c.number)
    )
    calls = {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in session.execute(counted)}
    came = (
        select(grid.c.number, func.count())
        .join_from(grid, LeaseRow, (LeaseRow.start >= grid.c.begin) & (LeaseRow.start < grid.c.until))
        .where(*new_visits(wanted))
        .group_by(grid.c.number)
    )
    visits = {row[0]: int(row[1]) for row in session.execute(came)}
    return [Moment(step, visits.get(number, 0), *calls.get(number, (0, 0, 0))) for number, step in enumerate(across)]


def shortages(session: Session, wanted: SourceFilter) -> list[Shortage]:
    """Oldest first, only steps in which the pool of the site (or of any) was empty."""
    across = steps(wanted.period)
    if not across:
        return []
    grid = _grid(across)
    asked = (
        select(grid.c.number, func.count(LeaseRow.visitor.distinct()))
        .join_from(grid, LeaseRow, (LeaseRow.start >= grid.c.begin) & (LeaseRow.start < grid.c.until))
        .where(LeaseRow.reason == POOL_EMPTY)
        .group_by(grid.c.number)
        .order_by(grid.c.number)
    )
    if wanted.site_id is not None:
        asked = asked.where(LeaseRow.site_id == wanted.site_id)
    return [Shortage(across[number], int(visitors)) for number, visitors in session.execute(asked)]


def _grid(across: Sequence[Step]) -> CTE:
    """The steps as rows: each is a range that an index on the moment serves, on both databases alike."""
    rows = values(
        column("number", Integer), column("begin", UtcDateTime), column("until", UtcDateTime), name="grid"
    ).data([(number, step.start, step.end) for number, step in enumerate(across)])
    return rows.cte("steps")
