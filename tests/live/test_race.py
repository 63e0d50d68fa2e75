"""100 processes race for 5 numbers, and 64 requests are in flight at once:
nobody ever shares a number."""

from __future__ import annotations

import dataclasses
import itertools
import multiprocessing
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from queue import Queue

import pytest

from leadtracker.demo.browser import Browser, Page, direct_session
from leadtracker.live import Live, keys
from tests.live.conftest import DIDS, SITE, Shop
from tests.patience import PATIENCE
from tests.served import serving

PROCESSES = 100
HOLDS = 30  # of numbers by pages, before the race is over
QUICK = dataclasses.replace(SITE, lease_seconds=1)

Held = tuple[
    str, float, float, str
]  # DID, from when and until when a page surely had it, whose page it was


def race(
    url: str, number: int, left: Synchronized[int], told: Queue[tuple[list[Held], Counter[str]]]
) -> None:
    """Visitors, one after the other: each looks at pages for a while,
    and leaves with or without a word."""
    chance = random.Random(number)
    shop = Shop(Live(url), QUICK)
    shop.now = 0  # the server's own clock
    held: list[Held] = []
    reasons: Counter[str] = Counter()
    for turn in itertools.count():
        if left.value <= 0:
            break
        visitor = f"visitor {number} {turn // 2}"  # each comes back once
        heard = time.monotonic()
        grant = shop.ask(visitor, f"visit {turn}")
        begun = time.monotonic()
        reasons[grant.reason] += 1
        if not grant.did:
            time.sleep(chance.uniform(0.02, 0.2))
            continue
        for _ in range(chance.randint(0, 4)):
            time.sleep(chance.uniform(0, 0.4))
            sent = time.monotonic()
            if not shop.beat(grant):
                reasons["lost"] += 1
                break
            heard = sent
        # Redis heard of the page at `heard` or later, and counts whole milliseconds.
        held.append((grant.did, begun, heard + QUICK.lease_seconds - 0.001, visitor))
        with left.get_lock():
            left.value -= 1
        if chance.random() < 0.5:
            shop.beat(grant, "left")
    told.put((held, reasons))


def test_a_hundred_processes_never_share_a_number(
    live: Live, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        keys, "BEAT_MS", 0
    )  # pages beat more often here, and numbers are to change hands often
    live.build_pool(QUICK, DIDS, 1)
    context = multiprocessing.get_context(
        "fork"
    )  # a hundred interpreters started anew take a minute
    told = context.Queue()
    left = context.Value("i", HOLDS)
    racers = [
        context.Process(target=race, args=(redis_url, number, left, told))
        for number in range(PROCESSES)
    ]
    for racer in racers:
        racer.start()
    answers = [told.get(timeout=PATIENCE) for _ in racers]
    for racer in racers:
        racer.join(PATIENCE)
        assert racer.exitcode == 0
    held = sorted(itertools.chain.from_iterable(holds for holds, _ in answers))
    reasons = sum((reasons for _, reasons in answers), Counter[str]())
    shared = [
        (one, other)
        for one, other in itertools.pairwise(held)
        if one[0] == other[0] and one[3] != other[3] and other[1] < one[2]
    ]
    assert shared == []
    assert len(held) >= HOLDS
    assert {did for did, *_ in held} == set(DIDS)
    assert reasons["pool_empty"] > len(held)
    assert len({visitor for *_, visitor in held}) > 3 * len(DIDS)


def test_sixty_four_requests_in_flight(tmp_path: Path) -> None:
    """Through gunicorn: nobody gets a number that another has, or none, while numbers are free."""
    numbers = [f"0722{n:06}" for n in range(640)]
    sites = f"""
        [site.shop]
        tokens = ["shop-token"]
        origins = ["https://shop.example.com"]
        default_number = "03-555-1234"
        dids = {numbers}
    """
    # Through a proxy, because one address may not hold so many.
    with serving(tmp_path, sites, trusted_proxies="1") as (served, _):
        served.until(lambda: ask(served.url, 0).did)

        with ThreadPoolExecutor(64) as threads:
            pages = list(threads.map(lambda n: ask(served.url, n), range(1, 601)))
    assert Counter(page.reason for page in pages) == {"leased": 600}
    assert len({page.did for page in pages}) == 600


def ask(url: str, client: int) -> Page:
    with direct_session() as http:
        http.headers["X-Forwarded-For"] = f"203.0.{client // 256}.{client % 256}"
        return Browser(f"{url}/tracker.js", "shop-token", http).arrive("https://shop.example.com/")
