"""Whose share of a pool is unusual, and a Redis that is full: the pool page, the metrics, the
worker's log and the doctor say so."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.records.sites import add_dids
from leadtracker.records.tables import SiteRow
from leadtracker.running.doctor import findings
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests.paths.test_main_road import CHROME, ORIGIN, message, number, post

MANY = "2001:db8:1:2::/64"


@pytest.fixture
def busy(dashboard: FlaskClient, engine: Engine, stores: Stores) -> FlaskClient:
    """One network holds six of twenty numbers, one address two."""
    with Session(engine) as session:
        add_dids(session, session.get_one(SiteRow, 1), [f"072-277-68{n}" for n in range(10, 25)])
        session.commit()
    stores.directory._next_check = 0
    stores.directory.refresh()
    people = [f"2001:db8:1:2::{n}" for n in range(8)] + ["203.0.113.7"] * 2
    for n, address in enumerate(people):
        dashboard.post(
            "/tracker.js",
            data=json.dumps(message(f"visitor{n}")),
            headers={"Origin": ORIGIN, "User-Agent": CHROME},
            environ_overrides={"REMOTE_ADDR": address},
        )
    return dashboard


def test_the_pool_page_names_unusual_shares(busy: FlaskClient) -> None:
    text = busy.get("/pool").text
    assert "Unusual shares" in text
    assert f'<code>{MANY}</code></th><td class="figure">6</td>' in text
    assert "203.0.113.7" not in text
    assert "Unusual shares" not in busy.get("/pool?site=2").text


def test_metrics_count_them_and_name_nobody(busy: FlaskClient) -> None:
    text = busy.get("/metrics").text
    assert 'leadtracker_pool_largest_share{site="shop"} 6.0' in text
    assert 'leadtracker_pool_unusual_shares{site="shop"} 1.0' in text
    assert "2001:db8" not in text


def test_the_worker_logs_them(
    busy: FlaskClient, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        worker.turn()
        worker.turn()
    said = [record.getMessage() for record in caplog.records if "holds" in record.getMessage()]
    assert said == [f"the address {MANY} holds 6 of the 20 numbers of the site shop"]


@contextmanager
def redis_with(stores: Stores, **settings: str) -> Iterator[None]:
    """Redis has these settings for a while."""
    client = stores.live.client
    names = {name.replace("_", "-"): value for name, value in settings.items()}
    before: dict[Any, Any] = {}  # typed for bytes too; ours answers in texts
    for name in names:  # Redis before 7 reads one at a time
        before |= client.config_get(name)
    for name, value in names.items():
        client.config_set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            client.config_set(name, value)


@pytest.mark.parametrize(
    ("maxmemory", "policy", "wrong"),
    [
        ("1gb", "noeviction", []),
        ("1kb", "noeviction", ["Redis uses "]),
        ("1gb", "allkeys-lru", ["Redis drops"]),
    ],
)
def test_the_doctor_looks_at_the_memory(
    stores: Stores, maxmemory: str, policy: str, wrong: list[str]
) -> None:
    with redis_with(stores, maxmemory=maxmemory, maxmemory_policy=policy):
        found = list(findings(stores.settings, stores.engine, stores.live))
    said = [one for one in found if one.what.startswith("Redis ") and not one.well]
    assert [one.what[:11] for one in said] == wrong
    assert all(one.do for one in said)


def test_a_full_redis_leaves_each_page_its_number(app: Flask, stores: Stores) -> None:
    client = app.test_client()
    dana = number(client, "dana")
    shown = {"lease": dana["lease"], "state": "visible", "signals": []}
    before = written(stores)
    with redis_with(stores, maxmemory="1kb"):
        assert post(client, message("ron")).status_code == 503
        assert post(client, message("dana", ask="beat", **shown)).status_code == 503
        assert written(stores) == before, "nothing is half written"
    assert post(client, message("dana", ask="beat", **shown)).get_json()["known"] is True
    again = number(client, "dana", lease=dana["lease"])
    assert (again["did"], again["reason"]) == (dana["did"], "kept")
    assert number(client, "ron")["reason"] == "leased"


def written(stores: Stores) -> dict[str, bytes | None]:
    client = stores.live.client
    return {str(key): client.dump(key) for key in client.scan_iter("lt:*")}
