"""The command that says what is wrong and what to do."""

from __future__ import annotations

import sys

import click

from leadtracker.cli import opening
from leadtracker.records.database import open_database
from leadtracker.running.doctor import Finding, findings
from leadtracker.settings import load_settings


@click.command()
def doctor() -> None:
    """Check the stores, the worker, each site's page and each PBX account.

    Exits with 1 when anything is wrong.
    """
    settings = load_settings()
    well = True
    for finding in findings(settings, open_database(settings.database), opening.live(settings)):
        click.echo(_line(finding))
        well = well and finding.well
    if not well:
        sys.exit(1)


def _line(finding: Finding) -> str:
    line = f"ok   {finding.what}" if finding.well else f"BAD  {finding.what}"
    if finding.do:
        line += f"\n     -> {finding.do}"
    return line


COMMANDS = (doctor,)
