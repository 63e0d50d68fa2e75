"""Every blacklist sample: requests in both forms, and what became of each number."""

from __future__ import annotations

import dataclasses

import orjson
import pytest

from leadtracker.domain import Account
from leadtracker.errors import PbxUnavailable
from leadtracker.pbx.voicenter import blacklist
from tests.contract.samples import FOLDER, asked, fields, url

SAMPLES = FOLDER / "voicenter" / "blacklist"
INVALID = "Please make sure the phone destination is in a valid format"
OUTCOMES = {
    "ok": {"+972501234567": "", "+97231234567": ""},
    "per-phone-errors": {"+972501234567": "", "05x": INVALID, "+97231234567": "Internal Error"},
}
ERRORS = {
    "error-1-authorization": "The PBX says: Authorization failed (1).",
    "error-2-phone": "The PBX says: The Phone field is missing or invalid (2).",
}
ACTIONS = ("add", "remove")
NAMES = {"0501234567": "John doe", "031234567": "Walter Melon"}


def with_code(account: Account, code: str) -> Account:
    return dataclasses.replace(account, options={"code": code})


def test_every_sample_is_used() -> None:
    answers = {
        f"{action}-answer-{name}.json" for action in ACTIONS for name in (*OUTCOMES, *ERRORS)
    }
    requests = {
        f"{action}-request{suffix}" for action in ACTIONS for suffix in (".json", "-get.txt")
    }
    assert answers | requests == {file.name for file in SAMPLES.iterdir()}


def test_add_request(israel: Account) -> None:
    request = blacklist.add(with_code(israel, "XXXXXXXXXXXXX"), NAMES).json()
    assert request.url == "https://api.voicenter.com/Blacklist/AddBlackList"
    assert orjson.loads(request.data) == fields(SAMPLES / "add-request.json")
    query = blacklist.add(with_code(israel, "x" * 20), NAMES).get()
    assert query.url == url(SAMPLES / "add-request-get.txt")


def test_remove_request(israel: Account) -> None:
    request = blacklist.remove(with_code(israel, "XXXXXXXXXXXXX"), list(NAMES)).json()
    assert request.url == "https://api.voicenter.com/Blacklist/RemoveBulkFromBlacklist"
    assert orjson.loads(request.data) == fields(SAMPLES / "remove-request.json")
    query = blacklist.remove(with_code(israel, "XXXX"), ["972501234567", "97231234567"]).get()
    assert query.url == url(SAMPLES / "remove-request-get.txt")


def test_a_number_without_a_name(israel: Account) -> None:
    request = blacklist.add(israel, {"972501234567": ""})
    assert asked(request)["Phones"] == [{"Phone": "972501234567"}]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("name", OUTCOMES)
def test_answer(action: str, name: str, israel: Account) -> None:
    assert (
        blacklist.read(fields(SAMPLES / f"{action}-answer-{name}.json"), israel) == OUTCOMES[name]
    )


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("name", ERRORS)
def test_error(action: str, name: str, israel: Account) -> None:
    answer = fields(SAMPLES / f"{action}-answer-{name}.json")
    del answer["Phones"]  # whether it comes with an error is not documented
    with pytest.raises(PbxUnavailable) as refusal:
        blacklist.read(answer, israel)
    assert str(refusal.value) == ERRORS[name]


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        ({"Phone": "972501234567", "ErrorCode": "0", "ErrorMessage": "OK"}, {"+972501234567": ""}),
        ({"Phone": "0501234567", "ErrorCode": 0}, {"+972501234567": ""}),
        (
            {"Phone": 972501234567, "ErrorCode": 1, "ErrorMessage": INVALID},
            {"+972501234567": INVALID},
        ),
        ({"Phone": "972501234567", "ErrorCode": 2}, {"+972501234567": "an error"}),
        ({"Phone": "972501234567"}, {"+972501234567": "an error"}),
        ({"phone": "x", "errorcode": 1, "errormessage": "hidden is wrong"}, {"x": "… is wrong"}),
    ],
)
def test_what_became_of_one_number(
    row: dict[str, object], outcome: dict[str, str], israel: Account
) -> None:
    assert blacklist.read({"ErrorCode": 0, "Phones": [row]}, with_code(israel, "hidden")) == outcome


def test_names_are_not_in_a_query(israel: Account) -> None:
    assert blacklist.add(with_code(israel, "c"), NAMES).query == (
        ("code", "c"),
        ("phones", "0501234567"),
        ("phones", "031234567"),
    )
