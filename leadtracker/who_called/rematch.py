"""Calls judged again from the kept evidence, with today's rules and rates: listed, then applied.

This teaches nothing. What a call taught when it ended stays in the site's sums, which belong to the
worker, and fades there; so no turn of the worker is needed. Calls that a user has spoken of, and
calls still in progress, stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from leadtracker.domain import Site
from leadtracker.live import Live
from leadtracker.matching.matching import RULES, match
from leadtracker.matching.posterior import Posterior
from leadtracker.records import verdicts
from leadtracker.records.calls import snapshot_of
from leadtracker.records.database import WritersTurn
from leadtracker.records.session import Engine, Session
from leadtracker.records.tables import CallRow, VerdictRow
from leadtracker.records.verdicts import judgment_of
from leadtracker.who_called.assignment import assign, from_verdict
from leadtracker.who_called.knowledge import Knowledge
from leadtracker.who_called.verdict import calibration_of, displayed, named

AT_ONCE = 200
MOVED = 0.005  # a probability that moves by less has not changed


@dataclass(frozen=True, slots=True)
class Rematch:
    """A call whose verdict would change; `before` and `after` as people see them."""

    call_pk: int
    started_at: datetime
    caller: str | None
    before: Posterior
    after: Posterior
    matched: Posterior  # before any recalibration, as it is kept

    @property
    def renames(self) -> bool:
        """Whether the verdict or its visitor changes; else only the probability moves."""
        return _named(self.before) != _named(self.after)


def rematches(engine: Engine, site: Site, since: datetime) -> Iterator[Rematch]:
    """List what would change, oldest call first; this reads only."""
    with Session(engine) as session:
        known = Knowledge.load(session, site, datetime.now(UTC))
        place = (since, 0)
        while True:
            found = verdicts.learned_from(session, site.id, place, AT_ONCE)
            for row, call in found:
                place = (call.started_at, call.id)
                judged = judgment_of(row)
                matched = match(judged.evidence, known.view)
                before = displayed(judged, calibration_of(call.match))
                after = displayed(replace(judged, posterior=matched), known.calibration)
                if _named(before) != _named(after) or _moved(before, after):
                    yield Rematch(call.id, call.started_at, call.caller, before, after, matched)
            session.expunge_all()
            if len(found) < AT_ONCE:
                return


def apply(engine: Engine, live: Live, site: Site, change: Rematch) -> bool:
    """Make the listed change; False when a user has spoken of the call since."""
    with WritersTurn(engine), Session(engine) as session:
        row = session.get_one(VerdictRow, change.call_pk)
        call = session.get_one(CallRow, change.call_pk)
        if row.confirmed is not None or row.heeded is not None:
            return False
        known = Knowledge.load(session, site, datetime.now(UTC))
        judged = replace(
            judgment_of(row), posterior=change.matched, rules=RULES, version=known.version
        )
        before, calibration = snapshot_of(call), known.calibration
        assign(session, call, from_verdict(session, live, site, before, judged, calibration))
        session.commit()
    return True


def _named(posterior: Posterior) -> tuple[str, str | None]:
    if best := named(posterior):
        return posterior.verdict, best.visitor
    return posterior.verdict, None


def _moved(before: Posterior, after: Posterior) -> bool:
    was = {each.visitor: each.p for each in before.candidates}
    now = {each.visitor: each.p for each in after.candidates}
    moves = [abs(was.get(who, 0.0) - now.get(who, 0.0)) for who in was.keys() | now.keys()]
    return max(*moves, 0.0, abs(before.nobody - after.nobody)) >= MOVED
