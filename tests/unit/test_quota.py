"""An account sends so much in a minute, and what one sends takes nothing from another."""

from __future__ import annotations

from leadtracker.calls.quota import UNIT, Quotas


def test_so_many_in_a_minute_and_each_account_for_itself() -> None:
    quotas = Quotas(60)
    assert [quotas.take("a", 100, 0.0) for _ in range(61)] == [True] * 60 + [False]
    assert quotas.take("b", 100, 0.0)
    assert not quotas.take("a", 100, 0.9)
    assert [quotas.take("a", 100, 1.0) for _ in range(2)] == [True, False]
    assert [quotas.take("a", 100, 10_000.0) for _ in range(61)] == [True] * 60 + [False]


def test_a_large_one_counts_for_more() -> None:
    quotas = Quotas(60)
    assert quotas.take("a", 58 * UNIT, 0.0)
    assert quotas.take("a", UNIT - 1, 0.0)
    assert not quotas.take("a", 0, 0.0)
