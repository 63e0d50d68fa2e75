"""Verdicts derived again from the kept evidence, with today's rules and rates: shown first, then applied.

It teaches nothing: what a call taught when it ended stays in the site's sums, which are the worker's, and fades there.
So it needs no turn of the worker's. Calls that a user has spoken of, and calls still going on, stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Engine, Select, literal, select, tuple_
from sqlalchemy.orm import Session

from leadtracker.domain import Site
from leadtracker.live import Live
from leadtracker.matching.matching import RULES, match
from leadtracker.matching.posterior import Posterior
from leadtracker.records import verdicts
from leadtracker.records.calls import fill_visitor, snapshot_of
from leadtracker.records.database import UtcDateTime, WritersTurn
from leadtracker.records.tables import CallRow, VerdictRow
from leadtracker.records.verdicts import judgement_of
from leadtracker.who_called.knowledge import Knowledge
from leadtracker.who_called.verdict import calibration_of, shown, snapshot

AT_ONCE = 200
MOVED = 0.005  # a probability that moves by less has not changed


@dataclass(frozen=True, slots=True)
class Rematch:
    """A call whose verdict would be another; `before` and `after` as they are shown."""

    call_pk: int
    started_at: datetime
    caller: str | None
    before: Posterior
    after: Posterior
    matched: Posterior  # before any recalibration, as it is kept

    @property
    def renames(self) -> bool:
        """Another verdict, or another visitor named; else only the probability moves."""
        return _named(self.before) != _named(self.after)


def rematches(engine: Engine, site: Site, since: datetime) -> Iterator[Rematch]:
    """Oldest call first; reads only."""
    with Session(engine) as session:
        known = Knowledge.load(session, site, datetime.now(UTC))
        place = (since, 0)
        while True:
            found = session.execute(_calls(site, place)).all()
            for row, call in found:
                place = (call.started_at, call.id)
                judged = judgement_of(row)
                matched = match(judged.evidence, known.view)
                before = shown(judged, calibration_of(call.match))
                after = shown(replace(judged, posterior=matched), known.calibration)
                if _named(before) != _named(after) or _moved(before, after):
                    yield Rematch(call.id, call.started_at, call.caller, before, after, matched)
            session.expunge_all()
            if len(found) < AT_ONCE:
                return


def apply(engine: Engine, live: Live, site: Site, change: Rematch) -> bool:
    """Make a call what was shown; False when somebody spoke of it since."""
    with WritersTurn(engine), Session(engine) as session:
        row, call = (
            session.get_one(VerdictRow, change.call_pk),
            session.get_one(CallRow, change.call_pk),
        )
        if row.confirmed is not None or row.heeded is not None:
            return False
        known = Knowledge.load(session, site, datetime.now(UTC))
        judged = replace(
            judgement_of(row), posterior=change.matched, rules=RULES, version=known.version
        )
        verdicts.save(session, [(call.id, site.id, judged)])
        fill_visitor(
            call, snapshot(session, live, site, snapshot_of(call), judged, known.calibration)
        )
        parts = verdicts.parts_of(
            session, site.id, shown(judged, known.calibration), judged.evidence
        )
        verdicts.share(session, {call.id: parts})
        session.commit()
    return True


def _calls(site: Site, after: tuple[datetime, int]) -> Select[VerdictRow, CallRow]:
    """Calls that have ended and taught, of which no user has spoken."""
    place = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
    return (
        select(VerdictRow, CallRow)
        .join(CallRow, CallRow.id == VerdictRow.call_pk)
        .where(
            CallRow.site_id == site.id,
            tuple_(CallRow.started_at, CallRow.id) > place,
            VerdictRow.site_id == site.id,
            VerdictRow.lesson.is_not(None),
            VerdictRow.confirmed.is_(None),
            VerdictRow.heeded.is_(None),
        )
        .order_by(CallRow.started_at, CallRow.id)
        .limit(AT_ONCE)
    )


def _named(posterior: Posterior) -> tuple[str, str | None]:
    sure = posterior.verdict in ("certain", "likely")
    return posterior.verdict, posterior.candidates[0].visitor if sure else None


def _moved(before: Posterior, after: Posterior) -> bool:
    was = {each.visitor: each.p for each in before.candidates}
    now = {each.visitor: each.p for each in after.candidates}
    far = max(
        (abs(was.get(who, 0.0) - now.get(who, 0.0)) for who in was.keys() | now.keys()), default=0.0
    )
    return max(far, abs(before.nobody - after.nobody)) >= MOVED
