"""Calls whose end never comes: after a time without news they end as unknown."""

from __future__ import annotations

from datetime import datetime

from leadtracker.records import calls, inbox
from leadtracker.records.database import WritersTurn
from leadtracker.records.session import Engine, Session

MOST_AT_ONCE = 50


def end_silent_calls(engine: Engine, before: datetime) -> int:
    """Have calls without news since `before` read again, which ends them; returns how many.

    Whatever comes later is read as always, and corrects the call.
    """
    with WritersTurn(engine), Session(engine) as session:
        found = calls.silent(session, before, MOST_AT_ONCE)
        for call_pk in found:
            if not inbox.read_call_again(session, call_pk):
                calls.end(session, call_pk)
        session.commit()
    return len(found)
