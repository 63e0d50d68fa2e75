"""Calibration and counts, worked out a second way."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtracker.matching.calibration import (
    Calibration,
    expected_error,
    fit,
    logit,
    picture,
    recalibrated,
)
from leadtracker.matching.interval import count
from leadtracker.matching.posterior import Candidate, Posterior


def slopes(truths: Sequence[tuple[float, bool]], found: Calibration) -> tuple[float, float]:
    """Of the likelihood with its ridge of four truths to "as stated", by its two parameters."""
    a, b = -4 * found.shift, -4 * (found.slope - 1)
    for p, right in truths:
        x = max(-7.0, min(7.0, log(max(p, 1e-6) / (1 - min(p, 1 - 1e-6)))))
        error = right - 1 / (1 + exp(-(found.shift + found.slope * x)))
        a, b = a + error, b + error * x
    return a, b


class TestCalibration:
    @pytest.mark.parametrize("seed", range(8))
    def test_what_is_fitted_is_the_likeliest(self, seed: int) -> None:
        """There the likelihood rises in no direction."""
        dice = random.Random(seed)
        shift, slope = dice.uniform(-2, 2), dice.uniform(0.3, 2)
        stated = [dice.choice((0.0, 1.0, dice.random(), dice.random() ** 9)) for _ in range(600)]
        truths = [(p, dice.random() < 1 / (1 + exp(-shift - slope * logit(p)))) for p in stated]
        found = fit(truths)
        assert found != Calibration()
        assert slopes(truths, found) == pytest.approx((0, 0), abs=0.01)

    def test_a_slope_never_turns_statements_around(self) -> None:
        assert fit([(0.9, False), (0.1, True)] * 500).slope == 0.05

    def test_the_curve(self) -> None:
        assert logit(0.5) == 0
        assert logit(0.9) == pytest.approx(-logit(0.1)) == pytest.approx(log(9))
        assert [logit(0.0), -logit(1.0)] == pytest.approx([log(1e-6)] * 2, rel=1e-5)
        assert Calibration(log(2), 1.0)(0.5) == pytest.approx(2 / 3)
        assert Calibration(0.0, 2.0)(0.75) == pytest.approx(9 / 10)
        assert Calibration(1.0, 1.0)(0.3) > 0.3 > Calibration(-1.0, 1.0)(0.3)

    def test_a_winner_made_surer_takes_from_all_others_alike(self) -> None:
        """0.6 becomes 0.8: the others' 0.4 becomes 0.2, by candidate and by source."""
        candidates = (
            Candidate("a", 0.6, {"x": 0.4, "y": 0.2}, "", ()),
            Candidate("b", 0.2, {"x": 0.2}, "", ()),
        )
        before = Posterior(candidates, 0.12, 0.08, {"x": 0.66, "y": 0.2}, (0.1,), 0.1, 0.05)
        surer = recalibrated(before, Calibration(log(4) - log(1.5), 1.0))
        assert [each.p for each in surer.candidates] == pytest.approx([0.8, 0.1])
        assert surer.candidates[0].sources == pytest.approx({"x": 0.4 * 4 / 3, "y": 0.2 * 4 / 3})
        assert surer.candidates[1].sources == pytest.approx({"x": 0.1})
        assert (surer.nobody, surer.other) == pytest.approx((0.06, 0.04))
        assert surer.sources == pytest.approx({"x": 0.4 * 4 / 3 + 0.1 + 0.03, "y": 0.2 * 4 / 3})
        assert (surer.first_calls, surer.stray, surer.older) == ((0.1,), 0.1, 0.05)

    @pytest.mark.parametrize(
        ("ps", "nobody", "other", "moves"),
        [
            # 0.5 would become a third, the others two thirds: past none of two, but past one
            ((0.5, 0.25), 0.25, 0.0, True),
            ((0.5, 0.26), 0.24, 0.0, False),
            ((0.5, 0.24), 0.26, 0.0, False),
            ((0.5, 0.24), 0.0, 0.26, False),
            ((0.25, 0.25), 0.5, 0.0, True),
            ((0.26,), 0.5, 0.24, False),
            ((0.2,), 0.5, 0.3, False),
        ],
    )
    def test_never_past_the_runner_up(
        self, ps: tuple[float, ...], nobody: float, other: float, moves: bool
    ) -> None:
        candidates = tuple(Candidate(str(n), p, {}, "", ()) for n, p in enumerate(ps))
        before = Posterior(candidates, nobody, other, {})
        lower = Calibration(-log(2) + 1e-9, 1.0)
        assert (recalibrated(before, lower) != before) is moves

    def test_the_picture(self) -> None:
        truths = [
            (0.0, False),
            (0.0999, False),
            (0.1, True),
            (0.55, True),
            (0.59, False),
            (1.0, True),
        ]
        bars = picture(truths)
        assert [(bar.begin, bar.end) for bar in bars] == [(n / 10, (n + 1) / 10) for n in range(10)]
        assert [bar.count for bar in bars] == [2, 1, 0, 0, 0, 2, 0, 0, 0, 1]
        assert (bars[5].stated, bars[5].true) == pytest.approx((0.57, 0.5))
        assert (bars[4].stated, bars[4].true, bars[4].low, bars[4].high) == (0, 0, 0, 1)
        assert expected_error(truths) == pytest.approx((0.0999 + 0.9 + 2 * 0.07 + 0) / 6)
        assert [bar.too_few for bar in picture([(0.5, True)] * 19 + [(0.7, True)] * 20)][5:8:2] == [
            True,
            False,
        ]


class TestCount:
    @given(st.lists(st.floats(0, 1), max_size=30))
    def test_its_interval_holds_it(self, ps: list[float]) -> None:
        found = count(ps)
        assert found.mean == pytest.approx(sum(ps))
        assert 0 <= found.low <= found.mean + 1e-9
        assert found.mean - 1e-9 <= found.high <= len(ps)

    def test_by_hand(self) -> None:
        found = count([0.5] * 16)
        assert (found.mean, found.variance, found.most) == (8.0, 4.0, 16.0)
        assert (found.half, found.low, found.high) == pytest.approx((3.92, 4.08, 11.92))
        assert str(found) == "8.0 ± 3.9"
        assert (count([0.5]).low, count([0.5]).high) == (0.0, 1.0)
        assert str(count([1.0, 1.0])) == "2"
