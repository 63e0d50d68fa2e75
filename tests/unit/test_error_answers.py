"""Exceptions as answers: problem JSON for programs, a page for people,
and what both say of each status."""

from __future__ import annotations

import logging

import pytest
from flask import Flask, Response
from jinja2 import DictLoader
from prometheus_client import REGISTRY
from werkzeug.exceptions import (
    HTTPException,
    ImATeapot,
    MethodNotAllowed,
    NotFound,
    TooManyRequests,
)
from werkzeug.test import TestResponse

from leadtracker import errors
from leadtracker.running import logs
from leadtracker.web import error_answers
from leadtracker.web.page_headers import POLICY

OURS: list[tuple[errors.LeadtrackerError, int, str, str]] = [  # status, code, title
    (errors.LeadtrackerError("why"), 500, "error", "Something went wrong"),
    (errors.BadRequest("why"), 400, "bad_request", "The request is not of the documented shape"),
    (errors.BadPayload("why"), 400, "bad_payload", "The notification cannot be read"),
    (errors.NoCall("why"), 400, "no_call", "The notification is about no call"),
    (errors.NotAllowed("why"), 403, "not_allowed", "Not allowed"),
    (errors.NotFound("why"), 404, "not_found", "Not found"),
    (errors.TooLarge("why"), 413, "too_large", "The body is too large"),
    (errors.Refused("why"), 422, "why", "Nobody is called back"),
    (errors.QuotaSpent("why"), 429, "quota_spent", "Too many requests"),
    (errors.PbxUnavailable("why"), 502, "pbx_unavailable", "The PBX does not answer"),
    (errors.StoreUnavailable("why"), 503, "store_unavailable", "A store does not answer"),
    (errors.Busy("why"), 503, "busy", "Busy, try again in a moment"),
]
NEXT = {  # a person is told what to do
    400: "Check the address, or go back and try again.",
    403: (
        "If you came here by a link or a form on another site, open the page from the menu instead."
    ),
    404: "It may have been removed, or the address is not complete.",
    429: "Wait a few minutes, then try again.",
    500: (
        "The fault is written in the server's log. Try again; if it stays, tell whoever "
        "runs this server."
    ),
    502: "Try again in a moment; if it stays, look whether the PBX is well.",
    503: "Reload the page in a few seconds.",
}
PAGE = "{{ status }}|{{ title }}|{{ detail }}|{{ next }}"


def answer(
    error: Exception, path: str = "/api/x", content_type: str = "application/json"
) -> TestResponse:
    """What an application says, all of whose addresses raise this."""
    app = Flask(__name__)
    app.jinja_loader = DictLoader(
        {"error.html": f"{{% autoescape false %}}{PAGE}{{% endautoescape %}}"}
    )
    error_answers.register(app)

    @app.before_request
    def fail() -> None:
        raise error

    return app.test_client().post(path, data=b"x", content_type=content_type)


@pytest.mark.parametrize(("error", "status", "code", "title"), OURS)
def test_ours_for_programs(
    error: errors.LeadtrackerError, status: int, code: str, title: str
) -> None:
    said = answer(error)
    assert (said.status_code, said.content_type) == (status, "application/problem+json")
    assert said.get_json() == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": "why",
    }
    assert said.headers.get("Retry-After") == ("5" if status == 503 else None)


@pytest.mark.parametrize(("error", "status", "code", "title"), OURS)
def test_ours_for_people(
    error: errors.LeadtrackerError, status: int, code: str, title: str
) -> None:
    said = answer(error, "/calls")
    assert said.status_code == status
    assert said.text == f"{status}|{title}|why|{NEXT.get(status, '')}"
    assert said.headers["Content-Security-Policy"] == POLICY
    assert said.headers.get("Retry-After") == ("5" if status == 503 else None)


@pytest.mark.parametrize(
    ("path", "content_type", "program"),
    [
        ("/api/x", "", True),
        ("/v1/calls", "", True),
        ("/pbx/key/secret/cdr", "", True),
        ("/callback/7", "", True),
        ("/healthz", "", True),
        ("/readyz", "", True),
        ("/metrics", "", True),
        ("/static/a.css", "", True),
        ("/assets/site.js", "", True),
        ("/calls", "text/plain", True),
        ("/calls", "text/plain; charset=utf-8", True),
        ("/calls", "application/json", False),
        ("/callbacks", "", False),
        ("/calls/api", "", False),
        ("/site.js/calls", "", False),
        ("/", "", False),
    ],
)
def test_who_asks(path: str, content_type: str, program: bool) -> None:
    said = answer(errors.NotFound("why"), path, content_type)
    assert said.content_type == (
        "application/problem+json" if program else "text/html; charset=utf-8"
    )


@pytest.mark.parametrize(
    ("error", "code", "title", "header"),
    [
        (NotFound(), "not_found", "Not Found", None),
        (
            MethodNotAllowed(["GET", "HEAD"]),
            "method_not_allowed",
            "Method Not Allowed",
            ("Allow", "GET, HEAD"),
        ),
        (
            TooManyRequests(retry_after=30),
            "too_many_requests",
            "Too Many Requests",
            ("Retry-After", "30"),
        ),
        (ImATeapot(), "i'm_a_teapot", "I'm a teapot", None),
    ],
)
def test_http_s_own(
    error: HTTPException, code: str, title: str, header: tuple[str, str] | None
) -> None:
    said = answer(error)
    assert said.status_code == error.code
    assert said.get_json() == {
        "type": "about:blank",
        "title": title,
        "status": error.code,
        "code": code,
        "detail": "",
    }
    kept = {(name, said.headers[name]) for name in ("Allow", "Retry-After") if name in said.headers}
    assert kept == ({header} if header else set())


def test_an_answer_that_was_made_already_is_left_as_it_is() -> None:
    said = answer(NotFound(response=Response("made", 418, {"X-Kept": "yes"})))
    assert (said.status_code, said.text, said.headers["X-Kept"]) == (418, "made", "yes")


def test_what_nobody_foresaw_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    logs.start()
    said = answer(ZeroDivisionError("a secret"))
    assert said.status_code == 500
    assert said.get_json() == {
        "type": "about:blank",
        "title": "Something went wrong",
        "status": 500,
        "code": "error",
        "detail": "",
    }
    assert "POST an address that is no route" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "a secret" not in caplog.text
    assert (
        answer(ZeroDivisionError("a secret"), "/calls").text
        == f"500|Something went wrong||{NEXT[500]}"
    )


@pytest.mark.parametrize(("error", "status", "code", "title"), OURS)
def test_what_is_our_fault_is_logged(
    error: errors.LeadtrackerError,
    status: int,
    code: str,
    title: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "leadtracker.web.error_answers"):
        answer(error)
    assert (f"POST an address that is no route: {code} why" in caplog.text) is (status >= 500)


def test_refusals_are_counted_by_their_code() -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("leadtracker_refused_total", {"code": "quota_spent"}) or 0

    before = counted()
    answer(errors.QuotaSpent("why"))
    assert counted() == before + 1
