"""What we refuse of browsers: forms that another site sent, and text with a NUL character."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from leadtracker.errors import BadRequest, NotAllowed

SAFE = ("GET", "HEAD", "OPTIONS")


def refuse_other_origins() -> None:
    """Refuse forged forms. Browsers say where a form was sent from, so it needs no token.

    Raises NotAllowed.
    """
    if request.method in SAFE:
        return
    # Only the host counts: a proxy that ends TLS may hide the scheme from us.
    own = _host_of(request.headers.get("Origin", "")) == request.host
    sender = request.headers.get("Sec-Fetch-Site")
    if sender is not None:
        own = sender in ("same-origin", "none")
    if not own:
        raise NotAllowed("this form was not sent by a page of Leadtracker")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # brackets that are no IPv6 address
        return ""


def refuse_nul() -> None:
    """People never type a NUL, and PostgreSQL takes none. Raises BadRequest."""
    if any("\0" in text for text in (request.path, *request.values.values())):
        raise BadRequest("the address or the form has a NUL character")
