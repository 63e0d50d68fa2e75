"""The stores a command works on, opened as the server opens them."""

from __future__ import annotations

from leadtracker.domain import Site
from leadtracker.errors import SettingsError, SiteFault
from leadtracker.live import Live
from leadtracker.records.database import migrate, open_database, schema_is_current
from leadtracker.records.session import Engine
from leadtracker.records.sites import Directory
from leadtracker.running.redis_server import socket_of
from leadtracker.settings import Settings, load_settings


def database() -> Engine:
    """The database. A new SQLite file gets its tables.

    Raises SettingsError when the tables are another version's.
    """
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
    """The Redis that the settings name, or the one that `leadtracker serve` started."""
    return Live(
        settings.redis_url or f"unix://{socket_of(settings.data_folder / 'redis', 'redis')}"
    )


def site_of(directory: Directory, name: str) -> Site:
    """Raises SiteFault, which names the sites there are."""
    for site in directory.sites:
        if site.name == name:
            return site
    names = ", ".join(site.name for site in directory.sites) or "none yet"
    raise SiteFault(f"There is no site {name!r}. Sites: {names}")
