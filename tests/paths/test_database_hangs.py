"""A database that hangs: numbers, heartbeats and screen pops do not wait for it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from leadtracker.errors import StoreUnavailable
from leadtracker.records import patience
from leadtracker.records.inbox import Inbox
from leadtracker.records.session import Engine, OperationalError, ping
from leadtracker.records.tables import InboxRow
from leadtracker.web import pbx, waiting
from leadtracker.web.stores import Stores
from leadtracker.web.waiting import Places
from tests.conftest import SITE
from tests.patience import PATIENCE, until
from tests.served import answers, serving

HEADERS = {"Origin": "https://shop.example.com", "User-Agent": "Mozilla/5.0 Chrome/140.0"}
NUMBER = {"ask": "number", "token": "shop-token", "visitor": "v" * 22, "visit": "w" * 22}
PBX = "/pbx/pbx/secret-of-the-pbx-account"
POP = {"ivrid": "a-call", "phone": "0501234567", "did": "0722776772"}


def cdr(name: str) -> dict[str, Any]:
    kind = {"type": "Incoming Call", "status": "ANSWER", "did": "0722776772", "duration": 5}
    return kind | {"caller": "0501234567", "ivruniqueid": name, "time": int(time.time())}


@pytest.fixture
def stopped(
    app: Flask, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Call it, and the database hangs; call it again, and it goes on."""
    monkeypatch.setattr(pbx, "POP_SECONDS", 0.3)
    monkeypatch.setattr(waiting, "WAIT_SECONDS", 0.1)
    object.__setattr__(stores.settings, "database_seconds", 0.5)
    stops = _locked(stores.engine)
    if stores.engine.dialect.name == "postgresql":
        stops = _stopped(stores.engine)
    with closing(stops):
        yield lambda: next(stops)


def _locked(engine: Engine) -> Generator[None]:
    assert engine.url.database
    lock = sqlite3.connect(engine.url.database, isolation_level=None)
    with closing(lock):
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")
        yield


def _stopped(engine: Engine) -> Generator[None]:
    folder = Path(str(make_url(engine.url).query["host"]))
    parent = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    try:
        for pid in (parent, *map(int, children)):
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in (parent, *map(int, children)):
            os.kill(pid, signal.SIGCONT)
    yield


def kept(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return [str(body) for body in session.scalars(select(InboxRow.body))]


def test_a_page_and_a_phone_are_answered_while_the_database_hangs(
    app: Flask, stores: Stores, stopped: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    assert client.post(f"{PBX}/screen-pop", json=POP).status_code == 200
    stopped()

    def no_sql(*_: object) -> None:
        pytest.fail("a number request asks the database")

    with monkeypatch.context() as patched:
        patched.setattr(stores.engine, "connect", no_sql)
        answer = client.post("/tracker.js", data=json.dumps(NUMBER), headers=HEADERS)
        assert answer.get_json()["did"]
        beat = NUMBER | {"ask": "beat", "state": "visible", "did": answer.get_json()["did"]}
        assert client.post("/tracker.js", data=json.dumps(beat), headers=HEADERS).status_code == 200
        assert client.get("/healthz").status_code == 200
    late = client.post(f"{PBX}/screen-pop", json=POP | {"ivrid": "another"})
    assert late.status_code == 200
    assert late.get_json()["STATUS"] == "OK"
    stopped()
    until(lambda: client.post(f"{PBX}/cdr", json=cdr("after")).status_code == 200)
    assert any("after" in body for body in kept(stores.engine))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_that_is_stopped_is_given_up(
    request: pytest.FixtureRequest, engine: Engine, stopped: Callable[[], None]
) -> None:
    """A statement under way, and then a connection that is to be made."""
    patience.wait_at_most(0.2)
    request.addfinalizer(lambda: patience.wait_at_most(None))
    with engine.connect() as connection:
        connection.execute(select(1))
        stopped()
        with pytest.raises(OperationalError, match="did not answer in time"):
            connection.execute(select(1))
        connection.invalidate()
    with pytest.raises(OperationalError, match="timeout"):
        ping(engine)
    stopped()
    ping(engine)


class TestPlaces:
    def test_three_quarters_of_the_threads_may_wait(self, app: Flask) -> None:
        places = app.extensions["waiting"]
        assert [places.take() for _ in range(13)] == [True] * 12 + [False]
        client = app.test_client()
        refused = client.post(f"{PBX}/cdr", json=cdr("one"))
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert client.get("/readyz").status_code == 503
        assert client.get("/login").status_code == 503
        assert client.post(f"{PBX}/screen-pop", json=POP).status_code == 200
        assert client.get("/healthz").status_code == 200
        number = client.post("/tracker.js", data=json.dumps(NUMBER), headers=HEADERS)
        assert number.status_code == 200
        places.give_back()
        for name in ("two", "three"):  # each gives its place back
            assert client.post(f"{PBX}/cdr", json=cdr(name)).status_code == 200

    def test_nobody_waits_for_takers_who_do_not_move(self) -> None:
        places = Places(1, seconds=0.01)
        assert places.take()
        assert not places.take()
        places._seconds = PATIENCE  # whoever waited now would wait for ever
        assert not places.take()
        places.give_back()
        assert places.take()

    def test_whoever_waits_gets_the_place_that_is_given_back(self) -> None:
        places, got = Places(1, seconds=PATIENCE), []
        places.take()
        waiter = threading.Thread(target=lambda: got.append(places.take()))
        waiter.start()
        places.give_back()
        waiter.join()
        assert got == [True]


def test_a_lost_place_in_the_inbox_is_said(
    app: Flask, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreUnavailable("why")

    monkeypatch.setattr(Inbox, "keep", refuse)
    answer = app.test_client().post(f"{PBX}/screen-pop", json=POP)
    assert answer.status_code == 200


def test_numbers_are_given_while_many_notifications_wait(tmp_path: Path) -> None:
    """Of four threads three may wait: the fourth answers pages."""
    with serving(tmp_path, SITE, workers="1", threads="4") as (served, engine):
        served.until(lambda: answers(f"{served.url}/readyz"))
        engine.dispose()
        statuses: list[int] = []

        def send(name: str) -> None:
            url = f"{served.url}{PBX}/cdr"
            statuses.append(requests.post(url, json=cdr(name), timeout=PATIENCE).status_code)

        database = tmp_path / "data" / "leadtracker.sqlite"
        threads = [threading.Thread(target=send, args=(str(name),)) for name in range(12)]
        with closing(sqlite3.connect(database, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            for thread in threads:
                thread.start()
            until(lambda: 503 in statuses)
            for _ in range(5):
                url = f"{served.url}/tracker.js"
                answer = requests.post(
                    url, data=json.dumps(NUMBER), headers=HEADERS, timeout=PATIENCE
                )
                assert answer.json()["did"]
            assert 200 not in statuses
            lock.execute("ROLLBACK")
        for thread in threads:
            thread.join()
        assert set(statuses) == {200, 503}
