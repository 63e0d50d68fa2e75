"""Replay a trace: its events become requests and notifications, the answers become decisions."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson

from leadtracker.domain import BROWSING_SECONDS, ENGAGED_SECONDS, Json, Touchpoint
from leadtracker.live import Arrival, Asker, Told
from leadtracker.numbers.number_request import BEAT_SECONDS, FIRST_BEAT_SECONDS, level_of
from leadtracker.records.database import throwaway_database
from leadtracker.records.session import Engine
from leadtracker.records.told_phones import PAGE, SIGNED, ToldPhone
from leadtracker.simulate.stores import BEGIN, Stores, begin_of, open_stores
from leadtracker.simulate.trace import Trace
from leadtracker.who_called.ring import Ring

HOUR = 3600.0
REACHED = {
    1: level_of(BROWSING_SECONDS, ()),
    2: level_of(ENGAGED_SECONDS, ()),
    3: level_of(0, ("save",)),
}


def simulate(
    trace: Trace,
    dids: int,
    out: Path,
    progress: Callable[[float], None],
    kept: Engine | None = None,
) -> None:
    """Write the decisions on a trace, for a pool of so many DIDs.

    `progress` is told the share done, 0 to 1. `kept` is a database without tables for what the
    replay leaves. Its times are moved so that the trace ends about now, as far as the days of the
    week allow.
    """
    numbers = tuple(f"+9725{n:08}" for n in range(dids))
    engine, begin = kept, BEGIN
    if engine is None:
        engine = throwaway_database()
    else:
        begin = begin_of(trace.days, datetime.now(UTC))
    with open_stores(engine, numbers, begin) as stores, out.open("wb") as decisions:
        replay = Replay(stores, numbers)
        for decision in replay.decide(trace):
            decisions.write(orjson.dumps(decision) + b"\n")
            progress(trace.read_share)


@dataclass(slots=True)
class Page:
    """One visit; `did` is None where no number was shown."""

    visit: str
    visitor: str
    arrival: Arrival
    touchpoint: Touchpoint
    address: str = ""
    did: str | None = None
    state: str = "visible"
    level: int = 0
    taps: int = 0

    @property
    def asker(self) -> Asker:
        return Asker(self.visitor, self.visit, self.arrival, address=self.address)


class Replay:
    """The browsers and callers of a trace, in front of the product."""

    def __init__(self, stores: Stores, dids: tuple[str, ...]) -> None:
        self._stores, self._dids = stores, dids
        self._index = {did: n for n, did in enumerate(dids)}
        self._pages: dict[int, Page] = {}
        self._beats: list[tuple[float, int]] = []  # when which visit's next heartbeat is due
        self._unsent: list[Callable[[], object]] = []  # beats and taps, whose answers nobody needs
        self._next_hour = HOUR

    def decide(self, events: Iterable[Json]) -> Iterator[Json]:
        """The decisions, one for each visit and call, in order."""
        for event in events:
            t, kind = event["t"], event["type"]
            self._pass_time(t)
            if kind == "visit":
                yield self._visit(t, event)
            elif kind == "call":
                yield self._call(t, event)
            elif kind == "known_phone":
                by = SIGNED if event.get("signed") else PAGE
                told = ToldPhone(event["phone"], by, event.get("network", ""))
                self._stores.tell_phone(event["visitor"], told)
            else:
                self._page(t, kind, event)
        self._send()
        self._stores.write_log()

    def _pass_time(self, t: float) -> None:
        """The heartbeats and full hours until now, in order."""
        while self._next_hour <= t:
            self._beat_until(self._next_hour)
            self._send()
            self._stores.pass_hour(self._next_hour)
            self._next_hour += HOUR
        self._beat_until(t)

    def _beat_until(self, t: float) -> None:
        while self._beats and self._beats[0][0] <= t:
            due, visit = self._beats[0]
            page = self._pages[visit]
            if page.state == "visible":
                self._beat(due, page)
                heapq.heapreplace(self._beats, (due + BEAT_SECONDS, visit))
            else:
                heapq.heappop(self._beats)

    def _beat(self, t: float, page: Page, tapped: bool = False) -> None:
        if page.did is not None:
            self._unsent.append(
                partial(
                    self._stores.live.beat,
                    self._stores.site,
                    did=page.did,
                    visitor=page.visitor,
                    state=page.state,
                    tapped=tapped,
                    level=page.level,
                    page="",
                    now=self._stores.milliseconds(t),
                )
            )

    def _send(self) -> None:
        """Redis answers in the order it was asked: what is sent late is not handled late."""
        if self._unsent:
            with self._stores.live.batch():
                for ask in self._unsent:
                    ask()
            self._unsent.clear()

    def _visit(self, t: float, event: Json) -> Json:
        arrival = Arrival(
            event["source"],
            event["device"],
            _category("region", event["region"]),
            _category("topic", event["topic"]),
        )
        page = self._pages[event["visit"]] = Page(
            str(event["visit"]),
            event["visitor"],
            arrival,
            Touchpoint(source=event["source"]),
            event.get("network", ""),
        )
        if event["bot"]:
            return _decision(event, None, "bot")
        if not event["sees_number"]:
            return _decision(event, None, "number not seen")
        self._send()
        grant = self._stores.live.acquire(
            self._stores.site,
            page.asker,
            Told("", page.touchpoint, page.touchpoint),
            lease=page.visit,
            change=1,
            now=self._stores.milliseconds(t),
        )
        if grant is None or not grant.did:
            return _decision(event, None, "pool_empty")
        page.did = grant.did
        heapq.heappush(self._beats, (t + FIRST_BEAT_SECONDS, event["visit"]))
        return _decision(event, self._index[grant.did], f"{grant.reason}, {grant.chosen}")

    def _page(self, t: float, kind: str, event: Json) -> None:
        page = self._pages[event["visit"]]
        if kind == "tap" and page.did is None:
            page.taps += 1
            self._unsent.append(
                partial(
                    self._stores.live.tap_default,
                    self._stores.site,
                    page.asker,
                    page.touchpoint,
                    lease=f"{page.visit}.{page.taps}",
                    network=event.get("network", ""),
                    level=page.level,
                    now=self._stores.milliseconds(t),
                )
            )
            return
        if kind == "engaged":
            page.level = max(page.level, REACHED[event["level"]])
        elif kind != "tap":
            page.state = {"hide": "hidden", "leave": "left"}[kind]
        self._beat(t, page, tapped=kind == "tap")

    def _call(self, t: float, event: Json) -> Json:
        did = self._dialed(event["dials"])
        ring = Ring(
            moment=self._stores.moment(t),
            did=did,
            phone=event["phone"],
            topic=_category("topic", event["topic"]),
            region=_category("region", event["region"]),
        )
        self._send()
        judged = self._stores.judge(ring)
        posterior = self._stores.displayed(judged)
        self._stores.end(event["call"], ring, judged, event["answered"])
        return {
            "call": event["call"],
            "did": None if did is None else self._index[did],
            "candidates": [{"visitor": each.visitor, "p": each.p} for each in posterior.candidates],
            "nobody": posterior.nobody,
            "other": posterior.other,
            "sources": dict(posterior.sources),
        }

    def _dialed(self, dials: Json) -> str | None:
        if "stray" in dials:
            return self._dids[int(dials["stray"] * len(self._dids))]
        if "visit" not in dials:
            return None
        return self._pages[dials["visit"]].did


def _decision(event: Json, did: int | None, reason: str) -> Json:
    return {"visit": event["visit"], "did": did, "reason": reason}


def _category(what: str, number: int | None) -> str:
    return "" if number is None else f"{what} {number}"
