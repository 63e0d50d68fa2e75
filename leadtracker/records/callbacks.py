"""Callback requests in SQL: written before we dial, claimed by one dialer, advanced by their calls.

Whoever changes a request holds the writer's turn and commits. A state changes only by
`course.after`, or by a claim that asks for the state it found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from leadtracker.callback_rules.course import (
    ENDED,
    State,
    after,
    failure,
    state_of,
)
from leadtracker.domain import Cdr, Direction, ScreenPop
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.session import rows_changed
from leadtracker.records.tables import CallRow

UNDER_WAY = (State.DIALING, State.AGENT_ANSWERED, State.VISITOR_ANSWERED)
MOST_AT_ONCE = 50  # requests that a sweep looks at
LONGEST_SITE_ID = 9  # digits


def reference(row: CallbackRow) -> str:
    """What names a request in the PBX's screen pops and CDRs."""
    return f"{row.site_id}-{row.id}"


def taken(session: Session, site_id: int, request: str) -> CallbackRow | None:
    """The request that has this id already. A refused request does not keep its id."""
    return session.scalar(_taken(site_id, request))


def _taken(site_id: int, request: str) -> Select[CallbackRow]:
    found = select(CallbackRow).where(CallbackRow.site_id == site_id, CallbackRow.id == request)
    return found.where(CallbackRow.state != State.REFUSED)


def of_visitor(session: Session, request: str, visitor: str) -> CallbackRow | None:
    """The newest request with this id that this visitor made, refused or not."""
    found = select(CallbackRow).where(CallbackRow.id == request, CallbackRow.visitor == visitor)
    return session.scalar(found.order_by(CallbackRow.pk.desc()).limit(1))


def add(session: Session, row: CallbackRow) -> bool:
    """Write and commit a request; False when its id has been taken meanwhile."""
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True


def claim(session: Session, pk: int, found_as: State, now: datetime) -> bool:
    """Make a request `dialling` and commit.

    True for one of all who try: that one dials, and nobody else ever does.
    """
    mine = update(CallbackRow).where(CallbackRow.pk == pk, CallbackRow.state == found_as)
    claimed = rows_changed(session, mine.values(state=State.DIALING, dialled_at=now))
    session.commit()
    return bool(claimed)


def cancel(session: Session, pk: int, now: datetime) -> bool:
    """Cancel a scheduled request; False when it has been dialed meanwhile. The caller commits."""
    waiting = update(CallbackRow).where(CallbackRow.pk == pk, CallbackRow.state == State.SCHEDULED)
    given_up = waiting.values(state=State.CANCELED, ended_at=now, spent=0)
    return bool(rows_changed(session, given_up))


def advance(row: CallbackRow, heard: State, now: datetime, code: str = "") -> None:
    """Advance a request by what was heard of it. `code` is why, unless it has a reason already."""
    state = after(State(row.state), heard)
    row.code = row.code or code
    if state in ENDED and row.ended_at is None:
        row.ended_at = now
        if state in (State.FAILED, State.CANCELED) and row.call_pk is None:
            row.spent = 0
    row.state = state


def follow(
    row: CallbackRow, events: Iterable[ScreenPop | Cdr], now: datetime, price: int | None
) -> None:
    """Advance a request by what the PBX sent of one of its calls, in any order.

    `price` is the whole call's, in minor units. A dialer may call several times for one request,
    and each call counts.
    """
    events = list(events)
    legs = [event for event in events if isinstance(event, Cdr)]
    for event in events:
        advance(row, state_of(event), now)
    if legs:
        talked = sum(leg.talk_seconds for leg in legs if leg.main)
        heard = {"talked": talked, "cost": _cost(row, legs, price), "why": failure(legs)}
        row.calls = row.calls | {legs[0].call_id: heard}
        row.talk_seconds = sum(call["talked"] for call in row.calls.values())
        if row.state == State.FAILED:
            row.code = row.calls[max(row.calls)]["why"]
        elif row.state in ENDED:
            row.code = ""
    if row.state in ENDED and (row.calls or row.state == State.FAILED):
        cost = sum(call["cost"] for call in row.calls.values())
        if row.spent != cost:
            row.spent, row.settled = cost, False


def follow_call(
    row: CallbackRow, call: CallRow, events: Sequence[ScreenPop | Cdr], now: datetime
) -> None:
    """Advance a request by a call made for it. Of several calls the one with talk is shown."""
    follow(row, events, now, call.price)
    if call.named:
        row.call_id = row.call_id or call.call_id
    shown = max(
        row.calls, key=lambda call_id: (row.calls[call_id]["talked"], call_id), default=None
    )
    if row.call_pk is None or shown == call.call_id:
        row.call_pk = call.id


def of_call(
    session: Session, account_id: int, named: str, call_id: str | None, *, locked: bool = False
) -> CallbackRow | None:
    """The request that a PBX account's call was made for.

    It is the one `named` in what the PBX brought back (see `reference`), or the one whose call has
    this id.
    """
    found = _named(named) if named else _with_call(call_id)
    if found is None:
        return None
    found = found.where(CallbackRow.account_id == account_id)
    if locked:
        found = found.with_for_update()
    return session.scalar(found)


