"""How long after a visit people call: a site's own curve, the typical one or a blend (pure)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from leadtracker.matching.page_state import AGE_EDGES

LATE = 5  # the first of the late age bins; it begins at one hour

# Shares of first calls, as the engine counts them in worlds with typical delays (the benchmark's
# mix `typ`).
TYPICAL_TAPPED = 0.307
TYPICAL_OPEN = (  # by state of the page
    0.0216,
    0.0322,
    0.0149,
    0.0011,
    0.0808,
    0.1014,
    0.0475,
    0.0055,
)
TYPICAL_OPEN_LEVELS = (0.07, 0.39, 0.54, 0.0)
TYPICAL_CLOSED = (  # by age
    0.0082,
    0.0267,
    0.0451,
    0.0321,
    0.0258,
    0.0165,
    0.0328,
    0.0546,
    0.0480,
    0.0176,
    0.0180,
    0.0200,
    0.0177,
    0.0131,
    0.0099,
    0.0017,
)
TYPICAL_CLOSED_LEVELS = (0.01, 0.36, 0.63, 0.0)
# The weight of the typical curve, in calls. A larger weight would hide how sites differ.
TYPICAL_WEIGHT = 10.0
# The calls that a site needs for a blended curve, and for a curve of its own.
FIRST_OWN, OWN = 10.0, 200.0

# Repeats from a hidden phone or one not seen before, for each repeat from a known phone.
SECOND_PHONE = 0.12
STRAYS = 0.05  # share of calls from unknown phones that no visit caused
LEAK = 0.5  # early calls counted as late, for each call that was no first call at all


@dataclass(frozen=True)
class FirstCalls:
    """Soft counts of calls: the probabilities that the verdicts stated, summed over a period.

    Soft counts include late calls in full. Certain matches do not: nearly all of them are early.
    """

    tapped: float  # the visitor tapped the link at most 60 s before
    open: Sequence[Sequence[float]]  # page open, by state and level
    closed: Sequence[Sequence[float]]  # page closed, by age bin and level
    known_phone: float = 0.0  # calls from a phone that called before; the sums above omit them
    new_phone: float = 0.0  # all other calls, no matter who made them
    strays: float = 0.0  # of `new_phone`: probability that no visit caused the call
    second_phone: float = 0.0  # of `new_phone`: probability that an earlier caller calls again

    @property
    def early(self) -> float:
        return self.tapped + sum(map(sum, self.open)) + sum(map(sum, self.closed[:LATE]))

    @property
    def late(self) -> float:
        return sum(map(sum, self.closed[LATE:]))

    @property
    def total(self) -> float:
        return self.early + self.late

    @property
    def excess(self) -> float:
        """Strays and repeats that the verdicts missed: they look like late first calls."""
        repeats = max(0.0, SECOND_PHONE * self.known_phone - self.second_phone)
        return repeats + max(0.0, STRAYS * self.new_phone - self.strays)


@dataclass(frozen=True)
class DelayCurve:
    """The shares of first calls by what the caller's page was doing. All shares sum to 1.

    `name` says whose curve it is: "typical" (shipped), "blended" or "own". `calls` says how many
    of the site's calls are in it.
    """

    name: str
    calls: float
    tapped: float
    open: Sequence[Sequence[float]]
    closed: Sequence[Sequence[float]]

    def still_to_come(self, seconds: float) -> float:
        """The share of first calls that come more than `seconds` after the page was last visible.

        The seconds run on the calling clock.
        """
        bin_ = bisect_right(AGE_EDGES, seconds)
        if bin_ >= len(AGE_EDGES):
            return 0.0
        begin = (0.0, *AGE_EDGES)[bin_]
        passed = (seconds - begin) / (AGE_EDGES[bin_] - begin)
        return sum(map(sum, self.closed[bin_ + 1 :])) + sum(self.closed[bin_]) * (1 - passed)


def delay_curve(calls: FirstCalls) -> DelayCurve:
    """The typical curve, moved toward the site's own as far as its calls allow."""
    early, late = 1.0, 1.0
    if calls.late and calls.early:
        late = max(0.5, 1 - (1 + LEAK) * calls.excess / calls.late)
        early = 1 + LEAK * calls.excess / calls.early
    w = TYPICAL_WEIGHT
    tapped = early * calls.tapped + w * TYPICAL_TAPPED
    opened = _sum(calls.open, [early] * len(TYPICAL_OPEN), TYPICAL_OPEN, TYPICAL_OPEN_LEVELS)
    factors = [early] * LATE + [late] * (len(TYPICAL_CLOSED) - LATE)
    closed = _sum(calls.closed, factors, TYPICAL_CLOSED, TYPICAL_CLOSED_LEVELS)
    total = tapped + sum(map(sum, opened)) + sum(map(sum, closed))
    n = calls.total
    return DelayCurve(
        _made_of(n),
        n,
        tapped / total,
        [[x / total for x in row] for row in opened],
        [[x / total for x in row] for row in closed],
    )


def _made_of(calls: float) -> str:
    """The name of a curve made from so many calls of the site."""
    if calls >= OWN:
        return "own"
    if calls >= FIRST_OWN:
        return "blended"
    return "typical"


def _sum(
    calls: Sequence[Sequence[float]],
    factors: Sequence[float],
    typical: Sequence[float],
    levels: Sequence[float],
) -> list[list[float]]:
    return [
        [factor * n + TYPICAL_WEIGHT * share * level for n, level in zip(row, levels, strict=True)]
        for row, factor, share in zip(calls, factors, typical, strict=True)
    ]
