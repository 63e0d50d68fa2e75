"""Takes the pictures of docs/images from the demo's real pages: `make pictures`."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.conftest import FLAGS, PROGRAM
from tests.demo_run import PERSON, Running

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
DEFAULT_NUMBER = "072-277-6900"  # of the demo's shop, until a visitor has their own
DESK: ViewportSize = {"width": 1280, "height": 800}


def _log_in(page: Page, demo: Running) -> None:
    page.goto(demo.address("Dashboard"))
    name, password = demo.until(r"Login +(\S+) / (\S+)").groups()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/calls")


def _take(page: Page, name: str, *, whole: bool = False) -> None:
    page.screenshot(path=FOLDER / f"{name}.png", full_page=whole)
    print(f"docs/images/{name}.png")


def _dashboard(page: Page) -> None:
    _take(page, "calls")
    likely = page.locator("tr:has(.verdict:not(.certain)) a")
    (likely if likely.count() else page.locator("tr:has(.verdict) a")).first.click()
    _take(page, "call", whole=True)
    page.get_by_role("link", name="Visitor’s card").click()
    _take(page, "visitor")
    page.goto("/callbacks")
    _take(page, "callbacks", whole=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = Running(Path(folder))
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        try:
            demo.until("The first round is over")
            shop = browser.new_page(viewport=DESK, user_agent=PERSON)
            shop.goto(demo.address("Marketing site"))
            expect(shop.locator("body")).not_to_contain_text(DEFAULT_NUMBER)
            _take(shop, "demo")
            address = demo.address("Dashboard")
            page = browser.new_context(base_url=address, viewport=DESK).new_page()
            _log_in(page, demo)
            _dashboard(page)
        finally:
            browser.close()
            demo.stop(signal.SIGINT)


if __name__ == "__main__":
    main()
