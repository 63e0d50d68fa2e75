"""Calls and their legs: one row for each (account, call id), made equal to what its callbacks say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson
from sqlalchemy import ColumnElement, delete, func, inspect, select, update
from sqlalchemy.orm import Session

from leadtracker.call_record import CallFacts
from leadtracker.domain import Cdr, Direction, Json, Site
from leadtracker.records.tables import CallRow, LegRow, ShareRow

FEW_DIGITS = 4
NOT_COMING_IN = (Direction.OUTGOING.value, Direction.INTERNAL.value)
COUNTED = ("started_at", "site_id", "outcome", "talk_seconds", "first_time")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A call's copy of its visitor; empty when nobody is known."""

    visitor_id: str | None = None
    match: Json = field(default_factory=dict)
    info: Json = field(default_factory=dict)
    first_touchpoint: Json = field(default_factory=dict)
    touchpoint: Json = field(default_factory=dict)


def snapshot_of(row: CallRow) -> Snapshot:
    return Snapshot(row.visitor_id, row.match, row.visitor_info, row.first_touchpoint, row.touchpoint)


def save(session: Session, row: CallRow, facts: CallFacts) -> None:
    """Write a call, new or known; the caller commits. Legs are replaced: nothing is doubled."""
    session.add(row)
    before = {name: inspect(row).attrs[name].history.deleted for name in ("site_id", "caller")}
    session.flush()
    mark_first_call(session, row.site_id, row.caller)
    if any(before.values()):  # another call may now be the first of that number
        was = {name: (values or [getattr(row, name)])[0] for name, values in before.items()}
        mark_first_call(session, was["site_id"], was["caller"])
    session.execute(update(ShareRow).where(ShareRow.call_pk == row.id).values(counted(row)))
    session.execute(delete(LegRow).where(LegRow.call_pk == row.id))
    session.add_all(_leg(row.id, leg) for leg in facts.legs)


def mark_first_call(session: Session, site_id: int | None, caller: str | None) -> None:
    """Of a number's incoming calls to a site the earliest is its first, whatever arrived first."""
    if site_id is None or caller is None or not caller.startswith("+"):
        return
    of_both = (CallRow.caller == caller, func.coalesce(CallRow.site_id, 0) == site_id)  # not by the site's index
    came = CallRow.direction.not_in(NOT_COMING_IN)
    first = session.scalar(select(CallRow.id).where(*of_both, came).order_by(CallRow.started_at, CallRow.id).limit(1))
    marked = session.scalars(select(CallRow.id).where(*of_both, CallRow.first_time)).all()
    for wrong in [call_pk for call_pk in marked if call_pk != first]:
        _mark(session, wrong, first_time=False)
    if first is not None and first not in marked:
        _mark(session, first, first_time=True)


def _mark(session: Session, call_pk: int, first_time: bool) -> None:
    session.execute(update(CallRow).where(CallRow.id == call_pk).values(first_time=first_time))
    session.execute(update(ShareRow).where(ShareRow.call_pk == call_pk).values(first_time=first_time))


def counted(row: CallRow) -> dict[str, Any]:
    """What the shares of a call repeat of it."""
    came_in = row.direction not in NOT_COMING_IN and row.original_call_id is None
    return {"came_in": came_in} | {name: getattr(row, name) for name in COUNTED}


def fill(row: CallRow, facts: CallFacts, site: Site | None, whose: Snapshot) -> None:
    """Make a call's row say what its callbacks say."""
    row.site_id = site.id if site else None
    for name in COPIED:
        setattr(row, name, getattr(facts, name))
    row.caller_reversed = reversed_digits(facts.caller)
    fill_visitor(row, whose)


def fill_visitor(row: CallRow, whose: Snapshot) -> None:
    row.visitor_id, row.match = whose.visitor_id, whose.match
    row.lease_id = whose.match.get("lease")
    row.visitor_info, row.first_touchpoint, row.touchpoint = (
        whose.info,
        whose.first_touchpoint,
        whose.touchpoint,
    )
    for name in ("channel", "source", "campaign", "landing_page"):
        setattr(row, name, whose.touchpoint.get(name, ""))


COPIED = (
    "started_at", "answered_at", "phase", "outcome", "status", "direction", "caller", "did", "talk_seconds",
    "ring_seconds", "wait_seconds", "extension", "representative", "queue", "recording_url", "price",
    "original_call_id",
)  # fmt: skip


def _leg(call_pk: int, cdr: Cdr) -> LegRow:
    return LegRow(
        call_pk=call_pk, type=cdr.type, started_at=cdr.started_at, status=cdr.status, outcome=cdr.outcome,
        talk_seconds=cdr.talk_seconds, record=orjson.loads(orjson.dumps(asdict(cdr), default=str)),
    )  # fmt: skip


def reversed_digits(number: str | None) -> str:
    return "".join(character for character in number or "" if character.isdigit())[::-1]


def ends_with(digits: str) -> ColumnElement[bool]:
    """Calls whose caller's number ends with these digits.

    A range, so that the index serves it on both databases; of few digits there are so many calls that they are found
    sooner newest first. Its end is digits too: where other signs sort is the database's choice.
    """
    start = digits[::-1]
    if len(digits) < FEW_DIGITS:
        return CallRow.caller_reversed.like(f"{start}%")
    end = start.rstrip("9")
    until = f"{end[:-1]}{int(end[-1]) + 1}" if end else "9" * 40
    return (CallRow.caller_reversed >= start) & (CallRow.caller_reversed < until)


def newest(session: Session, count: int, site_id: int | None = None) -> Sequence[CallRow]:
    wanted = select(CallRow).order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(count)
    return session.scalars(wanted if site_id is None else wanted.where(CallRow.site_id == site_id)).all()
