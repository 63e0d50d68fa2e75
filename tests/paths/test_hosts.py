"""A Host header of any kind is no fault of the server's."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

PATHS = ("/", "/calls", "/login", "/tracker.js", "/static/dashboard.css", "/healthz", "/none")


@pytest.mark.parametrize(
    "host", ["a..b", "x" * 70 + ".de", "[", "x[", "@", "a b", "a:99999", "", "ü..x"]
)
def test_no_host_is_a_fault_of_ours(host: str, visitor: FlaskClient) -> None:
    visitor.application.testing = False
    for path in PATHS:
        answer = visitor.get(path, environ_overrides={"HTTP_HOST": host})
        answer.close()
        assert answer.status_code < 500, path
