"""Calls and their legs: one row for each (account, call id), rewritten from its notifications."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import orjson
from sqlalchemy import (
    ColumnElement,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    inspect,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from leadtracker.domain import (
    CallFacts,
    Cdr,
    Direction,
    Json,
    Outcome,
    Phase,
    Site,
    Touchpoint,
    touchpoint_from_json,
    touchpoint_to_json,
)
from leadtracker.records.tables import CallRow, InboxRow, LegRow, ShareRow
from leadtracker.records.tables.calls import OPEN

FEW_DIGITS = 4
RETURNED_WITHIN = timedelta(days=7)  # a later call to somebody is about something else
MOST_TRIES = 20  # to reach them
CALLS, LEGS, SHARES = (cast(Table, row.__table__) for row in (CallRow, LegRow, ShareRow))
NOT_COMING_IN = (Direction.OUTGOING.value, Direction.INTERNAL.value)
COUNTED = ("started_at", "site_id", "outcome", "talk_seconds", "first_time")
FORGET_LEGS = delete(LEGS).where(LEGS.c.call_pk.in_(bindparam("calls", expanding=True)))
COUNT_AGAIN = update(SHARES).where(SHARES.c.call_pk == bindparam("call"))
OF_BOTH = (  # written so that the database uses the index of callers, not that of sites
    CALLS.c.caller == bindparam("caller"),
    func.coalesce(CALLS.c.site_id, 0) == bindparam("site"),
)
FIRST = (
    select(CALLS.c.id)
    .where(*OF_BOTH, CALLS.c.direction.not_in(NOT_COMING_IN))
    .order_by(CALLS.c.started_at, CALLS.c.id)
    .limit(1)
)
MARKED = select(CALLS.c.id).where(*OF_BOTH, CALLS.c.first_time)
COPIED = (
    "started_at",
    "answered_at",
    "phase",
    "outcome",
    "status",
    "direction",
    "caller",
    "did",
    "talk_seconds",
    "ring_seconds",
    "wait_seconds",
    "extension",
    "representative",
    "queue",
    "recording_url",
    "price",
    "original_call_id",
    "caller_name",
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A call's copy of its visitor; empty when nobody is known."""

    visitor_id: str | None = None
    match: Json = field(default_factory=dict)
    info: Json = field(default_factory=dict)
    first_touchpoint: Touchpoint | None = None
    touchpoint: Touchpoint | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "visitor_id": self.visitor_id,
            "match": self.match,
            "info": self.info,
            "first_touchpoint": touchpoint_to_json(self.first_touchpoint),
            "touchpoint": touchpoint_to_json(self.touchpoint),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Snapshot:
        return cls(
            value["visitor_id"],
            value["match"],
            value["info"],
            touchpoint_from_json(value["first_touchpoint"]),
            touchpoint_from_json(value["touchpoint"]),
        )


def snapshot_of(row: CallRow) -> Snapshot:
    return Snapshot(
        row.visitor_id, row.match, row.visitor_info, row.first_touchpoint, row.touchpoint
    )


def new_call(account_id: int, call_id: str, *, named: bool) -> CallRow:
    """Begin the row of a call that nothing else is known of yet; `named` by the PBX, not by us."""
    row = CallRow(
        account_id=account_id, call_id=call_id, named=named, first_time=False, called_back=False
    )
    fill_visitor(row, Snapshot())
    return row


def fill(row: CallRow, facts: CallFacts, site: Site | None) -> None:
    """Make a call's row say what its notifications say."""
    row.site_id = site.id if site else None
    for name in COPIED:
        setattr(row, name, getattr(facts, name))
    row.caller_reversed = reversed_digits(facts.caller)


