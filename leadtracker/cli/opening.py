"""The stores a command works on, opened as the server would."""

from __future__ import annotations

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.errors import SettingsError, SiteFault
from leadtracker.live import Live
from leadtracker.records.database import migrate, open_database, schema_is_current
from leadtracker.records.tables import SiteRow
from leadtracker.running.redis_server import socket_of
from leadtracker.settings import Settings, load_settings


def database() -> Engine:
    """The database, its tables made if it is new and SQLite. Raises SettingsError when they are not this version's."""
    settings = load_settings()
    engine = open_database(settings.database)
    if not schema_is_current(engine):
        if engine.dialect.name != "sqlite":
            raise SettingsError(
                "The database's tables are not this version's; run `leadtracker migrate`."
            )
        migrate(engine)
    return engine


def live(settings: Settings) -> Live:
    """Redis: the one set, else the one that `leadtracker serve` started."""
    return Live(
        settings.redis_url or f"unix://{socket_of(settings.data_folder / 'redis', 'redis')}"
    )


def site_of(session: Session, name: str) -> SiteRow:
    row = session.scalar(select(SiteRow).where(SiteRow.name == name))
    if row is None:
        names = (
            ", ".join(session.scalars(select(SiteRow.name).order_by(SiteRow.name))) or "none yet"
        )
        raise SiteFault(f"There is no site {name!r}. Sites: {names}")
    return row
