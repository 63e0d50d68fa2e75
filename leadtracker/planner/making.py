"""Makes and keeps a site's plan: at once on request, daily in a process of low priority."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from leadtracker.domain import Site
from leadtracker.planner.planner import Planner
from leadtracker.records import plans
from leadtracker.records.database import WritersTurn
from leadtracker.records.plans import KeptPlan
from leadtracker.records.session import Engine, Session
from leadtracker.records.sites import Directory
from leadtracker.reports.plan_inputs import (
    LEAST_DAYS,
    LEAST_VISITS,
    plan_inputs,
    recent_span,
    visits,
)
from leadtracker.settings import Settings

log = logging.getLogger(__name__)
DAILY = timedelta(hours=24)
LOOK_AGAIN = timedelta(minutes=10)  # when no site needed a plan
TRY_AGAIN = timedelta(hours=1)  # after a site's plan was started


def numbers_of(directory: Directory, site: Site) -> int:
    return len(directory.numbers_in_use(site.id))


def make_plan(
    engine: Engine, site: Site, numbers: int, looking_at: Callable[[int], None] | None = None
) -> tuple[KeptPlan, Planner]:
    """Make a plan and keep it. This takes some seconds.

    The returned planner answers for further pool sizes. Raises TooFewVisits.
    """
    now = datetime.now(UTC)
    with Session(engine) as session:
        inputs, made_from = plan_inputs(session, recent_span(site, now), numbers)
    planner = Planner(inputs, looking_at)
    made = KeptPlan(now, made_from, planner.plan())
    with WritersTurn(engine), Session(engine) as session:
        plans.keep(session, site.id, made)
        session.commit()
    return made, planner


class DailyPlans:
    """Starts one plan at a time, as a process: `leadtracker plan SITE --quietly`."""

    def __init__(self, engine: Engine, directory: Directory, settings: Settings) -> None:
        self._engine, self._directory, self._settings = engine, directory, settings
        self._child: subprocess.Popen[bytes] | None = None
        self._next = datetime.min.replace(tzinfo=UTC)
        self._tried: dict[int, datetime] = {}

    def tick(self, now: datetime) -> None:
        """Start the next plan that is due, and return at once.

        After a plan that failed, other sites come first; then it is tried again.
        """
        if self._child is not None:
            if self._child.poll() is None:
                return
            if self._child.returncode:
                log.warning("a plan could not be made (exit %d)", self._child.returncode)
            self._child = None
        if now < self._next:
            return
        site = self._due(now)
        if site is None:
            self._next = now + LOOK_AGAIN
        else:
            self._tried[site.id] = now
            command = [sys.executable, "-m", "leadtracker", "plan", site.name, "--quietly"]
            environment = self._settings.surroundings() | self._settings.as_environment()
            self._child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._child is not None:
            self._child.terminate()
            self._child.wait()
            self._child = None

    def _due(self, now: datetime) -> Site | None:
        """The first site with enough visits whose plan is a day old or for another pool size."""
        with Session(self._engine) as session:
            made = plans.of_all_sites(session)
            for site in self._directory.sites:
                numbers, last = numbers_of(self._directory, site), made.get(site.id)
                fresh = last and last.made_at > now - DAILY and last.plan.now.numbers == numbers
                if fresh or (site.id in self._tried and self._tried[site.id] > now - TRY_AGAIN):
                    continue
                asked, days = visits(session, recent_span(site, now))
                if numbers and asked >= LEAST_VISITS and days >= LEAST_DAYS:
                    return site
        return None
