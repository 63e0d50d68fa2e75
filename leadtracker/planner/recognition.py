"""How often the matching would recognize the callers of a made-up pool, by its rates (pure)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, Protocol

from leadtracker.domain import level_after
from leadtracker.matching.page_state import AGE_EDGES, DWELL_EDGES, DWELLS, HOUR
from leadtracker.planner.delay_curve import DelayCurve
from leadtracker.planner.model_pool import WEEK_HOURS, ModelPool, Turn, Week

CERTAIN = 0.8
KEPT = 64  # how many holders of a number are weighed
# Share of calls from an open page that got no number, because none ever came into view.
UNSEEN = 0.01
WARM = 4  # the first quarter of the pool's history only supplies past holders
# Turns old enough for a late caller. With fewer, their numbers have had too many holders since.
LEAST_TURNS = 20


class Rates(Protocol):
    """The learned rates that the model needs, in calls per second."""

    @property
    def open(self) -> Sequence[Sequence[float]]: ...  # by state of the page and level
    @property
    def closed(self) -> Sequence[Sequence[float]]: ...  # by age bin and level, per clock second
    @property
    def source(self) -> Mapping[str, float]: ...  # factor by source
    @property
    def region_trust(self) -> float: ...
    @property
    def region_share(self) -> Mapping[str, float]: ...


@dataclass(slots=True)
class Verdicts:
    """Shares (0 to 1) of visitors' calls. Calls neither right nor wrong are given to nobody."""

    right: float = 0.0
    wrong: float = 0.0
    certain: float = 0.0  # right at 0.8 or more
    certain_wrong: float = 0.0  # wrong at 0.8 or more
    campaign: float = 0.0  # right campaign

    def add(self, other: Verdicts, weight: float) -> None:
        self.right += weight * other.right
        self.wrong += weight * other.wrong
        self.certain += weight * other.certain
        self.certain_wrong += weight * other.certain_wrong
        self.campaign += weight * other.campaign


class Moment(NamedTuple):
    """The moment of a call."""

    t: float  # seconds since a Monday midnight
    clock: float  # the same on the calling clock
    activity: float  # of the calling clock; 1 on average


@dataclass(slots=True)
class Rival:
    weight: float
    region: str
    source: str


