"""kill -9 at every step of a callback request: no request is ever dialed twice,
and what is not known is uncertain."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.callback_rules.course import State
from leadtracker.demo.browser import direct_session
from leadtracker.pbx.voicenter.simulator import account as simulated
from leadtracker.pbx.voicenter.simulator.behavior import Behavior
from leadtracker.pbx.voicenter.simulator.switch import SimulatedSwitch
from leadtracker.records.callback_tables import CallbackRow
from tests.callback_road import ORIGIN, RULES, long, save, switch_of
from tests.conftest import SITE
from tests.patience import PATIENCE
from tests.served import Served, serving

HEADERS = {"Origin": ORIGIN, "User-Agent": "Mozilla/5.0 Chrome/140", "Content-Type": "text/plain"}
REQUESTS = 60
SECONDS = 20.0  # they are spread over
LONG = 3 * PATIENCE
PARTS = (
    ("gunicorn's workers",),
    ("worker",),
    ("gunicorn",),
    ("redis",),
    ("gunicorn's workers", "worker"),
    ("serve", "gunicorn", "gunicorn's workers", "pages", "worker", "redis"),
)
Running = tuple[Served, Engine, SimulatedSwitch]
pytestmark = pytest.mark.timeout(4 * LONG)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    # A PBX that gives up on a CDR, as ours does after 7.5 s, leaves a call open for hours.
    monkeypatch.setattr(simulated, "RESEND_PAUSES_SECONDS", (0.5,) * int(LONG))
    with serving(tmp_path, SITE, threads="8") as (served, engine), switch_of(served.url) as switch:
        save(
            engine, None, RULES | {"choose": "round robin", "ceiling": 10**6}, dict(switch.options)
        )
        yield served, engine, switch


class Visitor:
    """Posts one request until it is answered, as the script does,
    and reloads the page where the form is too old."""

    def __init__(self, served: Served, http: requests.Session, number: int) -> None:
        self._served, self._http = served, http
        self.visitor = long(f"visitor-{number}")
        self.message: dict[str, Any] = {
            "id": secrets.token_urlsafe(16),
            "token": "shop-token",
            "visitor": self.visitor,
            "phone": f"054-321-{number:04}",
            "name": "",
            "note": "",
            "website": "",
            "filled_ms": 5000,
            "form": "",
        }

    def form(self) -> str:
        asked = {"ask": "form", "token": "shop-token", "visitor": self.visitor}
        answer = self._http.post(
            f"{self._served.url}/tracker.js", json=asked, headers=HEADERS, timeout=30
        )
        return str(answer.json()["form"])

    def post(self) -> dict[str, Any]:
        answer = self._http.post(
            f"{self._served.url}/callback", json=self.message, headers=HEADERS, timeout=60
        )
        found: dict[str, Any] = answer.json()
        return found

    def until_answered(self) -> dict[str, Any]:
        deadline = time.monotonic() + LONG
        said: dict[str, Any] = {}
        while time.monotonic() < deadline:
            try:
                self.message["form"] = self.message["form"] or self.form()
                said = self.post()
                if "state" in said and said["words"] != "again":
                    return said
                if said.get("words") == "again":
                    self.message["form"] = ""
                    if (
                        said == self.post()
                    ):  # the form was spent by one of ours that died before it was written down
                        return said
            except (requests.RequestException, KeyError, ValueError):
                pass
            time.sleep(0.1)
        pytest.fail(f"no answer, the last one: {said}")


def states(engine: Engine) -> dict[str, str]:
    with Session(engine) as session:
        rows = session.scalars(select(CallbackRow).where(CallbackRow.state != State.REFUSED))
        return {row.id: row.state for row in rows}


def dialed(switch: SimulatedSwitch) -> Counter[str]:
    return Counter(
        {name.partition("-")[2]: count for name, count in switch.exchange.dialed.items()}
    )


def test_no_request_is_dialed_twice(running: Running) -> None:
    served, engine, switch = running
    switch.behaviors["LoisSIP"] = Behavior.SLOW
    switch.late_seconds = 0.5
    chance = random.Random()
    numbers = iter(range(REQUESTS))
    answers: list[dict[str, Any]] = []
    began = time.monotonic()

    def visit() -> None:
        with direct_session() as http:
            for number in numbers:
                time.sleep(max(0.0, began + SECONDS * number / REQUESTS - time.monotonic()))
                visitor = Visitor(served, http, number)
                answers.append(visitor.until_answered())
                answers.append(visitor.until_answered())  # a reload

    threads = [threading.Thread(target=visit, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    for names in chance.sample(PARTS * 2, len(PARTS) * 2):
        time.sleep(chance.uniform(0.5, 1.5) * SECONDS / len(PARTS) / 2)
        served.kill(*names)
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive(), served.log.read_text()
    switch.exchange.wait()

    over = {State.TALKED, State.UNCERTAIN, State.FAILED}
    served.until(lambda: set(states(engine).values()) <= over, LONG)
    rang, found = dialed(switch), states(engine)
    assert max(rang.values()) == 1
    assert len(rang) > REQUESTS / 2
    assert set(rang) <= set(found), "somebody was called of whom nothing is written"
    assert not [request for request in rang if found[request] == State.FAILED], (
        "a telephone rang, and it says failed"
    )
    told = {answer["id"] for answer in answers if answer["state"] != "refused"}
    assert told <= set(found)


def test_killed_while_the_pbx_is_asked(running: Running) -> None:
    served, engine, switch = running
    switch.behaviors |= dict.fromkeys(("WalterSIP", "LoisSIP"), Behavior.SLOW)
    switch.late_seconds = LONG
    switch.exchange.step_seconds = LONG  # nothing is heard of the call
    with direct_session() as http:
        visitor = Visitor(served, http, 1)
        visitor.message["form"] = served.until(lambda: _form(visitor))
        clicking = threading.Thread(target=_post, args=(visitor,), daemon=True)
        clicking.start()
        served.until(lambda: switch.exchange.dialed)
        served.kill("gunicorn's workers")
        clicking.join()
        again = visitor.until_answered()
        assert (again["id"], again["state"]) == (visitor.message["id"], "dialling")
        served.kill("serve", "gunicorn", "gunicorn's workers", "pages", "worker", "redis")
        served.until(lambda: states(engine)[visitor.message["id"]] == State.UNCERTAIN)
        assert visitor.until_answered()["state"] == "uncertain"
    assert dialed(switch) == {visitor.message["id"]: 1}


def _form(visitor: Visitor) -> str:
    try:
        return visitor.form()
    except (requests.RequestException, KeyError, ValueError):
        return ""


def _post(visitor: Visitor) -> None:
    try:
        visitor.post()
    except (requests.RequestException, ValueError):
        return
