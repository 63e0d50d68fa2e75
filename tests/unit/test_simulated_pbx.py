"""What the simulated PBXs send is what the vendors' documents print."""

from __future__ import annotations

import ast
import json
import xmlrpc.client
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests

from leadtracker.pbx.simulated_call import (
    Ending,
    Extension,
    Kind,
    NotAcknowledged,
    Shown,
    SimulatedCall,
)
from leadtracker.pbx.voicenter.simulator import account as voicenter
from leadtracker.pbx.voicenter.simulator.account import PopFormat, SimulatedVoicenter
from leadtracker.pbx.voicenter.simulator.cdr import CdrFormat, cdrs
from leadtracker.pbx.voicenter.simulator.events import of_call
from leadtracker.pbx.while1.simulator.account import SimulatedWhile1
from tests.unit.receiver import Receiver

CONTRACT = Path(__file__).parent.parent / "contract"
PACKAGE = Path(__file__).parent.parent.parent / "leadtracker"
ISRAEL = ZoneInfo("Asia/Jerusalem")
STAFF = (Extension("KGpK4iWq", "Walter"), Extension("SIPSIP", "Lois"))
CALL = SimulatedCall(
    kind=Kind.INCOMING,
    ending=Ending.ANSWERED,
    customer="+972501234567",
    did="+972722776772",
    started_at=datetime(2026, 7, 1, 9, 30, 5, tzinfo=UTC),
    extensions=STAFF,
    ring_seconds=7,
    talk_seconds=134,
)
IN_QUEUE = replace(CALL, queue="Sales Queue", wait_seconds=20, pressed=(2, 0))


