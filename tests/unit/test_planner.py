"""The planner: hand values of its parts, and what must hold of every plan."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import pairwise
from random import Random

import pytest

from leadtracker.live.source_groups import QUIET_HOURS, SEPARATE, X_BUSY, X_QUIET
from leadtracker.matching.page_state import AGE_EDGES
from leadtracker.planner import model_pool
from leadtracker.planner.delay_curve import FirstCalls, delay_curve
from leadtracker.planner.exhaustion import erlang_b, overflow
from leadtracker.planner.model_pool import WEEK_HOURS, ModelPool, Traffic, Week, groups
from leadtracker.planner.plan import Plan, alarms
from leadtracker.planner.planner import PlanInputs, Stated, outlook, plan
from leadtracker.planner.recognition import Rival, verdicts

HOUR = 3600.0
LEVELS = (0.15, 1.0, 4.5, 12.0)
CLOSED = (
    3.2e-6,
    2.9e-6,
    1.8e-6,
    9.5e-7,
    4.2e-7,
    1.6e-7,
    1.25e-7,
    9e-8,
    3.8e-8,
    1.4e-8,
    5e-9,
    2.6e-9,
    1.1e-9,
    4e-10,
    1.7e-10,
    5e-11,
)
OPEN = (3e-5, 1e-5, 5e-6, 2e-6, 1.3e-4, 6e-5, 2e-5, 4e-6)
NO_CALLS = FirstCalls(0.0, [[0.0] * 4 for _ in OPEN], [[0.0] * 4 for _ in CLOSED])


@dataclass
class Learned:
    open: list[list[float]] = field(
        default_factory=lambda: [[rate * level for level in LEVELS] for rate in OPEN]
    )
    closed: list[list[float]] = field(
        default_factory=lambda: [[rate * level for level in LEVELS] for rate in CLOSED]
    )
    source: dict[str, float] = field(default_factory=dict)
    region_trust: float = 0.6
    region_share: dict[str, float] = field(
        default_factory=lambda: {"north": 0.5, "south": 0.3, "east": 0.2}
    )


def traffic(per_hour: float = 30.0, hold: float = 280.0) -> Traffic:
    shares = {"google / cpc": 0.5, "google / organic": 0.3, "direct": 0.2}
    return Traffic(
        [per_hour] * WEEK_HOURS, hold, (0.08, 0.64, 0.28, 0.0), shares, Learned().region_share, 0.13
    )


def inputs(numbers: int = 40, per_hour: float = 30.0, stated: Stated | None = None) -> PlanInputs:
    return PlanInputs(
        numbers,
        traffic(per_hour),
        [1.0] * WEEK_HOURS,
        Learned(),
        4e-8,
        NO_CALLS,
        0.8,
        stated or Stated(),
    )


@pytest.mark.parametrize(
    ("numbers", "load", "blocked"),
    [
        (0, 1.0, 1.0),
        (1, 1.0, 0.5),
        (2, 1.0, 0.2),
        (3, 2.0, 4 / 19),
        (5, 3.0, 0.11005),
        (10, 5.0, 0.01838),
        (100, 84.06, 0.01),
    ],
)
def test_erlang_b(numbers: int, load: float, blocked: float) -> None:
    assert erlang_b(numbers, load) == pytest.approx(blocked, rel=2e-3)


def test_erlang_b_without_load() -> None:
    assert erlang_b(3, 0.0) == 0.0


def test_overflow_is_weighted_by_arrivals() -> None:
    share, worst, hour = overflow(
        [20.0, 10.0, 0.0], 360.0, 1
    )  # 2, 1 and 0 erlang on one number: 2/3, 1/2, 0
    assert share == pytest.approx((20 * 2 / 3 + 10 / 2) / 30)
    assert worst == pytest.approx(2 / 3)
    assert hour == 0


@pytest.mark.parametrize("t", [0.0, 1800.0, 30.5 * HOUR, 167.9 * HOUR, 400 * HOUR])
def test_week_there_and_back(t: float) -> None:
    week = Week([1.0 + hour % 24 for hour in range(WEEK_HOURS)])
    assert week.when(week.until(t)) == pytest.approx(t)


def test_week_adds_up() -> None:
    week = Week([2.0] * 24 + [0.0] * 144)
    assert week.until(12 * HOUR) == pytest.approx(24)
    assert week.until(100 * HOUR) == pytest.approx(48)
    assert week.until(169 * HOUR) == pytest.approx(50)


def test_groups() -> None:
    shares = {"a": 0.5, "b": 0.2, "c": 0.1, "d": 0.1, "e": 0.06, "f": 0.04}
    assert groups(shares, 20) == {
        "a": "a",
        "b": "b",
        "c": "shared 1",
        "d": "shared 1",
        "e": "shared 1",
        "f": "shared 1",
    }
    assert set(groups(shares, 1000).values()) == set(shares)


def lua(file: str, what: str) -> list[float]:
    """The numbers of a constant in the pool's Lua."""
    text = resources.files("leadtracker.live").joinpath(file).read_text()
    found = re.search(rf"local {what} = ([^\n]*)", text)
    assert found, what
    return [
        float(number)
        for number in re.findall(r"(?<![\[\w])\d+\.?\d*(?![\]\w])", found[1].partition("--")[0])
    ]


