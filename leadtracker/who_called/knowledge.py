"""What a site knows: it gathers the evidence of a call, has it matched, and learns from it once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from leadtracker.domain import Lease, Site
from leadtracker.matching.calibration import Calibration, Truth
from leadtracker.matching.calibration import fit as fit_calibration
from leadtracker.matching.calling_clock import KEPT, CallingClock, Hour, hour_passed
from leadtracker.matching.confirmation import candidates_of, truth
from leadtracker.matching.counts import Counts, change, kept
from leadtracker.matching.evidence import CLOCKS_APART, Evidence, Older, holder_of
from leadtracker.matching.learning import Course, course, lesson, remember
from leadtracker.matching.matching import RULES, match
from leadtracker.matching.page_state import AGES, DAY, HOUR, TAP_EDGES, age_bin
from leadtracker.matching.phone_memory import Called, Remembered, memory_key
from leadtracker.matching.rates import View, fit
from leadtracker.numbers import regions
from leadtracker.records import learned, leases, told_phones
from leadtracker.records.learned import OLDEST_DAYS
from leadtracker.records.leases import Change
from leadtracker.records.session import Session
from leadtracker.records.told_phones import SIGNED
from leadtracker.records.verdicts import Judgment
from leadtracker.who_called.ring import Ring

HOURS_OF_A_DAY = 24
AS_STATED = Calibration()
LISTED = 128  # holders looked at one by one


@dataclass
class Knowledge:
    """One site's sums and calling clock in memory.

    `save` writes what changed, in the caller's transaction. After a transaction that failed, throw
    this object away.
    """

    site: Site
    counts: Counts
    clock: CallingClock
    days: int
    version: int
    calibration: Calibration = AS_STATED
    _changed: dict[int, Hour] = field(default_factory=dict)
    _remembered: list[learned.Kept] = field(default_factory=list)
    _taken_back: list[Judgment] = field(default_factory=list)
    _view: View | None = None
    _dirty: bool = False

    @classmethod
    def load(cls, session: Session, site: Site, now: datetime) -> Knowledge:
        counts, days, version = learned.sums(session, site.id)
        hours, calibration = learned.hours(session, site.id), learned.calibration(session, site.id)
        begun: dict[int, Hour] = {}
        if not hours or hours[-1].number < now.timestamp() // HOUR - KEPT:
            number = int(now.timestamp() // HOUR)
            hours = [Hour(number, number * HOUR, 1.0, *_local(number, site))]
            begun = {number: hours[0]}
        known = cls(site, counts, CallingClock(hours), days, version, calibration, begun)
        known._dirty = bool(begun)
        return known

    @property
    def view(self) -> View:
        """The rates by the sums, worked out again only after the sums change."""
        if self._view is None:
            self._view = fit(self.counts)
        return self._view

    def save(self, session: Session) -> None:
        if self._dirty:
            self.version += 1
            changed = self._changed.values()
            learned.save(
                session,
                self.site.id,
                self.counts,
                self.days,
                self.version,
                self.calibration,
                changed,
            )
            for judged in self._taken_back:
                self._forget(session, judged)
            learned.remember(session, self.site.id, self._remembered)
            self._changed, self._remembered, self._taken_back, self._dirty = {}, [], [], False

    def _add(self, delta: Counts, factor: float = 1.0) -> None:
        self.counts.add(delta, factor)
        self._dirty = True
        self._view = None

    def pass_hours(self, now: datetime, numbers: int) -> None:
        """Move the clock to the hour of `now`; `numbers` counts the DIDs in the pool."""
        while self.clock.current.number < int(now.timestamp() // HOUR):
            number = self.clock.current.number + 1
            self._changed[number - 1] = self.clock.current
            self._add(
                hour_passed(self.clock, self.counts, self.view, numbers, *_local(number, self.site))
            )
            self._changed[number] = self.clock.current
            if number % HOURS_OF_A_DAY == 0:
                self.counts.fade()
                self.days += 1

    def calibrate(self, truths: Sequence[Truth]) -> None:
        """Once enough is known, display from now on what proved true, not what was stated."""
        found = fit_calibration(truths)
        if found != self.calibration:
            self.calibration, self._dirty = found, True

    def learn_from_leases(self, session: Session, changes: Iterable[Change]) -> None:
        """Learn how long pages were visible, which pages closed, and whose phones are known."""
        closed: Counter[learned.Cell] = Counter()
        for each in changes:
            before, after = None, _course(each.after)
            if each.before is not None:
                before = _course(each.before)
            self._add(change(before.counts if before else None, after.counts))
            for state, pages in ((before, -1), (after, 1)):
                if state is not None and state.closed is not None:
                    if hour := self.clock.page_closed(*state.closed, pages=pages):
                        self._changed[hour.number] = hour
                    closed[_cell(each.after, state.closed)] += pages
            for told in each.told:
                told_phones.tell_phone(session, self.site.id, each.after.visitor, told)
        learned.add_closed(session, closed)

    def judge(
        self,
        session: Session,
        ring: Ring,
        held: Sequence[Lease] = (),
        at_once: bool = False,
        before: Judgment | None = None,
    ) -> Judgment:
        """Who made this call, by what is known now.

        `held` are the DID's holders as Redis has them. Redis knows which pages are still open; the
        lease log knows only what happened to a page. With `at_once` a phone rings, and the holders
        that Redis keeps are enough. `before` is how the same call was judged before: if it was
        learned from, it must not count as an earlier call of its own phone.
        """
        mine = None
        if before is not None and before.lesson is not None:
            mine = before.evidence
        evidence = self._gather(session, ring, held, at_once, mine)
        return Judgment(evidence, match(evidence, self.view), RULES, self.version)

    def learn(self, judged: Judgment, answered: bool) -> Judgment:
        """Learn from a call that is over; return the judgment with its lesson."""
        delta = lesson(judged.evidence, judged.believed, self.view)
        self._add(delta)
        self._remember(judged, answered)
        blind = self._without_known_phone(judged.evidence)
        return replace(judged, lesson=delta, days=self.days, without_known_phone=blind)

    def relearn(self, before: Judgment, judged: Judgment, answered: bool) -> Judgment:
        """Replace what a call taught, `before`, by what it teaches as it is judged now."""
        faded = kept(self.days - before.days)
        self.unlearn(before)
        delta = lesson(judged.evidence, judged.believed, self.view)
        self._add(delta, faded)
        self._remember(judged, answered)
        return replace(judged, lesson=delta)

    def _remember(self, judged: Judgment, answered: bool) -> None:
        ruled_out: tuple[str, ...] = ()
        if judged.word == "":
            ruled_out = candidates_of(judged.posterior)
        phone_kept, by_visitor = remember(judged.evidence, judged.believed, answered, ruled_out)
        self._remembered.append(
            (memory_key(judged.evidence.phone, judged.evidence.did), phone_kept, by_visitor)
        )

    def _without_known_phone(self, evidence: Evidence) -> Truth | None:
        """What would be stated without the known phone, where it is known to be one visitor's."""
        if len(evidence.knowers) != 1:
            return None
        blind = match(evidence.without_known_phone(), self.view)
        return truth(blind, next(iter(evidence.knowers)))

    def unlearn(self, judged: Judgment) -> None:
        """Take a call's lesson back, before the call is judged again."""
        if judged.lesson is not None:
            self._add(judged.lesson, -kept(self.days - judged.days))
            self._taken_back.append(judged)

    def _forget(self, session: Session, judged: Judgment) -> None:
        evidence = judged.evidence
        _, by_visitor = remember(evidence, judged.believed, answered=True)
        phone = memory_key(evidence.phone, evidence.did), evidence.remembered
        callers = {visitor: evidence.callers.get(visitor) for visitor in by_visitor}
        learned.take_back(session, self.site.id, evidence.moment, phone, callers)

    def _gather(
        self,
        session: Session,
        ring: Ring,
        held: Sequence[Lease],
        at_once: bool,
        mine: Evidence | None,
    ) -> Evidence:
        moment, site_id = ring.moment.timestamp(), self.site.id
        listed = self._holders(session, ring, held, at_once)
        crowds = _crowds(listed)
        holders = tuple(
            holder
            for lease in listed
            if (holder := holder_of(lease, moment, self.clock, crowds.get(lease.network, 1)))
        )
        visitors = {holder.visitor for holder in holders}
        knowers, claims = told_phones.whose(session, site_id, ring.phone)
        elsewhere = (
            leases.latest_of(session, site_id, visitor, ring.moment)
            for visitor in sorted({*knowers, *claims} - visitors)
        )
        hour = self.clock.hour_of(moment)
        remembered, callers = self._calls_before(session, ring, visitors, mine)
        return Evidence(
            moment=moment,
            did=ring.did,
            phone=ring.phone,
            hour=hour.local_hour,
            weekday=hour.weekday,
            activity=hour.activity,
            region=_region(ring),
            topic=ring.topic,
            holders=holders,
            older=self._older(session, ring.did, listed, moment),
            remembered=remembered,
            callers=callers,
            knowers=frozenset(knowers),
            signed=frozenset(who for who, said_by in knowers.items() if said_by == SIGNED),
            claims=claims,
            known_otherwise=told_phones.with_phones(session, site_id, visitors) - knowers.keys(),
            elsewhere=tuple(
                holder
                for lease in elsewhere
                if lease and (holder := holder_of(lease, moment, self.clock))
            ),
        )

    def _calls_before(
        self, session: Session, ring: Ring, visitors: Iterable[str], mine: Evidence | None
    ) -> tuple[Remembered | None, dict[str, Called]]:
        """The calls before this one, of its phone and of these visitors.

        `mine` is set where this call is remembered itself, maybe at another moment: then the call
        before it is what was remembered when it was judged.
        """
        moment, site_id = ring.moment.timestamp(), self.site.id
        key = memory_key(ring.phone, ring.did)
        if mine is None:
            remembered = learned.remembered(session, site_id, key, moment)
            return remembered, learned.callers(session, site_id, visitors, moment)
        until = math.nextafter(max(moment, mine.moment), math.inf)
        remembered = learned.remembered(session, site_id, key, until)
        if remembered is not None and remembered.at == mine.moment:
            remembered = mine.remembered
        if remembered is not None and remembered.at >= moment:
            remembered = None
        callers = {}
        for visitor, latest in learned.callers(session, site_id, visitors, until).items():
            called: Called | None = latest
            if latest.at == mine.moment:
                called = mine.callers.get(visitor)
            if called is not None and called.at < moment:
                callers[visitor] = called
        return remembered, callers

    def _holders(
        self, session: Session, ring: Ring, held: Sequence[Lease], at_once: bool
    ) -> Sequence[Lease]:
        """Of the DID; of the default number the visits that tapped it."""
        if ring.did is None:
            since = ring.moment - timedelta(seconds=TAP_EDGES[-1])
            return leases.tapped_default(session, self.site.id, since, ring.moment)
        logged: Sequence[Lease] = ()
        if not (at_once and held):
            logged = leases.holders(session, ring.did, ring.moment, LISTED)
        return _fresh(logged, held, ring.moment.timestamp())

    def _older(
        self, session: Session, did: str | None, listed: Sequence[Lease], moment: float
    ) -> tuple[Older, ...]:
        """The holders before those listed, by how many there were alike."""
        if did is None:
            return ()
        now = max(int(moment // DAY), self.clock.current.number // HOURS_OF_A_DAY)
        cells = (
            _cell(lease, ended) for lease in listed if (ended := _course(lease).closed) is not None
        )
        of_listed = Counter(
            (learned.kept_as(day, now), source, level) for _, day, source, level in cells
        )
        ages = self._ages(moment, now, min((day for day, _, _ in of_listed), default=now))
        older = []
        for source, level, ended_then in learned.closed(session, did, list(ages)):
            numbers = [0] * AGES
            for (day, age), number in zip(ages.items(), ended_then, strict=True):
                if number:
                    numbers[age] += max(0, number - of_listed.get((day, source, level), 0))
            if any(numbers):
                older.append(Older(level, source, tuple(numbers)))
        return tuple(older)

    def _ages(self, moment: float, now: int, newest: int) -> dict[int, int]:
        """Day -> age bin of the pages closed on it.

        The days ascend and are those that leases are kept as on the day `now`. Before `newest`,
        one day stands for all that follow it in the same age bin. Days too old for any call are
        left out.
        """
        today = int(moment // DAY)
        begin = learned.kept_as(today - OLDEST_DAYS, now)
        kept_days = [day for day in range(begin, today + 2) if learned.kept_as(day, now) == day]
        ages: dict[int, int] = {}
        before = AGES
        for day, following in pairwise((*kept_days, today + 2)):
            age = age_bin(self.clock(moment) - self.clock(min((day + following) / 2 * DAY, moment)))
            if age < AGES and (day >= newest or age != before):
                ages[day] = before = age
        return ages


def _fresh(logged: Sequence[Lease], held: Sequence[Lease], moment: float) -> list[Lease]:
    """The holders of a DID at a moment, newest first, each as Redis has it, else as the log has."""
    begun = (lease for lease in held if lease.start.timestamp() <= moment + CLOCKS_APART)
    by_id = {lease.id: lease for lease in (*logged, *begun)}
    return sorted(by_id.values(), key=lambda lease: (lease.start, lease.id), reverse=True)[:LISTED]


def _crowds(listed: Iterable[Lease]) -> dict[str, int]:
    """By network: how many visitors of it tapped the default number."""
    visitors: dict[str, set[str]] = {}
    for lease in listed:
        if lease.network:
            visitors.setdefault(lease.network, set()).add(lease.visitor)
    return {network: len(members) for network, members in visitors.items()}


def _region(ring: Ring) -> str:
    if ring.region is not None:
        return ring.region
    return regions.of_number(ring.phone) if ring.phone else ""


def _course(lease: Lease) -> Course:
    """As far as the lease log has told: a page counts as visible until it was last seen."""
    return course(lease, lease.seen.timestamp())


def _cell(lease: Lease, closed: tuple[float, int]) -> learned.Cell:
    ended, level = closed
    return lease.did, int(ended // DAY), lease.source, level


def _local(hour: int, site: Site) -> tuple[int, int]:
    """Local hour and weekday of an hour since 1970."""
    there = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(ZoneInfo(site.time_zone))
    return there.hour, there.weekday()


class Knowledges:
    """What the worker knows of each site.

    Forget it when a transaction fails: it may then be ahead of the database.
    """

    def __init__(self) -> None:
        self._by_site: dict[int, Knowledge] = {}

    def of(self, session: Session, site: Site, now: datetime) -> Knowledge:
        known = self._by_site.get(site.id)
        if known is None:
            known = self._by_site[site.id] = Knowledge.load(session, site, now)
        known.site = site
        return known

    def save(self, session: Session) -> None:
        for known in self._by_site.values():
            known.save(session)

    def forget(self) -> None:
        self._by_site.clear()
