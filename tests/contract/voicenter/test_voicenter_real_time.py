"""Every real-time sample of Voicenter, field by field, in every shape an event may have;
and what is about no call."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leadtracker.domain import AGENTS_LEG, CUSTOMERS_LEG, Account, Direction, Phase, ScreenPop
from leadtracker.errors import BadPayload, NoCall
from leadtracker.pbx import wire
from leadtracker.pbx.vendor import WireFormat
from leadtracker.pbx.voicenter.real_time import REAL_TIME
from tests.contract.samples import FOLDER, requests, sent

SAMPLES = FOLDER / "voicenter" / "real_time"
RECEIVED = datetime(2025, 1, 15, 12, tzinfo=UTC)


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[misc, arg-type] # year to second


LEG1 = ScreenPop(
    call_id="20201200013quvnhxku5v",
    phase=Phase.DIALING,
    caller="+972501234567",
    did=None,
    direction=Direction.OUTGOING,
    extension="SIPSIP1",
    at=at(2020, 12, 2, 10, 44, 40),
    answered_at=None,
    caller_name="",
    cause="",
    custom={},
    leg=AGENTS_LEG,
)
LEG2 = dataclasses.replace(LEG1, leg=CUSTOMERS_LEG)
LEG2_ANSWERED = dataclasses.replace(
    LEG2, phase=Phase.ANSWERED, answered_at=at(2020, 12, 2, 10, 44, 50)
)
INCOMING = ScreenPop(
    call_id="202012021122010135330b4f77",
    phase=Phase.RINGING,
    caller="+972501234567",
    did="+972722776772",
    direction=Direction.INCOMING,
    extension="SIPSIP1",
    at=at(2020, 12, 2, 9, 22, 3),
    answered_at=None,
    caller_name="Test Voicenter",
    cause="",
    custom={},
    leg=None,
)
INCOMING_ANSWERED = dataclasses.replace(
    INCOMING, phase=Phase.ANSWERED, answered_at=at(2020, 12, 2, 9, 22, 14)
)
REAL = ScreenPop(
    call_id="20231228102439000000000000000001",
    phase=Phase.RINGING,
    caller="+972501234567",
    did="+972722776772",
    direction=Direction.INCOMING,
    extension="SIPSIP1",
    at=at(2023, 12, 28, 8, 34, 59),
    answered_at=None,
    caller_name="",  # callername is the queue's
    cause="",
    custom={},
    leg=None,
)
REAL_ANSWERED = dataclasses.replace(
    REAL, phase=Phase.ANSWERED, answered_at=at(2023, 12, 28, 8, 35, 5)
)
DO_NOT_CALL = {
    "IsDoNotCallMe": "0",
    "DoNotCallMeStatus": "200",
    "DoNotCallMeStatusCode": "RESPONSE_FROM_API_VALID",
    "DoNotCallMeTokenName": "token",
    "DoNotCallMetransactionId": "00000000-0000-0000-0000-000000000000",
}
WAITS = ScreenPop(
    call_id="2020082015645675456434324949c071d",
    phase=Phase.RINGING,
    caller="+972501234567",
    did=None,
    direction=Direction.UNKNOWN,
    extension="",
    at=at(2020, 8, 23, 15, 8, 25),
    answered_at=None,
    caller_name="",
    cause="",
    custom={},
    leg=None,
    queue="Queue1",
)
LEFT, REAL_LEFT = at(2020, 8, 23, 15, 8, 39), at(2023, 12, 28, 8, 26, 10)
REAL_WAITED = dataclasses.replace(
    WAITS,
    call_id="20231228102439000000000000000001",
    phase=Phase.ANSWERED,
    caller=None,
    at=REAL_LEFT,
    answered_at=REAL_LEFT,
)
EXPECTED = {
    "event-extension-c2c-leg1-newcall.json": LEG1,
    "event-extension-c2c-leg1-answer.json": dataclasses.replace(
        LEG1, phase=Phase.ANSWERED, answered_at=at(2020, 12, 2, 10, 44, 42)
    ),
    "event-extension-c2c-leg2-newcall.json": LEG2,  # Talking, and answered 0
    "event-extension-c2c-leg2-answer.json": LEG2_ANSWERED,
    "event-extension-c2c-leg2-hangup.json": dataclasses.replace(
        LEG2_ANSWERED, phase=Phase.ENDED, cause="Normal hangup"
    ),
    "event-extension-incoming-newcall.json": INCOMING,
    "event-extension-incoming-answer.json": INCOMING_ANSWERED,
    "event-extension-incoming-hangup.json": dataclasses.replace(
        INCOMING_ANSWERED, phase=Phase.ENDED, cause="Normal hangup"
    ),
    "event-extension-real-c2c-leg1-newcall.json": dataclasses.replace(
        REAL,
        phase=Phase.DIALING,
        caller=None,
        did=None,
        direction=Direction.OUTGOING,
        caller_name="Queue1",
        custom=DO_NOT_CALL,
        leg=AGENTS_LEG,
    ),
    "event-extension-real-newcall.json": REAL,
    "event-extension-real-newcall-anonymous.json": dataclasses.replace(
        REAL, caller=None, did=None, caller_name="Queue1"
    ),
    "event-extension-real-answer.json": REAL_ANSWERED,
    "event-extension-real-hold.json": REAL_ANSWERED,
    "event-extension-real-unhold.json": REAL_ANSWERED,
    "event-extension-real-hangup.json": dataclasses.replace(
        REAL_ANSWERED, phase=Phase.ENDED, cause="Normal hangup"
    ),
    "event-extension-real-hangup-answered-elsewhere.json": dataclasses.replace(
        REAL, phase=Phase.ENDED, cause="Answered elsewhere"
    ),
    "event-extension-real-hangup-no-user-responding.json": dataclasses.replace(
        REAL, phase=Phase.ENDED, cause="No user responding"
    ),
    "event-queue-join.json": WAITS,
    "event-queue-exit.json": dataclasses.replace(
        WAITS, phase=Phase.ANSWERED, caller=None, at=LEFT, answered_at=LEFT
    ),
    "event-queue-abandoned.json": dataclasses.replace(
        WAITS,
        call_id="2020082015645675456434324949c0712",
        phase=Phase.ENDED,
        caller=None,
        cause="abandoned",
        at=at(2020, 8, 23, 15, 10, 51),
    ),
    # The first who waits is another call than the one that joined, or was answered.
    "event-queue-real-join.json": dataclasses.replace(
        WAITS,
        call_id="20231228102518000000000000000002",
        caller="+972501234568",
        at=at(2023, 12, 28, 8, 26, 3),
    ),
    "event-queue-real-answer.json": REAL_WAITED,
    "event-queue-real-exit-answered-agent.json": dataclasses.replace(
        REAL_WAITED, representative="Clark Kent"
    ),
}
ABOUT_NO_CALL = (
    "user-status-update.json",
    "login-status.json",
    "login-success.json",
    "all-extensions-status.json",
    "all-users-status.json",
    "all-dialers-status.json",
    "keepalive-response.json",
    "initial-message.json",
)


def test_every_sample_is_expected() -> None:
    assert set(EXPECTED) == requests(SAMPLES)
    others = {file.name for file in SAMPLES.iterdir()} - set(EXPECTED) - set(ABOUT_NO_CALL)
    assert all(name.startswith(("login-", "refresh-", "emit-")) for name in others)


def shapes(pair: list[Any]) -> dict[str, Any]:
    """The same event in all its documented shapes."""
    name, payload = pair
    inner = payload["data"]
    envelope = {key: value for key, value in payload.items() if key != "data"}
    own = (
        "eventName",
        "reason",
        "servertime",
        "servertimeoffset",
        "telephonyservertime",
        "cause",
        "callerID",
        "ivruniqueid",
        "dialStatus",
    )
    envelope |= {key: inner[key] for key in own if key in inner}
    data = {key: value for key, value in inner.items() if key not in own}
    return {
        "pair": [name, payload],
        "bare": payload,
        "of the SDK": {"name": name, "data": payload},
        "beside": envelope | {"data": data},
        "inside": {"data": envelope | data},
        "flat": envelope | data,
        "in a list": [payload],
        "other case": {key.upper(): value for key, value in (envelope | {"data": data}).items()},
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_sample(name: str, israel: Account) -> None:
    for shape, body in shapes(json.loads((SAMPLES / name).read_bytes())).items():
        written_as, fields = wire.read("POST", "application/json", b"", json.dumps(body).encode())
        assert written_as is WireFormat.JSON
        assert REAL_TIME.read(fields, israel, RECEIVED) == EXPECTED[name], shape
        assert REAL_TIME.identify(fields) == EXPECTED[name].call_id


@pytest.mark.parametrize("name", ABOUT_NO_CALL)
def test_what_is_about_no_call(name: str, israel: Account) -> None:
    _, fields = sent(SAMPLES / name)
    with pytest.raises(NoCall):
        REAL_TIME.identify(fields)
    with pytest.raises(NoCall):
        REAL_TIME.read(fields, israel, RECEIVED)


@pytest.mark.parametrize(
    "fields",
    [
        {"eventName": "extension", "reason": "somethingNew", "data": {"extenUser": "SIP"}},
        {"eventName": "queue", "reason": "somethingNew", "data": {"QueueID": 1}},
        {"eventName": "dialer", "reason": "NEWCALL", "ivruniqueid": "x"},
        {
            "eventName": "extension",
            "reason": "userStatusUpdate",
            "data": {"currentCall": {"ivrid": "x"}},
        },
        {},
    ],
)
def test_news_of_no_call_breaks_nothing(fields: dict[str, Any]) -> None:
    with pytest.raises(NoCall):
        REAL_TIME.identify(fields)


LEFT_OUT = object()


def event(name: str, envelope: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    """A sample with fields of it and of its call changed or, when LEFT_OUT, taken away."""
    _, fields = sent(SAMPLES / f"event-extension-{name}.json")
    current = fields["data"]["currentCall"] | call
    fields["data"]["currentCall"] = {
        key: value for key, value in current.items() if value is not LEFT_OUT
    }
    return {key: value for key, value in (fields | envelope).items() if value is not LEFT_OUT}


@pytest.mark.parametrize(
    ("envelope", "call", "phase"),
    [
        ({}, {}, Phase.RINGING),
        ({}, {"callstatus": "Ringin"}, Phase.RINGING),
        ({}, {"callstatus": "Talking"}, Phase.RINGING),  # waits in a queue
        (
            {},
            {"callstatus": "Talking", "direction": "Click2call"},
            Phase.DIALING,
        ),  # the other leg rings
        ({}, {"callstatus": "Talking", "answered": "1"}, Phase.ANSWERED),
        ({}, {"callAnswered": "1703759705"}, Phase.ANSWERED),
        ({"reason": "answer"}, {"answered": LEFT_OUT, "callAnswered": LEFT_OUT}, Phase.ANSWERED),
        ({"reason": "ANSWER"}, {"callstatus": "Talking"}, Phase.UNKNOWN),  # denied by answered 0
        ({"reason": "HANGUP"}, {"answered": 1}, Phase.ENDED),
        ({"reason": "HANGUP", "cause": ""}, {}, Phase.ENDED),
        ({"reason": "NOBODYKNOWS"}, {}, Phase.RINGING),
        ({"reason": "NOBODYKNOWS"}, {"callstatus": "Parked"}, Phase.UNKNOWN),
        ({"eventName": LEFT_OUT}, {}, Phase.RINGING),
    ],
)
def test_phase(
    envelope: dict[str, Any], call: dict[str, Any], phase: Phase, israel: Account
) -> None:
    found = REAL_TIME.read(event("real-newcall", envelope, call), israel, RECEIVED)
    assert isinstance(found, ScreenPop)
    assert found.phase is phase


@pytest.mark.parametrize(
    ("call", "changes"),
    [
        (
            {"isInternal": True, "callerphone": "Lois Lane"},
            {"direction": Direction.INTERNAL, "caller": "Lois Lane"},
        ),
        ({"callerphone": "Anonymous"}, {"caller": "+972501234567"}),  # originalCallerID
        ({"callerphone": 501234567}, {"caller": "+972501234567"}),
        ({"queueID": 0, "callername": "Dana"}, {"caller_name": "Dana"}),
        ({"queueID": 0, "callername": "0501234567"}, {"caller_name": ""}),
        ({"queueID": 0, "callername": "Anonymous"}, {"caller_name": ""}),
        ({"originalCallerName": "דנה"}, {"caller_name": "דנה"}),
        ({"c2cdirection": "2"}, {"leg": CUSTOMERS_LEG}),
        ({"c2cdirection": 3}, {"leg": None}),
        ({"c2cdirection": []}, {"leg": None}),
        ({"customdata": []}, {"custom": {}}),
        (
            {"customdata": '{"var_leadtracker_request": "1-a"}'},
            {"custom": {"var_leadtracker_request": "1-a"}},
        ),
        ({"callStarted": 0}, {"at": None}),
    ],
)
def test_fields(call: dict[str, Any], changes: dict[str, Any], israel: Account) -> None:
    expected = dataclasses.replace(REAL, **changes)
    assert REAL_TIME.read(event("real-newcall", {}, call), israel, RECEIVED) == expected


@pytest.mark.parametrize(
    ("campaign", "direction", "leg"),
    [
        (13569, LEFT_OUT, AGENTS_LEG),
        ("13569", 2, CUSTOMERS_LEG),
        (0, LEFT_OUT, None),
        (LEFT_OUT, LEFT_OUT, None),
    ],
)
def test_of_a_dialers_call_only_the_agents_part_is_certain(
    campaign: Any, direction: Any, leg: int | None, israel: Account
) -> None:
    fields = event("real-answer", {"campaignID": campaign}, {"c2cdirection": direction})
    assert REAL_TIME.read(fields, israel, RECEIVED) == dataclasses.replace(REAL_ANSWERED, leg=leg)


@pytest.mark.parametrize("word", ["callstatus", "direction"])
def test_a_supervisor_who_listens_is_no_call(word: str) -> None:
    for state in ("Spy", "Spying"):
        with pytest.raises(NoCall):
            REAL_TIME.identify(event("real-hangup", {}, {word: state}))


@pytest.mark.parametrize(
    ("envelope", "call"),
    [({}, {"ivrid": ""}), ({}, {"ivrid": LEFT_OUT}), ({}, {"ivrid": "x" * 256})],
)
def test_without_an_id_it_cannot_be_read(envelope: dict[str, Any], call: dict[str, Any]) -> None:
    with pytest.raises(BadPayload) as refused:
        REAL_TIME.identify(event("real-newcall", envelope, call))
    assert not isinstance(refused.value, NoCall)


def test_a_hang_ups_envelope_names_the_call_too() -> None:
    assert REAL_TIME.identify(event("real-hangup", {}, {"ivrid": ""})) == REAL.call_id


@pytest.mark.parametrize("reason", ["NEWCALL", "ANSWER", "HOLD", "UNHOLD", "HANGUP"])
def test_an_event_of_a_call_that_names_none_cannot_be_read(reason: str) -> None:
    for fields in (
        {"eventName": "extension", "reason": reason, "data": {}},
        {"data": {"currentCall": {"a": 1}}},
    ):
        with pytest.raises(BadPayload) as refused:
            REAL_TIME.identify({"reason": reason} | fields)
        assert not isinstance(refused.value, NoCall)
        assert (
            str(refused.value)
            == "The fields ivrid and ivruniqueid are missing: nothing says which call this is."
        )
