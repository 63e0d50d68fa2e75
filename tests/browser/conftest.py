"""A real Chromium, a marketing site, and an ear for everything that a page complains of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.answering_server import AnsweringServer
from tests.browser.complaints import Complaints
from tests.browser.page_server import PageServer

PROGRAM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or PROGRAM
    if not Path(program).exists():
        pytest.fail("Chromium is not installed: the browser tests need it (make test installs it)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        browser.close()


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
def context(browser: Browser, site: PageServer, complaints: Complaints) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site.origin)
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
    # Else half a minute of the page's time, which is a moment of the server's, would end every request.
    page.add_init_script("AbortSignal.timeout = undefined")


@pytest.fixture
def timed(page: Page) -> Page:
    """A page whose clock the test moves."""
    stop_clock(page)
    return page
