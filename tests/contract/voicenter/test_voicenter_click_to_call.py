"""Every Click2Call sample: requests byte for byte in a query, key for key in JSON;
answers field by field."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import orjson
import pytest

from leadtracker.domain import Account
from leadtracker.outgoing import Fate, Reply
from leadtracker.pbx.dialing import Answer, Dial, Dialed
from leadtracker.pbx.voicenter import click_to_call
from leadtracker.pbx.voicenter.dialing import VoicenterCalls
from tests.contract.samples import FOLDER, asked, fields, reply, url

SAMPLES = FOLDER / "voicenter" / "click_to_call"
FULL = {
    "record": True,
    "phonecallerid": "0722776772",
    "phonecallername": "Voicenter",
    "targetcallerid": "0722776772",
    "targetcallername": "Voicenter",
    "phonemaxdialtime": 60,
    "targetmaxdialtime": 60,
    "maxduration": 7200,
    "phoneautoanswer": True,
    "targetautoanswer": True,
    "checkphonedevicestate": True,
    "checktargetdevicestate": True,
    "language": "he",
    "ignoredncstatus": 3,
}
IN_JSON: dict[str, tuple[str, str, str, dict[str, Any]]] = {  # action, agent, target, parameters
    "call-request-full.json": (
        "call",
        "SIPSIP",
        "972501234567",
        FULL | {"var_accountID": "12345678", "var_agentID": "1234567"},
    ),
    "call-request-logincode.json": ("call", "login:1234", "972501234567", {}),
    "call-request-minimal.json": ("call", "SIPSIP", "972501234567", {}),
    "call-request.json": (
        "call",
        "SIPSIP",
        "0501234567",
        {"record": True, "var_clientID": "CRM-9876", "var_campaignID": "SUMMER2024"},
    ),
    "terminate-request.json": ("terminate", "SIPSIP", "", {}),
}
IN_A_QUERY: dict[
    str, tuple[str, str, str, str, dict[str, Any]]
] = {  # format, action, agent, target, parameters
    "call-request-get.txt": ("xml", "call", "XXXXXXXX", "057XXXXXXX", {}),
    "call-request-get-json-vars.txt": (
        "json",
        "call",
        "XXXXXXXX",
        "057XXXXXXXX",
        {"var_accountID": "12345678", "var_agentID": "1234567"},
    ),
    "terminate-request-get.txt": ("json", "terminate", "SIPSIP", "", {}),
}
ANSWERS = {
    "ok": Dialed(Answer.ACCEPTED, "20240601abc123def456", "OK"),
    "error-1-invalid-parameters": Dialed(Answer.REFUSED, "", "Phone is missing"),
    "error-2-application-error": Dialed(Answer.UNCERTAIN, "", "Application error"),
    "error-3-extension-offline": Dialed(
        Answer.OFFLINE, "", "The representative's extension is offline"
    ),
    "error-4-extension-blocked": Dialed(
        Answer.BLOCKED, "", "Extension blocked for Click2Call calls"
    ),
}
DIAL = Dial(
    "SIPSIP",
    "+972501234567",
    {"leadtracker_request": "r", "leadtracker_visitor": "v"},
    max_seconds=900,
)


def with_options(account: Account, **options: object) -> Account:
    return dataclasses.replace(account, options=options)


def test_every_sample_is_used() -> None:
    answers = {f"answer-{name}{suffix}" for name in ANSWERS for suffix in (".json", ".xml")}
    assert answers | set(IN_JSON) | set(IN_A_QUERY) == {file.name for file in SAMPLES.iterdir()}


@pytest.mark.parametrize("name", IN_JSON)
def test_request_in_json(name: str, israel: Account) -> None:
    expected = fields(SAMPLES / name)
    account = with_options(israel, code=expected["code"])
    request = click_to_call.request(account, *IN_JSON[name]).json()
    assert (request.method, request.url) == (
        "POST",
        "https://api.voicenter.com/ForwardDialer/click2call.aspx",
    )
    assert request.headers == {"Content-Type": "application/json", "Accept": "*/*"}
    assert orjson.loads(request.data) == expected


@pytest.mark.parametrize("name", IN_A_QUERY)
def test_request_in_a_query(name: str, israel: Account) -> None:
    written_as, action, agent, target, parameters = IN_A_QUERY[name]
    account = with_options(israel, code="XXXXXXXXXXX", click_to_call_format=written_as)
    request = click_to_call.request(account, action, agent, target, parameters).get()
    assert (request.method, request.url) == ("GET", url(SAMPLES / name))
    assert not request.data
    assert not request.headers


@pytest.mark.parametrize("suffix", [".json", ".xml"])
@pytest.mark.parametrize("name", ANSWERS)
def test_answer(name: str, suffix: str, israel: Account) -> None:
    assert click_to_call.read(reply(SAMPLES / f"answer-{name}{suffix}"), israel) == ANSWERS[name]


@pytest.mark.parametrize("spelling", [str.lower, str.title])
@pytest.mark.parametrize("number", [0, "0", " 0 "])
def test_answer_in_any_spelling(spelling: Any, number: Any, israel: Account) -> None:
    content = json.dumps({spelling("ERRORCODE"): number, spelling("CALLID"): 42}).encode()
    answer = click_to_call.read(Reply(Fate.ANSWERED, 200, content), israel)
    assert answer == Dialed(Answer.ACCEPTED, "42")


REFUSED = "HTTP 403: our address or code is refused"
OK = (SAMPLES / "answer-ok.json").read_bytes()
NO_FIELDS = {
    "not sent": (Reply(Fate.NOT_SENT, fault="ConnectionError"), Answer.UNREACHED),
    "late": (Reply(Fate.NO_ANSWER, fault="ReadTimeout"), Answer.UNCERTAIN),
    "address refused": (Reply(Fate.ANSWERED, 403), Answer.UNAUTHORIZED),
    "code refused": (Reply(Fate.ANSWERED, 401, b"<html>Unauthorized</html>"), Answer.UNAUTHORIZED),
    "refused with a body": (Reply(Fate.ANSWERED, 403, OK), Answer.UNAUTHORIZED),
    "server error": (Reply(Fate.ANSWERED, 500), Answer.UNCERTAIN),
    "server error with a body": (
        Reply(Fate.ANSWERED, 502, (SAMPLES / "answer-error-3-extension-offline.json").read_bytes()),
        Answer.UNCERTAIN,
    ),
    "elsewhere": (Reply(Fate.ANSWERED, 302), Answer.UNCERTAIN),
    "not found": (Reply(Fate.ANSWERED, 404, b"no"), Answer.UNCERTAIN),
    "empty": (Reply(Fate.ANSWERED, 200), Answer.UNCERTAIN),
    "a page": (Reply(Fate.ANSWERED, 200, b"<!DOCTYPE html><html></html>"), Answer.UNCERTAIN),
    "a word": (Reply(Fate.ANSWERED, 200, b"ERRORCODE=0"), Answer.UNCERTAIN),
    "cut": (Reply(Fate.ANSWERED, 200, b'{"ERRORCODE":0,"CALL'), Answer.UNCERTAIN),
    "XML-RPC fault": (
        Reply(
            Fate.ANSWERED,
            200,
            b"<methodResponse><fault><value><struct>"
            b"<member><name>faultCode</name><value><int>0</int></value></member>"
            b"<member><name>faultString</name><value>x</value></member>"
            b"</struct></value></fault></methodResponse>",
        ),
        Answer.UNCERTAIN,
    ),
}
NUMBERS = [None, "", -1, 5, 0.5, "0.0", False, True, [0], {"ERRORCODE": 0}, "OK"]


@pytest.mark.parametrize("case", NO_FIELDS)
def test_only_proof_counts_as_a_call_that_was_not_begun(case: str, israel: Account) -> None:
    received, expected = NO_FIELDS[case]
    answer = click_to_call.read(received, israel)
    assert (answer.answer, answer.call_id) == (expected, "")
    assert answer.message


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_a_number_that_nobody_documents_is_uncertain(number: object, israel: Account) -> None:
    content = json.dumps({"ERRORCODE": number, "CALLID": "id"}).encode()
    assert click_to_call.read(Reply(Fate.ANSWERED, 200, content), israel).answer is Answer.UNCERTAIN


def test_refusal_says_what_it_is(israel: Account) -> None:
    assert click_to_call.read(Reply(Fate.ANSWERED, 403), israel).message == REFUSED


def test_a_dial_is_written_whole(israel: Account) -> None:
    account = with_options(israel, code="secret-code")
    request = click_to_call.call(
        account, dataclasses.replace(DIAL, options={"record": False, "language": "he"})
    )
    assert request.fields == {
        "code": "secret-code",
        "phone": "SIPSIP",
        "target": "972501234567",
        "action": "call",
        "format": "json",
        "record": "false",
        "language": "he",
        "maxduration": 900,
        "var_leadtracker_request": "r",
        "var_leadtracker_visitor": "v",
    }
    assert "secret-code" not in f"{request!r} {account!r}"


@pytest.mark.parametrize(
    ("longest", "wanted", "sent"), [(900, 7200, 900), (900, 60, 60), (900, None, 900)]
)
def test_no_call_lasts_longer_than_it_may_cost(
    longest: int, wanted: int | None, sent: int, israel: Account
) -> None:
    options = {} if wanted is None else {"maxduration": wanted}
    dial = dataclasses.replace(DIAL, options=options, max_seconds=longest)
    assert asked(click_to_call.call(israel, dial))["maxduration"] == sent


DOCUMENTED: dict[str, type] = {  # the table of the document, parameter and kind
    "record": bool,
    "phonecallerid": str,
    "phonecallername": str,
    "targetcallerid": str,
    "targetcallername": str,
    "phonemaxdialtime": int,
    "targetmaxdialtime": int,
    "maxduration": int,
    "phoneautoanswer": bool,
    "targetautoanswer": bool,
    "checkphonedevicestate": bool,
    "checktargetdevicestate": bool,
    "language": str,
    "ignoredncstatus": int,
}
GOOD: dict[type, tuple[object, ...]] = {bool: (True, False), str: ("he", "0"), int: (1, 2, 3)}
KINDS = {bool: "true or false", str: "a text", int: "a whole number above 0"}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_documented_parameter_takes_its_kind_and_no_other(name: str) -> None:
    kind = DOCUMENTED[name]
    for value in GOOD[kind]:
        assert click_to_call.faults({name: value}) == ()
    for other in DOCUMENTED.values():
        if other is not kind:
            assert click_to_call.faults({name: GOOD[other][0]}) == (
                f"{name} must be {KINDS[kind]}.",
            )
    assert click_to_call.faults({name: None}) == (f"{name} must be {KINDS[kind]}.",)


@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [
        ("maxduration", 1, True),
        ("maxduration", 0, False),
        ("maxduration", -1, False),
        ("maxduration", False, False),
        ("maxduration", 1.5, False),
        ("ignoredncstatus", 3, True),
        ("ignoredncstatus", 4, False),
        ("ignoredncstatus", 0, False),
    ],
)
def test_bounds(name: str, value: object, fine: bool) -> None:
    assert (click_to_call.faults({name: value}) == ()) is fine


def test_every_fault_is_said_and_ten_variables_are_taken_in_all() -> None:
    eight = {f"var_{number}": "x" for number in range(8)}
    assert click_to_call.faults(eight) == ()
    found = click_to_call.faults(eight | {"var_8": "x", "record": 1, "phone": "x"})
    assert found == (
        "record must be true or false.",
        "phone is no parameter of Click2Call.",
        "9 variables var_…: 8 can be taken beside our own.",
    )


def test_a_site_s_own_variables_go_with_ours(israel: Account) -> None:
    dial = dataclasses.replace(
        DIAL, options={"var_shop": "7", "checkphonedevicestate": True, "phonemaxdialtime": 20}
    )
    sent = click_to_call.call(israel, dial).fields
    assert isinstance(sent, dict)
    assert {name: value for name, value in sent.items() if name.startswith("var_")} == {
        "var_shop": "7",
        "var_leadtracker_request": "r",
        "var_leadtracker_visitor": "v",
    }
    assert (sent["checkphonedevicestate"], sent["phonemaxdialtime"]) == ("true", 20)


@pytest.mark.parametrize("length", [255, 256])
def test_an_id_longer_than_an_index_holds_is_cut(length: int, israel: Account) -> None:
    content = json.dumps({"ERRORCODE": 0, "CALLID": "a" * length}).encode()
    assert click_to_call.read(Reply(Fate.ANSWERED, 200, content), israel).call_id == "a" * 255


def test_the_format_is_not_named_where_voicenter_s_own_is_wanted(israel: Account) -> None:
    assert click_to_call.terminate(with_options(israel, code="c"), "SIP").fields == {
        "phone": "SIP",
        "code": "c",
        "action": "terminate",
        "format": "json",
    }
    in_xml = click_to_call.terminate(
        with_options(israel, code="c", click_to_call_format="xml"), "login:12"
    ).fields
    assert in_xml == {
        "phone": "logincode",
        "phonelogincode": "12",
        "code": "c",
        "action": "terminate",
    }


def test_a_trunk_is_an_agent_too(israel: Account) -> None:
    dial = dataclasses.replace(DIAL, agent="SIPTRUNK")
    assert asked(click_to_call.call(israel, dial))["phone"] == "SIPTRUNK"


def test_another_address(israel: Account) -> None:
    account = with_options(
        israel, click_to_call_url="https://api.voicenter.co.il/ForwardDialer/click2call.aspx"
    )
    assert (
        click_to_call.call(account, DIAL).url
        == "https://api.voicenter.co.il/ForwardDialer/click2call.aspx"
    )


@pytest.mark.parametrize("secret", ["SECRET-CODE-123", "SECRET.TOKEN"])
def test_a_secret_that_the_answer_repeats_is_not_passed_on(secret: str, israel: Account) -> None:
    account = with_options(israel, code="SECRET-CODE-123", call_log_token="SECRET.TOKEN")
    content = json.dumps(
        {"ERRORCODE": 1, "ERRORMESSAGE": f"Invalid code {secret}" + "!" * 500}
    ).encode()
    message = click_to_call.read(Reply(Fate.ANSWERED, 200, content), account).message
    assert message.startswith("Invalid code …!")
    assert len(message) == 200


def test_documented_parameters_have_no_fault() -> None:
    assert set(FULL) == set(click_to_call.PARAMETERS)
    assert click_to_call.faults(FULL | {f"var_{number}": "x" for number in range(8)}) == ()
    assert click_to_call.faults({"record": False, "ignoredncstatus": 1}) == ()


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no parameter": ({"code": "x"}, "code is no parameter of Click2Call."),
    "who is called": ({"target": "972501234567"}, "target is no parameter of Click2Call."),
    "text for truth": ({"record": "true"}, "record must be true or false."),
    "number for text": ({"phonecallerid": 722776772}, "phonecallerid must be a text."),
    "empty text": ({"language": ""}, "language must be a text."),
    "truth for number": ({"maxduration": True}, "maxduration must be a whole number above 0."),
    "nothing": ({"targetmaxdialtime": 0}, "targetmaxdialtime must be a whole number above 0."),
    "whose list": ({"ignoredncstatus": 4}, "ignoredncstatus must be 1, 2 or 3."),
    "variable": ({"var_a": 1}, "var_a must be a text."),
    "ten variables": (
        {f"var_{number}": "x" for number in range(9)},
        "9 variables var_…: 8 can be taken beside our own.",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults(case: str) -> None:
    options, fault = FAULTS[case]
    assert click_to_call.faults(options) == (fault,)


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        ({"record": True, "language": "he", "var_a": "x"}, ()),
        ({"TARGET": "x"}, ("'TARGET' is set by Leadtracker; take it out.",)),
        ({"code": "x"}, ("'code' is set by Leadtracker; take it out.",)),
        ({"action": "call"}, ("'action' is set by Leadtracker; take it out.",)),
        (
            {"phone": "1", "record": "yes"},
            ("'phone' is set by Leadtracker; take it out.", "record must be true or false."),
        ),
        (
            {"maxduration": 9},
            ("'maxduration' is set by Leadtracker; take it out, and set max_seconds.",),
        ),
    ],
)
def test_what_a_site_may_not_set(options: dict[str, object], faults: tuple[str, ...]) -> None:
    assert VoicenterCalls().faults(options) == faults


@pytest.mark.parametrize(
    ("agent", "listed"),
    [("SIPSIP", True), ("SIPTRUNK", False), ("login:12", False), ("Login", True)],
)
def test_whom_the_list_of_extensions_has(agent: str, listed: bool) -> None:
    assert VoicenterCalls().lists(agent) is listed


def test_what_an_account_needs() -> None:
    assert VoicenterCalls().missing({"code": "c"}) == ()
    assert VoicenterCalls().missing({"code": ""}) == ("its API code: options.code",)
