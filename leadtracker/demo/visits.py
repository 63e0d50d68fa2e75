"""The demo's visits and calls, played over HTTP and told in one line each."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import click
import requests

from leadtracker import phone
from leadtracker.demo.browser import Browser, Page
from leadtracker.demo.marketing_site import Told
from leadtracker.demo.scenarios import SCENARIOS, Scenario, begin, play
from leadtracker.demo.sites import Where
from leadtracker.demo.world import GOOGLEBOT, Shop, Visit
from leadtracker.pbx.simulated_call import (
    Ending,
    Kind,
    NotAcknowledged,
    SimulatedCall,
    SimulatedPbx,
)
from leadtracker.pbx.voicenter.simulator.account import PopFormat, SimulatedVoicenter
from leadtracker.pbx.voicenter.simulator.cdr import CdrFormat
from leadtracker.pbx.while1.simulator.account import SimulatedWhile1
from leadtracker.records.calls import newest
from leadtracker.records.session import Engine, Session
from leadtracker.records.tables import CallRow

FOUND_WITHIN_SECONDS = 8.0
LEFT_BEFORE_SECONDS = 7.0  # whoever calls sooner is taken for a visitor still on the page
CALLED_BACK_SECONDS = 60.0  # for two legs and their talk
CALLED_BACK = ("talked", "failed", "refused")  # how a callback ends, as pages are told
YOUR_NUMBER = "5550100"  # last digits of the telephone of whoever looks at the demo

# How a Voicenter account may be set up; the demo's changes from call to call.
FORMATS = (
    (PopFormat.JSON, CdrFormat.JSON),
    (PopFormat.FORM, CdrFormat.XML_RPC),
    (PopFormat.GET, CdrFormat.FORM),
)


class Visits:
    """Plays visits until `stop` is set, each in a thread; `tell` gets a line for each."""

    def __init__(
        self,
        where: Where,
        http: requests.Session,
        engine: Engine,
        stop: threading.Event,
        tell: Callable[[str], None],
    ) -> None:
        self._where, self._http, self._engine = where, http, engine
        self._stop, self._tell = stop, tell
        self._chance = random.Random()  # noqa: S311 # durations of talks, no secrets
        self._calls = 0
        self.faults: list[str] = []  # calls that Leadtracker did not tell as they were

    def pause(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def play(self, visit: Visit) -> None:
        browser = self._browser(visit)
        path = quote(visit.arrival.path, safe="/?&=+.")
        page = browser.arrive(self._where.marketing + path, visit.arrival.referrer)
        label = _label(visit)
        scenario = SCENARIOS.get(visit.scenario)
        if page.did is None:
            self._tell(f"{label} sees the page's own number: {page.reason}")
        elif visit.bot:
            got = "a bot gets the default number, none of the pool"
            self._tell(f"Googlebot sees {page.display}: {got}")
        elif visit.asks_back:
            self._called_back(browser, visit, _sees(label, page))
        elif scenario is not None:
            self._call(visit, scenario, browser, page)
        else:
            self._tell(f"{_sees(label, page)} · reads and leaves")
            browser.stay(visit.stays_seconds, self.pause)
            browser.leave()

    def _browser(self, visit: Visit) -> Browser:
        info: dict[str, str] = {}
        user_agent, visitor = visit.who.user_agent, visit.who.visitor
        if visit.who.signed_in:
            info["name"] = visit.who.name
        if visit.bot:
            user_agent, visitor = GOOGLEBOT, ""
        return Browser(
            f"{self._where.leadtracker}/tracker.js",
            self._where.tokens[visit.shop.key],
            self._http,
            info=info,
            user_agent=user_agent,
            visitor=visitor,
        )

    def _call(self, visit: Visit, scenario: Scenario, browser: Browser, page: Page) -> None:
        browser.stay(min(visit.stays_seconds, 6.0), self.pause)
        if scenario.taps:
            browser.tap()
        if scenario.leaves:
            browser.leave()
            self.pause(LEFT_BEFORE_SECONDS)
        leased, did = "", visit.shop.own_number
        if scenario.kind == Kind.INCOMING:
            did = page.did or did
        if scenario.kind == Kind.INCOMING and page.leased:
            leased = browser.visitor
        call = begin(
            scenario,
            did=did,
            customer=visit.who.number,
            customer_name=visit.who.name,
            extensions=visit.shop.staff[:2],
            chance=self._chance,
        )
        label = _label(visit)
        try:
            played = play(scenario, call, pbx := self._pbx(visit.shop), self.pause)
        except NotAcknowledged as fault:
            if not self._stop.is_set():
                self.faults.append(f"{label}: {fault}")
            return
        row = self._found(pbx.call_id(played.call))
        if self._stop.is_set():
            return
        course, said = _course(played.call, visit), self._says(row, leased, label)
        self._tell(f"{_sees(label, page)} · {course} -> Leadtracker says: {said}")
        if not scenario.leaves:
            browser.leave()

    def ring(self, shop: Shop, number: str) -> Iterator[Told]:
        """Whoever looks at the marketing site calls the number they see there."""
        did = phone.read(number, shop.country)
        if did is None:
            yield {"said": f"{number!r} is not a telephone number."}
            return
        agent = shop.staff[0].person
        pbx = self._pbx(shop)
        call = begin(
            SCENARIOS["answered"],
            did=did,
            customer=f"{shop.mobile_prefix}{YOUR_NUMBER}",
            customer_name="",
            extensions=shop.staff[:1],
            chance=self._chance,
        )
        yield {"said": f"You ring {number}: the telephone at {agent}'s desk rings."}
        shown = pbx.ring(call)
        told = {"said": f"{agent}'s screen says: {shown.name or 'somebody unknown'}."}
        if shown.url:
            told |= {"link": "Open the card", "href": shown.url}
        yield told
        self.pause(1.5)
        pbx.answer(call)
        yield {"said": f"{agent} answers, and knows where you came from."}
        self.pause(2.0)
        pbx.hang_up(call)
        try:
            pbx.report(call)
        except NotAcknowledged:
            yield {"said": "You hang up, but Leadtracker did not take the PBX's record."}
            return
        yield {"said": f"You hang up. The PBX reports {_span(call.talk_seconds)} of talk."}
        row, calls = self._found(pbx.call_id(call)), f"{self._where.leadtracker}/calls"
        if row is None:
            missing = "Leadtracker has not made a call of it yet: look at the list."
            yield {"said": missing, "link": "Calls", "href": calls}
            return
        said = row.match.get("said", "Nobody known had this number.")
        yield {"said": said, "link": "See the call", "href": f"{calls}/{row.id}"}
        who = "You, on the marketing site, rang"
        self._tell(f"{who} {number} -> Leadtracker says: {self._says(row, '', '')}")

    def _called_back(self, browser: Browser, visit: Visit, sees: str) -> None:
        request, state = browser.ask_back(visit.who.number, visit.who.name), ""
        until = time.monotonic() + CALLED_BACK_SECONDS
        while state not in CALLED_BACK and not self._stop.is_set() and time.monotonic() < until:
            browser.stay(1.0, self.pause)
            state = browser.asked_back(request)
        browser.leave()
        if self._stop.is_set():
            return
        told = state.replace("_", " ") or "nothing"
        self._tell(f"{sees} · asks to be called back -> Leadtracker says: {told}")
        if state != "talked":
            self.faults.append(f"{visit.who.name} asked to be called back and was told {told}")

    def _pbx(self, shop: Shop) -> SimulatedPbx:
        urls = self._where.notifications
        if shop.vendor == "while1":
            return SimulatedWhile1(
                urls[shop.key, "caller-data"], self._http, events_url=urls[shop.key, "events"]
            )
        self._calls += 1
        pops, cdrs = FORMATS[self._calls % len(FORMATS)]
        return SimulatedVoicenter(
            urls[shop.key, "screen-pop"],
            urls[shop.key, "cdr"],
            self._http,
            pop_format=pops,
            cdr_format=cdrs,
            recordings_url=f"{self._where.marketing}/recordings/",
        )

    def _found(self, call_id: str) -> CallRow | None:
        """The call that Leadtracker made of the notifications, once it knows its end."""
        deadline = time.monotonic() + FOUND_WITHIN_SECONDS
        while time.monotonic() < deadline and not self._stop.is_set():
            with Session(self._engine) as session:
                rows = newest(session, 40)
            for row in rows:
                if row.call_id == call_id and row.phase == "ended":
                    return row
            self.pause(0.2)
        return None

    def _says(self, row: CallRow | None, caller: str, label: str) -> str:
        """The demo knows who called, so it can tell whether Leadtracker knows it too.

        `caller` is the visitor whose number was called, empty where it was nobody's.
        """
        if row is None:
            self.faults.append(f"{label}: the call did not become a row")
            return "nothing yet"
        candidates = [candidate["visitor"] for candidate in row.match.get("candidates", ())]
        name = row.visitor_info.get("name")
        if caller and (row.visitor_id or caller) != caller:
            self.faults.append(f"{label}: taken for {name or row.visitor_id}")
        elif caller and caller not in candidates:
            self.faults.append(f"{label}: not even among the candidates")
        if row.visitor_id is None and caller:
            return f"not certain, one of {len(candidates)} visitors"
        if row.visitor_id is None:
            return "nobody known, as it must: no number of the pool was called"
        sure = f"{row.match['verdict']} ({row.match['p']:.0%})"
        said = [name or "a visitor without a name", sure, row.campaign]
        return ", ".join(filter(None, said))


def _label(visit: Visit) -> str:
    return f"{visit.who.name} ({visit.arrival.label})"


def _sees(label: str, page: Page) -> str:
    if page.leased:
        return f"{label} sees {page.display}"
    return f"{label} sees {page.display}, the default number: none is free"


def _course(call: SimulatedCall, visit: Visit) -> str:
    agent = call.takes_it.person
    endings = {
        Ending.ANSWERED: f"answered by {agent}, {_span(call.talk_seconds)} talk",
        Ending.MISSED: f"nobody answers in {call.ring_seconds} s",
        Ending.BUSY: "busy",
        Ending.ABANDONED: f"gives up after {call.wait_seconds} s in the queue",
        Ending.VOICEMAIL: f"leaves {call.talk_seconds} s of voicemail",
    }
    begun = f"{agent} calls {visit.who.name}"
    if call.kind in (Kind.INCOMING, Kind.TRANSFERRED):
        begun = "calls"
    return f"{begun} {click.style(f'[{visit.scenario}]', dim=True)} · {endings[call.ending]}"


def _span(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min {seconds % 60} s"
