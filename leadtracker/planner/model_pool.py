"""A made-up pool: visits drawn from a site's traffic get numbers by the pool's rule (pure)."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from random import Random

HOUR = 3600.0
WEEK_HOURS = 168
# These constants repeat the pool's rule. The original is in Lua (live/choose.lua, idle.lua,
# acquire.lua), and Python cannot import it.

# How many seconds a number stays taken after its page; GRACE_SHORT holds while few are idle.
GRACE, GRACE_SHORT = 120.0, 30.0
FEW_IDLE = 0.10  # share of the pool that counts as few (acquire.lua)
LOOK = 6  # how many idle numbers are compared (choose.lua)
# How many times longer the pool's longest-idle number may have been idle than the source's or the
# group's (`x` and X_GROUP in choose.lua).
PURE, PURE_QUIET, PURE_GROUP = 100.0, 10.0, 10.0
# A pool is quiet when two leases of a number are further apart than this, on average
# (live/source_groups.py).
QUIET_GAP = 6 * HOUR
SEPARATE = 4.0  # how many numbers a source needs to count by itself (live/source_groups.py)
HEAT_FADES = 3 * HOUR  # s in which a past holder's claim on a number falls by e (idle.lua)
DIFFER = 0.3  # factor of that claim against a visitor of another region (choose.lua)
# The claim of a holder who bounced, browsed, was engaged or saved the number (idle.lua).
CLAIM = (0.15, 1.0, 4.5, 12.0)
# The time between two visits of one visitor, spread evenly on a logarithmic scale.
SOONEST_RETURN, LATEST_RETURN = HOUR, 240 * HOUR


class Week:
    """A quantity that flows at a given rate in each hour of the week, week after week.

    Hour 0 begins on Monday at midnight.
    """

    def __init__(self, per_hour: Sequence[float]) -> None:
        self.sums = [0.0, *accumulate(per_hour)]
        self.rates = per_hour

    def until(self, t: float) -> float:
        """How much has flowed by `t`, in seconds since a Monday midnight."""
        weeks, hours = divmod(t / HOUR, WEEK_HOURS)
        i = min(int(hours), WEEK_HOURS - 1)
        return weeks * self.sums[-1] + self.sums[i] + (hours - i) * self.rates[i]

    def when(self, flowed: float) -> float:
        """The moment by which this amount has flowed."""
        weeks, rest = divmod(flowed, self.sums[-1])
        i = min(bisect_right(self.sums, rest), WEEK_HOURS) - 1
        return (weeks * WEEK_HOURS + i + (rest - self.sums[i]) / (self.rates[i] or 1.0)) * HOUR


@dataclass(frozen=True)
class Traffic:
    """A site's visits, as its lease log shows them."""

    arrivals: Sequence[float]  # requests for a number, by hour of the week from Monday midnight
    hold: float  # mean seconds from a lease to the moment its page was last visible
    # shares of leases that ended bounced, browsing, engaged and with the number saved
    levels: Sequence[float]
    sources: Mapping[str, float]  # share of leases by traffic source
    # share of leases by region; empty when no region is known
    regions: Mapping[str, float] = field(default_factory=dict)
    returns: float = 0.0  # share of leases whose visitor had held a number before
    mobile: float = 0.6  # share of leases on phones


@dataclass(slots=True)
class Turn:
    """One lease of the made-up pool. Its times are seconds since a Monday midnight."""

    visitor: int
    source: str
    region: str
    level: int
    mobile: bool
    start: float
    seen: float


def groups(shares: Mapping[str, float], numbers: float) -> dict[str, str]:
    """Map each source to its group.

    A source whose share is fewer than 4 numbers joins others. Each such group has 4 or more.
    """
    small = sorted(
        (s for s in shares if shares[s] * numbers < SEPARATE), key=lambda s: (-shares[s], s)
    )
    result = {source: source for source in shares}
    filled, left, index = 0.0, sum(shares[s] for s in small) * numbers, 1
    for source in small:
        result[source] = f"shared {index}"
        filled, left = filled + shares[source] * numbers, left - shares[source] * numbers
        if filled >= SEPARATE and left >= SEPARATE:
            filled, index = 0.0, index + 1
    return result


class Heat:
    """The faded claims of past holders on a number, in total and by region."""

    def __init__(self) -> None:
        self.claims: dict[str, tuple[float, float]] = {}

    def now(self, name: str, t: float) -> float:
        claim, at = self.claims.get(name, (0.0, t))
        if not claim:
            return 0.0
        return claim * math.exp((at - t) / HEAT_FADES)

    def add(self, turn: Turn) -> None:
        for name in ("", turn.region):
            self.claims[name] = (self.now(name, turn.seen) + CLAIM[turn.level], turn.seen)

    def confusion(self, region: str, t: float) -> float:
        return DIFFER * self.now("", t) + (1 - DIFFER) * self.now(region, t)


