"""What calls and visits teach, in sums that a reader can add up, and what is left of a lesson."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtracker.matching.confirmation import confirmed, truth
from leadtracker.matching.counts import (
    NAMES,
    TOTALS,
    Counts,
    bins,
    change,
    kept,
    leases_by_source,
    source_lease,
    table,
)
from leadtracker.matching.evidence import Evidence, Older
from leadtracker.matching.learning import course, lesson, remember
from leadtracker.matching.page_state import AGES, DAY, LEVELS, MINUTE
from leadtracker.matching.phone_memory import Called, Known, Remembered
from leadtracker.matching.posterior import Candidate, Posterior
from leadtracker.matching.rates import View
from tests.unit.test_evidence import at, lease
from tests.unit.test_matching import NOW, PHONE, VIEW, call, closed, holder

DID = "+97231"


def matched(*first_calls: float, stray: float = 0.0, older: float = 0.0) -> Posterior:
    return Posterior((), 0.0, 0.0, {}, first_calls, stray, older)


def taught(
    evidence: Evidence, posterior: Posterior, view: View = VIEW
) -> dict[str, dict[str, float]]:
    return lesson(evidence, posterior, view).to_json()


class TestLesson:
    def test_each_visit_teaches_of_what_its_page_was_doing(self) -> None:
        visits = (
            holder("a", state=5, level=3, source="s"),
            holder("b", tapped=20.0, source="s"),
            closed("c", 20 * MINUTE, level=2, tapped=61.0, source="t"),
            closed("d", 99 * DAY, source="t"),
        )
        posterior = matched(0.3, 0.2, 0.15, 0.1, stray=0.05)
        assert taught(call(*visits, hour=23, weekday=6), posterior) == {
            "open_calls": {"5.3": 0.3},
            "tap_calls": {"1": 0.2},
            "closed_calls": {"3.2": 0.15},
            "source_calls": {"s": pytest.approx(0.5), "t": pytest.approx(0.25)},
            "hour_calls": {"23": 0.15},
            "day_calls": {"6": 0.15},
            "totals": {"stray_calls": 0.05, "first_calls": pytest.approx(0.8)},
        }

    def test_what_is_all_but_impossible_teaches_nothing(self) -> None:
        visits = holder("a"), holder("b", state=1)
        found = taught(call(*visits), matched(1e-4, 0.99e-4))
        assert found["open_calls"] == {"0.1": 1e-4}
        assert found["totals"] == {"first_calls": 1e-4}

    @pytest.mark.parametrize(
        ("mine", "callers", "told", "agree"),
        [
            ("a", "a", 0.5, 0.5 * 0.8 / (0.8 + 0.2 * 0.3)),
            ("b", "b", 0.5, 0.5 * 0.8 / (0.8 + 0.2 * 0.1)),
            ("a", "b", 0.5, 0.0),
            ("", "b", 0.0, 0.0),
            ("a", "", 0.0, 0.0),
        ],
    )
    @pytest.mark.parametrize("what", ["region", "topic"])
    def test_regions_and_topics_agree_as_far_as_by_more_than_chance(
        self, what: str, mine: str, callers: str, told: float, agree: float
    ) -> None:
        trusts: dict[str, Any] = {f"{what}_trust": 0.8, f"{what}_share": {"a": 0.3}}
        view = replace(VIEW, **trusts)
        delta = lesson(call(holder(**{what: mine}), **{what: callers}), matched(0.5), view)
        assert delta.total(f"{what}_told") == pytest.approx(told)
        assert delta.total(f"{what}_agree") == pytest.approx(agree)

    def test_the_share_of_older_visits_is_split_by_what_each_would_have_brought(self) -> None:
        view = replace(
            VIEW, source={"ads": 3.0}, closed=[[1.0, 2.0, 4.0, 8.0]] * (AGES - 1) + [[0.5] * 4]
        )
        older = (
            Older(1, "ads", tuple(10.0 if age == 9 else 0.0 for age in range(AGES))),
            Older(2, "", tuple({9: 5.0, AGES - 1: 40.0}.get(age, 0.0) for age in range(AGES))),
        )
        # rates: 10 x 2 x 3 = 60 of the ads, 5 x 4 = 20 and 40 x 0.5 = 20 of no known source
        found = taught(call(older=older), matched(older=0.5, stray=0.2), view)
        assert found["closed_calls"] == pytest.approx(
            {"9.1": 0.3, "9.2": 0.1, f"{AGES - 1}.2": 0.1}
        )
        assert found["source_calls"] == {"ads": pytest.approx(0.3)}
        assert found["hour_calls"] == {"10": 0.5}
        assert found["totals"] == {"stray_calls": 0.2, "first_calls": pytest.approx(0.7)}

    def test_the_default_number_teaches_of_all_taps(self) -> None:
        visits = holder("a", tapped=1.0), holder("b", tapped=9.0)
        assert taught(call(*visits, did=None), matched(0.3, 0.00005, stray=0.4, older=0.1)) == {
            "totals": {
                "default_strangers": 0.4,
                "default_unseen": 0.1,
                "default_tapped": pytest.approx(0.30005),
            }
        }


class TestSums:
    def test_a_fade_is_three_percent_of_every_sum(self) -> None:
        counts = Counts(**{name: {"x": 10.0, "y": -10.0} for name in NAMES})
        counts.fade()
        assert counts.to_json() == {name: {"x": 9.7, "y": -9.7} for name in NAMES}
        assert [kept(0), kept(1), kept(2)] == pytest.approx([1.0, 0.97, 0.97 * 0.97])

    def test_what_faded_to_nothing_is_forgotten(self) -> None:
        counts = Counts(regions={"a": 1.1e-9, "b": 1e-9, "c": -1.1e-9})
        counts.fade(0.95)
        assert counts.regions.keys() == {"a", "c"}

    @given(st.integers(0, 400), st.integers(0, 400), st.floats(0.001, 1))
    def test_what_is_learned_today_is_taken_back_faded(
        self, before: int, after: int, p: float
    ) -> None:
        """On a site that has other sums: they are afterwards what they would be anyway."""
        delta = Counts(tap_calls={"0": p}, totals={"stray_calls": 1 - p})
        counts, without = (Counts(tap_calls={"0": 5.0}, regions={"IL-3": 7.0}) for _ in range(2))
        for _ in range(before):
            counts.fade()
            without.fade()
        counts.add(delta)
        for _ in range(after):
            counts.fade()
            without.fade()
        counts.add(delta, -kept(after))
        for name, sums in counts.to_json().items():
            assert sums == pytest.approx(getattr(without, name), abs=2e-9)

    def test_every_total_has_a_name_and_is_never_negative(self) -> None:
        counts = Counts(totals=dict.fromkeys(TOTALS, -1.0) | {"stray_calls": 2.0})
        assert [counts.total(name) for name in TOTALS] == [2.0] + [0.0] * (len(TOTALS) - 1)

    def test_tables_and_bins_are_never_negative(self) -> None:
        assert table({"0.1": 2.0, "1.3": 5.0, "1.0": -1.0, "2.0": 9.0}, 2) == [
            [0, 2, 0, 0],
            [0, 0, 0, 5],
        ]
        assert bins({"0": 1.0, "2": -1.0, "3": 4.0}, 3) == [1.0, 0.0, 0.0]

    def test_leases_by_source_and_level(self) -> None:
        sums = {
            source_lease(3, "a.b"): 2.0,
            source_lease(0, "a.b"): 1.0,
            source_lease(1, "c"): -4.0,
        }
        assert leases_by_source(sums) == {"a.b": [1.0, 0.0, 0.0, 2.0], "c": [0.0] * LEVELS}


class TestCourse:
    @pytest.mark.parametrize(
        ("gaps", "spans"),
        [
            ([(100, 200)], {"4.0": 60, "5.0": 40 + 40, "6.0": 60}),
            (
                [(150, 200), (20, 40)],
                {"4.0": 20 + 20, "5.0": 90 + 40, "6.0": 60},
            ),  # as told, in any order
            (
                [(100, 200), (120, 150)],
                {"4.0": 60, "5.0": 40 + 40, "6.0": 60},
            ),  # one within the other
            (
                [(100, 200), (150, 250)],
                {"4.0": 60, "5.0": 40, "6.0": 50},
            ),  # one after the other began
            ([(0, 100)], {"5.0": 140, "6.0": 60}),
            ([(200, 400)], {"4.0": 60, "5.0": 140}),  # shown again only after it was left
            (
                [(250, 300)],
                {"4.0": 60, "5.0": 180, "6.0": 10},
            ),  # shown again in the moment it was left
        ],
    )
    def test_what_was_seen_between_gaps(
        self, gaps: list[tuple[float, float]], spans: dict[str, float]
    ) -> None:
        page = lease(seen=300, left=300, gaps=tuple((at(a), at(b)) for a, b in gaps))
        assert course(page, at(999).timestamp()).counts.open_seconds == pytest.approx(spans)

    def test_levels_count_from_their_moment(self) -> None:
        page = lease(seen=100, left=100, levels=(at(0), at(40), at(100)), device="mobile")
        found = course(page, at(999).timestamp())
        assert found.counts.open_seconds == pytest.approx({"0.1": 40, "0.2": 20, "1.2": 40})
        assert found.counts.source_leases == {"3.s": 1.0}
        assert found.closed == (at(100).timestamp(), 3)

    def test_without_a_region_or_a_topic_none_is_counted(self) -> None:
        counts = course(lease(), at(999).timestamp()).counts
        assert (counts.regions, counts.topics, counts.tap_seconds) == ({}, {}, {})

    @given(st.lists(st.integers(1, 900), max_size=6), st.integers(1, 900))
    def test_step_by_step_is_all_at_once(self, moments: list[int], last: int) -> None:
        """The increments of a lease told again and again are what is told of it at the end."""
        counts = Counts()
        before: Counts | None = None
        for seen in [*sorted(moments), 900 + last]:
            levels = tuple(at(step) for step in (30, 200, 700) if step <= seen)
            now = course(lease(seen=seen, left=seen, levels=levels), at(seen).timestamp()).counts
            counts.add(change(before, now))
            before = now
        assert before is not None
        for name in NAMES:
            assert getattr(counts, name) == pytest.approx(getattr(before, name))


class TestRemember:
    EVIDENCE = call(holder())

    def posterior(self, **ps: float) -> Posterior:
        candidates = tuple(Candidate(name, p, {"s": p}, "", ()) for name, p in ps.items())
        return Posterior(candidates, 0.1, 0.9 - sum(ps.values()), {}, (0.0,))

    def test_who_is_worth_it(self) -> None:
        found = self.posterior(a=0.5, b=0.0201, c=0.02, d=0.0031, e=0.003)
        remembered, callers = remember(self.EVIDENCE, found, True)
        assert [known.visitor for known in remembered.visitors] == ["a", "b", "c", "d"]
        assert list(callers) == ["a", "b"]
        assert callers["a"] == Called(NOW, 0.5, DID, True, PHONE)
        assert remembered.other == pytest.approx(0.9 - 0.5 - 0.0201 - 0.02 - 0.0031)
        assert remembered.nobody == 0.1

    def test_no_more_than_eight_visitors(self) -> None:
        remembered, _ = remember(
            self.EVIDENCE, self.posterior(**{f"v{n}": 0.1 for n in range(9)}), True
        )
        assert [known.visitor for known in remembered.visitors] == [f"v{n}" for n in range(8)]
        assert remembered.other == pytest.approx(0.1)

    def test_no_more_than_sixteen_numbers_the_newest_first(self) -> None:
        dialed = tuple(f"+1{n}" for n in range(16))
        evidence = replace(self.EVIDENCE, remembered=Remembered(NOW - 9, dialed, (), 1.0, 0.0))
        assert remember(evidence, self.posterior(), True)[0].dids == (DID, *dialed[:15])

    def test_no_more_than_eight_ruled_out_the_newest_first(self) -> None:
        before = Remembered(NOW - 9, (), (), 1.0, 0.0, ruled_out=("a", "b", "n0"))
        evidence = replace(self.EVIDENCE, remembered=before)
        newest = tuple(f"n{n}" for n in range(7))
        assert remember(evidence, self.posterior(), True, newest)[0].ruled_out == (*newest, "a")

    @pytest.mark.parametrize(("p", "out"), [(1.0, ()), (0.99, ("a",))])
    def test_only_a_certain_visitor_is_no_longer_ruled_out(
        self, p: float, out: tuple[str, ...]
    ) -> None:
        before = Remembered(NOW - 9, (), (), 1.0, 0.0, ruled_out=("a",))
        posterior = Posterior((Candidate("a", p, {"s": p}, "", ()),), 1 - p, 0.0, {}, (0.0,))
        assert (
            remember(replace(self.EVIDENCE, remembered=before), posterior, True)[0].ruled_out == out
        )

    def test_the_source_that_speaks_most(self) -> None:
        by_source = {"few": 0.1, "most": 0.3, "some": 0.1}
        candidates = Candidate("a", 0.5, by_source, "boots", ()), Candidate("b", 0.5, {}, "", ())
        remembered, _ = remember(self.EVIDENCE, Posterior(candidates, 0.0, 0.0, {}, (0.0,)), True)
        assert remembered.visitors == (Known("a", 0.5, "most", "boots"), Known("b", 0.5, "", ""))


class TestConfirmation:
    """Half Dana's by two sources, a tenth Noa's, a tenth nobody's, three tenths of older visits."""

    POSTERIOR = Posterior(
        (
            Candidate("dana", 0.5, {"ads": 0.4, "mail": 0.1}, "boots", ("said",)),
            Candidate("noa", 0.1, {"mail": 0.1}, "hats", ()),
        ),
        nobody=0.1,
        other=0.3,
        sources={"ads": 0.5, "mail": 0.3},
        first_calls=(0.35, 0.05, 0.1),
        stray=0.08,
        older=0.24,
    )
    EVIDENCE = call(holder("dana"), holder("dana", source="mail"), holder("noa"))

    def test_the_one_named(self) -> None:
        sure = Candidate(
            "dana", 1.0, {"ads": 0.8, "mail": 0.2}, "boots", ("confirmed by a user", "said")
        )
        assert confirmed(self.EVIDENCE, self.POSTERIOR, "dana") == Posterior(
            (sure,), 0.0, 0.0, {"ads": 0.8, "mail": 0.2}, (0.7, 0.1, 0.0)
        )

    def test_one_who_was_no_candidate(self) -> None:
        sure = Candidate("gal", 1.0, {"walk": 1.0}, "", ("confirmed by a user",))
        found = confirmed(self.EVIDENCE, self.POSTERIOR, "gal", "walk")
        assert found == Posterior((sure,), 0.0, 0.0, {"walk": 1.0}, (0.0, 0.0, 0.0))
        assert confirmed(self.EVIDENCE, self.POSTERIOR, "gal").sources == {}

    def test_a_candidate_of_no_weight(self) -> None:
        dana, noa = self.POSTERIOR.candidates
        weightless = replace(
            self.POSTERIOR, candidates=(dana, replace(noa, p=0.0, sources={"mail": 0.0}))
        )
        found = confirmed(self.EVIDENCE, weightless, "noa", "walk")
        assert (found.sources, found.first_calls) == ({"walk": 1.0}, (0.0, 0.0, 0.0))
        assert found.candidates[0].topic == "hats"

    def test_nobody_of_these(self) -> None:
        """What is left is 0.4: a quarter nobody's; of the sources what no candidate explains."""
        none = confirmed(self.EVIDENCE, self.POSTERIOR, None)
        assert (none.candidates, none.first_calls) == ((), (0.0, 0.0, 0.0))
        assert (none.nobody, none.other, none.stray, none.older) == pytest.approx(
            (0.25, 0.75, 0.2, 0.6)
        )
        assert none.sources == pytest.approx({"ads": 0.25, "mail": 0.25})

    def test_nobody_of_these_where_nothing_else_is_left(self) -> None:
        sure = replace(self.POSTERIOR, nobody=0.0, other=0.0)
        assert confirmed(self.EVIDENCE, sure, None) == Posterior((), 1.0, 0.0, {}, (0.0, 0.0, 0.0))

    @pytest.mark.parametrize(
        ("nobody", "visitor", "said"),
        [
            (0.1, "dana", (0.5, True)),
            (0.1, "noa", (0.5, False)),
            (0.1, None, (0.5, False)),
            (0.5, "dana", (0.5, True)),  # as likely as nobody: the visitor is named
            (0.51, None, (0.51, True)),
            (0.51, "dana", (0.51, False)),
        ],
    )
    def test_truth(self, nobody: float, visitor: str | None, said: tuple[float, bool]) -> None:
        assert truth(replace(self.POSTERIOR, nobody=nobody), visitor) == said

    def test_truth_without_candidates(self) -> None:
        assert truth(Posterior((), 0.0, 1.0, {}), None) == (0.0, True)
