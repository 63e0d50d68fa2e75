"""kill -9 of every part at any moment, while a PBX sends 1,000 CDRs:
what was acknowledged is kept, once."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from leadtracker.demo.browser import Browser, direct_session
from leadtracker.records.tables import CallRow, InboxRow, LegRow
from tests.conftest import SITE
from tests.patience import PATIENCE
from tests.served import Served, processes_of, serving

CDRS = 1000
CLIENTS = 8
SECONDS = 24.0  # the CDRs are spread over
LONG = 3 * PATIENCE
ROUNDS = 2  # of killing each of PARTS
PARTS = (
    ("gunicorn's workers",),
    ("gunicorn",),
    ("worker",),
    ("pages",),
    ("redis",),
    ("gunicorn", "redis"),
    ("serve",),
    ("serve", "gunicorn", "gunicorn's workers", "pages", "worker", "redis"),
)
pytestmark = pytest.mark.timeout(4 * LONG)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Served, Engine]]:
    with serving(tmp_path, SITE, threads="8") as running:
        yield running


def cdr(number: int, did: str) -> dict[str, Any]:
    return {
        "caller": f"05{number:08}",
        "target": "SIP1",
        "time": int(time.time()) + 7200,
        "duration": number,
        "ivruniqueid": f"call-{number}",
        "type": "Incoming Call",
        "status": "ANSWER",
        "targetextension": "SIP1",
        "callerextension": "",
        "did": did,
        "queueid": 0,
        "queuename": "",
        "record": "",
        "price": 0,
        "dialtime": 4,
    }


class Pbx:
    """Clients that send every CDR until it is acknowledged;
    each fifth is sent once more after that."""

    def __init__(self, url: str, did: str) -> None:
        self._url = f"{url}/pbx/pbx/secret-of-the-pbx-account/cdr"
        self._did = did
        self._numbers = iter(range(CDRS))
        self._began = time.monotonic()
        self.acknowledged: Counter[str] = Counter()
        self.refused = 0  # sendings that had no answer, or not the one that counts
        self.threads = [threading.Thread(target=self._send, daemon=True) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def _send(self) -> None:
        with direct_session() as http:
            for number in self._numbers:  # one iterator for all: `next` of a range is atomic
                time.sleep(max(0.0, self._began + SECONDS * number / CDRS - time.monotonic()))
                body = cdr(number, self._did)
                for _ in range(2 if number % 5 == 0 else 1):
                    self._until_acknowledged(http, body)

    def _until_acknowledged(self, http: requests.Session, body: dict[str, Any]) -> None:
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline:
            try:
                answer = http.post(self._url, json=body, timeout=30)
                if answer.status_code == 200 and answer.json() == {"Err": 0, "Errdesc": "OK"}:
                    self.acknowledged[body["ivruniqueid"]] += 1
                    return
            except (requests.RequestException, json.JSONDecodeError):
                pass
            self.refused += 1
            time.sleep(0.1)


def test_no_acknowledged_cdr_is_lost_or_doubled(running: tuple[Served, Engine]) -> None:
    served, engine = running
    chance = random.Random()
    with direct_session() as http:
        visitor = Browser(f"{served.url}/tracker.js", "shop-token", http, info={"name": "Dana"})
        served.until(lambda: visitor.arrive("https://shop.example.com/").leased)
        shown = visitor.open("https://shop.example.com/contact")
        assert shown.did is not None
        pbx = Pbx(served.url, "0" + shown.did.removeprefix("+972"))
        victims = list(PARTS * ROUNDS)
        chance.shuffle(victims)
        for names in victims:
            time.sleep(chance.uniform(0.5, 1.5) * SECONDS / len(victims))
            served.kill(*names)
            visitor.beat()  # as an open page does, however slow the machine
        for thread in pbx.threads:
            thread.join(LONG)
            assert not thread.is_alive(), served.log.read_text()
        visitor.beat()
        assert served.until(lambda: visitor.open("https://shop.example.com/").did) == shown.did

    assert len(pbx.acknowledged) == CDRS, served.log.read_text()
    assert pbx.refused > 0, "nothing was killed while a CDR was on its way"

    def waiting() -> int | None:
        with Session(engine) as session:
            return session.scalar(select(func.count()).where(InboxRow.state != "done"))

    served.until(lambda: waiting() == 0, LONG)
    with Session(engine) as session:
        calls = {call.call_id: call.talk_seconds for call in session.scalars(select(CallRow))}
        legs = Counter(
            session.scalars(select(CallRow.call_id).join(LegRow, LegRow.call_pk == CallRow.id))
        )
        count = session.scalar(select(func.count()).select_from(CallRow))
        visitors = set(session.scalars(select(CallRow.visitor_id)))
    assert calls == {f"call-{number}": number for number in range(CDRS)}
    assert count == CDRS
    assert legs == dict.fromkeys(calls, 1)
    assert visitors == {visitor.visitor}


def test_a_killed_serve_takes_everything_with_it(running: tuple[Served, Engine]) -> None:
    served, _ = running
    served.until(lambda: len(served.parts()) == 6)
    served.process.kill()
    served.process.wait()
    served.until(lambda: not processes_of(served.folder))
    served.start()
    served.until(lambda: len(served.parts()) == 6)
