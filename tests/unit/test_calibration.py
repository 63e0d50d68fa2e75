"""Stated against true: fitted from enough truths, never a new order,
and shown with how little few calls tell."""

from __future__ import annotations

import random
from math import exp

import pytest

from leadtracker.matching.calibration import (
    ENOUGH,
    Calibration,
    expected_error,
    fit,
    logit,
    picture,
    recalibrated,
    wilson,
)
from leadtracker.matching.posterior import Candidate, Posterior


def truths(number: int, shift: float, slope: float) -> list[tuple[float, bool]]:
    draw = random.Random(7)
    stated = [draw.random() for _ in range(number)]
    return [(p, draw.random() < 1 / (1 + exp(-(shift + slope * logit(p))))) for p in stated]


def test_what_is_off_is_found() -> None:
    found = fit(truths(20_000, -0.3, 0.7))
    assert (found.shift, found.slope) == pytest.approx((-0.3, 0.7), abs=0.05)


def test_too_few_truths_change_nothing() -> None:
    assert fit(truths(ENOUGH - 1, -0.3, 0.7)) == Calibration()
    assert fit(truths(ENOUGH, -0.3, 0.7)) != Calibration()


def test_a_hopeless_site_keeps_a_rising_curve() -> None:
    assert fit([(0.9, False), (0.1, True)] * 500).slope > 0


def posterior(ps: tuple[float, ...], nobody: float) -> Posterior:
    candidates = tuple(Candidate(str(i), p, {"s": p}, "", ()) for i, p in enumerate(ps))
    other = 1 - sum(ps) - nobody
    return Posterior(candidates, nobody, other, {"s": sum(ps), "old": other})


def test_the_winner_is_recalibrated_the_others_share_the_rest() -> None:
    lower = recalibrated(posterior((0.9, 0.04), 0.04), Calibration(slope=0.5))
    assert lower.best == pytest.approx(0.75)
    assert [lower.candidates[1].p, lower.nobody, lower.other] == pytest.approx([0.1, 0.1, 0.05])
    assert lower.sources == pytest.approx({"s": 0.85, "old": 0.05})
    assert lower.candidates[0].sources == pytest.approx({"s": 0.75})


def test_nobody_can_be_the_winner() -> None:
    lower = recalibrated(posterior((0.08,), 0.9), Calibration(slope=0.5))
    assert [lower.best, lower.nobody, lower.other] == pytest.approx([0.2, 0.75, 0.05])


@pytest.mark.parametrize(("ps", "nobody"), [((0.5, 0.45), 0.0), ((1.0,), 0.0), ((), 1.0)])
def test_never_past_the_runner_up_nor_out_of_certainty(
    ps: tuple[float, ...], nobody: float
) -> None:
    as_stated = posterior(ps, nobody)
    assert recalibrated(as_stated, Calibration(shift=-1.0)) == as_stated


def test_as_stated() -> None:
    assert recalibrated(posterior((0.7,), 0.2), Calibration()) == posterior((0.7,), 0.2)


def test_the_picture() -> None:
    bins = picture([(0.85, True)] * 30 + [(0.85, False)] * 10 + [(1.0, True)] * 19)
    assert [(each.begin, each.count) for each in bins if each.count] == [(0.8, 40), (0.9, 19)]
    bar = bins[8]
    assert bar.stated == pytest.approx(0.85)
    assert (bar.true, bar.too_few) == (0.75, False)
    assert (bar.low, bar.high) == pytest.approx((0.598, 0.858), abs=0.001)
    assert bins[9].too_few
    assert (bins[0].low, bins[0].high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (5, 10, 0.237, 0.763)],
)
def test_wilson(right: int, count: int, low: float, high: float) -> None:
    assert wilson(right, count) == pytest.approx((low, high), abs=0.001)


def test_the_expected_error() -> None:
    assert expected_error(
        [(0.9, True)] * 8 + [(0.9, False)] * 2 + [(0.2, False)] * 10
    ) == pytest.approx(0.15)
    assert expected_error([]) == 0.0


def test_statements_that_are_all_alike_and_far_off_are_put_right() -> None:
    truths = [(0.95, number < 240) for number in range(400)]
    assert fit(truths)(0.95) == pytest.approx(0.6, abs=0.03)
    assert fit([(p, True) for p, _ in truths])(0.95) > 0.97
