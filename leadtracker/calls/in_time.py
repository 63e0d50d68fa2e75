"""Work that somebody waits for so long and no longer: it runs in threads of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import ParamSpec, TypeVar

from leadtracker.errors import StoreUnavailable
from leadtracker.outgoing import BoundedPool
from leadtracker.records.patience import wait_at_most

P = ParamSpec("P")
T = TypeVar("T")


class InTime:
    """At most `places` pieces of work are under way at once; none waits longer for PostgreSQL."""

    def __init__(self, places: int, database_seconds: float) -> None:
        self._pool = BoundedPool(places, "in-time", wait_at_most, (database_seconds,))

    def start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Raises StoreUnavailable when no place is free: the stores hang."""
        question = self._pool.start(work, *args, **kwargs)
        if question is None:
            raise StoreUnavailable("too much waits for the database already")
        return question

    def stop(self) -> None:
        """Wait until what is under way has ended."""
        self._pool.stop()


def result(question: Future[T], deadline: float) -> T:
    """What the work returns. It goes on when it is late. Raises StoreUnavailable then."""
    try:
        return question.result(max(0.0, deadline - time.monotonic()))
    except TooLate:
        raise StoreUnavailable("the database does not answer in time") from None
