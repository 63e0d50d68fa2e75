"""A request to be called back, from the button to the end of the call; faults,
reloads and impatient clicks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answering_server import FORM, AnsweringServer
from tests.browser.callback_page import SENT, SHOWN, TYPED, VISITOR, ask, start
from tests.browser.test_tracker_number_request import hide

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.fixture
def visitors_browser() -> dict[str, Any]:
    return VISITOR


@pytest.mark.parametrize(
    ("answer", "said", "over"),
    [
        (
            {"state": "received"},
            "Keep your phone at hand: we are finding somebody to talk to you.",
            False,
        ),
        (
            {"state": "dialling"},
            "Keep your phone at hand: we are finding somebody to talk to you.",
            False,
        ),
        ({"state": "agent answered"}, "We are calling you: your phone is about to ring.", False),
        ({"state": "visitor answered"}, "You are connected.", False),
        (
            {"state": "uncertain"},
            "Your phone may ring in a moment. If it does not, try again in a few minutes.",
            False,
        ),
        ({"state": "talked"}, "Thank you for talking to us.", True),
        (
            {"state": "failed"},
            "Nobody could be reached just now. Please try again in a few minutes.",
            True,
        ),
        ({"state": "cancelled"}, "The call was canceled.", True),
        (
            {"state": "scheduled", "opens": None},
            "Thank you. We will call you as soon as we open.",
            True,
        ),
        (
            {"state": "scheduled", "opens": "2031-09-14T06:00:00+00:00"},
            re.compile(r"Thank you\. We will call you Sunday,? 14 September( at|,)? 0?9:00\."),
            True,
        ),
    ],
    ids=lambda value: value.get("state") if isinstance(value, dict) else "",
)
def test_what_the_visitor_is_told(
    answer: dict[str, Any],
    said: str | re.Pattern[str],
    over: bool,
    page: Page,
    service: AnsweringServer,
) -> None:
    service.course = [answer]
    expect(ask(page)).to_have_text(said)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Phone number")).to_be_hidden()
    expect(dialog.get_by_role("button", name="Ask for another call")).to_be_visible(visible=over)
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("number", "Please check the number."),
        ("often", "This was asked for too often. Please try again later."),
        ("again", "This form is out of date. Reload the page and try again."),
        ("no", "We cannot call this number."),
        ("constructor of nonsense", "We cannot call this number."),
    ],
)
@pytest.mark.parametrize("status", [200, 422])
def test_refusals(word: str, said: str, status: int, page: Page, service: AnsweringServer) -> None:
    service.course, service.callback_status = [{"state": "refused", "words": word}], status
    expect(ask(page)).to_have_text(said)
    phone = page.get_by_role("dialog").get_by_label("Phone number")
    expect(phone).to_have_value(SHOWN)
    expect(phone).to_have_attribute("aria-invalid", "true" if word == "number" else "false")
    if word == "number":
        expect(phone).to_be_focused()
    service.course, service.callback_status = [{"state": "dialling"}], 200
    page.get_by_role("dialog").get_by_role("button", name="Call me").click()
    expect(page.get_by_role("status")).to_contain_text("Keep your phone at hand")
    ids = [sent["id"] for sent in service.callbacks]
    assert len(set(ids)) == len(ids), "a refused request is over: the next one is another"


def test_a_request_from_its_sending_to_its_end(page: Page, service: AnsweringServer) -> None:
    service.course = [
        {"state": state} for state in ("received", "agent answered", "visitor answered", "talked")
    ]
    service.hold.clear()
    dialog = start(page)
    dialog.get_by_label("Phone number").press_sequentially(TYPED)
    dialog.get_by_label("Name (optional)").fill(" דנה ")
    dialog.get_by_label("What is it about? (optional)").fill("A new kitchen")
    dialog.get_by_label("What is it about? (optional)").press("Tab")
    page.keyboard.press("Enter")
    status = dialog.get_by_role("status")
    expect(status).to_have_text("One moment…")
    service.hold.set()
    for said in (
        "Keep your phone",
        "We are calling you",
        "You are connected",
        "Thank you for talking",
    ):
        expect(status).to_contain_text(said)
    (sent,) = service.callbacks
    asked = service.wait_for("form")
    assert re.fullmatch(UUID, sent["id"])
    assert re.fullmatch(r"\d{15,22}", sent["visitor"])
    assert sent["visitor"], sent["visit"] == (asked["visitor"], asked["visit"])
    assert sent["filled_ms"] > 0
    assert {name: sent[name] for name in ("token", "form", "phone", "name", "note", "website")} == {
        "token": "token",
        "form": "form-1",
        "phone": SENT,
        "name": "דנה",
        "note": "A new kitchen",
        "website": "",
    }
    assert asked["token"] == "token"
    posts = [
        kind for method, path, kind in service.requests if (method, path) == ("POST", "/callback")
    ]
    assert posts == ["text/plain;charset=UTF-8"], "a simple request: no preflight"
    polls = [path for method, path, _ in service.requests if path.startswith("/callback/")]
    assert polls == [f"/callback/{sent['id']}?visitor={sent['visitor']}"] * 3, (
        "and none after the end"
    )
    dialog.get_by_role("button", name="Ask for another call").click()
    expect(dialog.get_by_label("Phone number")).to_be_focused()
    dialog.get_by_role("button", name="Call me").click()
    expect(status).to_contain_text("Thank you for talking")
    assert service.callbacks[1]["id"] != sent["id"]


def test_a_double_click_is_one_request(page: Page, service: AnsweringServer) -> None:
    service.hold.clear()
    dialog = start(page)
    dialog.get_by_label("Phone number").fill(TYPED)
    dialog.get_by_role("button", name="Call me").dblclick()
    dialog.get_by_label("Phone number").press("Enter")
    service.hold.set()
    expect(dialog.get_by_role("status")).to_contain_text("Keep your phone")
    assert len(service.callbacks) == 1


def test_a_lost_answer_is_asked_for_again_as_the_same_request(
    page: Page, service: AnsweringServer
) -> None:
    service.lost = 1
    expect(ask(page)).to_contain_text("Keep your phone")
    first, second = service.callbacks
    assert first["id"] == second["id"]


def test_what_is_tried_again_after_a_fault_is_the_same_request(
    page: Page, service: AnsweringServer
) -> None:
    service.callback_status = 503
    expect(ask(page)).to_have_text("That did not work. Please try again.")
    service.callback_status = 200
    page.get_by_role("button", name="Call me", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Keep your phone")
    assert len({sent["id"] for sent in service.callbacks}) == 1
    assert len(service.callbacks) == 3, "the script itself tries a fault of the server once more"


def test_another_number_is_another_request(page: Page, service: AnsweringServer) -> None:
    service.callback_status = 503
    expect(ask(page)).to_contain_text("did not work")
    page.get_by_label("Phone number").fill("0527654321")
    service.callback_status = 200
    page.get_by_role("button", name="Call me", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Keep your phone")
    assert len({sent["id"] for sent in service.callbacks}) == 2


def test_after_a_reload_the_widget_goes_on(page: Page, service: AnsweringServer) -> None:
    service.course = [{"state": "received"}, {"state": "agent answered"}]
    expect(ask(page)).to_contain_text("Keep your phone")
    page.reload()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("We are calling you")
    assert len(service.callbacks) == 1


def test_a_reload_while_it_is_sent_makes_no_second_request(
    page: Page, service: AnsweringServer
) -> None:
    dialog = start(page)
    service.wait_for("form")
    service.hold.clear()
    dialog.get_by_label("Phone number").fill(TYPED)
    dialog.get_by_role("button", name="Call me").click()
    page.wait_for_function("sessionStorage['leadtracker-callback']")
    while not service.callbacks:
        page.wait_for_timeout(10)
    sent = service.callbacks.pop()  # the server has no row of it
    page.reload()
    service.hold.set()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Phone number")).to_have_value(re.compile("52.?123.?4567"))
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("status")).to_contain_text("Keep your phone")
    assert [again["id"] for again in service.callbacks] == [sent["id"]]


@pytest.mark.parametrize("age_minutes", [1, 26])
def test_an_old_form_token_is_replaced(
    age_minutes: int, page: Page, service: AnsweringServer
) -> None:
    page.clock.install()
    dialog = start(page)
    service.wait_for("form")
    expect(dialog.get_by_label("Country")).to_be_hidden()
    page.clock.fast_forward(age_minutes * 60_000)
    service.form = FORM | {"form": "form-2"}
    dialog.get_by_label("Phone number").fill(TYPED)
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("status")).to_contain_text("Keep your phone")
    assert service.callbacks[0]["form"] == ("form-2" if age_minutes > 25 else "form-1")


def test_a_token_that_the_server_does_not_take_is_replaced_once(
    page: Page, service: AnsweringServer
) -> None:
    service.course = [{"state": "refused", "words": "again"}, {"state": "received"}]
    expect(ask(page)).to_contain_text("Keep your phone")
    first, second = service.callbacks
    assert first["id"] != second["id"]
    assert service.asks().count("form") == 2


def test_a_dead_server(page: Page, service: AnsweringServer) -> None:
    dialog = start(page)
    service.wait_for("form")
    service.stop()
    dialog.get_by_label("Phone number").fill(TYPED)
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("status")).to_have_text("That did not work. Please try again.")
    service.start()
    dialog.get_by_role("button", name="Call me").click()
    expect(dialog.get_by_role("status")).to_contain_text("Keep your phone")
    assert len(service.callbacks) == 1


def test_a_server_that_dies_while_the_phone_rings_is_not_asked_for_ever(
    page: Page, service: AnsweringServer
) -> None:
    status = ask(page)
    expect(status).to_contain_text("Keep your phone")
    service.stop()
    expect(status).to_contain_text("Your phone may ring in a moment")
    expect(page.get_by_role("button", name="Ask for another call")).to_be_visible()


def test_questions_end_after_ten_minutes(page: Page, service: AnsweringServer) -> None:
    page.clock.install()
    status = ask(page)
    expect(status).to_contain_text("Keep your phone")
    page.clock.fast_forward(601_000)
    expect(status).to_contain_text("Your phone may ring in a moment")
    asked = len(service.requests)
    page.clock.run_for(60_000)
    assert len(service.requests) == asked


def test_a_hidden_page_does_not_ask(page: Page, service: AnsweringServer) -> None:
    page.clock.install()
    expect(ask(page)).to_contain_text("Keep your phone")
    hide(page)
    page.clock.run_for(3_000)
    page.wait_for_timeout(300)
    asked = [path for _, path, _ in service.requests if path.startswith("/callback/")]
    page.clock.run_for(20_000)
    page.wait_for_timeout(300)
    assert [path for _, path, _ in service.requests if path.startswith("/callback/")] == asked


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"null", 200),
        (b"[]", 200),
        (b"<h1>nginx</h1>", 200),
        (b'{"form": 7}', 200),
        (b"{}", 403),
        (b"", 500),
    ],
)
def test_wrong_answers_break_nothing(
    body: bytes, status: int, page: Page, service: AnsweringServer
) -> None:
    service.body, service.status = body, status
    service.course = [{"state": {"what": 1}}]
    expect(ask(page)).to_have_text("That did not work. Please try again.")


def test_too_few_digits_are_not_sent(page: Page, service: AnsweringServer) -> None:
    expect(ask(page, "052")).to_have_text("Please check the number.")
    expect(page.get_by_label("Phone number")).to_be_focused()
    assert service.callbacks == []
