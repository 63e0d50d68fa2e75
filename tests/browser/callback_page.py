"""What the tests of click-to-call do in a page: open the widget, and send a number."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

VISITOR: dict[str, Any] = {"locale": "en-GB", "timezone_id": "Asia/Jerusalem"}  # their browser
TYPED = "0521234567"
SHOWN = "052-123-4567"
SENT = "+972521234567"


def start(page: Page, address: str = "/callback.html") -> Locator:
    """Open the widget; its dialog."""
    page.goto(address)
    page.locator("leadtracker-callback button").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def ask(page: Page, number: str = TYPED, think: float = 0) -> Locator:
    """Open the widget and send a number, after some seconds; what is said then."""
    start(page)
    return send(page, number, think)


def send(page: Page, number: str, think: float = 0) -> Locator:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Phone number").fill(number)
    if think:
        page.wait_for_timeout(think * 1000)
    dialog.get_by_role("button", name="Call me").click()
    return dialog.get_by_role("status")
