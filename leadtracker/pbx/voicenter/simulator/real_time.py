"""Voicenter's real-time servers: the login, and socket.io with Engine.IO 3 over websockets.

Source: Voicenter, "API", chapter "Real Time API", and the SDKs' login; RFC 6455 for the frames.
Quirks played: the login's answer has its keys in two cases; a wrong token is refused after the
handshake.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from leadtracker.pbx.voicenter.simulator.events import Event

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
TEXT, CLOSE = 1, 8
LOGINS = {
    "Login/Token": ("token",),
    "Login/Account": ("username", "password"),
    "Login/User": ("email", "pin"),
}
OPEN = '0{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":60000}'
OK = {"servertime": 1703265952, "servertimeoffset": 120, "errorCode": 0, "errorDesc": "OK"}


@dataclass
class SimulatedRealTime:
    """One account's login and its servers; each server may be `gone` or `silent`.

    `lasts` is how long a token is good for. `emitted` are the events that clients sent.
    """

    secret: str
    lasts: timedelta = timedelta(hours=1)
    old_keys: bool = False  # `URL` and `PersonID`, in other cases
    gone: set[int] = field(default_factory=set)  # servers, by number
    silent: set[int] = field(default_factory=set)
    keepalive_error: int = 0
    renews: bool = True
    # When, path, body.
    logins: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    emitted: list[list[Any]] = field(default_factory=list)
    pinged: int = 0
    urls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tokens: set[str] = set()
        self._lock, self._speaking = threading.Lock(), threading.Lock()
        self._clients: list[tuple[int, socket.socket]] = []

    @property
    def options(self) -> dict[str, str]:
        """The account's, so that these servers are listened to instead of Voicenter's."""
        return {"real_time_token": self.secret, "real_time_url": self.urls[0] + "/monitorAPI"}

    def connected(self) -> list[int]:
        """The servers that have a client, by number."""
        with self._lock:
            return [number for number, _ in self._clients]

    def emit(self, events: Iterable[Event]) -> None:
        """To every client."""
        for name, payload in events:
            self.say("42" + json.dumps([name, payload], ensure_ascii=False))

    def say(self, frame: str) -> None:
        """To every client."""
        for number, client in self._all():
            if number not in self.silent:
                self._say(client, frame)

    def hang_up(self) -> None:
        """Every connection is cut, without a word."""
        for _, client in self._all():
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def log_in(self, path: str, body: dict[str, Any], bearer: str) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        self.logins.append((time.monotonic(), path, body))
        if path == "RefreshIdentityToken":
            allowed = self.renews and bearer == f"Bearer REFRESH-{self.secret}"
        else:
            names = LOGINS.get(path, ("",))
            allowed = set(body) == set(names) and body[names[-1]] == self.secret
        if not allowed:
            return 401, {"error": "Unauthorized"}
        token = f"TOKEN-{len(self.logins)}"
        self.tokens.add(token)
        now = datetime.now(UTC)
        session = {
            "Client": "https://loginapi.voicenter.co.il/monitorAPI/GetSocketClient?v=1.3.7",
            "PersonId": 7654321,
            "Token": token,
            "TokenExpiry": f"{now + self.lasts:%Y-%m-%dT%H:%M:%S.%fZ}",
            "RefreshToken": f"REFRESH-{self.secret}",
            "RefreshTokenExpiry": f"{now + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
            "Url": self.urls[0] + "/",
            "URLList": [url + "/" for url in self.urls],
            "Version": "1.3.7",
        }
        if self.old_keys:
            session = {
                {"URLList": "urlList", "Url": "URL"}.get(key, key.upper()): session[key]
                for key in session
            }
        return 200, {"StatusCode": 200, "Status": "OK", "Data": {"Socket": session}}

    def serve(self, number: int, client: socket.socket, token: str) -> None:
        """One client of one server, until either ends it."""
        self._say(client, OPEN)
        self._say(client, "40")
        if token not in self.tokens:
            self._say(client, '44"Unauthorized"')
            return
        if number not in self.silent:
            self._say(client, "42" + json.dumps(["loginSuccess", OK]))
            self._say(client, "42" + json.dumps(["loginStatus", {"queues": []} | OK]))
            self._say(client, "42" + json.dumps(["AllExtensionsStatus", {"extensions": []} | OK]))
        with self._lock:
            self._clients.append((number, client))
        try:
            while (frame := _received(client)) is not None:
                self._hear(number, client, frame)
        finally:
            with self._lock:
                self._clients.remove((number, client))

    def _hear(self, number: int, client: socket.socket, frame: str) -> None:
        if frame == "2":
            self.pinged += 1
            self._say(client, "3")
        elif frame.startswith("42"):
            event = json.loads(frame[2:])
            self.emitted.append(event)
            if event[0] == "keepalive" and number not in self.silent:
                answer = OK | {"isOK": not self.keepalive_error, "errorCode": self.keepalive_error}
                self._say(client, "42" + json.dumps(["keepaliveResponse", answer]))

    def _all(self) -> list[tuple[int, socket.socket]]:
        with self._lock:
            return list(self._clients)

    def _say(self, client: socket.socket, text: str) -> None:
        with self._speaking, suppress(OSError):  # whoever listened may have gone
            client.sendall(_frame(text.encode()))


@contextmanager
def served(real_time: SimulatedRealTime, servers: int = 1) -> Iterator[SimulatedRealTime]:
    """Answers at `real_time.urls`, addresses of this machine. The first one has the login too."""
    running = [
        ThreadingHTTPServer(("127.0.0.1", 0), _handler(real_time, number))
        for number in range(servers)
    ]
    real_time.urls = [f"http://127.0.0.1:{server.server_port}" for server in running]
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in running]
    for thread in threads:
        thread.start()
    try:
        yield real_time
    finally:
        real_time.hang_up()
        for server, thread in zip(running, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(real_time: SimulatedRealTime, number: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path.removeprefix("/monitorAPI/")
            status, said = real_time.log_in(
                path, json.loads(body or b"{}"), self.headers.get("Authorization", "")
            )
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path != "/socket.io/":
                self.do_POST()
                return
            self.close_connection = True
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            if number in real_time.gone:
                return
            if (query.get("EIO"), query.get("transport")) != ("3", "websocket"):
                self.send_error(400)
                return
            key = self.headers["Sec-WebSocket-Key"] + MAGIC
            proof = hashlib.sha1(key.encode()).digest()  # noqa: S324 # RFC 6455 asks for it
            self.send_response_only(101)
            for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
                self.send_header(name, value)
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(proof).decode())
            self.end_headers()
            self.wfile.flush()
            real_time.serve(number, self.connection, query.get("token", ""))

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _frame(content: bytes, code: int = TEXT) -> bytes:
    """One frame of a server, which masks nothing."""
    length = len(content)
    if length < 126:
        size = struct.pack("!B", length)
    elif length < 2**16:
        size = struct.pack("!BH", 126, length)
    else:
        size = struct.pack("!BQ", 127, length)
    return struct.pack("!B", 0x80 | code) + size + content


def _received(client: socket.socket) -> str | None:
    """The text of a client's frame, which is masked; None at the end."""
    try:
        head, size = _exactly(client, 2)
        length = size & 0x7F
        if length == 126:
            length = int.from_bytes(_exactly(client, 2), "big")
        elif length == 127:
            length = int.from_bytes(_exactly(client, 8), "big")
        mask = _exactly(client, 4)
        content = bytes(
            byte ^ mask[place % 4] for place, byte in enumerate(_exactly(client, length))
        )
        if head & 0xF == CLOSE:
            client.sendall(_frame(content, CLOSE))
            return None
    except OSError:
        return None
    return content.decode()


def _exactly(client: socket.socket, count: int) -> bytes:
    content = b""
    while len(content) < count:
        part = client.recv(count - len(content))
        if not part:
            raise ConnectionError("the client has gone")
        content += part
    return content