def fill_visitor(row: CallRow, copy: Snapshot) -> None:
    """Make a call's row say whose it is; to assign a call, use `who_called.assignment`."""
    row.visitor_id, row.match = copy.visitor_id, copy.match
    row.lease_id = copy.match.get("lease")
    row.visitor_info = copy.info
    row.first_touchpoint, row.touchpoint = copy.first_touchpoint, copy.touchpoint
    for name, text in (copy.touchpoint or Touchpoint()).origin.items():
        setattr(row, name, text)


def save(session: Session, calls: Iterable[tuple[CallRow, CallFacts]]) -> None:
    """Write calls, new or known. Replaces their legs, so nothing is doubled. The caller commits."""
    calls = list(calls)
    known = [row for row, _ in calls if row.id is not None]
    session.add_all(row for row, _ in calls)
    numbers: set[tuple[int | None, str | None]] = set()
    for row, _ in calls:  # another call of a number that a row had, or has now, may be its first
        before = {name: inspect(row).attrs[name].history.deleted for name in ("site_id", "caller")}
        was = {name: (values or [getattr(row, name)])[0] for name, values in before.items()}
        numbers |= {(row.site_id, row.caller), (was["site_id"], was["caller"])}
    session.flush()
    for site_id, caller in numbers:
        mark_first_call(session, site_id, caller)
    if known:
        session.execute(COUNT_AGAIN, [{"call": row.id} | counted(row) for row in known])
    session.execute(FORGET_LEGS, {"calls": [row.id for row, _ in calls]})
    if legs := [_leg(row.id, leg) for row, facts in calls for leg in facts.legs]:
        session.execute(insert(LEGS), legs)


def mark_first_call(session: Session, site_id: int | None, caller: str | None) -> None:
    """Mark the earliest incoming call of a number to a site as its first."""
    if site_id is None or caller is None or not caller.startswith("+"):
        return
    of_both = {"caller": caller, "site": site_id}
    first = session.scalar(FIRST, of_both)
    marked = session.scalars(MARKED, of_both).all()
    for wrong in [call_pk for call_pk in marked if call_pk != first]:
        _mark(session, wrong, first_time=False)
    if first is not None and first not in marked:
        _mark(session, first, first_time=True)


def _mark(session: Session, call_pk: int, first_time: bool) -> None:
    session.execute(update(CallRow).where(CallRow.id == call_pk).values(first_time=first_time))
    session.execute(
        update(ShareRow).where(ShareRow.call_pk == call_pk).values(first_time=first_time)
    )


def counted(row: CallRow) -> dict[str, Any]:
    """What the shares of a call repeat of it."""
    reached = row.called_back and row.outcome == Outcome.ANSWERED
    came_in = (row.direction not in NOT_COMING_IN or reached) and row.original_call_id is None
    return {"came_in": came_in} | {name: getattr(row, name) for name in COUNTED}


def _leg(call_pk: int, cdr: Cdr) -> dict[str, Any]:
    return {
        "call_pk": call_pk,
        "type": cdr.type,
        "started_at": cdr.started_at,
        "status": cdr.status,
        "outcome": cdr.outcome,
        "talk_seconds": cdr.talk_seconds,
        "record": orjson.loads(orjson.dumps(cdr, default=str)),
    }


def reversed_digits(number: str | None) -> str:
    return "".join(character for character in number or "" if character.isdigit())[::-1]


def ends_with(digits: str) -> ColumnElement[bool]:
    """Calls whose caller's number ends with these digits.

    This is a range, so that the index serves it on both databases. Its end is digits too: where
    other characters sort is the database's choice. Few digits match so many calls that reading
    the newest calls one by one finds them sooner.
    """
    start = digits[::-1]
    if len(digits) < FEW_DIGITS:
        return CallRow.caller_reversed.like(f"{start}%")
    until = "9" * 40
    if end := start.rstrip("9"):
        until = f"{end[:-1]}{int(end[-1]) + 1}"
    return (CallRow.caller_reversed >= start) & (CallRow.caller_reversed < until)


