"""Asking the PBX to ring an agent and a visitor: once for each request, whatever dies when.

Each request is dialed in a thread. It is written as `dialling` before the PBX is asked. Whoever
finds it so without the PBX's answer cannot know whether a telephone rings and leaves it alone;
`callback.sweeps` calls it uncertain.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from leadtracker.callback_rules.agents import order
from leadtracker.callback_rules.course import ENDED, State
from leadtracker.callback_rules.rules import Rules, rules_of
from leadtracker.domain import Account, Site
from leadtracker.errors import BadRequest, NotFound, PbxUnavailable
from leadtracker.live import Live
from leadtracker.live.callback_guard import CallbackGuard
from leadtracker.pbx import VENDORS
from leadtracker.pbx.dialing import (
    REQUEST,
    VISITOR,
    Answer,
    Dial,
    Dialed,
    Dials,
    HangsUp,
    KeepsRecords,
    KnowsWhoIsFree,
    Schedules,
)
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.callbacks import UNDER_WAY, advance, cancel, claim, reference
from leadtracker.records.database import WritersTurn
from leadtracker.records.session import Engine, Session
from leadtracker.records.sites import Directory

log = logging.getLogger(__name__)
NOBODY_RINGS = (Answer.OFFLINE, Answer.BLOCKED, Answer.UNREACHED)  # so another agent may be tried
LAST_TRY_SECONDS = 12.0  # after the first agent was asked, no other is
NOBODY_FREE = "nobody free"
NO_CAMPAIGNS = Dialed(Answer.REFUSED, message="the PBX has no campaigns")


def clicking(directory: Directory, site: Site) -> tuple[Account, Dials] | None:
    """The account that dials for a site, and how; None where its PBX cannot be asked to."""
    if not site.account_key:
        return None
    account = directory.account(site.account_key)
    vendor = VENDORS.get(account.vendor) if account else None
    if account is None or vendor is None or not isinstance(vendor.click_to_call, Dials):
        return None
    return account, vendor.click_to_call


def missing_abilities(rules: Rules, click: Dials) -> Iterator[tuple[str, str]]:
    """What a site's rules want of a PBX that cannot do it, and what to do about it."""
    if rules.campaign and not isinstance(click, Schedules):
        yield (
            "its PBX has no campaigns, so callbacks wait for the next opening",
            "take callback.campaign out of the site's file",
        )
    if rules.choose == "free" and not isinstance(click, KnowsWhoIsFree):
        yield (
            "its PBX cannot say who is free, so agents are tried in turn",
            'set callback.choose to "round robin" in the site\'s file',
        )
    if not isinstance(click, KeepsRecords):
        yield (
            "its PBX keeps no log of calls, so a callback whose CDR is lost has no known end",
            "see that its CDRs arrive",
        )


