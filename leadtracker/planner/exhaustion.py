"""How often a pool runs out of numbers: Erlang B, hour by hour of the week (pure)."""

from __future__ import annotations

from collections.abc import Sequence

HOUR = 3600.0


def erlang_b(numbers: int, load: float) -> float:
    """The chance that all numbers are taken.

    `load` is the average count of numbers that visitors would hold if the pool never ran out.
    """
    if load <= 0:
        return 0.0
    blocked = 1.0
    for n in range(1, numbers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def overflow(arrivals: Sequence[float], hold: float, numbers: int) -> tuple[float, float, int]:
    """Return the share of visits without a number in the week and in the worst hour, and that hour.

    `arrivals` counts the requests for a number in each hour of the week. A visit keeps its number
    for `hold` seconds.
    """
    by_hour = [erlang_b(numbers, asked * hold / HOUR) for asked in arrivals]
    refused = sum(asked * b for asked, b in zip(arrivals, by_hour, strict=True))
    worst = max(range(len(by_hour)), key=by_hour.__getitem__)
    return refused / (sum(arrivals) or 1.0), by_hour[worst], worst
