"""The second road's other half: what the inbox holds becomes calls with their legs, visitor and touchpoints.

One reader at a time (`database.only_reader`). A call is made anew from all its notifications each time one comes, so that
neither their order nor their number matters, and reading again after a crash changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from leadtracker.calls import call_record
from leadtracker.calls.call_record import Heard
from leadtracker.domain import Account, CallFacts, Cdr, Direction, Outcome, Phase, ScreenPop, Site
from leadtracker.errors import BadPayload, NoCall, StoreUnavailable
from leadtracker.live import Live
from leadtracker.pbx import VENDORS, wire
from leadtracker.pbx.dialing import REQUEST, variable
from leadtracker.records import callbacks, verdicts
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.calls import Snapshot, fill, save, snapshot_of
from leadtracker.records.database import WritersTurn
from leadtracker.records.inbox import BROKEN, DONE, NEW, mark_broken
from leadtracker.records.sites import Directory
from leadtracker.records.tables import CallRow, InboxRow
from leadtracker.records.verdicts import Judgement
from leadtracker.topics import topic_of_call
from leadtracker.who_called.knowledge import Knowledges, Ring
from leadtracker.who_called.verdict import shown, snapshot

log = logging.getLogger(__name__)
BATCH = 10  # notifications in one transaction: short enough that nobody waits for it
SAME_CALL = timedelta(
    minutes=3
)  # an unnamed screen pop and a notification of the same caller and DID this near are one call


@dataclass(slots=True)
class _Gathered:
    """A call some notifications of this batch belong to."""

    account: Account
    call_id: str
    named: bool
    row: CallRow | None
    heard: list[Heard] = field(default_factory=list)
    inbox: list[InboxRow] = field(default_factory=list)


def read_inbox(engine: Engine, live: Live, directory: Directory, knowledges: Knowledges) -> int:
    """Read the oldest new notifications; returns how many, 0 when there are none. Raises StoreUnavailable.

    A notification that cannot be made a call of becomes broken: it must not stop those behind it.
    """
    with Session(engine) as session:
        oldest = select(InboxRow.id).where(InboxRow.state == NEW).order_by(InboxRow.id).limit(BATCH)
        new = session.scalars(oldest).all()
    if not new:
        return 0
    directory.refresh()
    try:
        _make_calls(engine, live, directory, knowledges, new)
    except (StoreUnavailable, OperationalError, InterfaceError):
        knowledges.forget()
        raise
    except Exception:
        log.exception(
            "%s notifications cannot be made calls of together, they are read one by one", len(new)
        )
        knowledges.forget()
        for one in new:
            _make_call_or_mark(engine, live, directory, knowledges, one)
    return len(new)


def _make_call_or_mark(
    engine: Engine, live: Live, directory: Directory, knowledges: Knowledges, inbox_id: int
) -> None:
    try:
        _make_calls(engine, live, directory, knowledges, [inbox_id])
    except (StoreUnavailable, OperationalError, InterfaceError):
        knowledges.forget()
        raise
    except Exception as fault:
        knowledges.forget()
        log.exception("notification %s cannot be made a call of", inbox_id)
        with Session(engine) as session:
            mark_broken(session, inbox_id, f"{type(fault).__name__}: {fault}")
            session.commit()


def _make_calls(
    engine: Engine,
    live: Live,
    directory: Directory,
    knowledges: Knowledges,
    inbox_ids: Sequence[int],
) -> None:
    with Session(engine) as session:
        new = session.scalars(
            select(InboxRow).where(InboxRow.id.in_(inbox_ids)).order_by(InboxRow.id)
        ).all()
        found: list[tuple[_Gathered, CallFacts, Whose]] = []
        callers: set[str | None] = set()  # a hidden one is known by the number he called
        for call in _gather(session, new, directory):
            facts = call_record.build(call.heard)
            caller = facts.caller or facts.did
            if (
                caller not in callers
            ):  # the next call of one caller needs what is remembered of this: next time
                found.append(
                    (call, facts, _whose(session, live, directory, knowledges, call, facts))
                )
                callers.add(caller)
        found = [
            (call, facts, taught(session, knowledges, facts, whose)) for call, facts, whose in found
        ]
        with WritersTurn(engine):  # only now: a read above must not find a call half written
            rows = [_row(call) for call, _, _ in found]
            keep(
                session,
                [(row, facts, whose) for row, (_, facts, whose) in zip(rows, found, strict=True)],
            )
            for row, (call, facts, _) in zip(rows, found, strict=True):
                if (asked := _asked(session, call, facts, locked=True)) is not None:
                    callbacks.follow_call(asked, row, _events(call, facts), datetime.now(UTC))
                for received in call.inbox:
                    received.call_pk, received.state, received.fault = row.id, DONE, None
            knowledges.save(session)
            session.commit()


def _row(call: _Gathered) -> CallRow:
    row = call.row or CallRow(account_id=call.account.id, first_time=False)
    row.call_id, row.named = call.call_id, call.named
    return row


def _asked(
    session: Session, call: _Gathered, facts: CallFacts, *, locked: bool = False
) -> CallbackRow | None:
    """The callback request that a call is of, if it is of one."""
    named = next(
        (name for event in _events(call, facts) if (name := variable(event.custom, REQUEST))), ""
    )
    if not named and facts.direction is Direction.INCOMING:
        return None
    return callbacks.of_call(
        session, call.account.id, named, call.call_id if call.named else None, locked=locked
    )


def _events(call: _Gathered, facts: CallFacts) -> list[ScreenPop | Cdr]:
    """Every screen pop of a call, and its legs, one each."""
    return [*(one.event for one in call.heard if isinstance(one.event, ScreenPop)), *facts.legs]


def _gather(session: Session, new: Any, directory: Directory) -> list[_Gathered]:
    calls: list[_Gathered] = []
    for received in new:
        account = directory.account_by_id(received.account_id)
        event = _read(received, account)
        if account is None or event is None:
            continue
        moment = event.started_at if isinstance(event, Cdr) else event.at or received.received_at
        call = next(
            (one for one in calls if one.account == account and _is_same(one, event, moment)), None
        )
        if call is None:
            row = _stored(
                session, account, event, moment, taken=[one.row.id for one in calls if one.row]
            )
            call = _Gathered(account, _name(event, moment), event.call_id is not None, row)
            if row is not None:
                call.call_id, call.named = (
                    (row.call_id, row.named) if not call.named else (call.call_id, True)
                )
                for earlier in session.scalars(select(InboxRow).where(InboxRow.call_pk == row.id)):
                    before = _read(earlier, account)
                    if before is not None and earlier.state == DONE:
                        call.heard.append(Heard(before, earlier.received_at))
            calls.append(call)
        elif event.call_id is not None and not call.named:
            call.call_id, call.named = event.call_id, True
        call.heard.append(Heard(event, received.received_at))
        call.inbox.append(received)
    return calls


def _read(received: InboxRow, account: Account | None) -> ScreenPop | Cdr | None:
    """The event of a notification; None, and the row marked, when it cannot be read."""
    family = VENDORS[account.vendor].family(received.family) if account else None
    try:
        if account is None or family is None:
            raise BadPayload("its account or family is not there any more")
        _, fields = wire.read(received.method, received.content_type, received.query, received.body)
        return family.read(fields, account, received.received_at)
    except NoCall:  # kept by a version that could not read it
        received.state, received.fault = DONE, None
    except BadPayload as fault:
        received.state, received.fault = BROKEN, str(fault)
    except Exception as fault:  # a fault of ours must not stop the notifications behind this one; `replay` reads it again
        log.exception("notification %s cannot be read", received.id)
        received.state, received.fault = BROKEN, f"{type(fault).__name__}: {fault}"
    return None


def _is_same(call: _Gathered, event: ScreenPop | Cdr, moment: datetime) -> bool:
    if call.call_id == _name(event, moment):
        return True
    if event.call_id is not None and call.named:
        return False
    return _customer(event) is not None and any(
        (_customer(one.event), one.event.did) == (_customer(event), event.did)
        and abs(_moment(one) - moment) <= SAME_CALL
        for one in call.heard
    )


def _stored(
    session: Session,
    account: Account,
    event: ScreenPop | Cdr,
    moment: datetime,
    taken: Sequence[int],
) -> CallRow | None:
    """The call this event belongs to, if some of it was read before; those `taken` by another event of now are not."""
    of_account = select(CallRow).where(CallRow.account_id == account.id)
    row = session.scalar(of_account.where(CallRow.call_id == _name(event, moment)))
    if row is not None:
        return row
    customer = _customer(event)
    if customer is None:
        return None
    near = of_account.where(
        CallRow.caller == customer,
        CallRow.did == event.did,
        CallRow.started_at.between(moment - SAME_CALL, moment + SAME_CALL),
        CallRow.id.not_in(taken),
    )
    if event.call_id is not None:
        near = near.where(CallRow.named.is_(False))
    return session.scalar(near.order_by(CallRow.started_at).limit(1))


def _customer(event: ScreenPop | Cdr) -> str | None:
    return event.customer if isinstance(event, Cdr) else event.caller


def _moment(heard: Heard) -> datetime:
    event = heard.event
    return event.started_at if isinstance(event, Cdr) else event.at or heard.received_at


def _name(event: ScreenPop | Cdr, moment: datetime) -> str:
    """The PBX's name of a call, else one of ours: a withheld call that rings at two extensions is one call."""
    return (
        event.call_id
        or f"{_customer(event) or 'unknown'} {event.did or 'unknown'} {moment.isoformat()}"
    )


