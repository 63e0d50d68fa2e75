"""The inbox: every notification as received, kept on disk before we acknowledge it."""

from __future__ import annotations

import hashlib
import json
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, delete, func, select, update
from sqlalchemy.orm import Session

from leadtracker.errors import StoreUnavailable
from leadtracker.records.database import WritersTurn
from leadtracker.records.session import rows_changed
from leadtracker.records.tables import InboxRow

NEW, DONE, BROKEN = "new", "done", "broken"
SPARE = "spare"  # read, and other notifications of its call say all that it says
READ = (DONE, SPARE)


@dataclass(frozen=True, slots=True)
class Notification:
    """A request of a PBX, byte for byte.

    When it names its call, an identical request is the same event again. Headers make no
    difference: they hold the moment of sending.
    """

    account_id: int
    family: str
    received_at: datetime
    method: str
    content_type: str
    query: str  # without the secret
    body: bytes
    names_call: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)  # those without a secret

    @property
    def digest(self) -> str:
        moment = "" if self.names_call else self.received_at.isoformat()
        head = "\0".join((str(self.account_id), self.family, self.method, self.query, moment))
        return hashlib.sha256(head.encode() + b"\0" + self.body).hexdigest()

    def values(self, state: str, fault: str | None) -> dict[str, Any]:
        """By column. The headers are JSON text already, because the INSERT is not SQLAlchemy's."""
        return {
            "account_id": self.account_id,
            "family": self.family,
            "received_at": self.received_at,
            "method": self.method,
            "content_type": self.content_type,
            "headers": json.dumps(dict(self.headers)),
            "query": self.query,
            "body": self.body,
            "digest": self.digest,
            "state": state,
            "fault": fault,
        }


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
    """One INSERT of many rows that commits by itself.

    SQLite then lets go of Python's lock once, and not for each row.
    """

    COLUMNS = (
        "account_id",
        "family",
        "received_at",
        "method",
        "content_type",
        "headers",
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
        # All processes write in one order, so that no two wait for each other.
        for values in sorted(notifications, key=itemgetter("digest")):
            received_at = self._moment(values["received_at"])
            first = values | {"received_at": received_at, "copies": 0}
            rows.setdefault(values["digest"], first)["copies"] += 1
        marks = ", ".join(self._row for _ in rows)
        connection.exec_driver_sql(
            f"INSERT INTO inbox ({', '.join(self.COLUMNS)}) "  # noqa: S608 # names of our own
            f"VALUES {marks} "
            "ON CONFLICT (digest) DO UPDATE SET copies = inbox.copies + excluded.copies",
            tuple(row[name] for row in rows.values() for name in self.COLUMNS),
        )


class Inbox:
    """Keeps notifications.

    Threads that come at the same time share one commit, and so one wait for the disk.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pending: list[_Ticket] = []
        self._lock = threading.Lock()  # guards the two fields around it
        self._writing = False
        self._turn = WritersTurn(engine)
        self._insert = _Insert(engine.dialect)
        committing = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connect: Callable[[], AbstractContextManager[Connection]] = committing.connect
        # A file does not hang up, so one connection serves whoever writes.
        if engine.dialect.name != "postgresql":
            kept = committing.connect()
            kept.detach()  # so that closing it closes the file, also once the pool is gone
            weakref.finalize(self, kept.close)
            self._connect = lambda: nullcontext(kept)

    def keep(self, notification: Notification, state: str = NEW, fault: str | None = None) -> None:
        """Return when the notification is on disk. Raises StoreUnavailable.

        A copy of one kept before is only counted.
        """
        ticket = _Ticket(notification.values(state, fault))
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
        """Write what waits, then wake those whose notifications are on disk.

        The first of those who came since writes the next batch.
        """
        # The turn comes first: whoever comes while another process writes is in the batch.
        with self._turn:
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
            # What one notification does to the database must not refuse the others.
            if len(batch) > 1:
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


def oldest_new(session: Session, count: int) -> Sequence[int]:
    """The numbers of the oldest notifications that nobody has read yet."""
    new = select(InboxRow.id).where(InboxRow.state == NEW)
    return session.scalars(new.order_by(InboxRow.id).limit(count)).all()


def by_number(session: Session, numbers: Sequence[int]) -> Sequence[InboxRow]:
    """These notifications, oldest first."""
    wanted = select(InboxRow).where(InboxRow.id.in_(numbers))
    return session.scalars(wanted.order_by(InboxRow.id)).all()


def of_call(session: Session, call_pk: int) -> Iterator[InboxRow]:
    """The notifications that say all about a call; in memory one by one."""
    wanted = select(InboxRow).where(InboxRow.call_pk == call_pk, InboxRow.state == DONE)
    return iter(session.scalars(wanted.order_by(InboxRow.id).execution_options(yield_per=1)))


def mark_spare(session: Session, inbox_ids: Sequence[int]) -> None:
    """Have these notifications, which were read, no longer read with others of their call."""
    session.execute(update(InboxRow).where(InboxRow.id.in_(inbox_ids)).values(state=SPARE))


def mark_broken(session: Session, inbox_id: int, fault: str) -> None:
    session.execute(
        update(InboxRow).where(InboxRow.id == inbox_id).values(state=BROKEN, fault=fault)
    )


def read_again(session: Session, *, broken_only: bool, since: datetime | None = None) -> int:
    """Have the worker read notifications again; returns how many.

    What it wrote before stays the same or is mended.
    """
    change = update(InboxRow).values(state=NEW, fault=None)
    wanted = InboxRow.state == BROKEN if broken_only else InboxRow.state != NEW
    change = change.where(wanted)
    if since is not None:
        change = change.where(InboxRow.received_at >= since)
    return rows_changed(session, change)


def read_call_again(session: Session, call_pk: int) -> int:
    """Have the worker read all notifications of one call again; returns how many."""
    again = update(InboxRow).where(InboxRow.call_pk == call_pk, InboxRow.state.in_(READ))
    return rows_changed(session, again.values(state=NEW))


def forget(session: Session, states: Sequence[str], before: datetime) -> None:
    """Delete notifications in some states that had come before a moment."""
    session.execute(
        delete(InboxRow).where(InboxRow.state.in_(states), InboxRow.received_at < before)
    )
