"""What brings calls: visits, calls and talk time by channel, source, campaign or landing page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from leadtracker.domain import Direction, Outcome
from leadtracker.records.tables import CallRow, LeaseRow
from leadtracker.reports.calls import NOT_ANSWERED
from leadtracker.reports.period import Period

DIMENSIONS = {  # the word in the address -> columns
    "channel": ("channel",),
    "source": ("channel", "source"),
    "campaign": ("source", "campaign"),
    "landing": ("landing_page",),
}


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """`site_id` None: all sites together."""

    period: Period
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What one source brought; `key` has a value for each column of its dimension, '' where nothing is known.

    calls are incoming ones, answered, missed (any other end) or still going on; `first_time`: no earlier call from
    that number to that site.
    """

    key: tuple[str, ...]
    visits: int = 0
    calls: int = 0
    answered: int = 0
    missed: int = 0
    first_time: int = 0
    talk_seconds: int = 0

    @property
    def calls_per_visit(self) -> float | None:
        return self.calls / self.visits if self.visits else None

    @property
    def average_talk_seconds(self) -> float | None:
        return self.talk_seconds / self.answered if self.answered else None


def sources(session: Session, wanted: SourceFilter, dimension: str) -> list[SourceLine]:
    """Most calls first, then most visits."""
    names = DIMENSIONS[dimension]
    columns = [func.coalesce(getattr(CallRow, name), "") for name in names]  # not by a column's index: by the period's
    counted = select(*columns, *figures()).where(*incoming(wanted)).group_by(*columns)
    width = len(names)
    calls: dict[tuple[str, ...], Sequence[Any]] = {
        tuple(row[:width]): [int(value or 0) for value in row[width:]] for row in session.execute(counted)
    }
    columns = [func.coalesce(getattr(LeaseRow, name), "") for name in names]
    came = select(*columns, func.count()).where(*new_visits(wanted)).group_by(*columns)
    visits = {tuple(row[:width]): int(row[width]) for row in session.execute(came)}
    lines = [SourceLine(key, visits.get(key, 0), *calls.get(key, ())) for key in calls.keys() | visits.keys()]
    return sorted(lines, key=lambda line: (-line.calls, -line.visits, line.key))


def total(lines: Sequence[SourceLine]) -> SourceLine:
    return SourceLine(
        (),
        *(
            sum(getattr(line, name) for line in lines)
            for name in ("visits", "calls", "answered", "missed", "first_time", "talk_seconds")
        ),
    )


def figures() -> tuple[ColumnElement[Any], ...]:
    """calls, answered, missed, first_time, talk_seconds of whatever rows of calls a query groups."""
    return (
        func.count(),
        func.sum(case((CallRow.outcome == Outcome.ANSWERED.value, 1), else_=0)),
        func.sum(case((CallRow.outcome.in_([outcome.value for outcome in NOT_ANSWERED]), 1), else_=0)),
        func.sum(case((_first_time(), 1), else_=0)),
        func.sum(CallRow.talk_seconds),
    )


def incoming(wanted: SourceFilter) -> list[ColumnElement[bool]]:
    """Calls that came in; the part of one after it was transferred is no second call."""
    conditions: list[ColumnElement[bool]] = [
        CallRow.direction.not_in([Direction.OUTGOING.value, Direction.INTERNAL.value]),
        CallRow.original_call_id.is_(None),
    ]
    if wanted.period.start is not None:
        conditions.append(CallRow.started_at >= wanted.period.start)
    if wanted.period.end is not None:
        conditions.append(CallRow.started_at < wanted.period.end)
    if wanted.site_id is not None:
        conditions.append(CallRow.site_id == wanted.site_id)
    return conditions


def new_visits(wanted: SourceFilter) -> list[ColumnElement[bool]]:
    return [LeaseRow.new_visit.is_(True), *started(wanted)]


def started(wanted: SourceFilter) -> list[ColumnElement[bool]]:
    """Leases, and requests for one, that began in the period."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.period.start is not None:
        conditions.append(LeaseRow.start >= wanted.period.start)
    if wanted.period.end is not None:
        conditions.append(LeaseRow.start < wanted.period.end)
    if wanted.site_id is not None:
        conditions.append(LeaseRow.site_id == wanted.site_id)
    return conditions


def _first_time() -> ColumnElement[bool]:
    """A number that had not called the site before; withheld numbers are nobody's first call."""
    earlier = aliased(CallRow)
    before = (
        select(earlier.id)
        .where(
            earlier.caller == CallRow.caller,
            func.coalesce(earlier.site_id, 0) == func.coalesce(CallRow.site_id, 0),  # not by the site's index
            earlier.direction.not_in([Direction.OUTGOING.value, Direction.INTERNAL.value]),
            tuple_(earlier.started_at, earlier.id) < tuple_(CallRow.started_at, CallRow.id),
        )
        .correlate(CallRow)
        .exists()
    )
    return and_(CallRow.caller.like("+%"), CallRow.site_id.is_not(None), ~before)
