"""The path under which all of this server is reached, where a proxy gives it only a part of a host.

Proxies differ in whether they take the path off before they pass a request on: both are right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

PREFIX = re.compile(r"(?:/[\w.~%-]+)+", re.ASCII)
# Never //host, which a browser takes for another server, however it is written.
ELSEWHERE = re.compile(r"//|[\\\x00-\x1f]")

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Prefixed:
    """Puts the path into SCRIPT_NAME, which every address that Flask makes begins with.

    A trusted proxy may have put its X-Forwarded-Prefix there already; else it is the public URL's.
    WSGI has bytes as text in latin-1, percent-encoded ones too (PEP 3333).
    """

    def __init__(self, application: Application, public_url: str) -> None:
        self._application = application
        self._usual = unquote(urlsplit(public_url).path.rstrip("/"), "latin-1")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        told = environ.get("SCRIPT_NAME", "").rstrip("/")
        prefix = self._usual
        if PREFIX.fullmatch(told):
            plain = unquote(told, "latin-1")
            if not ELSEWHERE.search(plain):
                prefix = plain
        path = environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = prefix
        for inside in (prefix, self._usual):
            if inside and (path == inside or path.startswith(f"{inside}/")):
                environ["PATH_INFO"] = path[len(inside) :] or "/"
                break
        return self._application(environ, start_response)
