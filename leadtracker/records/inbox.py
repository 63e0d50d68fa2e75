"""The inbox: every callback as received, on disk before it is acknowledged, kept so that it can be read again."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from leadtracker.errors import StoreUnavailable
from leadtracker.records.database import writers_turn
from leadtracker.records.tables import InboxRow

NEW, DONE, BROKEN = "new", "done", "broken"


@dataclass(frozen=True, slots=True)
class Callback:
    """A request of a PBX, byte for byte; when it names its call, an identical one is the same event again."""

    account_id: int
    family: str
    received_at: datetime
    method: str
    content_type: str
    query: str  # without the secret
    body: bytes
    names_call: bool = True

    @property
    def digest(self) -> str:
        moment = "" if self.names_call else self.received_at.isoformat()
        head = "\0".join((str(self.account_id), self.family, self.method, self.query, moment))
        return hashlib.sha256(head.encode() + b"\0" + self.body).hexdigest()


class _Ticket:
    __slots__ = ("done", "fault", "turn", "values")

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.done = False
        self.turn = threading.Event()  # it is done, or its thread is the next to write
        self.fault: Exception | None = None

    @property
    def digest(self) -> str:
        return str(self.values["digest"])


class Inbox:
    """Keeps callbacks. Threads that come at the same time share one commit, and so one wait for the disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pending: list[_Ticket] = []
        self._lock = threading.Lock()  # of the two below
        self._writing = False
        insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        self._insert = insert(InboxRow).on_conflict_do_update(
            index_elements=["digest"], set_={"copies": InboxRow.copies + 1}
        )

    def keep(self, callback: Callback, state: str = NEW, fault: str | None = None) -> None:
        """Return when the callback is on disk; a copy of one kept before only counts. Raises StoreUnavailable."""
        ticket = _Ticket(
            {
                "account_id": callback.account_id, "family": callback.family, "received_at": callback.received_at,
                "method": callback.method, "content_type": callback.content_type, "query": callback.query,
                "body": callback.body, "digest": callback.digest, "copies": 1, "state": state, "fault": fault,
            }
        )  # fmt: skip
        with self._lock:
            self._pending.append(ticket)
            first, self._writing = not self._writing, True
        if not first:
            ticket.turn.wait()
        if not ticket.done:
            self._write_pending()
        if ticket.fault is not None:
            raise StoreUnavailable("the database does not answer") from ticket.fault

    def _write_pending(self) -> None:
        """Write what waits, wake those whose callbacks are on disk, and let the first of those who came since go on."""
        with self._lock:
            batch, self._pending = self._pending, []
        self._write(batch)
        with self._lock:
            heir = self._pending[0] if self._pending else None
            self._writing = heir is not None
        for ticket in batch:
            ticket.turn.set()
        if heir is not None:
            heir.turn.set()

    def _write(self, batch: list[_Ticket]) -> None:
        try:
            with writers_turn(self._engine), self._engine.begin() as connection:
                # One order for every process: two batches with the same copies cannot wait for each other.
                ordered = sorted(batch, key=lambda ticket: ticket.digest)
                connection.execute(self._insert, [ticket.values for ticket in ordered])
        except Exception as fault:
            if len(batch) > 1:  # what one callback does to the database must not refuse the others
                for ticket in batch:
                    self._write([ticket])
                return
            batch[0].fault = fault
        for ticket in batch:
            ticket.done = True

    def counts(self) -> dict[str, int]:
        """How many callbacks wait to be read, and how many could not be."""
        with Session(self._engine) as session:
            return {
                state: session.scalar(select(func.count()).where(InboxRow.state == state)) or 0
                for state in (NEW, BROKEN)
            }


def mark_broken(session: Session, inbox_id: int, fault: str) -> None:
    session.execute(update(InboxRow).where(InboxRow.id == inbox_id).values(state=BROKEN, fault=fault))


def read_again(session: Session, *, broken_only: bool, since: datetime | None = None) -> int:
    """Have the worker read callbacks again; returns how many. What it wrote before stays the same or is mended."""
    change = update(InboxRow).values(state=NEW, fault=None)
    change = change.where(InboxRow.state == BROKEN) if broken_only else change.where(InboxRow.state != NEW)
    if since is not None:
        change = change.where(InboxRow.received_at >= since)
    return int(session.execute(change).rowcount)  # type: ignore[attr-defined] # typed as Result, an UPDATE gives CursorResult
