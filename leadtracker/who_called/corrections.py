"""A user says whose call it was, or takes it back.

The word is kept at once. The worker acts on it in its next turn: what a site has learned is in the
worker's memory and written whole, so nobody else may change it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

from leadtracker.domain import Outcome, Site, Touchpoint
from leadtracker.errors import BadRequest, NotFound, StoreUnavailable
from leadtracker.live import Live
from leadtracker.matching.confirmation import candidates_of, truth
from leadtracker.records import learned, verdicts
from leadtracker.records.calls import Snapshot, snapshot_of
from leadtracker.records.database import WritersTurn
from leadtracker.records.session import Engine, InterfaceError, OperationalError, Session
from leadtracker.records.sites import Directory
from leadtracker.records.tables import CallRow, VerdictRow
from leadtracker.records.verdicts import Judgment, judgment_of
from leadtracker.who_called.assignment import Assignment, assign, from_verdict
from leadtracker.who_called.knowledge import Knowledge, Knowledges

log = logging.getLogger(__name__)
BATCH = 25
NOBODY = ""  # the word "none of these"


def keep_word(engine: Engine, call_pk: int, word: str | None, by: str | None = None) -> None:
    """Keep a user's word on a call: a candidate, NOBODY, or None to take it back.

    `by` is the user's name. Raises NotFound, BadRequest.
    """
    with WritersTurn(engine), Session(engine) as session:
        row = session.get(VerdictRow, call_pk)
        if row is None:
            raise NotFound("this call was not matched, so there is nothing to confirm")
        if word and word not in candidates_of(judgment_of(row).posterior):
            raise BadRequest("this visitor is not among those who may have called")
        row.confirmed, row.confirmed_at, row.confirmed_by = word, None, None
        if word is not None:
            row.confirmed_at, row.confirmed_by = datetime.now(UTC), by
        session.commit()


def apply_corrections(
    engine: Engine, live: Live, directory: Directory, knowledges: Knowledges
) -> int:
    """Act on the oldest words that nobody has acted on; return how many. Only the worker may."""
    with Session(engine) as session:
        waiting = verdicts.waiting(session, BATCH)
    for call_pk in waiting:
        try:
            with WritersTurn(engine), Session(engine) as session:
                _apply(session, live, directory, knowledges, call_pk)
                knowledges.save(session)
                session.commit()
        except (StoreUnavailable, OperationalError, InterfaceError):
            knowledges.forget()
            raise
        except Exception:  # one that cannot be acted on must not stop those behind it
            knowledges.forget()
            log.exception("the word on call %s cannot be acted on", call_pk)
            with Session(engine) as session:
                verdicts.mark_applied(session, call_pk)
                session.commit()
    return len(waiting)


def _apply(
    session: Session, live: Live, directory: Directory, knowledges: Knowledges, call_pk: int
) -> None:
    row, call = session.get_one(VerdictRow, call_pk), session.get_one(CallRow, call_pk)
    site = directory.site(row.site_id)
    word = row.confirmed
    if site is not None:
        known = knowledges.of(session, site, datetime.now(UTC))
        _relearn(session, known, row, call)
        judged = judgment_of(row)
        if word is None:
            row.stated_right = None
            _restore(session, site, row, call, judged)
        else:
            row.stated_right = truth(judged.posterior, word or None)[1]
            row.matched = row.matched or _as_matched(session, call)
            before, calibration = snapshot_of(call), known.calibration
            assign(session, call, from_verdict(session, live, site, before, judged, calibration))
    row.heeded = word


def _relearn(session: Session, known: Knowledge, row: VerdictRow, call: CallRow) -> None:
    """Teach the site what the call teaches now, in place of what it taught before the word."""
    judged = judgment_of(row)
    if judged.lesson is not None:
        before = replace(judged, word=row.heeded)
        answered = call.outcome == Outcome.ANSWERED
        row.lesson = verdicts.lesson_json(known.relearn(before, judged, answered))
    phone, site_id, was = judged.evidence.phone, row.site_id, row.heeded
    if phone and was and not verdicts.confirmed_elsewhere(session, site_id, phone, was, call.id):
        learned.forget_phone(session, site_id, phone, was, "user")
    if phone and judged.word:
        learned.tell_phone(session, site_id, phone, judged.word, "user")


def _as_matched(session: Session, call: CallRow) -> dict[str, object]:
    """The call's visitor and shares before any word, to go back to."""
    shares = [(p, touched.origin) for p, touched in verdicts.shares_of(session, call.id)]
    return {**snapshot_of(call).to_json(), "shares": shares}


def _restore(
    session: Session, site: Site, row: VerdictRow, call: CallRow, judged: Judgment
) -> None:
    """Make the call what it was before any word."""
    if row.matched is not None:
        copy = Snapshot.from_json(row.matched)
        parts = [(p, Touchpoint(**origin)) for p, origin in row.matched["shares"]]
        assign(session, call, Assignment(site, copy, judged, parts))
        row.matched = None
