"""The widget for everybody: keyboard, screen reader, Hebrew, strict policies, small screens,
dark and light."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answering_server import FORM, AnsweringServer
from tests.browser.callback_page import SENT, SHOWN, TYPED, VISITOR, ask, start
from tests.browser.complaints import Complaints

SHADOW = "document.querySelector('leadtracker-callback').shadowRoot"


@pytest.fixture
def visitors_browser() -> dict[str, Any]:
    return VISITOR


def test_by_keyboard_alone(page: Page, service: AnsweringServer) -> None:
    service.course = [{"state": "talked"}]
    page.goto("/callback.html")
    expect(page.get_by_role("button", name="Call me back")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Call me back")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="We will call you")
    expect(dialog.get_by_label("Phone number")).to_be_focused()
    assert page.evaluate(f"getComputedStyle({SHADOW}.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Shift+Tab")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    for label in ("Phone number", "Name (optional)", "What is it about? (optional)"):
        page.keyboard.press("Tab")
        expect(dialog.get_by_label(label)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Call me back")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.type(TYPED)
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("Thank you for talking to us.")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()


def test_what_a_screen_reader_is_told(page: Page) -> None:
    dialog = start(page)
    expect(dialog).to_have_accessible_name("We will call you")
    expect(dialog).to_have_accessible_description(
        "Leave your number and your phone will ring in a moment."
    )
    expect(dialog).to_have_attribute("aria-modal", "true")
    status = dialog.get_by_role("status")
    expect(status).to_have_attribute("aria-live", "polite")
    expect(dialog.get_by_role("textbox")).to_have_count(3)  # the robots' field is not among them
    every_field = f"[...{SHADOW}.querySelectorAll('input, select, textarea')]"
    labels = page.evaluate(f"{every_field}.map(field => field.labels.length)")
    assert set(labels) == {1}


def test_a_robot_fills_the_field_that_people_do_not_see(
    page: Page, service: AnsweringServer
) -> None:
    dialog = start(page)
    page.evaluate(f"{SHADOW}.querySelector('[name=website]').value = 'spam'")
    dialog.get_by_label("Phone number").fill(TYPED)
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("status")).to_contain_text("Keep your phone")
    assert service.callbacks[0]["website"] == "spam"


@pytest.mark.parametrize("visitors_browser", [VISITOR | {"locale": "he-IL"}])
def test_a_hebrew_page(page: Page, service: AnsweringServer) -> None:
    service.form = FORM | {
        "open": False,
        "opens": "2031-09-14T06:00:00+00:00",
        "countries": ["IL", "US"],
    }
    service.course = [{"state": "scheduled", "opens": "2031-09-14T06:00:00+00:00"}]
    page.goto("/callback_hebrew.html")
    page.get_by_role("button", name="חזרו אליי").click()
    dialog = page.get_by_role("dialog", name="נתקשר אליכם")
    expect(dialog.get_by_text("אנחנו סגורים כעת")).to_contain_text("יום ראשון, 14 בספטמבר")
    assert dialog.evaluate("element => getComputedStyle(element).direction") == "rtl"
    expect(dialog.get_by_label("מדינה").locator("option")).to_have_text(
        ["ארצות הברית \u2066+1\u2069", "ישראל \u2066+972\u2069"]
    )
    phone = dialog.get_by_label("מספר טלפון")
    phone.press_sequentially("0521234567")
    expect(phone).to_have_value(SHOWN)
    assert phone.evaluate(
        "element => [getComputedStyle(element).direction, getComputedStyle(element).textAlign]"
    ) == [
        "ltr",
        "right",
    ]
    dialog.get_by_role("button", name="התקשרו אליי").click()
    expect(dialog.get_by_role("status")).to_contain_text("תודה. נתקשר יום ראשון, 14 בספטמבר")


def test_tomorrow(page: Page, service: AnsweringServer) -> None:
    page.clock.set_fixed_time("2031-09-13T20:00:00+03:00")
    service.course = [{"state": "scheduled", "opens": "2031-09-14T06:00:00+00:00"}]
    expect(ask(page)).to_have_text(re.compile(r"Thank you\. We will call you tomorrow, 0?9:00\."))


def test_a_strict_policy(page: Page, service: AnsweringServer, complaints: Complaints) -> None:
    dialog = start(page, "/callback_csp.html")
    assert dialog.evaluate("element => getComputedStyle(element).borderRadius") == "12px", (
        "it is dressed"
    )
    dialog.get_by_label("Phone number").fill(TYPED)
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("status")).to_contain_text("Keep your phone")
    assert complaints.of_browser == []


def test_words_token_and_fields_of_the_pages_own(page: Page, service: AnsweringServer) -> None:
    page.goto("/bare.html")
    page.evaluate(
        """async () => {
            document.documentElement.lang = "ar";
            document.querySelector("main").innerHTML = "<button>اتصل بي</button>";
            const widget = await Leadtracker.callback("main button", {
                token: "other",
                fields: [],
                words: { title: "نتصل بك", phone: "رقم الهاتف", send: "اتصل" },
            });
            window.reopen = widget.open;
        }"""
    )
    page.get_by_role("button", name="اتصل بي").click()
    dialog = page.get_by_role("dialog", name="نتصل بك")
    assert dialog.evaluate("element => getComputedStyle(element).direction") == "rtl"
    expect(dialog.get_by_role("textbox")).to_have_count(1)
    dialog.get_by_label("رقم الهاتف").press_sequentially("٠٥٢١٢٣٤٥٦٧")
    expect(dialog.get_by_label("رقم الهاتف")).to_have_value(SHOWN)
    page.keyboard.press("Escape")
    page.evaluate("reopen()")
    dialog.get_by_role("button", name="اتصل").click()
    expect(dialog.get_by_role("status")).to_contain_text("Keep your phone")
    assert service.callbacks[0]["token"] == "other"
    assert service.callbacks[0]["phone"] == SENT


def test_a_page_that_has_neither_loads_nothing(page: Page, service: AnsweringServer) -> None:
    page.goto("/")
    service.wait_for("number")
    assert not [path for _, path, _ in service.requests if "callback" in path]
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<div data-leadtracker-callback></div>')"
    )
    expect(page.get_by_role("button", name="Call me back")).to_be_visible()
    page.evaluate("document.body.append('anything')")
    page.wait_for_timeout(100)
    expect(page.get_by_role("button", name="Call me back")).to_have_count(1)


def test_without_the_script_nothing_is_complained_of(page: Page, service: AnsweringServer) -> None:
    page.route("**/callback.js", lambda route: route.abort())
    page.goto("/callback.html")
    page.wait_for_function("window.Leadtracker")
    assert page.evaluate("Leadtracker.callback('div')") is None
    assert page.evaluate("Leadtracker.callback('no[selector').then(() => 'quiet')") == "quiet"


@pytest.mark.parametrize(
    "visitors_browser", [VISITOR | {"viewport": {"width": 320, "height": 568}}]
)
@pytest.mark.parametrize("address", ["/callback.html", "/callback_hebrew.html"])
def test_a_small_screen(address: str, page: Page, service: AnsweringServer) -> None:
    service.form = FORM | {"countries": ["IL", "GB", "US"]}
    dialog = start(page, address)
    expect(dialog.locator("option")).to_have_count(3)
    box = dialog.bounding_box()
    assert box is not None
    assert 0 <= box["x"] < 320 - box["width"] + 1
    assert box["height"] <= 568
    assert dialog.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for field in dialog.locator("button:visible, input[type=tel]").all():
        size = field.bounding_box()
        assert size is not None
        assert round(size["height"]) >= 44


@pytest.mark.parametrize(
    ("visitors_browser", "moves"),
    [
        (VISITOR | {"reduced_motion": "reduce"}, "none"),
        (VISITOR | {"reduced_motion": "no-preference"}, "pulse"),
    ],
)
def test_motion(moves: str, page: Page) -> None:
    status = ask(page)
    expect(status).to_contain_text("Keep your phone")
    assert (
        status.evaluate("element => getComputedStyle(element, '::before').animationName") == moves
    )


CONTRAST = """element => {
    const part = (byte) => {
        const value = byte / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map(part);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (node) => {
        const color = getComputedStyle(node).backgroundColor;
        return color.endsWith(", 0)") ? behind(node.parentNode) : color;
    };
    const [low, high] = [getComputedStyle(element).color, behind(element)]
        .map(light).sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
}"""


@pytest.mark.parametrize(
    "visitors_browser", [VISITOR | {"color_scheme": "light"}, VISITOR | {"color_scheme": "dark"}]
)
def test_every_text_can_be_read(page: Page, service: AnsweringServer) -> None:
    service.course = [{"state": "refused", "words": "no"}]
    expect(ask(page)).to_contain_text("We cannot")
    for text in (
        page.get_by_role("dialog")
        .locator("h2, p:visible, label:visible, button:visible, input:visible")
        .all()
    ):
        assert text.evaluate(CONTRAST) >= 4.5, text.evaluate("element => element.outerHTML")


# As phonenumbers writes them, at home and abroad;
# tests/unit/test_callback_phone.py has every # country.
@pytest.mark.parametrize(
    ("typed", "shown", "country", "sent"),
    [
        ("0521234567", "052-123-4567", "IL", "+972521234567"),
        ("031234567", "03-123-4567", "IL", "+97231234567"),
        ("052 123", "052-123", "IL", None),
        ("+972521234567", "+972 52-123-4567", "IL", "+972521234567"),
        ("00442079460958", "+44 20 7946 0958", "GB", "+442079460958"),
        ("+12015550123", "+1 (201) 555-0123", "US", "+12015550123"),
        ("+33612345678", "+33 6 12 34 56 78", "IL", "+33612345678"),
        ("call 052x123-4567;ext=9", "052-123-45679", "IL", "+9725212345679"),
    ],
)
def test_a_number_is_grouped_as_it_is_typed(
    typed: str, shown: str, country: str, sent: str | None, page: Page, service: AnsweringServer
) -> None:
    service.form = FORM | {"countries": ["GB", "IL", "US"]}
    dialog = start(page)
    expect(dialog.get_by_label("Country")).to_have_value("IL")
    dialog.get_by_label("Phone number").press_sequentially(typed)
    expect(dialog.get_by_label("Phone number")).to_have_value(shown)
    expect(dialog.get_by_label("Country")).to_have_value(country)
    if sent:
        dialog.get_by_role("button", name="Call me").click()
        expect(dialog.get_by_role("status")).to_contain_text("Keep your phone")
        assert service.callbacks[0]["phone"] == sent


def test_the_chosen_country_counts(page: Page, service: AnsweringServer) -> None:
    service.form = FORM | {"countries": ["GB", "IL", "US"]}
    dialog = start(page)
    expect(dialog.locator("option")).to_have_text(
        [
            "Israel \u2066+972\u2069",
            "United Kingdom \u2066+44\u2069",
            "United States \u2066+1\u2069",
        ]
    )
    dialog.get_by_label("Phone number").fill("02079460958")
    dialog.get_by_label("Country").select_option("GB")
    expect(dialog.get_by_label("Phone number")).to_have_value("020 7946 0958")
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("status")).to_contain_text("Keep your phone")
    assert service.callbacks[0]["phone"] == "+442079460958"


def test_correcting_a_digit_keeps_the_caret(page: Page, service: AnsweringServer) -> None:
    dialog = start(page)
    service.wait_for("form")
    phone = dialog.get_by_label("Phone number")
    phone.press_sequentially("0521934567")
    phone.press("Home")
    for _ in range(6):
        phone.press("ArrowRight")
    phone.press("Backspace")
    phone.press_sequentially("2")
    expect(phone).to_have_value(SHOWN)
    for _ in range(20):
        phone.press("End")
        phone.press("Backspace")
    expect(phone).to_have_value("")


PICTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "callback-en": ("/callback.html", {}),
    "callback-he": ("/callback_hebrew.html", {"locale": "he-IL"}),
    "callback-ringing": ("/callback.html", {}),
    "callback-dark": ("/callback.html", {"color_scheme": "dark"}),
    "callback-320": (
        "/callback_hebrew.html",
        {"locale": "he-IL", "viewport": {"width": 320, "height": 640}},
    ),
}


@pytest.mark.parametrize(
    ("name", "visitors_browser"),
    [
        (
            name,
            VISITOR
            | {"viewport": {"width": 480, "height": 620}, "device_scale_factor": 2}
            | settings,
        )
        for name, (_, settings) in PICTURES.items()
    ],
)
def test_pictures(name: str, page: Page, service: AnsweringServer, tmp_path: Path) -> None:
    """Those of docs/images, when PICTURES is set to that folder."""
    service.form = FORM | {"countries": ["IL", "GB", "US"]}
    dialog = start(page, PICTURES[name][0])
    expect(dialog.locator("option")).to_have_count(3)
    dialog.locator("[type=tel]").press_sequentially(TYPED)
    if name == "callback-ringing":
        service.course = [{"state": "agent answered"}]
        dialog.get_by_role("button", name="Call me").click()
        expect(dialog.get_by_role("status")).to_contain_text("We are calling you")
    page.wait_for_timeout(300)
    path = Path(os.environ.get("PICTURES", tmp_path)) / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 5000
