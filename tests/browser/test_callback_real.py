"""Click-to-call from the visitor's browser to the telephones: the real server,
a simulated PBX that rings them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests.browser.callback_page import VISITOR, ask, send, start
from tests.browser.complaints import Complaints
from tests.browser.page_server import PageServer
from tests.callback_road import PHONE, TARGET, Road, closed_now, road_of


@pytest.fixture
def road(app: Flask, stores: Stores, worker: Worker) -> Iterator[Road]:
    with road_of(app, stores, worker) as road:
        yield road


@pytest.fixture
def shop(road: Road, tmp_path: Path) -> Iterator[PageServer]:
    """A marketing site that may ask."""
    server = PageServer(road.url, tmp_path)
    server.token = "shop-token"
    with Session(road.stores.engine) as session:
        site_file.apply(session, tomli_w.dumps({"site": {"shop": {"origins": [server.origin]}}}))
        session.commit()
    road.rules()
    yield server
    server.stop()


@pytest.fixture
def context(browser: Browser, shop: PageServer, complaints: Complaints) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=shop.origin, **VISITOR)
    context.on("page", complaints.hear)
    yield context
    context.close()
    assert complaints.of_page == []


def test_from_the_button_to_the_end_of_the_call(page: Page, road: Road) -> None:
    status = ask(page, PHONE, think=1.1)
    expect(status).to_contain_text("Keep your phone at hand")
    page.reload()
    expect(page.get_by_role("dialog")).to_be_visible()
    road.settle()
    expect(page.get_by_role("status")).to_have_text("Thank you for talking to us.")
    (row,) = road.rows()
    assert (row.state, row.target, row.origin) == ("talked", TARGET, "page")
    assert row.visitor == page.evaluate("JSON.parse(localStorage.leadtracker).visitor")
    assert road.dialed() == {row.id: 1}


def test_a_form_sent_at_once_is_a_robots_but_the_visitor_is_called_all_the_same(
    page: Page, road: Road
) -> None:
    """A browser that fills in everything makes a person as fast as a robot:
    the second try is late enough."""
    expect(ask(page, PHONE)).to_contain_text("Keep your phone at hand")
    first, _ = road.rows()
    assert (first.state, first.code) == ("refused", "robot")
    assert len(road.dialed()) == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+44 20 7946 0958", "We cannot call this number."),
        ("1-900-555-555", "We cannot call this number."),
        ("054-321", "Please check the number."),
    ],
)
def test_refusals(number: str, said: str, page: Page, road: Road) -> None:
    expect(ask(page, number, think=1.1)).to_have_text(said)
    assert road.dialed() == {}


def test_too_often(page: Page, road: Road) -> None:
    road.rules(per_visitor={"minute": 0, "hour": 0, "day": 0})
    expect(ask(page, PHONE, think=1.1)).to_have_text(
        "This was asked for too often. Please try again later."
    )


def test_outside_opening_hours(page: Page, road: Road) -> None:
    road.rules(**closed_now())
    dialog = start(page)
    expect(
        dialog.get_by_text("We are closed now. Leave your number and we will call you")
    ).to_be_visible()
    expect(send(page, PHONE, think=1.1)).to_contain_text("Thank you. We will call you ")
    assert [row.state for row in road.rows()] == ["scheduled"]


def test_a_form_of_the_pages_own(page: Page, road: Road) -> None:
    page.goto("/callback_form.html")
    page.get_by_label("Phone").fill(PHONE)
    page.wait_for_timeout(1_100)
    page.get_by_role("button", name="Call me").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Keep your phone at hand")
    road.settle()
    expect(page.get_by_role("status")).to_have_text("Thank you for talking to us.")
    assert [row.state for row in road.rows()] == ["talked"]


def test_a_form_without_javascript(browser: Browser, shop: PageServer, road: Road) -> None:
    context = browser.new_context(base_url=shop.origin, java_script_enabled=False, **VISITOR)
    page = context.new_page()
    page.goto("/callback_form.html")
    page.get_by_label("Phone").fill(PHONE)
    page.get_by_role("button", name="Call me").click()
    expect(page.get_by_text("Your phone will ring in a moment.")).to_be_visible()
    assert page.url.startswith(f"{road.url}/callback-sent/")
    context.close()
    road.settle()
    assert [(row.state, row.origin) for row in road.rows()] == [("talked", "form")]
