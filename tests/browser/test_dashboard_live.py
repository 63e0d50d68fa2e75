"""The list of calls keeps itself up to date, and nothing jumps under the reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, delete, update
from sqlalchemy.orm import Session

from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow
from leadtracker.records.users import change_password
from tests.callback_road import callback_row
from tests.dashboard_rows import add, call
from tests.patience import PATIENCE

Open = Callable[..., Page]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/leadtracker.sqlite"


def test_a_new_call_appears_on_top(open_page: Open, engine: Engine) -> None:
    now = datetime.now(UTC)
    add(engine, call(now - timedelta(hours=1)))
    page = open_page("/calls")
    rows = page.locator("table.calls tbody tr")
    ringing = call(
        now, phase="ringing", outcome="unknown", talk_seconds=0, visitor_info={"name": "רינה"}
    )
    add(engine, ringing)
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("רינה")
    expect(rows.first).to_contain_text("Ringing")
    expect(page.get_by_role("status")).to_have_text("1 new call")
    with Session(engine) as session:
        session.execute(
            update(CallRow).where(CallRow.id == ringing.id).values(phase="ended", outcome="missed")
        )
        session.commit()
    expect(rows.first).to_contain_text("Missed")
    expect(rows).to_have_count(2)
    expect(page.get_by_role("status")).to_have_text("Live")


def test_a_callback_request_goes_on_before_the_readers_eyes(
    open_page: Open, engine: Engine
) -> None:
    now = datetime.now(UTC)
    add(engine, callback_row(1, made_at=now - timedelta(hours=1)))
    page = open_page("/callbacks")
    rows = page.locator("table.calls tbody tr")
    add(engine, callback_row(2, made_at=now, name="רינה", state="dialling", talk_seconds=0))
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("רינה")
    expect(rows.first.get_by_role("button")).to_have_text("Hang up")
    expect(page.locator("#live")).to_have_text("1 new request")
    with Session(engine) as session:
        session.execute(
            update(CallbackRow).where(CallbackRow.id == "request-2").values(state="talked")
        )
        session.commit()
    expect(rows.first).to_contain_text("Connected")
    expect(rows.first.get_by_role("button")).to_have_count(0)


def test_the_place_that_is_read_does_not_move(open_page: Open, engine: Engine) -> None:
    now = datetime.now(UTC)
    add(engine, *(call(now - timedelta(hours=number)) for number in range(1, 45)))
    page = open_page("/calls")
    row = page.locator("table.calls tbody tr").nth(25)
    row.scroll_into_view_if_needed()
    page.mouse.wheel(0, 200)
    page.wait_for_timeout(300)
    name = row.get_attribute("id")
    before = page.locator(f"#{name}").bounding_box()
    add(engine, call(now), call(now))
    expect(page.locator("table.calls tbody tr")).to_have_count(46)
    after = page.locator(f"#{name}").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2


def test_a_hidden_tab_asks_nothing(open_page: Open, engine: Engine) -> None:
    page = open_page("/calls")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        "Object.defineProperty(document, 'hidden',"
        " {get: () => window.away ?? true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_timeout(5000)
    assert asked == []
    with page.expect_request("**/calls/newest*", timeout=1000 * PATIENCE):
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")


def test_the_first_call_replaces_the_advice(open_page: Open, engine: Engine) -> None:
    page = open_page("/calls")
    expect(page.get_by_role("heading", name="No calls yet")).to_be_visible()
    add(engine, call(datetime.now(UTC)))
    expect(page.locator("table.calls tbody tr")).to_have_count(1)
    expect(page.get_by_role("heading", name="No calls yet")).to_have_count(0)


def test_a_login_that_ended_leads_to_the_login(open_page: Open, engine: Engine) -> None:
    page = open_page("/calls")
    change_password(engine, "admin", "another long password")
    page.wait_for_url("**/login?next=**")


def test_rows_that_no_longer_match_stay_until_the_page_is_loaded_again(
    open_page: Open, engine: Engine
) -> None:
    add(engine, call(datetime.now(UTC)))
    page = open_page("/calls")
    with Session(engine) as session:
        session.execute(delete(CallRow))
        session.commit()
    page.wait_for_timeout(4500)
    assert page.locator("table.calls tbody tr").count() == 1
