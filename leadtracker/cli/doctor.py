"""The command that says what is not well and what to do."""

from __future__ import annotations

import sys

import click

from leadtracker.cli import opening
from leadtracker.records.database import open_database
from leadtracker.running.doctor import findings
from leadtracker.settings import load_settings


@click.command()
def doctor() -> None:
    """Check the stores, the worker, each site's page and each PBX account.

    Exits with 1 if anything is not well.
    """
    settings = load_settings()
    well = True
    for finding in findings(settings, open_database(settings.database), opening.live(settings)):
        click.echo(
            f"{'ok  ' if finding.well else 'BAD '} {finding.what}"
            + (f"\n     -> {finding.do}" if finding.do else "")
        )
        well = well and finding.well
    sys.exit(0 if well else 1)


COMMANDS = (doctor,)
