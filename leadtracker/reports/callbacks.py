"""Which callback requests there were, what became of them, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, func, literal, select, tuple_
from sqlalchemy.orm import Session

from leadtracker.callback_rules.course import State
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.database import UtcDateTime
from leadtracker.records.session import reading
from leadtracker.records.tables import SiteRow
from leadtracker.reports.calls import PAGE, PAGE_OF_EXPORT, Cursor
from leadtracker.reports.period import Period

REACHED_AGENT = (State.AGENT_ANSWERED, State.VISITOR_ANSWERED, State.TALKED)
REACHED_VISITOR = (State.VISITOR_ANSWERED, State.TALKED)


@dataclass(frozen=True, slots=True)
class CallbackFilter:
    """Which requests are asked for. A field that is None does not narrow."""

    period: Period
    site_id: int | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class CallbackPage:
    """The newest first. A cursor is None where the list ends."""

    callbacks: Sequence[CallbackRow]
    newer: Cursor | None
    older: Cursor | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far the requests of a period came, and how many are in each state.

    Each request counts for every step that it reached.
    """

    asked: int
    let_through: int
    dialed: int
    agent_answered: int
    talked: int
    talk_seconds: int
    states: dict[State, int]


def callback_page(
    session: Session,
    wanted: CallbackFilter,
    before: Cursor | None = None,
    after: Cursor | None = None,
    size: int = PAGE,
) -> CallbackPage:
    """The requests older than `before`, or just newer than `after`, or the newest."""
    query = select(CallbackRow).where(*_conditions(wanted)).limit(size + 1)
    place = tuple_(CallbackRow.made_at, CallbackRow.pk)
    if after is not None:
        query = query.where(place > _at(after)).order_by(CallbackRow.made_at, CallbackRow.pk)
        found = session.scalars(query).all()
        callbacks = found[:size][::-1]
        return CallbackPage(
            callbacks, _edge(callbacks[:1], len(found) > size), _edge(callbacks[-1:], True)
        )
    if before is not None:
        query = query.where(place < _at(before))
    found = session.scalars(query.order_by(CallbackRow.made_at.desc(), CallbackRow.pk.desc())).all()
    callbacks = found[:size]
    return CallbackPage(
        callbacks,
        _edge(callbacks[:1], before is not None),
        _edge(callbacks[-1:], len(found) > size),
    )


def every_callback(engine: Engine, wanted: CallbackFilter) -> Iterator[CallbackRow]:
    """All of them, newest first, read some at a time."""
    before = None
    while True:
        with reading(engine) as session:
            page = callback_page(session, wanted, before=before, size=PAGE_OF_EXPORT)
        yield from page.callbacks
        if page.older is None:
            return
        before = page.older


def newest_callbacks(
    session: Session, count: int, site_id: int | None = None
) -> Sequence[tuple[CallbackRow, str]]:
    """The newest requests first, each with the name of its site."""
    wanted = select(CallbackRow, SiteRow.name).join(SiteRow, SiteRow.id == CallbackRow.site_id)
    if site_id is not None:
        wanted = wanted.where(CallbackRow.site_id == site_id)
    newest = wanted.order_by(CallbackRow.made_at.desc(), CallbackRow.pk.desc()).limit(count)
    return [(row, name) for row, name in session.execute(newest)]


def any_callback(session: Session) -> bool:
    return session.scalar(select(CallbackRow.pk).limit(1)) is not None


def funnel(session: Session, wanted: CallbackFilter) -> Funnel:
    # A request that failed at the visitor had reached its agent.
    answered = CallbackRow.code.startswith("visitor:")
    counted = select(
        CallbackRow.state,
        answered,
        func.count(),
        func.count(CallbackRow.dialled_at),
        func.sum(CallbackRow.talk_seconds),
    )
    states: Counter[State] = Counter()
    dialed = seconds = reached = 0
    for state, by_agent, number, of_dialed, talked in session.execute(
        counted.where(*_conditions(wanted)).group_by(CallbackRow.state, answered)
    ):
        states[State(state)] += number
        dialed += of_dialed
        seconds += talked or 0
        if by_agent or state in REACHED_AGENT:
            reached += number
    return Funnel(
        asked=sum(states.values()),
        let_through=sum(states.values()) - states[State.REFUSED],
        dialed=dialed,
        agent_answered=reached,
        talked=sum(states[state] for state in REACHED_VISITOR),
        talk_seconds=seconds,
        states={state: states[state] for state in State if states[state]},
    )


def callback_of_call(session: Session, call_pk: int) -> CallbackRow | None:
    """The request that a call was made for, None when there was none."""
    return session.scalar(select(CallbackRow).where(CallbackRow.call_pk == call_pk).limit(1))


def newest_callback(session: Session, *, visitor: str = "", target: str = "") -> CallbackRow | None:
    """The last request of a visitor, or for a number in E.164, that was not refused."""
    mine = CallbackRow.visitor == visitor if visitor else CallbackRow.target == target
    found = select(CallbackRow).where(mine, CallbackRow.state != State.REFUSED)
    return session.scalar(found.order_by(CallbackRow.pk.desc()).limit(1))


def counts(session: Session, since: datetime) -> list[tuple[int, str, int]]:
    """(site, state, number) of the requests made since a moment."""
    query = select(CallbackRow.site_id, CallbackRow.state, func.count()).where(
        CallbackRow.made_at >= since
    )
    return [
        (site, state, n)
        for site, state, n in session.execute(
            query.group_by(CallbackRow.site_id, CallbackRow.state)
        )
    ]


def _conditions(wanted: CallbackFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.period.start is not None:
        found.append(CallbackRow.made_at >= wanted.period.start)
    if wanted.period.end is not None:
        found.append(CallbackRow.made_at < wanted.period.end)
    if wanted.site_id is not None:
        found.append(CallbackRow.site_id == wanted.site_id)
    if wanted.state is not None:
        found.append(CallbackRow.state == wanted.state)
    return found


def _at(cursor: Cursor) -> ColumnElement[tuple[datetime, int]]:
    return tuple_(literal(cursor.at, UtcDateTime()), literal(cursor.id))


def _edge(callbacks: Sequence[CallbackRow], more: bool) -> Cursor | None:
    if not callbacks or not more:
        return None
    return Cursor(callbacks[0].made_at, callbacks[0].pk)
