"""Calls counted by probability: a sum, and an interval that says how far off it may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

WITHIN = 1.96  # standard deviations of a 95 % interval


@dataclass(frozen=True, slots=True)
class Count:
    """A sum of probabilities. For independent calls, `low` to `high` is its 95 % interval."""

    mean: float
    variance: float  # sum of p(1 - p)
    most: float  # how many calls were counted

    @property
    def half(self) -> float:
        """Half the width of the 95 % interval."""
        return WITHIN * sqrt(max(0.0, self.variance))

    @property
    def low(self) -> float:
        return max(0.0, self.mean - self.half)

    @property
    def high(self) -> float:
        return min(self.most, self.mean + self.half)

    def __str__(self) -> str:
        """`9.6 ± 1.8`, or a whole number when the interval is negligible."""
        if self.half < 0.05:
            return f"{self.mean:.0f}"
        return f"{self.mean:.1f} ± {self.half:.1f}"


def count(probabilities: Iterable[float]) -> Count:
    """Count calls by their probabilities.

    For sums from SQL, build a `Count` of sum(p), sum(p * (1 - p)) and count(*) instead.
    """
    ps = list(probabilities)
    return Count(sum(ps), sum(p * (1 - p) for p in ps), float(len(ps)))
