"""What brings calls: visits, calls and talk time by channel, source, campaign or landing page.

A call counts for a source by the probability that it came from there: its shares, which sum to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, case, cast, func, or_, select
from sqlalchemy.orm import Session

from leadtracker.domain import Outcome
from leadtracker.matching.interval import Count
from leadtracker.matching.posterior import CERTAIN
from leadtracker.records.calls import NOT_COMING_IN
from leadtracker.records.tables import CallRow, LeaseRow, ShareRow
from leadtracker.reports.calls import NOT_ANSWERED
from leadtracker.reports.period import Period

DIMENSIONS = {  # the word in the address -> columns
    "channel": ("channel",),
    "source": ("channel", "source"),
    "campaign": ("source", "campaign"),
    "landing": ("landing_page",),
}
NONE = Count(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """The calls to count; of all sites together when `site_id` is None."""

    period: Period
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What one source brought.

    | field      | meaning                                                              |
    |------------|----------------------------------------------------------------------|
    | key        | a value for each column of the dimension, '' where nothing is known  |
    | calls      | incoming calls, and people called back who answered                  |
    | missed     | calls that ended in any other way than answered                      |
    | first_time | calls from numbers that had not called the site before               |
    | certain    | calls that came from there with a probability of 0.8 or more         |
    """

    key: tuple[str, ...]
    visits: int = 0
    calls: Count = NONE
    certain: int = 0
    answered: Count = NONE
    missed: Count = NONE
    first_time: Count = NONE
    talk_seconds: Count = NONE

    @property
    def calls_per_visit(self) -> float | None:
        if not self.visits:
            return None
        return self.calls.mean / self.visits

    @property
    def average_talk_seconds(self) -> float | None:
        if self.answered.mean <= 0:
            return None
        return self.talk_seconds.mean / self.answered.mean


def sources(session: Session, wanted: SourceFilter, dimension: str) -> list[SourceLine]:
    """The sources with most calls first, then those with most visits."""
    names = DIMENSIONS[dimension]
    width = len(names)
    calls = {
        tuple(row[:width]): _figures(row[width:])
        for row in session.execute(_by_probability(wanted, dimension))
    }
    columns = [func.coalesce(getattr(LeaseRow, name), "") for name in names]
    came = select(*columns, func.count()).where(*new_visits(wanted)).group_by(*columns)
    visits = {tuple(row[:width]): int(row[width]) for row in session.execute(came)}
    lines = [
        SourceLine(key, visits.get(key, 0), *calls.get(key, ()))
        for key in calls.keys() | visits.keys()
    ]
    return sorted(lines, key=lambda line: (-line.calls.mean, -line.visits, line.key))


def total(lines: Sequence[SourceLine]) -> SourceLine:
    """All calls, whoever brought them. Only `certain` depends on the sources."""
    return SourceLine(
        (),
        sum(line.visits for line in lines),
        _whole(line.calls for line in lines),
        sum(line.certain for line in lines if any(line.key)),
        *(
            _whole(getattr(line, name) for line in lines)
            for name in ("answered", "missed", "first_time", "talk_seconds")
        ),
    )


def _whole(parts: Any) -> Count:
    number = round(sum(part.mean for part in parts))
    return Count(number, 0.0, number)


def _by_probability(wanted: SourceFilter, dimension: str) -> Select[Any]:
    """The figures of each key, in the order that `_figures` reads.

    First come those of its calls: their sum and variance, how many it has a part in, and how many
    are certain. Then come sum and variance of the other figures. One more sum costs a tenth of the
    time.
    """
    keys = [getattr(ShareRow, name) for name in DIMENSIONS[dimension]]
    p = getattr(ShareRow, f"by_{dimension}")
    open_ = p * (1 - p)
    counted: list[ColumnElement[Any]] = [
        func.sum(p),
        func.sum(open_),
        func.count(),
        func.sum(case((p >= CERTAIN, 1), else_=0)),
    ]
    for figure in (
        answered(ShareRow),
        missed(ShareRow),
        case((ShareRow.first_time, 1), else_=0),
        cast(ShareRow.talk_seconds, Float),
    ):
        counted += [func.sum(p * figure), func.sum(open_ * figure * figure)]
    counted.append(func.sum(ShareRow.talk_seconds))
    return (
        select(*keys, *counted)
        .where(ShareRow.came_in, *_of_period(wanted, ShareRow), p > 0)
        .group_by(*keys)
    )


def _figures(row: Sequence[Any]) -> tuple[Any, ...]:
    """The fields of a line after its visits."""
    of_calls, talked = Count(*map(float, row[:3])), float(row[-1])
    most = (of_calls.most, of_calls.most, of_calls.most, talked)
    rest = [
        Count(float(row[4 + 2 * place]), float(row[5 + 2 * place]), most[place])
        for place in range(len(most))
    ]
    return of_calls, int(row[3]), *rest


def answered(row: type[CallRow | ShareRow] = CallRow) -> ColumnElement[int]:
    return case((row.outcome == Outcome.ANSWERED.value, 1), else_=0)


def missed(row: type[CallRow | ShareRow] = CallRow) -> ColumnElement[int]:
    return case((row.outcome.in_([outcome.value for outcome in NOT_ANSWERED]), 1), else_=0)


def incoming(wanted: SourceFilter) -> list[ColumnElement[bool]]:
    """Calls that came in, and those that reached whom we called back.

    A transferred call is one call, not two.
    """
    reached = CallRow.called_back & (CallRow.outcome == Outcome.ANSWERED.value)
    came_in = [
        or_(CallRow.direction.not_in(NOT_COMING_IN), reached),
        CallRow.original_call_id.is_(None),
    ]
    return came_in + _of_period(wanted, CallRow)


def _of_period(wanted: SourceFilter, row: type[CallRow | ShareRow]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.period.start is not None:
        conditions.append(row.started_at >= wanted.period.start)
    if wanted.period.end is not None:
        conditions.append(row.started_at < wanted.period.end)
    if wanted.site_id is not None:
        # `coalesce` keeps the database from the index of sites: that of the period has all columns.
        conditions.append(func.coalesce(row.site_id, 0) == wanted.site_id)
    return conditions


def new_visits(wanted: SourceFilter) -> list[ColumnElement[bool]]:
    return [LeaseRow.new_visit.is_(True), *started(wanted)]


def started(wanted: SourceFilter) -> list[ColumnElement[bool]]:
    """Leases of the period, and requests for one that got none."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.period.start is not None:
        conditions.append(LeaseRow.start >= wanted.period.start)
    if wanted.period.end is not None:
        conditions.append(LeaseRow.start < wanted.period.end)
    if wanted.site_id is not None:
        conditions.append(LeaseRow.site_id == wanted.site_id)
    return conditions
