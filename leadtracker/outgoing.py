"""Requests we send: bounded in time and number, no retries, secrets kept out of what is logged."""

from __future__ import annotations

import enum
import logging
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson
import requests
from requests.exceptions import InvalidSchema
from urllib3.exceptions import MaxRetryError, NewConnectionError

from leadtracker.domain import Json

log = logging.getLogger(__name__)
logging.getLogger("urllib3").setLevel(
    logging.INFO
)  # at DEBUG it logs whole addresses, and these may hold a secret
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


class Sender:
    """Sends a request once: no retry, no redirect, no kept connection, no proxy or login of this machine's user.

    `seconds` are for everything, the name's look-up included. At most `places` requests are open at once in this
    process; one that finds no place is not sent.
    """

    def __init__(self, seconds: float, places: int) -> None:
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(places)
        self._pool = ThreadPoolExecutor(max_workers=places, thread_name_prefix="pbx")

    def send(self, request: requests.Request) -> Reply:
        """Never raises: what an exception says may hold the address, and that the secret."""
        if not self._places.acquire(blocking=False):
            return Reply(Fate.NOT_SENT, fault="too many requests are open")
        question = self._pool.submit(_send_once, request, self._seconds)
        question.add_done_callback(lambda _: self._places.release())
        try:
            return question.result(timeout=self._seconds)
        except TooLate:
            fate = Fate.NOT_SENT if question.cancel() else Fate.NO_ANSWER
            return Reply(fate, fault=f"no answer within {self._seconds:g} s")


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
                return Reply(
                    Fate.ANSWERED, answer.status_code, _whole(answer, deadline, LONGEST_REPLY)
                )
        except (requests.RequestException, ValueError) as fault:
            fate = Fate.NOT_SENT if _was_not_sent(fault) else Fate.NO_ANSWER
            return Reply(fate, fault=type(fault).__name__)


def _was_not_sent(fault: Exception) -> bool:
    """There was no connection, or none that proved to be with the right host."""
    if isinstance(fault, requests.ConnectTimeout | InvalidSchema):
        return True
    cause = fault.args[0] if fault.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    proof = reason.args[0] if reason is not None and reason.args else None
    return isinstance(reason, NewConnectionError) or isinstance(proof, ssl.SSLCertVerificationError)


def _whole(answer: requests.Response, deadline: float, longest: int) -> bytes:
    """requests' own timeout counts from byte to byte; the total is bounded by reading against a deadline."""
    content = bytearray()
    for part in answer.iter_content(8192):
        content += part
        if len(content) > longest or time.monotonic() > deadline:
            raise ValueError("the answer is too long or too slow")
    return bytes(content)


class Crm:
    """A customer's own screen pop, asked beside ours; never waited for longer than `seconds` in all.

    At most `places` questions are open at once in this process: a CRM that hangs takes no more threads than that,
    and the screen pops that find no place are answered without it.
    """

    def __init__(self, seconds: float, places: int) -> None:
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(places)
        self._pool = ThreadPoolExecutor(max_workers=places, thread_name_prefix="crm")

    def ask(
        self, url: str, method: str, query: str, content_type: str, body: bytes
    ) -> tuple[str, Json | None]:
        """(`answered` and the CRM's keys) or (`late` | `busy` | `failed`, None)."""
        if not self._places.acquire(blocking=False):
            return "busy", None
        question = self._pool.submit(self._send, url, method, query, content_type, body)
        question.add_done_callback(lambda _: self._places.release())
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
            url += ("&" if urlsplit(url).query else "?") + query
        headers = {"Accept": "application/json"} | (
            {"Content-Type": content_type} if content_type else {}
        )
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
