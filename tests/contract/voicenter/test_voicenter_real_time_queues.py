"""Queues, clocks and fields of Voicenter's Real Time events."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest

from leadtracker.callback_rules.course import State, state_of_pop
from leadtracker.domain import AGENTS_LEG, Account, Direction, Phase, ScreenPop
from leadtracker.errors import BadPayload, NoCall
from leadtracker.pbx.vendor import Receipt, WireFormat
from leadtracker.pbx.voicenter import VENDOR
from leadtracker.pbx.voicenter.real_time import REAL_TIME
from tests.contract.voicenter.test_voicenter_real_time import (
    EXPECTED,
    LEFT_OUT,
    REAL,
    RECEIVED,
    WAITS,
    at,
    event,
)


@pytest.mark.parametrize(
    ("reason", "phase", "cause"),
    [
        ("JOIN", Phase.RINGING, ""),
        ("EXIT", Phase.ANSWERED, ""),
        ("ANSWER", Phase.ANSWERED, ""),
        ("ABANDONED", Phase.ENDED, "abandoned"),
        ("ABANDONE", Phase.ENDED, "abandone"),
        ("join", Phase.RINGING, ""),
    ],
)
def test_every_reason_of_a_queue(reason: str, phase: Phase, cause: str, israel: Account) -> None:
    fields = {
        "eventName": "queue",
        "reason": reason,
        "ivruniqueid": "x",
        "data": {"QueueID": 7, "Calls": []},
    }
    assert REAL_TIME.read(fields, israel, RECEIVED) == ScreenPop(
        call_id="x", phase=phase, caller=None, did=None, direction=Direction.UNKNOWN, cause=cause
    )
    with pytest.raises(BadPayload) as refused:
        REAL_TIME.identify({**fields, "ivruniqueid": ""})
    assert not isinstance(refused.value, NoCall)


def test_a_reason_that_nobody_documents_is_kept_with_its_call(israel: Account) -> None:
    fields = {"eventName": "queue", "reason": "PARKED", "ivruniqueid": "x", "data": {"Calls": []}}
    assert REAL_TIME.read(fields, israel, RECEIVED) == dataclasses.replace(
        WAITS, call_id="x", phase=Phase.UNKNOWN, caller=None, at=None, queue=""
    )


@pytest.mark.parametrize(
    ("calls", "caller", "custom"),
    [
        (
            [{"IvrUniqueID": "x", "CallerID": "0501234567", "customdata": {"a": "1"}}],
            "+972501234567",
            {"a": "1"},
        ),
        ([{"ivrid": "x", "CallerID": "0501234567"}], "+972501234567", {}),
        (
            [
                {"IvrUniqueID": "y", "CallerID": "0541234567"},
                {"ivrid": "x", "CallerID": "Anonymous"},
            ],
            None,
            {},
        ),
        ([{"IvrUniqueID": "y", "CallerID": "0541234567", "customdata": {"a": "1"}}], None, {}),
    ],
)
def test_who_waits_is_found_by_the_call(
    calls: list[Any], caller: str | None, custom: dict[str, str], israel: Account
) -> None:
    fields = {"eventName": "queue", "reason": "JOIN", "ivruniqueid": "x", "data": {"Calls": calls}}
    pop = REAL_TIME.read(fields, israel, RECEIVED)
    assert isinstance(pop, ScreenPop)
    assert (pop.caller, pop.custom) == (caller, custom)


@pytest.mark.parametrize(
    ("offset", "ahead"),
    [
        (120, 120),
        ("180", 180),
        (-300, -300),
        (0, 120),
        (LEFT_OUT, 120),
        (None, 120),
        (100_000, 120),
        ([], 120),
    ],
)
def test_times_are_as_far_ahead_as_the_event_says(offset: Any, ahead: int, israel: Account) -> None:
    read = REAL_TIME.read(event("real-newcall", {"servertimeoffset": offset}, {}), israel, RECEIVED)
    shown = at(2023, 12, 28, 10, 34, 59)
    assert isinstance(read, ScreenPop)
    assert read.at == shown - timedelta(minutes=ahead)


@pytest.mark.parametrize(
    ("offset", "ahead"),
    [(840, 840), (-840, -840), (841, 120), (-841, 120), (1, 1), (-1, -1), ("0", 120)],
)
def test_no_clock_is_more_than_fourteen_hours_ahead(
    offset: Any, ahead: int, israel: Account
) -> None:
    read = REAL_TIME.read(event("real-answer", {"servertimeoffset": offset}, {}), israel, RECEIVED)
    assert isinstance(read, ScreenPop)
    assert read.at == at(2023, 12, 28, 10, 34, 59) - timedelta(minutes=ahead)
    assert read.answered_at == at(2023, 12, 28, 10, 35, 5) - timedelta(minutes=ahead)


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        (946684799, None),
        (946684800 + 7200, at(2000, 1, 1)),
        (4102444799, at(2099, 12, 31, 21, 59, 59)),
        (4102444800, None),
    ],
)
def test_moments_of_2000_to_2100(started: int, expected: datetime | None, israel: Account) -> None:
    read = REAL_TIME.read(event("real-newcall", {}, {"callStarted": started}), israel, RECEIVED)
    assert isinstance(read, ScreenPop)
    assert read.at == expected


def test_without_an_offset_the_hour_that_comes_twice_is_told_by_the_arrival(
    israel: Account,
) -> None:
    half_past_one, first = 1729992600, at(2024, 10, 26, 22, 30)
    for received, began in (
        (first + timedelta(minutes=9), first),
        (first + timedelta(hours=1), first + timedelta(hours=1)),
    ):
        fields = event(
            "real-newcall", {"servertimeoffset": LEFT_OUT}, {"callStarted": half_past_one}
        )
        read = REAL_TIME.read(fields, israel, received)
        assert isinstance(read, ScreenPop)
        assert read.at == began


@pytest.mark.parametrize(
    ("envelope", "call", "changes"),
    [
        # Who is at the other side: of the call, of its transfer, of the envelope.
        (
            {"callerID": "0541234567"},
            {"callerphone": "", "originalCallerID": ""},
            {"caller": "+972541234567"},
        ),
        (
            {"callerID": "0541234567"},
            {"callerphone": "", "originalCallerID": "0531234567"},
            {"caller": "+972531234567"},
        ),
        ({"callerID": "0541234567"}, {}, {}),
        # The agent at whose extension it is: of the envelope's data, of the call.
        ({}, {"extenUser": "OTHER"}, {}),
        # Of the telephone that a call shows, only a name is a name.
        ({}, {"queueID": LEFT_OUT, "callername": "Dana"}, {"caller_name": "Dana"}),
        ({}, {"queueID": 7, "callername": "Dana"}, {}),
        (
            {},
            {"queueID": 7, "callername": "Dana", "originalCallerName": "Lois"},
            {"caller_name": "Lois"},
        ),
        ({}, {"did": "0722776773"}, {"did": "+972722776773"}),
        ({}, {"direction": "Outgoing"}, {"direction": Direction.OUTGOING}),
        ({}, {"direction": "Sideways"}, {"direction": Direction.UNKNOWN}),
        ({"cause": "Normal hangup"}, {}, {"cause": "Normal hangup"}),
        ({}, {"c2cdirection": 1}, {"leg": AGENTS_LEG}),
        ({"nobodyKnows": 1}, {"customdata": {"a": "1"}}, {"custom": {"a": "1", "nobodyKnows": 1}}),
    ],
)
def test_where_a_field_is_read(
    envelope: dict[str, Any], call: dict[str, Any], changes: dict[str, Any], israel: Account
) -> None:
    expected = dataclasses.replace(REAL, **changes)
    assert REAL_TIME.read(event("real-newcall", envelope, call), israel, RECEIVED) == expected


def test_an_extension_that_only_the_call_names(israel: Account) -> None:
    fields = event("real-newcall", {}, {"extenUser": "OTHER"})
    del fields["data"]["extenUser"]
    assert REAL_TIME.read(fields, israel, RECEIVED) == dataclasses.replace(REAL, extension="OTHER")


def test_an_id_may_be_as_long_as_an_index_holds() -> None:
    assert REAL_TIME.identify(event("real-newcall", {}, {"ivrid": "x" * 255})) == "x" * 255
    with pytest.raises(BadPayload, match="has 256 characters; 255 are taken"):
        REAL_TIME.identify(event("real-newcall", {}, {"ivrid": "x" * 256}))


def test_family() -> None:
    assert VENDOR.family("real-time") is REAL_TIME
    assert not REAL_TIME.needed
    assert not REAL_TIME.secret_in_query


COURSE = {
    "c2c-leg1-newcall": State.DIALING,
    "c2c-leg1-answer": State.AGENT_ANSWERED,
    "c2c-leg2-newcall": State.AGENT_ANSWERED,
    "c2c-leg2-answer": State.VISITOR_ANSWERED,
    "c2c-leg2-hangup": State.VISITOR_ANSWERED,  # the CDR says that they talked
    "real-c2c-leg1-newcall": State.DIALING,
}


@pytest.mark.parametrize("name", COURSE)
def test_which_leg_was_answered(name: str) -> None:
    assert state_of_pop(EXPECTED[f"event-extension-{name}.json"]) is COURSE[name]


@pytest.mark.parametrize("receipt", Receipt)
def test_answer_is_empty(receipt: Receipt, israel: Account) -> None:
    assert REAL_TIME.acknowledge(WireFormat.JSON, receipt, israel).content == b""
