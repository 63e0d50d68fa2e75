"""Commands for the dashboard's logins."""

from __future__ import annotations

import click

from leadtracker.cli import opening
from leadtracker.records import users


@click.group()
def user() -> None:
    """Logins of the dashboard."""


@user.command("add")
@click.argument("name")
@click.password_option()
def add(name: str, password: str) -> None:
    """Make a login."""
    users.add_user(opening.database(), name, password)
    click.echo(f"Login {name} is made.")


@user.command("password")
@click.argument("name")
@click.password_option()
def password(name: str, password: str) -> None:
    """Set a new password. Whoever logged in with the old one is logged out."""
    users.change_password(opening.database(), name, password)
    click.echo(f"The password of {name} is changed.")


COMMANDS = (user,)
