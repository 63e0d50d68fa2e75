"""The planner's parts by hand: curves, pools of a few visits, callers among a few rivals."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from leadtracker.matching.page_state import AGES, DAY, LEVELS, OPENS
from leadtracker.planner.delay_curve import DelayCurve, FirstCalls, delay_curve
from leadtracker.planner.model_pool import HOUR, WEEK_HOURS, Heat, ModelPool, Turn, groups
from leadtracker.planner.recognition import Moment, Recognition, Rival, Verdicts, verdicts
from tests.unit.test_planner import NO_CALLS, Learned, traffic


def rows(number: int, **cells: float) -> list[list[float]]:
    """`c3_1=7` is 7 in row 3, level 1."""
    return [[cells.get(f"c{row}_{level}", 0.0) for level in range(LEVELS)] for row in range(number)]


class TestCurve:
    CALLS = FirstCalls(
        tapped=10.0,
        open=rows(OPENS, c0_1=4.0, c7_2=6.0),
        closed=rows(AGES, c4_0=5.0, c5_3=20.0, c15_1=30.0),
        known_phone=100.0,
        new_phone=200.0,
        strays=4.0,
        second_phone=7.0,
    )

    def test_sums(self) -> None:
        """The age bin from an hour on is the first late one."""
        assert (self.CALLS.early, self.CALLS.late, self.CALLS.total) == (25.0, 50.0, 75.0)
        assert self.CALLS.excess == pytest.approx((0.12 * 100 - 7) + (0.05 * 200 - 4))
        assert replace(self.CALLS, second_phone=13.0).excess == pytest.approx(6.0)
        assert replace(self.CALLS, strays=11.0).excess == pytest.approx(5.0)

    def test_the_excess_is_taken_from_the_late_and_half_of_it_given_to_the_early(self) -> None:
        """Of 11: late 50 - 16.5, early 25 + 5.5; to all the typical curve's ten calls are added."""
        curve = delay_curve(self.CALLS)
        total = 33.5 + 30.5 + 10 * 1.0
        assert curve.tapped == pytest.approx((10 * 30.5 / 25 + 3.07) / total, rel=2e-3)
        assert curve.open[0][1] == pytest.approx((4 * 30.5 / 25 + 0.216 * 0.39) / total, rel=2e-3)
        assert curve.closed[4][0] == pytest.approx((5 * 30.5 / 25 + 0.258 * 0.01) / total, rel=2e-3)
        assert curve.closed[5][3] == pytest.approx(20 * 33.5 / 50 / total, rel=2e-3)
        assert curve.closed[15][1] == pytest.approx(
            (30 * 33.5 / 50 + 0.017 * 0.36) / total, rel=2e-3
        )
        whole = curve.tapped + sum(map(sum, curve.open)) + sum(map(sum, curve.closed))
        assert whole == pytest.approx(1)

    def test_half_of_the_late_calls_are_late_whatever_the_excess(self) -> None:
        curve = delay_curve(replace(self.CALLS, known_phone=1000.0))
        assert curve.closed[5][3] * (25 + 0.5 * (113 + 6) + 25 + 10) == pytest.approx(10, rel=2e-3)

    def test_late_calls_alone_are_late(self) -> None:
        calls = replace(NO_CALLS, closed=rows(AGES, c15_1=30.0))
        assert delay_curve(calls).closed[15][1] == pytest.approx(30 / 40, rel=1e-3)

    @pytest.mark.parametrize(
        ("tapped", "name"),
        [(9.9, "typical"), (10.0, "blended"), (199.9, "blended"), (200.0, "own")],
    )
    def test_whose_curve_it_is(self, tapped: float, name: str) -> None:
        curve = delay_curve(replace(NO_CALLS, tapped=tapped))
        assert (curve.name, curve.calls) == (name, tapped)

    def test_the_typical_curve_sums_to_one(self) -> None:
        """The shares were measured in the benchmark's worlds; each is rounded."""
        from leadtracker.planner import delay_curve as shipped

        whole = shipped.TYPICAL_TAPPED + sum(shipped.TYPICAL_OPEN) + sum(shipped.TYPICAL_CLOSED)
        assert whole == pytest.approx(1, abs=2e-3)
        assert sum(shipped.TYPICAL_OPEN_LEVELS) == pytest.approx(1)
        assert sum(shipped.TYPICAL_CLOSED_LEVELS) == pytest.approx(1)

    @pytest.mark.parametrize(
        ("seconds", "share"),
        [
            (0, 0.6),
            (30, 0.55),
            (60, 0.5),
            (180, 0.5),
            (300, 0.5),
            (33 * DAY, 0.484375),
            (64 * DAY, 0),
        ],
    )
    def test_what_is_still_to_come(self, seconds: float, share: float) -> None:
        """A tenth within the first minute, evenly; half between the 32nd and the 64th day."""
        closed = rows(AGES, c0_1=0.1, c15_0=0.2, c15_2=0.3)
        curve = DelayCurve("own", 1.0, 0.4, rows(OPENS), closed)
        assert curve.still_to_come(seconds) == pytest.approx(share)


