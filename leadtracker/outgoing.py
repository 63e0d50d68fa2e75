"""Requests we send: bounded in time and number, no retries, secrets kept out of what is logged."""

from __future__ import annotations

import enum
import logging
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import orjson
import requests
from requests.exceptions import InvalidSchema
from urllib3.exceptions import MaxRetryError, NewConnectionError

from leadtracker.domain import Json

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(logging.INFO)  # its DEBUG lines hold addresses with secrets
LONGEST_ANSWER = 64 * 1024
LONGEST_REPLY = 8 * 1024 * 1024  # the active calls of some thousand extensions


class Fate(enum.Enum):
    """How far a request came."""

    ANSWERED = "answered"
    NO_ANSWER = "no answer"  # it may have been read and acted upon
    NOT_SENT = "not sent"  # certainly


@dataclass(frozen=True, slots=True)
class Reply:
    """`fault` is the kind of failure, a word without addresses and secrets."""

    fate: Fate
    status: int = 0
    content: bytes = field(default=b"", repr=False)
    fault: str = ""


class BoundedPool:
    """Threads for what may hang: at most `places` pieces of work are under way at once.

    `begin` is run by each thread before its first work, with `with_`.
    """

    def __init__(
        self,
        places: int,
        name: str,
        begin: Callable[..., object] | None = None,
        with_: tuple[Any, ...] = (),
    ) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._pool = ThreadPoolExecutor(places, name, initializer=begin, initargs=with_)

    def start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T] | None:
        """None when no place is free."""
        if not self._places.acquire(blocking=False):
            return None
        question = self._pool.submit(work, *args, **kwargs)
        question.add_done_callback(lambda _: self._places.release())
        return question

    def stop(self) -> None:
        """Wait until what is under way has ended."""
        self._pool.shutdown()


class Sender:
    """Sends a request once: no retry, no redirect, no kept connection.

    It ignores proxies and logins of this machine's user. `seconds` bound everything, the look-up of
    the name included. At most `places` requests are open at once in this process; a request that
    finds no place is not sent.
    """

    def __init__(self, seconds: float, places: int) -> None:
        self._seconds = seconds
        self._pool = BoundedPool(places, "pbx")

    def send(self, request: requests.Request) -> Reply:
        """Never raises: what an exception says may hold the address, and that the secret."""
        question = self._pool.start(_send_once, request, self._seconds)
        if question is None:
            return Reply(Fate.NOT_SENT, fault="too many requests are open")
        try:
            return question.result(timeout=self._seconds)
        except TooLate:
            why = f"no answer within {self._seconds:g} s"
            if question.cancel():
                return Reply(Fate.NOT_SENT, fault=why)
            return Reply(Fate.NO_ANSWER, fault=why)


def _send_once(request: requests.Request, seconds: float) -> Reply:
    deadline = time.monotonic() + seconds
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Connection"] = "close"
        try:
            prepared = session.prepare_request(request)
        except (requests.RequestException, ValueError) as fault:
            return Reply(Fate.NOT_SENT, fault=type(fault).__name__)
        try:
            with session.send(
                prepared, timeout=seconds, stream=True, allow_redirects=False
            ) as answer:
                content = _whole(answer, deadline, LONGEST_REPLY)
                return Reply(Fate.ANSWERED, answer.status_code, content)
        except (requests.RequestException, ValueError) as fault:
            if _was_not_sent(fault):
                return Reply(Fate.NOT_SENT, fault=type(fault).__name__)
            return Reply(Fate.NO_ANSWER, fault=type(fault).__name__)


def _was_not_sent(fault: Exception) -> bool:
    """There was no connection, or none that proved to be with the right host."""
    if isinstance(fault, requests.ConnectTimeout | InvalidSchema):
        return True
    cause = _first(fault)
    if not isinstance(cause, MaxRetryError) or cause.reason is None:
        return False
    wrong_host = isinstance(_first(cause.reason), ssl.SSLCertVerificationError)
    return wrong_host or isinstance(cause.reason, NewConnectionError)


def _first(fault: Exception) -> object:
    return next(iter(fault.args), None)


def _whole(answer: requests.Response, deadline: float, longest: int) -> bytes:
    """All of an answer. The timeout of requests counts from byte to byte; this bounds the total."""
    content = bytearray()
    for part in answer.iter_content(8192):
        content += part
        if len(content) > longest or time.monotonic() > deadline:
            raise ValueError("the answer is too long or too slow")
    return bytes(content)


class Crm:
    """A customer's own screen pop, asked beside ours. It never costs more than `seconds` in all.

    At most `places` questions are open at once in this process, so a CRM that hangs takes no more
    threads than that. Screen pops that find no place are answered without it.
    """

    def __init__(self, seconds: float, places: int) -> None:
        self._seconds = seconds
        self._pool = BoundedPool(places, "crm")

    def ask(
        self, url: str, method: str, query: str, content_type: str, body: bytes
    ) -> tuple[str, Json | None]:
        """(`answered` and the CRM's keys) or (`late` | `busy` | `failed`, None)."""
        question = self._pool.start(self._send, url, method, query, content_type, body)
        if question is None:
            return "busy", None
        try:
            return "answered", question.result(timeout=self._seconds)
        except TooLate:
            return "late", None
        except (requests.RequestException, ValueError) as fault:
            log.warning("the CRM at %s failed: %s", urlsplit(url).hostname, type(fault).__name__)
            return "failed", None

    def _send(self, url: str, method: str, query: str, content_type: str, body: bytes) -> Json:
        deadline = time.monotonic() + self._seconds
        if query:
            url = _with_query(url, query)
        headers = {"Accept": "application/json"}
        if content_type:
            headers["Content-Type"] = content_type
        with requests.request(
            method,
            url,
            data=body or None,
            headers=headers,
            timeout=self._seconds,
            stream=True,
            allow_redirects=False,
        ) as answer:
            if answer.status_code != requests.codes.ok:
                raise ValueError(f"status {answer.status_code}")
            keys = orjson.loads(_whole(answer, deadline, LONGEST_ANSWER))
        if not isinstance(keys, dict):
            raise ValueError("the answer is not an object")
        return keys


def _with_query(url: str, query: str) -> str:
    if urlsplit(url).query:
        return f"{url}&{query}"
    return f"{url}?{query}"
