"""Whatever pages do and whichever answers are lost, no two visible pages show one of the pool."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.web.stores import Stores
from tests.browser.conftest import stand_still, stop_clock
from tests.browser.page_server import PageServer
from tests.browser.test_tracker_hostile import INFO, SABOTAGE
from tests.browser.test_tracker_number_request import hide, mark
from tests.browser.test_tracker_real import CHROME

SEED = 11
STEPS = 36
MOST_PAGES = 5
MOST_LOST = 2  # in a row: with more of them a number that others wait for is theirs
OWN = "03-123-4567"
DEFAULT = "03-555-1234"  # of the site: all pages show it for which the pool has no number left
NUMBERS = [f"072-277-677{n}" for n in range(2, 5)]
SITES = """
[site.shop]
tokens = ["token"]
origins = ["{origin}"]
default_number = "{default}"
dids = {numbers}
"""
PAGE = """<!doctype html><link rel=icon href="data:,"><script>{before}</script>
<script src="{service}/tracker.js"></script><main><p>{own}</p></main>
<script>Leadtracker.init("token", {info}, {{swap: "{own}", now: true}})</script>"""
ADDRESSES = ["", "#" + "x" * 40_000, "?utm_source=%00&gclid=[", "?utm_campaign=%FF%FE"]
STORED = ["", "7", "[]", '{"visitor": 7}', '{"leases": 7, "arrival": {"url": 1}}', "x" * 9000]
ANSWERS = [(400, "{}"), (403, ""), (413, ""), (500, "<h1>"), (200, "<h1>"), (200, "{}")]


class Lossy:
    """Loses requests and answers, as a proxy does; time is what the test says."""

    def __init__(self, app: Flask, chance: random.Random) -> None:
        self.now = 1_800_000_000_000
        self.calm = False
        self._chance = chance
        self._lost: Counter[str] = Counter()
        self._inner = app.wsgi_app
        self._say: Callable[..., Any] = app.extensions["leadtracker"].live._say

    def say(self, *script: Any, **what: Any) -> Any:
        return self._say(*script, **(what | {"now": self.now}))

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return self._inner(environ, start)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        visitor = json.loads(body)["visitor"]
        environ["wsgi.input"] = _Body(body)
        loses = not self.calm and self._lost[visitor] < MOST_LOST and self._chance.random() < 0.4
        if not loses:
            self._lost[visitor] = 0
            return self._inner(environ, start)
        self._lost[visitor] += 1
        if self._chance.random() < 0.5:  # it arrived, and only its answer is lost
            list(self._inner(environ, lambda *_: lambda _: None))
        status, text = self._chance.choice(ANSWERS)
        start(f"{status} x", [("Access-Control-Allow-Origin", "*")])
        return [text.encode()]


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = len(self._body)
        read, self._body = self._body[:size], self._body[size:]
        return read


class Crowd:
    """Pages of visitors who have nothing in common."""

    def __init__(self, browser: Browser, site: PageServer, folder: Path, chance: random.Random):
        self.visible: list[Page] = []
        self.hidden: list[Page] = []
        self.shown: Counter[str] = Counter()
        self._browser, self._site, self._folder, self._chance = browser, site, folder, chance
        self._open = 0
        self._contexts: list[BrowserContext] = []

    def come(self) -> None:
        chance = self._chance
        text = PAGE.format(
            before=chance.choice([*SABOTAGE, ""]),
            service=self._site.service,
            own=OWN,
            info=chance.choice([info for info, _ in INFO]),
        )
        name = f"{len(self._contexts)}.html"
        (self._folder / name).write_text(text)
        context = self._browser.new_context(base_url=self._site.origin, user_agent=CHROME)
        self._contexts.append(context)
        page = context.new_page()
        page.on("request", self._begins)
        page.on("requestfinished", self._ends)
        page.on("requestfailed", self._ends)
        stop_clock(page)
        page.goto(f"/{name}{chance.choice(ADDRESSES)}")
        stand_still(page)
        self.visible.append(page)

    def leave(self) -> None:
        if self.visible:
            page = self.visible.pop(self._chance.randrange(len(self.visible)))
            page.context.close()

    def hide(self) -> None:
        if self.visible:
            self.hidden.append(self.visible.pop(self._chance.randrange(len(self.visible))))
            hide(self.hidden[-1])

    def come_back(self) -> None:
        if self.hidden:
            self.visible.append(self.hidden.pop())
            hide(self.visible[-1], "visible")

    def spoil(self) -> None:
        if self.visible:
            stored = json.dumps(self._chance.choice(STORED))
            page = self._chance.choice(self.visible)
            page.evaluate(f"() => {{ localStorage.leadtracker = {stored} }}")

    def wait(self, seconds: int) -> None:
        for page in self.visible + self.hidden:
            page.clock.run_for(seconds * 1000)
        self.settle()

    def settle(self) -> None:
        for page in self.visible:
            while self._open:
                page.wait_for_timeout(2)
            mark(page)

    def numbers(self) -> list[str]:
        """Of the pool, as the visible pages show them."""
        shown = [page.locator("p").inner_text() for page in self.visible]
        ours = [number for number in shown if number not in (OWN, DEFAULT)]
        self.shown.update(ours)
        return ours

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _begins(self, request: Request) -> None:
        self._open += request.method == "POST" and request.resource_type == "fetch"

    def _ends(self, request: Request) -> None:
        self._open -= request.method == "POST" and request.resource_type == "fetch"


@pytest.fixture
def chance() -> random.Random:
    return random.Random(SEED)


@pytest.fixture
def lossy(app: Flask, stores: Stores, chance: random.Random, monkeypatch: Any) -> Lossy:
    lossy = Lossy(app, chance)
    monkeypatch.setattr(stores.live, "_say", lossy.say)
    monkeypatch.setattr(app, "wsgi_app", lossy)
    return lossy


@pytest.fixture
def crowd(
    lossy: Lossy,
    stores: Stores,
    dashboard_address: str,
    engine: Engine,
    browser: Browser,
    tmp_path: Path,
    chance: random.Random,
) -> Iterator[Crowd]:
    site = PageServer(dashboard_address, tmp_path)
    with Session(engine) as session:
        sites = SITES.format(origin=site.origin, default=DEFAULT, numbers=json.dumps(NUMBERS))
        site_file.apply(session, sites)
        session.commit()
    stores.directory._next_check = 0
    stores.directory.refresh()
    crowd = Crowd(browser, site, tmp_path, chance)
    yield crowd
    crowd.close()
    site.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_two_visible_pages_show_one_number_of_the_pool(
    crowd: Crowd, lossy: Lossy, chance: random.Random
) -> None:
    for step in range(STEPS):
        act = chance.choice([crowd.come, crowd.leave, crowd.hide, crowd.come_back, crowd.spoil])
        if len(crowd.visible) < 3:
            act = crowd.come
        if len(crowd.visible) == MOST_PAGES and act in (crowd.come, crowd.come_back):
            act = crowd.leave
        # A page that is shown again may show what is another's by now, until it has its answer.
        lossy.calm = act == crowd.come_back
        act()
        crowd.settle()
        lossy.calm = False
        seconds = chance.choice([10, 20, 30])
        lossy.now += seconds * 1000
        crowd.wait(seconds)
        numbers = crowd.numbers()
        assert len(numbers) == len(set(numbers)), f"step {step}: {numbers}"
    assert sorted(crowd.shown) == NUMBERS
    assert sum(crowd.shown.values()) > STEPS
