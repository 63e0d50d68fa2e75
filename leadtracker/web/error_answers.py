"""How an exception is answered: problem JSON for programs (RFC 9457), a page for people."""

from __future__ import annotations

import logging

from flask import Flask, Response, json, render_template, request
from flask.typing import ResponseReturnValue
from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import BadHost, HTTPException

from leadtracker.errors import BadRequest, LeadtrackerError, StoreUnavailable
from leadtracker.records.session import UNANSWERED
from leadtracker.web.metrics import REFUSED
from leadtracker.web.page_headers import protect

log = logging.getLogger(__name__)
PROGRAMS = ("/api", "/v1", "/pbx", "/callback/", "/healthz", "/readyz", "/metrics", "/static")
RETRY_SECONDS = 5
NEXT = {  # what a person may do
    400: "Check the address, or go back and try again.",
    403: (
        "If you came here by a link or a form on another site, open the page from the menu instead."
    ),
    404: "It may have been removed, or the address is not complete.",
    429: "Wait a few minutes, then try again.",
    500: (
        "The fault is written in the server's log. "
        "Try again; if it stays, tell whoever runs this server."
    ),
    502: "Try again in a moment; if it stays, look whether the PBX is well.",
    503: "Reload the page in a few seconds.",
}


def register(app: Flask) -> None:
    app.register_error_handler(LeadtrackerError, ours)
    app.register_error_handler(HTTPException, _http)
    # The server reads a body while we ask for it, and only then finds that it is broken.
    for broken in (ParseException, NoMoreData):
        app.register_error_handler(broken, _broken_body)
    for unanswered in UNANSWERED:
        app.register_error_handler(unanswered, _no_answer)
    app.register_error_handler(Exception, _unknown)


def ours(error: LeadtrackerError) -> Response:
    """The answer to one of our own exceptions, counted and, where it is our fault, logged."""
    if error.status >= 500:
        log.warning("%s %s: %s %s", request.method, _route(), error.code, error)
    return _answer(error.status, error.code, error.title, str(error))


def _route() -> str:
    """Which address was asked for, as our routes spell it: the one asked for may hold a secret."""
    return request.url_rule.rule if request.url_rule else "an address that is no route"


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:  # made by whoever raised it
        return error.get_response()
    answer = _answer(error.code or 500, error.name.lower().replace(" ", "_"), error.name, "")
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _no_answer(_: Exception) -> Response:
    return ours(StoreUnavailable("the database does not answer"))


def _broken_body(_: Exception) -> Response:
    return ours(BadRequest("the body is cut off, or not framed as HTTP wants it"))


def _unknown(error: Exception) -> Response:
    log.error("%s %s", request.method, _route(), exc_info=error)
    return _answer(500, LeadtrackerError.code, LeadtrackerError.title, "")


def _answer(status: int, code: str, title: str, detail: str) -> Response:
    REFUSED.labels(code).inc()
    if (
        request.path.startswith(PROGRAMS)
        or request.path.endswith(".js")
        or request.mimetype == "text/plain"
        or isinstance(request.routing_exception, BadHost)  # a page has links, and needs the host
    ):
        problem = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "code": code,
            "detail": detail,
        }
        answer = Response(json.dumps(problem), status, mimetype="application/problem+json")
    else:
        page = render_template(
            "error.html", status=status, title=title, detail=detail, next=NEXT.get(status, "")
        )
        answer = protect(Response(page, status))
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
