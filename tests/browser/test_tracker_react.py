"""React keeps working on what the script has changed,
and the number stays through all its renders."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answering_server import NUMBER, OTHER_NUMBER, AnsweringServer
from tests.browser.complaints import Complaints
from tests.browser.conftest import stop_clock
from tests.browser.page_server import PAGES
from tests.fresh_static import fresh_static

OURS = NUMBER["display"]


@pytest.fixture(scope="module")
def built_app(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The React page's script; development mode, so that React complains when it can."""
    packages = fresh_static() / "node_modules"
    file = tmp_path_factory.mktemp("react") / "react_app.js"
    subprocess.run(
        [
            packages / ".bin" / "esbuild",
            PAGES / "react_app.jsx",
            "--bundle",
            "--jsx=automatic",
            f"--outfile={file}",
            "--log-level=error",
        ],
        check=True,
        env=os.environ | {"NODE_PATH": str(packages)},
    )
    return file.read_text()


@pytest.fixture
def shop(page: Page, built_app: str, tmp_path: Path) -> Page:
    (tmp_path / "react_app.js").write_text(built_app)
    return page


def shown(page: Page, number: str) -> None:
    expect(page.locator("#in-place")).to_have_text(number)
    expect(page.locator("#mixed")).to_contain_text(f"Call {number} (")
    expect(page.locator("#split")).to_have_text(f"Call {number} now")
    expect(page.locator(".own")).to_have_text(number if number == OURS else OURS)


def test_every_render_shows_the_number(shop: Page) -> None:
    shop.goto("/react_page.html")
    shown(shop, OURS)
    for clicks in range(1, 4):
        shop.locator("#click").click()
        expect(shop.locator("#mixed")).to_have_text(f"Call {OURS} ({clicks} clicks)")
    for _ in range(2):
        shop.locator("#change").click()
        expect(shop.locator("#in-place")).to_have_text("03-765-4321")
        shop.locator("#change").click()
        shown(shop, OURS)
    for _ in range(2):
        shop.locator("#toggle").click()
        expect(shop.locator("#link")).to_have_count(0)
        shop.locator("#toggle").click()
        expect(shop.locator("#link")).to_have_text(OURS)
        expect(shop.locator("#link")).to_have_attribute("href", f"tel:{OURS}")
    expect(shop.locator("#typed")).to_have_value("03-123-4567")
    expect(shop.locator(".own")).to_have_text(OURS)


def test_a_number_changed_later_reaches_every_render(shop: Page, service: AnsweringServer) -> None:
    stop_clock(shop)
    shop.goto("/react_page.html")
    shown(shop, OURS)
    service.number = OTHER_NUMBER
    shop.clock.run_for(30_000)
    expect(shop.locator("#split")).to_have_text("Call 072-277-6773 now")
    shop.locator("#click").click()
    expect(shop.locator("#mixed")).to_have_text("Call 072-277-6773 (1 clicks)")
    expect(shop.locator("#link")).to_have_attribute("href", "tel:072-277-6773")


def test_a_page_hydrated_after_the_swap(shop: Page, complaints: Complaints) -> None:
    shop.goto("/react_page.html?hydrate")
    shown(shop, OURS)
    shop.evaluate("hydrate()")
    shop.locator("#click").click()
    expect(shop.locator("#mixed")).to_have_text(f"Call {OURS} (1 clicks)")
    shown(shop, OURS)
    complaints.of_page.clear()  # React tells of the text that differs; it renders the page anew
