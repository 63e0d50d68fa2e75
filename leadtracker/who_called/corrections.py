"""A user says whose call it was, or takes it back: kept at once, and acted on by the worker in its next turn.

What a site has learned is in the worker's memory and written whole, so that nobody else may teach it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, exists, select, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, aliased

from leadtracker.domain import (
    Outcome,
    Site,
    Touchpoint,
    touchpoint_from_json,
    touchpoint_to_json,
)
from leadtracker.errors import BadRequest, NotFound, StoreUnavailable
from leadtracker.live import Live
from leadtracker.matching.confirmation import candidates_of, truth
from leadtracker.records import learned, verdicts
from leadtracker.records.calls import Snapshot, fill_visitor, snapshot_of
from leadtracker.records.database import WritersTurn
from leadtracker.records.sites import Directory
from leadtracker.records.tables import CallRow, VerdictRow
from leadtracker.records.verdicts import judgement_of
from leadtracker.who_called.knowledge import Knowledge, Knowledges
from leadtracker.who_called.verdict import shown, snapshot

log = logging.getLogger(__name__)
BATCH = 25
NOBODY = ""  # the word "nobody of these"


def say(engine: Engine, call_pk: int, word: str | None, by: str | None = None) -> None:
    """Keep a user's word on a call: a candidate, NOBODY, or None to take it back.

    `by` is the user's name. Raises NotFound, BadRequest.
    """
    with WritersTurn(engine), Session(engine) as session:
        row = session.get(VerdictRow, call_pk)
        if row is None:
            raise NotFound("this call was not matched, so there is nothing to confirm")
        if word and word not in candidates_of(judgement_of(row).posterior):
            raise BadRequest("this visitor is not among those who may have called")
        row.confirmed, row.confirmed_at, row.confirmed_by = word, None, None
        if word is not None:
            row.confirmed_at, row.confirmed_by = datetime.now(UTC), by
        session.commit()


def heed_words(engine: Engine, live: Live, directory: Directory, knowledges: Knowledges) -> int:
    """Act on the oldest words that nobody acted on; returns on how many. Only the worker may."""
    with Session(engine) as session:
        waiting = verdicts.waiting(session, BATCH)
    for call_pk in waiting:
        try:
            with WritersTurn(engine), Session(engine) as session:
                _heed(session, live, directory, knowledges, call_pk)
                knowledges.save(session)
                session.commit()
        except (StoreUnavailable, OperationalError, InterfaceError):
            knowledges.forget()
            raise
        except Exception:  # one that cannot be acted on must not stop those behind it
            knowledges.forget()
            log.exception("the word on call %s cannot be acted on", call_pk)
            with Session(engine) as session:
                heeded = update(VerdictRow).where(VerdictRow.call_pk == call_pk)
                session.execute(heeded.values(heeded=VerdictRow.confirmed))
                session.commit()
    return len(waiting)


def _heed(
    session: Session, live: Live, directory: Directory, knowledges: Knowledges, call_pk: int
) -> None:
    row, call = session.get_one(VerdictRow, call_pk), session.get_one(CallRow, call_pk)
    site = directory.site(row.site_id)
    word = row.confirmed
    if site is not None:
        known = knowledges.of(session, site, datetime.now(UTC))
        _relearn(session, known, row, call)
        if word is None:
            _restore(session, row, call)
        else:
            row.matched = row.matched or _as_matched(session, call)
            _believe(session, live, site, known, row, call)
        row.stated_right = (
            None if word is None else truth(judgement_of(row).posterior, word or None)[1]
        )
    row.heeded = word


def _relearn(session: Session, known: Knowledge, row: VerdictRow, call: CallRow) -> None:
    judged = judgement_of(row)
    if judged.lesson is not None:
        before = replace(judged, word=row.heeded)
        learned_now = known.relearn(before, judged, call.outcome == Outcome.ANSWERED).lesson
        row.lesson = None if learned_now is None else learned_now.to_json()
    phone = judged.evidence.phone
    if phone and row.heeded and not _said_elsewhere(session, row, phone):
        learned.forget_phone(session, row.site_id, phone, row.heeded, "user")
    if phone and judged.word:
        learned.tell_phone(session, row.site_id, phone, judged.word, "user")


def _said_elsewhere(session: Session, row: VerdictRow, phone: str) -> bool:
    """Whether a user said of another call of this phone that it was the same visitor."""
    other, call = aliased(VerdictRow), aliased(CallRow)
    said = exists().where(
        call.caller == phone,
        other.call_pk == call.id,
        other.call_pk != row.call_pk,
        other.confirmed == row.heeded,
        other.site_id == row.site_id,
    )
    return bool(session.scalar(select(said)))


def _believe(
    session: Session, live: Live, site: Site, known: Knowledge, row: VerdictRow, call: CallRow
) -> None:
    """The call's copy of its visitor, and its shares, as the user's word has them."""
    judged = judgement_of(row)
    now = snapshot(session, live, site, snapshot_of(call), judged, known.calibration)
    same = now.visitor_id is not None and now.visitor_id == call.visitor_id
    fill_visitor(call, now)
    if same and now.touchpoint:
        parts = [(1.0, now.touchpoint)]
    else:
        parts = verdicts.parts_of(
            session, site.id, shown(judged, known.calibration), judged.evidence
        )
    verdicts.share(session, {call.id: parts})


def _as_matched(session: Session, call: CallRow) -> dict[str, Any]:
    was = snapshot_of(call)
    return {
        "visitor_id": was.visitor_id,
        "match": was.match,
        "info": was.info,
        "first_touchpoint": touchpoint_to_json(was.first_touchpoint),
        "touchpoint": touchpoint_to_json(was.touchpoint),
        "shares": [(p, touched.origin) for p, touched in verdicts.shares_of(session, call.id)],
    }


def _restore(session: Session, row: VerdictRow, call: CallRow) -> None:
    if row.matched is not None:
        was = row.matched
        parts = [(p, Touchpoint(**origin)) for p, origin in was["shares"]]
        verdicts.share(session, {call.id: parts})
        fill_visitor(
            call,
            Snapshot(
                was["visitor_id"],
                was["match"],
                was["info"],
                touchpoint_from_json(was["first_touchpoint"]),
                touchpoint_from_json(was["touchpoint"]),
            ),
        )
        row.matched = None