@dataclass(frozen=True, slots=True)
class Whose:
    """The site a call is of and what it keeps of its visitor; `judged` None where no number of a pool was called."""

    site: Site | None
    snapshot: Snapshot = field(default_factory=Snapshot)
    judged: Judgement | None = None
    parts: Sequence[verdicts.Part] | None = None  # None: as they are kept


def _whose(
    session: Session,
    live: Live,
    directory: Directory,
    knowledges: Knowledges,
    call: _Gathered,
    facts: CallFacts,
) -> Whose:
    """Judged anew when what counts has changed since; a user's word, and calls of long ago, stay as they are."""
    if (asked := _asked(session, call, facts)) is not None:
        return _of_asker(live, directory, call, asked)
    sites = directory.sites_of(call.account)
    site = directory.site_by_did(facts.did) or (sites[0] if len(sites) == 1 else None)
    if facts.did is None or facts.direction is Direction.OUTGOING:
        return Whose(site)
    before = (
        snapshot_of(call.row) if call.row is not None and call.row.did == facts.did else Snapshot()
    )
    if site is None or directory.site_by_did(facts.did) is None:
        return Whose(site, before)
    known = knowledges.of(session, site, datetime.now(UTC))
    ring = Ring(
        moment=facts.started_at,
        did=facts.did if directory.in_pool(facts.did) else None,
        phone=facts.caller if facts.caller and facts.caller.startswith("+") else None,
        topic=topic_of_call(site.topics, call_record.words(facts)),
    )
    judged = verdicts.judgement(session, call.row.id) if call.row is not None else None
    if judged is not None and (judged.word is not None or ring.is_of(judged.evidence)):
        return Whose(site, before, judged)
    held = live.holders(site.id, ring.did) if ring.did else []
    fresh = known.judge(session, ring, held)
    if not fresh.evidence.holders and before.visitor_id:
        return Whose(site, before, judged)
    if judged is not None:
        known.unlearn(judged)
        fresh = known.judge(session, ring, held, before=judged)
    parts = verdicts.parts_of(session, site.id, shown(fresh, known.calibration), fresh.evidence)
    return Whose(
        site, snapshot(session, live, site, before, fresh, known.calibration), fresh, parts
    )


