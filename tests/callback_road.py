"""A site that calls its visitors back by a simulated Voicenter, and a visitor who asks;
for the tests of that road."""

from __future__ import annotations

import itertools
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import tomli_w
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from leadtracker import site_file
from leadtracker.callback_rules.course import State
from leadtracker.demo.browser import direct_session
from leadtracker.pbx.simulated_call import Extension, SimulatedCall
from leadtracker.pbx.voicenter.simulator.account import SimulatedVoicenter
from leadtracker.pbx.voicenter.simulator.behavior import Step
from leadtracker.pbx.voicenter.simulator.exchange import SimulatedExchange
from leadtracker.pbx.voicenter.simulator.switch import SimulatedSwitch, served
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import InboxRow
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests.dashboard_rows import NOW
from tests.patience import PATIENCE, until

ORIGIN = "https://shop.example.com"
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
PHONE = "054-321-6549"
TARGET = "+972543216549"
STAFF = (Extension("WalterSIP", "Walter"), Extension("LoisSIP", "Lois"))
GENEROUS = {"minute": 1000, "hour": 1000, "day": 1000}
RULES: dict[str, Any] = {
    "agents": ["WalterSIP", "LoisSIP"],
    "fill_seconds": 1.0,
    "per_number": GENEROUS,
    "per_visitor": GENEROUS,
    "per_address": GENEROUS,
    "per_site": GENEROUS,
    "ceiling": 100_000,
}

BEGUN = "begun"  # no telephone rings yet
LEADS_TO = {
    Step.RING: "dialling",
    Step.AGENT_ANSWERS: "agent answered",
    Step.VISITOR_ANSWERS: "visitor answered",
}


def save(
    engine: Engine, stores: Stores | None, rules: dict[str, Any], options: dict[str, Any]
) -> None:
    """Make these the rules of the site `shop`, and these the options of its account."""
    options = options | {"callback_limits": GENEROUS}
    text = tomli_w.dumps(
        {"account": {"pbx": {"options": options}}, "site": {"shop": {"callback": rules}}}
    )
    with Session(engine) as session:
        site_file.apply(session, text)
        session.commit()
    if stores is not None:
        stores.directory._next_check = 0.0
        stores.directory.refresh()


@contextmanager
def switch_of(url: str, **more: Any) -> Iterator[SimulatedSwitch]:
    """A Voicenter that dials for the account `pbx` of a server at `url`."""
    address = f"{url}/pbx/pbx/secret-of-the-pbx-account"
    with direct_session() as http:
        voicenter = SimulatedVoicenter(f"{address}/screen-pop", f"{address}/cdr", http)
        exchange = SimulatedExchange(voicenter, STAFF, **more)
        with served(SimulatedSwitch(exchange, code="code-of-the-account")) as switch:
            yield switch


def callback_row(number: int = 1, **more: Any) -> CallbackRow:
    """A request of the site 1 that was talked about; `number` makes its id."""
    values: dict[str, Any] = {
        "id": f"request-{number}",
        "site_id": 1,
        "account_id": 1,
        "origin": "page",
        "visitor": long("dana"),
        "target": "+972543216549",
        "name": "דנה כהן",
        "note": "",
        "state": "talked",
        "code": "",
        "message": "",
        "made_at": NOW,
        "due_at": None,
        "campaign": "",
        "agent": "WalterSIP",
        "call_id": "",
        "calls": {},
        "talk_seconds": 42,
        "day": "2026-11-18",
        "reserved": 450,
        "spent": 12,
        "currency": "ILS",
    }
    return CallbackRow(**(values | more))


