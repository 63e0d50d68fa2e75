"""Commands for traces: replay one through the product, write one of a site's history."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import orjson

from leadtracker.cli import opening
from leadtracker.cli.progress import Progress
from leadtracker.records import leases
from leadtracker.records.database import is_empty, open_database
from leadtracker.records.session import Engine, Session
from leadtracker.records.sites import Directory
from leadtracker.reports.trace import History, header
from leadtracker.settings import known_database
from leadtracker.simulate.replay import simulate as replay
from leadtracker.simulate.trace import MOST_DIDS, Trace

FILE = click.Path(dir_okay=False, path_type=Path)


def _empty_database(_: click.Context, __: click.Parameter, url: str | None) -> Engine | None:
    if url is None:
        return None
    try:
        engine = open_database(known_database(url), durable=False)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from fault
    if not is_empty(engine):
        engine.dispose()
        raise click.BadParameter(
            "it has tables already; the replay wants an empty database of its own"
        )
    return engine


@click.command()
@click.argument("trace", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option(
    "--dids",
    type=click.IntRange(1, MOST_DIDS),
    help="Numbers in the pool. Default: as many as the trace has.",
)
@click.option("--out", type=FILE, required=True, help="Where to write the decisions.")
@click.option(
    "--keep",
    metavar="DATABASE-URL",
    callback=_empty_database,
    help="An empty database to keep what the replay leaves.",
)
def simulate(trace: Path, dids: int | None, out: Path, keep: Engine | None) -> None:
    """Replay a recorded trace through Leadtracker, under a virtual clock.

    The replay starts a Redis of its own and keeps its database in memory. It touches nothing of
    your sites. docs/accuracy.md describes the formats of TRACE and of the decisions.

    With --keep the database holds the site "trace" with its numbers, leases, calls and all that was
    learned, as if the trace had ended in the last days. Plan for it with:
    LEADTRACKER_DATABASE_URL=sqlite:///with-60.sqlite leadtracker plan trace
    """
    recorded = Trace(trace)
    with Progress(trace.name) as progress:
        replay(recorded, dids or recorded.dids, out, progress.show, keep)


@click.group()
def trace() -> None:
    """Traces: what happened on a site, to be replayed."""


@trace.command("export")
@click.argument("site")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day, by the site's clock. Default: all there is.",
)
@click.option("--out", type=FILE, required=True, help="Where to write the trace.")
def export(site: str, since: datetime | None, out: Path) -> None:
    """Write a site's history as a trace, for `leadtracker simulate`.

    Visitors, visits and phones become counters; sources keep their names. The trace has the visits
    of the lease log: those that asked for a number or tapped the default one. It has no bots, nor
    pages whose number nobody saw. The caller is the one a user confirmed, or is drawn by the
    probabilities of the verdict. Callers whose visit was before the first day become nobody.
    """
    now = datetime.now(UTC)
    engine = opening.database()
    directory = Directory(engine)
    known = opening.site_of(directory, site)
    numbers = len(directory.numbers_in_use(known.id))
    with Session(engine) as session:
        begin = leases.first(session, known.id) or now
        if since is not None:
            begin = since.replace(tzinfo=ZoneInfo(known.time_zone))
        with out.open("wb") as file:
            file.write(orjson.dumps(header(session, known, numbers, begin, now)) + b"\n")
            for event in History(session, known, begin, now).events():
                file.write(orjson.dumps(event) + b"\n")


COMMANDS = (simulate, trace)
