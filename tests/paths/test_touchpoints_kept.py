"""A touchpoint in SQL and in Redis: what older versions wrote is read, and the same is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from leadtracker.domain import Touchpoint, touchpoint_from_json, touchpoint_to_json
from leadtracker.live import keys
from leadtracker.records import leases
from leadtracker.web.stores import Stores
from tests import site_files
from tests.dashboard_rows import NOW, add, lease

WRITTEN = (
    '{"at":"2026-03-01T14:00:00.250+02:00","url":"https://shop.example.com/sale?utm_source=s",'
    '"referrer":"https://www.google.com/","channel":"paid search","source":"s","medium":"m",'
    '"campaign":"אביב","term":"t","content":"o","landing_page":"/sale",'
    '"click_ids":{"gclid":"1","fbclid":"2"}}'
)
READ = Touchpoint(
    at=datetime(2026, 3, 1, 14, 0, 0, 250_000, timezone(timedelta(hours=2))),
    url="https://shop.example.com/sale?utm_source=s",
    referrer="https://www.google.com/",
    channel="paid search",
    source="s",
    medium="m",
    campaign="אביב",
    term="t",
    content="o",
    landing_page="/sale",
    click_ids={"gclid": "1", "fbclid": "2"},
)
PARTS = {  # of one, as texts -> what is read
    "{}": None,
    '{"source":"google"}': Touchpoint(source="google"),
    '{"at":"2026-03-01T12:00:00"}': Touchpoint(at=datetime(2026, 3, 1, 12, tzinfo=UTC)),
    '{"at":"yesterday","channel":"email"}': Touchpoint(channel="email"),
    '{"channel":"direct","forgotten":1}': Touchpoint(channel="direct"),
}


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    site_files.keep(engine, "[account.pbx]\nvendor='voicenter'\n\n[site.shop]")
    add(engine, lease(NOW, id="one", arrival=READ), lease(NOW, id="none", arrival=None))
    with Session(engine) as session:
        yield session


def test_the_text_is_the_same_to_the_letter() -> None:
    assert touchpoint_from_json(orjson.loads(WRITTEN)) == READ
    assert orjson.dumps(touchpoint_to_json(READ)).decode() == WRITTEN
    assert touchpoint_to_json(None) == {}


@pytest.mark.parametrize("written", PARTS)
def test_of_a_part_what_is_there_is_read(written: str) -> None:
    assert touchpoint_from_json(orjson.loads(written)) == PARTS[written]


def test_a_row_has_the_object_that_rows_always_had(session: Session) -> None:
    kept = {
        name: orjson.loads(column)
        for name, column in session.execute(text("SELECT id, CAST(touchpoint AS TEXT) FROM leases"))
    }
    assert kept == {"one": orjson.loads(WRITTEN), "none": {}}


@pytest.mark.parametrize(("written", "read"), [(WRITTEN, READ), *PARTS.items()])
def test_an_old_row_is_read(session: Session, written: str, read: Touchpoint | None) -> None:
    session.execute(text("UPDATE leases SET touchpoint = :written"), {"written": written})
    assert leases.touchpoint_of(session, "one") == read


def test_what_redis_remembers_of_a_visitor_is_read(stores: Stores) -> None:
    key = f"{keys.root(1)}:visitor:dana"
    stores.live.client.hset(key, mapping={"first": WRITTEN, "latest": '{"source":"google"}'})
    dana = stores.live.visitor(1, "dana")
    assert dana is not None
    assert (dana.first, dana.latest) == (READ, Touchpoint(source="google"))
    stores.live.client.hset(key, "first", "{}")
    stores.live.client.hdel(key, "latest")
    dana = stores.live.visitor(1, "dana")
    assert dana is not None
    assert (dana.first, dana.latest) == (None, None)
