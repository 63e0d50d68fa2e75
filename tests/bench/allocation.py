"""What a lease costs Redis, without the web server: `python -m tests.bench.allocation`,
pools of 20 and 20,000.

With more sources the small pool must be larger, `--sources 10 --few 100`,
for both to have as many numbers to compare.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from leadtracker.domain import Site, Touchpoint
from leadtracker.live import Arrival, Asker, Live, Told, keys
from leadtracker.running.redis_server import EmbeddedRedis

START = 1_800_000_000_000  # ms
BETWEEN_MS = 30_000  # visits: some five numbers are held at any moment, in either pool
MANY = 20_000
INFO = ("i:name", '"Dana"')
TIMES = dict[str, list[float]]
Result = TypeVar("Result")


class Pool:
    """Visits one after the other under a clock of their own: a number asked for, two heartbeats,
    a page left."""

    def __init__(self, live: Live, site_id: int, dids: int, sources: int) -> None:
        self.site = Site(id=site_id, name=str(dids), tokens=(), origins=(), default_number=None)
        self.dids = [f"+9723{n:08d}" for n in range(dids)]
        self._live, self._now, self._dice = live, START, random.Random(site_id)
        self._sources = [f"source {n} / campaign" for n in range(sources)]
        self._numbers: Iterator[int] = itertools.count()
        live.build_pool(self.site, self.dids, 1)

    def visit(self, times: TIMES) -> None:
        number = next(self._numbers)
        visitor = f"visitor{number:015d}"
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        arrival = Arrival(
            self._dice.choice(self._sources),
            region=f"IL-{self._dice.choice('2348')}",
            topic="kitchens",
        )
        grant = _timed(
            times.setdefault("acquire", []),
            lambda: self._live.acquire(
                self.site,
                Asker(visitor, visitor, arrival, address=address),
                Told("https://bench.example.com/", Touchpoint(), Touchpoint(), INFO),
                lease=visitor[-12:],
                change=1,
                now=self._now,
            ),
        )
        assert grant is not None
        assert grant.did
        for state, after in (("visible", 1000), ("visible", 2000), ("left", 3000)):
            beat = functools.partial(
                self._live.beat,
                self.site,
                did=grant.did,
                visitor=visitor,
                state=state,
                level=1,
                page="",
                address=address,
                now=self._now + after,
            )
            _timed(times.setdefault("heartbeat" if state == "visible" else "leave", []), beat)
        self._now += BETWEEN_MS

    def hour(self) -> None:
        self._live.regroup(self.site, self._now)

    def bytes_per_did(self, dids: int) -> tuple[float, float]:
        """Of the hash and the list of past leases, on average over the first DIDs;
        and of the sorted sets."""
        client, root = self._live.client, keys.root(self.site.id)
        own = [
            client.memory_usage(f"{root}:{kind}:{did}", samples=0) or 0
            for did in self.dids[:dids]
            for kind in ("did", "past")
        ]
        shared = sum(
            client.memory_usage(key, samples=0) or 0
            for key in client.scan_iter(f"{root}:idle*", count=1000)
        )
        return sum(own) / dids, shared / len(self.dids)


def _timed(times: list[float], act: Callable[[], Result]) -> Result:
    begun = time.perf_counter()
    done = act()
    times.append(time.perf_counter() - begun)
    return done


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--visits", type=int, default=6000, help="measured in each pool")
    options.add_argument(
        "--sources", type=int, default=2, help="that the visitors of each pool come from"
    )
    options.add_argument("--few", type=int, default=20, help="numbers of the small pool")
    wanted = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="leadtracker-bench-") as folder:
        server = EmbeddedRedis(Path(folder))
        try:
            live = Live(server.url)
            measure(
                Pool(live, 1, wanted.few, wanted.sources),
                Pool(live, 2, MANY, wanted.sources),
                wanted.visits,
            )
        finally:
            server.stop()


def measure(small: Pool, large: Pool, visits: int) -> None:
    for pool in (
        small,
        large,
    ):  # every number has been shown, those of the small one more than 64 times
        for _ in range(len(pool.dids) + 80 * len(small.dids)):
            pool.visit({})
        pool.hour()
    of_small: TIMES = {}
    of_large: TIMES = {}
    for _ in range(visits):
        small.visit(of_small)
        large.visit(of_large)
    for what in of_small:
        few, many = (statistics.median(times[what]) * 1e6 for times in (of_small, of_large))
        print(
            f"{what:<10} p50: {len(small.dids)} DIDs {few:6.1f} us, 20,000 DIDs {many:6.1f} "
            f"us: {many / few:.2f}x"
        )
    own, shared = small.bytes_per_did(20)
    print(f"Redis memory of a DID with up to {keys.KEEP} past leases: {own / 1024:.1f} kB")
    own, shared = large.bytes_per_did(2000)
    print(
        f"Redis memory of a DID with one past lease: {own / 1024:.1f} kB and {shared:.0f} "
        "bytes in the sorted sets"
    )


if __name__ == "__main__":
    main()
