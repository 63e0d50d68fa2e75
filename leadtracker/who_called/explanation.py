"""Why a call is whose, for people: the verdict, each candidate, their visit and the reasons."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from leadtracker.domain import Json, Touchpoint
from leadtracker.errors import StoreUnavailable
from leadtracker.live import Live
from leadtracker.matching.calibration import Calibration
from leadtracker.matching.evidence import Evidence
from leadtracker.matching.posterior import Candidate
from leadtracker.records import leases
from leadtracker.records.calls import newest_of_visitor
from leadtracker.records.session import Session
from leadtracker.records.tables import CallRow, VerdictRow
from leadtracker.records.verdicts import judgment_of
from leadtracker.who_called.verdict import (
    MOST_CANDIDATES,
    WORTH_LISTING,
    calibration_of,
    displayed,
)


@dataclass(frozen=True, slots=True)
class Person:
    """A candidate.

    `info` is what the site knows of them, `came` the touchpoint of the visit that speaks for them.
    """

    visitor: str
    p: float
    reasons: tuple[str, ...]
    info: Json = field(default_factory=dict)
    came: Touchpoint | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict, and what speaks for each candidate.

    `verdict` is certain, likely, nobody or ambiguous, after the user's word; the probabilities are
    those before it. `word` is a visitor, '' for none of these, None for no word. `applied` says
    whether the worker has acted on the word.
    """

    verdict: str
    people: tuple[Person, ...]
    nobody: float
    other: float  # visitors too long ago to be listed, and those too unlikely to be shown
    word: str | None
    said_at: datetime | None
    said_by: str | None  # the user's name, where it is known
    applied: bool
    rules: int
    version: int
    calibrated: bool

    @property
    def caller(self) -> Person | None:
        """Who is said to have called, if anybody."""
        if self.word is not None:
            return next((person for person in self.people if person.visitor == self.word), None)
        if self.people and self.verdict in ("certain", "likely"):
            return self.people[0]
        return None


def explanation(session: Session, live: Live, call: CallRow) -> Explanation | None:
    """None for a call that was not matched."""
    row = session.get(VerdictRow, call.id)
    if row is None:
        return None
    judged = judgment_of(row)
    calibration = calibration_of(call.match)
    before = displayed(replace(judged, word=None), calibration)
    listed = [
        each
        for each in before.candidates[:MOST_CANDIDATES]
        if each.p >= WORTH_LISTING or each.visitor == judged.word
    ]
    people = [_person(session, live, row.site_id, each, judged.evidence, call) for each in listed]
    return Explanation(
        verdict=displayed(judged, calibration).verdict,
        people=tuple(people),
        nobody=before.nobody,
        other=max(0.0, 1 - before.nobody - sum(each.p for each in listed)),
        word=judged.word,
        said_at=row.confirmed_at,
        said_by=row.confirmed_by,
        applied=row.confirmed == row.heeded,
        rules=judged.rules,
        version=judged.version,
        calibrated=calibration != Calibration(),
    )


def _person(
    session: Session,
    live: Live,
    site_id: int,
    candidate: Candidate,
    evidence: Evidence,
    call: CallRow,
) -> Person:
    visits = [
        each
        for each in (*evidence.holders, *evidence.elsewhere)
        if each.visitor == candidate.visitor
    ]
    came = next(
        (touch for visit in visits if (touch := leases.touchpoint_of(session, visit.lease))), None
    )
    info, latest = _known(session, live, site_id, candidate.visitor, call)
    return Person(candidate.visitor, candidate.p, candidate.reasons, info, came or latest)


def _known(
    session: Session, live: Live, site_id: int, visitor: str, call: CallRow
) -> tuple[Json, Touchpoint | None]:
    """What the visitor typed, and where their visit came from.

    This call's own copy comes first, then what Redis has, then the copy of another call.
    """
    if call.visitor_id == visitor:
        return call.visitor_info, call.touchpoint
    try:
        found = live.visitor(site_id, visitor)
    except StoreUnavailable:
        found = None
    if found is not None:
        return found.info, found.latest
    copy = newest_of_visitor(session, visitor)
    if copy is None:
        return {}, None
    return copy.visitor_info, copy.touchpoint
