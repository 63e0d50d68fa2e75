"""Logging in to the Real Time API, and the options of an account for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leadtracker.errors import PbxUnavailable
from leadtracker.outgoing import Fate, Reply
from leadtracker.pbx.voicenter import real_time_login
from tests.unit.test_voicenter_real_time_feed import NOW, SAMPLES, account


@pytest.fixture(autouse=True)
def quick_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_time_login, "BETWEEN_LOGINS", 0.02)


def test_requests_are_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Method, path, headers and body of each login as the samples have them."""
    sent: list[Any] = []

    class Recorder:
        def send(self, request: Any) -> Reply:
            sent.append(request)
            return Reply(Fate.ANSWERED, 200, (SAMPLES / "login-answer.json").read_bytes())

    recorder: Any = Recorder()
    by_token = account(real_time_token="XXXXXXXXXXXXX")
    login = real_time_login.log_in(recorder, by_token)
    real_time_login.log_in(
        recorder, account(real_time_username="username", real_time_password="XXXXXXXX")
    )
    real_time_login.log_in(
        recorder, account(real_time_email="user@example.com", real_time_pin="XXXXXXXX")
    )
    real_time_login.renew(recorder, by_token, login)
    for name, request in zip(
        ("login-token", "login-account", "login-user", "refresh-token"), sent, strict=True
    ):
        head, _, body = (SAMPLES / f"{name}-request.txt").read_text().partition("\n\n")
        first, host, *headers = head.splitlines()
        method, path, _ = first.split()
        assert (request.method, request.url) == (
            method,
            f"https://{host.removeprefix('Host: ')}{path}",
        )
        assert set(headers) <= {f"{key}: {value}" for key, value in request.headers.items()}
        assert json.loads(request.data or b"null") == (json.loads(body) if body.strip() else None)


def test_login_answer() -> None:
    read = real_time_login.read(
        Reply(Fate.ANSWERED, 200, (SAMPLES / "login-answer.json").read_bytes()), account(), NOW
    )
    assert (read.token, read.refresh_token) == ("TOKEN", "REFRESH_TOKEN")
    assert read.servers == ("https://monitor1.voicenter.co", "https://monitor2.voicenter.co")
    assert read.renew_at == datetime(2029, 12, 31, 23, 59, 55, tzinfo=UTC)
    assert "TOKEN" not in repr(read)


@pytest.mark.parametrize(
    ("expiry", "renewed"),
    [
        ("2030-01-01T00:00:00Z", True),
        ("2030-01-01T02:00:00+02:00", True),
        ("2030-01-01T00:00:00", False),  # of which zone?
        ("2029-12-31T23:00:04Z", False),  # over: the clocks differ
        ("1/1/2030", False),
        (1893456000, False),
        ("", False),
        (None, False),
    ],
)
def test_an_expiry_that_cannot_be_read_is_none(expiry: Any, renewed: bool) -> None:
    said = {
        "data": {
            "socket": {"token": "t", "url": "https://a", "urllist": None, "tokenexpiry": expiry}
        }
    }
    read = real_time_login.read(
        Reply(Fate.ANSWERED, 200, json.dumps(said).encode()), account(), NOW
    )
    assert (read.renew_at is not None, read.servers) == (renewed, ("https://a",))


@pytest.mark.parametrize(
    ("login", "servers"),
    [
        (
            "https://login.example.com/monitorAPI",
            ("https://a:8443", "https://b", "https://c"),
        ),  # never less secure
        ("http://127.0.0.1/monitorAPI", ("http://a:8443", "https://b", "https://c")),
    ],
)
def test_servers_are_addresses_or_hosts(login: str, servers: tuple[str, ...]) -> None:
    named = [
        "http://a:8443/",
        "b",
        "https://c/",
        "https://c",
        "",
        None,
        7,
        "ftp://d",
        "https://e:port",
        "https://[f",
        "g:0",
    ]
    said = json.dumps({"Data": {"Socket": {"Token": "t", "URLList": named}}}).encode()
    assert (
        real_time_login.read(
            Reply(Fate.ANSWERED, 200, said), account(real_time_url=login), NOW
        ).servers
        == servers
    )


REFUSALS = [
    (
        Reply(Fate.ANSWERED, 200, (SAMPLES / "login-answer-error.json").read_bytes()),
        "Unauthorized (HTTP 200)",
    ),
    (Reply(Fate.ANSWERED, 401, b""), "no token and servers in the answer (HTTP 401)"),
    (Reply(Fate.ANSWERED, 500, b'{"error": "Unexpected token"}'), "Unexpected token (HTTP 500)"),
    (Reply(Fate.ANSWERED, 200, b'{"error": "my-token is wrong"}'), "… is wrong (HTTP 200)"),
    (
        Reply(
            Fate.ANSWERED, 200, b'{"Data": {"Socket": {"Token": "t", "URLList": ["file:///x", 7]}}}'
        ),
        "no token and",
    ),
    (Reply(Fate.ANSWERED, 200, b'{"Data": {"Socket": []}}'), "no token and"),
    (Reply(Fate.ANSWERED, 200, b"<html>"), "no token and"),
    (Reply(Fate.NOT_SENT, fault="ConnectionError"), "the login is not reached: ConnectionError"),
]


@pytest.mark.parametrize(("reply", "words"), REFUSALS)
def test_a_login_that_is_refused(reply: Reply, words: str) -> None:
    with pytest.raises(PbxUnavailable) as refused:
        real_time_login.read(reply, account(real_time_token="my-token"), NOW)
    assert words in str(refused.value)
    assert "my-token" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, []),
        ({"code": "x"}, []),
        ({"real_time_token": "t"}, []),
        ({"real_time_username": "u", "real_time_password": "p", "real_time_url": "https://x"}, []),
        ({"real_time_username": "u"}, ["options.real_time_password is missing."]),
        ({"real_time_pin": "1234"}, ["options.real_time_email is missing."]),
        (
            {"real_time_email": "e", "real_time_pin": 1234},
            ["options.real_time_pin must be a text."],
        ),
        ({"real_time_token": " "}, ["options.real_time_token must be a text."]),
        (
            {"real_time_token": "t", "real_time_email": "e", "real_time_pin": "p"},
            ["real-time events take one login"],
        ),
        ({"real_time_tokne": "t"}, ["options.real_time_tokne is no option"]),
    ],
)
def test_faults_of_options(options: dict[str, Any], found: list[str]) -> None:
    faults = real_time_login.faults(options)
    assert len(faults) == len(found)
    assert all(fault.startswith(words) for fault, words in zip(faults, found, strict=True))