def test_the_made_up_pool_has_the_pools_rule() -> None:
    assert lua("choose.lua", "LOOK") == [model_pool.LOOK]
    assert lua("choose.lua", "X_GROUP") == [model_pool.PURE_GROUP]
    assert lua("choose.lua", "DIFFER") == [model_pool.DIFFER]
    assert lua("acquire.lua", "FEW_IDLE") == [model_pool.FEW_IDLE]
    assert lua("idle.lua", "CLAIM") == list(model_pool.CLAIM)
    hours, milliseconds = lua("idle.lua", "HEAT_FADES")
    assert hours * milliseconds / 1000 == model_pool.HEAT_FADES
    assert (X_BUSY, X_QUIET) == (model_pool.PURE, model_pool.PURE_QUIET)
    assert (SEPARATE, QUIET_HOURS * HOUR) == (model_pool.SEPARATE, model_pool.QUIET_GAP)


def test_the_made_up_pool_refuses_as_erlang_says() -> None:
    busy = replace(traffic(100.0), returns=0.0)
    pool = ModelPool(busy, 8, Random(1))
    pool.play(20_000)
    refused = pool.refused / 20_000
    assert refused == pytest.approx(overflow(busy.arrivals, busy.hold + 30, 8)[0], abs=0.02)


def test_the_made_up_pool_keeps_sources_apart() -> None:
    pool = ModelPool(traffic(), 40, Random(1))
    pool.play(5_000)
    pairs = [(a.source, b.source) for past in pool.past for a, b in pairwise(past)]
    assert sum(a == b for a, b in pairs) > 0.95 * len(pairs)


def test_without_calls_the_curve_is_the_typical_one() -> None:
    curve = delay_curve(NO_CALLS)
    assert curve.name == "typical"
    assert curve.still_to_come(0.0) == pytest.approx(0.387, abs=0.002)
    assert curve.tapped + sum(map(sum, curve.open)) + sum(map(sum, curve.closed)) == pytest.approx(
        1
    )
    assert curve.still_to_come(AGE_EDGES[-1]) == 0.0


def test_own_calls_take_over() -> None:
    closed = [[0.0] * 4 for _ in CLOSED]
    closed[1][2] = 300.0  # 1 to 5 minutes
    curve = delay_curve(replace(NO_CALLS, tapped=90.0, closed=closed))
    assert (curve.name, curve.calls) == ("own", 390.0)
    assert curve.tapped == pytest.approx((90 + 3.07) / 400, abs=0.001)
    passed = (curve.still_to_come(60.0) - curve.still_to_come(180.0)) * 2
    assert passed == pytest.approx((300 + 0.267) / 400, abs=0.001)
    assert delay_curve(replace(NO_CALLS, tapped=20.0)).name == "blended"


def test_calls_that_are_no_first_calls_leave_the_late_ones() -> None:
    closed = [[0.0] * 4 for _ in CLOSED]
    closed[9][1] = 100.0
    calls = replace(
        NO_CALLS,
        tapped=300.0,
        closed=closed,
        known_phone=100.0,
        new_phone=400.0,
        strays=12.0,
        second_phone=5.0,
    )
    assert calls.excess == pytest.approx((12 - 5) + (20 - 12))
    before, after = delay_curve(replace(calls, known_phone=0.0, new_phone=0.0)), delay_curve(calls)
    assert after.still_to_come(HOUR) < before.still_to_come(HOUR)
    assert after.still_to_come(HOUR) == pytest.approx(
        (100 - 1.5 * 15 + 2.475) / (400 - 15 + 10), abs=0.001
    )


