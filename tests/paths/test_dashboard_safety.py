"""What the dashboard does with hostile text, with faults, and with too many reports at once."""

from __future__ import annotations

import json
import re
import threading
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.domain import touchpoint_from_json, touchpoint_to_json
from leadtracker.errors import LeadtrackerError, StoreUnavailable
from leadtracker.records.tables import CallRow, SiteRow
from leadtracker.web.dashboard import slow_work
from tests.dashboard_rows import (
    NOW,
    OURS,
    PASSWORD,
    add,
    call,
    lease,
    leg,
    notification,
    touchpoint,
)
from tests.patience import PATIENCE

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HOSTILE = (
    "\"'><script>alert(1)</script><img src=x "
    "onerror=alert(2)>{{7*7}}${7*7}\u202e</title></textarea>"
)


class Page(HTMLParser):
    """What a browser would run or follow."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[str | None] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self.images: list[str | None] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [
            f"{tag} {name}" for name in given if name.startswith("on") or name == "style"
        ]
        self.links += [str(given[name]) for name in ("href", "src", "action") if name in given]
        if tag == "script":
            self.scripts.append(given.get("src"))
        if tag == "style":
            self.inline.append("style element")
        if tag == "img":
            self.images.append(given.get("src"))

    def handle_data(self, data: str) -> None:
        self.text += data


NAMES = ("source", "channel", "campaign", "landing_page", "medium", "term", "content", "referrer")
OF_A_CALL = ("caller", "representative", "extension", "queue", "status", "call_id", "did")
OF_A_LEG: dict[str, Any] = {
    **dict.fromkeys(("queue", "extension", "representative"), HOSTILE),
    "ivr": [dict.fromkeys(("layer_name", "digits", "layer_id"), HOSTILE)],
    "ai": {
        "insights": {"summary": HOSTILE, "questions": [{"question": HOSTILE, "answer": [HOSTILE]}]},
        "transcript": [{"speaker": HOSTILE, "text": HOSTILE}],
    },
}
OF_A_NOTIFICATION = ("family", "content_type", "query", "fault", "method")


@pytest.fixture
def hostile(dashboard: FlaskClient, engine: Engine) -> list[str]:
    """Pages whose every text that a browser or a PBX may send is hostile."""
    row, odd = hostile_calls(engine)
    with Session(engine) as session:
        site = session.get_one(SiteRow, 1)
        site.name = site.time_zone and HOSTILE
        site.origins = [HOSTILE]
        session.commit()
    dashboard.application.extensions["leadtracker"].directory.change = 0
    dashboard.application.extensions["leadtracker"].directory._next_check = 0
    escaped = "%3Cscript%3Ealert(1)%3C%2Fscript%3E"
    day = "from=2026-11-18&to=2026-11-18"
    return [
        "/calls",
        "/calls/newest",
        f"/calls/{row.id}",
        f"/calls/{odd.id}",
        f"/visitors/{row.visitor_id}",
        "/pool",
        f"/callers/{escaped}",
        f"/sources?{day}",
        "/settings",
        *(f"/sources?{day}&by={by}" for by in ("source", "campaign", "landing")),
        f"/calls?number={escaped}&source={escaped}&channel={escaped}",
        f"/visitors/{row.visitor_id}?call={escaped}",
        f"/login?next=/{escaped}",
        f"/{escaped}",
        f"/calls?from={escaped}",
        f"/sources?by={escaped}",
    ]


def hostile_calls(engine: Engine) -> tuple[CallRow, CallRow]:
    """One with all that a call may have, and one with words that we do not know."""
    gclid = {"gclid": HOSTILE}
    arrival = touchpoint(
        NOW, **dict.fromkeys(NAMES, HOSTILE), url="javascript:alert(3)", click_ids=gclid
    )
    row = call(
        NOW,
        **dict.fromkeys(OF_A_CALL, HOSTILE),
        arrival=arrival,
        first_touchpoint=touchpoint_from_json(touchpoint_to_json(arrival) | {"at": HOSTILE}),
        recording_url="javascript:alert(4)",
        match=dict.fromkeys(("said", "lease_start", "tapped", "left"), HOSTILE),
        visitor_info={"name": HOSTILE, "company": HOSTILE, HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}]},
    )
    odd = call(
        NOW, phase=HOSTILE, outcome=HOSTILE, direction=HOSTILE, visitor_info={"name": {"a": 1}}
    )
    add(engine, row, odd)
    body = json.dumps({HOSTILE: HOSTILE}).encode()
    add(
        engine,
        leg(row.id, type=HOSTILE, status=HOSTILE, record=OF_A_LEG),
        notification(row.id, body, **dict.fromkeys(OF_A_NOTIFICATION, HOSTILE)),
        notification(row.id, HOSTILE.encode()),
        lease(NOW - timedelta(minutes=1), arrival=arrival, visitor=row.visitor_id),
    )
    return row, odd


def test_hostile_text_stays_text(dashboard: FlaskClient, hostile: list[str]) -> None:
    shown = 0
    for path in hostile:
        answer = dashboard.get(path)
        page = Page(answer.text)
        assert answer.status_code in (200, 400, 404), path
        assert all(source and source.startswith("/static/") for source in page.scripts), path
        assert not page.inline, path
        assert not page.images, path
        assert not [
            link
            for link in page.links
            if not link.startswith(("/", "#", "data:,", "https://shop."))
        ], path
        shown += page.text.count("<script>alert(1)</script>")
        assert "{{7*7}}" in page.text or "49" not in page.text, path
    assert shown > 40


def test_every_answer_has_the_policy(dashboard: FlaskClient, hostile: list[str]) -> None:
    for path in [*hostile, "/calls.csv", "/sources.csv", "/pool.csv", "/nowhere", "/"]:
        answer = dashboard.get(path)
        assert answer.headers["Content-Security-Policy"] == POLICY, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "private" in answer.headers["Cache-Control"], path
    assert (
        dashboard.post("/login", data={}, headers=OURS).headers["Content-Security-Policy"] == POLICY
    )
    assert dashboard.post("/logout").headers["Content-Security-Policy"] == POLICY


def test_files_are_addressed_by_their_content(dashboard: FlaskClient) -> None:
    address = re.findall(
        r'href="(/static/dashboard\.css\?v=[0-9a-f]{12})"', dashboard.get("/calls").text
    )
    assert len(address) == 1
    with dashboard.get(address[0]) as answer:
        assert answer.status_code == 200
        assert answer.content_type == "text/css; charset=utf-8"
        assert answer.cache_control.max_age == 604800


@pytest.mark.parametrize(
    "path",
    [
        "/tracker.js",
        "/tracker.v9.js",
        "/api/x",
        "/v1/calls",
        "/pbx/nobody/secret/cdr",
        "/static/none.css",
    ],
)
def test_programs_are_answered_with_a_problem(app: Flask, path: str) -> None:
    answer = (
        app.test_client().delete(path) if path == "/tracker.js" else app.test_client().get(path)
    )
    assert answer.content_type == "application/problem+json"
    problem = json.loads(answer.data)
    assert problem.keys() == {"type", "title", "status", "code", "detail"}
    assert (
        problem["status"]
        == answer.status_code
        == (405 if path == "/tracker.js" else answer.status_code)
    )
    assert answer.status_code in (403, 404, 405)
    if answer.status_code == 405:
        assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_people_are_answered_with_a_page(app: Flask) -> None:
    answer = app.test_client().get("/no/such/page")
    assert answer.status_code == 404
    assert answer.content_type == "text/html; charset=utf-8"
    assert "<h1>Not Found</h1>" in answer.text
    assert "may have been removed" in answer.text


def test_unknown_faults_are_logged_and_not_shown(
    app: Flask, dashboard: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("the-inner-secret")

    app.testing = False
    for endpoint in ("dashboard.pool", "number /tracker.js"):
        app.view_functions[endpoint] = broken
    page, problem = dashboard.get("/pool"), dashboard.post("/tracker.js")
    assert page.status_code == problem.status_code == 500
    assert "the-inner-secret" not in page.text + problem.text
    assert "written in the server’s log" in page.text.replace("&#39;", "’")
    assert problem.get_json()["code"] == "error"
    assert caplog.text.count("RuntimeError: the-inner-secret") == 2
    assert app.test_client().get("/healthz").status_code == 200


def test_a_database_that_does_not_answer_is_said(
    app: Flask, dashboard: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database does not answer")

    monkeypatch.setattr("leadtracker.web.dashboard.calls.call_page", refuse)
    answer = dashboard.get("/calls")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The database does not answer." in answer.text


def test_every_error_of_ours_has_a_page(app: Flask, dashboard: FlaskClient) -> None:
    def every(kind: type[LeadtrackerError]) -> list[type[LeadtrackerError]]:
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in every(child))]

    for kind in every(LeadtrackerError):

        def broken(kind: type[LeadtrackerError] = kind) -> str:
            raise kind("why it was")

        app.view_functions["dashboard.pool"] = broken
        answer = dashboard.get("/pool")
        assert answer.status_code == kind.status
        assert f"<h1>{escape(kind.title)}</h1>" in answer.text
        assert "Why it was." in answer.text


class TestSlowWork:
    """Eight places of a process with sixteen threads."""

    @pytest.fixture
    def slow(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
        gate, inside = threading.Event(), threading.Semaphore(0)

        def view() -> str:
            inside.release()
            assert gate.wait(PATIENCE)
            return "done"

        monkeypatch.setattr(slow_work, "WAIT_SECONDS", 0.2)
        app.view_functions["dashboard.sources"] = view
        yield gate, inside
        gate.set()

    def test_a_report_too_many_is_told_to_wait_and_numbers_go_on(
        self, app: Flask, dashboard: FlaskClient, slow: Any
    ) -> None:
        gate, inside = slow
        cookie = dashboard.get_cookie("leadtracker")
        assert cookie is not None
        statuses: list[int] = []

        def report() -> None:
            client = app.test_client()
            client.set_cookie("leadtracker", cookie.value)
            statuses.append(client.get("/sources").status_code)

        threads = [threading.Thread(target=report) for _ in range(8)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert inside.acquire(timeout=PATIENCE)
        refused = dashboard.get("/calls")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert "Busy" in refused.text
        assert dashboard.get("/healthz").status_code == 200
        assert dashboard.get("/login").status_code == 200
        gate.set()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 8
        assert dashboard.get("/calls").status_code == 200

    def test_places_come_back_after_everything(
        self, app: Flask, dashboard: FlaskClient, engine: Engine
    ) -> None:
        def broken() -> str:
            raise RuntimeError

        app.testing = False
        app.view_functions["dashboard.settings"] = broken
        add(engine, *(call(NOW) for _ in range(3)))
        for _ in range(10):
            assert dashboard.get("/calls").status_code == 200
            assert dashboard.get("/calls?site=x").status_code == 404
            assert dashboard.get("/settings").status_code == 500
            dashboard.head("/calls.csv").close()
            assert dashboard.get("/calls.csv").text.count("\r\n") == 4
            dashboard.get("/calls.csv", buffered=False).close()
        places = app.extensions["slow_work"]
        assert all(places.acquire(blocking=False) for _ in range(8))
        assert not places.acquire(blocking=False)

    def test_whoever_is_not_logged_in_takes_no_place(
        self, app: Flask, visitor: FlaskClient
    ) -> None:
        places = app.extensions["slow_work"]
        while places.acquire(blocking=False):
            pass
        assert visitor.get("/calls").status_code == 302
        assert (
            visitor.post(
                "/login", data={"name": "admin", "password": PASSWORD}, headers=OURS
            ).status_code
            == 302
        )
