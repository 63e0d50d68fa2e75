"""The dashboard in a real browser: on a desk and a phone, light and dark, by keyboard,
with and without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.callback_rules.course import State
from leadtracker.records import plans
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow
from tests.callback_road import callback_row
from tests.dashboard_rows import PASSWORD, add, call, lease, leg, month, touchpoint
from tests.plan_rows import some_plan

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
VISITOR = "live-visitor-000000001"
LANDING = "https://shop.example.com/%D7%93%D7%99%D7%A8%D7%95%D7%AA/12?utm_source=facebook"
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}
Open = Callable[..., Page]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/leadtracker.sqlite"


@pytest.fixture
def paths(app: Flask, engine: Engine) -> list[str]:
    """Every page, with a month of calls, a visitor on the site and one call of which all is
    known."""
    now = datetime.now(UTC)
    month(engine, now)
    row = known_call(now)
    add(engine, row)
    add(
        engine,
        leg(row.id, now),
        leg(row.id, now, type="Queue"),
        lease(now - timedelta(days=1), visitor=VISITOR),
    )
    rules = {"agents": ["WalterSIP"], "ceiling": 5000}
    with Session(engine) as session:
        site_file.save_site(session, "shop", {"number_price": 1250, "callback": rules})
        plans.keep(session, 1, some_plan(right=0.6, worst_overflow=0.04))
        session.add_all(requests_of_every_state(now))
        session.commit()
    ask_for_number(app)
    return [
        "/calls",
        "/calls?number=000&period=7days",
        f"/calls/{row.id}",
        f"/visitors/{VISITOR}",
        "/callers/+972543216000",
        "/accuracy",
        "/sources",
        "/sources?by=campaign&period=7days",
        "/sources?by=landing&period=today",
        "/pool?period=30days",
        "/callbacks",
        "/callbacks?state=refused&period=all",
        "/settings",
        "/nowhere",
    ]


def known_call(now: datetime) -> CallRow:
    arrival = touchpoint(
        now - timedelta(minutes=4),
        url=LANDING,
        landing_page="/%D7%93%D7%99%D7%A8%D7%95%D7%AA/12",
        source="facebook",
        campaign="מבצע סתיו לכל המשפחה עם שם ארוך מאוד שאינו נגמר",
    )
    return call(
        now,
        arrival=arrival,
        first_touchpoint=touchpoint(now - timedelta(days=4)),
        visitor_id=VISITOR,
        call_id="202411211200000000000000000000000000000000000000000000000000000000",
        visitor_info={
            "name": "דנה כהן־לוי",
            "company": "נדל״ן כהן ובניו בע״מ",
            "note": "מחפשת דירה " * 20,
        },
        recording_url="https://pbx.example/1.mp3",
        queue="מכירות",
    )


def ask_for_number(app: Flask) -> None:
    """The visitor of the known call is on the site."""
    message = {
        "ask": "number",
        "token": "shop-token",
        "visitor": VISITOR,
        "visit": VISITOR,
        "info": {"name": "דנה כהן־לוי", "rooms": 4},
        "arrival": {"url": LANDING, "referrer": ""},
    }
    headers = {"Origin": "https://shop.example.com", "User-Agent": CHROME}
    answer = app.test_client().post("/tracker.js", data=json.dumps(message), headers=headers)
    assert answer.status_code == 200


def requests_of_every_state(now: datetime) -> list[CallbackRow]:
    codes = {State.REFUSED: "kind", State.FAILED: "visitor: missed", State.UNCERTAIN: "no answer"}
    return [
        callback_row(
            number,
            state=state,
            made_at=now - timedelta(minutes=7 * number),
            code=codes.get(state, ""),
            site_id=1,
            name="דנה כהן־לוי" if number % 2 else "",
            due_at=now if state is State.SCHEDULED else None,
            note="מטבח, בערב בבקשה " * (number % 3),
            origin=("page", "form", "api")[number % 3],
            talk_seconds=160 if state is State.TALKED else 0,
            agent="WalterSIP" if number % 2 else "",
        )
        for number, state in enumerate([*State, State.TALKED, State.TALKED])
    ]


FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
NAMELESS = """[...document.querySelectorAll('input:not([type=hidden]), select, button, a')]
    .filter(one => one.checkVisibility() && !one.labels?.length && !one.textContent.trim()
        && !one.getAttribute('aria-label')).map(one => one.outerHTML)"""
# WCAG 2: the contrast of each text with what is behind it, where it is under 4.5 (3 when large).
PALE = """() => {
    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
    const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgba = (color) => {
        paint.clearRect(0, 0, 1, 1); paint.fillStyle = color; paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const behind = (one) => {
        for (let at = one; at; at = at.parentElement) {
            const color = rgba(getComputedStyle(at).backgroundColor);
            if (color[3] > 250) return color;
        }
        return [255, 255, 255];
    };
    const found = [];
    for (const one of document.querySelectorAll('body *')) {
        const own = [...one.childNodes].some(node => node.nodeType == 3 && node.textContent.trim());
        if (!own || !one.checkVisibility() || one.closest('svg, .skip')) continue;
        const style = getComputedStyle(one);
        const [a, b] = [light(rgba(style.color)), light(behind(one))];
        const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        const large = parseFloat(style.fontSize) >= 24;
        const least = large ? 3 : 4.5;
        if (contrast < least) found.push(`${contrast.toFixed(2)} ${one.outerHTML.slice(0, 90)}`);
    }
    return found;
}"""


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [("desk", DESK, "light"), ("phone", PHONE, "light"), ("dark", DESK, "dark")],
)
def test_every_page_fits_and_can_be_read(
    open_page: Open, paths: list[str], tmp_path: Path, name: str, size: dict[str, int], scheme: str
) -> None:
    page = open_page("/calls", viewport=size, color_scheme=scheme)
    for number, path in enumerate(paths):
        page.goto(path)
        page.screenshot(path=tmp_path / f"{name}-{number}.png", full_page=True)
        assert page.evaluate(FITS), (path, name)
        assert page.evaluate(PALE) == [], (path, name)
        assert page.evaluate(NAMELESS) == [], (path, name)
        assert page.locator("h1").count() == 1, path
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert page.evaluate(FITS), (path, name, "right to left")


@pytest.mark.usefixtures("paths")
@pytest.mark.parametrize("path", ["calls", "callbacks", "sources"])
def test_a_reversed_range_fits_beside_its_field(open_page: Open, tmp_path: Path, path: str) -> None:
    for name, size, scheme in (("desk", DESK, "light"), ("phone", PHONE, "dark")):
        page = open_page("/settings", viewport=size, color_scheme=scheme)
        answer = page.goto(f"/{path}?from=2026-11-18&to=2026-11-01")
        assert answer is not None
        assert answer.status == 400
        page.screenshot(path=tmp_path / f"{name}-{path}.png", full_page=True)
        expect(page.get_by_role("alert")).to_have_text("The end date is before the start date")
        expect(page.locator("[name=to]")).to_be_in_viewport()
        assert page.evaluate(FITS), name
        assert page.evaluate(PALE) == [], name


def test_the_login_page_fits_and_can_be_read(dashboard_address: str, browser: Browser) -> None:
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        settings: dict[str, Any] = {"viewport": size, "color_scheme": scheme}
        context = browser.new_context(base_url=dashboard_address, **settings)
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("Name").fill("admin")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text("Wrong name or password")
        assert page.evaluate(FITS)
        assert page.evaluate(PALE) == []
        context.close()


def test_hebrew_stands_where_its_neighbors_do(open_page: Open, paths: list[str]) -> None:
    page = open_page("/calls", locale="he-IL")
    page.goto(f"/visitors/{VISITOR}")
    name = page.get_by_role("heading", name="דנה כהן־לוי")
    assert name.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert name.evaluate("one => getComputedStyle(one).fontSize.slice(0, -2) > 40")
    left = name.evaluate(
        "one => { const range = document.createRange(); range.selectNodeContents(one);"
        " return range.getBoundingClientRect().left - one.getBoundingClientRect().left }"
    )
    assert left < 2
    assert "/דירות/12" in page.locator(".came").inner_text()


def test_the_card_is_told_at_a_glance(open_page: Open, paths: list[str]) -> None:
    """Name, number, campaign and landing page stand in the first screen of a phone."""
    page = open_page("/calls", viewport=PHONE)
    page.goto(f"/visitors/{VISITOR}")
    for words in ("דנה כהן־לוי", "054-321-6549", "facebook · social"):
        box = page.get_by_text(words).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 500, words


def test_by_keyboard_alone(dashboard_address: str, browser: Browser, engine: Engine) -> None:
    add(engine, call(datetime.now(UTC)))
    context = browser.new_context(base_url=dashboard_address, viewport=DESK)
    page = context.new_page()
    page.goto("/")
    expect(page.locator(":focus")).to_have_attribute("name", "name")
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    box = page.locator(":focus").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Export CSV")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Dana":
            break
    assert page.locator(":focus").evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dana")
    page.get_by_role("button", name="Log out").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/login")
    context.close()


def test_without_javascript(open_page: Open, paths: list[str]) -> None:
    page = open_page("/calls", java_script_enabled=False, viewport=PHONE)
    assert page.locator("table.calls tbody tr").count() == 50
    page.get_by_role("link", name="Older").click()
    page.get_by_role("link", name="Newer").click()
    page.get_by_text("More filters").click()
    page.get_by_label("Outcome").select_option("missed")
    page.get_by_role("button", name="Show").click()
    assert set(page.locator(".calls .badge").all_inner_texts()) == {"Missed"}
    page.goto("/sources?period=7days")
    assert page.locator("#figures tbody tr").count() == 7
    assert not page.locator(".chart").is_visible()
    page.goto("/settings")
    assert page.get_by_role("button", name="Copy").count() == 0


def test_the_chart_has_the_figures_of_its_table(open_page: Open, paths: list[str]) -> None:
    page = open_page("/sources")
    expect(page.locator(".chart canvas")).to_be_visible()
    cells = page.locator("#figures tbody tr").nth(20).locator("th, td").all_text_contents()
    canvas = page.locator(".chart .u-over").bounding_box()
    assert canvas is not None
    page.mouse.move(canvas["x"] + canvas["width"] * (20 + 0.6) / 30.2, canvas["y"] + 40)
    legend = page.locator(".u-legend .u-value").all_inner_texts()
    label, visits, answered, missed, *_ = (cell.strip() for cell in cells)
    assert legend == [label, missed, answered, visits]
    page.set_viewport_size(PHONE)
    expect(page.locator(".chart canvas")).to_have_css(
        "width", re.compile(r"(2\d\d|3[0-3]\d)(\.\d+)?px")
    )
    assert page.evaluate(FITS)


def test_the_line_to_paste_is_copied(open_page: Open) -> None:
    page = open_page("/settings", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == (
        '<script async src="https://calls.example.com/tracker.js" data-token="shop-token" '
        'data-swap="03-555-1234"></script>'
    )
