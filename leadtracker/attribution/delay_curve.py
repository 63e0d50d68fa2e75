"""How long after a visit the callers call, from the calls whose visit is certain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leadtracker.attribution.evidence import Evidence
from leadtracker.attribution.page_state import AGE_EDGES, DAY, HOUR, MINUTE
from leadtracker.attribution.posterior import CERTAIN, Posterior

EDGES = (0.0, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR,
         DAY, 2 * DAY, 4 * DAY, 7 * DAY, 16 * DAY, 32 * DAY, AGE_EDGES[-1])  # fmt: skip  # s since last visible


@dataclass(frozen=True, slots=True)
class Step:
    """Calls at most `until` seconds after their page was last visible and later than the step before."""

    until: float  # 0: while the page was open; infinity: later than all
    calls: float  # sum of the weights given
    share: float
    share_so_far: float


def delays(evidence: Evidence, posterior: Posterior, least: float = CERTAIN) -> list[tuple[float, float]]:
    """(seconds since last visible, probability) of each visit that made this call its first, from `least` on.

    Certain calls are mostly early ones, so their curve falls too fast; with `least` 0 every visit enters with its
    probability, which is right on average but leans on the learned rates.
    """
    return [
        (holder.ago, share)
        for holder, share in zip(evidence.holders, posterior.first_calls, strict=True)
        if share >= max(least, 1e-3)
    ]


def delay_curve(delays: Iterable[tuple[float, float]]) -> list[Step]:
    """The shares by delay; no steps without calls."""
    edges = (*EDGES, float("inf"))
    calls = [0.0] * len(edges)
    for seconds, weight in delays:
        calls[next(i for i, edge in enumerate(edges) if seconds <= edge)] += weight
    total, so_far, steps = sum(calls), 0.0, []
    for edge, number in zip(edges, calls, strict=True):
        so_far += number
        if total:
            steps.append(Step(edge, number, number / total, so_far / total))
    return steps
