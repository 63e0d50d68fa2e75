"""Calls counted by probability."""

from __future__ import annotations

import pytest

from leadtracker.matching.interval import Count, count


@pytest.mark.parametrize(
    ("ps", "said"),
    [
        ([0.5] * 4, "2.0 ± 2.0"),
        ([1.0] * 12, "12"),
        ([], "0"),
        ([0.9] * 9 + [0.8, 0.7], "9.6 ± 2.1"),
    ],
)
def test_a_sum_with_its_95_percent_interval(ps: list[float], said: str) -> None:
    assert str(count(ps)) == said


def test_the_interval_stays_within_the_calls_there_are() -> None:
    assert (count([0.5, 0.5]).low, count([0.5, 0.5]).high) == (0.0, 2.0)
    assert count([0.9] * 100).low == pytest.approx(90 - 1.96 * 3)


def test_sums_made_elsewhere() -> None:
    assert Count(2.0, 1.0, 4.0) == count([0.5] * 4)
