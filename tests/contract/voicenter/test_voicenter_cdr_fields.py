"""The ways in which the fields of a Voicenter CDR may be written, and what makes it no record."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from leadtracker.domain import Account, Cdr, Direction, IvrStep, Outcome
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
        # IVR: sorted by order, one layer many times, as list and as text,
        # in Call Log's spelling, # broken.
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
        # Directions: what is sent wins over the type;
        # the newer customer's number wins over both # parties.
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
