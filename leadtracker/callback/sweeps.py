"""What the worker does for callbacks: dial what is due, end what nobody ends, settle the money."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

from leadtracker.callback.dialing import Dialing, clicking
from leadtracker.callback_rules.course import ENDED, State
from leadtracker.callback_rules.opening import local_day, opens
from leadtracker.callback_rules.rules import rules_of
from leadtracker.calls import call_record
from leadtracker.calls.call_record import Heard
from leadtracker.domain import Cdr, Site
from leadtracker.errors import PbxUnavailable, Refused
from leadtracker.live import Live
from leadtracker.live.callback_guard import CallbackGuard
from leadtracker.pbx.dialing import KeepsRecords
from leadtracker.records import callbacks
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.database import WritersTurn
from leadtracker.records.inbox import read_call_again
from leadtracker.records.session import Engine, Session
from leadtracker.records.sites import Directory

log = logging.getLogger(__name__)
PLACES = 4  # requests that the worker dials at once
EVERY_SECONDS = 1.0
RELEASE_SECONDS = 60.0  # much longer than it takes to write a request after reserving for it
LEFT_LYING = timedelta(seconds=2)  # the worker takes a received request that waits longer
LOST = timedelta(seconds=30)  # longer than the PBX's answer can take
WITHOUT_END = timedelta(hours=1)
LATEST = timedelta(hours=24)  # a request is not dialed so long after its time
TRY_AGAIN = timedelta(seconds=30)  # when nobody was free
CLOCKS_APART = timedelta(minutes=5)
CROWD = timedelta(minutes=10)  # how long a scheduled request is taken to keep its agent busy


class CallbackSweeps:
    """One at a time, in the worker. `tick` returns soon: other threads ask the PBX."""

    def __init__(self, engine: Engine, live: Live, directory: Directory) -> None:
        self._engine, self._directory = engine, directory
        self._guard = CallbackGuard(live)
        self._dialing = Dialing(engine, live, directory, PLACES)
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="call-log")
        self._asked: Future[None] | None = None
        # Requests dialed lately -> until when they are left alone.
        self._begun: dict[int, datetime] = {}
        self._next = self._next_release = 0.0
        # Site -> the requests that money is reserved for and that are not in SQL.
        self._unwritten: dict[int, frozenset[str]] = {}

    def tick(self, now: datetime) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        self._dial_due(now)
        with Session(self._engine) as session:
            lost = callbacks.unanswered(session, now - LOST)
            left = callbacks.handed_over(session, now - LATEST)
        self._end(lost, State.UNCERTAIN, "no answer", now)
        self._end(left, State.UNKNOWN, "not heard of", now)
        self._link(now)
        self._settle()
        if time.monotonic() >= self._next_release:
            self._next_release = time.monotonic() + RELEASE_SECONDS
            self._release(now)
        if self._asked is None or self._asked.done():
            self._asked = self._asking.submit(self._end_without_cdr, now)

    def stop(self) -> None:
        """Returns when everything that was begun has ended."""
        self._asking.shutdown()
        self._dialing.stop()

    def _dial_due(self, now: datetime) -> None:
        with Session(self._engine) as session:
            waiting = callbacks.due(session, now, LEFT_LYING)
            busy = {
                row.site_id: callbacks.under_way(session, row.site_id, now - CROWD)
                for row in waiting
            }
        self._begun = {pk: until for pk, until in self._begun.items() if until > now}
        for row in waiting:
            site = self._still_wanted(row, now)
            if site is None:
                continue
            if row.pk in self._begun:
                busy[site.id] += 1
            elif row.state != State.SCHEDULED or busy[site.id] < len(rules_of(site).agents):
                busy[site.id] += 1
                if self._dialing.begin(row.pk, State(row.state)) is not None:
                    self._begun[row.pk] = now + TRY_AGAIN

    def _still_wanted(self, row: CallbackRow, now: datetime) -> Site | None:
        """The site of a request that may be dialed now; others are ended or put off."""
        site, scheduled = self._directory.site(row.site_id), row.state == State.SCHEDULED
        if site is None or (row.due_at or row.made_at) < now - LATEST:
            self._end([row], State.FAILED, "too late", now)
            return None
        if scheduled and row.target in rules_of(site).blocked:
            self._end([row], State.CANCELED, "blocked", now)
            return None
        if scheduled and (later := _closed_until(site, now)) is not None:
            with self._unchanged(row) as mine:
                if mine is not None:
                    mine.due_at = later
            return None
        return site

    def _end(self, found: Sequence[CallbackRow], state: State, code: str, now: datetime) -> None:
        for row in found:
            with self._unchanged(row) as mine:
                if mine is not None:
                    callbacks.advance(mine, state, now, code)

    @contextmanager
    def _unchanged(self, row: CallbackRow) -> Iterator[CallbackRow | None]:
        """The request, to change; it is committed. None when it changed since it was read."""
        with WritersTurn(self._engine), Session(self._engine) as session:
            now = session.get_one(CallbackRow, row.pk, with_for_update=True)
            unchanged = (now.state, now.answered_at) == (row.state, row.answered_at)
            yield now if unchanged else None
            session.commit()

    def _link(self, now: datetime) -> None:
        """Read calls again that were read before the PBX's answer named them."""
        with Session(self._engine) as session:
            if not callbacks.calls_to_link(session, now - LATEST):
                return
        with WritersTurn(self._engine), Session(self._engine) as session:
            for call_pk in callbacks.calls_to_link(session, now - LATEST):
                read_call_again(session, call_pk)
            session.commit()

    def _settle(self) -> None:
        with Session(self._engine) as session:
            found = callbacks.unsettled(session)
        for row in found:
            account = self._directory.account_by_id(row.account_id or 0)
            if account is not None and row.spent is not None:
                self._guard.settle(account.key, row.site_id, row.day, row.id, row.spent)
            with WritersTurn(self._engine), Session(self._engine) as session:
                now = session.get_one(CallbackRow, row.pk, with_for_update=True)
                now.settled = now.spent == row.spent
                session.commit()

    def _release(self, now: datetime) -> None:
        """Give back what is reserved for a request that is still not written.

        The process that let it pass has died, and nobody will be called for it.
        """
        for site in self._directory.sites:
            found = clicking(self._directory, site)
            if found is None or not rules_of(site).on:
                continue
            account, day = found[0].key, local_day(site.time_zone, now)
            reserved = self._guard.reserved(account, site.id, day)
            with Session(self._engine) as session:
                unwritten = reserved - callbacks.written(session, site.id, reserved)
            for request in unwritten & self._unwritten.get(site.id, frozenset()):
                self._guard.settle(account, site.id, day, request, 0)
            self._unwritten[site.id] = unwritten

    def _end_without_cdr(self, now: datetime) -> None:
        """End the requests whose calls sent no CDR by what the PBX's own log says of them."""
        with Session(self._engine) as session:
            found = callbacks.without_end(session, now - WITHOUT_END)
        for row in found:
            try:
                self._end_by_log(row, now)
            except Exception:  # this runs in a thread of its own, and nobody else would say so
                log.exception("callback request %s cannot be ended", row.pk)

    def _end_by_log(self, row: CallbackRow, now: datetime) -> None:
        """A request whose call the log does not know either ends as unknown."""
        legs = self._legs(row, now)
        with self._unchanged(row) as mine:
            if mine is None:
                return
            if legs:
                facts = call_record.build([Heard(leg, now) for leg in legs])
                callbacks.follow(mine, facts.legs, now, facts.price)
            if mine.state not in ENDED:
                callbacks.advance(mine, State.UNKNOWN, now, "no record")

    def _legs(self, row: CallbackRow, now: datetime) -> tuple[Cdr, ...]:
        site = self._directory.site(row.site_id)
        found = clicking(self._directory, site) if site else None
        if found is None or not row.call_id or row.dialled_at is None:
            return ()
        account, click = found
        if not isinstance(click, KeepsRecords):
            return ()
        try:
            return click.record(account, row.call_id, row.dialled_at - CLOCKS_APART, now)
        except PbxUnavailable as fault:
            log.warning("callback request %s: the PBX's log is not reached: %s", row.pk, fault)
            return ()


def _closed_until(site: Site, now: datetime) -> datetime | None:
    try:
        return opens(rules_of(site), site.time_zone, now)
    except Refused:  # no opening is in sight, so the request is given up when it is too late
        return now + LATEST
