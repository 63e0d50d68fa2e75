"""Every sample of Active Calls and of the extension list, field by field."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import orjson
import pytest
from samples import FOLDER, fields, url

from leadtracker.domain import Account, Direction
from leadtracker.errors import PbxUnavailable
from leadtracker.pbx.voicenter import active_calls, extension_list
from leadtracker.pbx.voicenter.active_calls import ActiveCall, Desk, Queue, Waiting
from leadtracker.pbx.voicenter.extension_list import Extension

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
HELD = dataclasses.replace(TALK, status="Hold", muted=True, custom={"OriginalIvrUniqueID": "2020101201aa0b38df"})
DESKS = {
    "extensions-answer-ok.json": (IDLE, BUSY),
    "extensions-answer-hold-muted-transferred.json": (IDLE, dataclasses.replace(BUSY, calls=(HELD,))),
}
QUEUES = {
    "queues-answer-ok.json": (
        Queue(
            "12345678",
            "QUEUE 1",
            5,
            (
                Waiting("202010131430590714966", "+972722776772", datetime(2020, 10, 13, 11, 32, 45, tzinfo=UTC), 21),
                Waiting("202010131433000d14cc4b", "+972501234567", datetime(2020, 10, 13, 11, 33, 3, tzinfo=UTC), 3),
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
    "queues-answer-error-2-queue-not-found.json": "The PBX says: Queue is not found in this account (2).",
}
REQUESTS = {"extensions-request-all.json": "", "extensions-request.json": "SIPSIP", "queues-request.json": "XXXXXXXXX"}
QUERIES = {"extensions-request-get.txt": "SIPSIP", "queues-request-get.txt": "XXXXXXXXX"}


@pytest.fixture
def account(israel: Account) -> Account:
    return dataclasses.replace(israel, options={"code": "XXXXXXXXXXXXX"})


def test_every_sample_is_used() -> None:
    used = {*DESKS, *QUEUES, *ERRORS, *REQUESTS, *QUERIES}
    assert used == {file.name for file in CALLS.iterdir()}
    assert {*LISTS, *LIST_ERRORS, "request.json", "request-get.txt"} == {file.name for file in EXTENSIONS.iterdir()}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_in_json(name: str, account: Account) -> None:
    build = active_calls.extensions_request if name.startswith("ext") else active_calls.queues_request
    request = build(account, REQUESTS[name])
    assert orjson.loads(request.json().data) == fields(CALLS / name)
    assert request.url.endswith("GetExtensionsCalls" if name.startswith("ext") else "GetQueuesCallers")


@pytest.mark.parametrize("name", QUERIES)
def test_request_in_a_query(name: str, account: Account) -> None:
    build = active_calls.extensions_request if name.startswith("ext") else active_calls.queues_request
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
    for said in (answer, {"ERR": str(answer["ERR"]), "DESC": answer["DESC"]}):  # nothing but these is needed
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
    answer["EXTENSIONS"][1]["calls"][0] |= {"answered": 0, "callAnswered": 0, "callstatus": "Dialing"}
    (_, desk) = active_calls.extensions(answer, account, NOW)
    assert desk.calls == (dataclasses.replace(TALK, status="Dialing", answered_at=None),)


LISTS = {
    "answer-ok.json": (
        Extension("SIPSIP1", "Extension 1", "11", 12345678, "Voicenter Account", "John Doe", "john.d@example.com"),
        Extension("SIPSIP2", "Extension 2", "12", 12345679, "Sales Department", "Walter Melon", "walter.m@example.com"),
    )
}
LIST_ERRORS = {
    "answer-error-1-unauthorized.json": "The PBX says: Unauthorized (1).",
    "answer-invalid-code-empty.json": "The extension list is empty, as it is for a wrong code.",
}


def test_extension_list_request(account: Account) -> None:
    account = dataclasses.replace(account, options={"code": "X" * 15})
    request = extension_list.request(account, whole_organisation=False)
    assert orjson.loads(request.json().data) == fields(EXTENSIONS / "request.json")
    assert request.get().url == url(EXTENSIONS / "request-get.txt")
    assert request.url == "https://monitor.voicenter.co.il/Comet/api/GetExtensions"
    assert extension_list.request(account, whole_organisation=True).fields["showAll"] == 1


@pytest.mark.parametrize("name", LISTS)
def test_extension_list(name: str, account: Account) -> None:
    assert extension_list.read(fields(EXTENSIONS / name), account) == LISTS[name]


@pytest.mark.parametrize("name", LIST_ERRORS)
def test_extension_list_error(name: str, account: Account) -> None:
    with pytest.raises(PbxUnavailable) as refusal:
        extension_list.read(fields(EXTENSIONS / name), account)
    assert str(refusal.value) == LIST_ERRORS[name]
