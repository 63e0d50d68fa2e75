"""A number is asked for when a place for it was seen for a second, is about to be used,
or is waited for."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.answering_server import NUMBER, OTHER_NUMBER, AnsweringServer
from tests.browser.complaints import Complaints
from tests.browser.conftest import stand_still, stop_clock
from tests.browser.page_server import PageServer
from tests.browser.test_tracker_number_request import FIRST_BEAT, beat, hide, mark

OURS = NUMBER["display"]
OWN = "03-123-4567"
SWAP = f"{{swap: '{OWN}'}}"
PLACES = pytest.mark.parametrize(
    ("target", "actions"),
    [
        pytest.param(f"<p id=target>Call {OWN}</p>", SWAP, id="text"),
        pytest.param("<p id=target>+972 (0)3 123 45 67</p>", SWAP, id="other spelling"),
        pytest.param("<p id=target>03-<b>123</b>-<b>4567</b></p>", SWAP, id="split"),
        pytest.param("<a id=target href='tel:+97231234567'>Call</a>", SWAP, id="link"),
        pytest.param("<p id=target>Call us</p>", "{text: '#target'}", id="text of an element"),
        pytest.param(
            "<a id=target href='#'>Call us</a>", "{href: '#target'}", id="href of an element"
        ),
        pytest.param("<button id=target>Call us</button>", "{call: '#target'}", id="call element"),
    ],
)


@pytest.fixture
def still(timed: Page) -> Page:
    """A page whose clock stands still but for `run_for`."""
    timed.goto("/bare.html")
    stand_still(timed)
    return timed


def fill(page: Page, body: str, actions: str = SWAP) -> None:
    page.evaluate("body => { document.querySelector('main').innerHTML = body }", body)
    page.evaluate(f"() => {{ Leadtracker.init('token', {{}}, {actions}) }}")


def look(page: Page, seconds: float = 5) -> None:
    """Let the visitor look at what is in view; comes back when everything it led to was sent."""
    for _ in range(3):  # frames drawn
        page.evaluate(
            "() => new Promise(seen => new IntersectionObserver(seen).observe(document.body))"
        )
    page.clock.run_for(int(seconds * 1000))
    mark(page)


def asked_once(service: AnsweringServer) -> None:
    service.wait_for("number")
    assert service.asks() == ["number"]


@PLACES
def test_what_is_below_the_fold_is_asked_for_when_it_is_seen(
    target: str, actions: str, still: Page, service: AnsweringServer
) -> None:
    fill(still, f"<div style='height: 3000px'>Welcome</div>{target}", actions)
    look(still)
    assert service.messages == []
    still.locator("#target").scroll_into_view_if_needed()
    look(still, 0.9)
    assert service.messages == []
    look(still, 0.1)
    asked_once(service)


@pytest.mark.parametrize(
    "body",
    [
        f"<details><summary>Contact</summary><p>{OWN}</p></details>",
        f"<p style='display: none'>{OWN}</p>",
        f"<p style='position: absolute; left: -9999px'>{OWN}</p>",
        f"<div style='height: 20px; overflow: hidden'><br><br><p>{OWN}</p></div>",
        "<meta content='03-123-4567'>",
        "<p>03-123-9999</p>",
    ],
    ids=["closed details", "not displayed", "off the screen", "clipped", "meta", "another number"],
)
def test_what_cannot_be_seen_is_not_asked_for(
    body: str, still: Page, service: AnsweringServer
) -> None:
    fill(still, f"<h1>Welcome</h1>{body}")
    look(still, 60)
    still.goto("/bare.html?next")
    mark(still)
    assert service.messages == [], "a visitor who leaves without having seen a number spends none"


def test_opened_details_are_seen(still: Page, service: AnsweringServer) -> None:
    fill(still, f"<details><summary>Contact</summary><p>{OWN}</p></details>")
    look(still)
    still.locator("summary").click()
    look(still)
    expect(still.locator("p")).to_have_text(OURS)
    asked_once(service)


def test_a_glance_is_not_enough(still: Page, service: AnsweringServer) -> None:
    fill(still, f"<p>{OWN}</p><div style='height: 3000px'></div>")
    for _ in range(3):
        look(still, 0.6)
        still.evaluate("scrollTo(0, 2000)")
        look(still)
        still.evaluate("scrollTo(0, 0)")
    assert service.messages == []


def hover(page: Page) -> None:
    page.locator("#target").hover()


def focus(page: Page) -> None:
    page.locator("#target").focus()


def tap(page: Page) -> None:
    page.locator("#target").tap()


@pytest.mark.parametrize("use", [hover, focus, tap])
def test_what_is_about_to_be_used_is_asked_for_at_once(
    use: object,
    browser: Browser,
    site: PageServer,
    service: AnsweringServer,
    complaints: Complaints,
) -> None:
    context = browser.new_context(base_url=site.origin, has_touch=True)
    context.on("page", complaints.hear)
    page = context.new_page()
    stop_clock(page)
    page.goto("/bare.html")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    page.evaluate("addEventListener('click', event => event.preventDefault())")
    fill(
        page,
        (
            "<a href='#elsewhere' id=other>Home</a> <a id=target "
            f"href='tel:031234567'><b>{OWN}</b></a>"
        ),
    )
    look(page, 0)
    page.locator("#other").hover()
    page.locator("#other").focus()
    mark(page)
    assert service.messages == []
    assert callable(use)
    use(page)
    service.wait_for("number")
    expect(page.locator("#target")).to_have_text(OURS)
    context.close()
    assert complaints.of_page == []


@pytest.mark.parametrize(
    "call",
    [
        "Leadtracker.init('token')",
        "VC_DID_TRACKER.init('token', {name: 'Dana'}, {})",
        "Leadtracker.init('token', {}, {swap: '03-123-4567', now: true})",
        "Leadtracker.init('token', {}, {swap: '03-123-4567'}).then(did => window.got = did)",
        "Leadtracker.init('token', {}, {swap: '03-123-4567'}).catch(() => 0)",
        "(async () => { window.got = await Leadtracker.init('token', {}, {text: '.x'}) })()",
        "Promise.all([Leadtracker.init('token', {}, {text: '.x'})])",
        "Leadtracker.init('token', {}, {text: '.x'}), Leadtracker.init('token')",
    ],
)
def test_who_waits_for_the_number_is_given_it_at_once(
    call: str, still: Page, service: AnsweringServer
) -> None:
    still.evaluate(f"() => {{ {call} }}")
    service.wait_for("number")
    mark(still)
    assert service.asks() == ["number"]
    assert still.evaluate("window.got") in (None, NUMBER["did"])


def test_the_promise_is_one(still: Page) -> None:
    still.evaluate("() => { window.promise = Leadtracker.init('token') }")
    assert still.evaluate("promise instanceof Promise")
    assert still.evaluate("() => promise.finally(() => 1).then(did => did)") == NUMBER["did"]
    assert still.evaluate("() => Promise.race([promise])") == NUMBER["did"]


def test_the_tag_can_ask_at_once(still: Page, service: AnsweringServer) -> None:
    still.evaluate(
        """origin => {
            delete window.Leadtracker;
            const script = document.createElement("script");
            script.src = origin + "/tracker.js";
            Object.assign(script.dataset, { token: "token", text: ".nowhere", now: "yes" });
            document.head.append(script);
        }""",
        service.origin,
    )
    assert service.wait_for("number")["token"] == "token"


@PLACES
def test_a_place_that_appears_later_is_watched(
    target: str, actions: str, still: Page, service: AnsweringServer
) -> None:
    fill(still, "<h1>Welcome</h1>", actions)
    look(still)
    assert service.messages == []
    still.evaluate(
        "target => document.querySelector('main').insertAdjacentHTML('beforeend', target)", target
    )
    look(still)
    asked_once(service)


def test_a_place_in_a_shadow_root_is_watched(still: Page, service: AnsweringServer) -> None:
    fill(still, "<div></div>")
    still.evaluate(
        f"document.querySelector('div').attachShadow({{mode: 'open'}}).innerHTML = '<p>{OWN}</p>'"
    )
    look(still)
    expect(still.locator("p")).to_have_text(OURS)


def test_each_token_has_places_of_its_own(still: Page, service: AnsweringServer) -> None:
    fill(
        still,
        "<p id=here>Call us</p><p id=there style='margin-top: 3000px'>Call them</p>",
        "{text: '#here'}",
    )
    still.evaluate("() => { Leadtracker.init('other', {}, {text: '#there'}) }")
    look(still)
    expect(still.locator("#here")).to_have_text(OURS)
    assert [message["token"] for message in service.messages] == ["token"]
    service.number = OTHER_NUMBER
    still.locator("#there").scroll_into_view_if_needed()
    look(still)
    expect(still.locator("#there")).to_have_text(OTHER_NUMBER["display"])
    expect(still.locator("#here")).to_have_text(OURS)


@pytest.mark.parametrize(
    "sabotage",
    [
        "delete window.IntersectionObserver",
        "window.IntersectionObserver = () => { throw Error('blocked') }",
        "window.IntersectionObserver = class {}",
        "IntersectionObserver.prototype.observe = () => { throw Error('blocked') }",
    ],
)
def test_a_browser_that_does_not_tell_what_is_seen(
    sabotage: str, page: Page, service: AnsweringServer
) -> None:
    page.add_init_script(sabotage)
    page.goto("/")
    service.wait_for("number")
    expect(page.locator(".number")).to_have_text(OURS)


@pytest.mark.parametrize(
    "entries", ["undefined", "[null]", "[{}]", "[{isIntersecting: true, target: document.body}]"]
)
def test_a_browser_that_tells_nonsense(entries: str, still: Page) -> None:
    still.evaluate(
        f"""() => {{
            window.IntersectionObserver = class {{
                constructor(tell) {{ this.tell = tell }}
                observe() {{ this.tell({entries}) }}
            }};
        }}"""
    )
    fill(still, f"<p>{OWN}</p>")
    still.clock.run_for(5000)
    mark(still)


def test_a_page_hidden_before_its_number_was_seen_asks_when_it_is_shown_again(
    still: Page, service: AnsweringServer
) -> None:
    fill(still, f"<p>{OWN}</p>")
    look(still, 0.5)
    hide(still)
    look(still, 600)
    assert service.messages == []
    hide(still, "visible")
    look(still)
    expect(still.locator("p")).to_have_text(OURS)
    asked_once(service)


def test_a_page_shown_again_keeps_its_number_if_it_is_free(
    still: Page, service: AnsweringServer
) -> None:
    fill(still, f"<p>{OWN}</p><div style='height: 3000px'></div>")
    look(still)
    expect(still.locator("p")).to_have_text(OURS)
    still.evaluate("scrollTo(0, 2000)")
    hide(still)
    look(still, 3600)
    hide(still, "visible")
    assert service.wait_for("number", 2)["lease"] == "lease-1", (
        "asked, though the number is not in view now"
    )
    mark(still)
    expect(still.locator("p")).to_have_text(OURS)
    assert service.asks() == ["number", "beat hidden", "number"]


def test_a_page_shown_again_swaps_its_number_if_another_has_it(
    still: Page, service: AnsweringServer
) -> None:
    fill(still, f"<p>{OWN}</p><a href='tel:{OWN}'>Call</a>")
    look(still)
    expect(still.locator("p")).to_have_text(OURS)
    hide(still)
    service.number = OTHER_NUMBER
    look(still, 3600)
    expect(still.locator("p")).to_have_text(OURS)
    hide(still, "visible")
    expect(still.locator("p")).to_have_text(OTHER_NUMBER["display"])
    expect(still.locator("a")).to_have_attribute("href", f"tel:{OTHER_NUMBER['display']}")
    look(still, 30)
    assert service.wait_for("beat", 2)["lease"] == "lease-2"


def test_the_arrival_is_that_of_the_load(
    still: Page, site: PageServer, service: AnsweringServer
) -> None:
    """A single-page site may have left the landing page's address long before the number is
    seen."""
    still.goto("/bare.html?utm_source=letter")
    stand_still(still)
    fill(still, "<h1>Welcome</h1>")
    still.evaluate("history.pushState({}, '', '/contact')")
    look(still, 40)
    still.evaluate(f"document.querySelector('main').append('{OWN}')")
    look(still, 1)
    expect(still.locator("main")).to_contain_text(OURS)
    message = service.wait_for("number")
    assert message["arrival"]["url"] == f"{site.origin}/bare.html?utm_source=letter"
    assert message["page"] == f"{site.origin}/contact"
    assert 50 <= beat(still, service, FIRST_BEAT)["engaged"] <= 55


def test_the_time_between_two_pages_is_not_engagement(
    still: Page, service: AnsweringServer
) -> None:
    fill(still, f"<p>{OWN}</p>")
    look(still, 10)
    still.goto("/bare.html?next")
    still.clock.run_for(600_000)  # while the page loads
    fill(still, f"<p>{OWN}</p>")
    look(still, 1)
    expect(still.locator("p")).to_have_text(OURS)
    assert beat(still, service)["engaged"] < 60


def test_pages_of_the_visit_are_counted(timed: Page, service: AnsweringServer) -> None:
    for _ in range(3):
        timed.goto("/")
    expect(timed.locator(".number")).to_have_text(OURS)
    assert beat(timed, service)["pages"] == 3
    assert beat(timed, service)["pages"] == 3
    timed.goto("/?utm_source=other")
    expect(timed.locator(".number")).to_have_text(OURS)
    assert beat(timed, service)["pages"] == 1, "a new visit"
