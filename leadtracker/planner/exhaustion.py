"""How often a pool runs out of numbers: Erlang B, hour by hour of the week (pure)."""

from __future__ import annotations

from collections.abc import Sequence

HOUR = 3600.0


def erlang_b(numbers: int, load: float) -> float:
    """The chance that all are taken, when `load` numbers would be taken on average if there were no end of them."""
    blocked = 1.0
    for n in range(1, numbers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked if load > 0 else 0.0


def overflow(arrivals: Sequence[float], hold: float, numbers: int) -> tuple[float, float, int]:
    """Share of visits without a number over the week, in the worst hour, and that hour of the week.

    `arrivals` are numbers asked for in each hour of the week, `hold` is for how many seconds each is taken.
    """
    by_hour = [erlang_b(numbers, asked * hold / HOUR) for asked in arrivals]
    total = sum(arrivals)
    share = (
        sum(asked * b for asked, b in zip(arrivals, by_hour, strict=True)) / total if total else 0.0
    )
    worst = max(range(len(by_hour)), key=by_hour.__getitem__)
    return share, by_hour[worst], worst