class Road:
    """The application with a server for the PBX's callbacks, its worker,
    and the switch that is asked to dial."""

    def __init__(
        self, app: Flask, stores: Stores, worker: Worker, switch: SimulatedSwitch, url: str
    ) -> None:
        self.app, self.stores, self.worker, self.switch, self.url = app, stores, worker, switch, url
        self.client: FlaskClient = app.test_client()
        self._reached: dict[str, str] = {}  # the states of the PBX's calls, by serial
        self._stays: dict[str, threading.Event] = {}

    def rules(self, **more: Any) -> None:
        save(self.stores.engine, self.stores, RULES | more, dict(self.switch.options))

    def form(self, visitor: str = "dana", **more: Any) -> dict[str, Any]:
        """What the page is told of its form."""
        answer = self.client.post(
            "/tracker.js",
            data=json.dumps(
                {"ask": "form", "token": "shop-token", "visitor": long(visitor)} | more
            ),
            headers={"Origin": ORIGIN, "User-Agent": CHROME},
            content_type="text/plain;charset=UTF-8",
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def message(self, visitor: str = "dana", **more: Any) -> dict[str, Any]:
        """A request as the script sends it, with a form token of its own."""
        return {
            "id": secrets.token_urlsafe(16),
            "token": "shop-token",
            "form": self.form(visitor)["form"],
            "visitor": long(visitor),
            "visit": long("visit"),
            "phone": PHONE,
            "name": "Dana Cohen דנה",
            "note": "a kitchen",
            "filled_ms": 5000,
            "website": "",
        } | more

    def post(self, message: dict[str, Any], origin: str | None = ORIGIN, **more: Any) -> Any:
        headers = {"User-Agent": CHROME} | ({"Origin": origin} if origin else {})
        client = self.app.test_client()
        return client.post(
            "/callback",
            data=json.dumps(message),
            headers=headers,
            content_type="text/plain;charset=UTF-8",
            **more,
        )

    def ask(self, visitor: str = "dana", **more: Any) -> dict[str, Any]:
        answer = self.post(self.message(visitor, **more))
        assert answer.status_code in (200, 422), answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def stands(self, request: str, visitor: str = "dana") -> Any:
        return self.client.get(
            f"/callback/{request}?visitor={long(visitor)}", headers={"Origin": ORIGIN}
        )

    def row(self, request: str) -> CallbackRow:
        with Session(self.stores.engine) as session:
            return session.scalars(select(CallbackRow).where(CallbackRow.id == request)).one()

    def rows(self) -> list[CallbackRow]:
        with Session(self.stores.engine) as session:
            return list(session.scalars(select(CallbackRow).order_by(CallbackRow.pk)))

    def dialed(self) -> dict[str, int]:
        """How often telephones rang, by the request's id."""
        return {
            name.partition("-")[2]: count for name, count in self.switch.exchange.dialed.items()
        }

    def settle(self) -> None:
        """Until the PBX's calls are over and the worker has read what it sent."""
        self.switch.exchange.wait()
        self.turn()

    def turn(self) -> None:
        self.worker._callbacks._next = 0.0
        while self.worker.turn():
            pass

    def stay(self, *states: str) -> None:
        """Calls that come into one of these states stay in it until `release` or `seen_until` lets
        them leave."""
        self._stays |= {state: threading.Event() for state in states}
        self.switch.exchange.before = self._before

    def release(self, *states: str) -> None:
        """Out of these states, or of all."""
        for state in states or self._stays:
            if state in self._stays:
                self._stays[state].set()

    def _before(self, call: SimulatedCall, step: Step) -> None:
        """In the call's own thread."""
        state = self._reached.get(call.serial, BEGUN)
        self._reached[call.serial] = LEADS_TO.get(step, state)
        if state in self._stays:
            self._stays[state].wait(PATIENCE)

    def until(self, request: str, *states: str) -> CallbackRow:
        def said() -> str:
            row = self.row(request)
            return f"{row.state} {row.code} {row.message}, not one of {states}"

        def reached() -> CallbackRow | None:
            self.turn()
            row = self.row(request)
            return row if row.state in states else None

        found: CallbackRow = until(reached, said)
        return found

    def seen_until(self, request: str, last: str) -> list[str]:
        """The states of a request, one after the other."""
        states = [self.row(request).state]

        def over() -> bool:
            self.release(states[-1])
            self.turn()
            states.append(self.row(request).state)
            return states[-1] == last

        until(over, lambda: str(states))
        return [state for state, _ in itertools.groupby(states)]

    def read_again(self, request: str, order: list[int]) -> list[State]:
        """The states of a request just dialed when the notifications of the inbox are read in this
        order, one by one."""
        with Session(self.stores.engine) as session:
            session.execute(
                update(CallbackRow).values(
                    state=State.DIALING, call_pk=None, spent=None, ended_at=None
                )
            )
            session.execute(update(InboxRow).values(state="held"))
            session.commit()
        states = []
        for one in order:
            with Session(self.stores.engine) as session:
                session.execute(update(InboxRow).where(InboxRow.id == one).values(state="new"))
                session.commit()
            self.turn()
            states.append(State(self.row(request).state))
        return states


def long(name: str) -> str:
    return name.ljust(22, "_")


@contextmanager
def road_of(app: Flask, stores: Stores, worker: Worker) -> Iterator[Road]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        with switch_of(url) as switch:
            road = Road(app, stores, worker, switch, url)
            road.rules()
            try:
                yield road
            finally:
                road.release()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def closed_now() -> dict[str, Any]:
    """Opening hours that begin in some hours."""
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    return {"hours": {f"{tomorrow:%a}".lower(): ["09:00-17:00"]}}


def make_due(road: Road, request: str) -> None:
    with Session(road.stores.engine) as session:
        session.execute(
            update(CallbackRow).where(CallbackRow.id == request).values(due_at=datetime.now(UTC))
        )
        session.commit()
