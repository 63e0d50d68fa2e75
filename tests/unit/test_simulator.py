"""The simulated browser says what the script says, and each scenario sends its callbacks."""

from __future__ import annotations

import json
import random
from urllib.parse import urlsplit

import pytest
import requests

from leadtracker.demo.browser import Browser
from leadtracker.demo.scenarios import SCENARIOS, begin, play
from leadtracker.pbx.simulated_call import Extension
from leadtracker.pbx.voicenter.simulator.account import SimulatedVoicenter
from tests.unit.receiver import Receiver

STAFF = (Extension("KGpK4iWq", "Walter"), Extension("SIPSIP", "Lois"))


def test_a_browser_says_what_the_script_says(receiver: Receiver, http: requests.Session) -> None:
    leased = {
        "did": "+972722776772",
        "display": "072-277-6772",
        "lease": "signed",
        "lease_seconds": 120,
        "beat_seconds": 30,
        "reason": "leased",
    }
    known = b'{"known":true}'
    receiver.answers = [
        (200, json.dumps(leased).encode()),
        (200, known),
        (200, known),
        (200, known),
    ]
    browser = Browser(
        f"{receiver.url}/tracker.js", "token", http, info={"name": "Dana"}, visitor="v" * 22
    )
    page = browser.arrive("http://127.0.0.1:8090/sale?utm_source=google", "https://www.google.com/")
    assert (page.did, page.display, page.reason, page.leased) == (
        "+972722776772",
        "072-277-6772",
        "leased",
        True,
    )
    waited: list[float] = []
    browser.stay(70, waited.append)
    browser.tap()
    browser.leave()
    asked, *beats = (one.json for one in receiver.got)
    always = {"ask", "token", "visitor", "visit", "info", "arrival", "first", "page"}
    assert set(asked) == always
    assert asked["ask"] == "number"
    assert asked["arrival"] == asked["first"]
    assert set(asked["arrival"]) == {"url", "referrer", "at"}
    assert len(asked["visit"]) == len(asked["visitor"]) == 22
    assert waited == [30, 30, 10]
    assert [(beat["state"], beat["signals"]) for beat in beats] == [
        ("visible", []),
        ("visible", []),
        ("visible", ["tap"]),
        ("left", []),
    ]
    assert all(set(beat) == always | {"lease", "state", "signals", "engaged"} for beat in beats)
    assert receiver.got[0].headers["Origin"] == "http://127.0.0.1:8090"
    assert receiver.got[0].headers["Content-Type"] == "text/plain;charset=UTF-8"


def test_a_browser_keeps_its_first_arrival_and_begins_a_new_visit(
    receiver: Receiver, http: requests.Session
) -> None:
    browser = Browser(f"{receiver.url}/tracker.js", "token", http)
    browser.arrive("http://a.example/?utm_source=google")
    browser.arrive("http://a.example/?utm_source=bing")
    first, second = (one.json for one in receiver.got)
    assert second["first"] == first["arrival"] != second["arrival"]
    assert second["visitor"] == first["visitor"]
    assert second["visit"] != first["visit"]


def test_a_page_lives_without_an_answer(http: requests.Session) -> None:
    browser = Browser("http://127.0.0.1:9/tracker.js", "token", http)
    page = browser.arrive("http://a.example/")
    assert (page.did, page.leased, page.reason) == (None, False, "no answer")
    browser.tap()


def test_a_browser_takes_the_new_number_of_a_beat(
    receiver: Receiver, http: requests.Session
) -> None:
    other = {
        "known": False,
        "did": "+972722776773",
        "display": "072-277-6773",
        "lease": "b",
        "reason": "leased",
    }
    receiver.answers = [
        (200, b'{"did":"+972722776772","lease":"a","reason":"leased"}'),
        (200, json.dumps(other).encode()),
    ]
    browser = Browser(f"{receiver.url}/tracker.js", "token", http)
    browser.arrive("http://a.example/")
    page = browser.beat()
    assert page is not None
    assert page.did == "+972722776773"
    assert [one.json.get("lease") for one in receiver.got] == [None, "a"]
    browser.beat()
    assert receiver.got[-1].json["lease"] == "b"


SENDS = [
    ("answered", 5, 1),
    ("answered after a tap", 5, 1),
    ("answered from the queue", 5, 1),
    ("missed", 4, 1),
    ("busy", 4, 1),
    ("abandoned in the queue", 4, 1),
    ("voicemail", 4, 1),
    ("after the visit", 5, 1),
    ("every notification twice", 10, 2),
    ("CDR comes late", 5, 1),
    ("CDR before the screen pop", 5, 1),
    ("CDR only", 0, 1),
    ("two legs", 5, 2),
    ("transferred", 10, 2),
    ("withheld number", 5, 1),
    ("outgoing", 5, 1),
]  # scenario, pops, CDRs


@pytest.mark.parametrize(("name", "pops", "records"), SENDS)
def test_a_scenario_sends_its_notifications(
    account: SimulatedVoicenter, receiver: Receiver, name: str, pops: int, records: int
) -> None:
    scenario = SCENARIOS[name]
    call = begin(
        scenario,
        did="+972722776772",
        customer="+972501234567",
        extensions=STAFF,
        chance=random.Random(1),
    )
    waited: list[float] = []
    played = play(scenario, call, account, waited.append)
    paths = [urlsplit(one.url).path for one in receiver.got]
    assert (paths.count("/pop"), paths.count("/cdr")) == (pops, records)
    assert (max(waited) > 1) == (name == "CDR comes late")
    assert (paths[0] == "/cdr") == name.startswith(("CDR before", "CDR only"))
    assert (played.call.original is call) == (name == "transferred")
    ids = {one.json.get("ivrid") or one.json.get("ivruniqueid") for one in receiver.got}
    assert len(ids) == (2 if name == "transferred" else 1)


def test_every_scenario_is_tried_above() -> None:
    assert {name for name, *_ in SENDS} == set(SCENARIOS)