class TestGroups:
    def test_sources_with_four_numbers_stand_alone(self) -> None:
        """Of 20 numbers: 4 stand alone; 2 + 2 fill a group, where as many are left for another."""
        shares = {"a": 0.2, "b": 0.19, "c": 0.1, "d": 0.1, "e": 0.1, "f": 0.1, "g": 0.21}
        assert groups(shares, 20) == {
            "a": "a",
            "g": "g",
            "b": "shared 1",
            "c": "shared 1",
            "d": "shared 2",
            "e": "shared 2",
            "f": "shared 2",
        }


def turn(
    visitor: int = 0, start: float = 0.0, seen: float = 60.0, level: int = 1, **what: Any
) -> Turn:
    values: dict[str, Any] = {"source": "google / cpc", "region": "north", "mobile": True} | what
    return Turn(visitor, level=level, start=start, seen=seen, **values)


class TestPool:
    def test_heat_fades_by_e_in_three_hours(self) -> None:
        heat = Heat()
        heat.add(turn(seen=0.0, level=2))
        heat.add(turn(seen=3 * HOUR, level=1, region="south"))
        assert heat.now("", 3 * HOUR) == pytest.approx(4.5 / math.e + 1)
        assert heat.now("north", 6 * HOUR) == pytest.approx(4.5 / math.e**2)
        assert heat.now("east", 6 * HOUR) == 0.0
        at = 3 * HOUR
        assert heat.confusion("south", at) == pytest.approx(0.3 * (4.5 / math.e + 1) + 0.7 * 1)
        assert heat.confusion("east", at) == pytest.approx(0.3 * (4.5 / math.e + 1))

    def pool(self, numbers: int, per_hour: float = 1000.0) -> ModelPool:
        return ModelPool(traffic(per_hour), numbers, Random(1))

    def hand_out(self, pool: ModelPool, *turns: Turn) -> list[int]:
        """The number of each turn, in order; -1 where none was handed out."""
        numbers = []
        for each in turns:
            before = len(pool.turns)
            pool._hand_out(each)
            numbers.append(pool.turns[-1][1] if len(pool.turns) > before else -1)
        return numbers

    def test_a_number_rests_after_its_grace(self) -> None:
        """Two minutes after its page; half a minute when fewer than a tenth are idle."""
        pool = self.pool(1)
        assert self.hand_out(pool, turn(0), turn(1, start=89.9), turn(2, start=90.0)) == [0, -1, 0]
        assert pool.refused == 1
        pool = self.pool(2)
        starts = [turn(0), turn(1, start=150.0, seen=999), turn(2, start=160.0)]
        assert self.hand_out(pool, *starts) == [0, 1, 0]

    @pytest.mark.parametrize(("start", "rests"), [(179.9, False), (180.0, True)])
    def test_with_idle_numbers_left_it_rests_two_minutes(self, start: float, rests: bool) -> None:
        pool = self.pool(2)
        assert self.hand_out(pool, turn(0), turn(1, start=start)) == [0, 1]
        assert (0 in pool._idle[""]) is rests

    def test_who_comes_back_gets_the_old_number(self) -> None:
        pool = self.pool(3)
        came = self.hand_out(
            pool, turn(7), turn(8, start=1.0), turn(7, start=2.0), turn(7, start=400.0)
        )
        assert came == [0, 1, -1, 0], "not while the page is open or was just now"

    @pytest.mark.parametrize(("source", "number"), [("google / cpc", 0), ("direct", 1)])
    def test_it_is_theirs_still_while_only_their_source_had_it(
        self, source: str, number: int
    ) -> None:
        """Else they get the number of their source whose holders were longest ago."""
        turns = (
            turn(7),
            turn(8, start=1000, seen=1060),
            turn(9, start=5000, seen=5060, source=source),
            turn(7, start=9000, seen=9060),
        )
        assert self.hand_out(self.pool(2), *turns) == [0, 1, 0, number]

    @pytest.mark.parametrize(
        ("per_hour", "pure"), [(4 * 168 / 6 / 168 * 6, 10.0), (1000.0, 100.0), (0.1, 10.0)]
    )
    def test_a_quiet_pool_is_less_pure(self, per_hour: float, pure: float) -> None:
        """Quiet: fewer visits in six hours than there are numbers, here 40."""
        assert self.pool(40, per_hour)._pure == pure
        assert self.pool(40, 40 / 6 - 0.01)._pure == 10.0
        assert self.pool(40, 40 / 6 + 0.01)._pure == 100.0

    def test_the_same_seed_gives_the_same_pool_and_its_turns_are_in_order(self) -> None:
        first_, second = self.pool(5, 60.0), self.pool(5, 60.0)
        for pool in (first_, second):
            pool.play(500)
        assert first_.turns == second.turns
        assert len(first_.turns) + first_.refused <= 500
        assert [start for start, _, _ in first_.turns] == sorted(
            start for start, _, _ in first_.turns
        )
        for did, past in enumerate(first_.past):
            assert [each for _, number, each in first_.turns if number == did] == past
            for before, after in pairwise(past):
                assert after.start >= before.seen + 30.0

    def test_visits_are_drawn_as_the_traffic_has_them(self) -> None:
        pool = ModelPool(replace(traffic(20.0), returns=0.3, mobile=0.7), 60, Random(3))
        pool.play(6000)
        turns = [each for _, _, each in pool.turns]
        assert sum(each.mobile for each in turns) / len(turns) == pytest.approx(0.7, abs=0.03)
        assert sum(each.seen - each.start for each in turns) / len(turns) == pytest.approx(
            280, rel=0.05
        )
        assert sum(each.source == "direct" for each in turns) / len(turns) == pytest.approx(
            0.2, abs=0.03
        )
        assert sum(each.level == 2 for each in turns) / len(turns) == pytest.approx(0.28, abs=0.03)
        again = len(turns) - len({each.visitor for each in turns})
        assert 0.2 < again / len(turns) < 0.3, "the first have nobody to come back"
        hours = turns[-1].start / HOUR
        assert len(turns) / hours == pytest.approx(20, rel=0.05)


