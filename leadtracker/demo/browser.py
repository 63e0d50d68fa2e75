"""A simulated browser with the script in its page: it asks for numbers and sends heartbeats."""

from __future__ import annotations

import base64
import json
import secrets
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any
from urllib.parse import urljoin

import requests

ANSWER_SECONDS = 5.0
HOMES = IPv4Network("198.18.0.0/15")  # for tests, by RFC 2544
PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36"
)
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"

Pause = Callable[[float], object]  # waits so many seconds


def direct_session() -> requests.Session:
    """An HTTP session that ignores proxies and logins of this machine's user."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))
    return session


@dataclass(frozen=True, slots=True)
class Page:
    """The number a page shows.

    `did` is None when the page keeps its own; `leased` says that it is this visitor's alone.
    """

    did: str | None
    display: str
    reason: str
    leased: bool


class Browser:
    """One visitor's browser with the script in its page.

    It asks for numbers, beats, and tells of taps and of leaving. It names an address of its own,
    for servers that believe proxies: one address may not hold all of a small pool.
    """

    def __init__(
        self,
        script_url: str,
        token: str,
        http: requests.Session,
        *,
        info: Mapping[str, Any] | None = None,
        user_agent: str = DESKTOP,
        visitor: str | None = None,
    ) -> None:
        """`visitor`: the id that an earlier visit left in localStorage."""
        self.visitor = visitor or new_id()
        self._address = str(HOMES[zlib.crc32(self.visitor.encode()) % HOMES.num_addresses])
        self._script_url, self._token, self._http = script_url, token, http
        self._info = dict(info or {})
        self._user_agent = user_agent
        self._first: dict[str, Any] | None = None
        self._lease: str | None = None
        self._beat_seconds = 30.0
        self._opened = 0.0

    def arrive(self, url: str, referrer: str = "") -> Page:
        """A visit begins."""
        self._visit = new_id()
        self._arrival = {"url": url, "referrer": referrer, "at": int(time.time() * 1000)}
        self._first = self._first or self._arrival
        self._opened = time.monotonic()
        return self.open(url)

    def open(self, url: str) -> Page:
        """A page of the visit."""
        self._page = url
        return self._shown(self._post({"ask": "number"}))

    def stay(self, seconds: float, pause: Pause) -> None:
        """Beats as often as it was told to."""
        while seconds > 0:
            slice_seconds = min(seconds, self._beat_seconds)
            pause(slice_seconds)
            seconds -= slice_seconds
            if seconds > 0:
                self.beat()

    def tap(self) -> None:
        """The telephone link."""
        self.beat("tap")

    def leave(self) -> None:
        self.beat(state="left")

    def beat(self, *signals: str, state: str = "visible") -> Page | None:
        """The new number when the server had lost the old one, else None."""
        if self._lease is None:
            return None
        engaged = int(time.monotonic() - self._opened)
        beat = {"ask": "beat", "state": state, "signals": list(signals), "engaged": engaged}
        said = self._post(beat)
        if said.get("known") is not False:
            return None
        return self._shown(said)

    def ask_back(self, number: str, name: str) -> str:
        """Fill in the form that asks to be called; the request's id."""
        form = self._post({"ask": "form"}).get("form") or ""
        wanted = {
            "id": new_id(),
            "form": form,
            "phone": number,
            "name": name,
            "note": "",
            "website": "",
        }
        self._post(wanted | {"filled_ms": 9000}, "/callback")
        return str(wanted["id"])

    def asked_back(self, request: str) -> str:
        """How that request stands; '' when nobody says."""
        query = {"visitor": self.visitor}
        return str(self._said("GET", f"/callback/{request}", params=query).get("state") or "")

    def _post(self, question: dict[str, Any], path: str = "") -> dict[str, Any]:
        """To the script's own address, or another of its server."""
        body = question | {
            "token": self._token,
            "visitor": self.visitor,
            "visit": self._visit,
            "info": self._info,
            "arrival": self._arrival,
            "first": self._first,
            "page": self._page,
        }
        if self._lease is not None:
            body["lease"] = self._lease
        return self._said("POST", path, data=json.dumps(body).encode())

    def _said(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """The answer; empty when there is none, because a page must live without one."""
        headers = {
            "Content-Type": "text/plain;charset=UTF-8",
            "Origin": "/".join(self._page.split("/")[:3]),
            "User-Agent": self._user_agent,
            "X-Forwarded-For": self._address,
        }
        url = urljoin(self._script_url, path)
        try:
            answer = self._http.request(
                method, url, headers=headers, timeout=ANSWER_SECONDS, **more
            )
            said = answer.json()
        except requests.RequestException:
            return {}
        if answer.ok and isinstance(said, dict):
            return said
        return {}

    def _shown(self, said: Mapping[str, Any]) -> Page:
        self._lease = said.get("lease")
        self._beat_seconds = said.get("beat_seconds") or self._beat_seconds
        return Page(
            said.get("did"),
            said.get("display") or "",
            said.get("reason", "no answer"),
            self._lease is not None,
        )


def new_id() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
