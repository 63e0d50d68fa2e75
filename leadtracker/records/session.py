"""A database session for questions; a database that does not answer becomes an error people understand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from leadtracker.errors import StoreUnavailable


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Raises StoreUnavailable."""
    try:
        with Session(engine) as session:
            yield session
    except (OperationalError, InterfaceError) as fault:
        raise StoreUnavailable("the database does not answer") from fault
