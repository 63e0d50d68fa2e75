"""The requests that arrive now: their deadlines, and how many there may be."""

from __future__ import annotations

import functools
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from leadtracker.address import household
from leadtracker.running.whole_request import Arriving
from leadtracker.settings import Settings

MOST = 800  # below gunicorn's limit of connections, so that it always accepts
MOST_OF_ONE = 64  # of one client's address
MOST_BYTES = 256 * 1024 * 1024
LOOK_SECONDS = 0.5  # between two looks for what is late

C = TypeVar("C", bound=Hashable)
client_of = functools.lru_cache(maxsize=4096)(household)


@dataclass(slots=True)
class Arrival:
    """`client` is '' for a trusted proxy, whose connections are many people's."""

    client: str
    deadline: float
    request: Arriving


class Arrivals(Generic[C]):
    """By connection, the oldest first."""

    def __init__(self, settings: Settings) -> None:
        self.header_seconds, self.body_seconds = settings.header_seconds, settings.body_seconds
        self._proxied = settings.trusted_proxies > 0
        self._all: dict[C, Arrival] = {}
        self._bytes = 0
        self._next_look = 0.0

    def begin(self, conn: C, peer: Sequence[Any], seconds: float | None = None) -> None:
        """Its request has `seconds`, else those of a header. A peer on a socket has no name."""
        if seconds is None:
            seconds = self.header_seconds
        client = ""
        if peer and not self._proxied:
            client = str(peer[0])
        self._all[conn] = Arrival(client, time.monotonic() + seconds, Arriving())

    def add(self, conn: C, part: bytes) -> bool:
        """Whether its request can be handed on now."""
        arrival = self._all[conn]
        in_header = not arrival.request.body_at
        before = len(arrival.request.data)
        whole = arrival.request.add(part)
        self._bytes += len(arrival.request.data) - before
        if in_header and arrival.request.body_at:
            arrival.deadline = time.monotonic() + self.body_seconds
        return whole

    def awaits_word(self, conn: C) -> bool:
        """Whether the sender waits for our word before it goes on: true once."""
        request = self._all[conn].request
        awaits, request.expects = request.expects, False
        return awaits

    def end(self, conn: C) -> Arriving:
        request = self._all.pop(conn).request
        self._bytes -= len(request.data)
        return request

    def too_many(self, newest: C) -> list[C]:
        """The oldest of a client who has many, and the oldest of all when all are many."""
        found = []
        if len(self._all) > MOST_OF_ONE and newest in self._all and self._all[newest].client:
            client = client_of(self._all[newest].client)
            theirs = [one for one, each in self._all.items() if client_of(each.client) == client]
            found = theirs[: len(theirs) - MOST_OF_ONE]
        if not found and (len(self._all) > MOST or self._bytes > MOST_BYTES):
            found = [next(iter(self._all))]
        return found

    def late(self, most_seconds: float | None = None) -> list[C]:
        """Those past their deadlines, which may be shortened; looked for now and then."""
        now = time.monotonic()
        if now < self._next_look:
            return []
        self._next_look = now + LOOK_SECONDS
        for each in self._all.values():
            if most_seconds is not None:
                each.deadline = min(each.deadline, now + most_seconds)
        return [conn for conn, each in self._all.items() if each.deadline <= now]
