"""A browser that is logged in to the dashboard."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from leadtracker.records.users import add_user

PASSWORD = "correct horse battery"
OURS = {"Sec-Fetch-Site": "same-origin"}  # as every browser says of a form of the page


@pytest.fixture
def visitor(app: Flask, engine: Engine) -> FlaskClient:
    """Not logged in; the login is admin, PASSWORD."""
    add_user(engine, "admin", PASSWORD)
    return app.test_client()


@pytest.fixture
def dashboard(visitor: FlaskClient) -> FlaskClient:
    answer = visitor.post("/login", data={"name": "admin", "password": PASSWORD}, headers=OURS)
    assert answer.status_code == 302
    return visitor