class ModelPool:
    """A pool that `play` fills: then `past` has the turns of each number, the oldest first."""

    def __init__(self, traffic: Traffic, numbers: int, random: Random, scale: float = 1.0) -> None:
        """`scale` is the share of the traffic that this pool gets."""
        self.traffic, self.random, self.scale = traffic, random, scale
        self.past: list[list[Turn]] = [[] for _ in range(numbers)]
        self.turns: list[tuple[float, int, Turn]] = []  # start, number
        self.refused = 0
        self._heat = [Heat() for _ in range(numbers)]
        self._group = groups(traffic.sources, numbers)
        # in order of last seen
        self._idle: dict[str, dict[int, float]] = {"": dict.fromkeys(range(numbers), -1e9)}
        self._keys: list[tuple[str, str]] = [("", "")] * numbers
        self._hard: list[tuple[float, int]] = []  # last seen, number
        self._latest: dict[int, int] = {}  # visitor -> number
        per_second = scale * sum(traffic.arrivals) / WEEK_HOURS / HOUR
        quiet = per_second * QUIET_GAP < numbers
        self._pure = PURE
        if quiet:
            self._pure = PURE_QUIET

    def play(self, leases: int) -> None:
        r, traffic = self.random, self.traffic
        week = Week([self.scale * n for n in traffic.arrivals])
        sources, source_weights = list(traffic.sources), list(traffic.sources.values())
        regions, region_weights = (
            list(traffic.regions) or ["?"],
            list(traffic.regions.values()) or [1.0],
        )
        flowed = 0.0
        drawn = zip(
            r.choices(sources, source_weights, k=leases),
            r.choices(regions, region_weights, k=leases),
            r.choices(range(len(traffic.levels)), traffic.levels, k=leases),
            strict=True,
        )
        for visitor, (source, region, level) in enumerate(drawn):
            flowed += r.expovariate(1.0)
            t = week.when(flowed)
            turn = Turn(
                visitor,
                source,
                region,
                level,
                r.random() < traffic.mobile,
                t,
                t + r.expovariate(1 / traffic.hold),
            )
            if r.random() < traffic.returns and (before := self._earlier(t)):
                turn.visitor, turn.source, turn.region, turn.mobile = (
                    before.visitor,
                    before.source,
                    before.region,
                    before.mobile,
                )
            self._hand_out(turn)

    def _earlier(self, t: float) -> Turn | None:
        """An earlier turn, whose visitor now comes back."""
        ago = SOONEST_RETURN * (LATEST_RETURN / SOONEST_RETURN) ** self.random.random()
        i = bisect_right(self.turns, t - ago, key=lambda entry: entry[0])
        if not i:
            return None
        return self.turns[i - 1][2]

    def _hand_out(self, turn: Turn) -> None:
        t = turn.start
        few = len(self._idle[""]) < FEW_IDLE * len(self.past)
        grace = GRACE_SHORT if few else GRACE
        while self._hard and self._hard[0][0] + grace <= t:
            seen, did = heapq.heappop(self._hard)
            self._rest(did, seen)
        own = self._latest.get(turn.visitor)
        if own is not None and self.past[own][-1].visitor == turn.visitor:
            if own not in self._idle[""]:
                return  # their page is open, or was open just now
            did = own
        elif (
            own is not None
            and own in self._idle[""]
            and self._keys[own][0] == "source " + turn.source
        ):
            did = own
        elif not self._idle[""]:
            self.refused += 1
            return
        else:
            did = self._choose(turn)
        for key in ("", *self._keys[did]):
            self._idle.get(key, {}).pop(did, None)
        self._keys[did] = ("source " + turn.source, "group " + self._group[turn.source])
        self._latest[turn.visitor] = did
        self._heat[did].add(turn)
        self.past[did].append(turn)
        self.turns.append((t, did, turn))
        heapq.heappush(self._hard, (turn.seen, did))

    def _rest(self, did: int, seen: float) -> None:
        for key in ("", *self._keys[did]):
            self._idle.setdefault(key, {})[did] = seen

    def _choose(self, turn: Turn) -> int:
        t = turn.start
        oldest = t - next(iter(self._idle[""].values()))
        for key, pure in (
            ("source " + turn.source, self._pure),
            ("group " + self._group[turn.source], PURE_GROUP),
        ):
            idle = self._idle.get(key)
            if idle and oldest <= pure * max(1.0, t - next(iter(idle.values()))):
                break
        else:
            idle = self._idle[""]
        return min(islice(idle, LOOK), key=lambda did: self._heat[did].confusion(turn.region, t))
