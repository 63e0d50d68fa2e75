"""A database session, and the database's names for those who build no SQL of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, UpdateBase, select
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError, TimeoutError
from sqlalchemy.orm import Session

from leadtracker.errors import StoreUnavailable

__all__ = [
    "UNANSWERED",
    "Engine",
    "InterfaceError",
    "OperationalError",
    "SQLAlchemyError",
    "Session",
    "ping",
    "reading",
    "rows_changed",
]


# A connection is lost, or none is free.
UNANSWERED = (OperationalError, InterfaceError, TimeoutError)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Open a session; raises StoreUnavailable when the database does not answer."""
    try:
        with Session(engine) as session:
            yield session
    except UNANSWERED as fault:
        raise StoreUnavailable("the database does not answer") from fault


def ping(engine: Engine) -> None:
    """Ask the database for nothing; raises SQLAlchemyError when it does not answer."""
    with engine.connect() as connection:
        connection.execute(select(1))


def rows_changed(session: Session, change: UpdateBase) -> int:
    """Run an UPDATE or a DELETE; returns how many rows it changed."""
    return int(session.execute(change).rowcount)  # type: ignore[attr-defined] # typed as a Result
