"""The plan of a site, its outlook and its alarms, value by value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from typing import Any

import pytest

from leadtracker.planner import planner
from leadtracker.planner.delay_curve import DelayCurve, delay_curve
from leadtracker.planner.plan import Alarm, Outlook, alarms
from leadtracker.planner.planner import PlanInputs, Planner, Stated, first
from leadtracker.planner.recognition import Recognition, Verdicts
from tests.unit.test_planner import NO_CALLS, inputs


def model(numbers: int) -> Verdicts:
    """A world in which each doubling makes a tenth more calls right, a twentieth certain."""
    right = 0.1 * math.log2(numbers)
    return Verdicts(right, 0.9 - right, right / 2, 0.01, 0.9)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Planner]:
    def all_calls(_: PlanInputs, __: DelayCurve, numbers: int) -> Verdicts:
        return model(numbers)

    monkeypatch.setattr(planner, "all_calls", all_calls)

    def planner_of(
        numbers: int = 16, looked_at: Callable[[int], None] | None = None, **more: Any
    ) -> Planner:
        return Planner(replace(inputs(numbers), **more), looked_at)

    return planner_of


class TestPlanner:
    @pytest.mark.parametrize("numbers", [1, 3, 8, 12, 16, 17, 24, 31, 32, 100])
    def test_between_two_sizes_it_is_the_logarithm(
        self, planned: Callable[..., Planner], numbers: int
    ) -> None:
        looked_at: list[int] = []
        look = planned(16, looked_at.append).between(numbers)
        assert look.numbers == numbers
        assert look.right == pytest.approx(0.1 * math.log2(numbers))
        assert look.certain == pytest.approx(0.05 * math.log2(numbers))
        assert look.wrong == pytest.approx(0.9 - 0.1 * math.log2(numbers))
        assert (look.certain_wrong, look.campaign) == pytest.approx((0.01, 0.9))
        assert all(math.log2(size / 16).is_integer() for size in looked_at)
        assert len(looked_at) == len(set(looked_at))

    @pytest.mark.parametrize(
        ("share", "numbers"),
        [(0.0, 1), (0.1, 2), (0.35, 12), (0.4, 16), (0.41, 18), (0.6, 64), (0.95, 725)],
    )
    def test_the_least_pool(
        self, planned: Callable[..., Planner], share: float, numbers: int
    ) -> None:
        """The first whole number of which a tenth of the logarithm is as much."""
        found = planned().least(share - 1e-9)
        assert found is not None
        assert found.numbers == numbers

    def test_no_pool_within_seven_doublings(self, planned: Callable[..., Planner]) -> None:
        assert planned(2).least(0.8 - 1e-9) is not None
        assert planned(2).least(0.8 + 1e-9) is None

    def test_a_plan_has_its_steps_and_targets(self, planned: Callable[..., Planner]) -> None:
        made = planned(60).plan()
        assert [look.numbers for look in made.steps] == [10, 35, 70, 85, 110, 160]
        assert [share for share, _ in made.targets] == [0.80, 0.85, 0.90, 0.95]
        assert made.now.numbers == 60

    @pytest.mark.parametrize(
        ("stated", "right", "certain", "certain_wrong"),
        [
            (Stated(), 0.4, 0.2, 0.01),
            (
                Stated(50.0, 10.0, 5.0, 2.0),
                1 - 0.6 * (0.8 / 0.6) ** 0.5,
                1 - 0.8 * (0.9 / 0.8) ** 0.5,
                0.02,
            ),
            (Stated(150.0, 150.0, 30.0, 0.0), 0.4, 0.2, 0.01),
        ],
    )
    def test_what_the_verdicts_state_moves_the_errors(
        self,
        planned: Callable[..., Planner],
        stated: Stated,
        right: float,
        certain: float,
        certain_wrong: float,
    ) -> None:
        """By a factor, of which fifty calls are half; without any error nothing moves."""
        look = planned(stated=stated).exactly(16)
        assert (look.right, look.certain, look.certain_wrong) == pytest.approx(
            (right, certain, certain_wrong)
        )
        assert look.wrong == pytest.approx(1 - right - 0.1)

    def test_calls_that_were_no_first_calls_are_left_out_of_what_is_stated(
        self, planned: Callable[..., Planner]
    ) -> None:
        """10 of 60 are strays in excess, a fifth of whom the verdicts call right: 8 of 50 are."""
        calls = replace(NO_CALLS, new_phone=200.0)
        made = planned(stated=Stated(60.0, 10.0, 0.0, 0.0), calls=calls)
        said, weight = made._stated()
        assert (said.right, weight) == pytest.approx((0.16, 0.5))
        assert planned(stated=Stated(10.0, 10.0, 0.0, 0.0), calls=calls)._stated()[1] == 0.0

    @pytest.mark.parametrize("wanted", [1, 2, 7, 99, 100])
    def test_first(self, wanted: int) -> None:
        assert first(lambda n: n >= wanted, 0, 100) == wanted

    def test_all_calls_are_first_calls_and_repeats(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is lost is the repeats' and the refused visits'."""
        sure = Verdicts(right=0.8, wrong=0.1, certain=0.6, certain_wrong=0.05, campaign=0.9)
        seen: list[tuple[int, float, float]] = []

        def first_calls(self: Recognition, curve: DelayCurve, draws: int) -> Verdicts:
            seen.append((len(self.pool.past), self.stray, self.pool.scale))
            self.pool.refused = len(self.pool.turns) // 3  # a quarter of the visits
            return sure

        monkeypatch.setattr(Recognition, "first_calls", first_calls)
        monkeypatch.setattr(planner, "LEASES", 900)
        monkeypatch.setattr(planner, "LEASES_PER_NUMBER", 1)
        calls = replace(NO_CALLS, tapped=50.0, known_phone=25.0, second_phone=3.0)
        curve = replace(delay_curve(NO_CALLS), tapped=0.3)
        found = planner.all_calls(replace(inputs(40, per_hour=3.0), calls=calls), curve, 320)
        assert seen == [pytest.approx((160, 4e-8 / 8, 0.5))]
        repeats = (25 + 25 * 0.35) / (25 + 50 + 25)
        lost, lost_certain, tapped = 0.055 * repeats, 0.13 * repeats, 0.25 * 0.3 * 0.8
        wanted = (
            0.75 * 0.8 * (1 - lost) + tapped,
            0.75 * (0.1 + 0.8 * lost),
            0.75 * 0.6 * (1 - lost_certain) + tapped,
            0.75 * 0.05 * (1 - lost_certain),
            0.75 * 0.9 + tapped,
        )
        assert astuple(found) == pytest.approx(wanted, rel=1e-3)

    def test_what_must_be_given(self) -> None:
        with pytest.raises(ValueError, match="one number"):
            replace(inputs(), numbers=0)
        assert replace(inputs(), numbers=1).numbers == 1


def outlook(right: float, worst: float) -> Outlook:
    return Outlook(5, worst / 2, worst, 9, right, 0.15, 0.6, 0.05, 0.9)


def test_an_outlook() -> None:
    look = outlook(0.7, 0.0)
    assert (look.ambiguous, look.open) == pytest.approx((0.35, 0.15))
    assert replace(look, wrong=0.4).open == 0.0


@pytest.mark.parametrize(
    ("right", "worst", "said"),
    [
        (0.7, 0.05, []),
        (
            0.7,
            0.051,
            [
                Alarm(
                    "overflow",
                    "In the busiest hour of the week 5.1 % of visitors find no number free.",
                )
            ],
        ),
        (
            0.68,
            0.05,
            [
                Alarm(
                    "at_risk",
                    "32 % of visitors' calls are at risk of being taken for another's or nobody's.",
                )
            ],
        ),
    ],
)
def test_alarms(right: float, worst: float, said: Sequence[Alarm]) -> None:
    assert alarms(outlook(right, worst), 0.05, 0.3 + 1e-9) == said
