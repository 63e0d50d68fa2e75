"""What a judgment costs beside a long lease log:
`python -m tests.bench.lease_log --rows 10000000`.

A second log, of 10 thousand leases, is asked in turn. Both are SQLite files in a temporary folder
or, with `--database postgresql+psycopg://...`, schemas that are dropped again.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from leadtracker.domain import Lease, Site
from leadtracker.live import keys
from leadtracker.records import leases
from leadtracker.records.database import open_database
from leadtracker.who_called.knowledge import Knowledge
from leadtracker.who_called.ring import Ring
from tests.bench.lease_rows import NOW, NUMBERS, fill, phone_of

FEW = 10_000
OURS = Site(id=1, name="bench", tokens=(), origins=(), default_number="+97235550000")


class Log:
    """A database with so many leases, and what its site has learned."""

    def __init__(self, engine: Engine, rows: int) -> None:
        self.engine, self.rows, self._dice = engine, rows, random.Random(1)
        begun = time.monotonic()
        fill(engine, rows)
        print(f"{rows:,} leases made in {time.monotonic() - begun:.0f} s", flush=True)
        with Session(engine) as session:
            self._known = Knowledge.load(session, OURS, NOW)
            self._held = {did: leases.holders(session, did, NOW, keys.KEEP) for did in NUMBERS}

    def rings(self, default: bool = False) -> Ring:
        """A call now; of every other one it is known whose phone it is."""
        known = self._dice.randrange(self.rows // 50) * 50 + 1
        phone = (
            phone_of(known)
            if self._dice.random() < 0.5
            else f"+97252{self._dice.randrange(10**7):07d}"
        )
        return Ring(NOW, None if default else self._dice.choice(NUMBERS), phone)

    def judge(self, ring: Ring, held: bool = False, at_once: bool = False) -> float:
        """In seconds, with a session of its own as every call has."""
        before: list[Lease] = self._held[ring.did] if held and ring.did else []
        begun = time.perf_counter()
        with Session(self.engine) as session:
            self._known.judge(session, ring, before, at_once)
        return time.perf_counter() - begun


ROADS: dict[str, Callable[[Log], float]] = {
    "phone rings, Redis has the holders": lambda log: log.judge(
        log.rings(), held=True, at_once=True
    ),
    "call is read, Redis has the holders": lambda log: log.judge(log.rings(), held=True),
    "call is read, from the log alone": lambda log: log.judge(log.rings()),
    "call to the default number": lambda log: log.judge(log.rings(default=True)),
}


@contextmanager
def databases(url: str | None) -> Iterator[tuple[Engine, Engine]]:
    """Two empty ones, for few leases and for many."""
    with ExitStack() as stack:
        if url is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="leadtracker-bench-"))
            urls = [f"sqlite:///{Path(folder)}/{name}.sqlite" for name in ("few", "many")]
        else:
            urls = [
                stack.enter_context(_schema(url, f"lease_log_{name}")) for name in ("few", "many")
            ]
        few, many = map(open_database, urls)
        stack.callback(few.dispose)
        stack.callback(many.dispose)
        yield few, many


@contextmanager
def _schema(url: str, name: str) -> Iterator[str]:
    """The address of a new schema of this PostgreSQL database."""
    server = open_database(url)
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    try:
        yield (
            make_url(url)
            .update_query_dict({"options": f"-csearch_path={name}"})
            .render_as_string(hide_password=False)
        )
    finally:
        with server.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        server.dispose()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000, help="leases of the long log")
    options.add_argument("--calls", type=int, default=2000, help="judged on each road in each log")
    options.add_argument(
        "--database", help="a PostgreSQL to make the logs in, instead of SQLite files"
    )
    wanted = options.parse_args()
    with databases(wanted.database) as (few, many):
        measure(Log(few, FEW), Log(many, wanted.rows), wanted.calls)


def measure(few: Log, many: Log, calls: int) -> None:
    for name, judge in ROADS.items():
        times: tuple[list[float], list[float]] = ([], [])
        for turn in range(calls + 200):
            for log, taken in zip((few, many), times, strict=True):
                took = judge(log) * 1000
                if turn >= 200:  # by then what is asked always is in memory
                    taken.append(took)
        (p50, p99), (p50_many, p99_many) = (
            (cuts[49], cuts[98]) for cuts in (statistics.quantiles(of, n=100) for of in times)
        )
        print(
            f"{name:<36} p50 {p50:5.2f} and {p50_many:5.2f} ms: {p50_many / p50:.2f}x   "
            f"p99 {p99:5.2f} and {p99_many:5.2f} ms: {p99_many / p99:.2f}x",
            flush=True,
        )


if __name__ == "__main__":
    main()
