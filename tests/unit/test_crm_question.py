"""A customer's CRM is asked once, as we were asked;
whatever is no whole answer of an object is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from leadtracker.outgoing import LONGEST_ANSWER, LONGEST_REPLY, Crm, Fate, Sender
from tests.unit.receiver import Receiver

KEYS = b'{"STATUS":"OK","CLIENTNAME":"Lois"}'


@pytest.fixture
def crm() -> Crm:
    return Crm(20, 2)


def padded(length: int) -> bytes:
    return b'{"a":"' + b"x" * (length - 8) + b'"}'


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (200, KEYS, ("answered", {"STATUS": "OK", "CLIENTNAME": "Lois"})),
        (200, b"{}", ("answered", {})),
        (201, KEYS, ("failed", None)),
        (302, KEYS, ("failed", None)),
        (404, KEYS, ("failed", None)),
        (500, KEYS, ("failed", None)),
        (200, b"[1]", ("failed", None)),
        (200, b"null", ("failed", None)),
        (200, b"<html>", ("failed", None)),
        (200, b"", ("failed", None)),
        (200, padded(LONGEST_ANSWER + 1), ("failed", None)),
    ],
)
def test_answers(
    status: int, content: bytes, expected: object, crm: Crm, receiver: Receiver
) -> None:
    receiver.answers = [(status, content)]
    assert crm.ask(receiver.url, "GET", "", "", b"") == expected
    assert len(receiver.got) == 1


def test_the_longest_answer_is_taken(crm: Crm, receiver: Receiver) -> None:
    assert LONGEST_ANSWER == 65_536
    receiver.answers = [(200, padded(LONGEST_ANSWER))]
    assert crm.ask(receiver.url, "GET", "", "", b"")[0] == "answered"


def test_the_longest_reply_of_a_pbx_is_taken(receiver: Receiver) -> None:
    assert LONGEST_REPLY == 8_388_608
    receiver.answers = [(200, b"x" * LONGEST_REPLY)]
    reply = Sender(30, 1).send(requests.Request("GET", receiver.url))
    assert (reply.fate, len(reply.content)) == (Fate.ANSWERED, LONGEST_REPLY)


@pytest.mark.parametrize(
    ("path", "query", "asked"),
    [
        ("/pop", "phone=1", "/pop?phone=1"),
        ("/pop?user=7", "phone=1&did=%2B2", "/pop?user=7&phone=1&did=%2B2"),
        ("/pop?user=7", "", "/pop?user=7"),
        ("/pop", "", "/pop"),
    ],
)
def test_it_is_asked_with_our_query(
    path: str, query: str, asked: str, crm: Crm, receiver: Receiver
) -> None:
    receiver.answers = [(200, KEYS)]
    crm.ask(receiver.url + path, "GET", query, "", b"")
    (one,) = receiver.got
    assert (one.method, one.url, one.body) == ("GET", asked, b"")
    assert one.headers["Accept"] == "application/json"
    assert "Content-Type" not in one.headers


def test_it_is_sent_our_body(crm: Crm, receiver: Receiver) -> None:
    receiver.answers = [(200, KEYS)]
    crm.ask(receiver.url, "POST", "", "application/json; charset=utf-8", b'{"a": 1}')
    (one,) = receiver.got
    assert (one.method, one.body) == ("POST", b'{"a": 1}')
    assert one.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Every question hangs until this is set."""
    release = threading.Event()

    def hang(*_: object, **__: object) -> object:
        release.wait(30)
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "request", hang)
    yield release
    release.set()


def test_places_are_bounded_and_given_back(held: threading.Event) -> None:
    crm = Crm(0.05, 2)
    assert [crm.ask("http://a", "GET", "", "", b"")[0] for _ in range(4)] == [
        "late",
        "late",
        "busy",
        "busy",
    ]
    held.set()
    crm._pool.stop()
    assert [crm._pool._places.acquire(blocking=False) for _ in range(3)] == [True, True, False]


# Nobody looks at the pool and the connection that these errors name.
NO_POOL: Any = None
REFUSED = MaxRetryError(NO_POOL, "/", NewConnectionError(NO_POOL, "refused"))
NO_REASON = MaxRetryError(NO_POOL, "/", None)


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        (requests.ConnectTimeout(), Fate.NOT_SENT),
        (requests.exceptions.InvalidSchema(), Fate.NOT_SENT),
        (requests.ConnectionError(REFUSED), Fate.NOT_SENT),
        (requests.ConnectionError(NO_REASON), Fate.NO_ANSWER),
        (requests.ConnectionError(ProtocolError("aborted")), Fate.NO_ANSWER),
        (requests.ConnectionError(), Fate.NO_ANSWER),
        (requests.ReadTimeout(), Fate.NO_ANSWER),
        (requests.exceptions.SSLError("EOF"), Fate.NO_ANSWER),
        (requests.exceptions.ChunkedEncodingError(), Fate.NO_ANSWER),
        (ValueError("too long"), Fate.NO_ANSWER),
    ],
)
def test_only_what_proves_that_nothing_was_sent_counts_as_not_sent(
    fault: Exception, fate: Fate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> object:
        raise fault

    monkeypatch.setattr(requests.Session, "send", fail)
    reply = Sender(20, 1).send(requests.Request("GET", "http://127.0.0.1/"))
    assert (reply.fate, reply.status, reply.fault) == (fate, 0, type(fault).__name__)
