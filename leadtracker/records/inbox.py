"""The inbox: every notification as received, on disk before it is acknowledged, kept so that it can be read again."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, delete, func, select, update
from sqlalchemy.orm import Session

from leadtracker.errors import StoreUnavailable
from leadtracker.records.database import WritersTurn
from leadtracker.records.tables import InboxRow

NEW, DONE, BROKEN = "new", "done", "broken"


@dataclass(frozen=True, slots=True)
class Notification:
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


class _Insert:
    """One INSERT of many rows, which commits by itself: SQLite lets go of Python's lock once and not for each row."""

    COLUMNS = (
        "account_id",
        "family",
        "received_at",
        "method",
        "content_type",
        "query",
        "body",
        "digest",
        "copies",
        "state",
        "fault",
    )

    def __init__(self, dialect: Dialect) -> None:
        mark = "?" if dialect.paramstyle == "qmark" else "%s"
        self._row = f"({', '.join(mark for _ in self.COLUMNS)})"
        moment = InboxRow.__table__.c.received_at.type.dialect_impl(dialect).bind_processor(dialect)
        self._moment: Callable[[datetime], Any] = moment or (lambda received_at: received_at)

    def __call__(self, connection: Connection, notifications: Sequence[dict[str, Any]]) -> None:
        rows: dict[str, dict[str, Any]] = {}
        for values in sorted(
            notifications, key=itemgetter("digest")
        ):  # in one order, lest two processes wait in a ring
            received_at = self._moment(values["received_at"])
            row = rows.setdefault(
                values["digest"], values | {"received_at": received_at, "copies": 0}
            )
            row["copies"] += 1
        connection.exec_driver_sql(
            f"INSERT INTO inbox ({', '.join(self.COLUMNS)}) VALUES {', '.join(self._row for _ in rows)} "  # noqa: S608 # names and marks of our own
            "ON CONFLICT (digest) DO UPDATE SET copies = inbox.copies + excluded.copies",
            tuple(row[name] for row in rows.values() for name in self.COLUMNS),
        )


class Inbox:
    """Keeps callbacks. Threads that come at the same time share one commit, and so one wait for the disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pending: list[_Ticket] = []
        self._lock = threading.Lock()  # of the two below
        self._writing = False
        self._turn = WritersTurn(engine)
        self._insert = _Insert(engine.dialect)
        committing = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connect: Callable[[], AbstractContextManager[Connection]] = committing.connect
        if (
            engine.dialect.name != "postgresql"
        ):  # a file does not hang up: one connection serves whoever writes
            kept = committing.connect()
            weakref.finalize(self, kept.close)
            self._connect = lambda: nullcontext(kept)

    def keep(self, notification: Notification, state: str = NEW, fault: str | None = None) -> None:
        """Return when the notification is on disk; a copy of one kept before only counts. Raises StoreUnavailable."""
        ticket = _Ticket(
            {
                "account_id": notification.account_id,
                "family": notification.family,
                "received_at": notification.received_at,
                "method": notification.method,
                "content_type": notification.content_type,
                "query": notification.query,
                "body": notification.body,
                "digest": notification.digest,
                "state": state,
                "fault": fault,
            }
        )
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
        """Write what waits, wake those whose notifications are on disk, and let the first of those who came since go on."""
        with (
            self._turn
        ):  # first the turn: whoever comes while another process writes is in the batch
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
            with self._connect() as connection:
                self._insert(connection, [ticket.values for ticket in batch])
        except Exception as fault:
            if (
                len(batch) > 1
            ):  # what one notification does to the database must not refuse the others
                for ticket in batch:
                    self._write([ticket])
                return
            batch[0].fault = fault
        for ticket in batch:
            ticket.done = True

    def counts(self) -> dict[str, int]:
        """How many notifications wait to be read, and how many could not be."""
        with Session(self._engine) as session:
            return {
                state: session.scalar(select(func.count()).where(InboxRow.state == state)) or 0
                for state in (NEW, BROKEN)
            }


def newest_notification(engine: Engine) -> int:
    """The number of the newest notification."""
    with engine.connect() as connection:
        return connection.scalar(select(func.max(InboxRow.id))) or 0


def mark_broken(session: Session, inbox_id: int, fault: str) -> None:
    session.execute(
        update(InboxRow).where(InboxRow.id == inbox_id).values(state=BROKEN, fault=fault)
    )


def read_again(session: Session, *, broken_only: bool, since: datetime | None = None) -> int:
    """Have the worker read notifications again; returns how many. What it wrote before stays the same or is mended."""
    change = update(InboxRow).values(state=NEW, fault=None)
    change = (
        change.where(InboxRow.state == BROKEN)
        if broken_only
        else change.where(InboxRow.state != NEW)
    )
    if since is not None:
        change = change.where(InboxRow.received_at >= since)
    return int(session.execute(change).rowcount)  # type: ignore[attr-defined] # typed as Result, an UPDATE gives CursorResult


def read_call_again(session: Session, call_pk: int) -> None:
    """Have the worker read all notifications of one call again."""
    session.execute(
        update(InboxRow)
        .where(InboxRow.call_pk == call_pk, InboxRow.state == DONE)
        .values(state=NEW)
    )


def forget_done(session: Session, before: datetime) -> None:
    """Delete notifications that were read and had come before a moment."""
    session.execute(delete(InboxRow).where(InboxRow.state == DONE, InboxRow.received_at < before))
