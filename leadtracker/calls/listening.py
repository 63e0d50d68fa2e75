"""Feeds of real-time events: one thread for each account whose options ask for one, in the worker.

What a feed brings goes into the inbox as if it had been posted. A feed that is down delays the
calls but loses none: the CDRs bring what it missed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from datetime import UTC, datetime

from leadtracker.calls.receiving import receive
from leadtracker.domain import Account
from leadtracker.live import Live
from leadtracker.live.feed_states import FeedState, FeedStates
from leadtracker.pbx import VENDORS
from leadtracker.pbx.vendor import RealTime
from leadtracker.records.inbox import Inbox, Notification
from leadtracker.records.session import Engine
from leadtracker.records.sites import Directory

log = logging.getLogger(__name__)
REPORT_SECONDS = 10.0
AFTER_FAULT_SECONDS = 60.0
STOP_SECONDS = 3.0


def feed_of(account: Account) -> RealTime | None:
    """The feed of an account; None where its options ask for none, or its PBX has none."""
    if account.vendor not in VENDORS:
        return None
    feed = VENDORS[account.vendor].real_time
    if feed is None or not feed.wanted(account):
        return None
    return feed


class Listening:
    """Keeps the feeds that the accounts' options ask for.

    Call `tick` now and then: it begins and ends feeds, and reports their state. Call `stop` at the
    end.
    """

    def __init__(self, engine: Engine, live: Live, directory: Directory) -> None:
        self._engine, self._directory = engine, directory
        self._states = FeedStates(live)
        self._inbox: Inbox | None = None
        self._feeds: dict[str, _Feed] = {}

    def tick(self) -> None:
        accounts = self._directory.accounts
        for key, running in list(self._feeds.items()):
            if accounts.get(key) != running.account:  # it is gone, or its options have changed
                self._feeds.pop(key).stop.set()
        for key, account in accounts.items():
            if key not in self._feeds and (feed := feed_of(account)) is not None:
                self._inbox = self._inbox or Inbox(self._engine)
                self._feeds[key] = _Feed(account, feed, self._inbox)
                self._feeds[key].start()
        for running in self._feeds.values():
            running.report(self._states)

    def stop(self) -> None:
        """End all feeds; wait for them, but not for long."""
        ending, self._feeds = self._feeds.values(), {}
        for feed in ending:
            feed.stop.set()
        deadline = time.monotonic() + STOP_SECONDS
        for feed in ending:
            feed.join(timeout=max(0.0, deadline - time.monotonic()))


class _Feed(threading.Thread):
    """The feed of one account."""

    def __init__(self, account: Account, feed: RealTime, inbox: Inbox) -> None:
        super().__init__(name=f"feed-{account.key}", daemon=True)
        self.account, self.stop = account, threading.Event()
        self._feed, self._inbox = feed, inbox
        self._lock = threading.Lock()  # of the three below
        self._state, self._told = FeedState(False, "not connected yet"), True
        self._heard: Counter[str] = Counter()
        self._next_report = 0.0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._feed.listen(self.account, self._hear, self._tell, self.stop)
            except Exception as fault:
                log.exception("the feed of account %s failed", self.account.key)
                # Without its message, which may hold a secret.
                self._tell(False, f"failed: {type(fault).__name__}")
                self.stop.wait(AFTER_FAULT_SECONDS)

    def report(self, states: FeedStates) -> None:
        """Report at once when there is news, else now and then."""
        with self._lock:
            state, heard, news = self._state, self._heard, self._told
            if not news and not heard and time.monotonic() < self._next_report:
                return
            self._heard, self._told = Counter(), False
        self._next_report = time.monotonic() + REPORT_SECONDS
        states.report(self.account.key, state, heard)

    def _hear(self, body: bytes) -> None:
        now, family = datetime.now(UTC), self._feed.family
        event = Notification(
            self.account.id, family.name, now, "POST", "application/json", "", body
        )
        _, receipt = receive(self._inbox, self.account, family, event)
        with self._lock:
            self._heard[receipt.value] += 1

    def _tell(self, up: bool, words: str) -> None:
        state = FeedState(up, words)
        with self._lock:
            self._told = self._told or state != self._state
            self._state = state
