"""Every pop-up sample of Voicenter, field by field, the rules of the phase, and every answer."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadtracker.domain import CUSTOMERS_LEG, Account, Direction, Phase, ScreenPop
from leadtracker.errors import BadPayload
from leadtracker.pbx.vendor import WireFormat
from leadtracker.pbx.voicenter.screen_pop import SCREEN_POP
from tests.contract.samples import FOLDER, requests, sent

SAMPLES = FOLDER / "voicenter" / "screen_pop"
RECEIVED = datetime(2025, 1, 15, 12, tzinfo=UTC)

FORM = ScreenPop(
    call_id="202010111sdsd3684752bcb3d",
    phase=Phase.RINGING,
    caller="+972722776772",
    did="+972722776773",
    direction=Direction.INCOMING,
    extension="NaDzw5Ol",
    at=None,
    answered_at=None,
    caller_name="",
    cause="",
    custom={},
)
RINGING = ScreenPop(
    call_id="20220916103546022555eb61e755c08a",
    phase=Phase.RINGING,
    caller="+972722776772",
    did="+972776707528",
    direction=Direction.INCOMING,
    extension="KGpK4iWq",
    at=datetime(2022, 9, 16, 7, 35, 48, tzinfo=UTC),
    answered_at=None,
    caller_name="John Doe",
    cause="",
    custom={},
)
TALKING = dataclasses.replace(
    RINGING, phase=Phase.ANSWERED, answered_at=datetime(2022, 9, 16, 7, 35, 55, tzinfo=UTC)
)
EXPECTED = {
    "request-form-status.form": FORM,
    "request-form-statuscall-ringin.form": dataclasses.replace(FORM, extension="NaDzw50l"),
    "request-get-dialing.txt": dataclasses.replace(
        FORM,
        phase=Phase.DIALING,
        caller="+972501234567",
        did=None,
        direction=Direction.OUTGOING,
        extension="NaDzw50l",
    ),
    "request-get-ringing.txt": dataclasses.replace(FORM, extension="SIPSIPl"),
    "request-json-dialing-outgoing.json": dataclasses.replace(
        RINGING,
        phase=Phase.DIALING,
        caller="+972501234567",
        did=None,
        direction=Direction.OUTGOING,
        caller_name="Queue Testing",
    ),
    "request-json-hangup.json": dataclasses.replace(
        TALKING, phase=Phase.ENDED, cause="Normal hangup"
    ),
    "request-json-ringing-customdata.json": dataclasses.replace(
        RINGING, custom={"var_clientID": "CRM-9876", "CRM_cleint_ID": "12345"}
    ),
    "request-json-ringing.json": RINGING,
    "request-json-talking.json": TALKING,
}
FORMATS = {".json": WireFormat.JSON, ".form": WireFormat.FORM, ".txt": WireFormat.QUERY}


def test_every_sample_is_expected() -> None:
    assert set(EXPECTED) == requests(SAMPLES)


@pytest.mark.parametrize("header", [None, "", "text/plain"])
@pytest.mark.parametrize("name", EXPECTED)
def test_sample(name: str, header: str | None, israel: Account) -> None:
    written_as, fields = sent(SAMPLES / name, header)
    assert written_as is FORMATS[(SAMPLES / name).suffix]
    assert SCREEN_POP.read(fields, israel, RECEIVED) == EXPECTED[name]


def pop(israel: Account, name: str, call: dict[str, Any], current: dict[str, Any]) -> ScreenPop:
    """A sample with fields of it and of its `currentCall` changed or, when LEFT_OUT, taken away."""
    _, sample = sent(SAMPLES / name)
    fields = sample | call
    if "currentCall" in sample and "currentCall" not in call:
        fields["currentCall"] = _without(sample["currentCall"] | current)
    return SCREEN_POP.read(_without(fields), israel, RECEIVED)


def _without(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not LEFT_OUT}


LEFT_OUT = object()
NO_PROOF = {"isAnswered": LEFT_OUT, "callAnswered": LEFT_OUT}
NO_INNER_PROOF = {"answered": LEFT_OUT, "callAnswered": LEFT_OUT}


@pytest.mark.parametrize(
    ("call", "current", "phase"),
    [
        # 1. A cause, or the state Hangup, before everything else.
        ({}, {"cause": "Answered elsewhere"}, Phase.ENDED),
        ({"cause": "Normal hangup"}, {}, Phase.ENDED),
        ({"status": "Hangup"}, {}, Phase.ENDED),
        ({"status": "HANGUP", "isAnswered": True}, {}, Phase.ENDED),
        (
            {"cause": "", "status": "Ringing"},
            {"cause": None},
            Phase.RINGING,
        ),  # an empty cause is none
        # 2. A proof of the answer, in any of its spellings; the state says nothing then.
        ({"isAnswered": True}, {}, Phase.ANSWERED),
        ({"isAnswered": 1}, {}, Phase.ANSWERED),
        ({"isAnswered": "true"}, {}, Phase.ANSWERED),
        ({"isAnswered": "1"}, {}, Phase.ANSWERED),
        ({"callAnswered": 1663324555}, {}, Phase.ANSWERED),
        ({"callAnswered": "1663324555"}, {}, Phase.ANSWERED),
        ({}, {"callAnswered": 1663324555}, Phase.ANSWERED),
        ({}, {"answered": 1}, Phase.ANSWERED),
        ({}, {"answered": "1"}, Phase.ANSWERED),
        ({}, {"answered": True}, Phase.ANSWERED),
        ({"status": "Dialing", "isAnswered": True}, {}, Phase.ANSWERED),
        # Talking proves nothing where the proofs deny it; it is believed where there are none.
        ({"status": "Talking"}, {}, Phase.RINGING),
        (
            {"status": "Talking"} | NO_PROOF,
            {"answered": 0, "callAnswered": LEFT_OUT},
            Phase.RINGING,
        ),
        ({"status": "Talking"} | NO_PROOF, NO_INNER_PROOF, Phase.ANSWERED),
        (
            {"status": "Talking", "isAnswered": "", "callAnswered": None},
            NO_INNER_PROOF,
            Phase.ANSWERED,
        ),
        # 3. Ringing in its spellings, dialing.
        ({"status": "Ringing"}, {}, Phase.RINGING),
        ({"status": "Ringin"}, {}, Phase.RINGING),
        ({"status": "RINGING"}, {}, Phase.RINGING),
        ({"status": LEFT_OUT, "statusCall": "Ringin"}, {}, Phase.RINGING),
        ({"status": LEFT_OUT}, {"callstatus": "Ringing"}, Phase.RINGING),
        ({"status": "Dialing"}, {}, Phase.DIALING),
        # 4. Anything else.
        ({"status": "Hold"}, {}, Phase.UNKNOWN),
        ({"status": ""}, {"callstatus": ""}, Phase.UNKNOWN),
        ({"status": None}, {"callstatus": None}, Phase.UNKNOWN),
        ({"status": ["Ringing"]}, {"callstatus": {}}, Phase.UNKNOWN),
    ],
)
def test_phase(
    call: dict[str, Any], current: dict[str, Any], phase: Phase, israel: Account
) -> None:
    assert pop(israel, "request-json-ringing.json", call, current).phase is phase


@pytest.mark.parametrize("state", ["status", "statusCall", "STATUSCALL"])
@pytest.mark.parametrize(
    ("word", "phase", "direction"),
    [
        ("Ringing", Phase.RINGING, Direction.INCOMING),
        ("Ringin", Phase.RINGING, Direction.INCOMING),
        ("Dialing", Phase.DIALING, Direction.OUTGOING),
        ("Talking", Phase.ANSWERED, Direction.INCOMING),
        ("Hangup", Phase.ENDED, Direction.INCOMING),
        ("Waving", Phase.UNKNOWN, Direction.INCOMING),
    ],
)
def test_flat_phase(
    state: str, word: str, phase: Phase, direction: Direction, israel: Account
) -> None:
    call = {"status": LEFT_OUT, state: word}
    expected = dataclasses.replace(FORM, phase=phase, direction=direction)
    assert pop(israel, "request-form-status.form", call, {}) == expected


@pytest.mark.parametrize(
    ("call", "current", "expected"),
    [
        # The caller's own name before the queue's.
        ({}, {"originalCallerName": ""}, {"caller_name": "Queue Testing"}),
        ({"callerName": LEFT_OUT}, {"originalCallerName": LEFT_OUT}, {"caller_name": ""}),
        # Custom data in all its casings, at both levels.
        (
            {"CUSTOM_DATA": '{"a": "1"}'},
            {"customdata": {"b": "2"}},
            {"custom": {"a": "1", "b": "2"}},
        ),
        (
            {"CustomData": {"a": "outside"}},
            {"customdata": {"a": "inside"}},
            {"custom": {"a": "inside"}},
        ),
        ({}, {"customdata": []}, {}),
        ({}, {"customdata": None}, {}),
        ({"var_a": "1"}, {"Customdata": {"b": "2"}}, {"custom": {"var_a": "1", "b": "2"}}),
        # Numbers: the next one that is there; what is no number as received;
        # withheld ones are # none.
        ({"phone": ""}, {}, {}),
        ({"phone": LEFT_OUT}, {"callerphone": LEFT_OUT}, {}),
        (
            {"phone": "Anonymous"},
            {"callerphone": "anonymous", "originalCallerID": ""},
            {"caller": None},
        ),
        ({"phone": "Dana from sales"}, {}, {"caller": "Dana from sales"}),
        ({"phone": 972722776772}, {}, {}),
        ({"phone": "+972 72-277-6772"}, {}, {}),
        ({"did": ""}, {}, {}),
        ({"did": "4001"}, {}, {"did": "4001"}),
        # Directions.
        ({"direction": "outgoing"}, {}, {"direction": Direction.OUTGOING}),
        ({"direction": "Click2call"}, {}, {"direction": Direction.OUTGOING}),
        ({"direction": ""}, {"direction": "Outgoing"}, {"direction": Direction.OUTGOING}),
        ({}, {"isInternal": True}, {"direction": Direction.INTERNAL}),
        ({"direction": "Spy"}, {}, {"direction": Direction.INTERNAL}),
        ({"direction": "Sideways"}, {}, {"direction": Direction.UNKNOWN}),
        # Times that are none; the inner one where the outer is not there.
        ({"callStarted": 0}, {"callStarted": 0}, {"at": None}),
        ({"callStarted": "soon"}, {"callStarted": True}, {"at": None}),
        ({"callStarted": LEFT_OUT}, {}, {}),
        ({"callStarted": "1663324548"}, {}, {}),
        # Fields that only the inner call has.
        ({"ivrid": LEFT_OUT}, {}, {}),
        ({"extenUser": LEFT_OUT}, {}, {}),
        # Without an inner call, or with one that is none.
        ({"currentCall": []}, {}, {"caller_name": "Queue Testing"}),
        ({"currentCall": None}, {}, {"caller_name": "Queue Testing"}),
        ({"currentCall": "none"}, {}, {"caller_name": "Queue Testing"}),
        ({"currentCall": '{"originalCallerName": "John Doe"}'}, {}, {}),
        ({"newField": {"a": 1}}, {"blcServerID": LEFT_OUT}, {}),
    ],
)
def test_ways_of_writing(
    call: dict[str, Any], current: dict[str, Any], expected: dict[str, Any], israel: Account
) -> None:
    assert pop(israel, "request-json-ringing.json", call, current) == dataclasses.replace(
        RINGING, **expected
    )


OUT, RINGS = {"status": "Talking", "direction": "Outgoing"}, {"direction": Direction.OUTGOING}


@pytest.mark.parametrize(
    ("call", "current", "expected"),
    [
        # Whom an extension calls is rung while the agent is on the line:
        # that is the customer's # leg.
        (OUT, {}, RINGS | {"leg": CUSTOMERS_LEG}),
        (OUT | {"direction": "Click2Call"}, {}, RINGS | {"leg": CUSTOMERS_LEG}),
        (OUT | {"direction": "Incoming"}, {}, {"leg": None}),
        (OUT | {"status": "Ringing"}, {}, RINGS | {"leg": None}),
        (OUT, {"answered": 1}, RINGS | {"phase": Phase.ANSWERED, "leg": None}),
        (
            OUT,
            {"cause": "Normal hangup"},
            RINGS | {"phase": Phase.ENDED, "cause": "Normal hangup", "leg": None},
        ),
    ],
)
def test_leg(
    call: dict[str, Any], current: dict[str, Any], expected: dict[str, Any], israel: Account
) -> None:
    assert pop(israel, "request-json-ringing.json", call, current) == dataclasses.replace(
        RINGING, **expected
    )


@pytest.mark.parametrize(
    ("call", "current", "expected"),
    [
        # The outer field counts before the inner one.
        ({"extenUser": "OUTER"}, {"extenUser": "INNER"}, {"extension": "OUTER"}),
        ({"ivrid": "outer"}, {"ivrid": "inner"}, {"call_id": "outer"}),
        ({"phone": "0541234567"}, {"callerphone": "0531234567"}, {"caller": "+972541234567"}),
        (
            {"phone": ""},
            {"callerphone": "0531234567", "originalCallerID": "0541234567"},
            {"caller": "+972531234567"},
        ),
        (
            {"phone": ""},
            {"callerphone": "", "originalCallerID": "0541234567"},
            {"caller": "+972541234567"},
        ),
        ({"did": "0722776773"}, {"did": "0722776774"}, {"did": "+972722776773"}),
        ({"did": ""}, {"did": "0722776774"}, {"did": "+972722776774"}),
        ({"callStarted": 1663324549}, {}, {"at": datetime(2022, 9, 16, 7, 35, 49, tzinfo=UTC)}),
        (
            {"callStarted": 1674210949},
            {},
            {"at": datetime(2023, 1, 20, 8, 35, 49, tzinfo=UTC)},
        ),  # winter
        ({"callStarted": 946684799}, {"callStarted": 4102444800}, {"at": None}),
        ({"direction": "Incoming"}, {"direction": "Outgoing"}, {}),
        ({}, {"originalCallerName": "Lois"}, {"caller_name": "Lois"}),
        ({}, {"isInternal": "true"}, {"direction": Direction.INTERNAL}),
        ({}, {"isInternal": "0"}, {}),
        ({"status": "Ringing", "statusCall": "Dialing"}, {"callstatus": "Dialing"}, {}),
        ({"status": "", "statusCall": "Dialing"}, {}, {"phase": Phase.DIALING}),
    ],
)
def test_which_of_two_fields_counts(
    call: dict[str, Any], current: dict[str, Any], expected: dict[str, Any], israel: Account
) -> None:
    assert pop(israel, "request-json-ringing.json", call, current) == dataclasses.replace(
        RINGING, **expected
    )


def test_the_cause_of_the_call_counts_before_the_outer_one(israel: Account) -> None:
    ended = pop(israel, "request-json-ringing.json", {"cause": "outer"}, {"cause": "inner"})
    assert (ended.phase, ended.cause) == (Phase.ENDED, "inner")
    assert pop(israel, "request-json-ringing.json", {"cause": "outer"}, {}).cause == "outer"


def test_the_hour_that_comes_twice_is_told_by_the_arrival(israel: Account) -> None:
    first = datetime(2024, 10, 26, 22, 30, tzinfo=UTC)
    for received, began in (
        (first, first),
        (first + timedelta(hours=1), first + timedelta(hours=1)),
    ):
        assert (
            SCREEN_POP.read({"ivrid": "a", "callStarted": 1729992600}, israel, received).at == began
        )


def test_an_id_may_be_as_long_as_an_index_holds(israel: Account) -> None:
    assert SCREEN_POP.read({"ivrid": "a" * 255}, israel, RECEIVED).call_id == "a" * 255
    with pytest.raises(BadPayload) as refusal:
        SCREEN_POP.read({"ivrid": "a" * 256}, israel, RECEIVED)
    assert str(refusal.value) == "The field ivrid has 256 characters; 255 are taken."


def test_a_pop_without_a_call_id_is_answered(israel: Account) -> None:
    assert SCREEN_POP.read({"phone": "0722776772"}, israel, RECEIVED) == ScreenPop(
        call_id=None, phase=Phase.UNKNOWN, caller="+972722776772", did=None
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"test": "ping"},
        {"did": "0722776773"},
        {"ivrid": "", "statusCall": "Ringing"},
        {"ivrid": "a" * 256},
    ],
)
def test_no_call(fields: dict[str, Any], israel: Account) -> None:
    with pytest.raises(BadPayload, match="ivrid"):
        SCREEN_POP.read(fields, israel, RECEIVED)
