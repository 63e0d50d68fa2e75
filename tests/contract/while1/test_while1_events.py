"""While1's events: calls that go on are screen pops, calls that are over are records."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadtracker.domain import Account, Cdr, Direction, Outcome, Phase, ScreenPop
from leadtracker.errors import BadPayload
from leadtracker.pbx.vendor import Receipt, WireFormat
from leadtracker.pbx.while1 import VENDOR
from leadtracker.pbx.while1.events import EVENTS
from tests.contract.samples import FOLDER, requests, sent

SAMPLES = FOLDER / "while1" / "events"
BEGAN = datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC)  # 1234567890
RECEIVED = BEGAN + timedelta(seconds=95)

ANSWERED = ScreenPop(
    call_id="1234567890.12",
    phase=Phase.ANSWERED,
    caller="+40700000000",
    did="+40300000000",
    direction=Direction.INCOMING,
    extension="test-user",
    at=BEGAN,
    answered_at=RECEIVED,
    caller_name="",
    cause="",
    custom={"project_id": "1"},
    queue="callcenter-queue",
    representative="test-user",
)
MISSED = Cdr(
    call_id="1234567890.12",
    type="missed_calls",
    type_code=None,
    status="queue_hangup",
    outcome=Outcome.ABANDONED,
    direction=Direction.INCOMING,
    main=True,
    started_at=BEGAN,
    started_raw="1234567890.12",
    caller="+40700000000",
    target="+40210000000",
    did="+40210000000",
    customer="+40700000000",
    talk_seconds=0,
    duration_seconds=95,
    ring_seconds=0,
    wait_seconds=1,
    queue="test-queue",
    custom={"project_id": "123", "contact_id": "123456"},
    extra={},
)
EXPECTED = {"event-queue-answer-get.txt": ANSWERED, "event-missed-calls-get.txt": MISSED}


def test_every_sample_is_expected() -> None:
    assert set(EXPECTED) == requests(SAMPLES)


@pytest.mark.parametrize("name", EXPECTED)
def test_sample(name: str, romania: Account) -> None:
    written_as, fields = sent(SAMPLES / name)
    assert written_as is WireFormat.QUERY
    assert EVENTS.identify(fields) == "1234567890.12"
    assert EVENTS.read(fields, romania, RECEIVED) == EXPECTED[name]


def event(
    romania: Account, name: str, changes: dict[str, Any], received: datetime = RECEIVED
) -> Cdr | ScreenPop:
    _, fields = sent(SAMPLES / name)
    return EVENTS.read(fields | changes, romania, received)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"event": "dial_answer"}, {}),
        ({"event": "call_forward_answer"}, {}),
        ({"event": "dial_answer", "direction": "OUT"}, {"direction": Direction.OUTGOING}),
        ({"event": "queue_answer", "direction": ""}, {}),
        ({"event": "coffee_break"}, {"phase": Phase.UNKNOWN, "answered_at": None}),
        ({"event": ""}, {"phase": Phase.UNKNOWN, "answered_at": None}),
        (
            {"event": "coffee_break", "direction": ""},
            {"phase": Phase.UNKNOWN, "answered_at": None, "direction": Direction.UNKNOWN},
        ),
    ],
)
def test_calls_that_go_on(
    changes: dict[str, Any], expected: dict[str, Any], romania: Account
) -> None:
    pop = event(romania, "event-queue-answer-get.txt", changes)
    custom = ANSWERED.custom | ({"event": changes["event"]} if "phase" in expected else {})
    assert pop == dataclasses.replace(ANSWERED, custom=custom, **expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"fail_reason": ""}, {"status": "", "outcome": Outcome.MISSED}),
        ({"fail_reason": "out_of_hours"}, {"status": "out_of_hours", "outcome": Outcome.MISSED}),
        ({"fail_reason": "BUSY"}, {"status": "BUSY", "outcome": Outcome.BUSY}),
        ({"fail_reason": "ABANDON"}, {"status": "ABANDON", "outcome": Outcome.ABANDONED}),
        ({"queue_hold_time": ""}, {"wait_seconds": 0}),
        ({"queue_hold_time": "long"}, {"wait_seconds": 0, "extra": {"queue_hold_time": "long"}}),
        ({"unheard_of": "1"}, {"extra": {"unheard_of": "1"}}),
        (
            {"explain_reason": "closed", "remote_number": "0711111111"},
            {"custom": MISSED.custom | {"explain_reason": "closed", "remote_number": "0711111111"}},
        ),
        (
            {
                "event": "queue_answer_end",
                "agent": "test-user",
                "queue_hold_time": "20",
                "fail_reason": "",
            },
            {
                "type": "queue_answer_end",
                "status": "",
                "outcome": Outcome.ANSWERED,
                "talk_seconds": 75,
                "wait_seconds": 20,
                "extension": "test-user",
                "representative": "test-user",
            },
        ),
        (
            {"event": "outgoing_end", "fail_reason": "", "queue": "", "queue_hold_time": ""},
            {
                "type": "outgoing_end",
                "status": "",
                "outcome": Outcome.UNKNOWN,
                "direction": Direction.OUTGOING,
                "caller": "+40210000000",
                "target": "+40700000000",
                "did": None,
                "queue": "",
                "wait_seconds": 0,
            },
        ),
        # An id that is not Asterisk's, or a moment that cannot be this call's beginning:
        # it began # when we heard of it.
        (
            {"uniqueid": "abc"},
            {"call_id": "abc", "started_raw": "abc", "started_at": RECEIVED, "duration_seconds": 0},
        ),
        (
            {"uniqueid": "pbx1-1234567890.12"},
            {"call_id": "pbx1-1234567890.12", "started_raw": "pbx1-1234567890.12"},
        ),
    ],
)
def test_calls_that_are_over(
    changes: dict[str, Any], expected: dict[str, Any], romania: Account
) -> None:
    record = event(romania, "event-missed-calls-get.txt", changes)
    assert record == dataclasses.replace(MISSED, **expected)


@pytest.mark.parametrize(
    ("received", "began"),
    [
        (BEGAN + timedelta(hours=24), BEGAN),
        (BEGAN + timedelta(hours=24, seconds=1), None),
        (BEGAN - timedelta(minutes=2), BEGAN),
        (BEGAN - timedelta(minutes=2, seconds=1), None),
    ],
)
def test_beginning_that_can_be(
    received: datetime, began: datetime | None, romania: Account
) -> None:
    pop = event(romania, "event-queue-answer-get.txt", {}, received)
    assert isinstance(pop, ScreenPop)
    assert pop.at == began


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("queue_hangup", Outcome.ABANDONED),
        ("ABANDON", Outcome.ABANDONED),
        ("BUSY", Outcome.BUSY),
        ("CANCEL", Outcome.ABANDONED),
        ("CHANUNAVAIL", Outcome.FAILED),
        ("CONGESTION", Outcome.FAILED),
        ("NOANSWER", Outcome.MISSED),
    ],
)
@pytest.mark.parametrize("name", ["missed_calls", "outgoing_end", "queue_answer_end"])
def test_why_a_call_failed(reason: str, outcome: Outcome, name: str, romania: Account) -> None:
    for spelling in (reason.upper(), reason.lower()):
        record = event(
            romania, "event-missed-calls-get.txt", {"fail_reason": spelling, "event": name}
        )
        assert isinstance(record, Cdr)
        assert (record.outcome, record.status, record.talk_seconds) == (outcome, spelling, 0)


@pytest.mark.parametrize(
    ("uniqueid", "began"),
    [
        ("1234567890.12", BEGAN),
        ("pbx1-1234567890.1", BEGAN),
        ("pbx-1-1234567890.12", BEGAN),
        ("1234567890", None),
        ("1234567890.", None),
        ("1234567890.x", None),
        ("11234567890.12", None),
        ("12345678.12", None),
        ("x1234567890.12", None),
    ],
)
def test_an_id_of_asterisk_s_form_names_the_beginning(
    uniqueid: str, began: datetime | None, romania: Account
) -> None:
    pop = event(romania, "event-queue-answer-get.txt", {"uniqueid": uniqueid})
    assert pop == dataclasses.replace(ANSWERED, call_id=uniqueid, at=began)


def test_an_id_of_nine_digits_is_of_before_2001(romania: Account) -> None:
    moment = datetime(2001, 9, 9, 1, 46, 39, tzinfo=UTC)
    pop = event(romania, "event-queue-answer-get.txt", {"uniqueid": "999999999.1"}, moment)
    assert isinstance(pop, ScreenPop)
    assert pop.at == moment


DETAILS = {
    "project_id": "1",
    "remote_number": "2",
    "dnid_identifier": "3",
    "contact_id": "4",
    "explain_reason": "5",
}


def test_every_detail_is_kept(romania: Account) -> None:
    for name, kept in (
        ("event-queue-answer-get.txt", ANSWERED.custom),
        ("event-missed-calls-get.txt", MISSED.custom),
    ):
        assert event(romania, name, DETAILS).custom == kept | DETAILS
        assert not DETAILS.keys() & event(romania, name, dict.fromkeys(DETAILS, "")).custom.keys()


@pytest.mark.parametrize(
    ("received", "waited", "talked", "lasted"),
    [
        (RECEIVED, "20", 75, 95),
        (RECEIVED, "95", 0, 95),
        (RECEIVED, "96", 0, 95),
        (RECEIVED, "", 95, 95),
        (BEGAN - timedelta(seconds=30), "0", 0, 0),  # their clock is a little ahead of ours
    ],
)
def test_the_talk_is_what_the_waiting_leaves(
    received: datetime, waited: str, talked: int, lasted: int, romania: Account
) -> None:
    changes = {"event": "queue_answer_end", "queue_hold_time": waited, "fail_reason": ""}
    record = event(romania, "event-missed-calls-get.txt", changes, received)
    assert isinstance(record, Cdr)
    assert (record.talk_seconds, record.duration_seconds, record.wait_seconds) == (
        talked,
        lasted,
        int(waited or 0),
    )
    assert record.started_at == BEGAN


@pytest.mark.parametrize(
    ("name", "word", "direction"),
    [
        ("missed_calls", "OUT", Direction.OUTGOING),
        ("missed_calls", "in", Direction.INCOMING),
        ("missed_calls", "", Direction.INCOMING),
        ("outgoing_end", "", Direction.OUTGOING),
        ("outgoing_end", "IN", Direction.INCOMING),
        ("queue_answer_end", "sideways", Direction.INCOMING),
    ],
)
def test_direction(name: str, word: str, direction: Direction, romania: Account) -> None:
    record = event(romania, "event-missed-calls-get.txt", {"event": name, "direction": word})
    assert record.direction is direction


@pytest.mark.parametrize("uniqueid", [None, "", "a" * 256, ["1"]])
def test_no_record_without_identity(uniqueid: Any, romania: Account) -> None:
    for name in EXPECTED:
        with pytest.raises(BadPayload, match="uniqueid"):
            event(romania, name, {"uniqueid": uniqueid})
    with pytest.raises(BadPayload, match="uniqueid"):
        EVENTS.identify({"event": "queue_answer", "uniqueid": uniqueid})


@pytest.mark.parametrize("receipt", Receipt)
def test_answer_is_empty(receipt: Receipt, romania: Account) -> None:
    assert EVENTS.acknowledge(WireFormat.QUERY, receipt, romania).content == b""


def test_family() -> None:
    assert VENDOR.family("events") is EVENTS
    assert EVENTS.secret_in_query
    assert EVENTS.place == "Edit Project → sendEvent"
    assert VENDOR.click_to_call is None
    assert VENDOR.real_time is None
