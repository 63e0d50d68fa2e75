"""The script against `leadtracker serve`: real gunicorn, real Redis, real records,
live browsers."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
import redis
import requests
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, delete, select

from leadtracker.live import keys
from leadtracker.records.database import WritersTurn, open_database
from leadtracker.records.tables import LeaseRow
from leadtracker.running.redis_server import socket_of
from leadtracker.running.worker import RESTORED
from tests.browser.complaints import Complaints
from tests.browser.conftest import stand_still, stop_clock
from tests.browser.page_server import PageServer
from tests.browser.test_tracker_number_request import hide
from tests.browser.test_tracker_signals import copy, tap_link
from tests.patience import PATIENCE
from tests.served import Served, answers, serving

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
OWN = "03-123-4567"
DEFAULT = "03-555-1234"
DIDS = ["072-277-6772", "072-277-6773"]
SITES = """
[account.pbx]
vendor = "voicenter"
secret = "secret-of-the-pbx-account"

[site.shop]
tokens = ["token"]
origins = ["{origin}"]
default_number = "03-555-1234"
account_key = "pbx"
dids = ["072-277-6772", "072-277-6773"]

[site.elsewhere]
tokens = ["elsewhere"]
origins = ["https://elsewhere.example.com"]
"""
OpenBrowser = Callable[..., Page]


@pytest.fixture(scope="module")
def marketing_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    server = PageServer("", tmp_path_factory.mktemp("built"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def running(
    marketing_site: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    sites = SITES.format(origin=marketing_site.origin)
    with serving(tmp_path_factory.mktemp("real"), sites, script_path="/assets/shop.js") as (
        served,
        _,
    ):
        marketing_site.service = served.url
        yield served


@contextmanager
def database(running: Served) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{running.folder}/data/leadtracker.sqlite")
    yield engine
    engine.dispose()


def empty(client: redis.Redis, running: Served) -> None:
    """Of everything; nor does the database know of earlier holders, or the worker put them back."""
    with database(running) as engine, WritersTurn(engine), engine.begin() as connection:
        connection.execute(delete(LeaseRow))
    client.flushall()
    client.set(f"{keys.root(1)}:restored", RESTORED)


@pytest.fixture
def store(running: Served) -> Iterator[redis.Redis]:
    """The server's Redis, empty at the beginning of each test."""
    client = redis.Redis.from_url(
        f"unix://{socket_of(running.folder / 'data' / 'redis', 'redis')}", protocol=2
    )
    running.until(lambda: answers(f"{running.url}/readyz"))
    empty(client, running)
    yield client
    client.close()


@pytest.fixture
def new_browser(
    browser: Browser, marketing_site: PageServer, store: redis.Redis, complaints: Complaints
) -> Iterator[OpenBrowser]:
    """A page of a browser that was never here before, with a clock that the test moves."""
    contexts = []

    def open_browser(path: str = "/plain.html", user_agent: str = CHROME) -> Page:
        context = browser.new_context(base_url=marketing_site.origin, user_agent=user_agent)
        contexts.append(context)
        context.on("page", complaints.hear)
        page = context.new_page()
        stop_clock(page)
        page.goto(path)
        return page

    yield open_browser
    for context in contexts:
        context.close()
    assert complaints.of_page == []


def number_of(page: Page) -> str:
    """The number a page shows, once it is one of ours."""
    expect(page.locator(".number")).not_to_have_text(OWN)
    return page.locator(".number").inner_text()


def visitor_of(page: Page) -> str:
    return str(page.evaluate("JSON.parse(localStorage.leadtracker).visitor"))


def e164(number: str) -> str:
    return "+972" + number.replace("-", "")[1:]


def screen_pop(served: Served, did: str, call: str) -> Any:
    """The answer to the PBX when somebody calls this number now."""
    phone = (
        f"05012{zlib.crc32(call.encode()) % 10**5:05}"  # nobody's yet: one that has called is known
    )
    pop = {"phone": phone, "ivrid": call, "did": did.replace("-", ""), "statusCall": "Ringing"}
    answer = requests.get(
        f"{served.url}/pbx/pbx/secret-of-the-pbx-account/screen-pop", params=pop, timeout=PATIENCE
    )
    return answer.json()


