"""The service is late, wrong, forbidden or dead: the page keeps its number,
its promise and its quiet."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.answering_server import NUMBER, AnsweringServer
from tests.browser.complaints import Complaints
from tests.browser.page_server import PageServer

OURS = NUMBER["display"]
OWN = "03-123-4567"


def outcome(page: Page, actions: str = "{}", token: str = "'token'") -> str:
    """What the promise of `init` comes to: the number, or how it was rejected."""
    rejected = "error => `rejected: ${error.message}`"
    number: str = page.evaluate(
        f"() => Leadtracker.init({token}, {{}}, {actions}).catch({rejected})"
    )
    return number


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, b'{"code": "not_allowed"}'),
        (404, b""),
        (429, b""),
        (500, b"<h1>Internal Server Error</h1>"),
        (503, b""),
        (200, b""),
        (200, b"<h1>Welcome to nginx</h1>"),
        (200, b"null"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"did": 972722776772, "display": "072-277-6772"}'),
        (200, b'{"did": "<img src=x onerror=alert(1)>", "display": "x"}'),
        (200, b'{"did": null, "display": null, "lease": null, "reason": "pool_empty"}'),
        (200, b'{"did": {"toString": 1}, "lease": {}, "beat_seconds": -1}'),
    ],
)
def test_wrong_answers(
    status: int, body: bytes, page: Page, service: AnsweringServer, complaints: Complaints
) -> None:
    service.status, service.body = status, body
    page.goto("/bare.html")
    page.evaluate(
        f"document.querySelector('main').innerHTML = '<p>{OWN}</p><a href=tel:{OWN}>x</a>'"
    )
    before = page.locator("main").inner_html()
    assert outcome(page, f"{{text: ['p'], href: 'a', swap: ['{OWN}']}}") == OWN
    assert page.locator("main").inner_html() == before
    assert complaints.of_page == []


@pytest.mark.parametrize(
    ("markup", "actions", "expected"),
    [
        ("", "{swap: ['03-123-4567', '1-700-700-700']}", "03-123-4567"),
        ("", "{swap: '*2345'}", "*2345"),
        ("<p>call 03-123-4567 now</p>", "{text: ['p']}", "03-123-4567"),
        ("<p>+972 (3) 123-4567</p>", "{text: ['i', 'p']}", "+972 (3) 123-4567"),
        ("<p>Call us</p>", "{text: ['p']}", "rejected: Leadtracker: no number"),
        ("<p>03-123-4567</p>", "{text: ['p[']}", "rejected: Leadtracker: no number"),
        ("", "{}", "rejected: Leadtracker: no number"),
        ("", "null", "rejected: Leadtracker: no number"),
        ("", "undefined", "rejected: Leadtracker: no number"),
        ("", "7", "rejected: Leadtracker: no number"),
        ("", "{get text() { throw Error('mine') }}", "rejected: Leadtracker: no number"),
    ],
)
def test_the_promise_comes_to_the_pages_own_number(
    markup: str, actions: str, expected: str, page: Page, service: AnsweringServer
) -> None:
    service.status = 503
    page.goto("/bare.html")
    page.evaluate("markup => { document.querySelector('main').innerHTML = markup }", markup)
    assert outcome(page, actions) == expected


def test_the_default_of_the_markup_goes_first(page: Page, service: AnsweringServer) -> None:
    service.status = 503
    page.goto("/no_code.html")
    service.wait_for("number")
    page.wait_for_function("window.Leadtracker")
    assert outcome(page, "{swap: ['03-765-4321']}") == "03-123-4567"


@pytest.mark.parametrize("token", ["undefined", "null", "{}", "Symbol()", "() => 1"])
def test_a_token_that_is_none(token: str, page: Page, service: AnsweringServer) -> None:
    service.status = 403
    page.goto("/bare.html")
    assert outcome(page, "{swap: '03-123-4567'}", token) == OWN


@pytest.mark.parametrize("info", ["7", "'text'", "[1]", "null", "(a => (a.a = a))({})", "{n: 1n}"])
def test_visitor_info_that_cannot_be_sent(info: str, page: Page) -> None:
    page.goto("/bare.html")
    number = page.evaluate(f"() => Leadtracker.init('token', {info}, {{swap: '{OWN}'}})")
    assert number in (OWN, NUMBER["did"])


@pytest.mark.parametrize(
    "call",
    [
        "Leadtracker.init('token')",
        "Leadtracker.init('token').then(did => window.got = did)",
        "VC_DID_TRACKER.init('token', {}, {}).then(did => window.got = did).finally(() => {})",
        "(async () => { window.got = await Leadtracker.init('token') })()",
        "Promise.all([Leadtracker.init('token')])",
        "new Promise((resolve, reject) => Leadtracker.init('token').then(resolve, reject))",
    ],
)
def test_a_rejection_that_nobody_handles_is_silent(
    call: str, page: Page, service: AnsweringServer, complaints: Complaints
) -> None:
    service.status = 503
    page.goto("/bare.html")
    page.evaluate(f"() => {{ {call} }}")
    service.wait_for("number")
    assert outcome(page).startswith("rejected")
    page.evaluate("() => fetch('/marker').then(() => 0)")
    assert complaints.of_page == []


def test_other_rejections_are_still_heard(page: Page, complaints: Complaints) -> None:
    page.goto("/bare.html")
    page.evaluate("() => { Promise.reject(Error('of the page')) }")
    page.evaluate("() => fetch('/marker').then(() => 0)")
    assert complaints.of_page == ["thrown: of the page"]
    complaints.of_page.clear()


def test_calls_before_the_script_has_loaded(page: Page, service: AnsweringServer) -> None:
    page.goto("/snippet.html")
    expect(page.locator(".a")).to_have_text(OURS)
    expect(page.locator(".b")).to_have_text(OURS)
    page.wait_for_function("answers.length == 2")
    assert page.evaluate("answers") == [NUMBER["did"]] * 2
    assert page.evaluate("Leadtracker == VC_DID_TRACKER")
    assert service.asks() == ["number"]


def test_calls_before_the_script_are_silent_when_there_is_no_number(
    page: Page, service: AnsweringServer, complaints: Complaints
) -> None:
    service.status = 503
    page.goto("/snippet.html")
    service.wait_for("number")
    assert outcome(page) == "rejected: Leadtracker: no number"
    page.evaluate("() => fetch('/marker').then(() => 0)")
    assert page.evaluate("answers") == []
    assert complaints.of_page == []


def test_the_script_itself_cannot_be_loaded(
    page: Page, site: PageServer, service: AnsweringServer, complaints: Complaints
) -> None:
    service.stop()
    page.goto("/snippet.html")
    expect(page.locator(".a")).to_have_text("Call us")
    assert complaints.of_browser == ["Failed to load resource: net::ERR_CONNECTION_REFUSED"]


def test_a_slow_server_is_given_five_seconds(page: Page, service: AnsweringServer) -> None:
    service.hold.clear()
    page.goto("/bare.html")
    page.evaluate(f"document.querySelector('main').innerHTML = '<p>{OWN}</p>'")
    assert outcome(page, "{text: 'p'}") == OWN
    assert page.evaluate("performance.now()") > 4900
    expect(page.locator("p")).to_have_text(OWN)


def test_a_number_that_comes_late_is_shown(timed: Page, service: AnsweringServer) -> None:
    service.status = 503
    timed.goto("/plain.html")
    service.wait_for("number")
    expect(timed.locator(".number")).to_have_text(OWN)
    timed.evaluate("() => fetch('/marker').then(() => 0)")
    timed.clock.run_for(59_000)
    timed.evaluate("() => fetch('/marker').then(() => 0)")
    assert service.asks() == ["number"]
    timed.clock.run_for(1_000)
    service.wait_for("number", 2)
    service.status = 200
    timed.evaluate("() => fetch('/marker').then(() => 0)")
    timed.clock.run_for(90_000)
    expect(timed.locator(".number")).to_have_text(OURS)
    assert service.asks() == ["number"] * 3


def test_a_server_that_never_answers_is_given_up_after_half_a_minute(
    timed: Page, service: AnsweringServer
) -> None:
    timed.add_init_script(
        """AbortSignal.timeout = after => {  // by the clock that the test moves
            const late = new AbortController();
            setTimeout(() => late.abort(new DOMException("late", "TimeoutError")), after);
            return late.signal;
        }"""
    )
    service.hold.clear()
    timed.goto("/plain.html")
    service.wait_for("number")
    with timed.expect_event("requestfailed"):
        timed.clock.run_for(30_000)
    service.hold.set()
    timed.evaluate("() => fetch('/marker').then(() => 0)")
    timed.clock.run_for(60_000)
    expect(timed.locator(".number")).to_have_text(OURS)
    assert service.asks() == ["number"] * 2


def test_a_refused_page_does_not_ask_again(timed: Page, service: AnsweringServer) -> None:
    service.status = 403
    timed.goto("/plain.html")
    service.wait_for("number")
    timed.evaluate("() => fetch('/marker').then(() => 0)")
    timed.clock.run_for(3_600_000)
    timed.evaluate("() => fetch('/marker').then(() => 0)")
    assert service.asks() == ["number"]


def test_content_security_policy(
    page: Page, service: AnsweringServer, complaints: Complaints
) -> None:
    page.goto("/strict_csp.html")
    page.wait_for_function("window.Leadtracker")
    assert outcome(page, "{text: '.number'}") == OWN
    expect(page.locator(".number")).to_have_text(OWN)
    assert service.messages == []
    assert complaints.of_page == []
    assert "connect-src" in complaints.of_browser[0]


def test_a_service_killed_in_the_middle(
    timed: Page, service: AnsweringServer, complaints: Complaints
) -> None:
    timed.goto("/plain.html")
    expect(timed.locator(".number")).to_have_text(OURS)
    service.stop()
    for _ in range(3):
        with timed.expect_event("requestfailed"):
            timed.clock.run_for(120_000)
        timed.evaluate("() => fetch('/marker').then(() => 0)")
    timed.locator("#top").click(button="right")
    timed.locator(".call-me").click()
    expect(timed.locator(".number")).to_have_text(OURS)
    expect(timed.locator("#top")).to_have_attribute("href", "tel:+972722776772")
    assert complaints.of_page == []
    assert set(complaints.of_browser) == {"Failed to load resource: net::ERR_CONNECTION_REFUSED"}
    service.start()
    timed.clock.run_for(240_000)
    service.wait_for("number", 2)
    expect(timed.locator(".number")).to_have_text(OURS)


def test_a_call_is_dialed_to_the_pages_own_number(page: Page, service: AnsweringServer) -> None:
    service.status = 503
    page.goto("/plain.html")
    service.wait_for("number")
    dialed: list[str] = []
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.enable")
    devtools.on("Page.frameRequestedNavigation", lambda event: dialed.append(event["url"]))
    page.locator(".call-me").click()
    page.evaluate("() => fetch('/marker').then(() => 0)")
    assert dialed == [f"tel:{OWN}"]


@pytest.mark.parametrize(
    "sabotage",
    [
        "fetch = undefined",
        "fetch = () => { throw Error('broken') }",
        "fetch = () => Promise.resolve(undefined)",
        "crypto.getRandomValues = undefined",
        "JSON.stringify = () => { throw Error('broken') }",
        (
            "Element.prototype.querySelectorAll = Document.prototype.querySelectorAll = () "
            "=> { throw Error('broken') }"
        ),
        "Navigator.prototype.sendBeacon = undefined",
        "MutationObserver = undefined",
        "document.createTreeWalker = () => { throw Error('broken') }",
    ],
)
def test_a_page_that_broke_the_browser(sabotage: str, page: Page, complaints: Complaints) -> None:
    page.add_init_script(f"try {{ {sabotage} }} catch {{}}")
    page.goto("/no_code.html")
    page.goto("/bare.html")
    page.evaluate(
        "() => window.Leadtracker && Leadtracker.init('token', {}, {text: 'p'}).catch(() => 0)"
    )
    assert complaints.of_page == []
