"""Callback requests in SQL: written before anything is dialled, claimed by one dialler each, led on by their calls.

Whoever changes a request holds the writer's turn and commits; a state is only ever changed by `course.after`, or by a
claim that asks for the state it found.
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
    state_of_leg,
    state_of_pop,
)
from leadtracker.domain import Cdr, ScreenPop
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow

UNDER_WAY = (State.DIALING, State.AGENT_ANSWERED, State.VISITOR_ANSWERED)
MOST_AT_ONCE = 50  # that a sweep looks at


def reference(row: CallbackRow) -> str:
    """What names a request in the PBX's pop-ups and CDRs."""
    return f"{row.site_id}-{row.id}"


def taken(session: Session, site_id: int, request: str) -> CallbackRow | None:
    """The request that has this id already; a refused one has not."""
    return session.scalar(_taken(site_id, request))


def _taken(site_id: int, request: str) -> Select[CallbackRow]:
    found = select(CallbackRow).where(CallbackRow.site_id == site_id, CallbackRow.id == request)
    return found.where(CallbackRow.state != State.REFUSED)


def of_visitor(session: Session, request: str, visitor: str) -> CallbackRow | None:
    """The newest request of this id that this visitor made, refused ones too."""
    found = select(CallbackRow).where(CallbackRow.id == request, CallbackRow.visitor == visitor)
    return session.scalar(found.order_by(CallbackRow.pk.desc()).limit(1))


def add(session: Session, row: CallbackRow) -> bool:
    """Write and commit a request; False when its id is taken by now."""
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True


def claim(session: Session, pk: int, found_as: State, now: datetime) -> bool:
    """Make a request `dialling` and commit; True for one of all who try: he dials, and nobody else ever does."""
    mine = update(CallbackRow).where(CallbackRow.pk == pk, CallbackRow.state == found_as)
    claimed = session.execute(mine.values(state=State.DIALING, dialled_at=now)).rowcount  # type: ignore[attr-defined] # typed as Result, an UPDATE gives CursorResult
    session.commit()
    return bool(claimed)


def cancel(session: Session, pk: int, now: datetime) -> bool:
    """Take a scheduled request back; False when it is dialled by now. The caller commits."""
    waiting = update(CallbackRow).where(CallbackRow.pk == pk, CallbackRow.state == State.SCHEDULED)
    given_up = waiting.values(state=State.CANCELLED, ended_at=now, spent=0)
    return bool(session.execute(given_up).rowcount)  # type: ignore[attr-defined] # as in `claim`


def go_on(row: CallbackRow, heard: State, now: datetime, code: str = "") -> None:
    """Lead a request on by what was heard of it; `code` says why, where nothing said so before."""
    state = after(State(row.state), heard)
    row.code = row.code or code
    if state in ENDED and row.ended_at is None:
        row.ended_at = now
        if state in (State.FAILED, State.CANCELLED) and row.call_pk is None:
            row.spent = 0
    row.state = state


def follow(
    row: CallbackRow, events: Iterable[ScreenPop | Cdr], now: datetime, price: int | None
) -> None:
    """Lead a request on by what the PBX sent of its call, in any order; `price` is the whole call's, in minor units.

    A dialer may call several times for one request: each call counts.
    """
    events = list(events)
    legs = [event for event in events if isinstance(event, Cdr)]
    for event in events:
        go_on(row, state_of_leg(event) if isinstance(event, Cdr) else state_of_pop(event), now)
    if legs:
        talked = sum(leg.talk_seconds for leg in legs if leg.main)
        heard = {"talked": talked, "cost": _cost(row, legs, price), "why": failure(legs)}
        row.calls = row.calls | {legs[0].call_id: heard}
        row.talk_seconds = sum(call["talked"] for call in row.calls.values())
        if row.state in ENDED:
            row.code = row.calls[max(row.calls)]["why"] if row.state == State.FAILED else ""
    if row.state in ENDED and (row.calls or row.state == State.FAILED):
        cost = sum(call["cost"] for call in row.calls.values())
        if row.spent != cost:
            row.spent, row.settled = cost, False


