"""Voicenter's services: their documented addresses, how one is asked,
and what is said of an answer."""

from __future__ import annotations

import dataclasses
from typing import Any

import orjson
import pytest
import requests

from leadtracker.domain import Account
from leadtracker.errors import PbxUnavailable
from leadtracker.outgoing import Fate, Reply
from leadtracker.pbx.dialing import Answer, Dialed
from leadtracker.pbx.voicenter import api, real_time_login

DOCUMENTED = {
    "click_to_call_url": "https://api.voicenter.com/ForwardDialer/click2call.aspx",
    "active_calls_url": "https://monapisec.voicenter.co.il/comet/API/GetExtensionsCalls",
    "waiting_calls_url": "https://monapisec.voicenter.co.il/comet/API/GetQueuesCallers",
    "extension_list_url": "https://monitor.voicenter.co.il/Comet/api/GetExtensions",
    "dialer_url": "https://api.voicenter.com/ForwardDialer/Dialer/",
    "blacklist_add_url": "https://api.voicenter.com/Blacklist/AddBlackList",
    "blacklist_remove_url": "https://api.voicenter.com/Blacklist/RemoveBulkFromBlacklist",
    "call_log_url": "https://api.voicenter.com/hub/cdr/",
}
URL = "https://api.example.com/path"