class Dialing:
    """Dials at most `places` requests at once in this process; the others wait for the worker."""

    def __init__(self, engine: Engine, live: Live, directory: Directory, places: int) -> None:
        self._engine, self._directory = engine, directory
        self._guard = CallbackGuard(live)
        self._places = threading.BoundedSemaphore(places)
        self._pool = ThreadPoolExecutor(max_workers=places, thread_name_prefix="dial")

    def begin(self, pk: int, found_as: State) -> Future[None] | None:
        """Dial a `received` or `scheduled` request in a thread; None when no place is free."""
        if not self._places.acquire(blocking=False):
            return None
        dialing = self._pool.submit(self._dial_and_log, pk, found_as)
        dialing.add_done_callback(lambda _: self._places.release())
        return dialing

    def stop(self) -> None:
        """Return when the PBX has answered all that was begun. Nothing can be begun afterwards."""
        self._pool.shutdown()

    def hang_up(self, pk: int) -> None:
        """End a request's call, or take a scheduled one back.

        Raises NotFound, BadRequest, PbxUnavailable.
        """
        with WritersTurn(self._engine), Session(self._engine, expire_on_commit=False) as session:
            row = session.get(CallbackRow, pk)
            if row is None:
                raise NotFound("there is no such callback request")
            if row.campaign == "" and cancel(session, pk, datetime.now(UTC)):
                session.commit()
                return
        found = self._clicking(row)
        if found is None or row.state not in UNDER_WAY or not row.agent:
            raise BadRequest("there is no call of this request that could be ended")
        account, click = found
        if not isinstance(click, HangsUp):
            raise BadRequest("the site's PBX cannot be asked to end a call")
        said = click.hang_up(account, row.agent)
        if said.answer is not Answer.ACCEPTED:
            raise PbxUnavailable(f"the PBX did not hang up: {said.message or said.answer}")

    def _clicking(self, row: CallbackRow) -> tuple[Account, Dials] | None:
        site = self._directory.site(row.site_id)
        return clicking(self._directory, site) if site else None

    def _dial_and_log(self, pk: int, found_as: State) -> None:
        try:
            self._dial(pk, found_as)
        except Exception:
            log.exception("callback request %s: what became of it is not known here", pk)

    def _dial(self, pk: int, found_as: State) -> None:
        with Session(self._engine) as session:
            row = session.get_one(CallbackRow, pk)
        site, found = self._directory.site(row.site_id), self._clicking(row)
        if site is None or found is None:
            gone = "the site's PBX account cannot dial any more"
            self._note(pk, "", Dialed(Answer.REFUSED, message=gone))
            return
        account, click = found
        rules = rules_of(site)
        if found_as is State.RECEIVED and rules.campaign and row.due_at is not None:
            if self._claim(pk, found_as):
                self._leave(row, _schedule(account, click, rules, row, row.due_at), rules)
            return
        agents = self._agents(account, click, site, rules)
        if not agents:
            if found_as is State.RECEIVED:  # a scheduled one waits until somebody is free
                self._note(pk, "", Dialed(Answer.BLOCKED, message=NOBODY_FREE), NOBODY_FREE)
            return
        if not self._claim(pk, found_as):
            return
        last_try = time.monotonic() + LAST_TRY_SECONDS
        for agent in agents:
            said = click.dial(account, _words(row, rules, agent))
            if said.answer not in NOBODY_RINGS or time.monotonic() > last_try:
                break
        self._note(pk, agent, said)

    def _claim(self, pk: int, found_as: State) -> bool:
        """Whether the request is this thread's to dial."""
        with WritersTurn(self._engine), Session(self._engine) as session:
            return claim(session, pk, found_as, datetime.now(UTC))

    def _agents(self, account: Account, click: Dials, site: Site, rules: Rules) -> tuple[str, ...]:
        if rules.choose == "in order":
            return order(rules, 0, None)
        turn = self._guard.turn(account.key, site.id)
        if rules.choose == "free" and isinstance(click, KnowsWhoIsFree):
            return order(rules, turn, _free(account, click), click.lists)
        return order(rules, turn, None)

    def _note(self, pk: int, agent: str, said: Dialed, code: str = "") -> None:
        """Write the PBX's last answer: accepted, certainly not dialed, or nobody knows."""
        now = datetime.now(UTC)
        with WritersTurn(self._engine), Session(self._engine) as session:
            row = session.get_one(CallbackRow, pk, with_for_update=True)
            row.answered_at, row.agent, row.message = now, agent, said.message[:500]
            row.call_id = row.call_id or said.call_id
            if said.answer is Answer.UNCERTAIN:
                advance(row, State.UNCERTAIN, now, code or said.answer)
            elif said.answer is not Answer.ACCEPTED:
                advance(row, State.FAILED, now, code or said.answer)
            elif row.state == State.UNCERTAIN:  # the answer was only late
                row.state, row.code = State.DIALING, ""
            session.commit()

    def _leave(self, row: CallbackRow, said: Dialed, rules: Rules) -> None:
        """Write what a campaign answered: accepted, certainly not taken, or nobody knows."""
        if said.answer is Answer.UNCERTAIN:
            self._note(row.pk, "", said)
            return
        with WritersTurn(self._engine), Session(self._engine) as session:
            now = session.get_one(CallbackRow, row.pk, with_for_update=True)
            if now.state not in ENDED:
                now.state, now.dialled_at, now.message = State.SCHEDULED, None, said.message[:500]
                now.campaign = rules.campaign if said.answer is Answer.ACCEPTED else ""
            session.commit()


def _schedule(
    account: Account, click: Dials, rules: Rules, row: CallbackRow, at: datetime
) -> Dialed:
    if not isinstance(click, Schedules):
        return NO_CAMPAIGNS
    return click.schedule(account, rules.campaign, _words(row, rules, ""), at)


def _free(account: Account, click: KnowsWhoIsFree) -> frozenset[str] | None:
    try:
        return click.free(account)
    except PbxUnavailable as fault:
        log.warning("who is free is not known, agents are tried in turn: %s", fault)
        return None


def _words(row: CallbackRow, rules: Rules, agent: str) -> Dial:
    variables = {REQUEST: reference(row)} | ({VISITOR: row.visitor} if row.visitor else {})
    return Dial(agent, row.target, variables, dict(rules.dial), rules.max_seconds)