def follow_call(
    row: CallbackRow, call: CallRow, events: Sequence[ScreenPop | Cdr], now: datetime
) -> None:
    """Lead on a request by a call that is of it; of several the one that was talked in is shown."""
    follow(row, events, now, call.price)
    row.call_id = row.call_id or (call.call_id if call.named else "")
    shown = max(
        row.calls, key=lambda call_id: (row.calls[call_id]["talked"], call_id), default=None
    )
    if row.call_pk is None or shown == call.call_id:
        row.call_pk = call.id


def of_call(
    session: Session, account_id: int, named: str, call_id: str | None, *, locked: bool = False
) -> CallbackRow | None:
    """The request that a PBX account's call is of: the one `named` (see `reference`) in what the PBX brought back, else
    by the call's id.
    """
    if named:
        site, _, request = named.partition("-")
        if not site.isdecimal() or len(site) > 9:
            return None
        found = _taken(int(site), request).where(CallbackRow.account_id == account_id)
    elif call_id:
        found = (
            select(CallbackRow)
            .where(CallbackRow.account_id == account_id, CallbackRow.call_id == call_id)
            .limit(1)
        )
    else:
        return None
    return session.scalar(found.with_for_update() if locked else found)


def _cost(row: CallbackRow, legs: Sequence[Cdr], price: int | None) -> int:
    """The CDRs' price; where they name none and somebody talked, all that was reserved: never less than it may be."""
    return price or (row.reserved if any(leg.talk_seconds for leg in legs) else 0)


def due(session: Session, now: datetime, patience: timedelta) -> Sequence[CallbackRow]:
    """Those to be dialled by now: scheduled ones, and received ones that whoever received them has left lying."""
    scheduled = (
        (CallbackRow.state == State.SCHEDULED)
        & (CallbackRow.campaign == "")
        & (CallbackRow.due_at <= now)
    )
    left = (CallbackRow.state == State.RECEIVED) & (CallbackRow.made_at <= now - patience)
    return _oldest(session, or_(scheduled, left))


def unanswered(session: Session, before: datetime) -> Sequence[CallbackRow]:
    """Dialed before a moment by somebody who never wrote down the PBX's answer: he died, or lost it."""
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
    """Left to a campaign of the PBX for a time before this moment, and nothing was heard since."""
    left = (
        (CallbackRow.state == State.SCHEDULED)
        & (CallbackRow.campaign != "")
        & (CallbackRow.due_at < before)
    )
    return _oldest(session, left)


def unsettled(session: Session) -> Sequence[CallbackRow]:
    """Over, or its price changed, and the money of the day does not know it yet."""
    return _oldest(
        session,
        CallbackRow.spent.is_not(None) & CallbackRow.settled.is_(False) & (CallbackRow.day != ""),
    )


def money(session: Session, site_id: int, day: str) -> tuple[dict[str, int], dict[str, int]]:
    """What a site's requests of a day may cost and what they have cost, by id, in minor units."""
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
    """Those of these ids that are a site's requests and were not refused."""
    mine = select(CallbackRow.id).where(
        CallbackRow.site_id == site_id, CallbackRow.id.in_(requests)
    )
    return frozenset(session.scalars(mine.where(CallbackRow.state != State.REFUSED)))


def under_way(session: Session, site_id: int, since: datetime) -> int:
    """How many of a site's requests were dialled after a moment and are not over."""
    mine = select(func.count()).where(
        CallbackRow.site_id == site_id, CallbackRow.state.in_(UNDER_WAY)
    )
    return session.scalar(mine.where(CallbackRow.dialled_at > since)) or 0


def unlinked(session: Session, since: datetime) -> Sequence[int]:
    """Calls, by their rows, of requests that did not know the PBX's id of the call when it was read."""
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
    """What was refused has no call, and is of no use once it has been looked at."""
    old = delete(CallbackRow).where(
        CallbackRow.state == State.REFUSED, CallbackRow.made_at < before
    )
    session.execute(old)


def _oldest(session: Session, which: Any) -> Sequence[CallbackRow]:
    return session.scalars(
        select(CallbackRow).where(which).order_by(CallbackRow.pk).limit(MOST_AT_ONCE)
    ).all()
