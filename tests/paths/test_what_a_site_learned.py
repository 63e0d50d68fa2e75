"""A site's knowledge in the real database: lessons are taken back as faded, calls kept in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.domain import Lease, Site
from leadtracker.matching.calibration import Calibration
from leadtracker.matching.calling_clock import KEPT, Hour
from leadtracker.matching.confirmation import truth
from leadtracker.matching.counts import NAMES, Counts
from leadtracker.matching.matching import RULES, match
from leadtracker.matching.page_state import HOUR
from leadtracker.matching.phone_memory import Called, Known, Remembered
from leadtracker.records import learned
from leadtracker.records.leases import Change
from leadtracker.records.sites import Directory
from leadtracker.records.tables import ClosedLeasesRow, HourRow, KnownPhoneRow
from leadtracker.who_called.knowledge import Knowledge, Knowledges, Ring
from tests import site_files
from tests.dashboard_rows import add, lease

DID, OTHER_DID = "+97231110001", "+97231110002"
NOW = datetime(2026, 3, 18, 15, 20, tzinfo=UTC)  # a Wednesday; 17:20 in Jerusalem
PHONE, OTHER_PHONE = "+97231234567", "+97281234567"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def site(engine: Engine) -> Site:
    site_files.keep(engine, "[site.shop]\n\n[site.other]")
    return next(site for site in Directory(engine).sites if site.name == "shop")


@pytest.fixture
def session(engine: Engine, site: Site) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@pytest.fixture
def known(session: Session, site: Site) -> Knowledge:
    return Knowledge.load(session, site, NOW)


def open_page(visitor: str = "dana", at: datetime = NOW - MINUTE, **what: object) -> Lease:
    page = Lease(f"of {visitor}", DID, visitor, "v", at, at + MINUTE, source="ads", device="mobile")
    return replace(page, **what)  # type: ignore[arg-type]  # any of the lease's fields


RING = Ring(NOW, DID, PHONE)


def same(found: Counts, wanted: Counts) -> None:
    for name in NAMES:
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), abs=1e-8), name


def copy(counts: Counts) -> Counts:
    return Counts.from_json(counts.to_json())


class TestLessons:
    def test_a_lesson_is_added_once_and_kept_with_its_day(
        self, session: Session, known: Knowledge
    ) -> None:
        known.days = 7
        judged = known.judge(session, RING, [open_page()])
        assert (judged.lesson, judged.rules, judged.version) == (None, RULES, 0)
        taught = known.learn(judged, answered=True)
        assert taught.lesson is not None
        assert taught.days == 7
        same(known.counts, taught.lesson)
        assert known.counts.total("first_calls") == pytest.approx(
            sum(judged.posterior.first_calls) + judged.posterior.stray
        )

    @pytest.mark.parametrize("days", [0, 1, 5])
    def test_what_is_taken_back_is_what_fading_left(
        self, session: Session, known: Knowledge, days: int
    ) -> None:
        known.counts.add(Counts(regions={"IL-3": 100.0}))
        taught = known.learn(known.judge(session, RING, [open_page()]), answered=True)
        for _ in range(days):
            known.counts.fade()
            known.days += 1
        known.unlearn(taught)
        same(known.counts, Counts(regions={"IL-3": 100.0 * 0.97**days}))

    def test_what_was_not_learned_is_not_taken_back(
        self, session: Session, known: Knowledge
    ) -> None:
        judged = known.judge(session, RING, [open_page()])
        known.unlearn(judged)
        assert known.counts == Counts()
        assert known._taken_back == []

    @pytest.mark.parametrize("days", [0, 1, 5])
    def test_relearned_as_if_it_had_been_believed_from_the_first(
        self, session: Session, known: Knowledge, days: int
    ) -> None:
        """And taken back days later still: nothing is left of either belief."""
        judged = known.judge(session, RING, [open_page(), open_page("noa")])
        before = known.learn(judged, answered=True)
        for _ in range(days):
            known.counts.fade()
            known.days += 1
        after = known.relearn(before, replace(before, word="noa"), answered=True)
        assert after.lesson is not None
        assert after.lesson.total("stray_calls") == 0.0
        assert after.days == before.days
        faded = Counts()
        faded.add(after.lesson, 0.97**days)
        same(known.counts, faded)
        for _ in range(3):
            known.counts.fade()
            known.days += 1
        known.unlearn(after)
        same(known.counts, Counts())

    def test_what_would_have_been_stated_had_nobody_told(
        self, session: Session, site: Site, known: Knowledge
    ) -> None:
        learned.tell_phone(session, site.id, PHONE, "noa", "page")
        pages = [open_page(levels=(NOW - MINUTE,) * 2), open_page("noa")]
        judged = known.judge(session, RING, pages)
        taught = known.learn(judged, answered=True)
        untold = match(judged.evidence.without_known_phone(), known.view)
        assert taught.without_known_phone is not None
        assert taught.without_known_phone[0] == pytest.approx(untold.best, rel=0.05)
        assert taught.without_known_phone[1] is False
        assert truth(judged.posterior, "noa")[1]
        learned.tell_phone(session, site.id, PHONE, "dana", "page")
        assert (
            known.learn(known.judge(session, RING, pages), answered=True).without_known_phone
            is None
        )

    def test_the_view_is_of_the_sums_as_they_are(self, session: Session, known: Knowledge) -> None:
        before = known.view
        assert known.view is before
        known.learn(known.judge(session, RING, [open_page(taps=(NOW,))]), answered=True)
        assert known.view.tap[0] > before.tap[0]


class TestRemembering:
    """Calls at minute 1, 2 and 3 of one phone and visitor, told in any order; then taken back."""

    def remembered(self, minute: int) -> Remembered:
        return Remembered(60.0 * minute, (DID,), (Known("dana", 0.9, "ads", ""),), 0.1, 0.0)

    def keep(self, session: Session, site_id: int, *minutes: int) -> None:
        for minute in minutes:
            called = {"dana": Called(60.0 * minute, 0.9, DID, True, PHONE)}
            learned.remember(session, site_id, [(PHONE, self.remembered(minute), called)])

    def latest(self, session: Session, site_id: int, before: float = 1e9) -> list[float]:
        phone = learned.remembered(session, site_id, PHONE, before)
        caller = learned.callers(session, site_id, ["dana", "noa"], before).get("dana")
        return [each.at / 60 for each in (phone, caller) if each is not None]

    @pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1), (3, 3, 2)])
    def test_the_latest_stays(self, session: Session, site: Site, order: tuple[int, ...]) -> None:
        self.keep(session, site.id, *order)
        assert self.latest(session, site.id) == [3, 3]
        assert self.latest(session, site.id + 1) == []
        assert self.latest(session, site.id, before=180.0) == []
        assert self.latest(session, site.id, before=180.1) == [3, 3]

    def test_the_same_call_again_replaces_itself(self, session: Session, site: Site) -> None:
        self.keep(session, site.id, 3)
        again = replace(self.remembered(3), answered=False)
        learned.remember(session, site.id, [(PHONE, again, {})])
        assert learned.remembered(session, site.id, PHONE, 1e9) == again

    def take_back(self, session: Session, site_id: int, minute: int, before: int | None) -> None:
        called = Called(60.0 * before, 0.5, DID, True, PHONE) if before else None
        phone = self.remembered(before) if before else None
        learned.take_back(session, site_id, 60.0 * minute, (PHONE, phone), {"dana": called})

    def test_taken_back_the_one_before_is_the_latest(self, session: Session, site: Site) -> None:
        self.keep(session, site.id, 3)
        self.take_back(session, site.id, 3, before=1)
        assert self.latest(session, site.id) == [1, 1]
        self.take_back(session, site.id, 1, before=None)
        assert self.latest(session, site.id) == []

    def test_a_later_call_stays_when_an_earlier_is_taken_back(
        self, session: Session, site: Site
    ) -> None:
        self.keep(session, site.id, 3)
        self.take_back(session, site.id, 2, before=1)
        assert self.latest(session, site.id) == [3, 3]

    def test_of_one_site_only(self, session: Session, site: Site) -> None:
        self.keep(session, site.id, 3)
        self.keep(session, site.id + 1, 3)
        self.take_back(session, site.id, 3, before=None)
        assert self.latest(session, site.id + 1) == [3, 3]


class TestCallsBefore:
    """What a call is judged by of the calls before it, where it was itself learned from already."""

    def learn(self, session: Session, known: Knowledge, at: datetime) -> None:
        page = open_page(at=at - MINUTE)
        known.learn(known.judge(session, Ring(at, DID, PHONE), [page]), answered=False)
        known.save(session)

    def test_the_next_call_knows_of_it(self, session: Session, known: Knowledge) -> None:
        self.learn(session, known, NOW - 9 * MINUTE)
        found = known.judge(session, RING, [open_page()]).evidence
        before = (NOW - 9 * MINUTE).timestamp()
        assert found.remembered is not None
        assert (found.remembered.at, found.remembered.answered) == (before, False)
        assert (found.callers["dana"].at, found.callers["dana"].answered) == (before, False)
        assert list(found.callers) == ["dana"]

    def test_not_before_it_is_saved(self, session: Session, known: Knowledge) -> None:
        known.learn(known.judge(session, Ring(NOW - MINUTE, DID, PHONE), [open_page()]), True)
        assert known.judge(session, RING, [open_page()]).evidence.remembered is None

    @pytest.mark.parametrize("moved", [-1.5, 0.0, 1.5])
    @pytest.mark.parametrize("earlier", [False, True])
    def test_a_call_is_no_call_before_itself(
        self, session: Session, known: Knowledge, earlier: bool, moved: float
    ) -> None:
        """Its record is judged once more when it is told again, perhaps of another second."""
        if earlier:
            self.learn(session, known, NOW - 9 * MINUTE)
        once = known.learn(known.judge(session, RING, [open_page()]), answered=True)
        known.save(session)
        again = Ring(NOW + timedelta(seconds=moved), DID, PHONE)
        found = known.judge(session, again, [open_page()], before=once).evidence
        assert found.remembered == once.evidence.remembered
        assert found.callers == once.evidence.callers
        assert (found.remembered is not None) is earlier
        assert bool(found.callers) is earlier
        assert (
            known.judge(session, again, [open_page()]).evidence.remembered is not found.remembered
            or moved <= 0
        )

    def test_a_call_moved_to_before_another_does_not_follow_it(
        self, session: Session, known: Knowledge
    ) -> None:
        self.learn(session, known, NOW - 9 * MINUTE)
        once = known.learn(known.judge(session, RING, [open_page()]), answered=True)
        known.save(session)
        early = Ring(NOW - 10 * MINUTE, DID, PHONE)
        found = known.judge(
            session, early, [open_page(at=early.moment - MINUTE)], before=once
        ).evidence
        assert (found.remembered, found.callers) == (None, {})

    def test_another_call_since_is_none_before(self, session: Session, known: Knowledge) -> None:
        once = known.learn(known.judge(session, RING, [open_page()]), answered=True)
        known.save(session)
        self.learn(session, known, NOW + 9 * MINUTE)
        found = known.judge(session, RING, [open_page()], before=once).evidence
        assert (found.remembered, found.callers) == (None, {})

    def test_taken_back_it_is_forgotten_with_its_visitors(
        self, session: Session, known: Knowledge
    ) -> None:
        once = known.learn(known.judge(session, RING, [open_page()]), answered=True)
        known.save(session)
        known.unlearn(once)
        known.save(session)
        later = Ring(NOW + 9 * MINUTE, DID, PHONE)
        found = known.judge(session, later, [open_page()]).evidence
        assert (found.remembered, found.callers) == (None, {})

    def test_a_word_against_all_rules_them_out(self, session: Session, known: Knowledge) -> None:
        once = known.learn(known.judge(session, RING, [open_page()]), answered=True)
        known.relearn(once, replace(once, word=""), answered=True)
        known.save(session)
        later = Ring(NOW + 9 * MINUTE, DID, PHONE)
        found = known.judge(session, later, [open_page()]).evidence.remembered
        assert found is not None
        assert (found.ruled_out, found.visitors) == (("dana",), ())


class TestGathering:
    def test_what_is_known_of_the_moment(self, session: Session, known: Knowledge) -> None:
        known.clock.current.activity = 1.5
        found = known.judge(session, replace(RING, topic="boots"), [open_page()]).evidence
        assert (found.moment, found.did, found.phone) == (NOW.timestamp(), DID, PHONE)
        assert (found.hour, found.weekday, found.activity) == (17, 2, 1.5)
        assert (found.region, found.topic) == ("IL-3", "boots")
        assert [each.visitor for each in found.holders] == ["dana"]

    @pytest.mark.parametrize(
        ("ring", "region"),
        [
            (RING, "IL-3"),
            (replace(RING, region="IL-8"), "IL-8"),
            (replace(RING, region=""), ""),
            (replace(RING, phone=None), ""),
        ],
    )
    def test_of_which_region(
        self, session: Session, known: Knowledge, ring: Ring, region: str
    ) -> None:
        assert known.judge(session, ring).evidence.region == region

    def test_holders_by_the_log_and_by_redis(
        self, session: Session, engine: Engine, known: Knowledge
    ) -> None:
        start = NOW - 9 * MINUTE
        add(
            engine,
            lease(start, id="of dana", did=DID, visitor="dana", left=start + MINUTE),
            lease(start - MINUTE, id="of noa", did=DID, visitor="noa"),
            lease(start, id="elsewhere", did=OTHER_DID, visitor="gal"),
        )
        shown_again = open_page(at=start, left=None, seen=NOW)
        later = open_page("ron", at=NOW + MINUTE)
        about_now = open_page("tal", at=NOW + timedelta(seconds=5))
        held = [shown_again, later, about_now]
        found = known.judge(session, RING, held).evidence
        assert [each.visitor for each in found.holders] == ["tal", "dana", "noa"]
        assert [each.visible for each in found.holders] == [True, True, False]
        at_once = known.judge(session, RING, held, at_once=True).evidence
        assert [each.visitor for each in at_once.holders] == ["tal", "dana"]
        alone = known.judge(session, RING, (), at_once=True).evidence
        assert [each.visitor for each in alone.holders] == ["dana", "noa"]
        assert [each.visible for each in alone.holders] == [False, False]

    def test_no_more_than_128_holders_the_newest(self, session: Session, known: Knowledge) -> None:
        pages = [open_page(f"v{n:03}", at=NOW - n * MINUTE) for n in range(130)]
        found = known.judge(session, RING, pages[::-1]).evidence.holders
        assert [each.visitor for each in found] == [f"v{n:03}" for n in range(128)]

    def test_the_default_number_by_taps_of_the_last_minute(
        self, session: Session, engine: Engine, known: Knowledge
    ) -> None:
        def tapped(name: str, seconds: float) -> None:
            at = NOW - timedelta(seconds=seconds)
            row = lease(at, did=None, visitor=name, seen=at, taps=[at.isoformat()])
            add(engine, row)

        tapped("dana", 10)
        tapped("noa", 60)
        tapped("old", 61)
        add(engine, lease(NOW - MINUTE, did=None, visitor="none", seen=NOW))
        found = known.judge(session, replace(RING, did=None)).evidence
        assert [each.visitor for each in found.holders] == ["dana", "noa"]
        assert found.older == ()

    def test_whose_phone_it_is(
        self, session: Session, engine: Engine, site: Site, known: Knowledge
    ) -> None:
        add(engine, lease(NOW - DAY, did=OTHER_DID, visitor="gal", source_key="mail"))
        add(engine, lease(NOW + DAY, did=OTHER_DID, visitor="gal", source_key="late"))
        for visitor, phone in (
            ("dana", PHONE),
            ("gal", PHONE),
            ("lost", PHONE),
            ("noa", OTHER_PHONE),
        ):
            learned.tell_phone(session, site.id, phone, visitor, "page")
        learned.tell_phone(session, site.id, OTHER_PHONE, "dana", "page")
        learned.tell_phone(session, site.id + 1, PHONE, "stranger", "page")
        pages = [open_page(), open_page("noa"), open_page("ron")]
        found = known.judge(session, RING, pages).evidence
        assert found.knowers == {"dana", "gal", "lost"}
        assert found.known_otherwise == {"noa"}
        assert [(each.visitor, each.source) for each in found.elsewhere] == [("gal", "mail")]
        hidden = known.judge(session, replace(RING, phone=None), pages).evidence
        assert (hidden.knowers, hidden.elsewhere) == (frozenset(), ())
        assert hidden.known_otherwise == {"dana", "noa"}

    @pytest.mark.parametrize(
        ("ring", "judged_by"),
        [
            (RING, True),
            (replace(RING, moment=NOW + timedelta(seconds=0.9)), True),
            (replace(RING, moment=NOW - timedelta(seconds=0.9)), True),
            (replace(RING, moment=NOW + timedelta(seconds=1)), False),
            (replace(RING, moment=NOW - timedelta(seconds=1)), False),
            (replace(RING, did=OTHER_DID), False),
            (replace(RING, phone=OTHER_PHONE), False),
            (replace(RING, topic="boots"), False),
            (replace(RING, region="IL-8"), True),
        ],
    )
    def test_whether_a_judgement_is_of_this_call(
        self, session: Session, known: Knowledge, ring: Ring, judged_by: bool
    ) -> None:
        assert ring.is_of(known.judge(session, RING).evidence) is judged_by


class TestHours:
    def test_hours_pass_days_fade_and_both_are_kept(
        self, session: Session, site: Site, known: Knowledge
    ) -> None:
        known.counts.add(Counts(regions={"IL-3": 100.0}))
        known.pass_hours(NOW + timedelta(hours=8), numbers=3)  # 23:20: no day is over
        assert (known.days, known.counts.regions) == (0, {"IL-3": 100.0})
        known.pass_hours(NOW + timedelta(hours=9), numbers=3)
        assert (known.days, known.counts.regions) == (1, {"IL-3": 97.0})
        known.pass_hours(NOW + 2 * DAY, numbers=3)
        assert known.days == 2
        assert known.counts.regions == pytest.approx({"IL-3": 94.09})
        known.save(session)
        again = Knowledge.load(session, site, NOW + 2 * DAY)
        assert (again.days, again.version) == (2, 1)
        same(again.counts, known.counts)
        assert again.clock.hours == known.clock.hours
        first = int(NOW.timestamp() // HOUR)
        assert [hour.number for hour in again.clock.hours] == list(range(first, first + 49))
        local = [(hour.local_hour, hour.weekday) for hour in again.clock.hours]
        assert local[:8] == [(17 + n, 2) for n in range(7)] + [(0, 3)]

    def test_no_hour_passes_twice(self, session: Session, known: Knowledge) -> None:
        known.pass_hours(NOW + timedelta(minutes=39), numbers=3)
        assert len(known.clock.hours) == 1
        known.pass_hours(NOW + timedelta(minutes=40), numbers=3)
        assert len(known.clock.hours) == 2
        assert known.counts.total("default_seconds") == HOUR
        known.pass_hours(NOW + timedelta(minutes=40), numbers=3)
        assert len(known.clock.hours) == 2

    @pytest.mark.parametrize(("hours", "kept_on"), [(KEPT, True), (KEPT + 1, False)])
    def test_a_clock_that_stood_too_long_begins_anew(
        self, session: Session, site: Site, known: Knowledge, hours: int, kept_on: bool
    ) -> None:
        known.save(session)
        later = NOW + timedelta(hours=hours)
        again = Knowledge.load(session, site, later)
        assert (again.clock.current.number == known.clock.current.number) is kept_on
        fresh = again.clock.current
        assert kept_on or (fresh.number, fresh.begins, fresh.activity) == (
            int(later.timestamp() // HOUR),
            later.timestamp() // HOUR * HOUR,
            1.0,
        )

    def test_hours_too_old_are_dropped(self, session: Session, site: Site) -> None:
        newest = int(NOW.timestamp() // HOUR)
        oldest = newest - 64 * 24 - KEPT
        hours = [Hour(number, 0.0, 1.0, 0, 0) for number in (oldest - 1, oldest, newest)]
        learned.save(session, site.id, Counts(), 0, 1, Calibration(), hours)
        learned.forget(session, NOW)
        assert sorted(session.scalars(select(HourRow.number))) == [oldest, newest]


class TestSaving:
    def test_only_what_changed_is_a_new_version(
        self, session: Session, site: Site, known: Knowledge
    ) -> None:
        known.save(session)  # the first hour
        known.save(session)
        assert (known.version, learned.version(session, site.id)) == (1, 1)
        known.calibrate([])
        known.save(session)
        assert known.version == 1
        known.calibrate([(0.9, n % 2 == 0) for n in range(300)])
        known.save(session)
        assert learned.version(session, site.id) == 2
        assert learned.calibration(session, site.id) == known.calibration != Calibration()
        assert Knowledge.load(session, site, NOW).calibration == known.calibration
        assert learned.calibration(session, site.id + 1) == Calibration()
        assert learned.version(session, site.id + 1) == 0

    def test_pages_seen_closed_and_shown_again(
        self, session: Session, site: Site, known: Knowledge
    ) -> None:
        opened = open_page(seen=NOW, left=None)
        closed = replace(opened, left=NOW, levels=(NOW - MINUTE,))
        known.learn_from_leases(session, [Change(None, opened)])
        assert known.counts.open_seconds == {"0.0": pytest.approx(60)}
        known.learn_from_leases(session, [Change(opened, closed)])
        assert known.clock.current.closed == [0, 1, 0, 0]
        assert known.counts.open_seconds == {"0.1": pytest.approx(60)}
        assert known.counts.source_leases == {"1.ads": 1.0}
        assert self.closed(session) == [(DID, "ads", 1, int(NOW.timestamp() // 86400), 1)]
        known.save(session)
        assert learned.hours(session, site.id)[-1].closed == [0, 1, 0, 0]
        known.learn_from_leases(session, [Change(closed, replace(closed, left=None))])
        assert known.clock.current.closed == [0, 0, 0, 0]
        assert known.counts.source_leases == {}
        assert self.closed(session)[0][-1] == 0

    def closed(self, session: Session) -> list[tuple[str, str, int, int, int]]:
        rows = session.scalars(select(ClosedLeasesRow)).all()
        session.expire_all()
        return [(row.did, row.source, row.level, row.day, row.number) for row in rows]

    def test_a_phone_told_by_the_page(self, session: Session, site: Site, known: Knowledge) -> None:
        known.learn_from_leases(
            session, [Change(None, open_page(), PHONE), Change(None, open_page("noa"))]
        )
        row = session.scalars(select(KnownPhoneRow)).one()
        assert (row.site_id, row.phone, row.visitor, row.said_by) == (
            site.id,
            PHONE,
            "dana",
            "page",
        )

    def test_what_is_told_twice_stays_the_first_ones_word(
        self, session: Session, site: Site
    ) -> None:
        learned.tell_phone(session, site.id, PHONE, "dana", "page")
        learned.tell_phone(session, site.id, PHONE, "dana", "user")
        learned.forget_phone(session, site.id, PHONE, "dana", "user")
        assert learned.knowers(session, site.id, PHONE) == {"dana"}
        for other in (
            (site.id + 1, PHONE, "dana"),
            (site.id, OTHER_PHONE, "dana"),
            (site.id, PHONE, "noa"),
        ):
            learned.forget_phone(session, *other, "page")
        assert learned.knowers(session, site.id, PHONE) == {"dana"}
        learned.forget_phone(session, site.id, PHONE, "dana", "page")
        assert learned.knowers(session, site.id, PHONE) == frozenset()

    def test_one_knowledge_for_each_site_until_it_is_forgotten(
        self, session: Session, engine: Engine, site: Site
    ) -> None:
        all_of_them = Knowledges()
        first, second = Directory(engine).sites
        known = all_of_them.of(session, first, NOW)
        assert all_of_them.of(session, replace(first, name="renamed"), NOW) is known
        assert known.site.name == "renamed"
        assert all_of_them.of(session, second, NOW) is not known
        all_of_them.save(session)
        assert [learned.version(session, each.id) for each in (first, second)] == [1, 1]
        all_of_them.forget()
        assert all_of_them.of(session, first, NOW) is not known


class TestClosedLeases:
    """Day 20,000 is the second of its week: seven days from a multiple of seven."""

    TODAY = 7 * 2857 + 1

    @pytest.mark.parametrize(
        ("ago", "as_ago"), [(-1, -1), (0, 0), (1, 1), (8, 8), (9, 15), (14, 15), (15, 15), (16, 22)]
    )
    def test_as_which_day_they_are_kept(self, ago: int, as_ago: int) -> None:
        assert learned.kept_as(self.TODAY - ago, self.TODAY) == self.TODAY - as_ago

    def test_they_add_up_by_day_source_and_level(self, session: Session) -> None:
        learned.add_closed(session, Counter({(DID, 5, "ads", 1): 3, (DID, 6, "ads", 1): 2}))
        learned.add_closed(session, Counter({(DID, 5, "ads", 1): -1, (DID, 5, "ads", 2): 0}))
        learned.add_closed(session, Counter({(DID, 9, "", 0): 4, (OTHER_DID, 5, "ads", 1): 9}))
        assert learned.closed(session, DID, [5, 6]) == [("", 0, (None, 4)), ("ads", 1, (2, 2))]
        assert learned.closed(session, DID, [6, 9]) == [("", 0, (None, 4)), ("ads", 1, (2, None))]
        assert learned.closed(session, DID, [7]) == [("", 0, (4,))]

    def test_weeks_are_put_together_and_the_oldest_dropped(self, session: Session) -> None:
        days = [self.TODAY - ago for ago in (0, 8, 9, 15, 16, 64, 71, 72)]
        learned.add_closed(session, Counter({(DID, day, "ads", 1): 1 for day in days}))
        midnight = datetime.fromtimestamp(self.TODAY * 86400, UTC)
        for _ in range(2):
            learned.merge_old_weeks(session, midnight)
            rows = session.execute(select(ClosedLeasesRow.day, ClosedLeasesRow.number)).all()
            ago = sorted((self.TODAY - day, number) for day, number in rows)
            assert ago == [(0, 1), (8, 1), (15, 2), (22, 1), (64, 1)]
