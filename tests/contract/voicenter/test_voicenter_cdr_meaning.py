"""What a CDR of Voicenter means: its type, direction, outcome, identity and time."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from leadtracker.domain import Account, Cdr, Direction, Outcome
from leadtracker.errors import BadPayload
from leadtracker.pbx.voicenter.cdr_notification import CDR
from tests.contract.samples import sent
from tests.contract.voicenter.expected_cdrs import OUTGOING, RECEIVED, SAMPLES
from tests.contract.voicenter.test_voicenter_cdr_fields import LEFT_OUT, cdr


@pytest.mark.parametrize(
    ("said", "name", "code", "direction", "main", "customer"),
    [
        ("Incoming Call", "Incoming Call", 1, Direction.INCOMING, True, "caller"),
        ("CC", "CC", 2, Direction.UNKNOWN, True, "caller"),
        ("extension outgoing", "Extension Outgoing", 4, Direction.OUTGOING, True, "target"),
        ("QUEUE", "Queue", 8, Direction.INCOMING, True, "caller"),
        ("Click2Callleg1", "Click2Call leg1", 9, Direction.OUTGOING, False, None),
        ("Click2Call leg1", "Click2Call leg1", 9, Direction.OUTGOING, False, None),
        ("Click2Callleg2", "Click2Call leg2", 10, Direction.OUTGOING, True, "target"),
        ("Click 2 Call Leg 2", "Click2Call leg2", 10, Direction.OUTGOING, True, "target"),
        ("VoiceMail", "VoiceMail", 11, Direction.INCOMING, True, "caller"),
        ("Callference", "Callference", 12, Direction.UNKNOWN, True, "caller"),
        ("XferCDR", "XferCDR", 13, Direction.UNKNOWN, True, "caller"),
        ("Productive Call Leg1", "ProductiveCall Leg1", 14, Direction.OUTGOING, False, None),
        ("Productive Call Leg2", "ProductiveCall Leg2", 15, Direction.OUTGOING, True, "target"),
        ("Scrubber", "Scrubber", 16, Direction.UNKNOWN, False, "caller"),
        ("Click 2 IVR", "Click 2 IVR", 17, Direction.OUTGOING, False, "target"),
        ("Click2IVR Incoming", "Click 2 IVR Incoming", 18, Direction.OUTGOING, True, "caller"),
        (
            "Click 2 Queue Incoming",
            "Click 2 Queue Incoming",
            19,
            Direction.OUTGOING,
            True,
            "caller",
        ),
        ("FaxCdr", "FaxCdr", 20, Direction.OUTGOING, False, "target"),
        ("Attended CDR leg1", "Attended CDR leg1", 21, Direction.UNKNOWN, False, "caller"),
        ("Attended CDR leg2", "Attended CDR leg2", 22, Direction.UNKNOWN, True, "caller"),
        ("Auto forward", "Auto forward", 23, Direction.INCOMING, True, "caller"),
        ("", "", None, Direction.UNKNOWN, True, "caller"),
    ],
)
def test_call_types(
    said: str,
    name: str,
    code: int | None,
    direction: Direction,
    main: bool,
    customer: str | None,
    israel: Account,
) -> None:
    record = cdr(israel, type=said, callerextension="")
    numbers = {"caller": "+972722776772", "target": "+972501234567", None: None}
    outcome = Outcome.VOICEMAIL if code == 11 else Outcome.ANSWERED
    assert record == dataclasses.replace(
        OUTGOING,
        type=name,
        type_code=code,
        direction=direction,
        main=main,
        customer=numbers[customer],
        outcome=outcome,
        talk_seconds=0 if code == 11 else 11,
        extension="",
        caller_extension="",
        extra={} if said == name else {"type": said},
    )


@pytest.mark.parametrize(
    ("fields", "direction"),
    [
        ({"did": "0722776772"}, Direction.INCOMING),
        ({"did": "0722776772", "callerextension": "SIPSIP"}, Direction.INCOMING),
        ({"callerextension": "SIPSIP"}, Direction.OUTGOING),
        ({"direction": "outgoing", "did": "0722776772"}, Direction.OUTGOING),
        ({}, Direction.UNKNOWN),
    ],
)
def test_direction_of_a_transfer(
    fields: dict[str, Any], direction: Direction, israel: Account
) -> None:
    assert (
        cdr(israel, **({"type": "XferCDR", "callerextension": ""} | fields)).direction is direction
    )


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("ANSWER", Outcome.ANSWERED),
        ("NOANSWER", Outcome.MISSED),
        ("BUSY", Outcome.BUSY),
        ("CANCEL", Outcome.ABANDONED),
        ("NOTDIALED", Outcome.FAILED),
        ("ABANDONE", Outcome.ABANDONED),
        ("ABANDONED", Outcome.ABANDONED),
        ("TIMEOUT", Outcome.MISSED),
        ("FULL", Outcome.MISSED),
        ("EXIT", Outcome.ABANDONED),
        ("JOINEMPTY", Outcome.MISSED),
        ("VOEND", Outcome.ABANDONED),
        ("TE", Outcome.MISSED),
        ("NOTCALLED", Outcome.FAILED),
        ("VOICEMAIL", Outcome.VOICEMAIL),
        ("CONGESTION", Outcome.FAILED),
        ("CHANUNAVAIL", Outcome.FAILED),
        ("INVALIDARGS", Outcome.FAILED),
        ("SSWPREAUTH", Outcome.FAILED),
        ("Transfer", Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
    ],
)
def test_statuses(status: str, outcome: Outcome, israel: Account) -> None:
    talked = 11 if status == "ANSWER" else 0  # what any other duration is, is no talk
    expected = dataclasses.replace(OUTGOING, status=status, outcome=outcome, talk_seconds=talked)
    assert cdr(israel, status=status) == expected
    newer = dataclasses.replace(expected, talk_seconds=9 if talked else 0)
    assert cdr(israel, status=status, actualCallDuration=9) == newer


@pytest.mark.parametrize(
    ("fields", "talked"),
    [
        ({"isAnswer": 1, "status": "NOANSWER"}, 11),
        ({"isAnswer": 0, "status": "ANSWER"}, 0),
        ({"isAnswer": "0", "actualCallDuration": 9}, 0),
        ({"isAnswer": "", "status": "ANSWER"}, 11),
        ({"type": "Queue", "status": "ABANDONE", "seconds_waiting_in_queue": 5}, 0),
        ({"type": "Queue", "isAnswer": 1, "status": "", "seconds_waiting_in_queue": 5}, 6),
        ({"type": "VoiceMail", "status": "ANSWER"}, 0),  # a message
    ],
)
def test_who_did_not_answer_did_not_talk(
    fields: dict[str, Any], talked: int, israel: Account
) -> None:
    record = cdr(israel, **fields)
    assert (record.talk_seconds, record.duration_seconds) == (talked, 11)


@pytest.mark.parametrize(
    "fields",
    [
        {"ivruniqueid": LEFT_OUT},
        {"ivruniqueid": ""},
        {"ivruniqueid": None},
        {"ivruniqueid": True},
        {"ivruniqueid": ["a"]},
        {"ivruniqueid": "a" * 256},
        {"time": LEFT_OUT},
        {"time": ""},
        {"time": None},
        {"time": False},
        {"time": "yesterday"},
        {"time": "NaN"},
        {"time": "Infinity"},
        {"time": 0},
        {"time": -1595960350},
        {"time": 1595960350000},  # milliseconds
        {"time": 10**30},
        {"time": "9" * 5000},
        {"time": [1595960350]},
        {"type": "a" * 256},
    ],
)
def test_no_record_without_identity(fields: dict[str, Any], israel: Account) -> None:
    _, sample = sent(SAMPLES / "request-json-outgoing.json")
    broken = {name: value for name, value in (sample | fields).items() if value is not LEFT_OUT}
    with pytest.raises(BadPayload, match=f"The field {next(iter(fields))} "):
        CDR.identify(broken)
    with pytest.raises(BadPayload, match=f"The field {next(iter(fields))} "):
        CDR.read(broken, israel, RECEIVED)


def test_identity_may_be_as_long_as_an_index_holds(israel: Account) -> None:
    long = "a" * 255
    record = cdr(israel, ivruniqueid=long, type=long)
    assert (
        record.call_id,
        record.type,
        CDR.identify({"ivruniqueid": long, "type": long, "time": 1595960350}),
    ) == (
        long,
        long,
        long,
    )


@pytest.mark.parametrize(
    ("epoch", "read"),
    [(946684799, False), (946684800, True), (4102444799, True), (4102444800, False)],
)
def test_moments_of_2000_to_2100(epoch: int, read: bool, israel: Account) -> None:
    if read:
        assert cdr(israel, time=epoch).started_raw == str(epoch)
        return
    with pytest.raises(BadPayload, match="between 2000 and 2100"):
        cdr(israel, time=epoch)


QUEUED = {"type": "Queue", "status": "ANSWER", "queueid": 7, "queuename": "Sales"}


@pytest.mark.parametrize(
    ("fields", "talked", "waited", "whole"),
    [
        ({"duration": 50, "seconds_waiting_in_queue": 20}, 30, 20, 50),
        ({"duration": 20, "seconds_waiting_in_queue": 50}, 0, 50, 20),
        ({"duration": 50}, 50, 0, 50),
        ({"duration": 50, "seconds_waiting_in_queue": 20, "actualCallDuration": 29}, 29, 20, 50),
        ({"duration": 50, "seconds_waiting_in_queue": 20, "actualCallDuration": 0}, 0, 20, 50),
    ],
)
def test_the_duration_of_a_queue_call_includes_the_waiting(
    fields: dict[str, Any], talked: int, waited: int, whole: int, israel: Account
) -> None:
    record = cdr(israel, **(QUEUED | fields))
    assert (record.talk_seconds, record.wait_seconds, record.duration_seconds) == (
        talked,
        waited,
        whole,
    )


def test_the_hour_that_comes_twice(israel: Account) -> None:
    """01:30 of 2024-10-27: summer's until 02:00, then winter's;
    a call can only be over when its CDR comes."""
    half_past_one = 1729992600
    for received, began in [
        (datetime(2024, 10, 26, 22, 40, tzinfo=UTC), datetime(2024, 10, 26, 22, 30, tzinfo=UTC)),
        (datetime(2024, 10, 26, 23, 40, tzinfo=UTC), datetime(2024, 10, 26, 23, 30, tzinfo=UTC)),
    ]:
        _, fields = sent(SAMPLES / "request-json-outgoing.json")
        record = CDR.read(fields | {"time": half_past_one}, israel, received)
        assert isinstance(record, Cdr)
        assert record.started_at == began
    _, fields = sent(SAMPLES / "request-json-outgoing.json")
    record = CDR.read(  # it lasted 65 minutes, so it began in the first of the two hours
        fields | {"time": half_past_one, "duration": 3900},
        israel,
        datetime(2024, 10, 26, 23, 36, tzinfo=UTC),
    )
    assert isinstance(record, Cdr)
    assert record.started_at == datetime(2024, 10, 26, 22, 30, tzinfo=UTC)
