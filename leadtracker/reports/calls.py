"""Which calls there were: filters, and pages that cost the same at the millionth call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Engine, Select, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from leadtracker.domain import Outcome
from leadtracker.errors import BadRequest
from leadtracker.records.calls import ends_with
from leadtracker.records.database import UtcDateTime
from leadtracker.records.session import reading
from leadtracker.records.tables import CallRow
from leadtracker.reports.period import Period

PAGE = 50
PAGE_OF_EXPORT = 2000
CURSOR = re.compile(r"([0-9]{1,17})-([0-9]{1,18})\Z")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_ANSWERED = (Outcome.MISSED, Outcome.BUSY, Outcome.ABANDONED, Outcome.VOICEMAIL, Outcome.FAILED)
OUTCOMES: dict[str, tuple[Outcome, ...]] = {  # the filter's word -> the outcomes it stands for
    "answered": (Outcome.ANSWERED,),
    "not answered": NOT_ANSWERED,
    **{outcome.value: (outcome,) for outcome in (*NOT_ANSWERED, Outcome.UNKNOWN)},
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two calls. A page begins after it."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.id}"


def cursor_of(call: CallRow) -> Cursor:
    return Cursor(call.started_at, call.id)


def read_cursor(text: str) -> Cursor:
    """The cursor in a text of ours. Raises BadRequest."""
    place = CURSOR.match(text)
    if place is None:
        raise BadRequest("the place in the list is not one of ours")
    return Cursor(EPOCH + timedelta(microseconds=int(place[1])), int(place[2]))


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls are asked for. A field that is None or empty does not narrow.

    `callers` are numbers of which any will do. `last_digits` are the end of the caller's number.
    """

    period: Period
    site_id: int | None = None
    channel: str | None = None
    source: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    callers: tuple[str, ...] = ()
    last_digits: str = ""


@dataclass(frozen=True, slots=True)
class CallPage:
    """The newest first. A cursor is None where the list ends."""

    calls: Sequence[CallRow]
    newer: Cursor | None
    older: Cursor | None


def call_page(
    session: Session,
    wanted: CallFilter,
    before: Cursor | None = None,
    after: Cursor | None = None,
    size: int = PAGE,
) -> CallPage:
    """The calls older than `before`, or just newer than `after`, or the newest."""
    query = select(CallRow).where(*_conditions(wanted)).limit(size + 1)
    place = tuple_(CallRow.started_at, CallRow.id)
    if after is not None:
        query = query.where(place > _at(after)).order_by(CallRow.started_at, CallRow.id)
        found = session.scalars(query).all()
        calls = found[:size][::-1]
        return CallPage(calls, _edge(calls[:1], len(found) > size), _edge(calls[-1:], True))
    if before is not None:
        query = query.where(place < _at(before))
    found = session.scalars(query.order_by(CallRow.started_at.desc(), CallRow.id.desc())).all()
    calls = found[:size]
    return CallPage(
        calls, _edge(calls[:1], before is not None), _edge(calls[-1:], len(found) > size)
    )


def every_call(engine: Engine, wanted: CallFilter) -> Iterator[CallRow]:
    """All of them, newest first. An export holds neither memory nor a transaction."""
    before = None
    while True:
        with reading(engine) as session:
            page = call_page(session, wanted, before=before, size=PAGE_OF_EXPORT)
        yield from page.calls
        if page.older is None:
            return
        before = page.older


def any_call(session: Session) -> bool:
    return session.scalar(select(CallRow.id).limit(1)) is not None


def known_channels(session: Session) -> list[str]:
    return _distinct(session, CallRow.channel)


def known_sources(session: Session) -> list[str]:
    return _distinct(session, CallRow.source)


def _distinct(session: Session, column: InstrumentedAttribute[str]) -> list[str]:
    """The values of an indexed column.

    It hops from one value to the next; DISTINCT would read every row.
    """
    first: Select[tuple[str]] = select(func.min(column).label("value"))
    hops = first.cte("hops", recursive=True)
    next_one = select(func.min(column)).where(column > hops.c.value).scalar_subquery()
    hops = hops.union_all(select(next_one).where(hops.c.value.is_not(None)))
    return [value for value in session.scalars(select(hops.c.value).limit(500)) if value]


def _conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.period.start is not None:
        found.append(CallRow.started_at >= wanted.period.start)
    if wanted.period.end is not None:
        found.append(CallRow.started_at < wanted.period.end)
    if wanted.site_id is not None:
        found.append(CallRow.site_id == wanted.site_id)
    if wanted.channel is not None:
        found.append(CallRow.channel == wanted.channel)
    if wanted.source is not None:
        found.append(CallRow.source == wanted.source)
    if len(wanted.outcomes) == 1:
        found.append(CallRow.outcome == wanted.outcomes[0].value)
    elif wanted.outcomes:
        # `coalesce` keeps the database from the index of outcomes: so many calls are found sooner
        # when it reads the newest first.
        found.append(
            func.coalesce(CallRow.outcome, "").in_([outcome.value for outcome in wanted.outcomes])
        )
    if wanted.last_digits:
        found.append(ends_with(wanted.last_digits))
    elif wanted.callers:
        found.append(CallRow.caller.in_(wanted.callers))
    return found


def _at(cursor: Cursor) -> ColumnElement[tuple[datetime, int]]:
    return tuple_(literal(cursor.at, UtcDateTime()), literal(cursor.id))


def _edge(calls: Sequence[CallRow], more: bool) -> Cursor | None:
    if not calls or not more:
        return None
    return cursor_of(calls[0])
