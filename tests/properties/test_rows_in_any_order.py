"""The rows of a call are the same for every order and number of its notifications:
over HTTP, with the worker between."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import repeat
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from leadtracker.demo.browser import DESKTOP
from leadtracker.pbx.simulated_call import SimulatedCall
from leadtracker.pbx.voicenter.simulator.cdr import CdrFormat, call_id
from leadtracker.records.tables import (
    CallerRow,
    CallRow,
    HourRow,
    InboxRow,
    LearnedRow,
    LegRow,
    PhoneRow,
)
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests.properties.voicenter_calls import (
    ISRAEL,
    Sent,
    calls,
    events,
    in_every_format,
    pops,
    records,
    short_pops,
)

ADDRESS = "/pbx/pbx/secret-of-the-pbx-account"
IN_ORDER = "in-order"  # the serial of the call whose notifications come once and as they should


@pytest.fixture
def visitor(app: Flask) -> str:
    """The number that a visitor is shown."""
    shown = app.test_client().post(
        "/tracker.js",
        headers={"Origin": "https://shop.example.com", "User-Agent": DESKTOP},
        data=json.dumps(
            {
                "ask": "number",
                "token": "shop-token",
                "visitor": "dana".ljust(22, "_"),
                "visit": "v" * 22,
                "info": {"name": "דנה"},
                "arrival": {"url": "https://shop.example.com/?utm_campaign=spring"},
            }
        ),
    )
    did: str = shown.get_json()["did"]
    return did


def send(client: FlaskClient, sent: Sent) -> None:
    answer = client.open(
        f"{ADDRESS}/{sent.family}",
        method=sent.method,
        query_string=sent.query,
        data=sent.body,
        content_type=sent.content_type or None,
    )
    assert answer.status_code == 200
    if sent.family == "cdr":
        assert "Err" in answer.text
        assert "OK" in answer.text


def forget(stores: Stores, worker: Worker) -> None:
    """Nothing was learned and nobody called yet: a verdict depends on the calls before.

    An example that hypothesis gave up in the middle has left notifications,
    which would be read as a call just before.
    """
    read_all(worker)
    with Session(stores.engine) as session:
        for table in (LearnedRow, HourRow, PhoneRow, CallerRow):
            session.execute(delete(table))
        session.commit()
    worker._knowledges.forget()


def rows(stores: Stores, call: SimulatedCall) -> dict[str, Any]:
    """The call and its legs as kept, without what must differ: ids and the call's own name."""
    with Session(stores.engine) as session:
        row = session.scalars(select(CallRow).where(CallRow.call_id == call_id(call, ISRAEL))).one()
        legs = session.scalars(
            select(LegRow).where(LegRow.call_pk == row.id).order_by(LegRow.type)
        ).all()
        kept = {
            name: value
            for name, value in vars(row).items()
            if name not in ("id", "_sa_instance_state")
        }
        kept["legs"] = [
            {
                name: value
                for name, value in vars(leg).items()
                if name not in ("id", "call_pk", "_sa_instance_state")
            }
            for leg in legs
        ]
    kept.pop("first_time")  # of the same caller's two calls only one is
    # The figures move a little with the moment of the call and with what the site has learned by
    # then.
    kept["match"] = {
        name: kept["match"].get(name) for name in ("verdict", "visitor", "said", "lease", "visit")
    }
    kept["match"]["said"] = re.split(r"\d", kept["match"]["said"] or "")[0]  # and not how long ago
    text = json.dumps(kept, default=str, sort_keys=True)
    plain: dict[str, Any] = json.loads(text.replace(call.serial, IN_ORDER))
    return plain


def read_all(worker: Worker) -> None:
    while worker.turn():
        pass


def in_any_order(call: SimulatedCall, data: st.DataObject) -> list[Sent]:
    """All that a PBX sends of a call, some of it again and in another format."""
    legs = len(records(call, repeat(CdrFormat.JSON)))
    some_format = st.sampled_from(CdrFormat)
    formats = data.draw(st.lists(some_format, min_size=legs, max_size=legs), "formats")
    needed = [*pops(call), *records(call, formats)]
    anything = [*needed, *in_every_format(call), *short_pops(call), *events(call)]
    more = data.draw(st.lists(st.sampled_from(anything), max_size=12), "again")
    return data.draw(st.permutations([*needed, *more]), "order")


def test_the_same_rows(app: Flask, stores: Stores, worker: Worker, visitor: str) -> None:
    client = app.test_client()
    serials = iter(range(10**6))

    @settings(
        max_examples=50,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(calls(did=visitor), st.data())
    def example(call: SimulatedCall, data: st.DataObject) -> None:
        forget(stores, worker)
        tidy = replace(call, serial=f"call-{next(serials)}-tidy")
        for sent in (*pops(tidy), *records(tidy, repeat(CdrFormat.JSON))):
            send(client, sent)
        read_all(worker)

        forget(stores, worker)
        wild = replace(call, serial=f"call-{next(serials)}-wild")
        for sent in in_any_order(wild, data):
            send(client, sent)
            if data.draw(st.booleans(), "the worker reads"):
                worker.turn()
        read_all(worker)
        assert rows(stores, wild) == rows(stores, tidy)

    example()
    with Session(stores.engine) as session:
        assert set(session.scalars(select(InboxRow.state))) == {"done"}
        calls_kept = session.scalars(select(CallRow)).all()
    assert len(calls_kept) == next(serials)
    incoming = [call for call in calls_kept if call.direction == "incoming"]
    assert {call.visitor_id for call in incoming} == {"dana".ljust(22, "_")}
    assert {call.campaign for call in incoming} == {"spring"}
