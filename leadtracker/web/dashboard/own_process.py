"""Where a process of its own makes the pages, the others pass requests on to it.

So no report takes time from visitors and calls.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from urllib.parse import quote

from flask import Blueprint, Response, request

from leadtracker.errors import StoreUnavailable
from leadtracker.web.dashboard import slow_work
from leadtracker.web.stores import stores

LONGEST_BODY = 64 * 1024  # the login form is the longest
PATIENCE_SECONDS = 120.0  # for the first byte of a report
CHUNK = 64 * 1024
OF_ONE_CONNECTION = ("connection", "transfer-encoding", "server", "date")


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_SECONDS)
        self.sock.connect(self._path)


def pass_on_requests(blueprint: Blueprint) -> None:
    """Pass the requests of this blueprint on, if this process is not the one that makes pages."""
    blueprint.before_request(_pass_on)
    blueprint.after_request(slow_work.give_place_back)


def _pass_on() -> Response | None:
    path = stores().settings.pages_socket
    if not path:
        return None
    slow_work.take_place()
    request.max_content_length = LONGEST_BODY
    as_received = request.environ | request.environ.get("werkzeug.proxy_fix.orig", {})
    headers = {
        name: value for name, value in request.headers if name.lower() not in OF_ONE_CONNECTION
    }
    for name, value in (
        ("For", as_received["REMOTE_ADDR"]),
        ("Proto", as_received["wsgi.url_scheme"]),
    ):
        proxies = [request.headers.get(f"X-Forwarded-{name}"), value]
        headers[f"X-Forwarded-{name}"] = ", ".join(each for each in proxies if each)
    headers["X-Forwarded-Prefix"] = quote(request.root_path)
    connection = _Connection(path)
    try:
        connection.request(request.method, request.environ["RAW_URI"], request.get_data(), headers)
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as fault:
        connection.close()
        raise StoreUnavailable("the process that makes the pages does not answer") from fault
    kept = [
        (name, value)
        for name, value in answer.getheaders()
        if name.lower() not in OF_ONE_CONNECTION
    ]
    response = Response(_parts(answer), answer.status, kept)
    response.call_on_close(connection.close)
    return response


def _parts(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while part := answer.read(CHUNK):
        yield part
