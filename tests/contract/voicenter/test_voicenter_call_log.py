"""Every Call Log sample: requests in all three forms, records field by field, every error."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from leadtracker.domain import Account, Cdr, Direction, IvrStep, Outcome
from leadtracker.errors import PbxUnavailable
from leadtracker.pbx.voicenter import call_log
from tests.contract.samples import FOLDER, fields, url

SAMPLES = FOLDER / "voicenter" / "call_log"
SINCE, UNTIL = (
    datetime(2021, 10, 2, 8, 9, 40, tzinfo=UTC),
    datetime(2021, 11, 9, 23, 59, 40, tzinfo=UTC),
)
OUTGOING = Cdr(
    call_id="202110101204550233243ghff3189e5c",
    type="Extension Outgoing",
    type_code=4,
    status="ANSWER",
    outcome=Outcome.ANSWERED,
    direction=Direction.OUTGOING,
    main=True,
    started_at=datetime(2021, 10, 10, 9, 4, 58, tzinfo=UTC),
    started_raw="2021-10-10T09:04:58Z",
    caller="+972722776772",
    target="+972501234567",
    did=None,
    customer="+972501234567",
    talk_seconds=2,
    duration_seconds=2,
    ring_seconds=10,
    wait_seconds=0,
    extension="SipSip",
    caller_extension="SipSip",
    representative="rep 1",
    representative_code="87654321",
    department="Test Account",
    department_id=12345678,
    recording_url="https://cpanel.voicenter.co.il/CallsHistory/PlayRecord/2021101043950926.mp3",
)
INCOMING = Cdr(
    call_id="202110021555160180fd3jhj455",
    type="Incoming Call",
    type_code=1,
    status="CHANUNAVAIL",
    outcome=Outcome.FAILED,
    direction=Direction.INCOMING,
    main=True,
    started_at=datetime(2021, 10, 2, 12, 55, 18, tzinfo=UTC),
    started_raw="2021-10-02T12:55:18Z",
    caller="+972501234567",
    target="SipSip",
    did="+972722776772",
    customer="+972501234567",
    talk_seconds=0,
    duration_seconds=0,
    ring_seconds=2,
    wait_seconds=0,
    extension="SipSip",
    target_extension="SipSip",
    representative="rep 1",
    representative_code="87654321",
    department="Test Account",
    department_id=12345678,
    original_call_id="20211002156fdf534hfgh453df34",
    ivr=(IvrStep(order=1, layer_id=None, layer_name="rep 1", layer_number=1, digits="0"),),
    custom={"OriginalIvrUniqueID": "20211002156fdf534hfgh453df34"},
)
ANSWERS = {
    "answer-empty.json": call_log.Records(0, (), whole=True),
    "answer-ok.json": call_log.Records(2, (OUTGOING, INCOMING), whole=True),
    "answer-truncated.json": call_log.Records(25000, (OUTGOING, INCOMING), whole=False),
}
ERRORS = {
    "answer-error-1-rate-limit.json": (
        "The PBX says: Request limit exceeded. Please try again later. (1)."
    ),
    "answer-error-2-authorization.json": "The PBX says: Authorization failed. (2).",
    "answer-error-4-ip-not-trusted.json": (
        "The PBX says: IP address 192.0.2.10 is not trusted. (4)."
    ),
    "answer-error-5-out-of-range.json": "The PBX says: Out of range (5).",
}
REQUESTS = ("request.json", "request-all-filters.json")


@pytest.fixture
def account(israel: Account) -> Account:
    return dataclasses.replace(israel, options={"code": "XXXXXXXXXXXXX"})


def test_every_sample_is_used() -> None:
    used = {*ANSWERS, *ERRORS, *REQUESTS, "request-get.txt", "request-bearer.txt"}
    assert used == {file.name for file in SAMPLES.iterdir()}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_in_json(name: str, account: Account) -> None:
    expected = fields(SAMPLES / name)
    since, until, criteria = taken_apart(expected["search"])
    request = call_log.request(
        account, since, until, criteria, expected["fields"], expected["sort"]
    )
    assert request.url == "https://api.voicenter.com/hub/cdr/"
    assert orjson.loads(request.json().data) == expected


def test_request_in_a_query(account: Account) -> None:
    criteria = {"phones": ["972501234567"], "extensions": ["SipSip"]}
    asked = ("Date", "Type", "DID", "CallerNumber")
    request = call_log.request(account, SINCE, UNTIL, criteria, asked)
    assert request.get().url == url(SAMPLES / "request-get.txt")


def test_request_with_a_token(account: Account) -> None:
    first, _, rest = (SAMPLES / "request-bearer.txt").read_bytes().partition(b"\n")
    printed = message_from_bytes(rest)
    account = dataclasses.replace(
        account, options={**account.options, "call_log_token": "XXXXXXXXXXXXX"}
    )
    request = call_log.request(account, SINCE, UNTIL, {}, fields=())
    sent = request.json().prepare()
    assert f"{sent.method} {sent.path_url} HTTP/1.1" == first.decode()
    assert sent.headers["Authorization"] == printed["Authorization"]
    assert sent.headers["Content-Type"] == printed["Content-Type"]
    assert sent.body == rest.partition(b"\n\n")[2].strip()
    assert request.query is None  # a token has no place in an address


def taken_apart(search: dict[str, Any]) -> tuple[datetime, datetime, dict[str, Any]]:
    rest = dict(search)
    since, until = (
        datetime.fromisoformat(rest.pop(name)).replace(tzinfo=UTC)
        for name in ("fromdate", "todate")
    )
    return since, until, rest


def test_every_documented_field_is_asked_for(account: Account) -> None:
    asked = call_log.request(account, SINCE, UNTIL, {"callID": "id"}).fields
    assert isinstance(asked, dict)
    assert asked["search"]["callID"] == "id"
    printed = set(fields(SAMPLES / "request.json")["fields"]) | {"TargetPrefixName"}
    assert set(asked["fields"]) == printed - {"DateEpoch"}  # Date says it, and without a doubt


@pytest.mark.parametrize("name", ANSWERS)
def test_answer(name: str, account: Account) -> None:
    assert call_log.read(fields(SAMPLES / name), account) == ANSWERS[name]


def test_keys_in_small_letters(account: Account) -> None:
    answer = fields(SAMPLES / "answer-ok.json")
    answer["CDR_LIST"] = [
        {key.lower(): value for key, value in row.items()} for row in answer["CDR_LIST"]
    ]
    assert call_log.read(answer, account) == ANSWERS["answer-ok.json"]


@pytest.mark.parametrize("name", ERRORS)
def test_error(name: str, account: Account) -> None:
    answer = fields(SAMPLES / name)
    for said in (answer, {key: answer[key] for key in ("ERROR_NUMBER", "ERROR_DESCRIPTION")}):
        with pytest.raises(PbxUnavailable) as refusal:
            call_log.read(said, account)
        assert str(refusal.value) == ERRORS[name]


def read_one(account: Account, **changes: object) -> Cdr:
    (row, _) = fields(SAMPLES / "answer-ok.json")["CDR_LIST"]
    answer = {"ERROR_NUMBER": 0, "TOTAL_HITS": 1, "RETURN_HITS": 1, "CDR_LIST": [row | changes]}
    return call_log.read(answer, account).cdrs[0]


def test_both_legs_of_a_call_that_we_asked_for(account: Account) -> None:
    custom = {"var_leadtracker_request": "r"}
    first = read_one(account, Type="Click2Callleg1", CdrType=9, CustomData=custom)
    second = read_one(account, Type="Click2Call leg2", CdrType=10, CustomData=custom, Price=7.5)
    assert (first.type, first.main, first.customer) == ("Click2Call leg1", False, None)
    assert (second.type, second.main) == ("Click2Call leg2", True)
    assert (second.customer, second.price) == ("+972501234567", Decimal("7.5"))
    assert first.custom == second.custom == custom


@pytest.mark.parametrize("word", [None, ""])
def test_a_type_by_its_number(word: str | None, account: Account) -> None:
    assert read_one(account, Type=word, CdrType=10).type == "Click2Call leg2"


def test_the_talk_in_a_queue_is_without_the_waiting(account: Account) -> None:
    record = read_one(account, Type="Queue", CdrType=8, Duration=30, QueueName="Sales")
    assert (record.talk_seconds, record.duration_seconds, record.queue) == (30, 30, "Sales")


@pytest.mark.parametrize(
    "date", ["2021-10-10T09:04:58Z", "2021-10-10 09:04:58", "2021-10-10T12:04:58+03:00"]
)
def test_a_date_is_gmt(date: str, account: Account) -> None:
    assert read_one(account, Date=date).started_at == OUTGOING.started_at


def test_what_nobody_documents_is_kept(account: Account) -> None:
    assert read_one(account, AiExists="true", UserName="u").extra == {
        "AiExists": "true",
        "UserName": "u",
    }


@pytest.mark.parametrize(
    "changes", [{"Date": "2022-007-31 09:59:29"}, {"Date": ""}, {"Date": None}, {"CallID": ""}]
)
def test_a_record_that_cannot_be_read(changes: dict[str, object], account: Account) -> None:
    with pytest.raises(PbxUnavailable, match="A record of the Call Log"):
        read_one(account, **changes)


EVERY_FIELD = {
    "CallerNumber": "0501234567",
    "TargetNumber": "972541234567",
    "Date": "2021-12-10T09:04:58Z",
    "Duration": 31,
    "CallID": "2021121011045802",
    "Type": "Queue",
    "CdrType": 8,
    "DialStatus": "ANSWER",
    "TargetExtension": "SIP2",
    "CallerExtension": "SIP1",
    "DID": "0722776772",
    "QueueName": "Sales",
    "RecordURL": "https://cpanel.voicenter.co.il/CallsHistory/PlayRecord/a.mp3",
    "Price": 12.5,
    "RingTime": 9,
    "RepresentativeName": "rep 1",
    "RepresentativeCode": "87654321",
    "DTMFData": [{"LayerName": "Main", "DTMF": 2, "LayerNumber": "20"}],
    "CustomData": {"var_clientID": "CRM-1"},
    "DepartmentName": "Support",
    "DepartmentId": 77,
    "TargetPrefixName": "Israel",
}
WHOLE = Cdr(
    call_id="2021121011045802",
    type="Queue",
    type_code=8,
    status="ANSWER",
    outcome=Outcome.ANSWERED,
    direction=Direction.INCOMING,
    main=True,
    started_at=datetime(2021, 12, 10, 9, 4, 58, tzinfo=UTC),
    started_raw="2021-12-10T09:04:58Z",
    caller="+972501234567",
    target="+972541234567",
    did="+972722776772",
    customer="+972501234567",
    talk_seconds=31,
    duration_seconds=31,
    ring_seconds=9,
    wait_seconds=0,
    extension="SIP2",
    caller_extension="SIP1",
    target_extension="SIP2",
    representative="rep 1",
    representative_code="87654321",
    department="Support",
    department_id=77,
    queue="Sales",
    recording_url="https://cpanel.voicenter.co.il/CallsHistory/PlayRecord/a.mp3",
    price=Decimal("12.5"),
    target_country="Israel",
    ivr=(IvrStep(order=1, layer_id=None, layer_name="Main", layer_number=20, digits="2"),),
    custom={"var_clientID": "CRM-1"},
)


def log(account: Account, *rows: dict[str, Any], **more: object) -> call_log.Records:
    return call_log.read({"ERROR_NUMBER": 0, "CDR_LIST": list(rows)} | more, account)


@pytest.mark.parametrize("spelling", [str, str.lower, str.upper])
def test_every_field_of_a_record(spelling: Callable[[str], str], account: Account) -> None:
    row = {spelling(name): value for name, value in EVERY_FIELD.items()}
    assert log(account, row).cdrs == (WHOLE,)


def test_a_question_asks_for_every_field_the_newest_first(account: Account) -> None:
    request = call_log.request(account, SINCE, UNTIL, {"callID": "id"})
    assert orjson.loads(request.json().data) == {
        "code": "XXXXXXXXXXXXX",
        "fields": list(call_log.FIELDS),
        "search": {
            "fromdate": "2021-10-02T08:09:40",
            "todate": "2021-11-09T23:59:40",
            "callID": "id",
        },
        "sort": [{"field": "date", "order": "desc"}],
    }
    assert set(call_log.FIELDS) == set(EVERY_FIELD)
    assert "Authorization" not in request.json().headers


def test_the_times_of_a_question_are_gmt(account: Account) -> None:
    winter = datetime(2026, 1, 15, 1, 30, tzinfo=ZoneInfo("Asia/Jerusalem"))
    summer = datetime(2026, 7, 15, 1, 30, tzinfo=ZoneInfo("Asia/Jerusalem"))
    asked = call_log.request(account, winter, summer, {}).fields
    assert isinstance(asked, dict)
    assert asked["search"] == {"fromdate": "2026-01-14T23:30:00", "todate": "2026-07-14T22:30:00"}


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "Incoming Call"),
        (2, "CC"),
        (4, "Extension Outgoing"),
        (8, "Queue"),
        (9, "Click2Call leg1"),
        (10, "Click2Call leg2"),
        (11, "VoiceMail"),
        (12, "Callference"),
        (13, "XferCDR"),
        (14, "ProductiveCall Leg1"),
        (15, "ProductiveCall Leg2"),
        (16, "Scrubber"),
        (17, "Click 2 IVR"),
        (18, "Click 2 IVR Incoming"),
        (19, "Click 2 Queue Incoming"),
        (20, "FaxCdr"),
        (21, "Attended CDR leg1"),
        (22, "Attended CDR leg2"),
        (23, "Auto forward"),
        (3, ""),  # documented nowhere
        (0, ""),
        (None, ""),
    ],
)
def test_every_documented_number_of_a_type(number: int | None, name: str, account: Account) -> None:
    record = read_one(account, Type="", CdrType=number)
    assert record.type == name
    assert record.type_code == (number if name else None)


def test_a_type_that_is_named_counts_before_its_number(account: Account) -> None:
    assert read_one(account, Type="Queue", CdrType=10).type == "Queue"


@pytest.mark.parametrize(
    ("total", "returned", "whole"),
    [
        (2, 2, True),
        (10_001, 10_000, False),
        ("10000", "10000", True),
        (0, 0, True),
        (None, None, True),
        (1, None, False),
    ],
)
def test_fewer_than_were_found_is_not_the_whole(
    total: Any, returned: Any, whole: bool, account: Account
) -> None:
    records = log(account, TOTAL_HITS=total, RETURN_HITS=returned)
    assert (records.total, records.whole) == (int(total or 0), whole)


def test_the_hour_that_comes_twice_is_told_by_its_date(account: Account) -> None:
    """22:30 and 23:30 GMT both read 01:30 in Israel on 27 October 2024."""
    for date in ("2024-10-26T22:30:00Z", "2024-10-26T23:30:00Z"):
        assert read_one(account, Date=date).started_at == datetime.fromisoformat(date)


def test_what_is_said_of_a_record_that_cannot_be_read(account: Account) -> None:
    with pytest.raises(PbxUnavailable) as refusal:
        read_one(account, Date="yesterday" * 9)
    assert (
        str(refusal.value) == f"A record of the Call Log has the date {('yesterday' * 9)[:40]!r}."
    )


def test_what_nobody_answered_was_not_talked(account: Account) -> None:
    record = read_one(account, DialStatus="VOICEMAIL", Duration=30)
    assert (record.talk_seconds, record.duration_seconds) == (0, 30)
