"""The command `leadtracker`: one file of this folder for each group of commands."""

from __future__ import annotations

import sys

import click

from leadtracker.cli import (
    callbacks,
    calls,
    doctor,
    pbx,
    plan,
    rematch,
    running,
    simulate,
    sites,
    users,
)
from leadtracker.errors import LeadtrackerError
from leadtracker.settings import hide_new_files


class _Group(click.Group):
    """Prints an error of ours in its own words, without a traceback, and exits with 1."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except LeadtrackerError as fault:
            if fault.title != str(fault):
                click.echo(f"{fault.title}:", err=True)
            click.echo(str(fault), err=True)
            sys.exit(1)


@click.group(cls=_Group)
@click.version_option(package_name="leadtracker")
def main() -> None:
    """Leadtracker: which visitor is calling, and which campaign made the phone ring."""
    hide_new_files()


for group in (running, sites, pbx, calls, callbacks, rematch, plan, simulate, doctor, users):
    for command in group.COMMANDS:
        main.add_command(command)
