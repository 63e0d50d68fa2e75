"""A site file's way into the database and out again."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker import site_file


def keep(engine: Engine, text: str) -> None:
    """Apply it; what is exported then changes nothing when it is applied."""
    with Session(engine) as session:
        site_file.apply(session, text)
        session.commit()
        exported = site_file.export(session)
        site_file.apply(session, exported)
        assert site_file.export(session) == exported
