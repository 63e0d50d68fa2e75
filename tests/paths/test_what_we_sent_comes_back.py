"""What we sent to a PBX and get back is recognized as ours, and is no evidence of who called."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.calls.screen_pop import ScreenPops
from leadtracker.domain import Caller, Direction, Phase, ScreenPop
from leadtracker.pbx.dialing import REQUEST
from leadtracker.records import verdicts
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow
from leadtracker.records.tables.base import Base
from leadtracker.web.stores import Stores
from tests.callback_road import TARGET, callback_row, long
from tests.dashboard_rows import add
from tests.notifications import DANA, DID, NOON, WHILE1, Pbx, wall_clock

OTHER = "+97237654321"  # a number of the account that no site shows
EVIDENCE = ("learned", "phones", "callers", "known_phones", "told_phones")
# What a page could have written into the request, and would like to be believed.
SENT = {
    "var_leadtracker_request": "1-request-1",
    "var_leadtracker_visitor": long("dana"),
    "var_phone": DANA,
    "phone": DANA,
    "visitor": long("mallory"),
    "name": "Mallory",
}
START = wall_clock(NOON)
OUT: dict[str, Any] = {
    "type": "Click2Call leg2",
    "caller": "037654321",
    "target": TARGET,
    "did": "",
}

Way = Callable[[Pbx, dict[str, Any]], None]


def as_object(pbx: Pbx, sent: dict[str, Any]) -> None:
    pbx.cdr("call-1", **OUT, CustomData=sent)


def as_text(pbx: Pbx, sent: dict[str, Any]) -> None:
    pbx.cdr("call-1", **OUT, CUSTOM_DATA=json.dumps(sent))


def as_fields(pbx: Pbx, sent: dict[str, Any]) -> None:
    pbx.cdr("call-1", **OUT, **{name: sent[name] for name in sent if name.startswith("var_")})


def by_pop(pbx: Pbx, sent: dict[str, Any]) -> None:
    said: dict[str, Any] = {
        "direction": "Outgoing",
        "status": "Dialing",
        "CUSTOM_DATA": json.dumps(sent),
    }
    pbx.pop(name="call-1", caller=TARGET, did="", **said)


def by_pop_of_a_current_call(pbx: Pbx, sent: dict[str, Any]) -> None:
    current: dict[str, Any] = {"ivrid": "call-1", "callerphone": TARGET, "direction": "Click2Call"}
    current |= {"callstatus": "Dialing", "callStarted": START, "customdata": sent}
    body = {"ivrid": "call-1", "phone": TARGET, "status": "Dialing", "currentCall": current}
    pbx.keep("screen-pop", {}, json.dumps(body).encode())


def by_event(pbx: Pbx, sent: dict[str, Any]) -> None:
    call: dict[str, Any] = {
        "ivrid": "call-1",
        "callerphone": TARGET,
        "direction": "Click2Call",
        "did": "",
    }
    call |= {"callstatus": "Dialing", "callStarted": START, "customdata": sent}
    event: dict[str, Any] = {"eventName": "extension", "reason": "NEWCALL", "servertimeoffset": 120}
    data = event | {"extenUser": "WalterSIP", "calls": [call], "currentCall": call}
    pbx.keep("real-time", {}, json.dumps(["ExtensionEvent", {"data": data}]).encode())


def by_queue(pbx: Pbx, sent: dict[str, Any]) -> None:
    waits: dict[str, Any] = {
        "ivrid": "call-1",
        "CallerID": TARGET,
        "JoinTimeStamp": START,
        "customdata": sent,
    }
    event: dict[str, Any] = {
        "eventName": "queue",
        "reason": "JOIN",
        "servertime": START,
        "servertimeoffset": 120,
    }
    event |= {"ivruniqueid": "call-1", "data": {"QueueName": "Sales", "Calls": [waits]}}
    pbx.keep("real-time", {}, json.dumps(["QueueEvent", event]).encode())


WAYS: tuple[Way, ...] = (
    as_object,
    as_text,
    as_fields,
    by_pop,
    by_pop_of_a_current_call,
    by_event,
    by_queue,
)


@pytest.fixture
def pbx(stores: Stores) -> Pbx:
    add(stores.engine, callback_row(1, name="As typed", state="dialling"))
    return Pbx(stores)


def evidence(pbx: Pbx) -> dict[str, list[Any]]:
    with Session(pbx.engine) as session:
        tables = ((name, Base.metadata.tables[name]) for name in EVIDENCE)
        return {name: list(session.execute(select(table))) for name, table in tables}


def followed(pbx: Pbx) -> int | None:
    """The call that the request was led on by."""
    with Session(pbx.engine) as session:
        return session.scalars(select(CallbackRow)).one().call_pk


def named(stores: Stores, **more: Any) -> Caller:
    """Whom an agent sees when the number that was called back rings at any of ours."""
    pops = ScreenPops(stores.engine, stores.live, stores.directory, "https://calls.example")
    pop = ScreenPop("later", Phase.RINGING, TARGET, OTHER, at=NOON + timedelta(days=1))
    return pops.caller_of(stores.directory.accounts["pbx"], replace(pop, **more))


@pytest.mark.parametrize("way", WAYS)
def test_it_is_ours_and_teaches_nothing(way: Way, pbx: Pbx) -> None:
    before = evidence(pbx)
    way(pbx, SENT)
    pbx.read_all()
    (row,) = pbx.calls()
    assert (row.caller, row.visitor_id, row.called_back) == (TARGET, long("dana"), True)
    assert row.match == {"said": "Asked to be called back", "name": "As typed"}
    assert followed(pbx) == row.id
    assert evidence(pbx) == before


@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_was_typed_is_not_who_calls_later(way: Way, pbx: Pbx) -> None:
    """Anybody can ask that somebody else is called, under any name."""
    way(pbx, SENT)
    pbx.read_all()
    assert named(pbx.stores).name == ""


def judged(pbx: Pbx, row: CallRow) -> Any:
    with Session(pbx.engine) as session:
        found = verdicts.judgment(session, row.id)
    assert found is not None
    return found.evidence


@pytest.mark.parametrize("custom", [{}, SENT, {"CustomData": SENT}], ids=["no", "flat", "nested"])
def test_of_a_caller_who_was_not_asked_for_it_says_nothing(
    custom: dict[str, Any], pbx: Pbx
) -> None:
    """They ring at a number of ours: it is not the call that we had the PBX make."""
    pbx.cdr("call-1", CustomData=custom)
    pbx.pop(name="call-1", CUSTOM_DATA=json.dumps(custom))
    pbx.read_all()
    (row,) = pbx.calls()
    assert (row.caller, row.visitor_id, row.called_back) == (DANA, None, False)
    assert followed(pbx) is None
    found = judged(pbx, row)
    assert (found.knowers, found.claims, found.holders) == (frozenset(), {}, ())


def test_nor_is_it_announced(pbx: Pbx) -> None:
    ours = {REQUEST: "1-request-1"}
    assert named(pbx.stores, caller=DANA, did=DID, custom=ours).name == ""
    assert named(pbx.stores, caller=DANA, custom=ours).visitor_id is None
    for sent in ({"direction": Direction.OUTGOING}, {}):
        assert named(pbx.stores, custom=ours, **sent).name == "As typed"


@pytest.mark.parametrize("event", ["dial_answer", "queue_answer_end", "outgoing_end"])
def test_another_account_does_not_bring_it_back(event: str, pbx: Pbx) -> None:
    unique = f"{int(NOON.timestamp())}.7"
    said = {"event": event, "uniqueid": unique, "telephone": TARGET, "dnid": "0213110002"}
    pbx.keep("events", said | SENT, account=WHILE1, seconds=60)
    before = evidence(pbx)
    pbx.read_all()
    (row,) = pbx.calls()
    assert (row.visitor_id, row.called_back, followed(pbx)) == (None, False, None)
    after = evidence(pbx)
    assert [after[name] for name in EVIDENCE[3:]] == [before[name] for name in EVIDENCE[3:]]
