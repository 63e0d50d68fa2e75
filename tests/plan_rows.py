"""A history to plan from, of which every figure is known, and a plan made up without any work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.matching.counts import Counts
from leadtracker.matching.evidence import Evidence, Holder
from leadtracker.matching.phone_memory import Remembered
from leadtracker.matching.posterior import Candidate, Posterior
from leadtracker.planner.delay_curve import DelayCurve
from leadtracker.planner.plan import Outlook, Plan
from leadtracker.records import verdicts
from leadtracker.records.plans import KeptPlan, MadeFrom
from leadtracker.records.verdicts import Judgment
from tests.dashboard_rows import add, call, lease

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PHONE = "+972543216549"


def history(engine: Engine, until: datetime, visits: int = 480, calls: int = 20) -> None:
    """A visit each half hour up to `until`: every second is mobile,
    every fourth finds no number and asks three times.

    A page is seen 100 s; visits are of two sources by turns, levels 0 1 2 2;
    every fifth is by the same visitor.
    """
    rows: list[Any] = []
    for number in range(visits):
        start = until - (number + 1) * 30 * MINUTE
        refused = number % 4 == 3
        common = {
            "visitor": "again" if number % 5 == 0 else f"visitor-{number}",
            "visit": f"visit-{number}",
            "source_key": ("google / cpc", "(direct)")[number % 2],
            "device": ("mobile", "desktop")[number % 2],
            "region": ("IL-2", "IL-3", "", "IL-3")[number % 4],
        }
        if refused:
            empty = {"did": None, "reason": "pool_empty", "seen": start}
            rows += [
                lease(start + again * MINUTE, new_visit=not again, **(common | empty))
                for again in range(3)
            ]
        else:
            ended = start + timedelta(seconds=100)
            levels = [start.isoformat()] * (number % 4)
            rows.append(lease(start, seen=ended, left=ended, levels=levels, **common))
    rows += [
        lease(until - HOUR, reason="restored"),
        lease(until - HOUR, site_id=2),
        lease(until + HOUR),
    ]
    add(engine, *rows)
    with Session(engine) as session:
        for number in range(calls):
            row = call(until - (number + 1) * HOUR)
            session.add(row)
            session.flush()
            verdicts.save(session, [(row.id, 1, judged(row.started_at, known=number % 4 == 0))])
        unlearned = call(until - HOUR)
        session.add(unlearned)
        session.flush()
        verdicts.save(
            session,
            [(unlearned.id, 1, Judgment(Evidence(0.0, None, None, 0, 0, 1.0), NOBODY, 1, 1))],
        )
        session.commit()


NOBODY = Posterior((), 1.0, 0.0, {})


def judged(at: datetime, known: bool) -> Judgment:
    """Nine tenths the one, a twentieth the other, of which a tenth is a repeat;
    a known phone's teaches nothing."""
    candidates = (Candidate("one", 0.9, {}, "", ()), Candidate("other", 0.05, {}, "", ()))
    before = Remembered(at.timestamp() - 60, ("+972722776772",), (), 0.0, 0.0) if known else None
    holders = tuple(
        Holder(each.visitor, each.visitor, "", 0, "", "", 2, True, 0, 0, None)
        for each in candidates
    )
    evidence = Evidence(
        at.timestamp(), "+972722776772", PHONE, 14, 2, 1.0, holders=holders, remembered=before
    )
    lesson = Counts(
        tap_calls={"0": 0.4},
        open_calls={"1.2": 0.2},
        closed_calls={"6.1": 0.25},
        totals={"stray_calls": 0.05, "region_told": 0.6},
    )
    posterior = Posterior(candidates, 0.05, 0.0, {}, first_calls=(0.8, 0.05), stray=0.05)
    return Judgment(evidence, posterior, 1, 1, Counts() if known else lesson)


def look(numbers: int, right: float, worst_overflow: float = 0.0) -> Outlook:
    return Outlook(
        numbers=numbers,
        overflow=worst_overflow / 3,
        worst_overflow=worst_overflow,
        worst_hour=34,
        right=right,
        wrong=0.9 * (1 - right),
        certain=0.8 * right,
        certain_wrong=0.015,
        campaign=0.99,
    )


def some_plan(right: float = 0.78, worst_overflow: float = 0.0) -> KeptPlan:
    """For the five numbers of the tests' shop."""
    now = look(5, right, worst_overflow)
    steps = tuple(look(5 + more, right + more / 1000) for more in (10, 25, 50, 100))
    targets = ((0.8, look(25, 0.8)), (0.85, look(75, 0.85)), (0.9, look(300, 0.9)), (0.95, None))
    curve = DelayCurve("blended", 57.3, 0.3, [[0.0] * 4] * 8, [[0.0] * 4] * 16)
    plan = Plan(curve, now, steps, targets, (now, look(10, right + 0.004), look(20, right + 0.016)))
    return KeptPlan(datetime.now(UTC) - 3 * HOUR, MadeFrom(12_345, 612, 28.0), plan)
