"""A bound on slow work: pages, reports and exports may take half of a process's threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

from flask import Flask, Response, current_app, g

from leadtracker.errors import Busy
from leadtracker.records.patience import wait_at_most
from leadtracker.web import waiting

WAIT_SECONDS = 2.0
REPORT_SECONDS = 100.0  # for a statement


class Place:
    """One of the places for slow work; given back once, however often that is asked."""

    def __init__(self, places: threading.BoundedSemaphore) -> None:
        self._places = places
        self._beside = ExitStack()
        self._held = places.acquire(timeout=WAIT_SECONDS)
        if not self._held:
            raise Busy("other reports are being made; try again in a moment")

    def hold(self, other: ExitStack) -> None:
        """Give back another place when this one is."""
        self._beside = other

    def give_back(self) -> None:
        self._beside.close()
        if self._held:
            self._held = False
            self._places.release()


def bound(app: Flask, threads: int) -> None:
    app.extensions["slow_work"] = threading.BoundedSemaphore(max(1, threads // 2))


def take_place() -> None:
    """Before a request: wait for a place; raises Busy when none is free in time."""
    g.place = Place(current_app.extensions["slow_work"])
    wait_at_most(REPORT_SECONDS)


def give_place_back(response: Response) -> Response:
    """After a request: at once, or when the last line of a streamed answer is sent."""
    place: Place | None = g.pop("place", None)
    if place is None:
        return response
    if response.is_streamed:
        place.hold(waiting.keep())
        response.response = _until_sent(response.iter_encoded(), place)
        response.call_on_close(place.give_back)  # nothing of it was asked for
    else:
        place.give_back()
    return response


def _until_sent(parts: Iterable[bytes], place: Place) -> Iterator[bytes]:
    try:
        yield from parts
    finally:
        place.give_back()
