"""Where the script writes the number, in which format, and where it keeps its hands off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.answering_server import NUMBER, AnsweringServer
from tests.browser.page_server import PageServer

OURS = NUMBER["display"]
OWN = "03-123-4567"


def start(page: Page, body: str, swap: str = OWN, **actions: object) -> Locator:
    """A page with this body, after its number has come."""
    page.goto("/bare.html")
    page.evaluate("body => { document.querySelector('main').innerHTML = body }", body)
    page.evaluate("actions => Leadtracker.init('token', {}, actions)", {"swap": [swap], **actions})
    return page.locator("main")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("03-123-4567", "072-277-6772"),
        ("03-1234567", "072-2776772"),
        ("(03) 123-4567", "(072) 277-6772"),
        ("03.123.4567", "072.277.6772"),
        ("03 123 45 67", "072 277 67 72"),
        ("03/1234567", "072/2776772"),
        ("031234567", "0722776772"),
        ("+972-3-123-4567", "+972-72-277-6772"),
        ("+97231234567", "+972722776772"),
        ("+972 (0)3 123 4567", "+972 (0)72 277 6772"),
        ("(+972) 3-123-4567", "(+972) 72-277-6772"),
        ("00972 3 1234567", "00972 72 2776772"),
        ("972-3-123-4567", "972-72-277-6772"),
        ("03\u2011123\u20114567", "072\u2011277\u20116772"),
        ("03\u00a0123\u20094567", "072\u00a0277\u20096772"),
        ("\u200e03-123-4567\u200e", "\u200e072-277-6772\u200e"),
        ("Tel.03-123-4567, fax 03-123-4568.", "Tel.072-277-6772, fax 03-123-4568."),
        ("03-123-4567 03-123-4567", "072-277-6772 072-277-6772"),
        ("24/7 03-123-4567 08:00-17:00", "24/7 072-277-6772 08:00-17:00"),
        ("טלפון:03-1234567", "טלפון:072-2776772"),
        ("103-123-4567", "103-123-4567"),
        ("1-03-123-4567", "1-03-123-4567"),
        ("03-123-45678", "03-123-45678"),
        ("03-123-4567-8", "03-123-4567-8"),
        ("9031234567", "9031234567"),
        ("03-123-4576", "03-123-4576"),
        ("04-123-4567", "04-123-4567"),
    ],
)
def test_the_pages_format_is_kept(written: str, expected: str, page: Page) -> None:
    main = start(page, f"<p>{written}</p>")
    assert main.evaluate("main => main.textContent") == expected


@pytest.mark.parametrize(
    ("swap", "did", "display", "written", "expected"),
    [
        (
            "1-700-700-700",
            "+972722776772",
            "072-277-6772",
            "Call 1-700-700-700!",
            "Call 072-277-6772!",
        ),
        (
            "1-700-700-700",
            "+972722776772",
            "072-277-6772",
            "+972-1-700-700-700",
            "+972-72-277-6772",
        ),
        ("*2345", "+972722776772", "072-277-6772", "*2345 or 12345", "072-277-6772 or 12345"),
        ("072-277-6772", "+97231234567", "03-123-4567", "(072) 277-6772", "(03) 123-4567"),
        ("072-277-6772", "+97231234567", "03-123-4567", "+972 72 277 6772", "+972 3 123 4567"),
        ("+972 3 1234567", "+972722776772", "072-277-6772", "03-123-4567", "072-277-6772"),
        ("03-123-4567", "+972722776772", "+972 72-277-6772", "03-123-4567", "072-277-6772"),
        ("(202) 555-0100", "+12025550123", "(202) 555-0123", "1-202-555-0100", "1-202-555-0123"),
        ("(202) 555-0100", "+12025550123", "(202) 555-0123", "202.555.0100", "202.555.0123"),
        ("06 1234 5678", "+390687654321", "06 8765 4321", "+39 06 1234 5678", "+39 06 8765 4321"),
        ("021 311 0001", "+40213110002", "021 311 0002", "+40 21 311 0001", "+40 21 311 0002"),
    ],
)
def test_other_numbers_and_countries(
    swap: str,
    did: str,
    display: str,
    written: str,
    expected: str,
    page: Page,
    service: AnsweringServer,
) -> None:
    service.number = NUMBER | {"did": did, "display": display}
    main = start(page, f"<p>{written}</p>", swap)
    assert main.evaluate("main => main.textContent") == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="tel:031234567">x</a>', '<a href="tel:0722776772">x</a>'),
        ('<a href="tel:+972-3-123-4567">x</a>', '<a href="tel:+972-72-277-6772">x</a>'),
        ('<p title="Call 03-123-4567">x</p>', '<p title="Call 072-277-6772">x</p>'),
        ('<p aria-label="03-123-4567">x</p>', '<p aria-label="072-277-6772">x</p>'),
        ('<img alt="03-123-4567">', '<img alt="072-277-6772">'),
        ('<input placeholder="03-123-4567">', '<input placeholder="072-277-6772">'),
        ('<meta content="03-123-4567">', '<meta content="072-277-6772">'),
        ('<input type="button" value="03-123-4567">', '<input type="button" value="072-277-6772">'),
        ("<p><b>03</b>-123-4567</p>", "<p><b>072</b>-277-6772</p>"),
        (
            "<p>03-<span>123</span>-<span>4567</span></p>",
            "<p>072-<span>277</span>-<span>6772</span></p>",
        ),
        ("<p>0<b>3</b>123 4567</p>", "<p>0<b>72</b>277 6772</p>"),
        ("<ul><li>5</li><li>03-123-4567</li></ul>", "<ul><li>5</li><li>072-277-6772</li></ul>"),
        ('<a href="https://wa.me/97231234567">x</a>', None),
        ('<a href="/order/031234567">x</a>', None),
        ('<p data-phone="03-123-4567" id="n031234567">x</p>', None),
        ('<input value="03-123-4567">', None),
        ("<textarea>03-123-4567</textarea>", None),
        ('<p contenteditable="true">03-123-<b>4567</b></p>', None),
        ('<script type="application/ld+json">{"telephone": "03-123-4567"}</script>', None),
        ("<style>p::after { content: '03-123-4567' }</style>", None),
        ("<!-- 03-123-4567 -->", None),
    ],
)
def test_elements_and_attributes(before: str, after: str | None, page: Page) -> None:
    main = start(page, before)
    assert main.evaluate("main => main.innerHTML") == (after or before)


@pytest.mark.parametrize(
    "change",
    [
        "main.innerHTML = `<p>${own}</p>`",
        "main.append(own)",
        "main.firstChild.firstChild.data = own",
        "main.firstChild.textContent = own",
        "main.firstChild.firstChild.appendData(' 03-123-4567')",
        "main.innerHTML = '<p><b>03</b><i>-123-4567</i></p>'",
        "setTimeout(() => main.append(own))",
        "main.firstChild.title = own",
        "main.firstChild.className = 'ours'",
        "main.firstChild.id = 'ours'",
        "main.insertAdjacentHTML('beforeend', '<template></template><p class=ours>call</p>')",
    ],
)
def test_late_and_changed_pages(change: str, page: Page) -> None:
    start(page, "<p>call <b>05</b>-123-4567</p>", text=[".ours", "#ours"])
    page.evaluate(
        f"() => {{ const main = document.querySelector('main'), own = '{OWN}'; {change} }}"
    )
    page.wait_for_function(
        """() => {
            const main = document.querySelector("main");
            const ours = e => /072.*277-6772/.test(e.textContent + e.title);
            return [...main.querySelectorAll("*"), main].some(ours);
        }"""
    )
    assert OWN not in page.locator("main").evaluate("main => main.outerHTML")


def test_a_page_full_of_numbers(page: Page) -> None:
    main = start(page, f'<p>call <a href="tel:{OWN}">{OWN}</a></p>' * 3000)
    assert (
        main.evaluate("main => main.innerHTML")
        == f'<p>call <a href="tel:{OURS}">{OURS}</a></p>' * 3000
    )


def test_actions_as_voicenter_documents_them(page: Page, service: AnsweringServer) -> None:
    page.goto("/voicenter.html")
    actions = {
        "text": [".replace-me", "#replaceMe"],
        "href": [".replace-my-href", "#replaceMyHref"],
        "call": [".call-me", "#callMe"],
    }
    did = page.evaluate(
        "actions => VC_DID_TRACKER.init('token', {name: 'John Doe'}, actions)", actions
    )
    assert did == "+972722776772"
    expect(page.locator(".replace-me")).to_have_text(OURS)
    assert page.locator("#replaceMe").inner_html() == f'<i class="icon"></i>{OURS}'
    for selector in (".replace-my-href", "#replaceMyHref"):
        expect(page.locator(selector)).to_have_attribute("href", "tel:+972722776772")
    assert service.requests[0][1] == "/cdn/Scripts/did_trace_worker/index.min.js"
    assert ("POST", service.requests[0][1], "text/plain;charset=UTF-8") in service.requests


@pytest.mark.parametrize("selector", [".call-me", "#callMe b"])
def test_call_elements_dial(
    selector: str, page: Page, site: PageServer, service: AnsweringServer
) -> None:
    """Each in a page of its own: a browser that asks whether to dial takes no other click."""
    page.goto("/voicenter.html")
    page.evaluate("VC_DID_TRACKER.init('token', {}, {call: ['.call-me', '#callMe']})")
    dialed: list[str] = []
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.enable")
    devtools.on("Page.frameRequestedNavigation", lambda event: dialed.append(event["url"]))
    page.locator(selector).click()
    service.wait_for(lambda message: message.get("signals") == ["tap"])
    assert dialed == ["tel:+972722776772"]
    assert page.url == f"{site.origin}/voicenter.html"


@pytest.mark.parametrize(
    "actions", ['{text: "p"}', '{text: ["p"]}', '{text: ["p:is(.x, p)"]}', '{text: ["p[", "p"]}']
)
def test_selectors_as_list_or_string(actions: str, page: Page) -> None:
    page.goto("/bare.html")
    page.evaluate("document.querySelector('main').innerHTML = '<p>x</p>'")
    page.evaluate(f"() => Leadtracker.init('token', {{}}, {actions})")
    expect(page.locator("p")).to_have_text(OURS)


def test_no_code(page: Page, service: AnsweringServer) -> None:
    page.goto("/no_code.html")
    expect(page.locator(".a")).to_have_text(OURS)
    expect(page.locator(".b")).to_have_text(OURS)
    expect(page.locator(".link")).to_have_attribute("href", "tel:+972722776772")
    expect(page.locator("#words")).to_have_text(f"{OURS} or {OURS}")
    assert service.requests[:2] == [
        ("GET", "/assets/shop.js", ""),
        ("POST", "/assets/shop.js", "text/plain;charset=UTF-8"),
    ]


def test_shadow_roots(page: Page) -> None:
    page.goto("/shadow.html")
    expect(page.locator("#declared a")).to_have_text(OURS)
    expect(page.locator("#declared a")).to_have_attribute("href", "tel:0722776772")
    page.evaluate("fillLate()")
    expect(page.locator("#late p").first).to_have_text(OURS)
    expect(page.locator("#late .own")).to_have_text(OURS)
    page.evaluate("defineCard()")
    expect(page.locator("contact-card p").nth(0)).to_have_text(OURS)
    expect(page.locator("contact-card p").nth(1)).to_have_text(OURS)
    page.evaluate(
        "document.querySelector('contact-card').shadowRoot.querySelector('p').firstChild.data"
        " = '03-1234567'"
    )
    expect(page.locator("contact-card p").nth(0)).to_have_text("072-2776772")
    page.evaluate("document.body.append(document.createElement('contact-card'))")
    expect(page.locator("contact-card").nth(1).locator("p").first).to_have_text(OURS)
    assert page.evaluate("closedRoot.textContent") == OWN


def test_hebrew_page(page: Page, service: AnsweringServer) -> None:
    page.goto("/hebrew.html")
    expect(page.locator("#words")).to_have_text(f"להזמנות התקשרו {OURS} בכל שעה.")
    assert page.locator("#marked").text_content() == f"טלפון: \u200e{OURS}\u200e"
    expect(page.locator("#joined")).to_have_text("טלפון:072-2776772")
    expect(page.locator("#abroad")).to_have_text("+972-72-277-6772")
    expect(page.locator(".number")).to_have_text(OURS)


@pytest.mark.parametrize(
    "fight",
    [
        "new MutationObserver(() => { if (p.textContent != own) p.textContent = own })"
        ".observe(p, {childList: true, subtree: true, characterData: true})",
        "Leadtracker.init('other', {}, {text: 'p', now: true})",
    ],
    ids=["page that writes back", "two numbers for one element"],
)
def test_a_fight_over_an_element_does_not_hang_the_page(
    fight: str, page: Page, service: AnsweringServer
) -> None:
    start(page, f"<p>{OWN}</p><i></i>", text=["p"])
    service.number = NUMBER | {"did": "+972722776779", "display": "072-277-6779"}
    page.evaluate(f"() => {{ const p = document.querySelector('p'), own = '{OWN}'; {fight} }}")
    service.wait_for("number", page.evaluate("Leadtracker.lines.size"))
    for number in range(3):
        page.evaluate("number => document.querySelector('i').textContent = number", number)
    assert page.evaluate("1 + 1") == 2


def test_nothing_moves_and_nothing_goes_blank(page: Page, service: AnsweringServer) -> None:
    service.hold.clear()
    page.goto("/plain.html")
    page.evaluate(
        """() => {
            window.seen = new Set();
            window.shifts = 0;
            const note = () => seen.add(document.querySelector(".number").textContent);
            const anything = { subtree: true, childList: true, characterData: true };
            new MutationObserver(note).observe(document, anything);
            new PerformanceObserver(list => {
                for (const shift of list.getEntries()) shifts += shift.value;
            }).observe({ type: "layout-shift" });
        }"""
    )
    boxes = (
        "() => [...document.querySelectorAll('header, p, footer')].map(e => "
        "e.getBoundingClientRect().toJSON())"
    )
    before = page.evaluate(boxes)
    service.hold.set()
    expect(page.locator(".number")).to_have_text(OURS)
    page.evaluate(
        "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
    )
    assert page.evaluate(boxes) == before
    assert page.evaluate("[...seen]") == [OURS]
    assert page.evaluate("shifts") == 0
