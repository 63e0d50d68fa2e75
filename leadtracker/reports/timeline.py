"""How visits and calls run over time: figures for each hour, day, week or month of a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, case, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from leadtracker.matching.interval import Count
from leadtracker.records.tables import CallRow, LeaseRow, ShareRow
from leadtracker.reports.period import Step, steps
from leadtracker.reports.sources import (
    NONE,
    SourceFilter,
    answered,
    incoming,
    missed,
    new_visits,
    started,
)

POOL_EMPTY = "pool_empty"  # LeaseRow.reason of a visitor who asked and got no number


@dataclass(frozen=True, slots=True)
class Moment:
    """A step and what happened in it. `sources.SourceLine` says what answered and missed mean.

    `visitors` are the calls that a visit brought, by their probability.
    """

    step: Step
    visits: int
    calls: int
    answered: int
    missed: int
    visitors: Count = NONE


@dataclass(frozen=True, slots=True)
class Shortage:
    """A step in which visitors asked for a number and none was free."""

    step: Step
    visitors: int


def timeline(session: Session, wanted: SourceFilter) -> list[Moment]:
    """Every step, oldest first, also those in which nothing happened."""
    across = steps(wanted.period)
    if not across:
        return []
    number = _number_of_step(CallRow.started_at, across)
    nothing_known = and_(
        ShareRow.call_pk == CallRow.id,
        ShareRow.channel == "",
        ShareRow.source == "",
        ShareRow.campaign == "",
        ShareRow.landing_page == "",
    )
    p = 1 - func.coalesce(ShareRow.p, 0.0)
    counted = (
        select(
            number,
            func.count(),
            func.sum(answered()),
            func.sum(missed()),
            func.sum(p),
            func.sum(p * (1 - p)),
        )
        .join(ShareRow, nothing_known, isouter=True)
        .where(*incoming(wanted))
        .group_by(number)
    )
    calls = {
        row[0]: (
            int(row[1]),
            int(row[2]),
            int(row[3]),
            Count(float(row[4]), float(row[5]), float(row[1])),
        )
        for row in session.execute(counted)
    }
    number = _number_of_step(LeaseRow.start, across)
    came = select(number, func.count()).where(*new_visits(wanted)).group_by(number)
    visits = {row[0]: int(row[1]) for row in session.execute(came)}
    return [
        Moment(step, visits.get(number, 0), *calls.get(number, (0, 0, 0)))
        for number, step in enumerate(across)
    ]


def shortages(session: Session, wanted: SourceFilter) -> list[Shortage]:
    """The steps in which the pool of the site, or of any site, was empty; oldest first."""
    across = steps(wanted.period)
    if not across:
        return []
    number = _number_of_step(LeaseRow.start, across)
    asked = (
        select(number, func.count(LeaseRow.visitor.distinct()))
        # The reason is written into the statement, because the index has it so.
        .where(*started(wanted), LeaseRow.reason == literal_column(f"'{POOL_EMPTY}'"))
        .group_by(number)
    )
    counts = {row[0]: int(row[1]) for row in session.execute(asked)}
    return [Shortage(across[number], counts[number]) for number in sorted(counts)]


def _number_of_step(
    moment: InstrumentedAttribute[datetime], across: Sequence[Step]
) -> ColumnElement[int]:
    """The number of the step that a moment is in.

    Halving finds it with seven comparisons for a hundred steps. Grouping by it reads each row once,
    in the order of an index on the moment, on both databases.
    """

    def among(low: int, high: int) -> ColumnElement[int]:
        if high - low == 1:
            return literal_column(str(low), Integer)
        middle = (low + high) // 2
        return case((moment < across[middle].start, among(low, middle)), else_=among(middle, high))

    return among(0, len(across))
