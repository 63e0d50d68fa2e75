"""What happens behind the requests, one step after the other, again and again.

A turn writes the lease log, reads the inbox, applies what users said, dials callbacks, listens to
feeds, makes plans and forgets old rows.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from leadtracker.callback.sweeps import CallbackSweeps
from leadtracker.calls.listening import Listening
from leadtracker.calls.reading import read_inbox
from leadtracker.calls.silence import end_silent_calls
from leadtracker.domain import Site
from leadtracker.errors import StoreUnavailable
from leadtracker.live import Live, unusual
from leadtracker.planner.making import DailyPlans
from leadtracker.records import callbacks, leases
from leadtracker.records.database import WritersTurn, only_reader
from leadtracker.records.inbox import BROKEN, READ, forget, newest_notification
from leadtracker.records.session import Engine, Session, SQLAlchemyError
from leadtracker.records.sites import Directory, forget_drained
from leadtracker.records.users import forget_ended_logins
from leadtracker.settings import Settings
from leadtracker.who_called import upkeep
from leadtracker.who_called.corrections import apply_corrections
from leadtracker.who_called.knowledge import Knowledges

log = logging.getLogger(__name__)
PAUSE_SECONDS = 0.15  # between looks at an empty inbox
LOG_BATCH = 500
FLOOD_RESTS = 10  # while more comes than it reads, it rests so many times longer than it worked
LONGEST_REST = 2.0  # seconds
RESTORE_BATCH = 50  # DIDs
RESTORED = "all"
LOOK_FOR_SILENCE = timedelta(minutes=1)
LOOK_AT_SHARES = timedelta(minutes=1)  # between looks at who holds how much of a pool
DRAINED_DAYS = 60  # late calls on a drained DID still match


class Worker:
    """Any number may run. The database lets one work at a time; another follows when it dies."""

    def __init__(
        self, engine: Engine, live: Live, directory: Directory, settings: Settings
    ) -> None:
        self._engine, self._live = engine, live
        self._directory, self._settings = directory, settings
        self._knowledges = Knowledges()
        self._plans = DailyPlans(engine, directory, settings)
        self._callbacks = CallbackSweeps(engine, live, directory)
        self._listening = Listening(engine, live, directory)
        self._next_hour = datetime.min.replace(tzinfo=UTC)
        self._next_cleaning = datetime.min.replace(tzinfo=UTC)
        self._next_silence = datetime.min.replace(tzinfo=UTC)
        self._next_look = datetime.min.replace(tzinfo=UTC)
        self._cleaned_on = date.min

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                with only_reader(self._engine) as is_mine:
                    while not stop.is_set() and is_mine():
                        stop.wait(self._turn_and_rest())
                    self._listening.stop()  # another worker reads, and listens
            except StoreUnavailable as fault:
                log.warning("the worker waits: %s", fault)
            except SQLAlchemyError as fault:
                log.warning("the worker waits: %s", type(fault).__name__)
            except Exception:
                log.exception("the worker failed and goes on")
            stop.wait(1)
        self.stop()

    def _turn_and_rest(self) -> float:
        """Take a turn; returns for how many seconds to rest after it.

        While more comes than we read, the rest is long: storing needs the disk, and goes first.
        """
        begun, newest = time.monotonic(), newest_notification(self._engine)
        done = self.turn()
        if not done:
            return PAUSE_SECONDS
        rest = time.monotonic() - begun
        if newest_notification(self._engine) - newest >= done:
            rest *= FLOOD_RESTS
        return min(LONGEST_REST, rest)

    def stop(self) -> None:
        """End what runs in other threads. Waits for calls that the PBX is asked for now."""
        self._listening.stop()
        self._plans.stop()
        self._callbacks.stop()

    def _log(self, site: Site, entries: Mapping[str, Mapping[str, str]]) -> None:
        with self._writing() as session:
            known = self._knowledges.of(session, site, datetime.now(UTC))
            upkeep.learn_lease_log(session, known, entries.values())
            session.commit()
        self._live.forget_log(site.id, entries)

    def _pass_hours(self, now: datetime) -> None:
        with self._writing() as session:
            for site in self._directory.sites:
                numbers = len(self._directory.numbers_in_use(site.id))
                known = self._knowledges.of(session, site, now)
                upkeep.pass_hours(session, known, now, numbers)
            session.commit()

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        try:
            with WritersTurn(self._engine), Session(self._engine) as session:
                yield session
        except BaseException:
            self._knowledges.forget()
            raise

    def turn(self) -> int:
        """Do what there is to do now.

        Returns how many notifications and lease log entries it handled.
        """
        self._directory.refresh()
        done = 0
        if self._next_hour <= (now := datetime.now(UTC)):
            self._pass_hours(now)
            self._next_hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        for site in self._directory.sites:
            # All of it is written first, because calls are judged by it.
            while entries := self._live.lease_log(site.id, LOG_BATCH):
                self._log(site, entries)
                done += len(entries)
            done += self._restore(site)
        silent = timedelta(hours=self._settings.silent_call_hours)
        if self._next_silence <= now:
            end_silent_calls(self._engine, now - silent)
            self._next_silence = now + LOOK_FOR_SILENCE
        done += read_inbox(self._engine, self._live, self._directory, self._knowledges, silent)
        done += apply_corrections(self._engine, self._live, self._directory, self._knowledges)
        self._callbacks.tick(datetime.now(UTC))
        self._listening.tick()
        if datetime.now(UTC) >= self._next_look:
            self._look_at_shares()
            self._next_look = datetime.now(UTC) + LOOK_AT_SHARES
        if datetime.now(UTC) >= self._next_cleaning:
            self._clean()
            for site in self._directory.sites:
                self._live.regroup(site)
            self._next_cleaning = datetime.now(UTC) + timedelta(hours=1)
        self._plans.tick(datetime.now(UTC))
        return done

    def _look_at_shares(self) -> None:
        for site in self._directory.sites:
            numbers = len(self._directory.numbers_in_use(site.id))
            for share in unusual(self._live.shares(site.id), numbers):
                log.warning(
                    "the address %s holds %d of the %d numbers of the site %s",
                    share.address,
                    share.numbers,
                    numbers,
                    site.name,
                )

    def _restore(self, site: Site) -> int:
        """Put back what Redis lost of some DIDs' holders; returns how many DIDs had any."""
        restored = self._live.restored(site.id)
        if restored == RESTORED:
            return 0
        after = sorted(did.e164 for did in self._directory.dids(site.id) if did.e164 > restored)
        dids = after[:RESTORE_BATCH]
        with Session(self._engine) as session:
            found = {did: leases.holders(session, did, datetime.now(UTC)) for did in dids}
        reached = RESTORED
        if len(after) > RESTORE_BATCH:
            reached = dids[-1]
        self._live.restore(site, found, reached)
        return sum(1 for held in found.values() if held)

    def _clean(self) -> None:
        now = datetime.now(UTC)
        with Session(self._engine) as session:
            forget(session, READ, now - timedelta(days=self._settings.raw_days))
            forget(session, [BROKEN], now - timedelta(days=self._settings.broken_days))
            new_day = self._cleaned_on < now.date()
            upkeep.forget_old(session, now, self._settings.lease_days, new_day=new_day)
            callbacks.forget_refused(session, now - timedelta(days=self._settings.lease_days))
            forget_ended_logins(session, now)
            forget_drained(session, now - timedelta(days=DRAINED_DAYS))
            session.commit()
        self._cleaned_on = now.date()
