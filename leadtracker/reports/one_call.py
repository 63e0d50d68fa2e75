"""Everything about one call: its legs, its visitor's visits before it, and the notifications it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.errors import NotFound
from leadtracker.records.tables import CallRow, InboxRow, LeaseRow, LegRow

MOST_NOTIFICATIONS = 40
MOST_VISITS = 20
MOST_CALLS = 10


@dataclass(frozen=True, slots=True)
class OneCall:
    """`legs` in the order they began, `visits` oldest first, `notifications` as received."""

    call: CallRow
    legs: Sequence[LegRow]
    visits: Sequence[LeaseRow]
    notifications: Sequence[InboxRow]


def one_call(session: Session, call_pk: int) -> OneCall:
    """Raises NotFound."""
    call = session.get(CallRow, call_pk)
    if call is None:
        raise NotFound("there is no such call")
    legs = session.scalars(
        select(LegRow).where(LegRow.call_pk == call.id).order_by(LegRow.started_at, LegRow.id)
    ).all()
    received = (
        select(InboxRow)
        .where(InboxRow.call_pk == call.id)
        .order_by(InboxRow.id)
        .limit(MOST_NOTIFICATIONS)
    )
    return OneCall(
        call=call,
        legs=legs,
        visits=visits_before(session, call) if call.visitor_id else (),
        notifications=session.scalars(received).all(),
    )


def visits_before(session: Session, call: CallRow) -> Sequence[LeaseRow]:
    """The newest visits of the call's visitor that began before it, oldest first."""
    query = (
        select(LeaseRow)
        .where(
            LeaseRow.visitor == call.visitor_id,
            LeaseRow.new_visit.is_(True),
            LeaseRow.start <= call.started_at,
        )
        .order_by(LeaseRow.start.desc())
        .limit(MOST_VISITS)
    )
    return session.scalars(query).all()[::-1]


def calls_of_visitor(session: Session, visitor_id: str) -> Sequence[CallRow]:
    """Newest first."""
    query = select(CallRow).where(CallRow.visitor_id == visitor_id)
    return session.scalars(
        query.order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(MOST_CALLS)
    ).all()


def calls_of_number(session: Session, caller: str) -> Sequence[CallRow]:
    """Newest first."""
    query = select(CallRow).where(CallRow.caller == caller)
    return session.scalars(
        query.order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(MOST_CALLS)
    ).all()


def call_named(session: Session, account_ids: Iterable[int], call_id: str) -> CallRow | None:
    """The call that a PBX names so; the newest when two accounts use the same name."""
    query = select(CallRow).where(CallRow.account_id.in_(account_ids), CallRow.call_id == call_id)
    return session.scalar(query.order_by(CallRow.started_at.desc()).limit(1))


def site_of_visitor(session: Session, visitor_id: str) -> int | None:
    """The site a visitor was last on, by the lease log."""
    query = (
        select(LeaseRow.site_id)
        .where(LeaseRow.visitor == visitor_id)
        .order_by(LeaseRow.start.desc())
        .limit(1)
    )
    return session.scalar(query)
