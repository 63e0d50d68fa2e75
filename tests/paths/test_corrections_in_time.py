"""A user's word on a call of days ago: the lesson has faded, other calls were spoken of since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from leadtracker.domain import Outcome, Site
from leadtracker.errors import BadRequest, NotFound
from leadtracker.matching.counts import NAMES, Counts
from leadtracker.matching.phone_memory import Remembered
from leadtracker.records import learned, verdicts
from leadtracker.records.calls import Snapshot, fill_visitor
from leadtracker.records.tables import CallRow, VerdictRow
from leadtracker.web.stores import Stores
from leadtracker.who_called.corrections import BATCH, NOBODY, apply_corrections, keep_word
from leadtracker.who_called.knowledge import Knowledge, Knowledges
from leadtracker.who_called.ring import Ring
from leadtracker.who_called.verdict import snapshot
from tests.dashboard_rows import add, call, lease, touchpoint, unknown_call

DID, OTHER_DID = "+972722776772", "+972722776773"
PHONE, OTHER_PHONE = "+972543216549", "+972501111111"
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
MINUTE = timedelta(minutes=1)


class Shop:
    """A site with calls judged by the product, and its knowledge as the worker has it."""

    def __init__(self, stores: Stores) -> None:
        self.engine, self.live, self.directory = stores.engine, stores.live, stores.directory
        self.directory.refresh()
        self.knowledges = Knowledges()

    def site(self, name: str = "shop") -> Site:
        return next(site for site in self.directory.sites if site.name == name)

    def known(self, session: Session) -> Knowledge:
        return self.knowledges.of(session, self.site(), NOW)

    def call(
        self, at: datetime, did: str = DID, phone: str = PHONE, outcome: Outcome = Outcome.ANSWERED
    ) -> int:
        row = unknown_call(at, site_id=self.site().id, did=did, caller=phone, outcome=outcome)
        add(self.engine, row)
        with Session(self.engine) as session:
            known = self.known(session)
            judged = known.learn(
                known.judge(session, Ring(at, did, phone)), outcome == Outcome.ANSWERED
            )
            kept = session.get_one(CallRow, row.id)
            fill_visitor(
                kept,
                snapshot(session, self.live, self.site(), Snapshot(), judged, known.calibration),
            )
            verdicts.save(session, [(row.id, self.site().id, judged)])
            parts = verdicts.parts_of(session, self.site().id, judged.posterior, judged.evidence)
            verdicts.share(session, {row.id: parts})
            self.knowledges.save(session)
            session.commit()
        return row.id

    def say(self, call_pk: int, word: str | None) -> None:
        keep_word(self.engine, call_pk, word)
        assert apply_corrections(self.engine, self.live, self.directory, self.knowledges) == 1

    def fade(self, days: int) -> None:
        with Session(self.engine) as session:
            known = self.known(session)
            for _ in range(days):
                known.counts.fade()
                known.days += 1
            known._dirty = True
            self.knowledges.save(session)
            session.commit()

    def sums(self) -> Counts:
        with Session(self.engine) as session:
            return learned.sums(session, self.site().id)[0]

    def lesson(self, call_pk: int) -> Counts:
        with Session(self.engine) as session:
            judged = verdicts.judgment(session, call_pk)
            assert judged is not None
            assert judged.lesson is not None
            return judged.lesson

    def verdict(self, call_pk: int) -> VerdictRow:
        with Session(self.engine) as session:
            return session.get_one(VerdictRow, call_pk)

    def knowers(self, phone: str = PHONE, site: str = "shop") -> frozenset[str]:
        with Session(self.engine) as session:
            return learned.knowers(session, self.site(site).id, phone)

    def remembered(self, phone: str = PHONE) -> Remembered | None:
        with Session(self.engine) as session:
            return learned.remembered(session, self.site().id, phone, 1e12)


@pytest.fixture
def shop(app: Flask, stores: Stores) -> Shop:
    """Dana and Noa were shown the number, Noa a little longer ago."""
    shop = Shop(stores)
    for visitor, minutes in (("dana", 9), ("noa", 30)):
        start = NOW - minutes * MINUTE
        add(
            stores.engine,
            lease(
                start,
                did=DID,
                visitor=visitor,
                site_id=shop.site().id,
                source_key=f"of {visitor}",
                left=start + 2 * MINUTE,
                arrival=touchpoint(start, source=visitor, campaign=f"for {visitor}"),
            ),
        )
    return shop


def same(found: Counts, wanted: Counts) -> None:
    for name in NAMES:
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), abs=1e-8), name


def sum_of(parts: Iterable[tuple[float, Counts]]) -> Counts:
    total = Counts()
    for factor, counts in parts:
        total.add(counts, factor)
    return total


def test_a_word_days_later_changes_what_is_left_of_the_lesson(shop: Shop) -> None:
    """As if it had been said before any day faded; taken back, as if it had never been."""
    other = shop.call(NOW - 20 * MINUTE, phone=OTHER_PHONE)
    spoken_of = shop.call(NOW)
    first, second = shop.lesson(other), shop.lesson(spoken_of)
    same(shop.sums(), sum_of([(1, first), (1, second)]))
    shop.fade(2)
    shop.say(spoken_of, "noa")
    as_told = shop.lesson(spoken_of)
    assert as_told.source_calls.keys() == {"of noa"}
    assert second.source_calls != as_told.source_calls
    same(shop.sums(), sum_of([(0.97**2, first), (0.97**2, as_told)]))
    shop.fade(3)
    shop.say(spoken_of, NOBODY)
    same(shop.sums(), sum_of([(0.97**5, first), (0.97**5, shop.lesson(spoken_of))]))
    shop.fade(1)
    shop.say(spoken_of, None)
    same(shop.sums(), sum_of([(0.97**6, first), (0.97**6, second)]))
    same(shop.lesson(spoken_of), second)


class TestWhosePhoneItIs:
    """What a user said of a phone holds as long as one call says so still."""

    def test_a_second_call_says_so_still(self, shop: Shop) -> None:
        first, second = shop.call(NOW), shop.call(NOW + 9 * MINUTE)
        shop.say(first, "dana")
        shop.say(second, "dana")
        assert shop.knowers() == {"dana"}
        shop.say(first, None)
        assert shop.knowers() == {"dana"}, "the second call's word stands"
        shop.say(second, None)
        assert shop.knowers() == frozenset()

    def test_of_the_first_call_too(self, shop: Shop) -> None:
        first, second = shop.call(NOW), shop.call(NOW + 9 * MINUTE)
        shop.say(first, "dana")
        shop.say(second, "dana")
        shop.say(second, NOBODY)
        assert shop.knowers() == {"dana"}
        shop.say(first, "noa")
        assert shop.knowers() == {"noa"}

    def test_a_call_of_another_phone_says_nothing_of_this_one(self, shop: Shop) -> None:
        mine, another = shop.call(NOW), shop.call(NOW, phone=OTHER_PHONE)
        shop.say(mine, "dana")
        shop.say(another, "dana")
        assert shop.knowers() == shop.knowers(OTHER_PHONE) == {"dana"}
        shop.say(mine, None)
        assert shop.knowers() == frozenset()
        assert shop.knowers(OTHER_PHONE) == {"dana"}

    def test_a_call_said_to_be_another_visitors_says_nothing_of_this_one(self, shop: Shop) -> None:
        first, second = shop.call(NOW), shop.call(NOW + 9 * MINUTE)
        shop.say(first, "dana")
        shop.say(second, "noa")
        assert shop.knowers() == {"dana", "noa"}
        shop.say(first, None)
        assert shop.knowers() == {"noa"}

    def test_a_call_of_another_site_says_nothing_of_this_one(self, shop: Shop) -> None:
        first, second = shop.call(NOW), shop.call(NOW + 9 * MINUTE)
        shop.say(first, "dana")
        with Session(shop.engine) as session:
            row = session.get_one(VerdictRow, second)
            row.site_id, row.confirmed, row.heeded = shop.site("magazin").id, "dana", "dana"
            session.commit()
        shop.say(first, None)
        assert shop.knowers() == frozenset()

    def test_what_the_page_said_stays(self, shop: Shop) -> None:
        with Session(shop.engine) as session:
            learned.tell_phone(session, shop.site().id, PHONE, "dana", "page")
            session.commit()
        first = shop.call(NOW)
        shop.say(first, "dana")
        shop.say(first, None)
        assert shop.knowers() == {"dana"}

    def test_nobody_of_these_tells_of_no_phone(self, shop: Shop) -> None:
        shop.say(shop.call(NOW), NOBODY)
        assert shop.knowers() == frozenset()


class TestWhatIsRemembered:
    def test_the_phone_and_its_visitor_as_the_word_has_them(self, shop: Shop) -> None:
        spoken_of = shop.call(NOW, outcome=Outcome.MISSED)
        as_matched = shop.remembered()
        shop.say(spoken_of, "noa")
        kept = shop.remembered()
        assert kept is not None
        assert [(each.visitor, each.p) for each in kept.visitors] == [("noa", 1.0)]
        assert (kept.nobody, kept.other, kept.answered) == (0.0, 0.0, False)
        with Session(shop.engine) as session:
            callers = learned.callers(session, shop.site().id, ["dana", "noa"], 1e12)
        assert {name: each.p for name, each in callers.items()} == {"noa": 1.0}
        shop.say(spoken_of, NOBODY)
        ruled_out = shop.remembered()
        assert ruled_out is not None
        assert (set(ruled_out.ruled_out), ruled_out.visitors) == ({"dana", "noa"}, ())
        shop.say(spoken_of, None)
        assert shop.remembered() == as_matched

    def test_a_later_call_of_the_phone_stays_the_latest(self, shop: Shop) -> None:
        first, _ = shop.call(NOW), shop.call(NOW + 9 * MINUTE)
        latest = shop.remembered()
        shop.say(first, "noa")
        assert shop.remembered() == latest


class TestTheCallItself:
    def test_its_copy_its_shares_and_whether_it_was_right(self, shop: Shop) -> None:
        spoken_of = shop.call(NOW)

        def kept() -> tuple[str | None, str, bool | None, list[tuple[float, str]]]:
            with Session(shop.engine) as session:
                row = session.get_one(CallRow, spoken_of)
                shares = [
                    (round(p, 6), touched.source)
                    for p, touched in verdicts.shares_of(session, row.id)
                ]
                return row.visitor_id, row.campaign, shop.verdict(row.id).stated_right, shares

        before = kept()
        likeliest = verdicts_best(shop, spoken_of)
        for who in ("dana", "noa"):
            shop.say(spoken_of, who)
            assert kept() == (who, f"for {who}", who == likeliest, [(1.0, who)])
        shop.say(spoken_of, NOBODY)
        visitor, campaign, right, shares = kept()
        assert (visitor, campaign, right) == (None, "", False)
        assert sum(p for p, _ in shares) == pytest.approx(1.0)
        assert {source for _, source in shares} == {""}
        assert shop.verdict(spoken_of).matched is not None
        shop.say(spoken_of, None)
        assert kept() == before
        assert shop.verdict(spoken_of).matched is None

    def test_a_word_said_while_the_call_goes_on_teaches_nothing_yet(self, shop: Shop) -> None:
        spoken_of = shop.call(NOW)
        with Session(shop.engine) as session:
            row = session.get_one(VerdictRow, spoken_of)
            known = shop.known(session)
            judged = verdicts.judgment_of(row)
            known.unlearn(judged)
            verdicts.save(session, [(row.call_pk, row.site_id, replace(judged, lesson=None))])
            shop.knowledges.save(session)
            session.commit()
        before = shop.sums()
        shop.say(spoken_of, "noa")
        assert shop.sums() == before
        assert shop.verdict(spoken_of).lesson is None
        assert shop.knowers() == {"noa"}


def verdicts_best(shop: Shop, call_pk: int) -> str:
    with Session(shop.engine) as session:
        judged = verdicts.judgment(session, call_pk)
        assert judged is not None
        return judged.posterior.candidates[0].visitor


def test_what_cannot_be_said(shop: Shop) -> None:
    spoken_of = shop.call(NOW)
    with pytest.raises(NotFound, match="not matched"):
        keep_word(shop.engine, spoken_of + 1, NOBODY)
    with pytest.raises(BadRequest, match="not among"):
        keep_word(shop.engine, spoken_of, "gal")
    assert shop.verdict(spoken_of).confirmed is None
    keep_word(shop.engine, spoken_of, "dana")
    assert shop.verdict(spoken_of).confirmed_at is not None
    keep_word(shop.engine, spoken_of, None)
    assert (shop.verdict(spoken_of).confirmed, shop.verdict(spoken_of).confirmed_at) == (None, None)
    assert apply_corrections(shop.engine, shop.live, shop.directory, shop.knowledges) == 0


def test_words_are_acted_on_by_the_batch_the_oldest_calls_first(shop: Shop) -> None:
    calls = [shop.call(NOW + n * MINUTE) for n in range(BATCH + 1)]
    for call_pk in calls:
        keep_word(shop.engine, call_pk, NOBODY)
    with Session(shop.engine) as session:
        assert verdicts.waiting(session, 3) == calls[:3]
    assert apply_corrections(shop.engine, shop.live, shop.directory, shop.knowledges) == BATCH
    assert shop.verdict(calls[-1]).heeded is None
    assert apply_corrections(shop.engine, shop.live, shop.directory, shop.knowledges) == 1


def test_a_word_that_cannot_be_acted_on_does_not_stop_the_next(shop: Shop) -> None:
    broken, fine = shop.call(NOW), shop.call(NOW + 9 * MINUTE)
    for call_pk in (broken, fine):
        keep_word(shop.engine, call_pk, "dana")
    with Session(shop.engine) as session:
        session.get_one(VerdictRow, broken).evidence = b"not compressed"
        session.commit()
    assert apply_corrections(shop.engine, shop.live, shop.directory, shop.knowledges) == 2
    assert shop.verdict(broken).heeded == "dana", "it is not tried again"
    assert shop.verdict(fine).stated_right is not None
    assert shop.knowers() == {"dana"}


def test_truths_are_of_a_users_word_before_those_of_a_known_phone(shop: Shop) -> None:
    site = shop.site().id
    rows = [call(NOW - n * MINUTE, site_id=site) for n in range(5)]
    add(shop.engine, *rows)
    told: list[tuple[bool | None, float | None, bool | None]] = [
        (True, 0.6, False),
        (False, None, None),
        (None, 0.6, True),
        (None, 0.5, False),
        (None, None, None),
    ]
    with Session(shop.engine) as session:
        for row, (right, untold, untold_right) in zip(rows, told, strict=True):
            session.add(
                VerdictRow(
                    call_pk=row.id,
                    site_id=site,
                    rules=1,
                    version=1,
                    evidence=b"",
                    posterior=b"",
                    days=0,
                    stated=0.9,
                    stated_right=right,
                    untold=untold,
                    untold_right=untold_right,
                )
            )
        session.flush()
        found = verdicts.truths(session, site)
        assert verdicts.truths(session, shop.site("magazin").id) == []
    assert found == [(0.5, False), (0.6, True), (0.9, False), (0.9, True)]