def shape(value: Any) -> Any:
    """Keys and types; of a list, those of its first member."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def sample(path: str) -> str:
    return (CONTRACT / path).read_text().strip()


@pytest.mark.parametrize(
    ("file", "word", "cause", "kind"),
    [
        ("ringing", "Ringing", "", Kind.INCOMING),
        ("talking", "Talking", "", Kind.INCOMING),
        ("hangup", "Talking", "Normal hangup", Kind.INCOMING),
        ("dialing-outgoing", "Dialing", "", Kind.OUTGOING),
    ],
)
def test_a_json_pop_has_the_keys_and_types_of_the_sample(
    account: SimulatedVoicenter, file: str, word: str, cause: str, kind: Kind
) -> None:
    printed = json.loads(sample(f"voicenter/screen_pop/request-json-{file}.json"))
    body = account.pop(replace(CALL, kind=kind), STAFF[0], word, cause=cause)
    assert shape(body) == shape(printed)
    alike = ("status", "direction", "isAnswered", "isMuted")
    assert {key: body[key] for key in alike} == {key: printed[key] for key in alike}
    assert body["currentCall"].get("cause") == printed["currentCall"].get("cause")


TWO_LEGS = replace(CALL, kind=Kind.CLICK_TO_CALL, extensions=STAFF[:1])
QUEUED = replace(IN_QUEUE, extensions=STAFF[:1])


@pytest.mark.parametrize(
    ("file", "call", "place"),
    [
        ("event-extension-real-c2c-leg1-newcall", TWO_LEGS, 0),
        ("event-queue-real-join", QUEUED, 0),
        ("event-extension-real-newcall", QUEUED, 1),
        ("event-extension-real-answer", QUEUED, 2),
        ("event-queue-real-exit-answered-agent", QUEUED, 3),
        ("event-extension-real-hold", QUEUED, 4),
        ("event-extension-real-unhold", QUEUED, 5),
        ("event-extension-real-hangup", QUEUED, 6),
        ("event-extension-real-hangup-answered-elsewhere", IN_QUEUE, -1),
    ],
)
def test_an_event_has_the_keys_types_and_words_of_the_captured_one(
    file: str, call: SimulatedCall, place: int
) -> None:
    printed = json.loads(sample(f"voicenter/real_time/{file}.json"))
    name, payload = of_call(call, ISRAEL)[place]
    for each in (printed[1], payload):
        for one in (each["data"].get("currentCall", {}), *each["data"].get("calls", ())):
            one.pop("customdata", None)  # its keys are the customer's own
    assert (name, shape(payload)) == (printed[0], shape(printed[1]))
    alike = ("eventName", "reason", "cause", "dialStatus")
    assert [payload.get(key) for key in alike] == [printed[1].get(key) for key in alike]
    current, like = (
        payload["data"].get("currentCall", {}),
        printed[1]["data"].get("currentCall", {}),
    )
    told = ("answered", "direction", "c2cdirection")
    assert [current.get(key) for key in told] == [like.get(key) for key in told]


def test_the_legs_of_a_click_to_call_are_told_as_the_document_prints_them() -> None:
    printed = [
        json.loads(sample(f"voicenter/real_time/event-extension-c2c-{name}.json"))[1]["data"]
        for name in ("leg1-newcall", "leg1-answer", "leg2-newcall", "leg2-answer", "leg2-hangup")
    ]

    def told(reason: str, call: dict[str, Any]) -> tuple[object, ...]:
        return (
            reason,
            int(call["c2cdirection"]),
            call["callstatus"],
            call["answered"],
            call["callAnswered"] > 0,
        )

    expected = [told(data["reason"], data["currentCall"]) for data in printed]
    events = of_call(TWO_LEGS, ISRAEL)
    assert [told(event["reason"], event["data"]["currentCall"]) for _, event in events] == expected
    missed = replace(TWO_LEGS, agent_answers=False, ending=Ending.MISSED)
    assert [
        event["data"]["currentCall"]["c2cdirection"] for _, event in of_call(missed, ISRAEL)
    ] == [1, 1]


def test_a_get_pop_and_a_form_pop_have_the_parameters_of_the_samples(
    account: SimulatedVoicenter, receiver: Receiver
) -> None:
    replace(account, pop_format=PopFormat.GET, screen_pop_url=f"{receiver.url}/pop?ours=1").ring(
        CALL
    )
    replace(account, pop_format=PopFormat.FORM).ring(CALL)
    by_get, by_form = receiver.got[0], receiver.got[2]  # each of two extensions rings
    printed = dict(
        parse_qsl(urlsplit(sample("voicenter/screen_pop/request-get-ringing.txt")).query)
    )
    assert by_get.method == "GET"
    assert set(by_get.query) == {*printed, "ours"}
    assert by_get.query["phone"] == "972501234567"
    assert by_get.query["statusCall"] == printed["statusCall"] == "Ringing"
    printed = dict(parse_qsl(sample("voicenter/screen_pop/request-form-status.form")))
    assert set(by_form.form) == set(printed)
    assert by_form.form["did"] == "0722776772"
    assert by_form.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_every_extension_that_rings_sends_a_pop_and_one_takes_the_call(
    account: SimulatedVoicenter, receiver: Receiver
) -> None:
    account.ring(CALL)
    account.answer(CALL)
    account.hang_up(CALL)
    told = [
        (pop.json["extenUser"], pop.json["isAnswered"], pop.json["currentCall"].get("cause"))
        for pop in receiver.got
    ]
    assert told == [
        ("KGpK4iWq", False, None),
        ("SIPSIP", False, None),
        ("KGpK4iWq", True, None),
        ("KGpK4iWq", True, "Normal hangup"),
        ("SIPSIP", False, "Answered elsewhere"),
    ]


def test_epochs_are_the_wall_clock_of_the_account_and_the_id_begins_with_it(
    account: SimulatedVoicenter,
) -> None:
    summer = account.pop(CALL, STAFF[0], "Talking")
    assert datetime.fromtimestamp(summer["callStarted"], UTC) == datetime(
        2026, 7, 1, 12, 30, 5, tzinfo=UTC
    )
    assert summer["callAnswered"] == summer["callStarted"] + CALL.ring_seconds
    assert summer["ivrid"].startswith("20260701123005")
    assert len(summer["ivrid"]) == 32
    (winter,) = cdrs(
        replace(CALL, started_at=datetime(2026, 1, 1, 23, tzinfo=UTC)),
        ISRAEL,
        "",
        newer_fields=False,
    )
    assert datetime.fromtimestamp(winter["time"], UTC) == datetime(2026, 1, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("file", "call", "leg"),
    [
        ("outgoing", replace(CALL, kind=Kind.OUTGOING), 0),
        ("queue-answer", IN_QUEUE, 0),
        ("queue-abandone", replace(IN_QUEUE, ending=Ending.ABANDONED, talk_seconds=0), 0),
        ("click2call-leg1", replace(CALL, kind=Kind.CLICK_TO_CALL), 0),
        ("click2call-leg2", replace(CALL, kind=Kind.CLICK_TO_CALL), 1),
        ("transfer", replace(CALL, kind=Kind.TRANSFERRED, original=CALL), 0),
        ("newer-fields", IN_QUEUE, 0),
    ],
)
def test_a_cdr_has_the_keys_types_and_words_of_the_sample(
    file: str, call: SimulatedCall, leg: int
) -> None:
    printed = json.loads(sample(f"voicenter/cdr/request-json-{file}.json"))
    record = cdrs(
        call, ISRAEL, "https://recordings.example.com/", newer_fields=file == "newer-fields"
    )[leg]
    custom = printed.pop("CustomData", None)  # its keys are the customer's own
    assert isinstance(record.pop("CustomData", None), type(custom))
    assert shape(record) == shape(printed)
    assert (record["type"], record["status"]) == (printed["type"], printed["status"])


def test_both_legs_of_a_click_to_call_call_have_one_id() -> None:
    legs = cdrs(replace(CALL, kind=Kind.CLICK_TO_CALL), ISRAEL, "", newer_fields=True)
    assert len({leg["ivruniqueid"] for leg in legs}) == 1
    assert len({leg["type"] for leg in legs}) == 2


def test_a_transferred_call_has_its_own_id_and_names_the_first() -> None:
    (first,) = cdrs(CALL, ISRAEL, "", newer_fields=True)
    second = replace(CALL, kind=Kind.TRANSFERRED, original=CALL, serial="0" * 18)
    (record,) = cdrs(second, ISRAEL, "", newer_fields=True)
    assert record["OriginalIvrUniqueID"] == first["ivruniqueid"] != record["ivruniqueid"]


def test_all_three_formats_of_a_cdr_say_the_same(
    account: SimulatedVoicenter, receiver: Receiver
) -> None:
    (record,) = cdrs(IN_QUEUE, ISRAEL, "https://r.example.com/?a=1&b=", newer_fields=True)
    receiver.answers = [
        (200, b'{"err":0}'),
        (200, sample("voicenter/cdr/answer-ok.form").encode()),
        (200, sample("voicenter/cdr/answer-ok.xml").encode()),
    ]
    for how in (CdrFormat.JSON, CdrFormat.FORM, CdrFormat.XML_RPC):
        replace(account, cdr_format=how).send_cdr(record)
    by_json, by_form, by_xml = receiver.got
    assert by_json.json == record
    flat = record | {"IVR": json.dumps(record["IVR"])}
    assert by_form.form == {key: str(value) for key, value in flat.items()}
    assert xmlrpc.client.loads(by_xml.body)[0] == (flat,)
    assert b"<name>time</name><value><i8>" in by_xml.body
    assert [one.headers["Content-Type"] for one in receiver.got] == [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/xml",
    ]


@pytest.mark.parametrize(
    ("how", "refusals"),
    [
        (CdrFormat.JSON, [b'{"Err":2,"Errdesc":"no"}', b"[0]", b"nothing"]),
        (CdrFormat.FORM, [b"Err=1&Errdesc=no", b'{"Err":0}']),
        (CdrFormat.XML_RPC, [b"Err=0"]),
    ],
)
def test_a_cdr_is_sent_again_until_it_is_acknowledged(
    account: SimulatedVoicenter,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    how: CdrFormat,
    refusals: list[bytes],
) -> None:
    monkeypatch.setattr(voicenter, "RESEND_PAUSES_SECONDS", (0.0,) * 5)
    suffix = {CdrFormat.JSON: "json", CdrFormat.FORM: "form", CdrFormat.XML_RPC: "xml"}[how]
    good = sample(f"voicenter/cdr/answer-ok.{suffix}").encode()
    receiver.answers = [(500, good), *((200, refusal) for refusal in refusals), (200, good)]
    replace(account, cdr_format=how).report(CALL)
    assert len(receiver.got) == len(refusals) + 2
    assert len({one.body for one in receiver.got}) == 1

    receiver.answers = [(200, refusals[0])]
    with pytest.raises(NotAcknowledged):
        replace(account, cdr_format=how).report(CALL)


def test_an_agent_sees_what_the_answer_says_and_nothing_when_it_is_not_ok(
    account: SimulatedVoicenter, receiver: Receiver
) -> None:
    receiver.answers = [(200, sample("voicenter/screen_pop/answer-found.json").encode())]
    assert account.ring(CALL) == Shown(
        "John Doe",
        "Voicenter",
        "https://www.yourdomain.com/contact_search.asp?user_phone=0722776772",
    )
    for status, answer in (
        (200, b'{"STATUS":"ERROR","URL":"x"}'),
        (500, b'{"STATUS":"OK","URL":"x"}'),
        (200, b"[1]"),
    ):
        receiver.answers = [(status, answer)]
        assert account.ring(CALL) == Shown()
    dead = replace(account, screen_pop_url="http://127.0.0.1:9/")
    assert dead.ring(CALL) == Shown()


def test_a_withheld_number_is_no_number(account: SimulatedVoicenter) -> None:
    withheld = replace(CALL, customer=None)
    assert account.pop(withheld, STAFF[0], "Ringing")["phone"] == "Anonymous"
    assert cdrs(withheld, ISRAEL, "", newer_fields=True)[0]["caller"] == "Anonymous"


def test_while1_asks_and_reports_as_its_documents_print(
    receiver: Receiver, http: requests.Session
) -> None:
    project = SimulatedWhile1(
        f"{receiver.url}/data?token=secret", http, events_url=f"{receiver.url}/ev?token=secret"
    )
    answered = replace(CALL, customer="+40721234567", did="+40312345610", queue="callcenter-queue")
    missed = replace(answered, ending=Ending.ABANDONED, serial="f" * 18)
    receiver.answers = [(200, sample("while1/caller_data/answer-found.json").encode())]
    assert project.ring(answered) == Shown(
        "John Doe", "", "https://your-crm.com/example-popup?id=12345"
    )
    project.answer(answered)
    project.hang_up(answered)
    project.report(answered)
    project.report(missed)
    assert {one.method for one in receiver.got} == {"GET"}
    asked, began, ended, abandoned = (one.query for one in receiver.got)
    printed = dict(parse_qsl(urlsplit(sample("while1/caller_data/request-get.txt")).query))
    assert asked == {"telephone": "0721234567", "dnid": "0312345610", "token": "secret"}
    assert set(asked) == set(printed)
    for event, name in ((began, "queue-answer"), (abandoned, "missed-calls")):
        url = sample(f"while1/events/event-{name}-get.txt")
        printed = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        assert set(event) == {*printed, "token"}
        assert event["event"] == printed["event"]
    assert abandoned["fail_reason"] == printed["fail_reason"] == "queue_hangup"
    assert (began["contact_id"], ended["event"], abandoned["contact_id"]) == (
        "12345",
        "queue_answer_end",
        "",
    )
    assert began["uniqueid"] == ended["uniqueid"] != abandoned["uniqueid"]
    receiver.answers = [(503, b"")]
    with pytest.raises(NotAcknowledged):
        project.report(missed)


SIMULATORS = sorted([PACKAGE / "pbx" / "simulated_call.py", *PACKAGE.glob("pbx/*/simulator/*.py")])


@pytest.mark.parametrize("file", SIMULATORS, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_simulators_know_nothing_of_the_parsers(file: Path) -> None:
    """Else both would share one misreading."""
    tree = ast.parse(file.read_text())
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named |= {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    own_folder = ".".join(["leadtracker", *file.parent.relative_to(PACKAGE).parts, ""])
    ours = {name for name in named if name.startswith("leadtracker")}
    if file.parent.name == "simulator":
        ours = {name for name in ours if not name.startswith(own_folder)}
    assert ours <= {"leadtracker.pbx.simulated_call"}
