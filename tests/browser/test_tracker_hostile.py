"""Pages that spoil what they say, and a server that refuses heartbeats: the number stays theirs."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answering_server import NUMBER, AnsweringServer
from tests.browser.complaints import Complaints
from tests.browser.test_tracker_debug import panel
from tests.browser.test_tracker_number_request import beat, mark

OURS = NUMBER["display"]
OWN = "03-123-4567"
LISTS = """Array.prototype.toJSON = function () {
    return "[" + this.map(x => JSON.stringify(x)).join(", ") + "]";
}"""
SABOTAGE = [
    LISTS,
    "Object.prototype.toJSON = () => 'mine'",
    "String.prototype.toJSON = () => 'mine'",
    "JSON.stringify = () => { throw Error('broken') }",
    "JSON.stringify = () => '{'",
    """localStorage.leadtracker = '{"visitor": 7, "leases": null}'""",
    """localStorage.leadtracker = '{"token": "x", "ask": "y", "arrival": {}, "visit": "z"}'""",
]


def show(page: Page, before: str = "", info: str = "{}", address: str = "") -> None:
    page.add_init_script(before)
    page.goto("/bare.html" + address)
    page.evaluate(f"document.querySelector('main').innerHTML = '<p>{OWN}</p>'")
    page.evaluate(f"() => {{ Leadtracker.init('token', {info}, {{swap: '{OWN}', now: true}}) }}")


@pytest.mark.parametrize("before", SABOTAGE)
def test_what_a_page_does_to_json_and_storage_changes_no_message(
    before: str, timed: Page, service: AnsweringServer
) -> None:
    show(timed, before, "{name: 'Dana', list: ['a', {b: [1]}]}")
    first = service.wait_for("number")
    expect(timed.locator("p")).to_have_text(OURS)
    timed.clock.run_for(30_000)
    message = service.wait_for("beat")
    assert message["info"] == {"name": "Dana", "list": ["a", {"b": [1]}]}
    assert (message["signals"], message["lease"], message["token"]) == ([], "lease-1", "token")
    assert message["visitor"] == first["visitor"]
    assert len(message["visitor"]) == 22


INFO: list[tuple[str, dict[str, Any]]] = [
    ("{name: 'Dana \\u{1F338}'.slice(0, 6), a: 1}", {"name": "Dana \ufffd", "a": 1}),
    ("{cart: 'x'.repeat(9000), a: 1}", {"cart": "x" * 8000, "a": 1}),
    ("{cart: 'x'.repeat(9000).split(''), a: 1}", {"a": 1}),
    ("{n: 7n, when: new Date(0)}", {"n": 7, "when": "1970-01-01T00:00:00.000Z"}),
    ("{n: NaN, s: Symbol(), u: undefined, a: 1}", {"a": 1}),
    ("{get b() { throw Error('mine') }, a: 1}", {"a": 1}),
    ("{b: {get b() { throw Error('mine') }}, a: 1}", {"a": 1}),
    ("(a => (a.self = a))({a: 1})", {"a": 1}),
    ("{w: window, a: 1}", {"a": 1}),
    ("{'\\0\\ud83c': '\\0\\n\"\\\\', a: 1}", {"\0\ufffd": '\0\n"\\', "a": 1}),
    ("Object.fromEntries([...Array(9)].map((_, n) => [n, 'x'.repeat(7000)]))", {}),
    ("Proxy.revocable({}, {}).revoke() || null", {}),
]


@pytest.mark.parametrize(("info", "sent"), INFO)
def test_visitor_info_costs_only_itself(
    info: str, sent: dict[str, Any], page: Page, service: AnsweringServer
) -> None:
    show(page, info=info)
    message = service.wait_for("number")
    expect(page.locator("p")).to_have_text(OURS)
    told = message["info"]
    assert told == (sent or {key: told[key] for key in list(told)[:2]})


def test_a_long_address_is_cut(page: Page, service: AnsweringServer) -> None:
    show(page, address="#" + "x" * 100_000)
    message = service.wait_for("number")
    assert len(message["page"]) == len(message["arrival"]["url"]) == 8000


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, None),
        (403, b'{"code": "not_allowed"}'),
        (413, b""),
        (429, b""),
        (500, b"<h1>Internal Server Error</h1>"),
        (200, b"<h1>Welcome to nginx</h1>"),
        (200, b"{}"),
        (200, b"null"),
        (200, b"[]"),
        (200, b'{"known": false}'),
    ],
)
def test_a_page_goes_on_beating_whatever_is_answered(
    status: int, body: bytes | None, timed: Page, service: AnsweringServer
) -> None:
    show(timed)
    expect(timed.locator("p")).to_have_text(OURS)
    service.status, service.body = status, body
    for count in range(2, 8):
        timed.clock.run_for(30_000)
        service.wait_for(lambda message: True, count)
        mark(timed)
    expect(timed.locator("p")).to_have_text(OURS)
    service.status, service.body = 200, None
    timed.clock.run_for(30_000)
    service.wait_for(lambda message: True, 8)
    mark(timed)
    assert beat(timed, service)["lease"] == "lease-1"


def test_a_number_that_is_lost_for_none_is_taken_back(
    timed: Page, service: AnsweringServer
) -> None:
    timed.goto("/plain.html")
    expect(timed.locator(".number")).to_have_text(OURS)
    service.number = NUMBER | {"did": None, "display": None, "lease": None, "reason": "pool_empty"}
    timed.clock.run_for(30_000)
    expect(timed.locator(".number")).to_have_text(OWN)
    assert OURS not in timed.content()
    assert NUMBER["did"] not in timed.content()


def test_debug_mode_says_what_was_cut_and_why_it_was_refused(
    page: Page, service: AnsweringServer, complaints: Complaints
) -> None:
    complaints.debugging = True
    service.number = NUMBER | {"cut": ["info.cart", "page"]}
    show(page, info="{cart: 'x'.repeat(9000), name: '\\ud83c', a: 1}", address="?leadtracker=debug")
    text = panel(page, "leased")
    assert "init: token token; cut, or left out of visitorInfo: cart, name\n" in text
    assert "the server cut or left out info.cart, page\n" in text
    service.status = 400
    service.body = b'{"title": "The request is not of the documented shape", "detail": "visit bad"}'
    page.evaluate("() => { Leadtracker.init('other', {}, {now: true}) }")
    panel(page, "failed: The server refused (400): visit bad.\n")
