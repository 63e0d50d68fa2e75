"""Commands for traces: replay one through the product."""

from __future__ import annotations

from pathlib import Path

import click

from leadtracker.cli.progress import Progress
from leadtracker.simulate.replay import simulate as replay
from leadtracker.simulate.trace import MOST_DIDS, Trace

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("trace", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--dids", type=click.IntRange(1, MOST_DIDS), help="Numbers in the pool; the trace's own if left out.")
@click.option("--out", type=FILE, required=True, help="Where the decisions go.")
def simulate(trace: Path, dids: int | None, out: Path) -> None:
    """Replay a recorded trace through Leadtracker, under a virtual clock.

    A Redis is started for it and its database is in memory: nothing of your sites is touched. The formats of TRACE and
    of the decisions are in docs/accuracy.md.
    """
    recorded = Trace(trace)
    with Progress(trace.name) as progress:
        replay(recorded, dids or recorded.dids, out, progress.told)


COMMANDS = (simulate,)
