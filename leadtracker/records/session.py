"""A database session, and the database's names for those who build no SQL of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from leadtracker.errors import StoreUnavailable

__all__ = ["Engine", "InterfaceError", "OperationalError", "SQLAlchemyError", "Session", "reading"]


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Open a session; raises StoreUnavailable when the database does not answer."""
    try:
        with Session(engine) as session:
            yield session
    except (OperationalError, InterfaceError) as fault:
        raise StoreUnavailable("the database does not answer") from fault
