"""What goes on beside the measured requests: a CRM that hangs, people who look at slow reports,
a race for numbers."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import Engine, insert, literal, select
from sqlalchemy.orm import Session

from leadtracker.records.calls import COUNTED, reversed_digits
from leadtracker.records.inbox import Inbox
from leadtracker.records.tables import AccountRow, CallRow, ShareRow, SiteRow
from leadtracker.records.users import add_user
from leadtracker.records.verdicts import REPORTS
from tests.bench.load import HEADERS
from tests.patience import PATIENCE


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        yield server.getsockname()[1]


def ask(url: str, token: str, visitor: str) -> dict[str, Any]:
    body = {"ask": "number", "token": token, "visitor": visitor, "visit": visitor}
    answer = requests.post(
        f"{url}/tracker.js", data=json.dumps(body), headers=HEADERS, timeout=PATIENCE
    )
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def leases(url: str, token: str, visitors: int) -> dict[str, str]:
    ids = [f"k{number:021d}" for number in range(visitors)]
    return {visitor: ask(url, token, visitor)["lease"] for visitor in ids}


def in_flight(url: str, token: str, at_once: int, visitors: int) -> tuple[int, int]:
    """(numbers shown to two visitors, answers without a number) of new visitors who all stay."""
    with ThreadPoolExecutor(at_once) as pool:
        mark = f"{time.time_ns() % 10**9:09d}"
        answers = list(
            pool.map(lambda number: ask(url, token, f"f{mark}{number:012d}"), range(visitors))
        )
    shown = [answer["did"] for answer in answers if answer["lease"]]
    return len(shown) - len(set(shown)), visitors - len(shown)


def wait_until_read(engine: Any) -> None:
    """Until the worker has read every notification: what comes next is measured without it."""
    inbox, begun, first = Inbox(engine), time.monotonic(), 0
    while (waiting := inbox.counts()["new"]) > 0:
        first = first or waiting
        time.sleep(0.5)
    if first:
        took = time.monotonic() - begun
        print(f"the worker read the {first} notifications that waited in {took:.0f} s")


@contextmanager
def hanging_pops(url: str, at_once: int) -> Iterator[None]:
    """So many screen pops at any moment whose customer's CRM never answers."""
    stop = threading.Event()

    def ring(number: int) -> None:
        while not stop.is_set():
            call = f"h{time.time_ns()}"
            query = {
                "phone": f"05012{number:05d}",
                "ivrid": call,
                "did": "0722776000",
                "status": "Ringing",
            }
            begun = time.monotonic()
            requests.get(url, params=query, timeout=30)
            stop.wait(
                max(0.0, 1.5 - (time.monotonic() - begun))
            )  # those that find no place wait like the others

    with ThreadPoolExecutor(at_once) as pool:
        for number in range(at_once):
            pool.submit(ring, number)
        try:
            yield
        finally:
            stop.set()


class Viewed:
    count = 0


@contextmanager
def report_viewers(url: str, engine: Any, viewers: int) -> Iterator[Viewed]:
    """People who reload the report of a year again and again."""
    add_user(engine, "bench", "bench bench bench")
    stop, viewed = threading.Event(), Viewed()

    def look() -> None:
        browser = requests.Session()
        browser.headers["Sec-Fetch-Site"] = "same-origin"
        entered = browser.post(
            f"{url}/login", data={"name": "bench", "password": "bench bench bench"}, timeout=60
        )
        assert entered.ok
        while not stop.is_set():
            page = browser.get(f"{url}/sources?period=365days&by=campaign", timeout=120)
            page.raise_for_status()
            viewed.count += 1

    with ThreadPoolExecutor(viewers) as pool:
        looking = [pool.submit(look) for _ in range(viewers)]
        try:
            yield viewed
        finally:
            stop.set()
        for one in looking:
            one.result()


def add_calls(engine: Engine, count: int) -> None:
    """Calls of the last year, straight into the tables, half of them certain,
    half shared between a source and none.

    They are the only ones of the project that no callback made.
    """
    with Session(engine) as session:
        account = session.scalars(select(AccountRow.id)).first()
        site = session.scalars(select(SiteRow.id)).first()
    now, dice = datetime.now(UTC), random.Random(1)
    with engine.begin() as connection:
        for start in range(0, count, 20_000):
            connection.execute(
                insert(CallRow),
                [
                    _call(account, site, number, now, dice)
                    for number in range(start, min(start + 20_000, count))
                ],
            )
        touched = (CallRow.channel, CallRow.source, CallRow.campaign, CallRow.landing_page)
        nothing = (literal(""),) * len(touched)
        for p, odd, of_source in ((1.0, 0, touched), (0.7, 1, touched), (0.3, 1, nothing)):
            of_call = (getattr(CallRow, name) for name in COUNTED)
            shares = select(CallRow.id, *(literal(p),) * 5, *of_source, literal(True), *of_call)
            shares = shares.where(CallRow.id % 2 == odd)
            columns = (
                "call_pk",
                "p",
                *REPORTS,
                "channel",
                "source",
                "campaign",
                "landing_page",
                "came_in",
                *COUNTED,
            )
            connection.execute(insert(ShareRow).from_select(columns, shares))


def _call(
    account: Any, site: Any, number: int, now: datetime, dice: random.Random
) -> dict[str, Any]:
    caller = f"+9725{dice.randrange(10**8):08d}"
    source = dice.choice(("google", "facebook", "bing", "direct", "newsletter"))
    return {
        "account_id": account,
        "site_id": site,
        "call_id": f"bench-{number}",
        "named": True,
        "started_at": now - timedelta(seconds=dice.randrange(365 * 86400)),
        "answered_at": None,
        "phase": "ended",
        "outcome": dice.choice(("answered", "answered", "missed", "abandoned")),
        "status": "ANSWER",
        "direction": "incoming",
        "caller": caller,
        "caller_reversed": reversed_digits(caller),
        "did": "+972722776000",
        "talk_seconds": dice.randrange(300),
        "ring_seconds": 5,
        "wait_seconds": 0,
        "extension": "",
        "representative": "",
        "queue": "",
        "recording_url": "",
        "price": None,
        "original_call_id": None,
        "first_time": dice.random() < 0.7,
        "visitor_id": f"v{number:021d}",
        "lease_id": None,
        "match": {},
        "visitor_info": {},
        "first_touchpoint": None,
        "touchpoint": None,
        "channel": "paid search",
        "source": source,
        "campaign": f"campaign {dice.randrange(40)}",
        "landing_page": "/",
    }
