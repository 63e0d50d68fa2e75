"""Requests we send: bounded in time and number, no retries, secrets kept out of what is logged."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from urllib.parse import urlsplit

import orjson
import requests

from leadtracker.domain import Json

log = logging.getLogger(__name__)
LONGEST_ANSWER = 64 * 1024


class Crm:
    """A customer's own screen pop, asked beside ours; never waited for longer than `seconds` in all.

    At most `places` questions are open at once in this process: a CRM that hangs takes no more threads than that,
    and the screen pops that find no place are answered without it.
    """

    def __init__(self, seconds: float, places: int) -> None:
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(places)
        self._pool = ThreadPoolExecutor(max_workers=places, thread_name_prefix="crm")

    def ask(self, url: str, method: str, query: str, content_type: str, body: bytes) -> tuple[str, Json | None]:
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
        """requests' own timeout counts from byte to byte; the total is bounded by reading against a deadline."""
        deadline = time.monotonic() + self._seconds
        if query:
            url += ("&" if urlsplit(url).query else "?") + query
        headers = {"Accept": "application/json"} | ({"Content-Type": content_type} if content_type else {})
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
            content = b""
            for part in answer.iter_content(8192):
                content += part
                if len(content) > LONGEST_ANSWER or time.monotonic() > deadline:
                    raise ValueError("the answer is too long or too slow")
        keys = orjson.loads(content)
        if not isinstance(keys, dict):
            raise ValueError("the answer is not an object")
        return keys