class Fixed:
    """A pool whose past is written down."""

    def __init__(self, *past: list[Turn]) -> None:
        self.past = list(past)
        self.turns = sorted(
            ((each.start, did, each) for did, turns in enumerate(past) for each in turns),
            key=lambda entry: entry[0],
        )


def recognition(*past: list[Turn], activity: float = 1.0) -> Recognition:
    pool: ModelPool = Fixed(*past)  # type: ignore[assignment]  # all that is asked of a pool
    learned = Learned(source={"good": 2.0})
    hours = [activity] * WEEK_HOURS
    return Recognition(pool, learned, hours, 1e-9, 0.0, Random(1))


class TestRecognition:
    @pytest.mark.parametrize(
        ("other", "at", "weight"),
        [
            (turn(seen=999.0), 14.9, 3e-5 * 0.15),
            (turn(seen=999.0, level=2), 15.0, 3e-5),
            (turn(seen=999.0, level=2), 59.9, 3e-5),
            (turn(seen=999.0, level=2), 60.0, 1e-5 * 4.5),
            (turn(seen=999.0, level=3, mobile=False), 240.0, 2e-5 * 4.5),
            (turn(seen=999.0, source="good"), 900.0, 2 * 2e-6),
            (turn(seen=60.0), 60.0, 3 * 3.2e-6),
            (turn(seen=60.0), 79.9, 3 * 3.2e-6),
            (
                turn(seen=60.0),
                80.0,
                3 * 2.9e-6,
            ),  # a minute on the clock, which runs three times as fast
            (turn(seen=60.0, level=2, source="good"), 120.0, 3 * 2 * 2.9e-6 * 4.5),
            (turn(seen=60.0), 22 * DAY, 0.0),
        ],
    )
    def test_what_a_rival_weighs(self, other: Turn, at: float, weight: float) -> None:
        judge = recognition([other], activity=3.0)
        assert judge._weight(other, judge._moment(at)) == pytest.approx(weight)

    def test_a_moment(self) -> None:
        judge = recognition([turn()], activity=3.0)
        assert judge._moment(7200.0) == pytest.approx(Moment(7200.0, 21600.0, 3.0))

    def test_a_caller_among_the_holders_until_then(self) -> None:
        """By the greater weight; own visits add up; those after the call do not count."""
        mine, rival = turn(1, start=0, seen=60), turn(2, start=200, seen=260, source="direct")
        later = turn(3, start=900, seen=960, level=3)
        judge = recognition([mine, rival, later])
        now = judge._moment(400.0)
        weight = 2.9e-6  # of the rival: two minutes old
        assert judge._judge(0, mine, weight * 1.01, now).right == 1.0
        assert judge._judge(0, mine, weight * 0.99, now).wrong == 1.0
        assert judge._judge(0, mine, weight * 0.99, now, before=200.0).right == 1.0
        again = recognition([replace(mine, start=-99, seen=-50), mine, rival, later])
        assert again._judge(0, mine, weight * 0.5, again._moment(400.0)).right == 1.0

    def test_no_more_than_64_rivals(self) -> None:
        strong = turn(1, seen=390.0, level=3)
        weak = [turn(n, start=n, seen=20.0, level=0) for n in range(2, 66)]
        mine = weak[-1]
        judge = recognition([strong, *weak])
        assert judge._judge(0, mine, 1e-5, judge._moment(400.0)).right == 1.0
        judge = recognition([strong, *weak[1:]])
        assert judge._judge(0, mine, 1e-5, judge._moment(400.0)).wrong == 1.0

    def test_verdicts_add_up(self) -> None:
        total = Verdicts(0.1, 0.2, 0.3, 0.4, 0.5)
        total.add(Verdicts(1.0, 2.0, 3.0, 4.0, 5.0), 0.1)
        assert astuple(total) == pytest.approx((0.2, 0.4, 0.6, 0.8, 1.0))

    @pytest.mark.parametrize(
        ("own", "rival", "nobody", "said"),
        [
            (8.0, 1.0, 1.0, (1, 0, 1, 0)),
            (7.9, 1.1, 1.0, (1, 0, 0, 0)),
            (1.0, 8.0, 1.0, (0, 1, 0, 1)),
            (2.0, 2.0, 1.0, (1, 0, 0, 0)),
            (1.0, 1.0, 1.0, (1, 0, 0, 0)),
            (1.0, 0.5, 1.01, (0, 0, 0, 0)),
        ],
    )
    def test_bounds(self, own: float, rival: float, nobody: float, said: tuple[float, ...]) -> None:
        found = verdicts(
            own, "north", "ads", [Rival(rival, "north", "mail")], nobody, 0.0, Learned()
        )
        assert (found.right, found.wrong, found.certain, found.certain_wrong) == said

    def test_the_strongest_rival_of_each_region_and_all_of_them_in_the_sum(self) -> None:
        rivals = [
            Rival(0.6, "south", "mail"),
            Rival(0.6, "south", "mail"),
            Rival(0.5, "east", "ads"),
        ]
        found = verdicts(1.0, "north", "ads", rivals, 0.0, 0.0, Learned())
        assert (found.right, found.certain, found.campaign) == (1.0, 0.0, 1.0)
        assert verdicts(0.6, "north", "ads", rivals, 0.0, 0.0, Learned()).campaign == 0.0

    def test_regions_by_their_chance(self) -> None:
        """North tells 0.6 + 0.4 x 0.5, south 0.4 x 0.3, no other candidate's the rest."""
        rivals = [Rival(1.0, "south", "mail")]
        found = verdicts(1.1, "north", "ads", rivals, 0.0, 1.0, Learned())
        assert (found.right, found.wrong) == pytest.approx((0.88, 0.12))
        # north: 1.1 x 1.6 of 1.1 x 1.6 + 0.4; south: 1 x (0.6 + 0.12) / 0.3 of itself and 1.1 x 0.4
        assert (found.certain, found.certain_wrong) == pytest.approx((0.8, 0.12))
        assert found.campaign == pytest.approx(0.88)
