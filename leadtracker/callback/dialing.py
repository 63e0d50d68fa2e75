"""Asking the PBX to ring an agent and a visitor: once for each request, in threads of its own, whatever dies when.

A request is written `dialling` before the PBX is asked. Whoever finds it so without the PBX's answer cannot know
whether a telephone rings, and leaves it alone: `callback_sweeps` calls it uncertain.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.callback_rules.agents import order
from leadtracker.callback_rules.course import ENDED, State
from leadtracker.callback_rules.rules import Rules, rules_of
from leadtracker.domain import Account, Site
from leadtracker.errors import BadRequest, NotFound, PbxUnavailable
from leadtracker.live import Live
from leadtracker.live.callback_guard import CallbackGuard
from leadtracker.pbx import VENDORS
from leadtracker.pbx.dialing import REQUEST, VISITOR, Answer, ClickToCall, Dial, Dialed
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.callbacks import UNDER_WAY, advance, cancel, claim, reference
from leadtracker.records.database import WritersTurn
from leadtracker.records.sites import Directory

log = logging.getLogger(__name__)
TRY_ANOTHER = (
    Answer.OFFLINE,
    Answer.BLOCKED,
    Answer.UNREACHED,
)  # certainly nobody's telephone rings
LAST_TRY_SECONDS = 12.0  # after the first agent was asked, no other is
NOBODY_FREE = "nobody free"


def clicking(directory: Directory, site: Site) -> tuple[Account, ClickToCall] | None:
    """The account that dials for a site, and how; None where its PBX cannot be asked to."""
    account = directory.account(site.account_key) if site.account_key else None
    vendor = VENDORS.get(account.vendor) if account else None
    return (account, vendor.click_to_call) if account and vendor and vendor.click_to_call else None


class Dialing:
    """At most `places` requests are being dialled at once in this process; the others wait for the worker."""

    def __init__(self, engine: Engine, live: Live, directory: Directory, places: int) -> None:
        self._engine, self._directory = engine, directory
        self._guard = CallbackGuard(live)
        self._places = threading.BoundedSemaphore(places)
        self._pool = ThreadPoolExecutor(max_workers=places, thread_name_prefix="dial")

    def begin(self, pk: int, found_as: State) -> Future[None] | None:
        """Dial in another thread a request that is `received` or `scheduled`; None when no place is free."""
        if not self._places.acquire(blocking=False):
            return None
        dialling = self._pool.submit(self._dial_and_log, pk, found_as)
        dialling.add_done_callback(lambda _: self._places.release())
        return dialling

    def stop(self) -> None:
        """Returns when the PBX has answered to all that was begun; nothing can be begun afterwards."""
        self._pool.shutdown()

    def hang_up(self, pk: int) -> None:
        """End a request's call, or take a scheduled one back. Raises NotFound, BadRequest, PbxUnavailable."""
        with WritersTurn(self._engine), Session(self._engine, expire_on_commit=False) as session:
            row = session.get(CallbackRow, pk)
            if row is None:
                raise NotFound("there is no such callback request")
            if row.campaign == "" and cancel(session, pk, datetime.now(UTC)):
                session.commit()
                return
        site = self._directory.site(row.site_id)
        found = clicking(self._directory, site) if site else None
        if found is None or row.state not in UNDER_WAY or not row.agent:
            raise BadRequest("there is no call of this request that could be ended")
        said = found[1].hang_up(found[0], row.agent)
        if said.answer is not Answer.ACCEPTED:
            raise PbxUnavailable(f"the PBX did not hang up: {said.message or said.answer}")

    def _dial_and_log(self, pk: int, found_as: State) -> None:
        try:
            self._dial(pk, found_as)
        except Exception:
            log.exception("callback request %s: what became of it is not known here", pk)

    def _dial(self, pk: int, found_as: State) -> None:
        with Session(self._engine) as session:
            row = session.get_one(CallbackRow, pk)
        site = self._directory.site(row.site_id)
        found = clicking(self._directory, site) if site else None
        if site is None or found is None:
            self._note(
                pk,
                "",
                Dialed(Answer.REFUSED, message="the site's PBX account cannot dial any more"),
            )
            return
        account, click = found
        rules = rules_of(site)
        later = row.due_at if found_as is State.RECEIVED and rules.campaign else None
        agents = () if later else self._agents(account, click, site, rules)
        if not agents and not later:
            if found_as is State.RECEIVED:  # a scheduled one waits until somebody is free
                self._note(pk, "", Dialed(Answer.BLOCKED, message=NOBODY_FREE), NOBODY_FREE)
            return
        with WritersTurn(self._engine), Session(self._engine) as session:
            if not claim(session, pk, found_as, datetime.now(UTC)):
                return
        if later:
            self._leave(
                row,
                click.schedule(account, rules.campaign, self._words(row, rules, ""), later),
                rules,
            )
            return
        last_try = time.monotonic() + LAST_TRY_SECONDS
        for agent in agents:
            said = click.dial(account, self._words(row, rules, agent))
            if said.answer not in TRY_ANOTHER or time.monotonic() > last_try:
                break
        self._note(pk, agent, said)

    def _agents(
        self, account: Account, click: ClickToCall, site: Site, rules: Rules
    ) -> tuple[str, ...]:
        free = None
        if rules.choose == "free":
            try:
                free = click.free(account)
            except PbxUnavailable as fault:
                log.warning("who is free is not known, agents are tried in turn: %s", fault)
        turn = 0 if rules.choose == "in order" else self._guard.turn(account.key, site.id)
        return order(rules, turn, free)

    @staticmethod
    def _words(row: CallbackRow, rules: Rules, agent: str) -> Dial:
        variables = {REQUEST: reference(row)} | ({VISITOR: row.visitor} if row.visitor else {})
        return Dial(agent, row.target, variables, dict(rules.dial), rules.max_seconds)

    def _note(self, pk: int, agent: str, said: Dialed, code: str = "") -> None:
        """The PBX's last answer: accepted, certainly not dialled, or nobody knows."""
        now = datetime.now(UTC)
        with WritersTurn(self._engine), Session(self._engine) as session:
            row = session.get_one(CallbackRow, pk, with_for_update=True)
            row.answered_at, row.agent, row.message = now, agent, said.message[:500]
            row.call_id = row.call_id or said.call_id
            if said.answer is not Answer.ACCEPTED:
                heard = State.UNCERTAIN if said.answer is Answer.UNCERTAIN else State.FAILED
                advance(row, heard, now, code or said.answer)
            elif row.state == State.UNCERTAIN:  # the answer was only late
                row.state, row.code = State.DIALING, ""
            session.commit()

    def _leave(self, row: CallbackRow, said: Dialed, rules: Rules) -> None:
        """To the PBX's campaign, which accepted it, certainly has not got it, or nobody knows."""
        if said.answer is Answer.UNCERTAIN:
            self._note(row.pk, "", said)
            return
        with WritersTurn(self._engine), Session(self._engine) as session:
            now = session.get_one(CallbackRow, row.pk, with_for_update=True)
            if now.state not in ENDED:
                now.state, now.dialled_at, now.message = State.SCHEDULED, None, said.message[:500]
                now.campaign = rules.campaign if said.answer is Answer.ACCEPTED else ""
            session.commit()
