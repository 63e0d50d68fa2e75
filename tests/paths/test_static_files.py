"""Scripts and styles are sent compressed to whoever takes that, and come out the same."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient

from leadtracker.web.script.number_request import VOICENTER_PATH
from leadtracker.web.static_files import STATIC

PATHS = {
    "/tracker.js": "tracker.js",
    VOICENTER_PATH: "tracker.js",
    "/debug.js": "debug.js",
    "/static/dashboard.css": "dashboard.css",
    "/static/chart.js": "chart.js",
}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize(
    ("accepted", "ending"),
    [
        ("gzip, deflate, br, zstd", ".br"),
        ("br;q=0.5, gzip", ".gz"),
        ("GZIP", ".gz"),
        ("gzip;q=0", ""),
        ("br;q=0, gzip;q=0.1", ".gz"),
        ("identity, gzip;q=0.5", ""),
        ("zstd", ""),
        ("nonsense;;q=x,,", ""),
        ("", ""),
        (None, ""),
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_what_is_sent(client: FlaskClient, path: str, accepted: str | None, ending: str) -> None:
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    with client.get(path, headers=headers) as answer:
        assert answer.data == (STATIC / (PATHS[path] + ending)).read_bytes()
        encodings = {".br": "br", ".gz": "gzip", "": None}
        assert answer.headers.get("Content-Encoding") == encodings[ending]
        assert "Accept-Encoding" in answer.vary
        assert answer.content_type.startswith(("text/javascript", "text/css"))


def test_each_encoding_has_a_mark_of_its_own(client: FlaskClient) -> None:
    marks = set()
    for accepted in ("br", "gzip", "identity"):
        with client.get("/tracker.js", headers={"Accept-Encoding": accepted}) as answer:
            mark = answer.headers["ETag"]
        marks.add(mark)
        same = {"Accept-Encoding": accepted, "If-None-Match": mark}
        with client.get("/tracker.js", headers=same) as again:
            assert (again.status_code, again.data) == (304, b"")
            assert "Accept-Encoding" in again.vary
    assert len(marks) == 3


def test_nothing_else_is_sent(client: FlaskClient) -> None:
    for path in ("/static/none.css", "/static/../app.py", "/static/%2e%2e/build.mjs", "/static/"):
        assert client.get(path).status_code == 404


def test_what_is_sent_to_an_old_browser_is_the_script(client: FlaskClient) -> None:
    with client.get("/tracker.js", headers={"Accept-Encoding": "gzip"}) as answer:
        assert gzip.decompress(answer.data) == (STATIC / "tracker.js").read_bytes()
