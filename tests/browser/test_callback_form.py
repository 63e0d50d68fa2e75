"""A form of the page's own that asks to be called back: with the script, without it,
and with a server that is dead."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.answering_server import AnsweringServer
from tests.browser.callback_page import TYPED
from tests.browser.page_server import PageServer


def test_a_form_of_the_pages_own(page: Page, service: AnsweringServer) -> None:
    service.course = [{"state": "received"}, {"state": "agent answered"}, {"state": "talked"}]
    page.goto("/callback_form.html")
    page.get_by_label("Phone").fill("052-1234567")
    page.get_by_label("Name").fill("Dana")
    page.get_by_role("button", name="Call me").dblclick()
    status = page.get_by_role("status")
    for said in ("Keep your phone", "We are calling you", "Thank you for talking"):
        expect(status).to_contain_text(said)
    (sent,) = service.callbacks
    assert (sent["phone"], sent["name"], sent["token"], sent["form"]) == (
        "052-1234567",
        "Dana",
        "token",
        "form-1",
    )
    assert service.posts == []
    assert (
        page.evaluate("document.querySelector('form').nextElementSibling.getAttribute('role')")
        == "status"
    )


def test_a_refused_number_in_a_form(page: Page, service: AnsweringServer) -> None:
    service.course = [{"state": "refused", "words": "number"}]
    page.goto("/callback_form.html")
    page.get_by_label("Phone").fill("052")
    page.get_by_role("button", name="Call me").click()
    expect(page.get_by_role("status")).to_have_text("Please check the number.")
    expect(page.get_by_label("Phone")).to_be_focused()


def test_the_pages_own_check_goes_first(page: Page, service: AnsweringServer) -> None:
    page.goto("/callback_form.html")
    page.evaluate(
        "document.querySelector('form').addEventListener('submit', event => event.preventDefault())"
    )
    page.wait_for_selector("[role=status]", state="attached")
    page.evaluate(
        "document.addEventListener('submit', event => document.title = event.defaultPrevented)"
    )
    page.get_by_label("Phone").fill(TYPED)
    page.get_by_role("button", name="Call me").click()
    expect(page).to_have_title("true")
    assert service.callbacks == []


def test_a_form_added_later_and_reloaded(page: Page, service: AnsweringServer) -> None:
    page.goto("/callback_form.html")
    page.evaluate(
        """() => {
            const form = document.querySelector("form");
            document.querySelector("[role=status]")?.remove();
            const copy = form.cloneNode(true);
            form.replaceWith(copy);
        }"""
    )
    page.wait_for_selector("form + [role=status]", state="attached")
    page.get_by_label("Phone").fill(TYPED)
    page.get_by_role("button", name="Call me").click()
    expect(page.get_by_role("status")).to_contain_text("Keep your phone")
    page.reload()
    page.get_by_label("Phone").fill(TYPED)
    page.get_by_role("button", name="Call me").click()
    expect(page.get_by_role("status")).to_contain_text("Keep your phone")
    assert len({sent["id"] for sent in service.callbacks}) == 1


def test_a_form_without_javascript(
    browser: Browser, site: PageServer, service: AnsweringServer
) -> None:
    context = browser.new_context(base_url=site.origin, java_script_enabled=False)
    page = context.new_page()
    page.goto("/callback_form.html")
    page.get_by_label("Phone").fill(TYPED)
    page.get_by_role("button", name="Call me").click()
    expect(page).to_have_url(f"{service.origin}/callback")
    context.close()
    assert service.posts == [{"leadtracker_token": "token", "phone": TYPED}]


@pytest.mark.parametrize("script", ["callback.js", "tracker.js"])
def test_a_form_whose_script_does_not_come_posts_itself(
    script: str, page: Page, service: AnsweringServer
) -> None:
    page.route(f"**/{script}", lambda route: route.abort())
    page.goto("/callback_form.html")
    page.get_by_label("Phone").fill(TYPED)
    page.get_by_role("button", name="Call me").click()
    expect(page).to_have_url(f"{service.origin}/callback")
    assert service.posts == [{"leadtracker_token": "token", "phone": TYPED}]


def test_a_form_that_got_no_answer_posts_itself_as_the_same_request(
    page: Page, service: AnsweringServer
) -> None:
    service.callback_status = 503
    page.goto("/callback_form.html")
    page.wait_for_selector("form + [role=status]", state="attached")
    page.get_by_label("Phone").fill(TYPED)
    page.get_by_role("button", name="Call me").click()
    expect(page.get_by_role("status")).to_have_text("That did not work. Please try again.")
    page.get_by_role("button", name="Call me").click()
    expect(page).to_have_url(f"{service.origin}/callback")
    (sent, again), (post,) = service.callbacks, service.posts
    assert again["id"] == sent["id"], "the script itself tries a fault of the server once more"
    assert {
        name: sent[name] for name in ("id", "form", "visitor", "visit", "phone")
    }.items() <= post.items()


def test_a_form_that_somebody_else_takes_posts_itself_at_once(
    page: Page, service: AnsweringServer, site: PageServer
) -> None:
    page.goto("/callback_form.html")
    page.wait_for_selector("form + [role=status]", state="attached")
    page.evaluate(
        "Object.assign(document.querySelector('form'), { action: '/marker', method: 'get' })"
    )
    service.stop()
    page.get_by_label("Phone").fill(TYPED)
    page.get_by_role("button", name="Call me").click()
    page.wait_for_url(re.compile(rf"{site.origin}/marker\?.*phone={TYPED}"))