def is_of(row: CallbackRow, direction: Direction, caller: str | None) -> bool:
    """Whether a call that bears the request's name can be its call.

    Nobody else who rings at a number of ours is whom we had the PBX call.
    """
    stranger = caller is not None and caller.startswith("+") and caller != row.target
    return direction is not Direction.INCOMING or not stranger


def _named(reference: str) -> Select[CallbackRow] | None:
    site, _, request = reference.partition("-")
    if not site.isdecimal() or len(site) > LONGEST_SITE_ID:
        return None
    return _taken(int(site), request)


def _with_call(call_id: str | None) -> Select[CallbackRow] | None:
    if not call_id:
        return None
    return select(CallbackRow).where(CallbackRow.call_id == call_id).limit(1)


def _cost(row: CallbackRow, legs: Sequence[Cdr], price: int | None) -> int:
    """The CDRs' price. Where they name none and somebody talked, all that was reserved."""
    if price:
        return price
    talked = any(leg.talk_seconds for leg in legs)
    return row.reserved * talked


def due(session: Session, now: datetime, patience: timedelta) -> Sequence[CallbackRow]:
    """Requests to dial by now: scheduled ones, and received ones that nobody began to dial."""
    scheduled = (
        (CallbackRow.state == State.SCHEDULED)
        & (CallbackRow.campaign == "")
        & (CallbackRow.due_at <= now)
    )
    left = (CallbackRow.state == State.RECEIVED) & (CallbackRow.made_at <= now - patience)
    return _oldest(session, or_(scheduled, left))


def unanswered(session: Session, before: datetime) -> Sequence[CallbackRow]:
    """Dialed before a moment, and the PBX's answer was never written: whoever dialed them died."""
    return _oldest(
        session,
        (CallbackRow.state == State.DIALING)
        & CallbackRow.answered_at.is_(None)
        & (CallbackRow.dialled_at < before),
    )


def without_end(session: Session, before: datetime) -> Sequence[CallbackRow]:
    """Dialed before a moment, and no CDR said how it ended."""
    return _oldest(session, CallbackRow.state.in_(UNDER_WAY) & (CallbackRow.dialled_at < before))


def handed_over(session: Session, before: datetime) -> Sequence[CallbackRow]:
    """Left to a campaign of the PBX for a time before this moment, and not heard of since."""
    left = (
        (CallbackRow.state == State.SCHEDULED)
        & (CallbackRow.campaign != "")
        & (CallbackRow.due_at < before)
    )
    return _oldest(session, left)


def unsettled(session: Session) -> Sequence[CallbackRow]:
    """Over or with a new price, which the money of their day does not know yet."""
    return _oldest(
        session,
        CallbackRow.spent.is_not(None) & CallbackRow.settled.is_(False) & (CallbackRow.day != ""),
    )


def money(session: Session, site_id: int, day: str) -> tuple[dict[str, int], dict[str, int]]:
    """What a site's open requests of a day may cost, and what its ended ones cost.

    Both are minor units by request id.
    """
    mine = select(CallbackRow.id, CallbackRow.reserved, CallbackRow.spent)
    mine = mine.where(
        CallbackRow.site_id == site_id, CallbackRow.day == day, CallbackRow.state != State.REFUSED
    )
    reserved, spent = {}, {}
    for request, most, cost in session.execute(mine):
        if cost is None:
            reserved[request] = most
        else:
            spent[request] = cost
    return reserved, spent


def written(session: Session, site_id: int, requests: Collection[str]) -> frozenset[str]:
    """The ids among these that are a site's requests and were not refused."""
    mine = select(CallbackRow.id).where(
        CallbackRow.site_id == site_id, CallbackRow.id.in_(requests)
    )
    return frozenset(session.scalars(mine.where(CallbackRow.state != State.REFUSED)))


def under_way(session: Session, site_id: int, since: datetime) -> int:
    """How many of a site's requests were dialed after a moment and are not over."""
    mine = select(func.count()).where(
        CallbackRow.site_id == site_id, CallbackRow.state.in_(UNDER_WAY)
    )
    return session.scalar(mine.where(CallbackRow.dialled_at > since)) or 0


def calls_to_link(session: Session, since: datetime) -> Sequence[int]:
    """Calls that were read before their request knew the PBX's id of the call."""
    same = (
        (CallRow.account_id == CallbackRow.account_id)
        & (CallRow.call_id == CallbackRow.call_id)
        & CallRow.named
    )
    found = select(CallRow.id).join(CallbackRow, same)
    found = found.where(
        CallbackRow.call_pk.is_(None), CallbackRow.call_id != "", CallbackRow.dialled_at > since
    )
    return session.scalars(found.limit(MOST_AT_ONCE)).all()


def forget_refused(session: Session, before: datetime) -> None:
    """Delete old refused requests: they have no call, and nobody looks at them any more."""
    old = delete(CallbackRow).where(
        CallbackRow.state == State.REFUSED, CallbackRow.made_at < before
    )
    session.execute(old)


def _oldest(session: Session, which: Any) -> Sequence[CallbackRow]:
    return session.scalars(
        select(CallbackRow).where(which).order_by(CallbackRow.pk).limit(MOST_AT_ONCE)
    ).all()
