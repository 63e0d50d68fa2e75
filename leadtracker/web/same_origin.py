"""The answer to forged forms: a request that changes something must come from a page of our own."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from leadtracker.errors import NotAllowed

SAFE = ("GET", "HEAD", "OPTIONS")


def refuse_other_origins() -> None:
    """Raises NotAllowed when the browser says that another site sent this; browsers always say, so no tokens."""
    if request.method in SAFE:
        return
    sender = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if sender is not None:
        own = sender in ("same-origin", "none")
    else:  # the host alone: a proxy that ends TLS may hide the scheme from us
        own = origin is not None and urlsplit(origin).netloc == request.host
    if not own:
        raise NotAllowed("this form was not sent by a page of Leadtracker")
