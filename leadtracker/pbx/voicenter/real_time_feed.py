"""Listening to the real-time servers: connect, keep awake, go to the next one when it is silent.

Source: Voicenter, "API", chapter "Real Time API", and EventsSDK for what that leaves out: socket.io
1 or 2 over a websocket alone, its keep-alive, the order of the servers, the pauses.
Shape: Engine.IO 3 in text frames, which websocket-client carries. The socket.io clients for Python
that still speak this version are no longer kept.

| frame | means |
| --- | --- |
| `0{…}` | open |
| `1` | close |
| `2`, `3` | our ping, its answer |
| `40`, `41` | connected, ended |
| `44…` | refused |
| `42["name",{…}]` | an event |
"""

from __future__ import annotations

import logging
import math
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import websocket
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from leadtracker.domain import Account
from leadtracker.errors import PbxUnavailable
from leadtracker.outgoing import Sender
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.vendor import RealTime
from leadtracker.pbx.voicenter import api, real_time_login
from leadtracker.pbx.voicenter.codes import letters
from leadtracker.pbx.voicenter.real_time import REAL_TIME
from leadtracker.pbx.voicenter.real_time_login import Login

log = logging.getLogger(__name__)
EVENT = re.compile(r'42\d*(\["(\w+)".*)', re.DOTALL)  # the pair, and its name
OF_CALLS = ("extensionevent", "extensionevents", "queueevent", "queueevents")
STATEMENTS = ("loginsuccess", "loginstatus", "keepaliveresponse")  # about the connection
CHANGES = ("extensionsupdated", "queuesupdated", "dialersupdated")
SECONDS = 10.0  # for a login, for a connection
PING_SECONDS = 25.0  # until the server says otherwise


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, as the SDK keeps them. `tick` is ours: a stop is noticed so soon."""

    keep_alive: float = 60.0  # without any event
    silence: float = 120.0
    rest: float = 10.0  # times the attempt
    longest_rest: float = 300.0
    tick: float = 0.5


class TokenRefused(PbxUnavailable):
    """The server refuses our token: log in again before another server is tried."""


class Feed:
    """Listens for any number of accounts, each in a thread."""

    def __init__(self) -> None:
        self.pace = Pace()
        self.sender = Sender(SECONDS, places=8)

    def listen(
        self,
        account: Account,
        heard: Callable[[bytes], None],
        told: Callable[[bool, str], None],
        stop: threading.Event,
    ) -> None:
        """See pbx.vendor.RealTime."""
        login, turn, attempt = None, 0, 0

        def connected(words: str) -> None:
            nonlocal attempt
            attempt = 0
            told(True, words)

        while not stop.is_set():
            try:
                if login is None or login.due(datetime.now(UTC)):
                    login = real_time_login.log_in(self.sender, account)
                server = login.servers[turn % len(login.servers)]
                with closing(_Connection(server, login.token)) as connection:
                    self._stay(connection, account, login, heard, connected, stop)
            except PbxUnavailable as fault:
                attempt += 1
                turn += 1
                if isinstance(fault, TokenRefused) or _all_have_failed(login, turn):
                    login = None
                told(False, str(fault))
                log.warning(
                    "account %s: no real-time events, attempt %s: %s", account.key, attempt, fault
                )
                stop.wait(min(self.pace.rest * attempt, self.pace.longest_rest))

    def _stay(
        self,
        connection: _Connection,
        account: Account,
        login: Login,
        heard: Callable[[bytes], None],
        connected: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        """Pass events on until the stop. Raises PbxUnavailable."""
        newest, asked = time.monotonic(), False
        while not stop.is_set():
            event = connection.receive(self.pace.tick)
            silent = time.monotonic() - newest
            if event is not None:
                newest, asked = time.monotonic(), False
                name, pair = letters(event[0]), event[1]
                if name in STATEMENTS:
                    _demand(account, name, pair)
                connected(f"connected to {connection.host}")
                if name in OF_CALLS:
                    heard(pair.encode())
                elif name in CHANGES:
                    connection.emit("resync", {"cache": False})
            elif silent > self.pace.silence:
                raise PbxUnavailable(f"{connection.host} has been silent for {silent:.0f} s")
            elif silent > self.pace.keep_alive and not asked:
                connection.emit("keepalive", login.token)
                asked = True
            connection.ping()
            if login.due(datetime.now(UTC)):
                login = self._renewed(account, login)

    def _renewed(self, account: Account, login: Login) -> Login:
        """The old login where it is refused: the connection goes on until the server ends it."""
        try:
            return real_time_login.renew(self.sender, account, login)
        except PbxUnavailable as fault:
            log.warning("account %s: its real-time login is not renewed: %s", account.key, fault)
            return replace(login, renew_at=None)


def _all_have_failed(login: Login | None, turn: int) -> bool:
    return login is not None and turn % len(login.servers) == 0


class _Connection:
    """One server. Every method raises PbxUnavailable; TokenRefused where a new login may help."""

    def __init__(self, server: str, token: str) -> None:
        parts = urlsplit(server)
        secure = parts.scheme == "https"
        scheme, usual_port = ("wss", 443) if secure else ("ws", 80)
        self.host, port = parts.hostname or "", parts.port or usual_port
        query = urlencode({"EIO": 3, "transport": "websocket", "token": token})
        url = f"{scheme}://{parts.netloc}/socket.io/?{query}"
        self._ping_seconds, self._pinged = PING_SECONDS, time.monotonic()
        try:
            # A socket of our own: websocket-client would go by this machine's proxies.
            plain = socket.create_connection((self.host, port), SECONDS)
            if secure:
                trust = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
                plain = trust.wrap_socket(plain, server_hostname=self.host)
            self._socket = websocket.create_connection(
                url, timeout=SECONDS, socket=plain, redirect_limit=0
            )
        except websocket.WebSocketBadStatusException as fault:
            why = f"{self.host} refuses the connection (HTTP {fault.status_code})"
            raise TokenRefused(why) from None
        except (websocket.WebSocketException, OSError, ValueError) as fault:
            raise self._lost(fault) from None

    def receive(self, seconds: float) -> tuple[str, str] | None:
        """The name of an event and the pair as it came; None when none came in this time."""
        try:
            self._socket.settimeout(seconds)
            code, content = self._socket.recv_data()
        except websocket.WebSocketTimeoutException:
            return None
        except (websocket.WebSocketException, OSError, ValueError) as fault:
            raise self._lost(fault) from None
        text = ""
        if code == websocket.ABNF.OPCODE_TEXT:
            text = content.decode()
        if event := EVENT.fullmatch(text):
            return event[2], event[1]
        if text.startswith("0"):
            milliseconds = FieldReader(_object(text[1:])).seconds("pingInterval")
            self._ping_seconds = min(PING_SECONDS, (milliseconds or math.inf) / 1000)
        elif text.startswith("44"):
            raise TokenRefused(f"{self.host} refuses the token")
        elif text in ("1", "41") or code == websocket.ABNF.OPCODE_CLOSE:
            raise PbxUnavailable(f"{self.host} ended the connection")
        return None

    def emit(self, *event: Any) -> None:
        self._send("42" + orjson.dumps(event).decode())

    def ping(self) -> None:
        """As often as the server wants it."""
        if time.monotonic() - self._pinged > self._ping_seconds:
            self._pinged = time.monotonic()
            self._send("2")

    def close(self) -> None:
        self._socket.close(timeout=1)

    def _send(self, frame: str) -> None:
        try:
            self._socket.settimeout(SECONDS)
            self._socket.send(frame)
        except (websocket.WebSocketException, OSError) as fault:
            raise self._lost(fault) from None

    def _lost(self, fault: Exception) -> PbxUnavailable:
        """Only the kind of the fault: its words may hold the address, and the address the token."""
        return PbxUnavailable(f"{self.host}: {type(fault).__name__}")


def _demand(account: Account, name: str, pair: str) -> None:
    """Raises TokenRefused where a statement has an error's number."""
    said = FieldReader(_object(pair))
    if said.text("errorCode") not in ("", "0") or said.truth("isOK") is False:
        words = api.message(account, said.text("errorDesc"))
        raise TokenRefused(f"{name}: {words or 'an error'} ({said.text('errorCode')})")


def _object(text: str) -> dict[str, Any]:
    """The object of a frame, or of its pair; empty when there is none."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    if isinstance(value, list) and value:
        value = value[-1]
    if not isinstance(value, dict):
        return {}
    return value


FEED = Feed()
REAL_TIME_FEED = RealTime(
    family=REAL_TIME,
    wanted=real_time_login.wanted,
    faults=real_time_login.faults,
    listen=FEED.listen,
)
