"""What the visitor does with the number is told: a tap on it, a copy, the menu asked for it,
the contact saved."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answering_server import NUMBER, AnsweringServer
from tests.browser.complaints import Complaints
from tests.browser.test_tracker_number_request import hide, mark

OURS = NUMBER["display"]
DEFAULT = NUMBER | {
    "did": "+97235551234",
    "display": "03-555-1234",
    "lease": None,
    "reason": "pool_empty",
}


def tap_link(page: Page) -> None:
    page.evaluate("addEventListener('click', event => event.preventDefault())")
    page.locator("#top .number").click()


def tap_call(page: Page) -> None:
    page.locator(".call-me").click()


def copy(page: Page) -> None:
    page.evaluate(
        "getSelection().selectAllChildren(document.querySelector('#words')); "
        "document.execCommand('copy')"
    )


def menu_of_selection(page: Page) -> None:
    """As a long press on a phone does."""
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#words'))")
    page.locator("#words").click(button="right")


def copy_elsewhere(page: Page) -> None:
    page.evaluate(
        "getSelection().selectAllChildren(document.querySelector('.call-me')); "
        "document.execCommand('copy')"
    )


@pytest.mark.parametrize(
    ("act", "told"),
    [
        pytest.param(tap_link, ["tap"], id="link"),
        pytest.param(tap_call, ["tap"], id="call"),
        pytest.param(copy, ["copy"], id="copy"),
        pytest.param(
            lambda page: page.locator("#top").click(button="right"), ["menu"], id="menu of link"
        ),
        pytest.param(menu_of_selection, ["menu"], id="menu of selected text"),
        pytest.param(
            lambda page: page.locator("#words").click(button="right"), [], id="menu of text"
        ),
        pytest.param(lambda page: page.locator("#words").click(), [], id="click on text"),
        pytest.param(
            lambda page: page.locator(".call-me").click(button="right"), [], id="menu elsewhere"
        ),
        pytest.param(copy_elsewhere, [], id="copy elsewhere"),
    ],
)
def test_signals(
    act: Callable[[Page], None], told: list[str], page: Page, service: AnsweringServer
) -> None:
    page.goto("/")
    expect(page.locator(".number")).to_have_text(OURS)
    act(page)
    mark(page)
    if told:
        service.wait_for("beat")
    assert [m["signals"] for m in service.messages if m["ask"] == "beat"] == (
        [told] if told else []
    )


def tap_in_vain(page: Page, service: AnsweringServer) -> None:
    """The server is away, and has been asked for the number again since."""
    service.stop()
    with page.expect_event("requestfailed"):
        tap_link(page)
    service.start()
    page.clock.run_for(60_000)
    service.wait_for("number", 2)
    mark(page)


def test_a_signal_that_could_not_be_told_is_told_later(
    timed: Page, service: AnsweringServer, complaints: Complaints
) -> None:
    timed.goto("/")
    expect(timed.locator(".number")).to_have_text(OURS)
    tap_in_vain(timed, service)
    timed.clock.run_for(30_000)
    assert service.wait_for("beat")["signals"] == ["tap"]
    assert complaints.of_browser


@pytest.mark.parametrize("act", [tap_link, tap_call])
def test_a_tap_on_the_default_number(
    act: Callable[[Page], None], timed: Page, service: AnsweringServer
) -> None:
    service.number = DEFAULT
    timed.goto("/")
    expect(timed.locator(".number")).to_have_text(DEFAULT["display"])
    act(timed)
    message = service.wait_for("beat")
    assert (message["signals"], message["lease"]) == (["tap"], None)
    mark(timed)
    timed.clock.run_for(300_000)
    mark(timed)
    assert service.asks() == ["number", "beat visible tap"], "the default number needs no beats"


def test_a_tap_on_the_default_number_brings_ours_if_one_is_free_by_now(
    page: Page, service: AnsweringServer
) -> None:
    service.number = DEFAULT
    page.goto("/")
    expect(page.locator(".number")).to_have_text(DEFAULT["display"])
    service.number = NUMBER
    tap_link(page)
    expect(page.locator(".number")).to_have_text(OURS)
    assert service.asks() == ["number", "beat visible tap"]


def test_a_tap_on_the_default_number_that_could_not_be_told_is_told_on_leaving(
    timed: Page, service: AnsweringServer, complaints: Complaints
) -> None:
    service.number = DEFAULT
    timed.goto("/")
    expect(timed.locator(".number")).to_have_text(DEFAULT["display"])
    tap_in_vain(timed, service)
    hide(timed)
    service.wait_for("beat")
    assert service.asks() == ["number", "number", "beat hidden tap"]
    assert complaints.of_browser


def test_a_tap_on_the_pages_own_number_is_not_told(page: Page, service: AnsweringServer) -> None:
    service.status = 403
    page.goto("/")
    service.wait_for("number")
    mark(page)
    tap_link(page)
    tap_call(page)
    hide(page)
    mark(page)
    assert service.asks() == ["number"]


@pytest.mark.parametrize(
    ("href", "told"),
    [
        ("/dana.vcf", ["save"]),
        ("/card?file=dana.VCF", ["save"]),
        ("data:text/vcard,BEGIN:VCARD%0ATEL:+972722776772%0AEND:VCARD", ["save"]),
        ("data:text/x-vcard,BEGIN:VCARD%0AEND:VCARD", ["save"]),
        ("blob:https://shop.example.com/1' download='dana.vcf", ["save"]),
        ("/dana.pdf", []),
        ("/dana.pdf' download='dana.pdf", []),
    ],
)
def test_saving_the_contact_is_a_signal(
    href: str, told: list[str], page: Page, service: AnsweringServer
) -> None:
    page.goto("/")
    expect(page.locator(".number")).to_have_text(OURS)
    page.evaluate("addEventListener('click', event => event.preventDefault())")
    link = (
        "href => document.body.insertAdjacentHTML('beforeend', `<a id=card "
        "href='${href}'><b>Save</b></a>`)"
    )
    page.evaluate(link, href)
    page.locator("#card b").click()
    mark(page)
    if told:
        service.wait_for("beat")
    assert [m["signals"] for m in service.messages if m["ask"] == "beat"] == (
        [told] if told else []
    )
