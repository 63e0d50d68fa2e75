"""A filled database of version 0.1.0 is brought up to date: no row is lost, and each is read."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.orm import Session

from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.database import _alembic, migrate, open_database
from leadtracker.records.session import Engine
from leadtracker.records.tables import (
    Base,
    CallRow,
    InboxRow,
    KnownPhoneRow,
    ShareRow,
    ToldPhoneRow,
)

VERSION_0_1_0 = "0012"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PHONES = ("+972501234567", "+972541112233")
# What each column of a row is where its type alone does not say.
WORDS: dict[str, Any] = {
    "country": "IL",
    "time_zone": "Asia/Jerusalem",
    "vendor": "voicenter",
    "outcome": "answered",
    "direction": "outgoing",
    "phase": "ended",
    "display_format": "national",
    "original_call_id": None,
    "came_in": False,
}


@pytest.fixture
def old(engine: Engine, tmp_path: Path) -> Engine:
    """A database as version 0.1.0 made it, without rows."""
    if engine.dialect.name == "postgresql":
        command.downgrade(_alembic(engine), VERSION_0_1_0)
        return engine
    old = open_database(f"sqlite:///{tmp_path}/old.sqlite")
    command.upgrade(_alembic(old), VERSION_0_1_0)
    return old


def value_of(column: sa.Column[Any], number: int) -> Any:
    if column.name in WORDS:
        return WORDS[column.name]
    match column.type:
        case sa.Boolean():
            return True
        case sa.DateTime():
            return NOON
        case sa.JSON():
            return []
        case sa.LargeBinary():
            return b"{}"
        case sa.Integer() | sa.Numeric() | sa.Float():
            return number
        case _:
            return f"{column.name} {number}"


def row_of(table: sa.Table, number: int) -> dict[str, Any]:
    """One row; the rows with one number belong together."""
    row = {column.name: value_of(column, number) for column in table.columns}
    for column in table.columns:
        if column.foreign_keys:
            (other,) = column.foreign_keys
            row[column.name] = value_of(other.column, number)
    return row


def filled(engine: Engine) -> dict[str, int]:
    """Puts two rows into each table; how many each has."""
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for table, number in itertools.product(tables.sorted_tables, (1, 2)):
            if table.name == "alembic_version":
                continue
            row = row_of(table, number)
            if table.name == "known_phones":
                row |= {"phone": PHONES[number - 1], "said_by": ("page", "user")[number - 1]}
            connection.execute(sa.insert(table).values(row))
    return counts(engine)


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in sa.inspect(engine).get_table_names()
        }


def test_each_row_of_version_0_1_0_is_kept_and_read(old: Engine) -> None:
    before = filled(old)
    migrate(old)
    after = counts(old)
    moved = {name: count for name, count in before.items() if after[name] != count}
    assert moved == {"known_phones": 2}
    assert (after["known_phones"], after["told_phones"]) == (1, 1)
    with Session(old) as session:
        for mapper in Base.registry.mappers:
            rows = session.scalars(sa.select(mapper.class_)).all()
            assert len(rows) == after[mapper.local_table.description]


def test_what_version_0_1_0_knew_counts_as_it_did(old: Engine) -> None:
    filled(old)
    migrate(old)
    with Session(old) as session:
        assert [row.phone for row in session.scalars(sa.select(KnownPhoneRow))] == [PHONES[1]]
        assert [row.phone for row in session.scalars(sa.select(ToldPhoneRow))] == [PHONES[0]]
        assert set(session.scalars(sa.select(InboxRow.headers))) == {None}
        asked = set(session.scalars(sa.select(CallbackRow.call_pk)))
        for call in session.scalars(sa.select(CallRow)):
            assert call.called_back == (call.id in asked)
        assert all(session.scalars(sa.select(ShareRow.came_in)))
