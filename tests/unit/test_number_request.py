"""What a page's message may say, to the letter, and what is read from it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from leadtracker.demo.browser import DESKTOP, PHONE
from leadtracker.domain import Site, touchpoint_to_json
from leadtracker.errors import BadRequest
from leadtracker.numbers.number_request import (
    Sender,
    _touchpoint,
    is_bot,
    level_of,
    phone_of,
    read_page,
    read_visitor,
)

DANA = {"visitor": "dana".ljust(22, "_"), "visit": "visit".ljust(22, "_")}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = Site(
    id=1, name="shop", tokens=(), origins=(), default_number=None, phone_keys=("mobile", "phone")
)


def ms(moment: datetime) -> float:
    return moment.timestamp() * 1000


@pytest.mark.parametrize("name", ["visitor", "visit"])
@pytest.mark.parametrize("good", ["a" * 16, "a" * 32, "Az09_-" * 3])
def test_ids_that_are_read(name: str, good: str) -> None:
    assert read_visitor({name: good}, name) == good
    assert getattr(read_page(DANA | {name: good}), name) == good


@pytest.mark.parametrize("name", ["visitor", "visit"])
@pytest.mark.parametrize(
    "bad", ["a" * 15, "a" * 33, "", None, 7, "a" * 20 + "\n", "a" * 20 + ".", "א" * 20]
)
def test_ids_that_are_refused(name: str, bad: Any) -> None:
    with pytest.raises(BadRequest, match=f"{name} must be 16 to 32 letters"):
        read_page(DANA | {name: bad})


def test_a_page_that_says_nothing_more() -> None:
    page = read_page(DANA)
    assert (page.url, page.info, page.lease, page.engaged, page.cut) == ("", (), "", 0, ())
    assert page.arrival == page.first == {}
    assert (page.state, page.signals) == ("visible", [])


def test_a_page_that_says_all() -> None:
    told = {
        "page": "/p",
        "info": {"name": "Dana דנה", "n": [1, None]},
        "arrival": {"url": "/a"},
        "first": {"url": "/f"},
    }
    page = read_page(DANA | told | {"lease": "token", "engaged": 12.5})
    assert page.info == ("i:name", '"Dana דנה"', "i:n", "[1,null]")
    assert (page.url, page.arrival["url"], page.first["url"]) == ("/p", "/a", "/f")
    assert (page.lease, page.engaged) == ("token", 12.5)


LONG = "https://shop.example.com/" + "x" * 3000


@pytest.mark.parametrize(
    ("told", "key", "kept", "cut"),
    [
        ({"info": "text"}, "info", (), ["info"]),
        ({"info": [1]}, "info", (), ["info"]),
        ({"info": {"k" * 300: 1}}, "info", ("i:" + "k" * 200, "1"), ["info." + "k" * 200]),
        ({"info": {}}, "info", (), []),
        ({"engaged": -0.1}, "engaged", 0, ["engaged"]),
        ({"engaged": True}, "engaged", 0, ["engaged"]),
        ({"engaged": "7"}, "engaged", 0, ["engaged"]),
        ({"engaged": None}, "engaged", 0, []),
        ({"page": 7}, "url", "", ["page"]),
        ({"page": LONG}, "url", LONG[:2048], ["page"]),
        ({"lease": ["token"]}, "lease", "", ["lease"]),
        ({"state": "asleep"}, "state", "visible", ["state"]),
        ({"state": "left"}, "state", "left", []),
        ({"signals": '["copy", "tap"]'}, "signals", ["tap", "copy"], []),
        ({"signals": ["tap", "tap", 7, ["x"]]}, "signals", ["tap"], ["signals"]),
        ({"signals": {"tap": 1}}, "signals", [], ["signals"]),
        ({"arrival": "/a"}, "arrival", {}, ["arrival"]),
        ({"first": [1]}, "first", {}, ["first"]),
    ],
)
def test_what_is_wrong_is_cut_or_left_out(
    told: dict[str, Any], key: str, kept: Any, cut: list[str]
) -> None:
    page = read_page(DANA | told)
    assert getattr(page, key) == kept
    assert list(page.cut) == cut


@pytest.mark.parametrize(
    ("url", "kept", "cut"),
    [
        ("/a", "/a", []),
        (LONG, LONG[:2048], ["arrival.referrer"]),
        (7, "", ["arrival.referrer"]),
        ("https://[bad", "https://[bad", ["arrival.referrer"]),
    ],
)
def test_an_arrival_that_is_wrong_is_cut_or_left_out(url: Any, kept: str, cut: list[str]) -> None:
    page = read_page(DANA | {"arrival": {"url": "/", "referrer": url, "at": 7, "more": [1]}})
    assert page.arrival == {"at": 7, "url": "/", "referrer": kept}
    assert list(page.cut) == cut


@pytest.mark.parametrize(
    ("engaged", "signals", "level"),
    [
        (0, (), 0),
        (14.9, (), 0),
        (15, (), 1),
        (59.9, (), 1),
        (60, (), 2),
        (1e6, (), 2),
        (0, ("tap",), 0),
        (60, ("tap",), 2),
        (0, ("copy",), 3),
        (0, ("menu",), 3),
        (0, ("save",), 3),
        (60, ("tap", "save"), 3),
    ],
)
def test_how_far_a_visitor_has_come(engaged: float, signals: tuple[str, ...], level: int) -> None:
    assert level_of(engaged, signals) == level


@pytest.mark.parametrize(
    ("user_agent", "device", "bot"),
    [
        (PHONE, "mobile", False),
        (DESKTOP, "desktop", False),
        ("", "desktop", True),
        ("Googlebot/2.1 (+http://www.google.com/bot.html)", "desktop", True),
        (
            "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
            "mobile",
            False,
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Tab) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
            "mobile",
            False,
        ),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Safari/604.1", "mobile", False),
    ],
)
def test_devices_and_bots(user_agent: str, device: str, bot: bool) -> None:
    assert (Sender(user_agent, "").device, is_bot(user_agent)) == (device, bot)


@pytest.mark.parametrize(
    ("info", "phone"),
    [
        ({}, ""),
        ({"phone": "054-321-6549"}, "+972543216549"),
        ({"phone": 972543216549}, "+972543216549"),
        ({"phone": "+40213110001"}, "+40213110001"),
        ({"phone": "Dana"}, ""),
        ({"phone": ["054-321-6549"]}, ""),
        ({"phone": None}, ""),
        ({"name": "054-321-6549"}, ""),
        ({"phone": 543216549}, "+972543216549"),
        ({"phone": "054-321-6549", "mobile": "054-321-6550"}, "+972543216550"),
        ({"phone": "054-321-6549", "mobile": "none"}, "+972543216549"),
        ({"phone": " " * 64 + "054-321-6549"}, ""),
    ],
)
def test_the_phone_that_a_page_says_is_the_visitors(info: dict[str, Any], phone: str) -> None:
    page = read_page(DANA | {"info": info})
    assert phone_of(page, SITE) == (phone, False)
    assert phone_of(page, dataclasses.replace(SITE, phone_keys=())) == ("", False)


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        (ms(NOW - timedelta(days=1)), NOW - timedelta(days=1)),
        (ms(NOW - timedelta(milliseconds=1)), NOW - timedelta(milliseconds=1)),
        (ms(NOW + timedelta(minutes=4)), NOW),
        (ms(NOW + timedelta(days=400)), NOW),
        (946_684_800_000, NOW),
        (946_684_800_001, datetime(2000, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)),
        (0, NOW),
        (-1, NOW),
        (1e300, NOW),
        (float("inf"), NOW),
        (float("nan"), NOW),
        (None, NOW),
        ("now", NOW),
    ],
)
def test_when_a_visitor_arrived(at: Any, moment: datetime) -> None:
    found = _touchpoint({"url": "https://shop.example.com/", "at": at}, NOW)
    assert found.at == moment
    orjson.dumps(touchpoint_to_json(found))
