"""What a call and a visit teach: sums that come back when they are taken back,
and what a phone's next call is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leadtracker.domain import Lease
from leadtracker.matching.confirmation import candidates_of, confirmed, truth
from leadtracker.matching.counts import CELLS, Counts, change
from leadtracker.matching.learning import course, lesson, remember
from leadtracker.matching.matching import match
from leadtracker.matching.phone_memory import Called, Known, Remembered, memory_key
from tests.unit.test_evidence import START, at, lease
from tests.unit.test_matching import NOW, PHONE, VIEW, call, closed, holder, older


class TestLesson:
    def test_an_open_page_a_tap_and_a_closed_page(self) -> None:
        holders = (
            holder("dana", region="IL-3"),
            holder("noa", tapped=3.0),
            closed("dan", 3600.0, region="IL-4"),
        )
        evidence = call(*holders, region="IL-3", hour=9, weekday=4)
        posterior = match(evidence, VIEW)
        open_, tap, late = posterior.first_calls
        delta = lesson(evidence, posterior, VIEW)
        assert delta.open_calls == {CELLS[0][1]: open_}
        assert delta.tap_calls == {"0": tap}
        late = late if late >= 1e-4 else 0.0
        assert delta.closed_calls == ({CELLS[5][1]: late} if late else {})
        assert delta.totals["region_told"] == pytest.approx(open_ + late)
        assert 0 < delta.totals["region_agree"] < open_
        assert delta.source_calls == {"google / cpc": pytest.approx(open_ + tap + late)}

    def test_hours_learn_from_calls_after_the_page(self) -> None:
        evidence = call(
            closed("dana", 3600.0),
            older=(older("old", 40), older("", 40, level=2)),
            hour=9,
            weekday=4,
        )
        posterior = match(evidence, VIEW)
        delta = lesson(evidence, posterior, VIEW)
        late = posterior.first_calls[0] + posterior.older
        assert delta.hour_calls == {"9": pytest.approx(late)}
        assert delta.day_calls == {"4": pytest.approx(late)}
        assert delta.closed_calls[CELLS[9][1]] + delta.closed_calls[CELLS[9][2]] == pytest.approx(
            posterior.older
        )
        assert delta.source_calls["old"] == pytest.approx(delta.closed_calls[CELLS[9][1]])
        assert delta.totals["first_calls"] == pytest.approx(1.0)
        assert delta.totals["stray_calls"] == posterior.nobody

    def test_repeats_teach_nothing(self) -> None:
        before = Remembered(
            NOW - 60, ("+97231",), (Known("dana", 1.0, "s", ""),), 0.0, 0.0, answered=False
        )
        evidence = call(closed("dana", 3600.0), remembered=before)
        assert sum(lesson(evidence, match(evidence, VIEW), VIEW).closed_calls.values()) < 1e-3

    def test_the_default_number_teaches_of_itself_alone(self) -> None:
        evidence = call(holder(tapped=2.0), did=None)
        posterior = match(evidence, VIEW)
        assert lesson(evidence, posterior, VIEW) == Counts(
            totals={
                "default_strangers": posterior.stray,
                "default_unseen": posterior.older,
                "default_tapped": posterior.first_calls[0],
            }
        )


class TestCourse:
    def test_a_page_is_exposed_while_visible_by_state_and_level(self) -> None:
        page = lease(
            device="mobile", levels=(at(30),), gaps=((at(100), at(200)),), seen=300, left=300
        )
        found = course(page, at(1000).timestamp())
        assert found.counts.open_seconds == {
            CELLS[0][0]: 30,
            CELLS[0][1]: 30,
            CELLS[1][1]: 40 + 40,
            CELLS[2][1]: 60,
        }
        assert found.closed == (at(300).timestamp(), 1)
        assert found.counts.source_leases == {"1.s": 1.0}

    def test_a_visible_page_so_far(self) -> None:
        found = course(lease(seen=30, left=None), at(50).timestamp())
        assert found.counts.open_seconds == {CELLS[4][0]: 50}
        assert (found.closed, found.counts.source_leases) == (None, {})

    def test_a_page_no_longer_heard_of_closed_when_last_seen(self) -> None:
        found = course(lease(seen=30, left=None), at(75).timestamp())
        assert found.counts.open_seconds == {CELLS[4][0]: 30}
        assert found.closed == (at(30).timestamp(), 0)

    def test_a_page_shown_again_takes_its_closing_back(self) -> None:
        hidden = course(lease(seen=50, left=50), at(60).timestamp())
        shown = course(lease(seen=80, left=None, gaps=((at(50), at(70)),)), at(80).timestamp())
        assert (hidden.closed, shown.closed) == ((at(50).timestamp(), 0), None)
        delta = change(hidden.counts, shown.counts)
        assert delta.source_leases == {"0.s": -1.0}
        assert delta.open_seconds == {CELLS[4 + 1][0]: 10}

    def test_taps_regions_and_topics(self) -> None:
        page = replace(lease(region="IL-3", topic="boots"), taps=(at(1), at(9)))
        counts = course(page, at(700).timestamp()).counts
        assert counts.tap_seconds == {"0": 30, "1": 30, "2": 60}
        assert (counts.regions, counts.topics) == ({"IL-3": 1}, {"boots": 1})

    def test_a_visit_without_a_number_teaches_of_its_taps(self) -> None:
        page = Lease("7", "", "dana", "v", START, at(20), taps=(at(9),), region="IL-3")
        found = course(page, (START + timedelta(hours=1)).timestamp())
        assert found.closed is None
        assert found.counts == Counts(tap_seconds={"0": 15, "1": 15, "2": 30})


class TestRemember:
    EVIDENCE = call(holder(topic="boots"), holder("noa", source="bing / cpc"), closed("dan", 5e6))

    def test_the_phone_and_its_visitors(self) -> None:
        posterior = match(self.EVIDENCE, VIEW)
        kept, called = remember(self.EVIDENCE, posterior, answered=False)
        share = posterior.candidates[0].p
        assert kept.visitors == (
            Known("dana", share, "google / cpc", "boots"),
            Known("noa", share, "bing / cpc", ""),
        )
        assert kept.nobody + kept.other + 2 * share == pytest.approx(1.0)
        assert (kept.at, kept.dids, kept.answered) == (NOW, ("+97231",), False)
        assert called == {
            name: Called(NOW, share, "+97231", False, PHONE) for name in ("dana", "noa")
        }

    def test_the_numbers_dialed_are_kept(self) -> None:
        before = Remembered(NOW - 60, ("+97239", "+97231", None), (), 1.0, 0.0, ruled_out=("dan",))
        kept, _ = remember(
            replace(self.EVIDENCE, remembered=before),
            match(self.EVIDENCE, VIEW),
            True,
            ("noa", "dan"),
        )
        assert kept.dids == ("+97231", "+97239", None)
        assert kept.ruled_out == ("noa", "dan")

    def test_a_confirmed_visitor_is_no_longer_ruled_out(self) -> None:
        before = Remembered(NOW - 60, (), (), 1.0, 0.0, ruled_out=("dana", "noa"))
        evidence = replace(self.EVIDENCE, remembered=before)
        kept, _ = remember(evidence, confirmed(evidence, match(evidence, VIEW), "dana"), True)
        assert kept.ruled_out == ("noa",)

    @pytest.mark.parametrize(
        ("phone", "did", "key"),
        [
            (PHONE, "+97231", PHONE),
            (None, "+97231", "withheld on +97231"),
            (None, None, "withheld on the default number"),
        ],
    )
    def test_under_which_key(self, phone: str | None, did: str | None, key: str) -> None:
        assert memory_key(phone, did) == key


class TestConfirmation:
    EVIDENCE = call(holder(), holder("noa", source="bing / cpc"), older=(older("old", 40),))
    POSTERIOR = match(EVIDENCE, VIEW)

    def test_it_was_this_one(self) -> None:
        sure = confirmed(self.EVIDENCE, self.POSTERIOR, "noa")
        assert (sure.best, sure.nobody, sure.other, sure.verdict) == (1.0, 0.0, 0.0, "certain")
        assert sure.sources == pytest.approx({"bing / cpc": 1.0})
        assert sure.first_calls == pytest.approx((0.0, 1.0))
        assert sure.candidates[0].reasons[0] == "confirmed by a user"
        assert lesson(self.EVIDENCE, sure, VIEW).open_calls == {CELLS[0][1]: pytest.approx(1.0)}

    def test_it_was_somebody_else(self) -> None:
        sure = confirmed(self.EVIDENCE, self.POSTERIOR, "dan", "email / news")
        assert [(each.visitor, each.p) for each in sure.candidates] == [("dan", 1.0)]
        assert sure.sources == {"email / news": 1.0}
        assert sum(sure.first_calls) == 0

    def test_it_was_nobody_of_these(self) -> None:
        none = confirmed(self.EVIDENCE, self.POSTERIOR, None)
        assert none.candidates == ()
        assert none.nobody + none.other == pytest.approx(1.0)
        assert none.nobody / none.other == pytest.approx(
            self.POSTERIOR.nobody / self.POSTERIOR.other
        )
        assert none.sources["old"] == pytest.approx(none.other)
        assert candidates_of(self.POSTERIOR) == ("dana", "noa")
        assert remember(self.EVIDENCE, none, True, candidates_of(self.POSTERIOR))[0].ruled_out == (
            "dana",
            "noa",
        )

    @pytest.mark.parametrize(("visitor", "right"), [("dana", True), ("noa", False), (None, False)])
    def test_truth_of_the_winner(self, visitor: str | None, right: bool) -> None:
        assert truth(self.POSTERIOR, visitor) == (self.POSTERIOR.best, right)

    @pytest.mark.parametrize(("visitor", "right"), [("dana", False), (None, True)])
    def test_truth_when_nobody_wins(self, visitor: str | None, right: bool) -> None:
        assert truth(match(call(), VIEW), visitor) == (1.0, right)
