"""How often visitors call in each state of their page: a site's sums and the prior, as rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from leadtracker.matching import prior
from leadtracker.matching.counts import Counts, Sums, Table, bins, leases_by_source, table
from leadtracker.matching.page_state import AGES, DAY, LEVELS, OPENS, TAPS

STEPS = 30  # at most, to fit rate and level to each other; a handful is enough
SETTLED = 1e-3  # the fit ends when no level changes by a larger part of itself


@dataclass(frozen=True, slots=True)
class View:
    """The rates that a match uses: plain numbers. The same sums always give the same rates."""

    tap: tuple[float, ...]  # calls per second by tap bin
    open: Table  # calls per second of an open page: [open state][level]
    closed: Table  # the same of a closed one, in an hour of activity 1: [age bin][level]
    source: dict[str, float]  # factor of a source's visitors
    stray: float  # calls per number and clock second that no visit caused
    default_strangers: float  # calls per second by unknown people on the default number
    unseen: float  # share of these people who are visitors of pages without a number
    region_trust: float  # how often a caller's region is their visit's, beyond chance
    region_share: dict[str, float]  # of the visits
    topic_trust: float
    topic_share: dict[str, float]


def fit(counts: Counts) -> View:
    """Turn a site's sums into rates."""
    opened, open_seconds = table(counts.open_calls, OPENS), table(counts.open_seconds, OPENS)
    closed, closed_seconds = table(counts.closed_calls, AGES), table(counts.closed_seconds, AGES)
    expected = _expected(prior.OPEN, prior.OPEN_LEVEL, open_seconds)
    expected += _expected(prior.CLOSED, prior.CLOSED_LEVEL, closed_seconds)
    seen = sum(map(sum, opened)) + sum(map(sum, closed))
    scale = (prior.SCALE_CALLS + seen) / (prior.SCALE_CALLS + expected)

    rate, level = _product(opened, open_seconds, [scale * p for p in prior.OPEN], prior.OPEN_LEVEL)
    open_rates = _cells(opened, open_seconds, rate, level)
    rate, level = _product(
        closed,
        closed_seconds,
        [scale * p for p in prior.CLOSED],
        prior.CLOSED_LEVEL,
        chained=prior.CHAINED,
    )
    level = never_falling(level, [1.0] * LEVELS)
    weights = [
        prior.RATE_CALLS / r + _worth(level, seconds)
        for r, seconds in zip(rate, closed_seconds, strict=True)
    ]
    # An older page is never likelier than a younger one.
    rate = never_falling(rate[::-1], weights[::-1])[::-1]
    stray, pool_rate = _strays(counts, scale)
    return View(
        tap=_taps(counts, max(*map(max, open_rates), prior.MOST_ACTIVITY * rate[0] * level[-1])),
        open=open_rates,
        closed=[[r * m for m in level] for r in rate],
        source=_sources(counts, level),
        stray=max(stray, prior.LEAST_STRAY) * pool_rate,
        default_strangers=(1 + counts.total("default_strangers") + counts.total("default_unseen"))
        / max(counts.total("default_seconds"), DAY),
        unseen=_unseen(counts),
        region_trust=_trust(counts, "region"),
        region_share=_shares(counts.regions),
        topic_trust=_trust(counts, "topic"),
        topic_share=_shares(counts.topics),
    )


def _worth(level: Sequence[float], amounts: Sequence[float]) -> float:
    total: float = sum(map(mul, level, amounts))
    return total


def _expected(rates: Sequence[float], level: Sequence[float], seconds: Table) -> float:
    """The calls that these rates would have brought."""
    return sum(rate * _worth(level, row) for rate, row in zip(rates, seconds, strict=True))


def _product(
    calls: Table,
    seconds: Table,
    prior_rate: Sequence[float],
    prior_level: Sequence[float],
    chained: int = AGES,
) -> tuple[list[float], list[float]]:
    """The rates and levels whose product best fits the counts, each pulled to its prior.

    Each rate past `chained` is pulled to its neighbor's rate times the prior's slope.
    """
    level = list(prior_level)
    by_row = [sum(row) for row in calls]
    by_level = [sum(column) for column in zip(*calls, strict=True)]
    columns = list(zip(*seconds, strict=True))
    for _ in range(STEPS):
        rate: list[float] = []
        for i, (own, row, shipped) in enumerate(zip(by_row, seconds, prior_rate, strict=True)):
            weight, pull = prior.RATE_CALLS, shipped
            if i > chained:
                weight, pull = prior.TAIL_CALLS, shipped * rate[-1] / prior_rate[i - 1]
            rate.append((weight + own) / (weight / pull + _worth(level, row)))
        last, level = level, []
        for own, column, shipped in zip(by_level, columns, prior_level, strict=True):
            weight = prior.LEVEL_CALLS * min(1.0, shipped)
            level.append((weight + own) / (weight / shipped + _worth(rate, column)))
        if all(abs(a - b) <= SETTLED * b for a, b in zip(level, last, strict=True)):
            break
    return rate, level


