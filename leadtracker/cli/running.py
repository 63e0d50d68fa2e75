"""Commands that run: serve, worker, migrate, replay, demo."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime

import click

from leadtracker.cli import opening
from leadtracker.records.database import migrate as migrate_database
from leadtracker.records.database import open_database
from leadtracker.records.inbox import read_again
from leadtracker.records.session import Engine, Session
from leadtracker.records.sites import Directory
from leadtracker.records.users import ensure_first_user
from leadtracker.running import child_process, logs
from leadtracker.running.serving import Serving
from leadtracker.running.worker import Worker
from leadtracker.settings import load_settings


@click.command()
def serve() -> None:
    """Run everything: Redis (unless one is set), the database, the web server and the worker."""
    settings = load_settings()
    serving = Serving(settings, click.echo)
    try:
        serving.start()
        _print_first_login(open_database(settings.database))
        serving.watch()
    finally:
        serving.stop()


def _print_first_login(engine: Engine) -> None:
    first = ensure_first_user(engine)
    if first is not None:
        name, password = first
        click.echo(
            f"Login, shown only now: {name} / {password}  "
            f"(change it: leadtracker user password {name})"
        )


@click.command()
def worker() -> None:
    """Read notifications into calls, write the lease log, forget old rows. `serve` runs one."""
    logs.start()
    child_process.lower_priority(child_process.WORKERS)
    settings = load_settings()
    engine = opening.database()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Worker(engine, opening.live(settings), Directory(engine), settings).run(stop)


@click.command()
def migrate() -> None:
    """Make the database's tables, or bring them up to date."""
    engine = open_database(load_settings().database)
    migrate_database(engine)
    click.echo("The tables are up to date.")
    _print_first_login(engine)


@click.command()
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Read all notifications again, not only those that could not be read.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Only notifications received since this day (UTC).",
)
def replay(everything: bool, since: datetime | None) -> None:
    """Have the worker read notifications again that could not be read.

    No call appears twice because of it.
    """
    if since is not None:
        since = since.replace(tzinfo=UTC)
    with Session(opening.database()) as session:
        count = read_again(session, broken_only=not everything, since=since)
        session.commit()
    click.echo(f"{count} notifications will be read again by the worker.")


@click.command()
@click.option("--once", is_flag=True, help="Stop after the first round of visits and calls.")
@click.option("--seconds", type=float, help="Stop after this many seconds.")
def demo(once: bool, seconds: float | None) -> None:
    """Run everything with a demo marketing site and a simulated PBX."""
    from leadtracker.demo import run  # only the demo needs it

    run(once=once, seconds=seconds)


COMMANDS = (serve, worker, migrate, replay, demo)
