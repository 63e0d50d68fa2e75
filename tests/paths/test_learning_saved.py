"""What a site learned is written down: its hours, its counts and its closed leases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.domain import Site
from leadtracker.matching.calibration import Calibration
from leadtracker.matching.calling_clock import KEPT, Hour
from leadtracker.matching.counts import Counts
from leadtracker.matching.page_state import HOUR
from leadtracker.records import learned, told_phones
from leadtracker.records.leases import Change
from leadtracker.records.sites import Directory
from leadtracker.records.tables import ClosedLeasesRow, HourRow, ToldPhoneRow
from leadtracker.records.told_phones import SIGNED, USER, ToldPhone
from leadtracker.who_called.knowledge import Knowledge, Knowledges
from tests import site_files
from tests.paths.test_what_a_site_learned import (
    DAY,
    DID,
    MINUTE,
    NOW,
    OTHER_DID,
    OTHER_PHONE,
    PHONE,
    open_page,
    same,
)


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
            session,
            [Change(None, open_page(), (ToldPhone(PHONE),)), Change(None, open_page("noa"))],
        )
        assert told_phones.knowers(session, site.id, PHONE) == {}
        assert told_phones.claims(session, site.id, PHONE) == {"dana": 0.5}

    def test_a_claim_is_worth_less_the_more_there_are(self, session: Session, site: Site) -> None:
        for n in range(3):
            told = ToldPhone(f"{PHONE[:-1]}{n}", network="one address")
            told_phones.tell_phone(session, site.id, f"mallory{n}", told)
        assert told_phones.claims(session, site.id, f"{PHONE[:-1]}0") == {"mallory0": 0.5 / 3}
        told_phones.tell_phone(session, site.id, "dana", ToldPhone(PHONE))
        told_phones.tell_phone(session, site.id, "dana", ToldPhone(OTHER_PHONE))
        assert told_phones.claims(session, site.id, PHONE) == {"dana": 0.25}

    def test_what_too_many_claim_is_worth_nothing_and_not_kept(
        self, session: Session, site: Site
    ) -> None:
        for n in range(20):
            told_phones.tell_phone(session, site.id, f"mallory{n}", ToldPhone(PHONE))
        assert told_phones.claims(session, site.id, PHONE) == {}
        assert len(session.scalars(select(ToldPhoneRow)).all()) == 9

    def test_what_is_told_twice_stays_the_first_ones_word(
        self, session: Session, site: Site
    ) -> None:
        told_phones.tell_phone(session, site.id, "dana", ToldPhone(PHONE, SIGNED))
        told_phones.tell_phone(session, site.id, "dana", ToldPhone(PHONE, USER))
        told_phones.forget_phone(session, site.id, PHONE, "dana", USER)
        assert told_phones.knowers(session, site.id, PHONE) == {"dana": SIGNED}
        for other in (
            (site.id + 1, PHONE, "dana"),
            (site.id, OTHER_PHONE, "dana"),
            (site.id, PHONE, "noa"),
        ):
            told_phones.forget_phone(session, *other, SIGNED)
        assert told_phones.knowers(session, site.id, PHONE) == {"dana": SIGNED}
        told_phones.forget_phone(session, site.id, PHONE, "dana", SIGNED)
        assert told_phones.knowers(session, site.id, PHONE) == {}

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