@pytest.mark.parametrize(
    ("own", "rival", "nobody", "right", "wrong", "certain"),
    [
        (9.0, 1.0, 0.5, 1, 0, 1),
        (3.0, 1.0, 0.5, 1, 0, 0),
        (1.0, 3.0, 0.5, 0, 1, 0),
        (1.0, 3.0, 4.0, 0, 0, 0),
    ],
)
def test_who_is_named(
    own: float, rival: float, nobody: float, right: int, wrong: int, certain: int
) -> None:
    said = verdicts(own, "north", "ads", [Rival(rival, "north", "ads")], nobody, 0.0, Learned())
    assert (said.right, said.wrong, said.certain) == (right, wrong, certain)
    assert said.campaign == float(own + rival >= nobody)


def test_a_caller_is_known_by_their_region() -> None:
    rivals = [Rival(2.0, "south", "ads")]
    said = verdicts(1.0, "north", "ads", rivals, 0.0, 1.0, Learned())
    # phone says north: 0.6 + 0.4 * 0.5 = 0.8, their weight 1.6 against 0.8;
    # otherwise the rival's is the greater
    assert said.right == pytest.approx(0.8)
    assert said.wrong == pytest.approx(0.2)
    assert verdicts(1.0, "north", "ads", rivals, 0.0, 0.5, Learned()).right == pytest.approx(0.4)


def test_more_numbers_give_more() -> None:
    looks = [outlook(inputs(), numbers) for numbers in (1, 4, 16, 64, 256, 4096)]
    right = [look.right for look in looks]
    assert right == sorted(right)
    assert 0 < right[0] < 0.5
    assert right[-1] > 0.9
    assert looks[0].overflow > 0.5
    assert [look.overflow for look in looks] == sorted(
        (look.overflow for look in looks), reverse=True
    )
    for look in looks:
        assert look.right + look.wrong <= 1 + 1e-9
        assert look.certain + look.certain_wrong + look.ambiguous == pytest.approx(1)
        assert look.certain <= look.right


def test_what_the_verdicts_state_is_what_is_now() -> None:
    stated = Stated(calls=100_000.0, right=70_000.0, certain=50_000.0, certain_wrong=1_000.0)
    now = outlook(inputs(stated=stated), 40)
    assert now.right == pytest.approx(0.70, abs=0.002)
    assert now.certain == pytest.approx(0.50, abs=0.002)
    assert now.certain_wrong == pytest.approx(0.01, abs=0.002)


def test_a_plan() -> None:
    looked_at: list[int] = []
    made = plan(inputs(), looked_at.append)
    assert made.curve.name == "typical"
    assert [look.numbers for look in made.steps] == [15, 50, 65, 90, 140]  # 50 fewer are none
    assert made.now.numbers == 40
    least = [look.numbers for _, look in made.targets if look]
    assert least == sorted(least)
    for share, look in made.targets:
        assert look is None or look.right >= share
    assert alarms(made.now, 0.01, 0.35) == []
    assert made.now == outlook(inputs(), 40)  # the same every time
    assert [look.numbers for look in made.sizes] == sorted(looked_at)
    assert Plan.from_json(json.loads(json.dumps(made.to_json()))).to_json() == made.to_json()


def test_alarms() -> None:
    now = outlook(inputs(numbers=2), 2)
    said = alarms(now, 0.01, 0.3)
    assert [alarm.of for alarm in said] == ["overflow", "at_risk"]
    assert said[0].said.startswith("In the busiest hour of the week ")
    assert said[0].said.endswith("% of visitors find no number free.")
    assert alarms(now, 1.0, 1.0) == []


NOISE = 0.02


@pytest.mark.parametrize(
    ("per_hour", "hold", "of_sources", "returns"),
    [(3.0, 120.0, 1, 0.0), (30.0, 600.0, 12, 0.4), (400.0, 280.0, 6, 0.2)],
)
def test_more_numbers_never_give_less(
    per_hour: float, hold: float, of_sources: int, returns: float
) -> None:
    sources = {f"source {n}": 1 / of_sources for n in range(of_sources)}
    some = replace(
        inputs(), traffic=replace(traffic(per_hour, hold), sources=sources, returns=returns)
    )
    right = [outlook(some, numbers).right for numbers in (5, 20, 40, 80, 320)]
    assert all(more > less - NOISE for less, more in pairwise(right)), right
    assert right[-1] > right[0]


def test_nothing_to_plan() -> None:
    with pytest.raises(ValueError, match="visits"):
        inputs(per_hour=0.0)
    with pytest.raises(ValueError, match="one number"):
        inputs(numbers=0)