class Recorder:
    """Keeps what is sent, and answers it with one reply."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.sent: list[requests.Request] = []

    def send(self, request: requests.Request) -> Reply:
        self.sent.append(request)
        return self.reply


def with_options(account: Account, **options: str) -> Account:
    return dataclasses.replace(account, options=options)


def recorder(content: bytes = b"{}", status: int = 200) -> Any:
    return Recorder(Reply(Fate.ANSWERED, status, content))


def test_every_address_is_known() -> None:
    assert set(api.ADDRESSES) == set(DOCUMENTED)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_address(name: str, israel: Account) -> None:
    assert api.address(israel, name) == DOCUMENTED[name]
    assert api.address(with_options(israel, **{name: ""}), name) == DOCUMENTED[name]
    assert api.address(with_options(israel, **{name: URL}), name) == URL


@pytest.mark.parametrize(
    "kind", ["Login/Token", "Login/User", "Login/Account", "RefreshIdentityToken"]
)
@pytest.mark.parametrize(
    ("option", "base"),
    [
        ("", "https://loginapi.voicenter.co.il/monitorAPI"),
        ("https://login.example.com/monitorAPI", "https://login.example.com/monitorAPI"),
        ("https://login.example.com/monitorAPI/", "https://login.example.com/monitorAPI"),
    ],
)
def test_address_of_a_login(kind: str, option: str, base: str, israel: Account) -> None:
    account = with_options(israel, real_time_url=option)
    assert real_time_login._url(account, kind) == f"{base}/{kind}"


REQUEST = api.Request(
    URL,
    {"code": "c", "list": ["a", "b"]},
    api.pairs({"code": "c", "list": ["a", "b"], "at": "1:2 3"}),
)


def test_a_request_in_json() -> None:
    sent = REQUEST.json()
    assert (sent.method, sent.url) == ("POST", URL)
    assert sent.headers == {"Content-Type": "application/json", "Accept": "*/*"}
    assert orjson.loads(sent.data) == {"code": "c", "list": ["a", "b"]}


def test_a_request_with_a_token() -> None:
    headers = dataclasses.replace(REQUEST, bearer="token").json().headers
    assert headers == {
        "Content-Type": "application/json",
        "Accept": "*/*",
        "Authorization": "Bearer token",
    }


def test_a_request_in_a_query_repeats_the_key_of_a_list() -> None:
    sent = REQUEST.get()
    assert (sent.method, sent.url) == ("GET", f"{URL}?code=c&list=a&list=b&at=1:2%203")
    assert not sent.data
    assert not sent.headers
    assert api.pairs({"list": ("a", "b"), "none": [], "number": 7}) == (
        ("list", "a"),
        ("list", "b"),
        ("number", "7"),
    )


@pytest.mark.parametrize(
    ("options", "query", "method"),
    [
        ({}, True, "POST"),
        ({"click_to_call_method": "json"}, True, "POST"),
        ({"click_to_call_method": "get"}, True, "GET"),
        ({"click_to_call_method": "get"}, False, "POST"),  # no document has it as a query
    ],
)
def test_how_it_is_sent(options: dict[str, str], query: bool, method: str, israel: Account) -> None:
    request = REQUEST if query else dataclasses.replace(REQUEST, query=None)
    sender = recorder()
    api.send(sender, with_options(israel, **options), request)
    assert [one.method for one in sender.sent] == [method]


def test_the_fields_of_an_answer_whatever_its_status(israel: Account) -> None:
    for status in (200, 403, 404, 500):
        assert api.ask(recorder(b'{"ERROR_NUMBER": 2}', status), israel, REQUEST) == {
            "ERROR_NUMBER": 2
        }


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(Fate.NOT_SENT, fault="ConnectionError"), "api.example.com: ConnectionError."),
        (Reply(Fate.NO_ANSWER, fault="ReadTimeout"), "api.example.com: ReadTimeout."),
        (Reply(Fate.ANSWERED, 401), "api.example.com: our address or code is refused (HTTP 401)."),
        (
            Reply(Fate.ANSWERED, 403, b"<html>"),
            "api.example.com: our address or code is refused (HTTP 403).",
        ),
        (Reply(Fate.ANSWERED, 404), "api.example.com: the answer cannot be read (HTTP 404)."),
        (Reply(Fate.ANSWERED, 402), "api.example.com: the answer cannot be read (HTTP 402)."),
        (
            Reply(Fate.ANSWERED, 200, b"ERR=0"),
            "api.example.com: the answer cannot be read (HTTP 200).",
        ),
    ],
)
def test_what_is_said_of_no_answer(reply: Reply, words: str, israel: Account) -> None:
    sender: Any = Recorder(reply)
    with pytest.raises(PbxUnavailable) as refusal:
        api.ask(sender, israel, REQUEST)
    assert str(refusal.value) == words


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(Fate.NOT_SENT, 403, fault="SSLError"), Dialed(Answer.UNREACHED, message="SSLError")),
        (
            Reply(Fate.ANSWERED, 401),
            Dialed(Answer.UNAUTHORIZED, message="HTTP 401: our address or code is refused"),
        ),
        (
            Reply(Fate.ANSWERED, 500),
            Dialed(Answer.UNCERTAIN, message="HTTP 500: the answer cannot be read"),
        ),
        (
            Reply(Fate.NO_ANSWER, fault="ReadTimeout"),
            Dialed(Answer.UNCERTAIN, message="ReadTimeout"),
        ),
    ],
)
def test_a_call_whose_answer_has_no_fields(reply: Reply, expected: Dialed) -> None:
    assert api.unopened(reply) == expected


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        ("1", "Unauthorized", "The PBX says: Unauthorized (1)."),
        ("2", "", "The PBX says: an error (2)."),
        ("", "", "The PBX says: an error (no number)."),
        ("00", "OK", "The PBX says: OK (00)."),
        ("", "the-code is wrong", "The PBX says: … is wrong (no number)."),
    ],
)
def test_an_error_of_the_pbx(number: str, words: str, said: str, israel: Account) -> None:
    account = with_options(israel, code="the-code")
    with pytest.raises(PbxUnavailable) as refusal:
        api.demand(account, number, words)
    assert str(refusal.value) == said
    api.demand(account, "0", "OK")


SECRETS = ("code", "call_log_token", "real_time_token", "real_time_password", "real_time_pin")


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_of_ours_is_repeated(name: str, israel: Account) -> None:
    account = with_options(israel, **{name: "hidden"})
    assert api.message(account, "hidden is wrong, hidden!") == "… is wrong, …!"
    assert "hidden" not in repr(account)


def test_a_message_is_cut(israel: Account) -> None:
    assert api.message(israel, "x" * 200) == "x" * 200
    assert api.message(israel, "x" * 201) == "x" * 200


def test_nothing_secret_is_in_the_repr_of_a_request() -> None:
    secret = api.Request(URL, {"code": "hidden"}, (("code", "hidden"),), bearer="hidden")
    assert "hidden" not in repr(secret)
