"""Which traffic sources share numbers: large ones have their own group, small ones share (pure)."""

from __future__ import annotations

from collections.abc import Mapping

SEPARATE = 4.0  # numbers that a separately counted source should have
STAYS_SEPARATE = 3.0
X_BUSY, X_QUIET = 100, 10
QUIET_HOURS = 6.0  # between two leases of a number, on average; a pool with longer gaps is quiet
BUSY_HOURS = 0.5  # with shorter gaps than this, more past holders are worth keeping


def groups(
    arrivals: Mapping[str, float], numbers: int, before: Mapping[str, str]
) -> dict[str, str]:
    """Source -> group: its own name, or `shared 1` and so on.

    A source whose share of the pool is 4 numbers or more has its own group. Small ones are packed,
    the largest first, into groups of 4 numbers or more. `before` is the grouping in force: a source
    leaves its own group only below 3 numbers.
    """
    total = sum(arrivals.values()) or 1.0
    share = {source: numbers * arrived / total for source, arrived in arrivals.items()}
    result: dict[str, str] = {}
    small = []
    for source in sorted(share, key=lambda source: (-share[source], source)):
        stays = before.get(source) == source and share[source] >= STAYS_SEPARATE
        if stays or share[source] >= SEPARATE:
            result[source] = source
        else:
            small.append(source)
    filled, left, index = 0.0, sum(share[source] for source in small), 1
    for source in small:
        result[source] = f"shared {index}"
        filled, left = filled + share[source], left - share[source]
        if filled >= SEPARATE and left >= SEPARATE:
            filled, index = 0.0, index + 1
    return result


def is_quiet(numbers: int, leases_an_hour: float) -> bool:
    return leases_an_hour * QUIET_HOURS < numbers


def is_busy(numbers: int, leases_an_hour: float) -> bool:
    return leases_an_hour * BUSY_HOURS > numbers
