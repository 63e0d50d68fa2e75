"""A site's history as a trace for `leadtracker simulate`; visitors and phones become counters."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadtracker.domain import Json, Lease, Site
from leadtracker.matching.evidence import visible_until
from leadtracker.numbers import regions
from leadtracker.records import leases, verdicts
from leadtracker.records.tables import CallRow, KnownPhoneRow, LeaseRow

ORDER = ("visit", "known_phone", "engaged", "tap", "leave", "call")  # of events at one time
Note = Callable[[], None]


def header(session: Session, site: Site, dids: int, since: datetime, now: datetime) -> Json:
    """The first line. Its regions and sources are in the order of the numbers in other lines."""
    places = Counter(dict(_shares(session, site, since, "region")))
    told = sum(places.values()) or 1
    return {
        "version": 1,
        "dids": dids,
        "days": -(-(now - _monday(site, since)) // timedelta(days=1)),
        "warm_up_s": 0.0,
        "region_weights": [
            round(places[place] / told, 4) for place in _places(session, site, since)
        ],
        "sources": [{"name": name} for name, _ in _shares(session, site, since, "source_key")],
    }


def _shares(session: Session, site: Site, since: datetime, what: str) -> list[tuple[str, int]]:
    column = getattr(LeaseRow, what)
    wanted = select(column, func.count()).where(
        LeaseRow.site_id == site.id, LeaseRow.start >= since, column != ""
    )
    return [
        (name, number) for name, number in session.execute(wanted.group_by(column).order_by(column))
    ]


def _places(session: Session, site: Site, since: datetime) -> list[str]:
    return [place for place, _ in _shares(session, site, since, "region")]


def _monday(site: Site, since: datetime) -> datetime:
    local = since.astimezone(ZoneInfo(site.time_zone))
    return (local - timedelta(days=local.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )


@dataclass
class History:
    """The events of a site since a moment, in time order.

    Nobody knows for sure who made a call. So its visit is drawn by the probabilities of the
    verdict, and the replay gets questions with the same likely answers. `seed` chooses the draw.
    """

    session: Session
    site: Site
    since: datetime
    now: datetime
    seed: int = 0
    _waiting: list[tuple[float, int, int, Json]] = field(default_factory=list)
    _said: int = 0
    _visits: int = 0
    _visitors: dict[str, int] = field(default_factory=dict)
    _phones: dict[str, int] = field(default_factory=dict)
    # Visitor and DID, or '' for any DID -> their latest visit.
    _latest: dict[tuple[str, str], int] = field(default_factory=dict)
    _showed: dict[str, list[int]] = field(default_factory=dict)  # DID -> visits
    # A visit of the lease log that was shown no number -> visit.
    _without: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._begin = _monday(self.site, self.since)
        self._region = {
            place: n for n, place in enumerate(_places(self.session, self.site, self.since))
        }
        self._topic = {name: n for n, name in enumerate(sorted(self.site.topics))}
        self._draw = random.Random(self.seed)  # noqa: S311 # it keeps no secret

    def events(self) -> Iterator[Json]:
        happened = heapq.merge(self._pages(), self._told(), self._calls(), key=lambda each: each[0])
        for moment, note in happened:
            yield from self._until(self._t(moment))
            note()
        yield from self._until(float("inf"))

    def _pages(self) -> Iterator[tuple[datetime, Note]]:
        """A lease is a visit. One that was hidden so long that it lost its number is two visits."""
        waiting: list[tuple[datetime, int, Note]] = []
        number = 0
        for lease in leases.since(self.session, self.site.id, self.since):
            while waiting and waiting[0][0] <= lease.start:
                due, _, ready = heapq.heappop(waiting)
                yield due, ready
            for shown, hidden in self._spans(lease):
                note: Note = partial(self._add_page, lease, shown, hidden)
                heapq.heappush(waiting, (shown, number, note))
                number += 1
        yield from ((due, ready) for due, _, ready in sorted(waiting, key=lambda each: each[:2]))

    def _told(self) -> Iterator[tuple[datetime, Note]]:
        wanted = select(KnownPhoneRow).where(
            KnownPhoneRow.site_id == self.site.id,
            KnownPhoneRow.said_by == "page",
            KnownPhoneRow.at >= self.since,
        )
        for row in self.session.scalars(wanted.order_by(KnownPhoneRow.at)):
            yield row.at, partial(self._add_phone, row)

    def _calls(self) -> Iterator[tuple[datetime, Note]]:
        wanted = select(CallRow).where(
            CallRow.site_id == self.site.id,
            CallRow.direction == "incoming",
            CallRow.did.is_not(None),
            CallRow.started_at >= self.since,
        )
        rows = self.session.scalars(
            wanted.order_by(CallRow.started_at, CallRow.id).execution_options(yield_per=500)
        )
        for number, row in enumerate(rows):
            yield row.started_at, partial(self._add_call, number, row)

    def _t(self, moment: datetime) -> float:
        return round((moment - self._begin).total_seconds(), 3)

    def _add(self, moment: datetime, event: Json) -> None:
        t = self._t(moment)
        heapq.heappush(self._waiting, (t, ORDER.index(event["type"]), self._said, {"t": t} | event))
        self._said += 1

    def _until(self, t: float) -> Iterator[Json]:
        while self._waiting and self._waiting[0][0] < t:
            yield heapq.heappop(self._waiting)[3]

    def _visitor(self, visitor: str) -> str:
        return f"u{self._visitors.setdefault(visitor, len(self._visitors) + 1)}"

    def _phone(self, phone: str) -> str:
        return f"+999{self._phones.setdefault(phone, len(self._phones) + 1):09}"

    def _add_phone(self, row: KnownPhoneRow) -> None:
        told = {"visitor": self._visitor(row.visitor), "phone": self._phone(row.phone)}
        self._add(row.at, {"type": "known_phone"} | told)

    def _add_page(self, lease: Lease, shown: datetime, hidden: datetime | None) -> None:
        if not lease.did and lease.visit in self._without:  # the page asked or tapped before
            for at in lease.taps:
                self._add(at, {"type": "tap", "visit": self._without[lease.visit]})
            return
        visit, until = self._add_visit(shown, lease), hidden or self.now
        for level, at in enumerate(lease.levels, 1):
            if at <= until:
                self._add(max(at, shown), {"type": "engaged", "visit": visit, "level": level})
        for at in lease.taps:
            if shown <= at <= until:
                self._add(at, {"type": "tap", "visit": visit})
        if hidden is not None:
            self._add(hidden, {"type": "leave", "visit": visit})

    def _add_visit(self, shown: datetime, lease: Lease) -> int:
        visit, self._visits = self._visits, self._visits + 1
        self._latest[lease.visitor, lease.did] = self._latest[lease.visitor, ""] = visit
        if lease.did:
            self._showed.setdefault(lease.did, []).append(visit)
        else:
            self._without[lease.visit] = visit
        self._add(
            shown,
            {
                "type": "visit",
                "visit": visit,
                "visitor": self._visitor(lease.visitor),
                "source": lease.source,
                "device": lease.device,
                "region": self._region.get(lease.region),
                "topic": self._topic.get(lease.topic),
                "bot": False,
                "sees_number": bool(lease.did) or not lease.taps,
            },
        )
        return visit

    def _spans(self, lease: Lease) -> Iterator[tuple[datetime, datetime | None]]:
        shown, soon = lease.start, timedelta(seconds=self.site.lease_seconds)
        for hidden, again in sorted(lease.gaps):
            if again - hidden > soon and shown <= hidden:
                yield shown, hidden
                shown = again
        end = visible_until(lease, self.now.timestamp())
        if end is None:
            yield shown, None
        else:
            yield shown, max(shown, datetime.fromtimestamp(end, shown.tzinfo))

    def _add_call(self, number: int, row: CallRow) -> None:
        phone = _known_number(row.caller)
        judged = verdicts.judgment(self.session, row.id)
        did = row.did or ""
        if did == self.site.default_number:
            did = ""
        self._add(
            row.started_at,
            {
                "type": "call",
                "call": number,
                "dials": self._dials(did, judged),
                "phone": self._phone(phone) if phone else None,
                "region": self._region.get(_region(phone, judged)),
                "topic": self._topic.get(judged.evidence.topic) if judged else None,
                "answered": row.outcome == "answered",
            },
        )

    def _dials(self, did: str, judged: verdicts.Judgment | None) -> Json:
        """What led to a call: a visit, the number on an old page or note, or the default number."""
        u = round(self._draw.random(), 6) % 1
        visit = self._visit_behind(did, judged)
        if visit is not None:
            return {"visit": visit}
        if not did:
            return {"fallback": True}
        return {"stray": u}

    def _visit_behind(self, did: str, judged: verdicts.Judgment | None) -> int | None:
        """A call that was never judged is of the visit that showed its number last."""
        if judged is not None:
            return self._drawn(did, judged)
        return next(reversed(self._showed.get(did, [])), None)

    def _drawn(self, did: str, judged: verdicts.Judgment) -> int | None:
        left = self._draw.random()
        for candidate in judged.believed.candidates:
            left -= candidate.p
            if left < 0:
                return self._visit_of(candidate.visitor, did)
        showed = self._showed.get(did, [])
        if not showed or left >= judged.believed.other:
            return None
        return self._draw.choice(showed)

    def _visit_of(self, visitor: str, did: str) -> int | None:
        return self._latest.get((visitor, did), self._latest.get((visitor, "")))


def _known_number(caller: str | None) -> str | None:
    """A caller's number in E.164; None where it is withheld or only an extension."""
    if caller is None or not caller.startswith("+"):
        return None
    return caller


def _region(phone: str | None, judged: verdicts.Judgment | None) -> str:
    if judged is not None:
        return judged.evidence.region
    return regions.of_number(phone) if phone else ""
