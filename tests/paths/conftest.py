"""A browser that is logged in to the dashboard, and a site that calls its visitors back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.security import generate_password_hash

from leadtracker.records import users
from leadtracker.records.users import add_user
from leadtracker.running.worker import Worker
from leadtracker.settings import Settings
from leadtracker.web.stores import Stores
from tests.callback_road import Road, road_of
from tests.dashboard_rows import OURS, PASSWORD


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords hashed with the least work, as the tests check thousands."""
    quick = functools.partial(generate_password_hash, method="scrypt:1024:8:1")
    monkeypatch.setattr(users, "generate_password_hash", quick)
    users._nobodys_hash.cache_clear()


@pytest.fixture
def visitor(app: Flask, engine: Engine, quick_hashes: None) -> FlaskClient:
    """Not logged in; the login is admin, PASSWORD."""
    add_user(engine, "admin", PASSWORD)
    return app.test_client()


@pytest.fixture
def dashboard(visitor: FlaskClient) -> FlaskClient:
    answer = visitor.post("/login", data={"name": "admin", "password": PASSWORD}, headers=OURS)
    assert answer.status_code == 302
    return visitor


@pytest.fixture
def road(app: Flask, stores: Stores, worker: Worker) -> Iterator[Road]:
    with road_of(app, stores, worker) as road:
        yield road


@pytest.fixture
def app_with(stores: Stores, make_app: Callable[[Settings], Flask]) -> Callable[..., Flask]:
    """Makes the application with other settings, on the same stores."""

    def make(**changes: Any) -> Flask:
        return make_app(stores.settings.model_copy(update=changes))

    return make
