"""A stand-in for our server that records what the script sends and answers as it is told:
late, wrongly, never."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl

from tests.patience import PATIENCE

DIST = Path(__file__).resolve().parents[2] / "static" / "dist"
Message = dict[str, Any]

NUMBER: Message = {
    "did": "+972722776772",
    "display": "072-277-6772",
    "lease": "lease-1",
    "lease_seconds": 120,
    "beat_seconds": 30,
    "reason": "leased",
}
FORM: Message = {
    "form": "form-1",
    "open": True,
    "opens": None,
    "countries": ["IL"],
    "country": "IL",
}
OTHER_NUMBER = NUMBER | {"did": "+972722776773", "display": "072-277-6773", "lease": "lease-2"}


class AnsweringServer:
    """Serves the built scripts at every path; each POST is kept in `messages` and answered by
    `answer`.

    A POST to /callback is kept in `callbacks`, a plain form's in `posts`; `course` says how a
    request goes: each of its answers is given once, to the post or to who asks after it, and the
    last one for ever.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.requests: list[tuple[str, str, str]] = []  # method, path, content type
        self.number: Message = NUMBER
        self.form: Message = FORM
        self.callbacks: list[Message] = []
        self.posts: list[dict[str, str]] = []
        self.course: list[Message] = [{"state": "received"}]
        self.callback_status = 200
        self.lost = 0  # so many answers to callback requests that arrived
        self.status = 200
        self.body: bytes | None = None  # instead of an answer that makes sense
        # answers a POST without the CORS header, as for an origin that is not the site's
        self.hidden = False
        self.hold = threading.Event()
        self.hold.set()
        self._arrived = threading.Condition()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), partial(_Handler, self))
        self._server.daemon_threads = True
        self._port = self._server.server_port
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def stop(self) -> None:
        """As a killed server: connections are refused until `start`."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def note(self, request: BaseHTTPRequestHandler, message: Message | None) -> None:
        with self._arrived:
            self.requests.append(
                (request.command, request.path, request.headers.get("Content-Type", ""))
            )
            if message is not None:
                self.messages.append(message)
            self._arrived.notify_all()

    def answer(self, message: Message) -> Message:
        if message["ask"] == "form":
            return self.form
        if message["ask"] == "beat" and message["lease"] == self.number["lease"]:
            return {"known": True}
        return self.number | ({"known": False} if message["ask"] == "beat" else {})

    def wait_for(self, wanted: Callable[[Message], bool] | str, count: int = 1) -> Message:
        """The `count`-th message that is wanted (a predicate, or the message's `ask`)."""
        fits = wanted if callable(wanted) else lambda message: message["ask"] == wanted
        until = time.monotonic() + PATIENCE
        with self._arrived:
            while True:
                found = list(itertools.islice(filter(fits, self.messages), count))
                if len(found) == count:
                    return found[-1]
                if not self._arrived.wait(until - time.monotonic()):
                    raise AssertionError(f"no such message; these came: {self.asks()}")

    def asks(self) -> list[str]:
        """What was asked so far, in short: `number`, `beat visible`, `beat visible tap` …"""
        return [
            " ".join([m["ask"], *([m["state"], *m["signals"]] if m["ask"] == "beat" else [])])
            for m in self.messages
        ]


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection as the server that records it is told."""

    def __init__(self, recorder: AnsweringServer, *connection: Any) -> None:
        self.recorder = recorder
        super().__init__(*connection)

    def do_GET(self) -> None:
        self.recorder.note(self, None)
        if self.path.startswith("/callback/"):
            self.tell_course(self.path.removeprefix("/callback/").partition("?")[0])
            return
        beside = self.path.rpartition("/")[2]
        name = beside if beside in ("debug.js", "callback.js") else "tracker.js"
        self.answer(200, (DIST / name).read_bytes(), "text/javascript")

    def do_OPTIONS(self) -> None:
        self.recorder.note(self, None)
        self.answer(204, b"", "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"] == "application/x-www-form-urlencoded":
            self.recorder.posts.append(dict(parse_qsl(body.decode())))
            self.answer(200, b"<title>Thank you</title>", "text/html")
            return
        message = json.loads(body)
        if self.path == "/callback":
            self.call_back(message)
            return
        self.recorder.note(self, message)
        self.recorder.hold.wait(PATIENCE)
        body = (
            self.recorder.body
            if self.recorder.body is not None
            else json.dumps(self.recorder.answer(message)).encode()
        )
        self.answer(self.recorder.status, body, "application/json")

    def call_back(self, message: Message) -> None:
        self.recorder.callbacks.append(message)
        self.recorder.note(self, None)
        self.recorder.hold.wait(PATIENCE)
        if self.recorder.lost:
            self.recorder.lost -= 1
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.tell_course(message["id"])

    def tell_course(self, callback: str) -> None:
        if callback not in [message["id"] for message in self.recorder.callbacks]:
            self.answer(404, b"{}", "application/json")
            return
        course = self.recorder.course
        now = course.pop(0) if len(course) > 1 else course[0]
        self.answer(
            self.recorder.callback_status,
            json.dumps({"id": callback} | now).encode(),
            "application/json",
        )

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        if not (self.recorder.hidden and self.command == "POST"):
            self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", "*"))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the page gave up waiting
            super().handle()

    def log_message(self, *_: object) -> None:
        pass
