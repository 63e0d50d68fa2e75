"""How many honest visitors lose their number to an attacker: `python -m tests.bench.attack`.

A real Redis runs under a made-up clock. The attacker knows the code: their addresses come first, to
an idle pool, one after the other. Each takes every number it is given, sends heartbeats on time,
claims to be visible and engaged, and asks again and again, as fast as an address may. Then honest
visitors come at load 0.6, at the pace of the week's busiest hour, and an office of 50 people behind
one address, again and again. Nobody is told who is honest.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import math
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from leadtracker.domain import Site, Touchpoint
from leadtracker.live import Arrival, Asker, Live, Told
from leadtracker.running.redis_server import EmbeddedRedis

START = 1_800_000_000_000  # ms
TICK = 10_000  # ms
BEAT = 3 * TICK
LATE = 5 * TICK  # the attacker knows that a number is theirs for a minute after each heartbeat
VISITS_OF_NUMBER = 21.8 * 2.1 / 86_400  # a second: load 0.6, in the week's busiest hour
SEES_NUMBER = 0.62  # of the visits; the others ask for none
VISIBLE = 168.0  # s, mean; lognormal
SPREAD = 1.0
HIDDEN = 0.1  # of the pages are hidden at their end, the others are left
SHARES = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)  # attacking addresses, of the pool
POOLS = (20, 200, 2000)
OFFICE = 50  # people behind one address
NOWHERE = Told("https://shop.example.com/", Touchpoint(), Touchpoint())


@dataclass
class Page:
    visitor: str
    address: str
    honest: bool
    until: float  # ms; when it is hidden or left
    did: str = ""
    lost: bool = False
    beat_at: float = 0.0
    confirmed: bool = False


@dataclass
class Outcome:
    """Of the requests of honest visitors."""

    asked: int = 0
    empty: int = 0
    lost: int = 0  # numbers of visible pages that were given to others
    confirmed_lost: int = 0

    @property
    def share(self) -> float:
        return 100 * (self.empty + self.lost) / max(1, self.asked)


@dataclass
class Pool:
    live: Live
    site: Site
    size: int
    dice: random.Random
    now: float = START
    pages: dict[str, Page] = field(default_factory=dict)  # by the number they show
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def page(self, address: str, honest: bool, until: float) -> Page:
        return Page(f"v{next(self.numbers):016}", address, honest, until)

    def ask(self, page: Page, outcome: Outcome) -> bool:
        grant = self.live.acquire(
            self.site,
            Asker(page.visitor, page.visitor, Arrival("direct / direct"), None, page.address),
            NOWHERE,
            lease=page.visitor,
            change=1,
            now=int(self.now),
        )
        assert grant is not None
        if page.honest:
            outcome.asked += 1
            outcome.empty += not grant.did
        if not grant.did:
            return False
        before = self.pages.get(grant.did)
        if before is not None and before.honest and self.now < before.until:
            outcome.lost += 1
            outcome.confirmed_lost += before.confirmed
        page.did, page.beat_at = grant.did, self.now + TICK
        self.pages[grant.did] = page
        return True

    def beats(self) -> None:
        """Of every page whose time it is; those that end are hidden or left."""
        with self.live.batch():
            for page in list(self.pages.values()):
                ends = page.until <= self.now
                if not ends and self.now < page.beat_at:
                    continue
                state = "visible"
                if ends:
                    state = "left" if self.dice.random() > HIDDEN else "hidden"
                    del self.pages[page.did]
                self._beat(page, state)
                page.beat_at, page.confirmed = self.now + (BEAT if page.honest else LATE), True

    def _beat(self, page: Page, state: str) -> None:
        self.live.beat(
            self.site,
            did=page.did,
            visitor=page.visitor,
            state=state,
            level=3,
            page="",
            address=page.address,
            now=int(self.now),
        )

    def attack(self, addresses: int) -> None:
        for n in range(addresses):
            address = f"203.{n // 65536}.{n // 256 % 256}.{n % 256}"
            while self.ask(self.page(address, honest=False, until=math.inf), Outcome()):
                pass

    def honest(self, seconds: float) -> Iterator[tuple[float, str]]:
        """Moments of requests in so many seconds, each from an address of its own."""
        at, pace = self.now, self.size * VISITS_OF_NUMBER * SEES_NUMBER
        for n in itertools.count():
            at += 1000 * self.dice.expovariate(pace)
            if at > self.now + 1000 * seconds:
                return
            yield at, f"10.{n // 65536}.{n // 256 % 256}.{n % 256}"

    def office(self, seconds: float, every: float) -> Iterator[tuple[float, str]]:
        """All its people come once in so many seconds."""
        for begins in range(int(seconds // every)):
            for _ in range(OFFICE):
                at = every * (begins + self.dice.random())
                yield self.now + 1000 * at, "198.51.100.1"

    def stays(self) -> float:
        """How long a page is visible, in ms."""
        return 1000 * self.dice.lognormvariate(math.log(VISIBLE) - SPREAD**2 / 2, SPREAD)


def run(
    live: Live, size: int, attackers: int, seconds: float, every: float, seed: int
) -> list[Outcome]:
    """Outcomes of all the others, and of the people of one office."""
    live.client.flushall()
    site = Site(id=1, name="shop", tokens=(), origins=(), default_number=None)
    pool = Pool(live, site, size, random.Random(seed))
    live.build_pool(site, [f"+9723{n:08}" for n in range(size)], 1)
    outcomes = [Outcome(), Outcome()]
    for _ in range(3):
        pool.attack(attackers)
        pool.now += TICK
        pool.beats()
    coming = sorted(
        [(*one, 0) for one in pool.honest(seconds)]
        + [(*one, 1) for one in pool.office(seconds, every)]
    )
    end = pool.now + 1000 * seconds
    requests = iter(coming)
    following = next(requests, None)
    while pool.now < end:
        pool.now += TICK
        pool.beats()
        if pool.now % BEAT == 0:
            pool.attack(attackers)
        while following is not None and following[0] <= pool.now:
            _, address, whose = following
            pool.ask(pool.page(address, True, pool.now + pool.stays()), outcomes[whose])
            following = next(requests, None)
    return outcomes


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.attack", description=__doc__)
    options.add_argument("--pools", type=int, nargs="*", default=POOLS)
    options.add_argument("--hours", type=float, default=0.0, help="of honest visits; 0 for enough")
    options.add_argument("--office", type=float, default=2.0, help="hours in which all of it come")
    options.add_argument("--shares", type=float, nargs="*", default=SHARES)
    options.add_argument("--seed", type=int, default=1)
    wanted = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="leadtracker-bench-") as folder:
        server = EmbeddedRedis(Path(folder), saves=False)
        try:
            measure(
                Live(server.url),
                wanted.pools,
                wanted.shares,
                wanted.hours,
                3600 * wanted.office,
                wanted.seed,
            )
        finally:
            server.stop()


def measure(
    live: Live,
    pools: tuple[int, ...],
    shares: tuple[float, ...],
    hours: float,
    every: float,
    seed: int,
) -> None:
    print("| numbers | attacking addresses | honest requests | lost, % | office of 50, lost, % |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    for size, share in itertools.product(pools, shares):
        seconds = 3600 * (hours or max(4.0, min(24.0, 2400 / size)))
        once = functools.partial(run, live, size, round(size * share), seconds, every)
        others, office = once(seed)
        kept = "" if not others.confirmed_lost + office.confirmed_lost else " CONFIRMED TAKEN"
        print(
            f"| {size} | {round(size * share)} ({share:.0%}) | {others.asked} | "
            f"{others.share:.2f} | {office.share:.2f}{kept} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