def newest(session: Session, count: int, site_id: int | None = None) -> Sequence[CallRow]:
    wanted = select(CallRow).order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(count)
    if site_id is not None:
        wanted = wanted.where(CallRow.site_id == site_id)
    return session.scalars(wanted).all()


def newest_of_visitor(session: Session, visitor: str) -> CallRow | None:
    of_visitor = select(CallRow).where(CallRow.visitor_id == visitor)
    return session.scalar(of_visitor.order_by(CallRow.started_at.desc()).limit(1))


def missed_before(session: Session, account_id: int, caller: str, at: datetime) -> CallRow | None:
    """The missed call that a call to its caller returns.

    None when the caller has been talked to since, or when it is too long ago.
    """
    since = select(CallRow).where(
        CallRow.account_id == account_id,
        CallRow.caller == caller,
        CallRow.started_at.between(at - RETURNED_WITHIN, at - timedelta(microseconds=1)),
    )
    newest = since.order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(MOST_TRIES)
    for row in session.scalars(newest):
        if row.outcome == Outcome.ANSWERED:
            return None
        if row.direction not in NOT_COMING_IN:
            return row
    return None


def that_return(session: Session, call: CallRow) -> Sequence[int]:
    """The later calls to a caller that may return this call, or seemed to."""
    after = CallRow.started_at.between(call.started_at, call.started_at + RETURNED_WITHIN)
    return session.scalars(
        select(CallRow.id).where(
            CallRow.caller == call.caller,
            after,
            CallRow.account_id == call.account_id,
            CallRow.direction == Direction.OUTGOING.value,
        )
    ).all()


def known_by(
    session: Session, site_ids: Collection[int], caller: str, before: datetime
) -> CallRow | None:
    """The newest call of a number to these sites that came in, and was a visitor's.

    A call that we had the PBX make proves nothing: anybody can ask for it, under any name.
    """
    known = select(CallRow).where(
        CallRow.caller == caller,
        CallRow.started_at < before,
        CallRow.direction.not_in(NOT_COMING_IN),
        CallRow.called_back.is_(False),
        CallRow.site_id.in_(site_ids),
        CallRow.visitor_id.is_not(None),
    )
    return session.scalar(known.order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(1))


def silent(session: Session, before: datetime, count: int) -> Sequence[int]:
    """Calls without an end of which nothing has come since a moment.

    A PBX whose clock is wrong may name a beginning that is still to come.
    """
    told = exists().where(InboxRow.call_pk == CallRow.id)
    heard = told.where(or_(InboxRow.received_at > before, InboxRow.state == "new"))
    found = select(CallRow.id).where(OPEN, or_(CallRow.started_at < before, told), ~heard)
    return session.scalars(found.order_by(CallRow.started_at).limit(count)).all()


def end(session: Session, call_pk: int) -> None:
    """End a call of which no notification is kept any more."""
    session.execute(update(CallRow).where(CallRow.id == call_pk).values(phase=Phase.ENDED.value))


def named(session: Session, account_id: int, call_id: str) -> CallRow | None:
    """The call of an account that has this name."""
    return session.scalar(
        select(CallRow).where(CallRow.account_id == account_id, CallRow.call_id == call_id)
    )


def earliest_between(
    session: Session,
    account_id: int,
    number: tuple[str, str | None],
    span: tuple[datetime, datetime],
    *,
    but: Sequence[int],
    unnamed: bool,
) -> CallRow | None:
    """The first call of a (caller, DID) that began in a span, other than `but`.

    An outgoing call may name no DID.
    """
    caller, did = number
    nameless = CallRow.did.is_(None) & (CallRow.direction == Direction.OUTGOING.value)
    near = select(CallRow).where(
        CallRow.account_id == account_id,
        CallRow.caller == caller,
        or_(CallRow.did == did, nameless),
        CallRow.started_at.between(*span),
        CallRow.id.not_in(but),
    )
    if unnamed:
        near = near.where(CallRow.named.is_(False))
    return session.scalar(near.order_by(CallRow.started_at).limit(1))
