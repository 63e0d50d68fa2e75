"""How long a thread waits for PostgreSQL: so long and no longer, whatever hangs on the way."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import psycopg  # noqa: TID251 # SQLAlchemy knows no time limit that a stopped server keeps
from psycopg.abc import PQGen  # noqa: TID251 # the type that psycopg.Connection.wait takes

T = TypeVar("T")
# A server that is gone is noticed by its silence. These are seconds, and the last is milliseconds.
OF_CONNECTION = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}

_of_thread = threading.local()


def wait_at_most(seconds: float | None) -> None:
    """From now on this thread waits so long for each statement; None: until its end."""
    _of_thread.seconds = seconds


class Connection(psycopg.Connection[Any]):
    """One that is given up when an answer is late: the server itself may be stopped."""

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        if timeout is None:
            timeout = getattr(_of_thread, "seconds", None)
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.errors._WaitTimeout:
            self.pgconn.finish()  # SQLAlchemy then drops it, and those that are as old
            raise psycopg.OperationalError("the database did not answer in time") from None
