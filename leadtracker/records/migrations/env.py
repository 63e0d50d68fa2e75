"""Alembic's entry: one transaction over the engine that `database.migrate` passes in."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from leadtracker.records.tables import Base

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    if engine.dialect.name == "postgresql":
        connection.execute(
            text("SELECT pg_advisory_lock(7264000)")
        )  # given up when the connection closes
        connection.commit()
    context.configure(
        connection=connection, target_metadata=Base.metadata, transaction_per_migration=False
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    if engine.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_unlock(7264000)"))
        connection.commit()
