"""Debug mode says in the console and in a panel what was found, asked, answered and swapped,
and why not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answering_server import NUMBER, AnsweringServer
from tests.browser.complaints import Complaints
from tests.browser.page_server import PageServer

OURS = NUMBER["display"]


def listen(page: Page) -> list[str]:
    lines: list[str] = []
    page.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
    return lines


def panel(page: Page, wanted: str) -> str:
    """The text of the panel (its shadow root is closed to the page) when it has what is wanted."""
    devtools = page.context.new_cdp_session(page)

    def texts(node: dict[str, Any]) -> str:
        inner = "".join(
            texts(child) for child in [*node.get("shadowRoots", []), *node.get("children", [])]
        )
        value: str = node.get("nodeValue", "")
        return value + inner + ("\n" if node["nodeName"] == "P" else "")

    for _ in range(100):
        document = devtools.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
        text = texts(document).partition("Leadtracker✕")[2]
        if wanted in text:
            return text
        page.evaluate("() => new Promise(drawn => requestAnimationFrame(drawn))")
    raise AssertionError(f"{wanted!r} is not in the panel:\n{text}")


@pytest.fixture
def complaints() -> Complaints:
    return Complaints(debugging=True)


@pytest.mark.parametrize("address", ["/plain.html?leadtracker=debug", "/hebrew.html"])
def test_what_went_well(address: str, page: Page, service: AnsweringServer) -> None:
    console = listen(page)
    page.goto(address)
    text = panel(page, "leased")
    assert "init: token token\n" in text
    assert re.search(rf"asked: number for visitor {service.wait_for('number')['visitor']}\n", text)
    assert re.search(rf"answered: {OURS}, leased, \d+ ms\n", text)
    assert re.search(rf"{OURS} \(\+972722776772\) is shown in [3-9] places", text)
    assert "swap: 03-123-4567\n" in text, "the panel's own words are not swapped"
    box = page.locator("leadtracker-debug").bounding_box()
    assert box is not None
    assert box["width"] > 100
    assert box["height"] > 50
    assert any(line.startswith("log: [leadtracker] answered") for line in console)


def test_selectors_that_match_nothing_are_warned_of(page: Page) -> None:
    page.goto("/voicenter.html?leadtracker=debug")
    actions = {"text": [".replace-me", ".misspelled"], "href": ["p["], "call": [".call-me"]}
    page.evaluate("actions => Leadtracker.init('token', {}, actions)", actions)
    text = panel(page, "leased")
    assert "text: .replace-me: 1 element\n" in text
    assert "text: .misspelled: matches nothing on this page\n" in text
    assert "href: p[: is not a selector\n" in text
    assert "call: .call-me: 1 element\n" in text


def test_why_a_number_is_not_asked_for_yet_and_why_it_is(
    page: Page, service: AnsweringServer
) -> None:
    page.goto("/bare.html?leadtracker=debug")
    page.evaluate(
        """() => {
            document.querySelector("main").innerHTML =
                "<div style='height: 3000px'></div><p>03-123-4567</p><a class=call>Call us</a>";
            Leadtracker.init("token", {}, { swap: "03-123-4567", call: [".call"] });
        }"""
    )
    text = panel(page, "not asked for yet")
    assert "not asked for yet: none of its 2 places was seen for a second; 0 in view now\n" in text
    assert "call: .call: 1 element, 0 in view\n" in text
    page.locator("p").scroll_into_view_if_needed()
    panel(page, "asked for because a place for it was seen for a second\n")
    page.evaluate("() => { Leadtracker.init('other') }")
    panel(page, "asked for because the page wants it at once\n")
    page.evaluate("() => { Leadtracker.init('third', {}, { text: '.nowhere' }) }")
    panel(page, "not asked for: there is no place for it on this page\n")


def test_a_slow_server(page: Page, service: AnsweringServer) -> None:
    service.hold.clear()
    page.goto("/bare.html?leadtracker=debug")
    page.evaluate("() => { Leadtracker.init('token') }")
    service.wait_for("number")
    page.wait_for_timeout(4_500)
    panel(page, "failed: The server did not answer within 5 seconds.\n")


def test_beats_and_signals(page: Page, service: AnsweringServer) -> None:
    page.goto("/?leadtracker=debug")
    panel(page, "leased")
    page.locator("#top").click(button="right")
    service.wait_for("beat")
    text = panel(page, "beat known")
    assert "asked: beat 1 (visible), signals: menu\n" in text


def refuse(service: AnsweringServer) -> None:
    service.status = 403


def fail(service: AnsweringServer) -> None:
    service.status = 500


def babble(service: AnsweringServer) -> None:
    service.body = b"<h1>It works!</h1>"


def close(service: AnsweringServer) -> None:
    service.hidden = True


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (
            refuse,
            (
                "The server refused (403): the token is unknown, or {site} is not among the "
                "site's origins."
            ),
        ),
        (fail, "The server has a fault of its own (500)."),
        (babble, "The answer is not JSON: something else answers at {service}/tracker.js."),
        (
            close,
            "The server refused: the token is unknown, or {site} is not among the site's origins.",
        ),
    ],
)
def test_causes_in_words(
    trouble: Any, words: str, page: Page, site: PageServer, service: AnsweringServer
) -> None:
    console = listen(page)
    trouble(service)
    page.goto("/?leadtracker=debug")
    said = words.format(site=site.origin, service=service.origin)
    assert f"failed: {said}\n" in panel(page, said)
    assert f"warning: [leadtracker] failed: {said}" in console


def test_a_server_that_is_down(page: Page, service: AnsweringServer) -> None:
    page.goto("/bare.html?leadtracker=debug")
    page.wait_for_selector("leadtracker-debug", state="attached")
    service.stop()
    page.evaluate("() => Leadtracker.init('token').catch(() => 0)")
    panel(
        page,
        (
            f"The server at {service.origin} cannot be reached: it is down, or a script "
            "blocker is at work."
        ),
    )


def test_a_policy_that_forbids_to_ask(page: Page, service: AnsweringServer) -> None:
    page.goto("/strict_csp.html?leadtracker=debug")
    panel(
        page,
        (
            f"This page's Content-Security-Policy blocked the request: add {service.origin} "
            "to connect-src."
        ),
    )


def test_the_panel_cannot_be_loaded(page: Page, service: AnsweringServer) -> None:
    console = listen(page)
    page.route("**/debug.js", lambda route: route.abort())
    page.goto("/?leadtracker=debug")
    expect(page.locator(".number")).to_have_text(OURS)
    assert [line for line in console if line.startswith("log: [leadtracker] {ask: number")]
    assert [line for line in console if line.startswith("log: [leadtracker] {did: +972722776772")]


def test_without_debug_nothing_is_said(page: Page, service: AnsweringServer) -> None:
    console = listen(page)
    page.goto("/")
    expect(page.locator(".number")).to_have_text(OURS)
    assert console == []
    assert not [path for _, path, _ in service.requests if "debug" in path]
