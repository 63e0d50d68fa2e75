"""A bound on waiting: requests that may wait for the database leave a part of the threads alone.

Number requests and heartbeats, which never wait for it, then always find a thread.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack

from flask import Flask, current_app, g

from leadtracker.errors import Busy
from leadtracker.records.patience import wait_at_most
from leadtracker.web.stores import stores

WAIT_SECONDS = 0.25


class Places:
    """So many may be taken. Nobody waits for one while the takers do not move."""

    def __init__(self, count: int, seconds: float = WAIT_SECONDS) -> None:
        self._free, self._seconds = threading.BoundedSemaphore(count), seconds
        self._stuck = False

    def take(self) -> bool:
        if self._free.acquire(blocking=False):
            return True
        if self._stuck or not self._free.acquire(timeout=self._seconds):
            self._stuck = True
            return False
        return True

    def give_back(self) -> None:
        self._stuck = False
        self._free.release()


def bound(app: Flask, threads: int) -> None:
    """Three quarters of the threads may wait."""
    app.extensions["waiting"] = Places(max(1, threads * 3 // 4))
    app.teardown_request(give_back)


def may_wait() -> bool:
    """Take a place for this request, if there is one; its statements are then bounded in time."""
    wait_at_most(stores().settings.database_seconds)
    if "waits" not in g:
        g.waits = current_app.extensions["waiting"].take()
    return bool(g.waits)


def take_place() -> None:
    """Before a request that needs the database; raises Busy."""
    if not may_wait():
        raise Busy("too many requests wait for the database")


def keep() -> ExitStack:
    """Hold this request's place beyond its end: until what is returned is closed."""
    held = ExitStack()
    if g.pop("waits", False):
        held.callback(current_app.extensions["waiting"].give_back)
    return held


def give_back(_: BaseException | None = None) -> None:
    if g.pop("waits", False):
        current_app.extensions["waiting"].give_back()
