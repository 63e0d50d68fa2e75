"""Which feeds are heard and when they are reported; which calls a search by last digits finds."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.calls import listening
from leadtracker.calls.listening import Listening, feed_of
from leadtracker.domain import Account
from leadtracker.live.feed_states import FeedState, FeedStates
from leadtracker.pbx import VENDORS
from leadtracker.pbx.vendor import RealTime
from leadtracker.records.calls import ends_with, newest, reversed_digits
from leadtracker.records.inbox import Inbox
from leadtracker.records.tables import CallRow
from leadtracker.web.stores import Stores
from tests.dashboard_rows import NOW, add, call

ACCOUNT = Account(1, "pbx", "voicenter", "secret")
PATIENCE = 20.0


@pytest.mark.parametrize(
    ("account", "heard"),
    [
        (ACCOUNT, False),
        (replace(ACCOUNT, vendor="while1"), False),
        (replace(ACCOUNT, vendor="a vendor of an older version"), False),
        (replace(ACCOUNT, options={"wanted": True}), True),
    ],
)
def test_who_is_listened_to(monkeypatch: pytest.MonkeyPatch, account: Account, heard: bool) -> None:
    feed = cast(RealTime, SimpleNamespace(wanted=lambda account: bool(account.options)))
    monkeypatch.setitem(VENDORS, "voicenter", replace(VENDORS["voicenter"], real_time=feed))
    assert feed_of(account) is (feed if heard else None)


class Reports:
    """What is reported of feeds."""

    def __init__(self) -> None:
        self.made: list[tuple[str, FeedState, dict[str, int]]] = []

    def report(self, account: str, state: FeedState, heard: Mapping[str, int]) -> None:
        self.made.append((account, state, dict(heard)))


def test_news_are_reported_at_once_and_nothing_new_now_and_then(
    app: Flask, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [1000.0]
    monkeypatch.setattr(listening, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    family = VENDORS["voicenter"].family("cdr")
    feed = listening._Feed(
        ACCOUNT, cast(RealTime, SimpleNamespace(family=family)), Inbox(stores.engine)
    )
    reports = Reports()

    def reported(at: float) -> list[tuple[str, FeedState, dict[str, int]]]:
        seconds[0] = at
        feed.report(cast(FeedStates, reports))
        made, reports.made = reports.made, []
        return made

    new, up = FeedState(False, "not connected yet"), FeedState(True, "connected")
    assert reported(1000) == [("pbx", new, {})]
    assert reported(1009.9) == []
    assert reported(1010) == [("pbx", new, {})]
    feed._tell(False, "not connected yet")
    assert reported(1011) == [], "that is known"
    feed._tell(True, "connected")
    feed._tell(True, "connected")
    assert reported(1012) == [("pbx", up, {})]
    assert reported(1013) == []
    feed._hear(b'{"ivruniqueid": "c1", "type": "Incoming Call", "time": 1772366400}')
    feed._hear(b"{")
    feed._hear(b"{ ")
    [(_, _, heard)] = reported(1014)
    assert Counter(heard) == Counter({"unreadable": 2, "stored": 1})
    assert reported(1015) == []
    assert reported(1024) == [("pbx", up, {})]


class Feed:
    """Listens until it is stopped."""

    def __init__(self) -> None:
        self.family = VENDORS["voicenter"].family("real-time")
        self.begun: list[Account] = []
        self.ended: list[Account] = []
        self.changed = threading.Condition()

    def wanted(self, account: Account) -> bool:
        return account.options.get("listen") is True

    def listen(self, account: Account, heard: Any, told: Any, stop: threading.Event) -> None:
        with self.changed:
            self.begun.append(account)
            self.changed.notify_all()
        assert stop.wait(PATIENCE)
        with self.changed:
            self.ended.append(account)
            self.changed.notify_all()

    def until(self, what: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(what, PATIENCE)


def test_feeds_begin_and_end_as_the_options_say(
    app: Flask, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = Feed()
    monkeypatch.setitem(
        VENDORS, "voicenter", replace(VENDORS["voicenter"], real_time=cast(RealTime, feed))
    )
    listens, silent = replace(ACCOUNT, options={"listen": True}), ACCOUNT
    directory = SimpleNamespace(
        accounts={"pbx": listens, "other": replace(silent, id=2, key="other")}
    )
    heard = Listening(stores.engine, stores.live, cast(Any, directory))
    for _ in range(3):
        heard.tick()
    feed.until(lambda: feed.begun == [listens])
    assert FeedStates(stores.live).state("pbx") == FeedState(False, "not connected yet")
    assert FeedStates(stores.live).state("other") is None
    changed = replace(listens, options={"listen": True, "server": "b"})
    directory.accounts["pbx"] = changed
    heard.tick()
    feed.until(lambda: (feed.begun, feed.ended) == ([listens, changed], [listens]))
    directory.accounts = {}
    heard.tick()
    feed.until(lambda: feed.ended == [listens, changed])
    directory.accounts = {"pbx": listens}
    heard.tick()
    feed.until(lambda: len(feed.begun) == 3)
    heard.stop()
    assert feed.ended == [listens, changed, listens], "it waits for them"


NUMBERS = (
    "+972543219999",
    "+972543210999",
    "+972543219990",
    "+972543200000",
    "+9999",
    "999",
    "anonymous",
    None,
)


@pytest.mark.parametrize(
    ("digits", "found"),
    [
        ("9999", {"+972543219999", "+9999"}),
        ("0999", {"+972543210999"}),
        ("9990", {"+972543219990"}),
        ("0000", {"+972543200000"}),
        ("999", {"+972543219999", "+972543210999", "+9999", "999"}),
        ("0", {"+972543219990", "+972543200000"}),
        ("19999", {"+972543219999"}),
        ("972543219999", {"+972543219999"}),
        ("8888", set()),
    ],
)
def test_calls_by_the_last_digits(app: Flask, engine: Engine, digits: str, found: set[str]) -> None:
    add(engine, *(call(NOW, caller=number) for number in NUMBERS))
    with Session(engine) as session:
        assert set(session.scalars(select(CallRow.caller).where(ends_with(digits)))) == found


@pytest.mark.parametrize(
    ("number", "backwards"),
    [("+972-54", "45279"), ("anonymous", ""), (None, ""), ("", ""), ("*123#", "321")],
)
def test_digits_backwards(number: str | None, backwards: str) -> None:
    assert reversed_digits(number) == backwards


def test_the_newest_calls(app: Flask, engine: Engine) -> None:
    rows = [call(NOW), call(NOW), call(NOW, site_id=2, account_id=2), call(NOW.replace(hour=1))]
    add(engine, *rows)
    first, second, other, early = (row.id for row in rows)
    with Session(engine) as session:
        assert [row.id for row in newest(session, 3)] == [other, second, first]
        assert [row.id for row in newest(session, 9, 1)] == [second, first, early]
