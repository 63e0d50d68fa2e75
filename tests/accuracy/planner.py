"""Planner against simulated outcome: what the product plans from the rows a simulation left,
against what was scored.

python -m tests.accuracy.planner DATABASE-URL SITE RIGHT [--days 35]

RIGHT is the scored share of visitors' calls given to the right visitor, in percent; the last DAYS
of the history are measured, which should be those that were scored.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from leadtracker.planner.making import numbers_of
from leadtracker.planner.planner import outlook
from leadtracker.records.database import open_database
from leadtracker.records.sites import Directory
from leadtracker.records.tables import LeaseRow
from leadtracker.reports.plan_inputs import Span, plan_inputs

SCORED_DAYS = 35.0  # of a benchmark's 56, after its warm-up
MOST_POINTS = 2.0
ROW = "planner against simulated outcome, points"


@dataclass(frozen=True)
class Compared:
    """Shares of visitors' calls given to the right visitor, in percent."""

    planned: float
    scored: float

    @property
    def points(self) -> float:
        return self.planned - self.scored

    @property
    def good(self) -> bool:
        return abs(self.points) <= MOST_POINTS


def compared(engine: Engine, site_name: str, right: float, days: float = SCORED_DAYS) -> Compared:
    """`right` as the scorer says it, in percent. Raises TooFewVisits."""
    directory = Directory(engine)
    [site] = (site for site in directory.sites if site.name == site_name)
    with Session(engine) as session:
        latest = session.scalar(select(func.max(LeaseRow.start)).where(LeaseRow.site_id == site.id))
        assert isinstance(latest, datetime), "no visits"
        until = latest + timedelta(seconds=1)
        numbers = numbers_of(directory, site)
        inputs, _ = plan_inputs(session, Span(site, until - timedelta(days=days), until), numbers)
    return Compared(100 * outlook(inputs, numbers).right, right)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy.planner")
    parser.add_argument("database")
    parser.add_argument("site")
    parser.add_argument("right", type=float)
    parser.add_argument("--days", type=float, default=SCORED_DAYS)
    given = parser.parse_args()
    found = compared(open_database(given.database), given.site, given.right, given.days)
    print(
        f"{ROW}: planned {found.planned:.1f}, scored {found.scored:.1f}: "
        f"{found.points:+.1f} (at most {MOST_POINTS})"
    )
    raise SystemExit(0 if found.good else 1)


if __name__ == "__main__":
    main()
