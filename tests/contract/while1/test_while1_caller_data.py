"""While1's caller data: the request, the nine keys, the CRM's part."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leadtracker.domain import Account, Caller, Direction, Phase, ScreenPop
from leadtracker.errors import BadPayload
from leadtracker.pbx.vendor import WireFormat
from leadtracker.pbx.while1 import VENDOR
from leadtracker.pbx.while1.caller_data import CALLER_DATA
from tests.contract.samples import FOLDER, requests, sent

SAMPLES = FOLDER / "while1" / "caller_data"
RECEIVED = datetime(2025, 1, 15, 12, tzinfo=UTC)
POP = ScreenPop(
    call_id=None,
    phase=Phase.RINGING,
    caller="+40700000000",
    did="+40210000000",
    direction=Direction.INCOMING,
    extension="",
    at=None,
    answered_at=None,
    caller_name="",
    cause="",
    custom={},
)


def answer_sample(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((SAMPLES / name).read_bytes())
    return sample


def test_sample(romania: Account) -> None:
    assert requests(SAMPLES) == {"request-get.txt"}
    written_as, fields = sent(SAMPLES / "request-get.txt")
    assert written_as is WireFormat.QUERY
    assert fields == {"telephone": "0700000000", "dnid": "0210000000", "token": "some_secret_token"}
    assert CALLER_DATA.read(fields, romania, RECEIVED) == POP


@pytest.mark.parametrize(
    ("telephone", "caller"),
    [
        ("0700000000", "+40700000000"),
        ("+40700000000", "+40700000000"),
        ("0040700000000", "+40700000000"),
        ("40700000000", "+40700000000"),
        (" 0700 000 000", "+40700000000"),
        ("+972501234567", "+972501234567"),
        ("", None),
        ("anonymous", None),
        ("ion-popescu", "ion-popescu"),
    ],
)
def test_numbers(telephone: str, caller: str | None, romania: Account) -> None:
    assert CALLER_DATA.read({"telephone": telephone}, romania, RECEIVED) == ScreenPop(
        call_id=None, phase=Phase.RINGING, caller=caller, did=None
    )


@pytest.mark.parametrize("fields", [{}, {"dnid": "0210000000"}, {"test": ""}])
def test_no_caller(fields: dict[str, Any], romania: Account) -> None:
    with pytest.raises(BadPayload, match="telephone"):
        CALLER_DATA.read(fields, romania, RECEIVED)


FOUND = answer_sample("answer-found.json")


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (Caller(), answer_sample("answer-not-found.json")),
        (
            Caller(url="https://calls.example.com/callers/+40700000000"),
            answer_sample("answer-not-found.json"),
        ),
        (
            Caller(name="John Doe", url=FOUND["backend_link"], total=1, visitor_id="AbCdEf"),
            FOUND | {"id": "AbCdEf"},
        ),
        (
            Caller(company="Acme", url="https://a", visitor_id="v"),
            FOUND | {"id": "v", "name": "Acme", "backend_link": "https://a"},
        ),
        (Caller(visitor_id="v"), FOUND | {"id": "v", "name": None, "backend_link": None}),
    ],
)
def test_answer(caller: Caller, expected: dict[str, Any]) -> None:
    answer = CALLER_DATA.answer(POP, caller)
    assert answer == expected
    assert list(answer) == list(FOUND)


NOT_FOUND = answer_sample("answer-not-found.json")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (NOT_FOUND, FOUND, FOUND),
        (FOUND, NOT_FOUND, FOUND),
        (NOT_FOUND, answer_sample("answer-found-six-fields.json"), FOUND),
        (
            NOT_FOUND,
            answer_sample("answer-direct-to-agent.json"),
            answer_sample("answer-direct-to-agent.json"),
        ),
        (
            FOUND | {"id": "ours", "name": "Ours"},
            answer_sample("answer-direct-to-queue.json"),
            answer_sample("answer-direct-to-queue.json"),
        ),
        (FOUND, {"queue_position": 0, "unheard_of": 1}, FOUND | {"queue_position": 0}),
        (FOUND, {}, FOUND),
    ],
)
def test_merge(ours: dict[str, Any], theirs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert CALLER_DATA.merge(ours, theirs) == expected


def test_every_answer_sample_is_used() -> None:
    used = {"found", "found-six-fields", "not-found", "direct-to-agent", "direct-to-queue"}
    assert {f"answer-{name}.json" for name in used} == {
        file.name for file in SAMPLES.glob("answer*")
    }


def test_family() -> None:
    assert VENDOR.family("caller-data") is CALLER_DATA
    assert CALLER_DATA.secret_in_query
    assert CALLER_DATA.needed
    assert json.loads(CALLER_DATA.failed.content) == answer_sample("answer-not-found.json")
    assert CALLER_DATA.place == "Edit Project → API URL"
