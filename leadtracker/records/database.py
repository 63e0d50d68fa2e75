"""The database engine, SQLite or PostgreSQL: the only place that knows how the two differ."""

from __future__ import annotations

import fcntl
import functools
import logging
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Engine,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator

from leadtracker.domain import Json, Touchpoint, touchpoint_from_json, touchpoint_to_json
from leadtracker.records import patience
from leadtracker.settings import hide

logging.getLogger("alembic").setLevel(logging.WARNING)  # it reports its start as news
POOL_SECONDS = 5  # to wait for a connection that another thread has
READING_LOCK = 7_264_001  # PostgreSQL advisory lock: one reader of the inbox at a time


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out, on both databases; refuses naive times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:  # SQLite keeps no zone
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


class TouchpointJson(TypeDecorator[Touchpoint]):
    """A touchpoint as a JSON object; an empty object is None."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Touchpoint | None, dialect: Dialect) -> Json:
        return touchpoint_to_json(value)

    def process_result_value(self, value: Json | None, dialect: Dialect) -> Touchpoint | None:
        return touchpoint_from_json(value or {})


def open_database(url: str, durable: bool = True) -> Engine:
    """An engine whose commits survive a power cut, and on SQLite wait 10 s for another writer.

    Unless `durable`, commits do not wait for the disk: that is for what can be made again.
    """
    if not url.startswith("sqlite"):
        given = make_url(url).query
        options: dict[str, Any] = {
            name: value for name, value in patience.OF_CONNECTION.items() if name not in given
        }
        if not durable:
            options["options"] = "-c synchronous_commit=off"
        engine = create_engine(
            url,
            pool_size=20,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,
            connect_args=options,
            hide_parameters=True,
        )
        event.listen(engine, "do_connect", _connect)
        return engine
    if (name := make_url(url).database) and name != ":memory:":
        hide(Path(name))
    engine = create_engine(
        url,
        pool_size=20,
        pool_timeout=POOL_SECONDS,
        connect_args={"timeout": 10},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        synchronous = "FULL" if durable else "OFF"
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-65536")

    return engine


def _connect(_dialect: Dialect, _record: object, arguments: Any, options: Any) -> Any:
    return patience.Connection.connect(*arguments, **options)


def throwaway_database() -> Engine:
    """An empty SQLite in memory, for one thread; its tables are to be made."""
    return create_engine("sqlite://", poolclass=StaticPool)


def is_empty(engine: Engine) -> bool:
    """Whether the database has no tables at all."""
    return not inspect(engine).get_table_names()


def _alembic(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["engine"] = engine
    return config


def migrate(engine: Engine) -> None:
    """Bring the schema up to date; safe when several processes start at once."""
    command.upgrade(_alembic(engine), "head")


def schema_is_current(engine: Engine) -> bool:
    wanted = ScriptDirectory.from_config(_alembic(engine)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == wanted


def put(session: Session, table: Table, rows: list[dict[str, Any]], newer: bool = False) -> None:
    """Insert rows; where a row has the key already, its given columns are made equal.

    With `newer`, a row that has a later `at` stays as it is.
    """
    if rows:
        session.execute(
            _putting(session.get_bind().dialect.name, table, tuple(rows[0]), newer), rows
        )


@functools.cache
def _putting(dialect: str, table: Table, names: tuple[str, ...], newer: bool) -> Any:
    statement = inserting(dialect, table)
    keys = [column.name for column in table.primary_key]
    condition = None
    if newer:
        condition = table.c["at"] <= statement.excluded["at"]
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in names if name not in keys},
        where=condition,
    )


def inserting(dialect: str, table: Table) -> Any:
    """An INSERT that can be told what to do about a row that is there."""
    if dialect == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


class WritersTurn:
    """Waits in line until the other processes have written.

    SQLite itself only tries again after naps of up to 100 ms. An object serves one thread at a
    time. PostgreSQL needs none of this: there it does nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self._file: int | None = None
        if engine.dialect.name != "postgresql":
            self._file = os.open(f"{engine.url.database}.writer", os.O_RDWR | os.O_CREAT, 0o600)
            weakref.finalize(self, os.close, self._file)

    def __enter__(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)


@contextmanager
def only_reader(engine: Engine) -> Iterator[Callable[[], bool]]:
    """Yields a question whose answer is true in one process at a time, until that process dies.

    Ask it before each piece of work. When the connection to PostgreSQL is lost, another process
    gets the place, and the question raises SQLAlchemyError.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            held = bool(
                connection.execute(
                    text("SELECT pg_try_advisory_lock(:k)"), {"k": READING_LOCK}
                ).scalar()
            )
            try:
                yield lambda: held and bool(connection.execute(text("SELECT true")).scalar())
            finally:
                if held and not connection.invalidated:
                    connection.execute(text("SELECT pg_advisory_unlock(:k)"), {"k": READING_LOCK})
        return
    with open(f"{engine.url.database}.reader", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield lambda: False
            return
        yield lambda: True
