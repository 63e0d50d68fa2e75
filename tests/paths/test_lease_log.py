"""What Redis knows of leases reaches the database,
and comes back from there when Redis has lost it."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.demo.browser import DESKTOP, PHONE
from leadtracker.domain import Topic
from leadtracker.errors import SiteFault
from leadtracker.live import keys
from leadtracker.numbers.regions import Regions
from leadtracker.records import leases
from leadtracker.records.database import _alembic, open_database
from leadtracker.records.sites import Directory
from leadtracker.records.tables import LeaseRow
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests import geoip_database, site_files
from tests.dashboard_rows import add, lease

ROOT = keys.root(1)


def say(
    client: FlaskClient,
    ask: str,
    visitor: str,
    user_agent: str = DESKTOP,
    address: str = "",
    **more: Any,
) -> dict[str, Any]:
    """From no known address unless told: one address may not hold all of a small pool."""
    campaign = "utm_source=google&utm_campaign=spring|sale"
    message = {
        "ask": ask,
        "token": "shop-token",
        "visitor": visitor.ljust(22, "_"),
        "visit": visitor.ljust(22, "-"),
        "arrival": {"url": f"https://shop.example.com/kitchens/oak?{campaign}"},
    } | more
    headers = {"Origin": "https://shop.example.com", "User-Agent": user_agent}
    answer = client.post(
        "/tracker.js",
        data=json.dumps(message),
        headers=headers,
        environ_overrides={"REMOTE_ADDR": address},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def work(worker: Worker) -> None:
    while worker.turn():
        pass


def test_a_lease_from_the_page_to_the_database(
    app: Flask, stores: Stores, worker: Worker, tmp_path: Path
) -> None:
    topics = {"kitchens": {"pages": ["/kitchens"], "calls": ["2"]}}
    with Session(stores.engine) as session:
        site_file.save_site(session, "shop", {"topics": topics})
        session.commit()
    stores.directory._next_check = 0
    stores.directory.refresh()
    network = {
        "192.0.2.0/24": {"country": {"iso_code": "IL"}, "subdivisions": [{"iso_code": "JM"}]}
    }
    numbers = inspect.getclosurevars(app.view_functions["number /tracker.js"]).nonlocals["numbers"]
    numbers._regions = Regions(geoip_database.write(tmp_path / "city.mmdb", network))
    client = app.test_client()
    shown = say(client, "number", "dana", PHONE, "192.0.2.7")
    for more in (
        {"state": "visible", "signals": ["tap"], "engaged": 20},
        {"state": "hidden", "engaged": 61.5},
        {"state": "visible", "signals": ["save"]},
    ):
        assert say(client, "beat", "dana", PHONE, lease=shown["lease"], **more) == {"known": True}
    work(worker)
    in_redis = stores.live.holders(1, shown["did"])
    with Session(stores.engine) as session:
        row = session.scalars(select(LeaseRow)).one()
        assert (row.chosen, row.source_key, row.source_group) == (
            "pool",
            "google / spring/sale",
            "",
        )
        in_sql = leases.holders(session, shown["did"], datetime.now(UTC))
    assert in_sql == in_redis
    (one,) = in_sql
    assert (one.device, one.region, one.topic) == ("mobile", "IL-2", "kitchens")
    assert (len(one.levels), len(one.gaps), len(one.taps), one.left) == (3, 1, 1, None)


def test_a_tap_on_the_default_number_reaches_the_database(
    app: Flask, stores: Stores, worker: Worker
) -> None:
    client = app.test_client()
    for n in range(5):
        say(client, "number", f"visitor{n}")
    assert say(client, "number", "dana", PHONE)["reason"] == "pool_empty"
    say(client, "beat", "dana", PHONE, state="hidden", signals=["tap"])
    say(client, "beat", "ron", state="hidden", signals=["copy"])
    say(client, "beat", "robot", "Googlebot/2.1", state="visible", signals=["tap"])
    work(worker)
    now = datetime.now(UTC)
    with Session(stores.engine) as session:
        (tapped,) = leases.tapped_default(session, 1, now - timedelta(minutes=1), now)
        row = session.get_one(LeaseRow, tapped.id)
        assert (row.visitor, row.reason, row.did, row.new_visit) == (
            "dana".ljust(22, "_"),
            "tapped",
            None,
            False,
        )
        assert (tapped.device, tapped.source, row.campaign) == (
            "mobile",
            "google / spring/sale",
            "spring|sale",
        )
        assert (
            session.scalars(select(LeaseRow.visitor).where(LeaseRow.visitor.like("robot%"))).all()
            == []
        )
    assert 0 < stores.live.client.ttl(f"{ROOT}:visitor:{tapped.visitor}") <= 90 * 86400


def test_a_redis_that_lost_everything_is_told_what_the_database_knows(
    app: Flask, stores: Stores, worker: Worker, engine: Engine
) -> None:
    client = app.test_client()
    now = datetime.now(UTC)
    for n in range(5):
        shown = say(client, "number", f"visitor{n}")
    add(
        engine,
        *(
            lease(now - timedelta(days=n + 1), did=shown["did"], left=now - timedelta(days=n))
            for n in range(200)
        ),
    )
    work(worker)
    stores.live.client.flushall()
    newcomer = say(client, "number", "newcomer")  # before the worker has noticed
    work(worker)
    for _ in range(2):
        if newcomer["did"] != shown["did"]:
            assert say(client, "beat", "visitor4", lease=shown["lease"], state="visible") == {
                "known": True
            }
        holders = stores.live.holders(1, shown["did"])
        assert len(holders) == keys.KEEP + 1
        assert [one.start for one in holders] == sorted(
            (one.start for one in holders), reverse=True
        )
        stores.live.client.delete(f"{ROOT}:restored")  # twice changes nothing
        work(worker)
    held = [stores.live.holders(1, did.e164) for did in stores.directory.dids(1)]
    assert sorted(one[0].visitor.strip("_") for one in held)[:1] == ["newcomer"]
    assert say(client, "number", "another")["reason"] == "pool_empty", (
        "pages that may be visible keep their numbers"
    )


def test_topics_are_kept_in_the_site_file(engine: Engine) -> None:
    site_files.keep(
        engine,
        '[site.shop.topics.kitchens]\npages = ["/k"]\n[site.shop.topics.baths]\ncalls = ["3"]',
    )
    assert Directory(engine).sites[0].topics == {
        "kitchens": Topic(pages=("/k",)),
        "baths": Topic(calls=("3",)),
    }


@pytest.mark.parametrize(
    ("topics", "fault"),
    [
        ([], "topics must be a table"),
        ({"a|b": {}}, "without |"),
        ({"a": {"pages": "/a"}}, "has lists of texts"),
        ({"a": {"page": ["/a"]}}, "has lists of texts"),
        ({"a": {"calls": [3]}}, "has lists of texts"),
        ({"a": []}, "has lists of texts"),
        ({"a": {"pages": ["a"]}}, "must begin with /"),
    ],
)
def test_topics_that_cannot_be_saved(engine: Engine, topics: Any, fault: str) -> None:
    with Session(engine) as session, pytest.raises(SiteFault, match=fault.replace("|", r"\|")):
        site_file.save_site(session, "shop", {"topics": topics})


def test_a_database_of_the_first_version_is_brought_up_to_date(
    engine: Engine, tmp_path: Path
) -> None:
    """With its rows; a fresh SQLite file or the PostgreSQL at hand,
    taken back to the first version."""
    if engine.dialect.name == "sqlite":
        engine = open_database(f"sqlite:///{tmp_path}/first.sqlite")
        command.upgrade(_alembic(engine), "0001")
    else:
        command.downgrade(_alembic(engine), "0001")
    first = """INSERT INTO leases (id, site_id, did, visitor, visit, reason, start, seen, taps,
        touchpoint, channel, source, campaign, landing_page, new_visit)
        VALUES ('l', 1, '+972722776772', 'v', 'w', 'leased', '2026-01-01 10:00:00+00:00',
        '2026-01-01 10:00:00+00:00', '[]', '{}', '', '', '', '', true)"""
    site = """INSERT INTO sites (id, name, origins, country, time_zone, display_format,
        lease_seconds, visitor_days, name_keys, company_keys)
        VALUES (1, 'shop', '[]', 'IL', 'Asia/Jerusalem', 'national', 120, 90, '[]', '[]')"""
    with engine.begin() as connection:
        connection.execute(text(site))
        connection.execute(text(first))
    command.upgrade(_alembic(engine), "head")
    with Session(engine) as session:
        (found,) = leases.holders(session, "+972722776772", datetime(2026, 1, 2, tzinfo=UTC))
    assert (found.source, found.device, found.levels, found.gaps) == ("", "desktop", (), ())
    assert Directory(engine).sites[0].topics == {}
