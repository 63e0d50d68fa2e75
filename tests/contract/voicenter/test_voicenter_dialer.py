"""Every dialer sample: requests key for key in JSON, byte for byte in a query;
answers field by field."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import orjson
import pytest

from leadtracker.domain import Account
from leadtracker.outgoing import Fate, Reply
from leadtracker.pbx.dialing import Answer, Dial, Dialed
from leadtracker.pbx.voicenter import dialer
from leadtracker.pbx.voicenter.dialer import Result
from tests.contract.samples import FOLDER, fields, reply, url

SAMPLES = FOLDER / "voicenter" / "dialer"
METHODS = {  # what the samples of a method begin with
    "add-call": "AddCall",
    "update-call": "UpdateCall",
    "remove-call": "RemoveCall",
    "clear-campaign-calls": "ClearCampaignCalls",
    "get-campaign-list": "GetCampaignList",
    "get-campaign-details": "GetCampaignDetails",
    "get-campaign-pending-calls": "GetCampaignPendingCalls",
    "get-members-list": "GetMembersList",
    "add-member": "AddMember",
    "remove-member": "RemoveMember",
    "start-campaign": "StartCampaign",
    "stop-campaign": "StopCampaign",
}
NOT_BUILT = "ivr-campaign-settings-request.json"  # its method's name and address are lost
BULK = "add-calls-bulk-request.json"
REQUESTS = sorted(
    file.name for file in SAMPLES.glob("*-request*.json") if file.name not in (NOT_BUILT, BULK)
)
QUERIES = sorted(file.name for file in SAMPLES.glob("*-request-get.txt"))
CAMPAIGN = "X" * 32
LIST = [
    {
        "Name": "Campaign1",
        "StatusName": "Enabled",
        "TotalPendingCalls": 23,
        "MaxPriority": 1,
        "MinPriority": 1,
        "TotalAwaitingCalls": 23,
        "Code": CAMPAIGN,
    },
    {
        "Name": "Campaign2",
        "StatusName": "Enabled",
        "TotalPendingCalls": 19,
        "MaxPriority": 52,
        "MinPriority": 1,
        "TotalAwaitingCalls": None,
        "Code": CAMPAIGN,
    },
]
PENDING = {
    "Phone": "972501234567",
    "CallerID": "",
    "CallerName": "",
    "OriginateTime": 1602819000,
    "Priority": 42,
    "CustomerName": "John Doe",
    "CallStatus": {"Status": 1, "Description": "Pending"},
    "CustomData": {"var_test1": "1", "var_test2": "some value"},
}
ORIGINATED = PENDING | {
    "Phone": "972501234568",
    "OriginateTime": 1602755000,
    "CallStatus": {"Status": 2, "Description": "Originated"},
}
PENDING_CAMPAIGN = {
    "Name": "Campaign2",
    "StatusName": "Enabled",
    "TotalPendingCalls": 4,
    "TotalOriginatedCalls": 0,
    "MaxPriority": 42,
    "MinPriority": 42,
    "TotalAwaitingCalls": -1,
    "Code": CAMPAIGN,
}
OK = Result("0", "OK")
NO_CAMPAIGN, BAD_CAMPAIGN = (
    Result("1", "Campaign code missing"),
    Result("1", "Invalid campaign code"),
)
NO_TARGET, NO_NUMBER = Result("2", "Target missing"), Result("-2", "Number is invalid")
NO_MEMBER = Result("2", "Member Missing")
ANSWERS: dict[str, tuple[Result, bool]] = {  # and whether it was done
    "add-call-answer-campaign-missing": (NO_CAMPAIGN, False),
    "add-call-answer-invalid-campaign": (BAD_CAMPAIGN, False),
    "add-call-answer-number-invalid": (NO_NUMBER, False),
    "add-call-answer-ok": (OK, True),
    "add-call-answer-target-missing": (NO_TARGET, False),
    "add-calls-bulk-answer-general-over-3000": (OK, True),
    "add-calls-bulk-answer-invalid-campaign": (BAD_CAMPAIGN, False),
    "add-calls-bulk-answer-ok": (
        Result("0", "OK", numbers=(("0501234567", "0", "OK"), ("0501234568", "0", "OK"))),
        True,
    ),
    "add-calls-bulk-answer-partial": (
        Result("0", "OK", numbers=(("0501234567", "0", "OK"), ("05x", "-2", "Number is invalid"))),
        True,
    ),
    "add-member-answer-member-missing": (NO_MEMBER, False),
    "add-member-answer-not-added": (Result("0", "OK", {"TotalAdded": -1}), False),
    "add-member-answer-ok": (Result("0", "OK", {"TotalAdded": 1}), True),
    "clear-campaign-calls-answer-error-4": (Result("4", "Internal error occurred."), False),
    "clear-campaign-calls-answer-ok": (OK, True),
    "get-campaign-details-answer-ok": (Result("0", "OK", LIST[0]), True),
    "get-campaign-list-answer-ok": (Result("0", "OK", LIST), True),
    "get-campaign-pending-calls-answer-error-2": (Result("2", "Internal error occured"), False),
    "get-campaign-pending-calls-answer-ok": (
        Result("0", "OK", {"Calls": [PENDING, ORIGINATED], "Campaign": PENDING_CAMPAIGN}),
        True,
    ),
    "get-members-list-answer-ok": (
        Result(
            "0",
            "OK",
            [
                {"Member": "SIPSIP1", "DisplayName": "Walter Melon"},
                {"Member": "SIPSIP2", "DisplayName": "John Doe"},
            ],
        ),
        True,
    ),
    "ivr-campaign-settings-answer-ok": (OK, True),
    "remove-call-answer-campaign-missing": (NO_CAMPAIGN, False),
    "remove-call-answer-invalid-campaign": (BAD_CAMPAIGN, False),
    "remove-call-answer-ok": (OK, True),
    "remove-call-answer-target-missing": (NO_TARGET, False),
    "remove-member-answer-member-missing": (NO_MEMBER, False),
    "remove-member-answer-not-removed": (Result("0", "OK", {"TotalRemoved": 0}), False),
    "remove-member-answer-ok": (Result("0", "OK", {"TotalRemoved": 1}), True),
    "start-campaign-answer-invalid-campaign": (BAD_CAMPAIGN, False),
    "start-campaign-answer-ok": (OK, True),
    "stop-campaign-answer-invalid-campaign": (BAD_CAMPAIGN, False),
    "stop-campaign-answer-ok": (OK, True),
    "update-call-answer-campaign-missing": (NO_CAMPAIGN, False),
    "update-call-answer-invalid-campaign": (BAD_CAMPAIGN, False),
    "update-call-answer-number-invalid": (NO_NUMBER, False),
    "update-call-answer-ok": (OK, True),
    "update-call-answer-target-missing": (NO_TARGET, False),
}
ADDED = {
    "ok": Dialed(Answer.ACCEPTED, message="OK"),
    "campaign-missing": Dialed(Answer.REFUSED, message="Campaign code missing"),
    "invalid-campaign": Dialed(Answer.REFUSED, message="Invalid campaign code"),
    "number-invalid": Dialed(Answer.REFUSED, message="Number is invalid"),
    "target-missing": Dialed(Answer.REFUSED, message="Target missing"),
}


def method(name: str) -> str:
    return METHODS[name.partition("-request")[0]]


def with_code(account: Account, code: str) -> Account:
    return dataclasses.replace(account, options={"code": code} if code else {})


def test_every_sample_is_used() -> None:
    answers = {f"{name}.json" for name in ANSWERS}
    assert answers | {*REQUESTS, *QUERIES, BULK, NOT_BUILT} == {
        file.name for file in SAMPLES.iterdir()
    }
    assert (
        {method(name) for name in REQUESTS}
        == {method(name) for name in QUERIES}
        == set(dialer.METHODS)
    )


@pytest.mark.parametrize("name", REQUESTS)
def test_request_in_json(name: str, israel: Account) -> None:
    expected = fields(SAMPLES / name)
    account = with_code(israel, expected.get("Code", ""))
    given = {key: value for key, value in expected.items() if key != "Code"}
    request = dialer.request(account, method(name), given).json()
    assert request.url == f"https://api.voicenter.com/ForwardDialer/Dialer/{method(name)}"
    assert orjson.loads(request.data) == expected
    assert set(given) <= set(dialer.METHODS[method(name)])


@pytest.mark.parametrize("name", QUERIES)
def test_request_in_a_query(name: str, israel: Account) -> None:
    expected = url(SAMPLES / name)
    query = dict(parse_qsl(urlsplit(expected).query))
    account = with_code(israel, query.pop("Code", ""))
    given = {"Member" if key == "member" else key: value for key, value in query.items()}
    assert dialer.request(account, method(name), given).get().url == expected


def test_bulk_request(israel: Account) -> None:
    expected = fields(SAMPLES / BULK)
    request = dialer.bulk(with_code(israel, ""), expected)
    assert request.url == "https://api.voicenter.com/ForwardDialer/Dialer/AddCallsBulk"
    assert orjson.loads(request.json().data) == expected
    assert dialer.bulk(with_code(israel, "c"), [{"Target": "1"}]).fields == [
        {"Target": "1", "Code": "c"}
    ]
    dialer.bulk(israel, expected[:1] * 3000)
    with pytest.raises(ValueError, match="at most 3000"):
        dialer.bulk(israel, expected[:1] * 3001)


def test_the_method_without_a_name_is_not_built(israel: Account) -> None:
    lost = set(fields(SAMPLES / NOT_BUILT))
    assert not any(lost <= set(taken) for taken in dialer.METHODS.values())
    with pytest.raises(ValueError, match="StartCampaign takes no setQueueForMonitoring"):
        dialer.request(israel, "StartCampaign", {"Campaign": CAMPAIGN, "setQueueForMonitoring": 1})


@pytest.mark.parametrize("name", ANSWERS)
def test_answer(name: str, israel: Account) -> None:
    result = dialer.read(fields(SAMPLES / f"{name}.json"), israel)
    assert (result, result.done) == ANSWERS[name]


@pytest.mark.parametrize("name", ADDED)
def test_what_became_of_a_scheduled_call(name: str, israel: Account) -> None:
    assert dialer.read_added(reply(SAMPLES / f"add-call-answer-{name}.json"), israel) == ADDED[name]


UNKNOWN: dict[str, tuple[Reply, Answer]] = {
    "not sent": (Reply(Fate.NOT_SENT, fault="ConnectionError"), Answer.UNREACHED),
    "late": (Reply(Fate.NO_ANSWER, fault="ReadTimeout"), Answer.UNCERTAIN),
    "refused": (Reply(Fate.ANSWERED, 403), Answer.UNAUTHORIZED),
    "server error": (Reply(Fate.ANSWERED, 500, b'{"ErrorCode":1}'), Answer.UNCERTAIN),
    "unreadable": (Reply(Fate.ANSWERED, 200, b"OK"), Answer.UNCERTAIN),
    "internal error": (Reply(Fate.ANSWERED, 200, b'{"ErrorCode":4}'), Answer.UNCERTAIN),
    "no error": (Reply(Fate.ANSWERED, 200, b"{}"), Answer.UNCERTAIN),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_only_a_documented_error_proves_that_nothing_was_scheduled(
    case: str, israel: Account
) -> None:
    received, expected = UNKNOWN[case]
    assert dialer.read_added(received, israel).answer is expected


def test_a_scheduled_call_is_written_whole(israel: Account) -> None:
    account = with_code(israel, "secret-code")
    opening = datetime(2020, 10, 15, 8, 20, tzinfo=UTC)
    options: dict[str, Any] = {"targetcallerid": "0722776772", "record": True}
    dial = Dial(
        "", "+972501234567", {"leadtracker_request": "r", "leadtracker_visitor": "v"}, options
    )
    request = dialer.add_call(account, CAMPAIGN, dial, opening)
    assert json.loads(request.json().data) == {
        "Campaign": CAMPAIGN,
        "Target": "972501234567",
        "CallerID": "0722776772",
        "OriginateTime": 1602750000,
        "IsDateLocal": "false",
        "CustomData": {"var_leadtracker_request": "r", "var_leadtracker_visitor": "v"},
        "Code": "secret-code",
    }
    assert request.query is None  # CustomData has no form in a query
    assert "secret-code" not in repr(request)


CAMPAIGN_ALONE = {"Campaign"}
A_CALL = {
    "Campaign",
    "Target",
    "CustomerName",
    "CallerID",
    "Priority",
    "CustomData",
    "OriginateTime",
    "IsDateLocal",
}
DOCUMENTED = {  # the table of the document: a method and the fields of its request beside Code
    "GetCampaignList": set(),
    "AddCall": A_CALL | {"IgnoreDncStatus"},
    "UpdateCall": A_CALL,
    "RemoveCall": {"Campaign", "Target"},
    "ClearCampaignCalls": CAMPAIGN_ALONE,
    "GetMembersList": CAMPAIGN_ALONE,
    "AddMember": {"Campaign", "Member"},
    "RemoveMember": {"Campaign", "Member"},
    "StartCampaign": CAMPAIGN_ALONE,
    "StopCampaign": CAMPAIGN_ALONE,
    "GetCampaignPendingCalls": CAMPAIGN_ALONE,
    "GetCampaignDetails": CAMPAIGN_ALONE,
}


def test_every_documented_method_is_there() -> None:
    assert set(dialer.METHODS) == set(DOCUMENTED)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_method_takes_its_documented_fields_and_no_others(name: str, israel: Account) -> None:
    given = dict.fromkeys(sorted(DOCUMENTED[name]), "x")
    request = dialer.request(with_code(israel, "c"), name, given)
    assert request.fields == given | {"Code": "c"}
    assert request.url == f"https://api.voicenter.com/ForwardDialer/Dialer/{name}"
    assert dict(request.query or ()) == {
        "member" if key == "Member" else key: "x" for key in given
    } | {"Code": "c"}
    with pytest.raises(ValueError, match=f"{name} takes no Code, Unheard"):
        dialer.request(israel, name, given | {"Code": "mine", "Unheard": 1})


@pytest.mark.parametrize(
    ("data", "done"),
    [
        ({"TotalAdded": 1}, True),
        ({"TotalAdded": 0}, False),
        ({"TotalAdded": -1}, False),
        ({"TotalAdded": "1"}, True),
        ({"TotalRemoved": 1}, True),
        ({"TotalRemoved": 0}, False),
        ({"TotalRemoved": -1}, False),
        ({}, True),
        ([], True),
        (None, True),
    ],
)
def test_a_member_that_was_not_added_or_removed_is_not_done(data: Any, done: bool) -> None:
    assert Result("0", "OK", data).done is done
    assert not Result("1", "OK", data).done
    assert not Result("", "OK", data).done


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        (0, Answer.ACCEPTED),
        ("0", Answer.ACCEPTED),
        (1, Answer.REFUSED),
        (2, Answer.REFUSED),
        (-2, Answer.REFUSED),
        ("-2", Answer.REFUSED),
        (-1, Answer.UNCERTAIN),
        (3, Answer.UNCERTAIN),
        (4, Answer.UNCERTAIN),
        (None, Answer.UNCERTAIN),
    ],
)
def test_numbers_of_a_scheduled_call(number: Any, answer: Answer, israel: Account) -> None:
    content = json.dumps({"ErrorCode": number, "Description": "words"}).encode()
    assert dialer.read_added(Reply(Fate.ANSWERED, 200, content), israel) == Dialed(
        answer, message="words"
    )


def test_a_moment_is_written_in_gmt_wherever_it_was_told(israel: Account) -> None:
    """Both 01:30 of the night in which the clocks go back are moments of their own."""
    for fold, epoch in ((0, 1729981800), (1, 1729985400)):
        at = datetime(2024, 10, 27, 1, 30, tzinfo=ZoneInfo("Asia/Jerusalem"), fold=fold)
        fields = dialer.add_call(israel, CAMPAIGN, Dial("", "+972501234567"), at).fields
        assert isinstance(fields, dict)
        assert (fields["OriginateTime"], fields["IsDateLocal"]) == (epoch, "false")
        assert "CallerID" not in fields
        assert "Code" not in fields
