"""The plan as a picture: where its points, lines and labels stand. The template draws it as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from leadtracker.planner.plan import Outlook, Plan

HEIGHT, TOP, BOTTOM = 240, 34, 212  # px; the curve is between the latter two
LEFT, RIGHT = 9.0, 96.0  # % of the width, between which the curve is
GRID = (0.01, 0.02, 0.05, 0.1, 0.2)  # steps of the share
LINES = 5  # at most, of the grid
APART = 6.0  # % of the width that labels are apart


@dataclass(frozen=True, slots=True)
class Point:
    x: float  # % of the width
    y: float  # px
    look: Outlook
    labeled: bool  # its number stands below


@dataclass(frozen=True, slots=True)
class Picture:
    """`points` from the smallest pool to the largest; `grid` has (y, share) of each line."""

    points: tuple[Point, ...]
    now: Point
    grid: tuple[tuple[float, float], ...]


def picture(plan: Plan) -> Picture:
    """The share of calls given to the right visitor, over the numbers of the pool."""
    sizes = {look.numbers: look for look in (*plan.steps, plan.now)}
    least, most = min(sizes), max(sizes)
    sizes |= {look.numbers: look for look in plan.sizes if least <= look.numbers <= most}
    looks = [sizes[numbers] for numbers in sorted(sizes)]
    low, high = min(look.right for look in looks), max(look.right for look in looks)
    step = next((step for step in GRID if (high - low) / step <= LINES - 1), GRID[-1])
    bottom, top = math.floor(low / step), math.ceil(high / step)
    top = max(top, bottom + 1)

    def x(numbers: int) -> float:
        return LEFT + (RIGHT - LEFT) * (numbers - least) / max(1, most - least)

    def y(share: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (share / step - bottom) / (top - bottom)

    labeled = _labeled(
        {look.numbers: x(look.numbers) for look in (plan.now, *reversed(plan.steps), *plan.sizes)}
    )
    points = tuple(
        Point(x(look.numbers), y(look.right), look, look.numbers in labeled) for look in looks
    )
    return Picture(
        points,
        next(point for point in points if point.look.numbers == plan.now.numbers),
        tuple((y(line * step), line * step) for line in range(bottom, top + 1)),
    )


def _labeled(places: Mapping[int, float]) -> set[int]:
    """Which numbers are written below: those that leave the earlier ones room."""
    taken: dict[int, float] = {}
    for numbers, x in places.items():
        if all(abs(x - other) >= APART for other in taken.values()):
            taken[numbers] = x
    return set(taken)
