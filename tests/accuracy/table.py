"""Scores of several seeds as tables: the mean of the seeds beside what was promised."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tests.accuracy.decisions import Line

Results = dict[str, list[Line]]  # world -> a score for each seed
SOON = "<= 60 s"


def mean(scores: list[Line], *path: str) -> float:
    values = []
    for score in scores:
        value: Any = score
        for name in path:
            value = value[name]
        values.append(float(value))
    return sum(values) / len(values)


def by_delay(scores: list[Line], delay: str) -> float:
    """All seeds' calls together."""
    groups = [score["first calls by delay"][delay] for score in scores]
    calls: int = sum(group["calls"] for group in groups)
    right: float = sum(group["calls"] * group["right"] for group in groups)
    return right / max(1, calls)


def pooled(scores: list[Line]) -> list[list[float]]:
    """All seeds' bins together: calls, stated, true."""
    each = [score["bins (calls, stated, true)"] for score in scores]
    return [[sum(one[tenth][n] for one in each) for n in range(3)] for tenth in range(10)]


def ece(scores: list[Line]) -> float:
    tenths = pooled(scores)
    return (
        100
        * sum(abs(stated - true) for _, stated, true in tenths)
        / max(1, sum(calls for calls, _, _ in tenths))
    )


def misplanned(scores: list[Line]) -> list[float]:
    """How far the planner's share of right visitors is from the scored one, in points,
    of each seed that has a plan."""
    return [
        abs(s["planned"] - s["at 0"]["visitor right"]) for s in scores if s["planned"] is not None
    ] or [math.nan]


MEASURES: tuple[tuple[str, Callable[[list[Line]], float]], ...] = (
    (
        "right visitor, all calls of visitors, %",
        lambda scores: mean(scores, "at 0", "visitor right"),
    ),
    ("first calls in the visit or within 60 s, right, %", lambda scores: by_delay(scores, SOON)),
    ("right campaign, %", lambda scores: mean(scores, "at 0", "campaign right")),
    ("campaign totals, error %", lambda scores: mean(scores, "campaign totals error")),
    (
        "right when certain (p >= 0.8), % of all calls",
        lambda scores: mean(scores, "at 0.8", "visitor right"),
    ),
    ("wrong when certain, % of all calls", lambda scores: mean(scores, "at 0.8", "visitor wrong")),
    ("stated against true probability (ECE), %", ece),
    ("visitors who asked and got no number, %", lambda scores: mean(scores, "overflow")),
    ("double holds", lambda scores: sum(float(score["double holds"]) for score in scores)),
    (
        "planner against simulated outcome, points",
        lambda scores: sum(misplanned(scores)) / len(misplanned(scores)),
    ),
    ("... in the worst seed", lambda scores: max(misplanned(scores))),
)
LEAST = (
    True,
    True,
    True,
    False,
    True,
    False,
    False,
    False,
    False,
    False,
    False,
)  # whether the promise is a floor
PROMISED: dict[str, tuple[float | None, ...]] = {  # in the order of MEASURES
    "typ-0.3": (76, 99.3, 98.7, 2.5, 63, 1.7, 2, 0, 0, 2, None),
    "typ-0.6": (75, 99.3, 98.7, 2, 62, 2.5, 2, 0, 0, 2, None),
    "typ-2.0": (68, 98.8, 89, 7.5, 52, 2.5, 4, 0, 0, 2, None),
    "levers-0.6": (84, *[None] * 6, 0, 0, None, None),
}


def table(results: Results) -> str:
    """Measures down, worlds across, each with its promise where there is one."""
    nothing = (None,) * len(MEASURES)
    rows = [
        ["Mean of the seeds", *(f"{world} ({len(scores)})" for world, scores in results.items())]
    ]
    for n, (what, measure) in enumerate(MEASURES):
        cells = (
            _cell(measure(s), PROMISED.get(world, nothing)[n], LEAST[n])
            for world, s in results.items()
        )
        rows.append([what, *cells])
    return _markdown(rows)


def _cell(value: float, promised: float | None, least: bool) -> str:
    if math.isnan(value):
        return "too few visits"
    if promised is None:
        return f"{value:.2f}"
    met = value >= promised if least else value <= promised
    return f"{value:.2f} ({'>=' if least else '<='} {promised:g}{'' if met else ' MISSED'})"


def delays(results: Results) -> str:
    """How many first calls are right, by the time since the page was last visible."""
    names = list(next(iter(results.values()))[0]["first calls by delay"])
    rows = [["Right, % (calls)", *names, "strays and off-line attributed at 0 / 0.8"]]
    for world, scores in results.items():
        calls = [
            sum(score["first calls by delay"][name]["calls"] for score in scores) for name in names
        ]
        right = [
            f"{by_delay(scores, name):.1f} ({number})"
            for name, number in zip(names, calls, strict=True)
        ]
        strays = [mean(scores, f"at {p}", "strays and off-line attributed") for p in ("0", "0.8")]
        rows.append([world, *right, f"{strays[0]:.1f} / {strays[1]:.1f}"])
    return _markdown(rows)


def bins(results: Results) -> str:
    """What was stated and what was true, by tenths of the stated probability,
    all seeds together."""
    rows = [["Stated > true (calls)", *(f"{n / 10:.1f}" for n in range(10))]]
    for world, scores in results.items():
        cells = [f"{s / n:.2f} > {t / n:.2f} ({n:g})" if n else "" for n, s, t in pooled(scores)]
        rows.append([world, *cells])
    return _markdown(rows)


def _markdown(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])
