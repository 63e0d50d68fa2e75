"""Calls counted by probability, and by how long after the visit they came."""

from __future__ import annotations

import pytest
from test_matching import VIEW, call, closed, holder

from leadtracker.attribution.delay_curve import EDGES, delay_curve, delays
from leadtracker.attribution.interval import Count, count
from leadtracker.attribution.matching import match


@pytest.mark.parametrize(
    ("ps", "said"),
    [([0.5] * 4, "2.0 ± 2.0"), ([1.0] * 12, "12"), ([], "0"), ([0.9] * 9 + [0.8, 0.7], "9.6 ± 2.1")],
)
def test_a_sum_with_its_95_percent_interval(ps: list[float], said: str) -> None:
    assert str(count(ps)) == said


def test_the_interval_stays_within_the_calls_there_are() -> None:
    assert (count([0.5, 0.5]).low, count([0.5, 0.5]).high) == (0.0, 2.0)
    assert count([0.9] * 100).low == pytest.approx(90 - 1.96 * 3)


def test_sums_made_elsewhere() -> None:
    assert Count(2.0, 1.0, 4.0) == count([0.5] * 4)


def test_delays_of_certain_first_calls() -> None:
    evidence = call(closed("noa", 40 * 86400.0), closed("dana", 30.0, level=3))
    posterior = match(evidence, VIEW)
    assert delays(evidence, posterior) == [(30.0, posterior.best)]
    assert len(delays(evidence, match(call(holder(), holder("noa")), VIEW), least=0.0)) == 2


def test_the_curve() -> None:
    steps = delay_curve([(0.0, 1.0), (0.0, 1.0), (45.0, 0.5), (1e9, 0.5)])
    assert [step.until for step in steps] == [*EDGES, float("inf")]
    assert [(step.calls, step.share) for step in steps if step.calls] == [(2, 2 / 3), (0.5, 1 / 6), (0.5, 1 / 6)]
    assert [steps[0].share_so_far, steps[1].share_so_far, steps[-1].share_so_far] == pytest.approx([2 / 3, 5 / 6, 1])


def test_no_calls_no_curve() -> None:
    assert delay_curve([]) == []