def caller_name(served: Served, did: str, call: str) -> str:
    return str(screen_pop(served, did, call)["CLIENTNAME"])


def beat(page: Page, served: Served) -> Any:
    """The answer to the next heartbeat."""
    with page.expect_response(lambda response: response.request.method == "POST") as response:
        page.clock.run_for(30_000)
    assert json.loads(response.value.request.post_data or "")["ask"] == "beat"
    return response.value.json()


def test_a_visitor_keeps_their_number_and_two_have_two(new_browser: OpenBrowser) -> None:
    one, other = new_browser(), new_browser()
    numbers = [number_of(one), number_of(other)]
    assert sorted(numbers) == DIDS
    for page, number in zip((one, other), numbers, strict=True):
        page.reload()
        assert number_of(page) == number
        page.goto("/plain.html?page=2")
        assert number_of(page) == number
        expect(page.locator("#top")).to_have_attribute("href", "tel:" + e164(number))
        tab = page.context.new_page()
        tab.goto("/plain.html")
        assert number_of(tab) == number


def test_the_call_is_the_visitors_who_sees_the_number(
    new_browser: OpenBrowser, running: Served
) -> None:
    page = new_browser("/plain.html?utm_source=newsletter&utm_campaign=spring")
    number = number_of(page)
    assert caller_name(running, number, "call-1") == "Dana"
    shown = subprocess.run(
        [sys.executable, "-m", "leadtracker", "visitor", "show", visitor_of(page), "--json"],
        env={"LEADTRACKER_DATA_FOLDER": str(running.folder / "data"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "spring" in shown.stdout


def test_an_empty_pool_shows_the_sites_default(new_browser: OpenBrowser) -> None:
    assert sorted(number_of(new_browser()) for _ in DIDS) == DIDS
    assert number_of(new_browser()) == DEFAULT


def test_a_robot_spends_no_number(new_browser: OpenBrowser) -> None:
    robot = new_browser(
        user_agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    )
    assert number_of(robot) == DEFAULT
    assert sorted(number_of(new_browser()) for _ in DIDS) == DIDS


@pytest.mark.parametrize(
    "path",
    [
        "/tracker.js",
        "/tracker.v1.js",
        "/cdn/Scripts/did_trace_worker/index.min.js",
        "/assets/shop.js",
    ],
)
def test_every_path_of_the_script(path: str, new_browser: OpenBrowser, running: Served) -> None:
    page = new_browser("/hebrew.html?no-script")
    page.evaluate(
        """url => new Promise(loaded => {
            delete window.Leadtracker;
            delete window.VC_DID_TRACKER;
            const script = document.createElement("script");
            document.head.append(Object.assign(script, { src: url, onload: loaded }));
        })""",
        running.url + path,
    )
    with page.expect_request(running.url + path) as asked:
        did = page.evaluate("() => Leadtracker.init('token')")
    assert asked.value.method == "POST"
    assert did in ("+972722776772", "+972722776773")


@pytest.mark.parametrize("token", ["elsewhere", "unknown"])
def test_a_page_that_may_not_ask_keeps_its_number(
    token: str, new_browser: OpenBrowser, complaints: Complaints
) -> None:
    page = new_browser("/bare.html")
    number = page.evaluate(f"() => Leadtracker.init('{token}', {{}}, {{swap: '{OWN}'}})")
    assert number == OWN
    assert complaints.of_browser


def test_redis_loses_everything_under_live_pages(
    new_browser: OpenBrowser, running: Served, store: redis.Redis
) -> None:
    pages = [
        new_browser("/plain.html?utm_campaign=spring"),
        new_browser("/plain.html?utm_campaign=autumn"),
    ]
    numbers = [number_of(page) for page in pages]
    for page in pages:
        stand_still(page)
    empty(store, running)
    for page, number in zip(pages, numbers, strict=True):
        answer = beat(page, running)
        assert answer["known"] is True
        assert answer["did"] == e164(number)
        assert number_of(page) == number
        assert caller_name(running, number, f"call of {number}") == "Dana"
        assert beat(page, running) == {"known": True}
    assert number_of(new_browser()) == DEFAULT, "the restored numbers are held"


def test_a_number_lost_to_another_is_replaced_in_the_page(
    new_browser: OpenBrowser, running: Served, store: redis.Redis
) -> None:
    page = new_browser()
    number = number_of(page)
    stand_still(page)
    empty(store, running)
    taken = [number_of(new_browser()) for _ in DIDS]
    assert number in taken
    beat(page, running)
    expect(page.locator(".number")).to_have_text(DEFAULT)
    assert number not in page.content()


def test_the_service_dies_and_comes_back(
    new_browser: OpenBrowser, running: Served, store: redis.Redis, complaints: Complaints
) -> None:
    page = new_browser()
    number = number_of(page)
    running.process.terminate()
    running.process.wait(PATIENCE)
    for minutes in (2, 4):
        with page.expect_event("requestfailed"):
            page.clock.run_for(minutes * 60_000)
        assert number_of(page) == number
        expect(page.locator("#words")).to_contain_text(f"telephone {number}, fax 03-123-4568")
    assert complaints.of_page == []
    running.start()
    running.until(lambda: answers(f"{running.url}/readyz"))
    with page.expect_response(lambda response: response.ok):
        page.clock.run_for(10 * 60_000)
    assert number_of(page) == number
    assert caller_name(running, number, "call-2") == "Dana"


def test_a_call_to_the_default_number_is_of_who_tapped_it(
    new_browser: OpenBrowser, running: Served
) -> None:
    for _ in DIDS:
        number_of(new_browser())
    other, page = new_browser(), new_browser()
    assert number_of(other) == number_of(page) == DEFAULT
    assert caller_name(running, DEFAULT, "call before the tap") == ""
    tap_link(page)

    def tapped() -> list[str]:
        with database(running) as engine, engine.connect() as connection:
            return list(
                connection.scalars(select(LeaseRow.visitor).where(LeaseRow.reason == "tapped"))
            )

    assert running.until(tapped) == [visitor_of(page)]
    caller = screen_pop(running, DEFAULT, "call after the tap")
    assert caller["CLIENTNAME"] == "Dana"
    assert f"/visitors/{visitor_of(page)}?" in caller["URL"]


@pytest.mark.parametrize(("act", "kept"), [(tap_link, b"taps"), (copy, b"levels")])
def test_what_is_done_with_the_number_is_kept_with_its_lease(
    act: Callable[[Page], None],
    kept: bytes,
    new_browser: OpenBrowser,
    running: Served,
    store: redis.Redis,
) -> None:
    page = new_browser()
    did = e164(number_of(page))

    def signs() -> dict[bytes, bytes]:
        lease = store.hgetall(f"{keys.root(1)}:did:{did}")
        found = {name: lease[name] for name in (b"taps", b"levels") if lease[name]}
        return cast(dict[bytes, bytes], found)

    assert signs() == {}
    act(page)
    assert list(running.until(signs)) == [kept]


def test_a_page_shown_again_has_its_number_unless_another_got_it(
    new_browser: OpenBrowser, running: Served, store: redis.Redis
) -> None:
    page = new_browser()
    number = number_of(page)
    left = f"{keys.root(1)}:did:{e164(number)}"
    hide(page)
    running.until(lambda: store.hget(left, "left"))
    with page.expect_response(
        lambda response: '"number"' in (response.request.post_data or "")
    ) as response:
        hide(page, "visible")
    assert (response.value.json()["reason"], number_of(page)) == ("kept", number)
    hide(page)
    empty(store, running)
    taken = [number_of(new_browser()) for _ in DIDS]
    assert number in taken
    hide(page, "visible")
    expect(page.locator(".number")).to_have_text(DEFAULT)
