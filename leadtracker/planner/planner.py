"""What a pool of a given size would give, from what a site has measured (pure).

Who is recognized: a made-up pool hands out numbers to visits drawn from the site's traffic
(`model_pool`). We draw callers by the site's delay curve (`delay_curve`). We judge each call with
the site's learned rates, as the matching would (`recognition`). The planner does this for the
present pool size and for halves and doubles of it. Between these sizes, the result is linear in the
logarithm of the size. The verdicts of the site's own calls tell what the present size gives. Where
they do, one factor corrects the errors of all sizes.

When the pool runs out: Erlang B, hour by hour of the week (`exhaustion`).

docs/planner.md explains the model and lists its measured errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from leadtracker.planner.delay_curve import DelayCurve, FirstCalls, delay_curve
from leadtracker.planner.exhaustion import overflow
from leadtracker.planner.model_pool import GRACE_SHORT, ModelPool, Traffic
from leadtracker.planner.plan import Outlook, Plan
from leadtracker.planner.recognition import Rates, Recognition, Verdicts

STEPS = (-50, -25, 10, 25, 50, 100)
TARGETS = (0.80, 0.85, 0.90, 0.95)
# A model of this size, with a share of the traffic, stands for any larger pool.
LARGEST_MODEL = 160
LEASES, LEASES_PER_NUMBER = 12_000, 75  # a made-up pool plays the larger of the two
DRAWS = 2_000
MOST_DOUBLINGS = 7  # of the present size, up to the largest pool looked at
# The usual share of calls that are repeats, and its weight in calls.
REPEATS, REPEATS_WEIGHT = 0.35, 25.0
REPEAT_LOST, REPEAT_LOST_CERTAIN = 0.055, 0.13  # repeats succeed less often by these shares
# When visitors without a number tap and call the default number, we find this share of them.
TAPPED_WITHOUT_NUMBER = 0.8
EXCESS_RIGHT = 0.2  # stated probability of the winner, for calls that were no first calls at all
STATED_WEIGHT = 50.0  # with more calls than this, the verdicts count more than the model


@dataclass(frozen=True)
class Stated:
    """What the verdicts of a period's calls stated, as sums."""

    calls: float = 0.0  # sum of 1 - P(nobody)
    right: float = 0.0  # sum of the likeliest visitor's probability, where nobody is no likelier
    certain: float = 0.0  # the same sum, where that probability is at least 0.8
    certain_wrong: float = 0.0  # sum of 1 - that probability, where it is at least 0.8


@dataclass(frozen=True)
class PlanInputs:
    """All that a plan is made from, measured from the site's own leases and verdicts.

    `activity` tells how busy callers are in each hour of the week from Monday midnight, 1 on
    average. `stray` is the learned rate of calls that no visit caused, per number and calling-clock
    second. `region_told` is the share of first calls whose phone and whose visitor both tell a
    region. Raises ValueError without any number or any visit, for lack of anything to plan.
    """

    numbers: int
    traffic: Traffic
    activity: Sequence[float]
    rates: Rates
    stray: float
    calls: FirstCalls
    region_told: float
    stated: Stated = Stated()

    def __post_init__(self) -> None:
        if self.numbers < 1 or sum(self.traffic.arrivals) <= 0:
            raise ValueError("a plan needs a pool of one number or more, and visits")


def plan(inputs: PlanInputs, looking_at: Callable[[int], None] | None = None) -> Plan:
    """Make a plan in some seconds; `looking_at` gets each pool size before we model it."""
    return Planner(inputs, looking_at).plan()


def outlook(inputs: PlanInputs, numbers: int) -> Outlook:
    """What another pool would give the same traffic, modeled rather than interpolated."""
    return Planner(inputs).exactly(numbers)


