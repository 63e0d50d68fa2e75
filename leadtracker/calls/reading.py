"""The second road's other half: the inbox becomes calls with their legs, visitor and touchpoints.

Only one reader runs at a time (`database.only_reader`). Each notification has its call built again
from all of its notifications. So neither their order nor their number matters, and reading again
after a crash changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from leadtracker.calls import call_record
from leadtracker.calls.call_record import Heard
from leadtracker.calls.gathered import Gathered
from leadtracker.calls.known_people import of_asker, of_known, of_missed_call
from leadtracker.domain import Account, CallFacts, Cdr, Direction, Outcome, Phase, ScreenPop, Site
from leadtracker.errors import BadPayload, NoCall, StoreUnavailable
from leadtracker.live import Live
from leadtracker.pbx import VENDORS, wire
from leadtracker.pbx.dialing import REQUEST, variable
from leadtracker.records import callbacks, calls, inbox, verdicts
from leadtracker.records.callback_tables import AGENT_CALL, CallbackRow
from leadtracker.records.calls import Snapshot, fill, new_call, save, snapshot_of
from leadtracker.records.database import WritersTurn
from leadtracker.records.inbox import BROKEN, DONE
from leadtracker.records.session import Engine, InterfaceError, OperationalError, Session
from leadtracker.records.sites import Directory
from leadtracker.records.tables import CallRow, InboxRow
from leadtracker.topics import topic_of_call
from leadtracker.who_called.assignment import Assignment, assign, from_verdict
from leadtracker.who_called.knowledge import Knowledges
from leadtracker.who_called.ring import Ring, visible_number

log = logging.getLogger(__name__)
BATCH = 10  # notifications in one transaction: short enough that nobody waits for it
# An unnamed screen pop and a notification of the same caller and DID this near are one call.
SAME_CALL = timedelta(minutes=3)
SILENT = timedelta(hours=4)  # where no setting says otherwise


def read_inbox(
    engine: Engine,
    live: Live,
    directory: Directory,
    knowledges: Knowledges,
    silent: timedelta = SILENT,
) -> int:
    """Read the oldest new notifications; return how many, 0 when there are none.

    A call that has not ended, and of which nothing came for the time `silent`, ends as unknown.

    A notification we cannot turn into a call is marked broken, so it does not stop those behind it.
    Raises StoreUnavailable.
    """
    with Session(engine) as session:
        new = inbox.oldest_new(session, BATCH)
    if not new:
        return 0
    directory.refresh()
    try:
        _make_calls(engine, live, directory, knowledges, new, silent)
    except (StoreUnavailable, OperationalError, InterfaceError):
        knowledges.forget()
        raise
    except Exception:
        log.exception("%s notifications fail together, so each is read alone", len(new))
        knowledges.forget()
        for one in new:
            _make_call_or_mark(engine, live, directory, knowledges, one, silent)
    return len(new)


def _make_call_or_mark(
    engine: Engine,
    live: Live,
    directory: Directory,
    knowledges: Knowledges,
    inbox_id: int,
    silent: timedelta,
) -> None:
    try:
        _make_calls(engine, live, directory, knowledges, [inbox_id], silent)
    except (StoreUnavailable, OperationalError, InterfaceError):
        knowledges.forget()
        raise
    except Exception as fault:
        knowledges.forget()
        log.exception("notification %s cannot be turned into a call", inbox_id)
        with Session(engine) as session:
            inbox.mark_broken(session, inbox_id, f"{type(fault).__name__}: {fault}")
            session.commit()


def _make_calls(
    engine: Engine,
    live: Live,
    directory: Directory,
    knowledges: Knowledges,
    inbox_ids: Sequence[int],
    silent: timedelta,
) -> None:
    with Session(engine) as session:
        waiting = _gather(session, inbox.by_number(session, inbox_ids), directory)
        if not waiting:
            session.commit()  # some were marked broken
        while waiting:
            taken, waiting = _one_of_each_caller(waiting, datetime.now(UTC) - silent)
            found = [
                (call, facts, _whose(session, live, directory, knowledges, call, facts))
                for call, facts in taken
            ]
            _keep_all(engine, session, knowledges, found)


def _one_of_each_caller(
    calls: Sequence[Gathered], silent_since: datetime
) -> tuple[list[tuple[Gathered, CallFacts]], list[Gathered]]:
    """The first call of each caller, and those that wait for what the first ones teach."""
    taken: list[tuple[Gathered, CallFacts]] = []
    waiting: list[Gathered] = []
    callers: set[str | None] = set()  # the DID stands for a caller whose number is hidden
    for call in calls:
        facts = call_record.given_up(call_record.build(call.heard), call.heard, silent_since)
        caller = facts.caller or facts.did
        if caller in callers:
            waiting.append(call)
        else:
            taken.append((call, facts))
            callers.add(caller)
    return taken, waiting


def _keep_all(
    engine: Engine,
    session: Session,
    knowledges: Knowledges,
    judged: Sequence[tuple[Gathered, CallFacts, Assignment]],
) -> None:
    """Write calls, what they teach, and that their notifications are read."""
    found = [
        (call, facts, with_lesson(session, knowledges, facts, whose))
        for call, facts, whose in judged
    ]
    with WritersTurn(engine):  # only now: a read before must not find a call half written
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
            if spare := call.spare():
                session.flush()
                inbox.mark_spare(session, spare)
        knowledges.save(session)
        session.commit()


def _row(call: Gathered) -> CallRow:
    if call.row is None:
        return new_call(call.account.id, call.call_id, named=call.named)
    call.row.call_id, call.row.named = call.call_id, call.named
    return call.row


def _asked(
    session: Session, call: Gathered, facts: CallFacts, *, locked: bool = False
) -> CallbackRow | None:
    """The callback request that led to a call; None for any other call."""
    names = (variable(event.custom, REQUEST) for event in _events(call, facts))
    named = next((name for name in names if name), "")
    if not named and facts.direction is Direction.INCOMING:
        return None
    call_id = call.call_id if call.named else None
    asked = callbacks.of_call(session, call.account.id, named, call_id, locked=locked)
    if asked is None or not callbacks.is_of(asked, facts.direction, facts.caller):
        return None
    return asked


def _events(call: Gathered, facts: CallFacts) -> list[ScreenPop | Cdr]:
    """Every screen pop of a call, and its legs, one each."""
    return [*(one.event for one in call.heard if isinstance(one.event, ScreenPop)), *facts.legs]


def _gather(session: Session, new: Sequence[InboxRow], directory: Directory) -> list[Gathered]:
    """The calls these notifications belong to, each with all that was heard of it."""
    found: list[Gathered] = []
    for received in new:
        account = directory.account_by_id(received.account_id)
        event = _read(received, account)
        if account is None or event is None:
            continue
        heard = Heard(event, received.received_at)
        same = (one for one in found if one.account == account and _is_same(one, heard))
        call = next(same, None)
        if call is None:
            taken = [one.row.id for one in found if one.row]
            call = _begin(session, account, heard, taken)
            found.append(call)
        elif event.call_id is not None and not call.named:
            call.call_id, call.named = event.call_id, True
        call.hear(received, heard)
        call.inbox.append(received)
    return found


def _begin(session: Session, account: Account, heard: Heard, taken: Sequence[int]) -> Gathered:
    """The call that a notification belongs to, with what was heard of it before."""
    event = heard.event
    row = _stored(session, account, heard, taken)
    call = Gathered(account, _name(heard), event.call_id is not None, row)
    if row is None:
        return call
    if not call.named:
        call.call_id, call.named = row.call_id, row.named
    for earlier in inbox.of_call(session, row.id):
        before = _read(earlier, account)
        if before is not None:
            call.hear(earlier, Heard(before, earlier.received_at))
    return call


def _read(received: InboxRow, account: Account | None) -> ScreenPop | Cdr | None:
    """The event of a notification; None, and the row marked, when it cannot be read."""
    family = None
    if account is not None:
        family = VENDORS[account.vendor].family(received.family)
    try:
        if account is None or family is None:
            raise BadPayload("its account or family is not there any more")
        _, fields = wire.read(received.method, received.content_type, received.query, received.body)
        return family.read(fields, account, received.received_at)
    except NoCall:  # an older version could not read it, and so kept it
        received.state, received.fault = DONE, None
    except BadPayload as fault:
        received.state, received.fault = BROKEN, str(fault)
    except Exception as fault:  # a fault of ours must not stop the others; `replay` reads it again
        log.exception("notification %s cannot be read", received.id)
        received.state, received.fault = BROKEN, f"{type(fault).__name__}: {fault}"
    return None


def _is_same(call: Gathered, heard: Heard) -> bool:
    event, moment = heard.event, _moment(heard)
    if call.call_id == _name(heard):
        return True
    if event.call_id is not None and call.named:
        return False
    return _customer(event) is not None and any(
        (_customer(one.event), _ours(one.event)) == (_customer(event), _ours(event))
        and abs(_moment(one) - moment) <= SAME_CALL
        for one in call.heard
    )


def _stored(
    session: Session, account: Account, heard: Heard, taken: Sequence[int]
) -> CallRow | None:
    """The call a notification belongs to, if some of it was read before.

    Calls `taken` by other notifications of this batch are left out.
    """
    row = calls.named(session, account.id, _name(heard))
    if row is not None:
        return row
    event, moment = heard.event, _moment(heard)
    customer = _customer(event)
    if customer is None:
        return None
    return calls.earliest_between(
        session,
        account.id,
        (customer, _ours(event)),
        (moment - SAME_CALL, moment + SAME_CALL),
        but=taken,
        unnamed=event.call_id is not None,
    )


def _customer(event: ScreenPop | Cdr) -> str | None:
    return event.customer if isinstance(event, Cdr) else event.caller


def _ours(event: ScreenPop | Cdr) -> str | None:
    """The number on our side: the one called, or the one that an outgoing call shows."""
    if isinstance(event, Cdr) and event.direction is Direction.OUTGOING:
        return event.did or event.caller
    return event.did


def _moment(heard: Heard) -> datetime:
    if isinstance(heard.event, Cdr):
        return heard.event.started_at
    return heard.event.at or heard.received_at


def _name(heard: Heard) -> str:
    """The PBX's name of a call, else one of ours.

    A hidden number that rings at two extensions gets one name, and so is one call.
    """
    event, moment = heard.event, _moment(heard)
    ours = f"{_customer(event) or 'unknown'} {event.did or 'unknown'} {moment.isoformat()}"
    return event.call_id or ours


def _whose(
    session: Session,
    live: Live,
    directory: Directory,
    knowledges: Knowledges,
    call: Gathered,
    facts: CallFacts,
) -> Assignment:
    """Judge a call again when what counts has changed since.

    Where a user said who called, or nothing is left to judge by, the call stays as it is.
    """
    asked = _asked(session, call, facts)
    if asked is not None and asked.origin != AGENT_CALL:
        return of_asker(session, live, directory, (call.account, call.row, facts), asked)
    site = _site(directory, call.account, facts.did)
    if facts.direction is Direction.OUTGOING and (
        returned := of_missed_call(session, directory, call.account, facts)
    ):
        return returned
    if facts.did is None or facts.direction is Direction.OUTGOING:
        return of_known(session, directory, call.account, site, facts)
    before, judged = Snapshot(), None
    if call.row is not None and call.row.did == facts.did:
        before = snapshot_of(call.row)
    if site is None or directory.site_by_did(facts.did) is None:
        if before.visitor_id is None:
            return of_known(session, directory, call.account, site, facts)
        return Assignment(site, before)
    known = knowledges.of(session, site, datetime.now(UTC))
    ring = _ring(directory, site, facts)
    if call.row is not None:
        judged = verdicts.judgment(session, call.row.id)
    if judged is not None and (judged.word is not None or ring.is_of(judged.evidence)):
        return Assignment(site, before, judged)
    held = live.holders(site.id, ring.did) if ring.did else []
    fresh = known.judge(session, ring, held)
    if not fresh.evidence.holders and before.visitor_id:
        return Assignment(site, before, judged)
    if judged is not None:
        known.unlearn(judged)
        fresh = known.judge(session, ring, held, before=judged)
    return from_verdict(session, live, site, before, fresh, known.calibration)


def _site(directory: Directory, account: Account, did: str | None) -> Site | None:
    """The site of a DID, else the only one that this account serves."""
    sites = directory.sites_of(account)
    if site := directory.site_by_did(did):
        return site
    if len(sites) != 1:
        return None
    return sites[0]


def _ring(directory: Directory, site: Site, facts: CallFacts) -> Ring:
    topic = topic_of_call(site.topics, call_record.words(facts))
    did = facts.did if directory.in_pool(facts.did) else None
    return Ring(facts.started_at, did, visible_number(facts.caller), topic)


def with_lesson(
    session: Session, knowledges: Knowledges, facts: CallFacts, whose: Assignment
) -> Assignment:
    """Learn from the call once it is over; what it taught is to be saved with it."""
    judged, site = whose.judged, whose.site
    if judged is None or site is None or judged.lesson is not None:
        return whose
    if facts.phase is not Phase.ENDED:
        return whose
    known = knowledges.of(session, site, datetime.now(UTC))
    return replace(whose, judged=known.learn(judged, facts.outcome is Outcome.ANSWERED))


def keep(session: Session, found: Sequence[tuple[CallRow, CallFacts, Assignment]]) -> None:
    """Write calls, and whose they are; the caller commits."""
    for row, facts, whose in found:
        fill(row, facts, whose.site)
        row.called_back = whose.called_back
    save(session, [(row, facts) for row, facts, _ in found])
    for row, _, whose in found:
        assign(session, row, whose)
