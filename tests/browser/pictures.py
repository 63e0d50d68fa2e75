"""Takes the pictures of docs/images from the demo's real pages: `make pictures`."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.conftest import FLAGS, PROGRAM
from tests.patience import PATIENCE, until

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
DEFAULT_NUMBER = "072-277-6900"  # of the demo's shop, until a visitor has their own
PERSON = (  # Chromium without a window says so, and a robot is shown no number
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
DESK: ViewportSize = {"width": 1280, "height": 800}


class Demo:
    """The demo in a folder of its own, from its first round until `stop`."""

    def __init__(self, folder: Path) -> None:
        self._printed = folder / "printed.txt"
        with self._printed.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "leadtracker", "demo"], cwd=folder, stdout=output
            )

    def said(self, pattern: str) -> re.Match[str]:
        found: re.Match[str] = until(
            lambda: re.search(pattern, self._printed.read_text()), self._printed.read_text
        )
        return found

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)


def _log_in(page: Page, demo: Demo) -> None:
    page.goto(demo.said(r"Dashboard +(http://\S+)")[1])
    name, password = demo.said(r"Login +(\S+) / (\S+)").groups()
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
        demo = Demo(Path(folder))
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        try:
            demo.said("The first round is over")
            shop = browser.new_page(viewport=DESK, user_agent=PERSON)
            shop.goto(demo.said(r"Marketing site +(http://\S+)")[1])
            expect(shop.locator("body")).not_to_contain_text(DEFAULT_NUMBER)
            _take(shop, "demo")
            address = demo.said(r"Dashboard +(http://\S+)")[1]
            page = browser.new_context(base_url=address, viewport=DESK).new_page()
            _log_in(page, demo)
            _dashboard(page)
        finally:
            browser.close()
            demo.stop()


if __name__ == "__main__":
    main()
