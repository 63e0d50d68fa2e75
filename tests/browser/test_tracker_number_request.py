"""What the script sends, when, and what it does not send."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.answering_server import NUMBER, OTHER_NUMBER, AnsweringServer, Message
from tests.browser.conftest import stand_still, stop_clock
from tests.browser.page_server import PageServer

OURS = NUMBER["display"]
FIRST_BEAT = 10  # seconds after a number was given


def hide(page: Page, state: str = "hidden") -> None:
    """Headless Chromium never hides a page by itself."""
    page.evaluate(
        """state => {
            const seen = { value: state, configurable: true };
            Object.defineProperty(document, "visibilityState", seen);
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def mark(page: Page) -> None:
    """Comes back after everything the page had to send was sent."""
    page.evaluate("() => fetch('/marker').then(() => 0)")


def beat(page: Page, service: AnsweringServer, seconds: int = 30) -> Message:
    """Let the time of a beat pass; comes back when the page has the answer."""
    beats = service.asks().count("beat visible")
    page.clock.run_for(seconds * 1000)
    message = service.wait_for(lambda m: m["ask"] == "beat" and m["state"] == "visible", beats + 1)
    mark(page)
    return message


def test_number_request_holds_what_the_wire_says(
    page: Page, site: PageServer, service: AnsweringServer
) -> None:
    page.goto("/?utm_source=newsletter", referer="https://mail.example.com/")
    message = service.wait_for("number")
    expect(page.locator(".number")).to_have_text(OURS)
    assert re.fullmatch(r"[\w-]{22}", message["visitor"])
    assert re.fullmatch(r"[\w-]{22}", message["visit"])
    assert message["token"] == "token"
    assert message["info"] == {"name": "Dana"}
    assert message["page"] == f"{site.origin}/?utm_source=newsletter"
    assert message["arrival"]["url"] == message["page"]
    assert message["arrival"]["referrer"] == "https://mail.example.com/"
    assert abs(message["arrival"]["at"] - page.evaluate("Date.now()")) < 60_000
    assert message["first"] == message["arrival"]
    assert (message["state"], message["signals"], message["pages"]) == ("visible", [], 1)
    assert message.keys() == {
        "ask",
        "token",
        "info",
        "visitor",
        "visit",
        "arrival",
        "first",
        "page",
        "engaged",
        "pages",
        "state",
        "signals",
    }
    assert ("POST", "/tracker.js", "text/plain;charset=UTF-8") in service.requests
    assert not [path for method, path, _ in service.requests if method == "OPTIONS"], (
        "a preflight costs a round trip"
    )
    assert not page.context.cookies()


@pytest.mark.parametrize(
    ("pages", "visits", "latest"),
    [
        pytest.param(["/", "/?page=2"], 1, "/", id="next page"),
        pytest.param(["/?gclid=1", "/?gclid=1"], 1, "/?gclid=1", id="reload of a landing page"),
        pytest.param(
            ["/?gclid=1", "/", "/?gclid=1"], 1, "/?gclid=1", id="back to the landing page"
        ),
        pytest.param(["/", "/?utm_source=a"], 2, "/?utm_source=a", id="campaign"),
        pytest.param(
            ["/?utm_source=a", "/", "/?utm_source=b"], 2, "/?utm_source=b", id="other campaign"
        ),
        pytest.param(
            ["/?gclid=1", "/?gclid=2"], 2, "/?gclid=2", id="second click on an advertisement"
        ),
        pytest.param(["/", "/?gbraid=1", "/?wbraid=1"], 3, "/?wbraid=1", id="iPhone click ids"),
        pytest.param(
            ["/", "/?fbclid=1", "/?msclkid=1", "/?ttclid=1"], 4, "/?ttclid=1", id="other click ids"
        ),
    ],
)
def test_a_new_campaign_begins_a_visit(
    pages: list[str],
    visits: int,
    latest: str,
    page: Page,
    site: PageServer,
    service: AnsweringServer,
) -> None:
    for url in pages:
        page.goto(url)
        message = service.wait_for("number", pages.index(url) + 1)
        mark(page)
    message = [m for m in service.messages if m["ask"] == "number"][-1]
    assert len({m["visit"] for m in service.messages}) == visits
    assert len({m["visitor"] for m in service.messages}) == 1
    assert message["arrival"]["url"] == site.origin + latest
    assert message["first"]["url"] == site.origin + pages[0]


@pytest.mark.parametrize(("host", "visits"), [("https://www.google.com/", 2), (None, 1)])
def test_a_foreign_referrer_begins_a_visit(
    host: str | None, visits: int, page: Page, site: PageServer, service: AnsweringServer
) -> None:
    page.goto("/?utm_source=a")
    service.wait_for("number")
    page.goto("/?page=2", referer=host or site.origin + "/")
    service.wait_for("number", 2)
    assert len({m["visit"] for m in service.messages}) == visits


@pytest.mark.parametrize(("minutes", "visits"), [(29, 1), (31, 2)])
def test_half_an_hour_of_silence_ends_a_visit(
    minutes: int, visits: int, timed: Page, service: AnsweringServer
) -> None:
    timed.goto("/?utm_source=a")
    service.wait_for("number")
    hide(timed)
    timed.clock.fast_forward(minutes * 60_000)
    hide(timed, "visible")
    service.wait_for("number", 2)
    assert len({m["visit"] for m in service.messages}) == visits
    assert len({m["visitor"] for m in service.messages}) == 1


def test_beats_while_visible_and_none_while_hidden(timed: Page, service: AnsweringServer) -> None:
    timed.goto("/")
    expect(timed.locator(".number")).to_have_text(OURS)
    stand_still(timed)
    message = beat(timed, service, FIRST_BEAT)
    assert message["lease"] == "lease-1"
    engaged = message["engaged"]
    assert engaged >= FIRST_BEAT, "the seconds before the number was asked for count too"
    assert message["pages"] == 1
    assert message["signals"] == []
    number = service.wait_for("number")
    assert message.keys() == number.keys() | {"lease"}
    for key in ("token", "visitor", "visit", "info", "arrival", "first", "page"):
        assert message[key] == number[key]
    timed.clock.run_for(12_000)
    hide(timed)
    until_hidden = service.wait_for(lambda m: m.get("state") == "hidden")["engaged"]
    assert engaged + 12 <= until_hidden <= engaged + 12 + FIRST_BEAT
    timed.clock.run_for(600_000)
    mark(timed)
    assert service.asks() == ["number", "beat visible", "beat hidden"]
    hide(timed, "visible")
    assert service.wait_for("number", 2)["lease"] == "lease-1"
    mark(timed)
    engaged = beat(timed, service, FIRST_BEAT)["engaged"]
    assert engaged - until_hidden == pytest.approx(FIRST_BEAT, abs=0.1)


def test_a_page_loaded_in_the_background_asks_when_it_is_shown(
    page: Page, service: AnsweringServer
) -> None:
    page.add_init_script(
        "Object.defineProperty(document, 'visibilityState', { value: 'hidden', "
        "configurable: true })"
    )
    page.goto("/")
    mark(page)
    assert service.messages == []
    hide(page, "visible")
    service.wait_for("number")
    expect(page.locator(".number")).to_have_text(OURS)


def test_leaving_is_told_once(page: Page, service: AnsweringServer) -> None:
    page.goto("/")
    expect(page.locator(".number")).to_have_text(OURS)
    page.goto("/bare.html")
    service.wait_for("beat")
    mark(page)
    assert service.asks() == ["number", "beat left"]


def test_the_next_page_of_the_visit_keeps_visitor_and_lease(
    page: Page, service: AnsweringServer
) -> None:
    page.goto("/")
    expect(page.locator(".number")).to_have_text(OURS)
    page.goto("/?page=2")
    first, second = service.wait_for("number"), service.wait_for("number", 2)
    assert (second["visitor"], second["visit"], second["lease"]) == (
        first["visitor"],
        first["visit"],
        "lease-1",
    )


def test_back_forward_cache(page: Page, service: AnsweringServer) -> None:
    page.goto("/")
    expect(page.locator(".number")).to_have_text(OURS)
    page.evaluate("window.kept = true")
    page.goto("/bare.html")
    service.wait_for("beat")
    service.number = OTHER_NUMBER
    page.go_back(wait_until="commit")
    assert page.evaluate("window.kept"), "the page was loaded anew: this proves nothing"
    expect(page.locator(".number")).to_have_text(OTHER_NUMBER["display"])
    mark(page)
    assert service.asks() == ["number", "beat left", "number"]


def test_single_page_navigation(timed: Page, site: PageServer, service: AnsweringServer) -> None:
    timed.goto("/single_page.html")
    timed.clock.run_for(5_000)
    mark(timed)
    assert service.messages == [], "the first view shows no number"
    timed.get_by_text("Contact").click()
    expect(timed.locator("main a")).to_have_text(OURS)
    assert timed.locator("main a").get_attribute("href") == "tel:0722776772"
    assert beat(timed, service)["page"] == f"{site.origin}/contact"
    timed.go_back()
    assert beat(timed, service)["page"] == f"{site.origin}/single_page.html"


def test_two_tabs_share_visitor_visit_and_number(
    context: BrowserContext, service: AnsweringServer
) -> None:
    for count in (1, 2):
        tab = context.new_page()
        tab.goto("/")
        expect(tab.locator(".number")).to_have_text(OURS)
        service.wait_for("number", count)
    first, second = service.messages
    assert (second["visitor"], second["visit"], second["lease"]) == (
        first["visitor"],
        first["visit"],
        "lease-1",
    )


def test_a_tab_follows_the_number_that_another_was_given(
    context: BrowserContext, service: AnsweringServer
) -> None:
    tab, other = context.new_page(), context.new_page()
    stop_clock(tab)
    tab.goto("/")
    expect(tab.locator(".number")).to_have_text(OURS)
    service.number = OTHER_NUMBER
    other.goto("/")
    expect(other.locator(".number")).to_have_text(OTHER_NUMBER["display"])
    tab.clock.run_for(30_000)
    expect(tab.locator(".number")).to_have_text(OTHER_NUMBER["display"])
    assert service.wait_for("number", 3)["lease"] == "lease-2"
    assert not [m for m in service.messages if m["ask"] == "beat" and m["lease"] == "lease-1"]


def test_a_lost_lease_is_replaced_everywhere(timed: Page, service: AnsweringServer) -> None:
    timed.goto("/")
    expect(timed.locator("#top")).to_have_attribute("href", "tel:+972722776772")
    service.number = OTHER_NUMBER
    timed.clock.run_for(30_000)
    expect(timed.locator(".number")).to_have_text(OTHER_NUMBER["display"])
    expect(timed.locator("#top")).to_have_attribute("href", "tel:+972722776773")
    expect(timed.locator("#top")).to_have_attribute("title", "Call 072-277-6773")
    expect(timed.locator("#words")).to_contain_text("telephone 072-277-6773, fax 03-123-4568")
    assert beat(timed, service)["lease"] == "lease-2"


def test_a_restored_lease_brings_a_new_token(timed: Page, service: AnsweringServer) -> None:
    timed.goto("/")
    expect(timed.locator(".number")).to_have_text(OURS)
    service.number = NUMBER | {"lease": "lease-3", "known": True}
    beat(timed, service)
    assert beat(timed, service)["lease"] == "lease-3"


def test_an_empty_pool_shows_the_sites_default_and_beats_not(
    timed: Page, service: AnsweringServer
) -> None:
    service.number = NUMBER | {
        "did": "+97235551234",
        "display": "03-555-1234",
        "lease": None,
        "reason": "pool_empty",
    }
    timed.goto("/")
    expect(timed.locator(".number")).to_have_text("03-555-1234")
    timed.clock.run_for(300_000)
    mark(timed)
    assert service.asks() == ["number"]


@pytest.mark.parametrize(
    "again",
    [
        "() => Leadtracker.init('token', {name: 'Dana', city: 'Haifa'}, {text: '#late'})",
        """() => new Promise(loaded => {
            const script = document.createElement("script");
            script.src = document.querySelector("script[src]").src;
            script.dataset.token = "token";
            script.dataset.text = "#late";
            script.onload = loaded;
            document.head.append(script);
        })""",
    ],
    ids=["init twice", "script twice"],
)
def test_one_lease_for_one_token(again: str, timed: Page, service: AnsweringServer) -> None:
    timed.goto("/")
    timed.evaluate("document.body.insertAdjacentHTML('beforeend', '<p id=late>call</p>')")
    timed.evaluate(again)
    expect(timed.locator("#late")).to_have_text(OURS)
    expect(timed.locator(".number")).to_have_text(OURS)
    mark(timed)
    beat(timed, service)
    assert service.asks() == ["number", "beat visible"]


def test_two_tokens_hold_a_number_each(page: Page, service: AnsweringServer) -> None:
    page.goto("/")
    service.wait_for("number")
    expect(page.locator(".number")).to_have_text(OURS)
    service.number = OTHER_NUMBER
    assert page.evaluate("() => Leadtracker.init('other')") == OTHER_NUMBER["did"]
    first, second = service.messages
    assert (first["token"], second["token"]) == ("token", "other")
    assert second["visitor"] == first["visitor"]
    assert "lease" not in second
    expect(page.locator(".number")).to_have_text(OURS)


def test_blocked_storage(page: Page, service: AnsweringServer) -> None:
    page.goto("/sandbox.html")
    expect(page.frame_locator("iframe").locator(".number")).to_have_text(OURS)
    frame = page.frames[1]
    storage = frame.evaluate(
        "() => { try { return !localStorage } catch (error) { return error.name } }"
    )
    assert storage == "SecurityError"
    frame.locator("#top").click(button="right")
    number, beat = service.wait_for("number"), service.wait_for("beat")
    assert beat["visitor"] == number["visitor"]
    assert beat["lease"] == "lease-1"


@pytest.mark.parametrize("stored", ["", "null", "{", "[]", "7"])
def test_spoilt_storage(stored: str, page: Page, service: AnsweringServer) -> None:
    page.add_init_script(f"localStorage.leadtracker = {stored!r}")
    page.goto("/")
    expect(page.locator(".number")).to_have_text(OURS)
    assert re.fullmatch(r"[\w-]{22}", service.wait_for("number")["visitor"])
