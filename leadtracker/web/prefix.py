"""The path under which all of this server is reached, where a proxy gives it only a part of a host.

Proxies differ in whether they take the path off before they pass a request on: both are right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

PREFIX = re.compile(r"(?:/[\w.~%-]+)+")  # never //host, which a browser takes for another server

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Prefixed:
    """Puts the path into SCRIPT_NAME, which every address that Flask makes begins with.

    A trusted proxy may have put its X-Forwarded-Prefix there already; else it is the public URL's.
    """

    def __init__(self, application: Application, public_url: str) -> None:
        self._application = application
        self._usual = urlsplit(public_url).path.rstrip("/")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        told = environ.get("SCRIPT_NAME", "").rstrip("/")
        prefix = told if PREFIX.fullmatch(told) else self._usual
        path = environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = unquote(prefix)
        for inside in (unquote(prefix), unquote(self._usual)):
            if inside and (path == inside or path.startswith(f"{inside}/")):
                environ["PATH_INFO"] = path[len(inside) :] or "/"
                break
        return self._application(environ, start_response)
