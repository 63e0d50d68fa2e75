"""Every sample of Active Calls and of the extension list, field by field."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from leadtracker.domain import Account, Direction
from leadtracker.errors import PbxUnavailable
from leadtracker.pbx.voicenter import active_calls, extension_list
from leadtracker.pbx.voicenter.active_calls import ActiveCall, Desk, Queue, Waiting
from leadtracker.pbx.voicenter.extension_list import Extension
from tests.contract.samples import FOLDER, asked, fields, url

CALLS, EXTENSIONS = FOLDER / "voicenter" / "active_calls", FOLDER / "voicenter" / "extension_list"
NOW = datetime(2020, 10, 11, 22, 25, tzinfo=UTC)
TALK = ActiveCall(
    call_id="2020101201cc7b38df",
    status="Talking",
    direction=Direction.OUTGOING,
    caller="+972722776772",
    caller_name="Voicenter",
    did=None,
    started_at=datetime(2020, 10, 11, 22, 23, 38, tzinfo=UTC),  # 01:23 in Israel
    answered_at=datetime(2020, 10, 11, 22, 23, 39, tzinfo=UTC),
    recording="2020101201cc7b38df-aws-SIPSIP2-972722776772.mp3",
    muted=False,
    custom={},
)
IDLE = Desk("SIPSIP1", "User 1", "User 1", 875756567, 6946792, None, 2, ())
BUSY = Desk("SIPSIP2", "User 2", "User 2", 97483478, 46454322, 46454322, 1, (TALK,))
HELD = dataclasses.replace(
    TALK, status="Hold", muted=True, custom={"OriginalIvrUniqueID": "2020101201aa0b38df"}
)
DESKS = {
    "extensions-answer-ok.json": (IDLE, BUSY),
    "extensions-answer-hold-muted-transferred.json": (
        IDLE,
        dataclasses.replace(BUSY, calls=(HELD,)),
    ),
}
QUEUES = {
    "queues-answer-ok.json": (
        Queue(
            "12345678",
            "QUEUE 1",
            5,
            (
                Waiting(
                    "202010131430590714966",
                    "+972722776772",
                    datetime(2020, 10, 13, 11, 32, 45, tzinfo=UTC),
                    21,
                ),
                Waiting(
                    "202010131433000d14cc4b",
                    "+972501234567",
                    datetime(2020, 10, 13, 11, 33, 3, tzinfo=UTC),
                    3,
                ),
            ),
        ),
        Queue("87654321", "QUEUE 2", 0, ()),
    )
}
ERRORS = {
    "extensions-answer-error-1-format.json": "The PBX says: Authorization failed. (1).",
    "extensions-answer-error-2-internal.json": "The PBX says: Internal error. (2).",
    "queues-answer-error-1-format.json": "The PBX says: Authorization failed. (1).",
    "queues-answer-error-2-internal.json": "The PBX says: Internal error. (2).",
    "queues-answer-error-2-queue-not-found.json": (
        "The PBX says: Queue is not found in this account (2)."
    ),
}
REQUESTS = {
    "extensions-request-all.json": "",
    "extensions-request.json": "SIPSIP",
    "queues-request.json": "XXXXXXXXX",
}
QUERIES = {"extensions-request-get.txt": "SIPSIP", "queues-request-get.txt": "XXXXXXXXX"}


@pytest.fixture
def account(israel: Account) -> Account:
    return dataclasses.replace(israel, options={"code": "XXXXXXXXXXXXX"})


def test_every_sample_is_used() -> None:
    used = {*DESKS, *QUEUES, *ERRORS, *REQUESTS, *QUERIES}
    assert used == {file.name for file in CALLS.iterdir()}
    assert {*LISTS, *LIST_ERRORS, "request.json", "request-get.txt"} == {
        file.name for file in EXTENSIONS.iterdir()
    }


@pytest.mark.parametrize("name", REQUESTS)
def test_request_in_json(name: str, account: Account) -> None:
    build = (
        active_calls.extensions_request if name.startswith("ext") else active_calls.queues_request
    )
    request = build(account, REQUESTS[name])
    assert orjson.loads(request.json().data) == fields(CALLS / name)
    assert request.url.endswith(
        "GetExtensionsCalls" if name.startswith("ext") else "GetQueuesCallers"
    )


@pytest.mark.parametrize("name", QUERIES)
def test_request_in_a_query(name: str, account: Account) -> None:
    build = (
        active_calls.extensions_request if name.startswith("ext") else active_calls.queues_request
    )
    assert build(account, QUERIES[name]).get().url == url(CALLS / name)


@pytest.mark.parametrize("name", DESKS)
def test_extensions(name: str, account: Account) -> None:
    assert active_calls.extensions(fields(CALLS / name), account, NOW) == DESKS[name]


@pytest.mark.parametrize("name", QUEUES)
def test_queues(name: str, account: Account) -> None:
    assert active_calls.queues(fields(CALLS / name), account, NOW) == QUEUES[name]


@pytest.mark.parametrize("name", ERRORS)
def test_error(name: str, account: Account) -> None:
    read = active_calls.extensions if name.startswith("ext") else active_calls.queues
    answer = fields(CALLS / name)
    for said in (
        answer,
        {"ERR": str(answer["ERR"]), "DESC": answer["DESC"]},
    ):  # nothing but these is needed
        with pytest.raises(PbxUnavailable) as refusal:
            read(said, account, NOW)
        assert str(refusal.value) == ERRORS[name]


FREE = dataclasses.replace(BUSY, calls=())


@pytest.mark.parametrize(
    ("desk", "free"),
    [
        (FREE, True),
        (BUSY, False),
        (IDLE, False),
        (dataclasses.replace(FREE, status=3), False),  # lunch
        (dataclasses.replace(FREE, status=None), False),
        (dataclasses.replace(FREE, user_id=None), False),
    ],
)
def test_who_is_free(desk: Desk, free: bool) -> None:
    assert desk.free is free


def test_a_call_that_rings_is_not_answered(account: Account) -> None:
    answer = fields(CALLS / "extensions-answer-ok.json")
    answer["EXTENSIONS"][1]["calls"][0] |= {
        "answered": 0,
        "callAnswered": 0,
        "callstatus": "Dialing",
    }
    (_, desk) = active_calls.extensions(answer, account, NOW)
    assert desk.calls == (dataclasses.replace(TALK, status="Dialing", answered_at=None),)


def one_call(account: Account, **changes: object) -> ActiveCall:
    answer = fields(CALLS / "extensions-answer-ok.json")
    answer["EXTENSIONS"][1]["calls"][0] |= changes
    (_, desk) = active_calls.extensions(answer, account, NOW)
    return desk.calls[0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"answered": 0}, {"answered_at": None}),  # the time of the answer alone proves nothing
        ({"answered": "0"}, {"answered_at": None}),
        ({"answered": None}, {}),
        ({"callAnswered": "1602465819"}, {}),
        ({"callAnswered": 0}, {"answered_at": None}),
        ({"callStarted": 0}, {"started_at": None}),
        ({"callStarted": 946684799}, {"started_at": None}),
        ({"callStarted": None}, {"started_at": None}),
        (
            {"callStarted": 1610705410},
            {"started_at": datetime(2021, 1, 15, 8, 10, 10, tzinfo=UTC)},
        ),  # winter
        ({"direction": "Incoming"}, {"direction": Direction.INCOMING}),
        ({"direction": "Click2Call"}, {"direction": Direction.OUTGOING}),
        ({"direction": "Spy"}, {"direction": Direction.INTERNAL}),
        ({"callerphone": "Anonymous"}, {"caller": None}),
        ({"callerphone": "Lois Lane"}, {"caller": "Lois Lane"}),
        ({"did": "0722776773"}, {"did": "+972722776773"}),
        (
            {"recording": {"Filename": "a.mp3", "IsMuted": "1"}},
            {"recording": "a.mp3", "muted": True},
        ),
        ({"recording": []}, {"recording": ""}),
        ({"customdata": []}, {}),
        ({"customdata": {"var_a": "1"}}, {"custom": {"var_a": "1"}}),
        ({"callstatus": "Hold"}, {"status": "Hold"}),
    ],
)
def test_ways_of_writing(
    changes: dict[str, object], expected: dict[str, Any], account: Account
) -> None:
    assert one_call(account, **changes) == dataclasses.replace(TALK, **expected)


def test_the_hour_that_comes_twice(account: Account) -> None:
    """A call that goes on cannot have begun after now."""
    half_past_one = 1729992600  # of 27 October 2024
    answer = {"ERR": 0, "EXTENSIONS": [{"calls": [{"callStarted": half_past_one}]}]}
    first = datetime(2024, 10, 26, 22, 30, tzinfo=UTC)
    for now, began in (
        (first + timedelta(minutes=5), first),
        (first + timedelta(hours=1), first + timedelta(hours=1)),
    ):
        for moment in (now, now.astimezone(ZoneInfo("Asia/Jerusalem"))):
            (desk,) = active_calls.extensions(answer, account, moment)
            assert desk.calls[0].started_at == began


def test_a_row_without_anything_is_a_desk_where_nobody_is(account: Account) -> None:
    (desk,) = active_calls.extensions({"ERR": "0", "EXTENSIONS": [{}]}, account, NOW)
    assert desk == Desk("", "", "", None, None, None, None, ())
    (queue,) = active_calls.queues({"ERR": "0", "QUEUES": [{"Callers": [{}]}]}, account, NOW)
    assert queue == Queue("", "", None, (Waiting("", None, None, 0),))


def test_addresses(account: Account) -> None:
    server = "https://monapisec.voicenter.co.il/comet/API"
    assert active_calls.extensions_request(account).url == f"{server}/GetExtensionsCalls"
    assert active_calls.queues_request(account).url == f"{server}/GetQueuesCallers"
    assert active_calls.queues_request(account).fields == {"code": "XXXXXXXXXXXXX"}


@pytest.mark.parametrize("status", [None, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
def test_only_who_is_logged_in_is_free(status: int | None) -> None:
    assert FREE.free
    assert not dataclasses.replace(FREE, status=status).free


LISTS = {
    "answer-ok.json": (
        Extension(
            "SIPSIP1",
            "Extension 1",
            "11",
            12345678,
            "Voicenter Account",
            "John Doe",
            "john.d@example.com",
        ),
        Extension(
            "SIPSIP2",
            "Extension 2",
            "12",
            12345679,
            "Sales Department",
            "Walter Melon",
            "walter.m@example.com",
        ),
    )
}
LIST_ERRORS = {
    "answer-error-1-unauthorized.json": "The PBX says: Unauthorized (1).",
    "answer-invalid-code-empty.json": "The extension list is empty, as it is for a wrong code.",
}


def test_extension_list_request(account: Account) -> None:
    account = dataclasses.replace(account, options={"code": "X" * 15})
    request = extension_list.request(account, whole_organization=False)
    assert orjson.loads(request.json().data) == fields(EXTENSIONS / "request.json")
    assert request.get().url == url(EXTENSIONS / "request-get.txt")
    assert request.url == "https://monitor.voicenter.co.il/Comet/api/GetExtensions"
    assert asked(extension_list.request(account, whole_organization=True))["showAll"] == 1


@pytest.mark.parametrize("name", LISTS)
def test_extension_list(name: str, account: Account) -> None:
    assert extension_list.read(fields(EXTENSIONS / name), account) == LISTS[name]


@pytest.mark.parametrize("name", LIST_ERRORS)
def test_extension_list_error(name: str, account: Account) -> None:
    with pytest.raises(PbxUnavailable) as refusal:
        extension_list.read(fields(EXTENSIONS / name), account)
    assert str(refusal.value) == LIST_ERRORS[name]


def test_an_extension_without_anything_but_its_code(account: Account) -> None:
    answer = {"ERR": "0", "EXTENSIONS": [{"sip": "S"}, {"SIP": 7, "AccountID": "9"}]}
    assert extension_list.read(answer, account) == (
        Extension("S", "", "", None, "", "", ""),
        Extension("7", "", "", 9, "", "", ""),
    )
