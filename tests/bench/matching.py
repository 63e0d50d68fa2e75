"""What one match costs: a call on a number with so many past holders, as dear as evidence gets."""

from __future__ import annotations

import random
import statistics
import time

from leadtracker.matching.counts import Counts
from leadtracker.matching.evidence import Evidence, Holder, Older
from leadtracker.matching.matching import match
from leadtracker.matching.page_state import AGES, LEVELS, OPENS
from leadtracker.matching.phone_memory import Called, Known, Remembered
from leadtracker.matching.rates import fit

BAR_MS = 5.0  # p99


def call(candidates: int, dice: random.Random) -> Evidence:
    """As many visitors as holders, each with a region and a topic,
    a third of them callers before."""
    names = [f"visitor-{i:016}" for i in range(candidates)]
    holders = tuple(
        Holder(
            name,
            str(i),
            f"google / campaign {i % 8}",
            dice.randrange(OPENS),
            f"IL-{i % 5}",
            f"topic {i % 10}",
            dice.randrange(LEVELS),
            i < 4,
            0.0 if i < 4 else 3600.0 * i,
            0.0 if i < 4 else 3600.0 * i,
            None,
        )
        for i, name in enumerate(names)
    )
    older = tuple(
        Older(level, f"google / campaign {source}", (0.0,) * (AGES - 6) + (3.0,) * 6)
        for level in range(LEVELS)
        for source in range(8)
    )
    known = tuple(Known(name, 0.1, "google / campaign 1", "topic 1") for name in names[:8])
    called = {
        name: Called(1.7e9 - 86400, 0.4, "+97231", True, "+972501111111") for name in names[::3]
    }
    return Evidence(
        1.7e9,
        "+97231",
        "+972502222222",
        10,
        1,
        1.3,
        "IL-3",
        "topic 3",
        holders,
        older,
        Remembered(1.7e9 - 3600, ("+97231",), known, 0.1, 0.1),
        called,
        known_otherwise=frozenset(names[::7]),
    )


def milliseconds(candidates: int, matches: int) -> tuple[float, float]:
    """(p50, p99) of one match."""
    view, dice = fit(Counts()), random.Random(1)
    calls = [call(candidates, dice) for _ in range(20)]
    took = []
    for i in range(matches):
        begin = time.perf_counter()
        match(calls[i % len(calls)], view)
        took.append((time.perf_counter() - begin) * 1000)
    cuts = statistics.quantiles(took, n=100)
    return cuts[49], cuts[98]


def measure(matches: int = 2000) -> None:
    for candidates in (64, 128):
        p50, p99 = milliseconds(candidates, matches)
        verdict = "" if p99 <= BAR_MS else f"  OVER the bar of {BAR_MS:.0f} ms"
        print(
            (
                f"match with {candidates:>3} candidates{'':<15}p50 {p50:6.2f} ms  p99 {p99:6.2f} "
                f"ms{verdict}"
            ),
            flush=True,
        )


if __name__ == "__main__":
    measure()