class Recognition:
    """Draws callers of a made-up pool. For each, it asks whom the matching would name."""

    def __init__(
        self,
        pool: ModelPool,
        rates: Rates,
        activity: Sequence[float],
        stray: float,
        region_told: float,
        random: Random,
    ) -> None:
        """Prepare for draws.

        `activity` tells how busy callers are in each hour of the week, 1 on average. `stray` is the
        rate of strays per number and calling-clock second. `region_told` is the share of calls
        whose phone and whose visitor both tell a region.
        """
        self.pool, self.rates, self.activity, self.stray = pool, rates, activity, stray
        self.told, self.random = region_told, random
        self.clock = Week([HOUR * a for a in activity])
        self.starts = [[turn.start for turn in past] for past in pool.past]
        self.seen = {id(turn): self.clock.until(turn.seen) for _, _, turn in pool.turns}
        self.warm = pool.turns[len(pool.turns) // WARM :]
        self.end = 0.0
        if pool.turns:
            self.end = self.clock.until(pool.turns[-1][0])
        levels = len(rates.closed[0])
        # by level, in order of leaving
        self.left: list[list[tuple[float, int, Turn]]] = [[] for _ in range(levels)]
        for _, did, turn in self.warm:
            self.left[turn.level].append((self.seen[id(turn)], did, turn))
        for turns in self.left:
            turns.sort(key=lambda entry: entry[0])
        self.most = max(rates.source.values(), default=1.0)

    def first_calls(self, curve: DelayCurve, draws: int) -> Verdicts:
        """The verdicts on all first calls of the curve, from about `draws` drawn ones."""
        sure = Verdicts(right=1.0, certain=1.0, campaign=1.0)
        result = Verdicts()
        result.add(sure, curve.tapped)
        for weight, verdicts in (self._open(curve, draws // 4), *self._closed(curve, draws)):
            result.add(verdicts, weight)
        return result

    def _open(self, curve: DelayCurve, draws: int) -> tuple[float, Verdicts]:
        states = [
            (state, level) for state, row in enumerate(curve.open) for level in range(len(row))
        ]
        weights = [curve.open[state][level] for state, level in states]
        result = Verdicts()
        edges = (0.0, *DWELL_EDGES, 4 * DWELL_EDGES[-1])
        for state, level in self.random.choices(states, weights, k=draws):
            begin, did, turn = self.random.choice(self.warm)
            dwell = state % DWELLS
            now = self._moment(begin + self.random.uniform(edges[dwell], edges[dwell + 1]))
            result.add(
                self._judge(did, turn, self.rates.open[state][level], now, before=begin),
                (1 - UNSEEN) / draws,
            )
        return sum(weights), result

    def _closed(self, curve: DelayCurve, draws: int) -> list[tuple[float, Verdicts]]:
        by_level = [sum(column) for column in zip(*curve.closed, strict=True)]
        total = sum(by_level)
        results: list[tuple[float, Verdicts]] = []
        young, campaign = 0.0, 1.0
        for bin_, old in enumerate(AGE_EDGES):
            share = sum(curve.closed[bin_])
            lost = Verdicts(wrong=1.0, campaign=campaign)
            result = Verdicts()
            tries = max(30, int(draws * share / total))
            for level in self.random.choices(range(len(by_level)), by_level, k=tries):
                age = self.random.uniform(young, old)
                result.add(self._late(bin_, level, age) or lost, 1 / tries)
            results.append((share, result))
            campaign = result.campaign
            young = old
        return results

    def _late(self, bin_: int, level: int, age: float) -> Verdicts | None:
        turns = self.left[level]
        enough = bisect_left(turns, self.end - age, key=lambda entry: entry[0])
        if enough < LEAST_TURNS:
            return None
        while True:  # a source whose visitors call more often is drawn more often
            seen, did, turn = turns[self.random.randrange(enough)]
            factor = self.rates.source.get(turn.source, 1.0)
            if self.random.random() * self.most <= factor:
                break
        now = self._moment(self.clock.when(seen + age))
        return self._judge(did, turn, self.rates.closed[bin_][level] * now.activity * factor, now)

    def _moment(self, t: float) -> Moment:
        return Moment(t, self.clock.until(t), self.activity[int(t // HOUR) % WEEK_HOURS])

    def _judge(
        self, did: int, turn: Turn, own: float, now: Moment, before: float | None = None
    ) -> Verdicts:
        """The verdicts on a caller who held `did` in `turn` and whose weight is `own` at `now`.

        The rivals held the number before `now`. Where the caller's page is open, they held it
        before `before`.
        """
        last = bisect_right(self.starts[did], now.t)
        if before is not None:
            last = bisect_left(self.starts[did], before)
        rivals = []
        for other in self.pool.past[did][max(0, last - KEPT) : last]:
            if other is turn:
                continue
            weight = self._weight(other, now)
            if other.visitor == turn.visitor:
                own += weight
            else:
                rivals.append(Rival(weight, other.region, other.source))
        return verdicts(
            own, turn.region, turn.source, rivals, self.stray * now.activity, self.told, self.rates
        )

    def _weight(self, turn: Turn, now: Moment) -> float:
        factor = self.rates.source.get(turn.source, 1.0)
        if turn.seen > now.t:
            spent = now.t - turn.start
            level = min(turn.level, level_after(spent))
            state = bisect_right(DWELL_EDGES, spent)
            if not turn.mobile:
                state += DWELLS
            return self.rates.open[state][level] * factor
        bin_ = bisect_right(AGE_EDGES, now.clock - self.seen[id(turn)])
        if bin_ >= len(AGE_EDGES):
            return 0.0
        return self.rates.closed[bin_][turn.level] * factor * now.activity


def verdicts(
    own: float,
    region: str,
    source: str,
    rivals: Sequence[Rival],
    nobody: float,
    told: float,
    rates: Rates,
) -> Verdicts:
    """What the matching would say, averaged over the regions that the caller's phone may tell.

    The weights are those of the matching.
    """
    best: dict[str, float] = {region: 0.0}  # by region
    whole: dict[str, float] = {region: 0.0}
    # by region and source; they include the caller
    sources: dict[str, dict[str, float]] = {region: {source: own}}
    for rival in rivals:
        best[rival.region] = max(best.get(rival.region, 0.0), rival.weight)
        whole[rival.region] = whole.get(rival.region, 0.0) + rival.weight
        here = sources.setdefault(rival.region, {})
        here[rival.source] = here.get(rival.source, 0.0) + rival.weight
    trust = rates.region_trust
    result = Verdicts()
    left = 1.0
    for phones, share in rates.region_share.items():
        chance = (1 - trust) * share
        if phones == region:
            chance += trust
        if phones not in best or chance <= 0:
            continue
        left -= chance
        agrees, differs = (trust + (1 - trust) * share) / share, 1 - trust
        factors = dict.fromkeys(best, differs) | {phones: agrees}
        result.add(
            _verdict(own, source, region, best, whole, sources, nobody, factors), told * chance
        )
    differs_all = dict.fromkeys(best, 1 - trust)
    result.add(
        _verdict(own, source, region, best, whole, sources, nobody, differs_all),
        told * max(0.0, left),
    )
    says_nothing = dict.fromkeys(best, 1.0)
    result.add(_verdict(own, source, region, best, whole, sources, nobody, says_nothing), 1 - told)
    return result


def _verdict(
    own: float,
    source: str,
    region: str,
    best: Mapping[str, float],
    whole: Mapping[str, float],
    sources: Mapping[str, Mapping[str, float]],
    nobody: float,
    factors: Mapping[str, float],
) -> Verdicts:
    mine = own * factors[region]
    other = max(best[name] * factor for name, factor in factors.items())
    total = mine + nobody + sum(whole[name] * factor for name, factor in factors.items())
    booked: dict[str, float] = {}
    for name, factor in factors.items():
        for campaign, weight in sources[name].items():
            booked[campaign] = booked.get(campaign, 0.0) + weight * factor
    likeliest, weight = max(booked.items(), key=lambda item: item[1])
    winner = max(mine, other)
    named, certain = winner >= nobody, winner >= max(nobody, CERTAIN * total)
    right = mine >= other
    return Verdicts(
        right=float(named and right),
        wrong=float(named and not right),
        certain=float(certain and right),
        certain_wrong=float(certain and not right),
        campaign=float(likeliest == source and weight >= nobody),
    )
