"""The pool page: who holds which number, and when there were too few."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.records.sites import remove_dids
from leadtracker.records.tables import SiteRow
from tests.dashboard_rows import NOW, add, lease

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)


def ask(client: FlaskClient, visitor: str) -> str:
    message = {
        "ask": "number",
        "token": "shop-token",
        "visitor": visitor.ljust(22, "_"),
        "visit": visitor.ljust(22, "-"),
        "arrival": {"url": "https://shop.example.com/", "referrer": ""},
    }
    headers = {"Origin": "https://shop.example.com", "User-Agent": CHROME}
    nobody = {"REMOTE_ADDR": ""}  # one address may not hold all of a small pool
    answer = client.post(
        "/tracker.js", data=json.dumps(message), headers=headers, environ_overrides=nobody
    )
    return str(answer.get_json()["reason"])


def test_numbers_in_use_idle_and_draining(dashboard: FlaskClient, engine: Engine) -> None:
    assert [ask(dashboard, "first"), ask(dashboard, "second")] == ["leased", "leased"]
    with Session(engine) as session:
        site = session.get_one(SiteRow, 1)
        remove_dids(session, site, ["072-277-6776"])
        session.commit()
    dashboard.application.extensions["leadtracker"].directory._next_check = 0
    dashboard.application.extensions["leadtracker"].directory.refresh()
    text = dashboard.get("/pool").text
    assert "2 of 4 numbers are in use; 2 are free." in text
    assert text.count(">In use</span>") == 2
    assert text.count(">Idle</span>") == 2
    assert text.count(">Draining</span>") == 1
    assert f'href="/visitors/{"first".ljust(22, "_")}"' in text
    lines = list(csv.reader(io.StringIO(dashboard.get("/pool.csv").data.decode("utf-8-sig"))))
    assert lines[0] == ["Number", "State", "Last visitor", "Last seen (UTC)"]
    assert sorted(line[1] for line in lines[1:]) == ["draining", "idle", "idle", "in use", "in use"]
    assert {line[2] for line in lines[1:] if line[1] == "in use"} == {
        "first".ljust(22, "_"),
        "second".ljust(22, "_"),
    }
    other = dashboard.get("/pool?site=2").text
    assert "0 of 2 numbers are in use" in other
    assert "first" not in other


def test_no_number_is_free(dashboard: FlaskClient) -> None:
    assert [ask(dashboard, f"visitor{number}") for number in range(6)] == ["leased"] * 5 + [
        "pool_empty"
    ]
    text = dashboard.get("/pool").text
    assert "No number is free" in text
    assert 'the default number <bdi class="phone" dir="ltr">03-555-1234</bdi>' in text


def test_when_there_were_too_few(dashboard: FlaskClient, engine: Engine) -> None:
    add(
        engine,
        *(
            lease(NOW, reason="pool_empty", did=None, visitor=visitor)
            for visitor in ("a", "a", "b", "c")
        ),
        lease(NOW - timedelta(days=1), reason="pool_empty", did=None),
        lease(NOW, reason="pool_empty", did=None, site_id=2),
        lease(NOW),
    )
    week = dashboard.get("/pool?from=2026-11-12&to=2026-11-18").text
    assert "4 visitors found every number in use" in week
    assert "The worst was 18 Nov, with 3." in week
    assert 'href="/pool?from=2026-11-18&amp;to=2026-11-18">18 Nov</a>' in week
    day = dashboard.get("/pool?from=2026-11-18&to=2026-11-18").text
    assert "3 visitors found" in day
    assert ">14:00</th>" in day
    assert "1 visitor found" in dashboard.get("/pool?from=2026-11-18&to=2026-11-18&site=2").text
    assert "Always enough" in dashboard.get("/pool?from=2026-11-01&to=2026-11-07").text


def test_which_sources_share_numbers(dashboard: FlaskClient) -> None:
    assert "share numbers" not in dashboard.get("/pool").text
    stores = dashboard.application.extensions["leadtracker"]
    site = stores.directory.site(1)
    ask(dashboard, "first")
    arrivals = {"google / spring": 90, "bing / <b>": 5} | {f"mail / {n}": 1 for n in range(9)}
    stores.live.client.hset("lt:{1}:arrivals", mapping=arrivals)
    stores.live.regroup(site)
    text = dashboard.get("/pool").text
    assert "<bdi>google / spring</bdi></th>" in text
    assert "<bdi>bing / &lt;b&gt;</bdi>, <bdi>direct / direct</bdi>" in text
    assert "and 3 more</span>" in text


def test_without_redis_the_page_says_so(dashboard: FlaskClient) -> None:
    live = dashboard.application.extensions["leadtracker"].live
    live._url, live._local = "unix:///nowhere.sock", type("Local", (), {})()
    answer = dashboard.get("/pool")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Redis does not answer" in answer.text
