"""A real Chromium, a marketing site, and an ear for everything that a page complains of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine
from werkzeug.serving import make_server

from leadtracker.records.users import add_user
from tests.browser.answering_server import AnsweringServer
from tests.browser.complaints import Complaints
from tests.browser.page_server import PageServer
from tests.dashboard_rows import PASSWORD


@pytest.fixture
def service() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.hold.set()
    server.stop()


@pytest.fixture
def site(service: AnsweringServer, tmp_path: Path) -> Iterator[PageServer]:
    server = PageServer(service.origin, tmp_path)
    yield server
    server.stop()


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def visitors_browser() -> dict[str, Any]:
    """Of the visitor's browser."""
    return {}


@pytest.fixture
def context(
    browser: Browser, site: PageServer, complaints: Complaints, visitors_browser: dict[str, Any]
) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site.origin, **visitors_browser)
    context.on("page", complaints.hear)
    yield context
    context.close()
    assert complaints.of_page == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def stop_clock(page: Page) -> None:
    """From now on the test moves the page's clock, by `page.clock`."""
    page.clock.install()
    # Else half a minute of the page's time, which is a moment of the server's,
    # would end every # request.
    page.add_init_script("AbortSignal.timeout = undefined")


def stand_still(page: Page) -> None:
    """From now on the clock moves by the test alone, however long the test takes."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


@pytest.fixture
def timed(page: Page) -> Page:
    """A page whose clock the test moves."""
    stop_clock(page)
    return page


@pytest.fixture
def dashboard_address(app: Flask, engine: Engine) -> Iterator[str]:
    """The dashboard, listening."""
    add_user(engine, "admin", PASSWORD)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(
    dashboard_address: str, browser: Browser, complaints: Complaints
) -> Iterator[Callable[..., Page]]:
    """Open a path, logged in; other arguments are the browser context's."""
    contexts: list[BrowserContext] = []

    def open_at(path: str, **settings: Any) -> Page:
        settings = {"viewport": {"width": 1280, "height": 900}} | settings
        context = browser.new_context(base_url=dashboard_address, **settings)
        contexts.append(context)
        context.on("page", complaints.hear)
        page = context.new_page()
        page.goto(path)
        page.get_by_label("Name").fill("admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"**{path}")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints.of_page == []
    assert complaints.of_browser == []
