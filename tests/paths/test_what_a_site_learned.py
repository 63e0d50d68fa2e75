"""A site's knowledge in the real database: lessons are taken back as faded, calls kept in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.domain import Lease, Site
from leadtracker.matching.confirmation import truth
from leadtracker.matching.counts import NAMES, Counts
from leadtracker.matching.matching import RULES, match
from leadtracker.matching.phone_memory import Called, Known, Remembered
from leadtracker.records import learned
from leadtracker.records.sites import Directory
from leadtracker.who_called.knowledge import Knowledge
from leadtracker.who_called.ring import Ring
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
        without_phone = match(judged.evidence.without_known_phone(), known.view)
        assert taught.without_known_phone is not None
        assert taught.without_known_phone[0] == pytest.approx(without_phone.best, rel=0.05)
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
    def test_whether_a_judgment_is_of_this_call(
        self, session: Session, known: Knowledge, ring: Ring, judged_by: bool
    ) -> None:
        assert ring.is_of(known.judge(session, RING).evidence) is judged_by
