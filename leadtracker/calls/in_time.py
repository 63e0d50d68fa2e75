"""Work that somebody waits for so long and no longer: it runs in threads of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import ParamSpec, TypeVar

from leadtracker.errors import StoreUnavailable
from leadtracker.records.patience import wait_at_most

P = ParamSpec("P")
T = TypeVar("T")


class InTime:
    """At most `places` pieces of work are under way at once; none waits longer for PostgreSQL."""

    def __init__(self, places: int, database_seconds: float) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._pool = ThreadPoolExecutor(
            places, "in-time", initializer=wait_at_most, initargs=(database_seconds,)
        )

    def start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Raises StoreUnavailable when no place is free: the stores hang."""
        if not self._places.acquire(blocking=False):
            raise StoreUnavailable("too much waits for the database already")
        question = self._pool.submit(work, *args, **kwargs)
        question.add_done_callback(lambda _: self._places.release())
        return question


def result(question: Future[T], deadline: float) -> T:
    """What the work returns. It goes on when it is late. Raises StoreUnavailable then."""
    try:
        return question.result(max(0.0, deadline - time.monotonic()))
    except TooLate:
        raise StoreUnavailable("the database does not answer in time") from None