def _cells(calls: Table, seconds: Table, rate: Sequence[float], level: Sequence[float]) -> Table:
    """Rate x level, with each cell moved toward its own counts as far as they allow."""
    result = []
    for own, row, r in zip(calls, seconds, rate, strict=True):
        weight = [prior.CELL_CALLS / (r * m) + s for m, s in zip(level, row, strict=True)]
        result.append(
            never_falling(
                [(prior.CELL_CALLS + n) / w for n, w in zip(own, weight, strict=True)], weight
            )
        )
    return result


def never_falling(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest row of values that never falls (pool adjacent violators).

    It keeps more engagement from counting against a visitor.
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, v, i), (b, w, j) = blocks[-2:]
            blocks[-2:] = [((a * v + b * w) / (v + w), v + w, i + j)]
    return [value for value, _, number in blocks for _ in range(number)]


def _taps(counts: Counts, most: float) -> tuple[float, ...]:
    """Rates by tap bin. A tap never counts less than its page (`most`) or than an older tap."""
    calls, seconds = bins(counts.tap_calls, TAPS), bins(counts.tap_seconds, TAPS)
    rates = [
        (prior.RATE_CALLS + n) / (prior.RATE_CALLS / p + s)
        for n, s, p in zip(calls, seconds, prior.TAP, strict=True)
    ]
    return tuple(max(*rates[i:], most) for i in range(TAPS))


def _sources(counts: Counts, level: Sequence[float]) -> dict[str, float]:
    """Each source's calls, against what leases of the same levels bring on average."""
    worth = {
        source: _worth(level, leases)
        for source, leases in leases_by_source(counts.source_leases).items()
    }
    calls = {source: max(0.0, n) for source, n in counts.source_calls.items()}
    all_calls, all_worth = sum(calls.values()), sum(worth.values())
    per_worth = 1.0
    if all_worth and all_calls:
        per_worth = all_calls / all_worth
    k = prior.SOURCE_CALLS
    return {
        source: (k + calls.get(source, 0.0)) / (k + w * per_worth) for source, w in worth.items()
    }


def _strays(counts: Counts, scale: float) -> tuple[float, float]:
    """The share of first calls that are strays, and first calls per number and clock second."""
    first, k = counts.total("first_calls"), prior.POOL_CALLS
    pool_rate = (first + k) / (counts.total("number_seconds") + k / (scale * prior.POOL_RATE))
    weight = k + prior.STRAY_SHARE * first
    return (weight * prior.STRAY + counts.total("stray_calls")) / (weight + first), pool_rate


def _unseen(counts: Counts) -> float:
    """The share of the default number's strangers who are visitors without a number.

    Such visitors tap before a call as often as others do. Those who do not tap are unseen.
    """
    of_visits = max(0.0, counts.total("first_calls") - counts.total("stray_calls"))
    k = prior.TAPPED_CALLS
    tapped = min(1.0, (prior.TAPPED * k + sum(bins(counts.tap_calls, TAPS))) / (k + of_visits))
    hidden = (1 + counts.total("default_tapped")) * (1 - tapped) / tapped
    return min(
        prior.MOST_UNSEEN,
        hidden / (hidden + prior.UNSEEN_CALLS + counts.total("default_strangers")),
    )


def _trust(counts: Counts, what: str) -> float:
    k, told = prior.AGREE_CALLS, counts.total(f"{what}_told")
    return (prior.AGREE * k + min(told, counts.total(f"{what}_agree"))) / (k + told)


def _shares(leases: Sums) -> dict[str, float]:
    numbers = {key: max(0.0, number) for key, number in leases.items()}
    total = sum(numbers.values()) + len(numbers)
    return {key: (number + 1) / total for key, number in numbers.items()}
