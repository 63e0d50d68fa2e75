"""Stated against true: recalibration on a site's own truths, and the figures of its chart.

A truth is what `confirmation.truth` returns for a call: the probability stated for the winner, and
whether the winner was right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log, sqrt

from leadtracker.matching.posterior import Posterior

Truth = tuple[float, bool]

ENOUGH = 300  # truths that a site needs before it is recalibrated
RIDGE = 4.0  # weight of the pull to "as stated", in truths
FARTHEST = 7.0  # logit; a surer statement counts like this one
STEPS = 25  # of Newton's method, at most
BINS = 10
FEW = 20  # with fewer calls, a bin tells nothing
WITHIN = 1.96  # standard deviations of a 95 % interval


def logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return log(p / (1 - p))


@dataclass(frozen=True, slots=True)
class Calibration:
    """logit(true) = shift + slope x logit(stated). A slope above 0 keeps the order of calls."""

    shift: float = 0.0
    slope: float = 1.0

    def __call__(self, p: float) -> float:
        if self == Calibration():
            return p
        return 1 / (1 + exp(-(self.shift + self.slope * logit(p))))


def fit(truths: Sequence[Truth]) -> Calibration:
    """Fit a calibration to truths whose probabilities were stated before any recalibration.

    Until there are ENOUGH truths, everything stays as stated.
    """
    if len(truths) < ENOUGH:
        return Calibration()
    a, b = 0.0, 1.0
    points = [(max(-FARTHEST, min(FARTHEST, logit(p))), right) for p, right in truths]
    likelihood = _likelihood(points, a, b)
    for _ in range(STEPS):
        ga, gb, haa, hab, hbb = -RIDGE * a, -RIDGE * (b - 1), RIDGE, 0.0, RIDGE
        for x, right in points:
            q = 1 / (1 + exp(-(a + b * x)))
            ga, gb = ga + right - q, gb + (right - q) * x
            w = q * (1 - q)
            haa, hab, hbb = haa + w, hab + w * x, hbb + w * x * x
        det = haa * hbb - hab * hab
        step = (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
        part = 1.0
        while (
            part > 1e-3 and _likelihood(points, a + part * step[0], b + part * step[1]) < likelihood
        ):
            part /= 2  # far from the optimum, a whole step overshoots
        a, b = a + part * step[0], b + part * step[1]
        before, likelihood = likelihood, _likelihood(points, a, b)
        if likelihood - before < 1e-9:
            break
    return Calibration(a, max(0.05, b))


def _likelihood(points: Sequence[Truth], a: float, b: float) -> float:
    """The log likelihood minus the ridge penalty. Points are (logit, right)."""
    of_points = sum((a + b * x) * right - _softplus(a + b * x) for x, right in points)
    return of_points - RIDGE / 2 * (a * a + (b - 1) ** 2)


def _softplus(x: float) -> float:
    return max(x, 0.0) + log(1 + exp(-abs(x)))


def recalibrated(posterior: Posterior, calibration: Calibration) -> Posterior:
    """Recalibrate the winner: the likeliest candidate, or nobody.

    The others share the rest and keep their order. Use the result for display and for counts.
    Make lessons, memories, confirmations and truths from the posterior as matched.
    """
    nobody_wins = posterior.nobody > posterior.best
    stated = max(posterior.nobody, posterior.best)
    if nobody_wins:
        rest = [each.p for each in posterior.candidates]
    else:
        rest = [*(each.p for each in posterior.candidates[1:]), posterior.nobody]
    new = calibration(stated)
    if new == stated or not 0 < stated < 1:
        return posterior
    lower = (1 - new) / (1 - stated)  # factor for all others
    if max(*rest, posterior.other) * lower > new:  # the winner must stay the winner
        return posterior
    nobody = posterior.nobody * lower
    factors = [lower] * len(posterior.candidates)
    if nobody_wins:
        nobody = new
    else:
        factors[0] = new / stated
    candidates = tuple(
        replace(
            each, p=each.p * factor, sources={name: p * factor for name, p in each.sources.items()}
        )
        for each, factor in zip(posterior.candidates, factors, strict=True)
    )
    sources = dict(posterior.sources)
    for name in sources:
        of_candidates = sum(each.sources.get(name, 0.0) for each in posterior.candidates)
        sources[name] = max(0.0, sources[name] - of_candidates) * lower
        sources[name] += sum(each.sources.get(name, 0.0) for each in candidates)
    return replace(
        posterior,
        candidates=candidates,
        nobody=nobody,
        other=posterior.other * lower,
        sources=sources,
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of the chart. `low` to `high` is the 95 % interval (Wilson) of the true share."""

    begin: float
    end: float
    count: int
    stated: float  # mean; without calls, this and `true` are 0
    true: float
    low: float
    high: float

    @property
    def too_few(self) -> bool:
        """Whether the bin has too few calls to tell anything."""
        return self.count < FEW


def picture(truths: Sequence[Truth]) -> list[Bin]:
    """Stated against true probabilities, in ten bins of the stated one."""
    members: list[list[Truth]] = [[] for _ in range(BINS)]
    for truth in truths:
        members[min(int(truth[0] * BINS), BINS - 1)].append(truth)
    result = []
    for i, calls in enumerate(members):
        n, right = len(calls), sum(1 for _, was_right in calls if was_right)
        stated = sum(p for p, _ in calls) / (n or 1)
        true = right / (n or 1)
        result.append(Bin(i / BINS, (i + 1) / BINS, n, stated, true, *wilson(right, n)))
    return result


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, or (0, 1) without calls."""
    if not count:
        return 0.0, 1.0
    z2 = WITHIN * WITHIN
    middle = (right + z2 / 2) / (count + z2)
    half = WITHIN / (count + z2) * sqrt(right * (count - right) / count + z2 / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def expected_error(truths: Sequence[Truth]) -> float:
    """The mean gap between stated and true, weighted by calls (ECE); 0 without truths."""
    if not truths:
        return 0.0
    return sum(each.count * abs(each.stated - each.true) for each in picture(truths)) / len(truths)
