"""Voicenter's blacklist, answers that cannot be read, and what its switch refuses."""

from __future__ import annotations

import dataclasses
import json
import logging
import threading

import pytest
import requests

from leadtracker.domain import Account
from leadtracker.errors import PbxUnavailable
from leadtracker.pbx import dialing
from leadtracker.pbx.voicenter.dialing import VoicenterCalls
from leadtracker.pbx.voicenter.simulator.switch import SimulatedSwitch
from tests.patience import PATIENCE
from tests.unit.conftest import CODE
from tests.unit.receiver import Receiver
from tests.unit.test_voicenter_dialing import DIAL, with_options


@pytest.mark.parametrize("method", ["json", "get"])
def test_the_blacklist(
    method: str, switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account
) -> None:
    account = with_options(ours, click_to_call_method=method)
    numbers = ["+972501234567", "+97231234567"]
    assert calls.block(account, numbers) == {}
    assert switch.blocked == {"972501234567", "97231234567"}
    assert calls.unblock(account, numbers[:1]) == {}
    assert switch.blocked == {"97231234567"}


def test_a_number_that_is_not_answered_for_is_not_blocked(
    calls: VoicenterCalls, ours: Account, receiver: Receiver
) -> None:
    receiver.answers = [(200, json.dumps({"ErrorCode": 0, "Phones": []}).encode())]
    account = with_options(ours, blacklist_add_url=receiver.url)
    assert calls.block(account, ["+972501234567"]) == {"+972501234567": "no answer for this number"}


UNREADABLE = [
    (200, b"<html></html>", "the answer cannot be read (HTTP 200)."),
    (200, b"OK", "the answer cannot be read (HTTP 200)."),
    (500, b"", "the answer cannot be read (HTTP 500)."),
    (403, b"", "our address or code is refused (HTTP 403)."),
]


@pytest.mark.parametrize(("status", "content", "words"), UNREADABLE)
def test_questions_that_are_not_answered(
    status: int,
    content: bytes,
    words: str,
    calls: VoicenterCalls,
    ours: Account,
    receiver: Receiver,
) -> None:
    receiver.answers = [(status, content)]
    account = with_options(ours, extension_list_url=receiver.url)
    with pytest.raises(PbxUnavailable) as refusal:
        calls.free(account)
    assert str(refusal.value) == f"127.0.0.1: {words}"


@pytest.mark.parametrize("method", ["json", "get"])
def test_the_code_is_nowhere_but_in_the_request(
    method: str,
    calls: VoicenterCalls,
    ours: Account,
    switch: SimulatedSwitch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gone = {name: "http://127.0.0.1:9/" for name in switch.options if name.endswith("_url")}
    account = with_options(ours, click_to_call_method=method, **gone)
    said = []
    with caplog.at_level(logging.DEBUG):
        said.append(repr(calls.dial(account, DIAL)))
        said.append(repr(calls.hang_up(account, "SIPSIP1")))
        for ask in (lambda: calls.free(account), lambda: calls.block(account, ["+972501234567"])):
            with pytest.raises(PbxUnavailable) as refusal:
                ask()
            fault: BaseException | None = refusal.value
            while fault is not None:
                said.append(f"{fault!r} {fault.__cause__!r}")
                fault = fault.__context__
    assert CODE not in caplog.text + "".join(said)


def test_parallel_calls_are_each_dialed_once(switch: SimulatedSwitch, ours: Account) -> None:
    calls = VoicenterCalls(seconds=5, places=32)
    dials = [
        dataclasses.replace(DIAL, variables={dialing.REQUEST: f"request-{number}"})
        for number in range(20)
    ]
    threads = [threading.Thread(target=calls.dial, args=(ours, dial)) for dial in dials]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    switch.exchange.wait()
    assert switch.exchange.dialed == {f"request-{number}": 1 for number in range(20)}


def test_the_switch_refuses_what_voicenter_refuses(switch: SimulatedSwitch) -> None:
    def said(**fields: str) -> tuple[int, str]:
        body = {"code": CODE, "format": "json"} | fields
        answer = requests.post(
            switch.url + "/ForwardDialer/click2call.aspx", json=body, timeout=PATIENCE
        ).json()
        return answer["ERRORCODE"], answer["ERRORMESSAGE"]

    assert said(action="call", target="972501234567") == (1, "Phone is missing")
    assert said(action="call", phone="SIPSIP1") == (1, "Target is missing")
    assert said(phone="SIPSIP1", target="972501234567") == (1, "Action is missing")
    eleven = {f"var_{number}": "x" for number in range(11)}
    assert said(action="call", phone="SIPSIP1", target="972501234567", **eleven)[0] == 1
    assert not switch.exchange.dialed


@pytest.mark.parametrize(
    ("custom", "value"),
    [
        ({"var_leadtracker_request": "r"}, "r"),
        ({"VAR_LeadTracker_Request": "r"}, "r"),
        ({"leadtracker_request": "r"}, "r"),
        ({"var_leadtracker_request": ["r"]}, ""),
        ({"var_clientID": "r"}, ""),
        ({}, ""),
    ],
)
def test_a_variable_of_ours(custom: dict[str, object], value: str) -> None:
    assert dialing.variable(custom, dialing.REQUEST) == value