def _of_asker(live: Live, directory: Directory, call: _Gathered, asked: CallbackRow) -> Whose:
    """Nothing is to be judged: whoever asked is called."""
    site = directory.site(asked.site_id)
    who = asked.known_visitor
    if site is None or not who:
        return Whose(site)
    before = snapshot_of(call.row) if call.row is not None else Snapshot()
    if before.visitor_id == who:
        return Whose(site, before)
    match, visitor = {"said": "Asked to be called back"}, live.visitor(site.id, who)
    if visitor is None:
        return Whose(site, Snapshot(who, match))
    return Whose(site, Snapshot(who, match, visitor.info, visitor.first, visitor.latest))


def taught(session: Session, knowledges: Knowledges, facts: CallFacts, whose: Whose) -> Whose:
    """With what the call teaches, once it is over; to be saved with the call."""
    judged, site = whose.judged, whose.site
    if (
        judged is None
        or site is None
        or judged.lesson is not None
        or facts.phase is not Phase.ENDED
    ):
        return whose
    known = knowledges.of(session, site, datetime.now(UTC))
    return replace(whose, judged=known.learn(judged, facts.outcome is Outcome.ANSWERED))


def keep(session: Session, calls: Sequence[tuple[CallRow, CallFacts, Whose]]) -> None:
    """Write calls, why they are whose, and their shares; the caller commits."""
    for row, facts, whose in calls:
        fill(row, facts, whose.site, whose.snapshot)
    save(session, [(row, facts) for row, facts, _ in calls])
    judgements, shares = [], {}
    for row, _, whose in calls:
        parts, touched = whose.parts, whose.snapshot.touchpoint
        if whose.judged is not None and whose.site is not None:
            judgements.append((row.id, whose.site.id, whose.judged))
        else:
            parts = [(1.0, touched)] if touched else []
        if parts is not None:
            shares[row.id] = parts
    verdicts.save(session, judgements)
    verdicts.share(session, shares)