class Planner:
    """One plan in the making. It models each pool size once, in doublings of the present one."""

    def __init__(self, inputs: PlanInputs, looking_at: Callable[[int], None] | None = None) -> None:
        self.inputs, self._looking_at = inputs, looking_at
        self.curve = delay_curve(inputs.calls)
        self._known: dict[int, Verdicts] = {}
        self._here = self.model(inputs.numbers)

    def plan(self) -> Plan:
        steps = [self.inputs.numbers + step for step in STEPS]
        return Plan(
            curve=self.curve,
            now=self.exactly(self.inputs.numbers),
            steps=tuple(self.between(numbers) for numbers in steps if numbers > 0),
            targets=tuple((share, self.least(share)) for share in TARGETS),
            sizes=tuple(self.exactly(numbers) for numbers in sorted(self._known)),
        )

    def model(self, numbers: int) -> Verdicts:
        """The verdicts on all visitors' calls, by the model alone; the same answer every time."""
        if numbers not in self._known:
            if self._looking_at:
                self._looking_at(numbers)
            self._known[numbers] = all_calls(self.inputs, self.curve, numbers)
        return self._known[numbers]

    def exactly(self, numbers: int) -> Outlook:
        return self._outlook(numbers, self.model(numbers))

    def between(self, numbers: int) -> Outlook:
        """Interpolate between two sizes of the ladder, over the logarithm of the size."""
        step = math.floor(math.log2(numbers / self.inputs.numbers))
        low, high = self._rung(step), self._rung(step + 1)
        if low >= high or numbers <= low:
            return self._outlook(numbers, self.model(low))
        part = math.log(numbers / low) / math.log(high / low)
        mixed = Verdicts()
        mixed.add(self.model(low), 1 - part)
        mixed.add(self.model(high), part)
        return self._outlook(numbers, mixed)

    def least(self, share: float) -> Outlook | None:
        """The smallest pool with at least this share of right calls."""
        step = 0
        while self._at(step).right >= share:
            if self._rung(step) == 1:
                return self._at(step)
            step -= 1
        while self._at(step + 1).right < share:
            step += 1
            if step >= MOST_DOUBLINGS:
                return None
        low, high = self._rung(step), self._rung(step + 1)
        return self.between(first(lambda n: self.between(n).right >= share, low, high))

    def _rung(self, step: int) -> int:
        return max(1, round(self.inputs.numbers * 2.0**step))

    def _at(self, step: int) -> Outlook:
        return self.exactly(self._rung(step))

    def _outlook(self, numbers: int, model: Verdicts) -> Outlook:
        traffic = self.inputs.traffic
        share, worst, hour = overflow(traffic.arrivals, traffic.hold + GRACE_SHORT, numbers)
        stated, weight = self._stated()
        right = 1 - _moved(1 - model.right, 1 - self._here.right, 1 - stated.right, weight)
        certain = 1 - _moved(1 - model.certain, 1 - self._here.certain, 1 - stated.certain, weight)
        certain_wrong = _moved(
            model.certain_wrong, self._here.certain_wrong, stated.certain_wrong, weight
        )
        unmatched = max(0.0, 1 - model.right - model.wrong)
        certain = min(certain, right)
        return Outlook(
            numbers,
            share,
            worst,
            hour,
            right,
            max(0.0, 1 - right - unmatched),
            certain,
            min(certain_wrong, 1 - certain),
            model.campaign,
        )

    def _stated(self) -> tuple[Verdicts, float]:
        """What the site's verdicts say of the present pool, and their weight against the model."""
        stated, excess = self.inputs.stated, self.inputs.calls.excess
        calls = stated.calls - excess
        if calls <= 0:
            return self._here, 0.0
        said = Verdicts(
            right=(stated.right - EXCESS_RIGHT * excess) / calls,
            certain=stated.certain / calls,
            certain_wrong=stated.certain_wrong / calls,
        )
        return said, calls / (calls + STATED_WEIGHT)


def all_calls(inputs: PlanInputs, curve: DelayCurve, numbers: int) -> Verdicts:
    """The verdicts on first calls and repeats, in a made-up pool with its share of the traffic."""
    random = Random(numbers)  # noqa: S311 # a model, nothing secret
    modeled = min(numbers, LARGEST_MODEL)
    pool = ModelPool(inputs.traffic, modeled, random, modeled / numbers)
    pool.play(max(LEASES, LEASES_PER_NUMBER * modeled))
    stray = inputs.stray * inputs.numbers / numbers  # the pool's size does not change their total
    recognition = Recognition(
        pool, inputs.rates, inputs.activity, stray, inputs.region_told, random
    )
    first_calls = recognition.first_calls(curve, DRAWS)
    given = len(pool.turns) / (len(pool.turns) + pool.refused)
    calls = inputs.calls
    every = calls.known_phone + calls.total + REPEATS_WEIGHT
    repeats = (calls.known_phone + calls.excess + REPEATS_WEIGHT * REPEATS) / every
    lost, lost_certain = REPEAT_LOST * repeats, REPEAT_LOST_CERTAIN * repeats
    tapped = (1 - given) * curve.tapped * TAPPED_WITHOUT_NUMBER
    return Verdicts(
        right=given * first_calls.right * (1 - lost) + tapped,
        wrong=given * (first_calls.wrong + first_calls.right * lost),
        certain=given * first_calls.certain * (1 - lost_certain) + tapped,
        certain_wrong=given * first_calls.certain_wrong * (1 - lost_certain),
        campaign=given * first_calls.campaign + tapped,
    )


def first(true: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest number above `low` for which `true` holds. It must hold for `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        if true(middle):
            high = middle
        else:
            low = middle
    return high


def _moved(value: float, model: float, stated: float, weight: float) -> float:
    """`value`, times the factor between `stated` and the `model` of the same pool."""
    if model <= 0 or stated <= 0:
        return value
    return min(1.0, value * math.pow(stated / model, weight))
