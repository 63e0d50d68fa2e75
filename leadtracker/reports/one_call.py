"""Everything about one call: its legs, the visits before it, the notifications that made it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.errors import NotFound
from leadtracker.records.tables import CallRow, InboxRow, LeaseRow, LegRow

MOST_NOTIFICATIONS = 40
MOST_VISITS = 20
MOST_CALLS = 10


@dataclass(frozen=True, slots=True)
class OneCall:
    """One call with its legs by their beginning, its visits oldest first, and its notifications."""

    call: CallRow
    legs: Sequence[LegRow]
    visits: Sequence[LeaseRow]
    notifications: Sequence[InboxRow]
    transferred_from: CallRow | None = None

    @property
    def told(self) -> list[tuple[str, str]]:
        """What else the PBX says of the call, in words and values; nothing twice."""
        found = [("Name at the PBX", self.call.caller_name)]
        for leg in self.legs:
            found += _told(leg.record)
        return list(dict.fromkeys((term, text) for term, text in found if text))


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
        visits=visits_before(session, call),
        notifications=session.scalars(received).all(),
        transferred_from=_transferred_from(session, call),
    )


def _transferred_from(session: Session, call: CallRow) -> CallRow | None:
    if not call.original_call_id or call.original_call_id == call.call_id:
        return None
    return call_named(session, [call.account_id], call.original_call_id)


def _told(record: dict[str, Any]) -> list[tuple[str, str]]:
    dialer = record.get("dialer") or {}
    return [
        ("Department", str(record.get("department") or "")),
        ("Top department", str(record.get("top_department") or "")),
        ("Dialer campaign", str(record.get("campaign") or "")),
        ("Attempt", _attempt(dialer.get("RetryNum"), dialer.get("RetryAmount"))),
    ]


def _attempt(number: Any, most: Any) -> str:
    """`2 of 3`; empty where the PBX does not count."""
    if number is None or number == "":
        return ""
    if most is None or most == "":
        return str(number)
    return f"{number} of {most}"


def visits_before(session: Session, call: CallRow) -> Sequence[LeaseRow]:
    """The newest visits of the call's visitor that began before it, oldest first."""
    if not call.visitor_id:
        return ()
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


def legs_as_written(session: Session, call_pk: int) -> Sequence[LegRow]:
    """A call's legs in the order they were written."""
    return session.scalars(
        select(LegRow).where(LegRow.call_pk == call_pk).order_by(LegRow.id)
    ).all()


def calls_of_visitor(
    session: Session, visitor_id: str, most: int | None = MOST_CALLS
) -> Sequence[CallRow]:
    """The newest calls first; all of them when `most` is None."""
    query = select(CallRow).where(CallRow.visitor_id == visitor_id)
    return session.scalars(
        query.order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(most)
    ).all()


def calls_of_number(session: Session, caller: str) -> Sequence[CallRow]:
    """The newest calls first."""
    query = select(CallRow).where(CallRow.caller == caller)
    return session.scalars(
        query.order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(MOST_CALLS)
    ).all()


def call_named(session: Session, account_ids: Iterable[int], call_id: str) -> CallRow | None:
    """The call with this id at its PBX; the newest when two accounts use the same id."""
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
