"""What is known of who is free is asked for again when it is old, and of each account by itself."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

import pytest

from leadtracker.domain import Account
from leadtracker.outgoing import Fate, Reply
from leadtracker.pbx.voicenter import dialing
from leadtracker.pbx.voicenter.dialing import VoicenterCalls

FREE = {"onlineUserID": 7, "onlineUserStatus": 1, "calls": []}
LIST = {"ERR": 0, "EXTENSIONS": [{"SIP": "A"}, {"SIP": "B"}, {"SIP": "C"}]}
ACTIVE = {
    "ERR": 0,
    "EXTENSIONS": [{"username": "A", **FREE}, {"username": "B", **FREE, "onlineUserStatus": 3}],
}


class Switch:
    """Answers both questions, and remembers in which order they were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def send(self, request: Any) -> Reply:
        self.asked.append(request.url.rpartition("/")[2])
        answer = LIST if request.url.endswith("GetExtensions") else ACTIVE
        return Reply(Fate.ANSWERED, 200, json.dumps(answer).encode())


@pytest.fixture
def calls() -> VoicenterCalls:
    calls = VoicenterCalls()
    calls._sender = Switch()  # type: ignore[assignment] # in place of the network
    return calls


def asked(calls: VoicenterCalls) -> list[str]:
    switch: Any = calls._sender
    return list(switch.asked)


ACCOUNT = Account(1, "pbx", "voicenter", "secret")
BOTH = ["GetExtensions", "GetExtensionsCalls"]


@pytest.mark.parametrize(
    ("later", "again"),
    [
        (0.0, []),
        (3.0, []),
        (3.5, ["GetExtensionsCalls"]),
        (300.0, ["GetExtensionsCalls"]),
        (300.5, BOTH),
    ],
)
def test_how_old_it_may_be(
    later: float, again: list[str], calls: VoicenterCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    assert calls.free(ACCOUNT) == {"A"}
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0 + later)
    assert calls.free(ACCOUNT) == {"A"}
    assert asked(calls) == BOTH + again


def test_each_account_is_asked_of_by_itself(calls: VoicenterCalls) -> None:
    calls.free(ACCOUNT)
    calls.free(dataclasses.replace(ACCOUNT, key="other"))
    assert asked(calls) == BOTH * 2


def test_everything_ends_within_seconds() -> None:
    assert (dialing.SECONDS, dialing.PLACES) == (10.0, 32)
