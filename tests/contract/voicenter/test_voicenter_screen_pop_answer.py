"""What Voicenter is answered to a screen pop."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from leadtracker.domain import Caller, Phase
from leadtracker.pbx.voicenter import VENDOR
from leadtracker.pbx.voicenter.screen_pop import SCREEN_POP
from tests.contract.voicenter.test_voicenter_screen_pop import RINGING, SAMPLES


def answer_sample(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((SAMPLES / name).read_bytes())
    return sample


KNOWN = Caller(
    name="John Doe",
    company="Voicenter",
    url="https://www.yourdomain.com/contact_search.asp?user_phone=0722776772",
    total=1,
    visitor_id="v",
)

UNKNOWN = Caller(url="https://www.example.com/contacts/new?phone=0722776772")


@pytest.mark.parametrize(
    ("phase", "caller", "name"),
    [
        (Phase.RINGING, KNOWN, "answer-found.json"),
        (Phase.DIALING, KNOWN, "answer-found.json"),
        (Phase.UNKNOWN, KNOWN, "answer-found.json"),
        (Phase.RINGING, UNKNOWN, "answer-not-found.json"),
        (Phase.ANSWERED, KNOWN, "answer-acknowledge.json"),
        (Phase.ENDED, UNKNOWN, "answer-acknowledge.json"),
    ],
)
def test_answer(phase: Phase, caller: Caller, name: str) -> None:
    assert SCREEN_POP.answer(dataclasses.replace(RINGING, phase=phase), caller) == answer_sample(
        name
    )


OURS = {
    "STATUS": "OK",
    "URL": "https://ours",
    "CLIENTNAME": "Ours",
    "TOTAL": 1,
    "COMPANY": "Our company",
}


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (answer_sample("answer-found.json"), answer_sample("answer-found.json")),
        (answer_sample("answer-acknowledge.json"), OURS),
        (answer_sample("answer-error.json") | {"CLIENTNAME": "Theirs"}, OURS),
        ({"CLIENTNAME": "Theirs"}, OURS),
        ({"STATUS": "ok", "CLIENTNAME": "Theirs"}, OURS),
        ({"STATUS": True, "CLIENTNAME": "Theirs"}, OURS),
        (
            answer_sample("answer-not-found.json"),
            OURS | {"URL": "https://www.example.com/contacts/new?phone=0722776772"},
        ),
        ({"STATUS": "OK", "CLIENTNAME": " ", "URL": None, "TOTAL": None}, OURS),
        ({"STATUS": "OK", "CLIENTNAME": ["x"], "TOTAL": "many"}, OURS),
        ({"STATUS": "OK", "TOTAL": "3", "EXTRA": "x"}, OURS | {"TOTAL": 3}),
    ],
)
def test_merge(theirs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert SCREEN_POP.merge(OURS, theirs) == expected


def test_family() -> None:
    assert VENDOR.family("screen-pop") is SCREEN_POP
    assert not SCREEN_POP.secret_in_query
    assert SCREEN_POP.needed
    assert json.loads(SCREEN_POP.failed.content) == answer_sample("answer-error.json")
