"""The ways in which the fields of a Voicenter CDR may be written, and what makes it no record."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadtracker.domain import Account, Cdr, Direction, IvrStep, Outcome
from leadtracker.errors import BadPayload
from leadtracker.pbx.voicenter.cdr_notification import CDR
from tests.contract.samples import sent
from tests.contract.voicenter.expected_cdrs import OUTGOING, RECEIVED, SAMPLES


def cdr(israel: Account, **fields: Any) -> Cdr:
    """The outgoing sample with some fields changed or, when None, left out."""
    _, sample = sent(SAMPLES / "request-json-outgoing.json")
    changed = {name: value for name, value in (sample | fields).items() if value is not LEFT_OUT}
    record = CDR.read(changed, israel, RECEIVED)
    assert isinstance(record, Cdr)
    return record


LEFT_OUT = object()
DIALER = (
    "CampaignID",
    "CampaignTypeID",
    "CampaignTypeName",
    "CallID",
    "StatusName",
    "Phone",
    "CallInserted",
    "RetryNum",
    "RetryAmount",
)
IVR = [
    {"layer_id": 2, "layer_name": "Second", "layer_number": 20, "Dtmf": 7, "dtmf_order": 2},
    {"layer_id": 1, "layer_name": "First", "layer_number": 10, "Dtmf": 0, "dtmf_order": 1},
    {"layer_id": 1, "layer_name": "First", "layer_number": 10, "Dtmf": 3, "dtmf_order": 3},
]
IVR_STEPS = (
    IvrStep(1, 1, "First", 10, "0"),
    IvrStep(2, 2, "Second", 20, "7"),
    IvrStep(3, 1, "First", 10, "3"),
)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # Custom data: every casing, every shape, beside single fields.
        ({"CustomData": {"a": "1"}}, {"custom": {"a": "1"}}),
        ({"CUSTOM_DATA": {"a": "1"}}, {"custom": {"a": "1"}}),
        ({"customdata": {"a": "1"}}, {"custom": {"a": "1"}}),
        ({"Customdata": '{"a": {"b": [1]}}'}, {"custom": {"a": {"b": [1]}}}),
        ({"CustomData": []}, {}),
        ({"CustomData": "[]"}, {}),
        ({"CustomData": None}, {}),
        ({"CustomData": ""}, {}),
        ({"CustomData": {"a": "1"}, "CUSTOM_DATA": '{"b": "2"}'}, {"custom": {"a": "1", "b": "2"}}),
        (
            {"CustomData": {"var_a": "1"}, "var_a": "2", "VAR_b": "3"},
            {"custom": {"var_a": "1", "VAR_b": "3"}},
        ),
        ({"CustomData": "{broken"}, {"extra": {"CustomData": "{broken"}}),
        ({"CustomData": ["a"]}, {"extra": {"CustomData": ["a"]}}),
        ({"variable": "x"}, {"extra": {"variable": "x"}}),
        # A transferred call names the first one beside the others or inside the custom data.
        (
            {"CustomData": {"OriginalIvrUniqueID": "2018A"}},
            {"original_call_id": "2018A", "custom": {"OriginalIvrUniqueID": "2018A"}},
        ),
        ({"originalivruniqueid": "2018A"}, {"original_call_id": "2018A"}),
        # IVR: sorted by order, one layer many times, as list and as text, in Call Log's spelling, broken.
        ({"IVR": IVR}, {"ivr": IVR_STEPS}),
        ({"IVR": json.dumps(IVR)}, {"ivr": IVR_STEPS}),
        (
            {
                "ivr": [
                    {"LayerName": "Main", "DTMF": "12", "LayerNumber": "3"},
                    {"layer_name": "Next"},
                ]
            },
            {"ivr": (IvrStep(1, None, "Main", 3, "12"), IvrStep(2, None, "Next", None, ""))},
        ),
        ({"IVR": '[{"layer_id": 1,'}, {"extra": {"IVR": '[{"layer_id": 1,'}}),
        ({"IVR": [1, 2]}, {"extra": {"IVR": [1, 2]}}),
        ({"IVR": ""}, {}),
        ({"IVR": []}, {}),
        ({"IVR": None}, {}),
        # AI data: object, text, nothing.
        (
            {"aiData": {"insights": None, "transcript": []}},
            {"ai": {"insights": None, "transcript": []}},
        ),
        (
            {"aiData": '{"insights": {"summary": "short"}}'},
            {"ai": {"insights": {"summary": "short"}}},
        ),
        ({"aiData": None}, {}),
        ({"aiData": ""}, {}),
        ({"aiData": []}, {}),
        ({"aiData": "soon"}, {"extra": {"aiData": "soon"}}),
        # Dialer data: the campaign also as fields of the CDR, keys in small letters.
        (
            {"dialerData": '{"campaignID": 5, "retryNum": 1}', "campaignTypeName": "IVR"},
            {"dialer": {"CampaignID": 5, "RetryNum": 1, "CampaignTypeName": "IVR"}},
        ),
        (
            {"dialerData": {}, "campaignID": 5, "campaignTypeID": 3, "campaignTypeName": "IVR"},
            {"dialer": {"CampaignID": 5, "CampaignTypeID": 3, "CampaignTypeName": "IVR"}},
        ),
        ({"dialerData": {"CampaignID": 5}, "campaignID": 5}, {"dialer": {"CampaignID": 5}}),
        (
            {"dialerData": {name.lower(): name for name in DIALER}},
            {"dialer": {name: name for name in DIALER}},
        ),
        ({"dialerData": {"Newer": 1}}, {"dialer": {"Newer": 1}}),
        (
            {"campaignName": "Summer", "campaignCode": "abc"},
            {"campaign": "Summer", "campaign_code": "abc"},
        ),
        ({"leg1DialStatusName": "CANCEL"}, {"first_leg_status": "CANCEL"}),
        (
            {"caller_country": "Israel", "target_country": "US"},
            {"caller_country": "Israel", "target_country": "US"},
        ),
        (
            {"callerextension_name": "User 1", "targetextension_name": "User 2"},
            {"caller_extension_name": "User 1", "target_extension_name": "User 2"},
        ),
        (
            {"dialerData": {"CampaignID": 5}, "campaignID": 6},
            {"dialer": {"CampaignID": 5}, "extra": {"campaignID": 6}},
        ),
        # No queue, in all its ways.
        ({"queueid": None}, {}),
        ({"queueid": ""}, {}),
        ({"queueid": "0"}, {}),
        ({"queueid": LEFT_OUT, "queuename": LEFT_OUT}, {}),
        ({"queueid": "77", "queuename": "Sales"}, {"queue_id": 77, "queue": "Sales"}),
        # Departments in both spellings.
        ({"DepartmentID": LEFT_OUT, "DepartmentId": "9"}, {"department_id": 9}),
        ({"TopDepartmentID": LEFT_OUT, "topdepartmentid": 9}, {"top_department_id": 9}),
        # Money is agorot, whole or not.
        ({"price": 12.5}, {"price": Decimal("12.5")}),
        ({"price": "7"}, {"price": Decimal(7)}),
        ({"price": None}, {"price": None}),
        ({"price": ""}, {"price": None}),
        ({"price": "NaN"}, {"price": None, "extra": {"price": "NaN"}}),
        ({"price": "free"}, {"price": None, "extra": {"price": "free"}}),
        # Recordings are web addresses only.
        ({"record": None}, {"recording_url": ""}),
        ({"record": "HTTPS://example.com/a.mp3"}, {"recording_url": "HTTPS://example.com/a.mp3"}),
        (
            {"record": "javascript:alert(1)"},
            {"recording_url": "", "extra": {"record": "javascript:alert(1)"}},
        ),
        # Durations: talk, ringing, and what is none.
        (
            {"actualCallDuration": "9", "actualCallDialtime": 4},
            {"talk_seconds": 9, "ring_seconds": 4},
        ),
        ({"actualCallDuration": 0}, {"talk_seconds": 0}),
        ({"duration": "11.0"}, {}),
        ({"duration": None}, {"talk_seconds": 0, "duration_seconds": 0}),
        ({"duration": -5}, {"talk_seconds": 0, "duration_seconds": 0, "extra": {"duration": -5}}),
        (
            {"duration": "long"},
            {"talk_seconds": 0, "duration_seconds": 0, "extra": {"duration": "long"}},
        ),
        (
            {"duration": 10**12},
            {"talk_seconds": 0, "duration_seconds": 0, "extra": {"duration": 10**12}},
        ),
        (
            {"seconds_waiting_in_queue": 5},
            {"wait_seconds": 5},
        ),  # not a queue call: nothing is taken off
        # Numbers: E.164 or as received; withheld ones are none.
        ({"target": "972501234567"}, {}),
        ({"target": "+972-50-123-4567"}, {}),
        ({"target": 972501234567}, {}),
        ({"target": "*2234"}, {"target": "*2234", "customer": "*2234"}),
        (
            {"target": "Anonymous"},
            {"target": None, "customer": None, "extra": {"target": "Anonymous"}},
        ),
        ({"target": "חסוי"}, {"target": None, "customer": None, "extra": {"target": "חסוי"}}),
        ({"target": "5" * 65}, {"target": None, "customer": None, "extra": {"target": "5" * 65}}),
        (
            {"target": ["0501234567"]},
            {"target": None, "customer": None, "extra": {"target": ["0501234567"]}},
        ),
        (
            {"target": "SIP9", "targetextension": "SIP9"},
            {"target": "SIP9", "target_extension": "SIP9", "customer": None},
        ),
        (
            {"extenUser": "SIP9", "target": "SIP9"},
            {"extension": "SIP9", "target": "SIP9", "customer": None},
        ),
        ({"callerPhone": "SIPSIP"}, {"customer": None}),  # an extension of ours
        # Directions: what is sent wins over the type; the newer customer's number wins over both parties.
        ({"direction": "Incoming"}, {"direction": Direction.INCOMING, "customer": "+972722776772"}),
        ({"direction": "internal"}, {"direction": Direction.INTERNAL, "customer": None}),
        ({"direction": "sideways"}, {"extra": {"direction": "sideways"}}),
        ({"direction": ""}, {}),
        ({"callerPhone": "0541234567"}, {"customer": "+972541234567"}),
        ({"extenUser": "OTHER"}, {"extension": "OTHER"}),
        (
            {"callerextension": "", "targetextension": "T"},
            {"caller_extension": "", "target_extension": "T", "extension": "T"},
        ),
        ({"targetextension": "T"}, {"target_extension": "T"}),  # outgoing: who calls
        (
            {"targetextension": "T", "direction": "incoming"},
            {
                "target_extension": "T",
                "extension": "T",
                "direction": Direction.INCOMING,
                "customer": "+972722776772",
            },
        ),
        # Outcomes: isAnswer before the status.
        ({"isAnswer": 0}, {"outcome": Outcome.MISSED}),
        ({"isAnswer": "0", "status": "BUSY"}, {"status": "BUSY", "outcome": Outcome.BUSY}),
        ({"isAnswer": True, "status": "CANCEL"}, {"status": "CANCEL", "outcome": Outcome.ANSWERED}),
        ({"isAnswer": "false", "status": "NEW"}, {"status": "NEW", "outcome": Outcome.MISSED}),
        ({"isAnswer": "", "status": "answer"}, {"status": "answer"}),
        ({"isAnswer": "perhaps"}, {"extra": {"isAnswer": "perhaps"}}),
        (
            {"isAnswer": 1, "status": "VOICEMAIL"},
            {"status": "VOICEMAIL", "outcome": Outcome.VOICEMAIL},
        ),
        (
            {"isAnswer": 0, "status": "VOICEMAIL"},
            {"status": "VOICEMAIL", "outcome": Outcome.VOICEMAIL},
        ),
        (
            {"isAnswer": 0, "status": "ABANDONE"},
            {"status": "ABANDONE", "outcome": Outcome.ABANDONED},
        ),
        ({"isAnswer": 1, "status": "NEW"}, {"status": "NEW", "outcome": Outcome.ANSWERED}),
        # What nobody documents is kept.
        (
            {"type": "Hologram Call"},
            {"type": "Hologram Call", "type_code": None, "direction": Direction.OUTGOING},
        ),
        ({"status": "EVAPORATED"}, {"status": "EVAPORATED", "outcome": Outcome.UNKNOWN}),
        (
            {"newField": {"a": [1, None]}, "Other": ""},
            {"extra": {"newField": {"a": [1, None]}, "Other": ""}},
        ),
        ({"STATUS": "twin"}, {"extra": {"STATUS": "twin"}}),
        # Texts that are none.
        (
            {"representative_name": None, "representative_code": 42},
            {"representative": "", "representative_code": "42"},
        ),
        (
            {"representative_name": {"a": "U"}},
            {"representative": "", "extra": {"representative_name": {"a": "U"}}},
        ),
        ({"representative_name": []}, {"representative": ""}),
    ],
)
def test_ways_of_writing(fields: dict[str, Any], expected: dict[str, Any], israel: Account) -> None:
    answered = expected.get("outcome", Outcome.ANSWERED) is Outcome.ANSWERED
    silent = {} if answered else {"talk_seconds": 0}
    assert cdr(israel, **fields) == dataclasses.replace(OUTGOING, **(expected | silent))


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
    """01:30 of 2024-10-27: summer's until 02:00, then winter's; a call can only be over when its CDR comes."""
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
