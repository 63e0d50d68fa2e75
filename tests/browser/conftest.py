"""A real Chromium, a marketing site, and an ear for everything that a page complains of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from answering_server import AnsweringServer
from page_server import PageServer

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


@dataclass
class Complaints:
    """What the pages of a test threw or wrote into the console as a warning or an error."""

    of_page: list[str] = field(default_factory=list)
    of_browser: list[str] = field(default_factory=list)  # its own note of a failed request, which no script can prevent

    def hear(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.of_page.append(f"thrown: {error}"))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning", "assert"):
            return
        browsers_own = message.location["url"] and not message.args
        (self.of_browser if browsers_own else self.of_page).append(message.text)


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
