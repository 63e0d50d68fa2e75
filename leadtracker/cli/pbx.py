"""Commands for PBX accounts and the addresses to paste into the PBX."""

from __future__ import annotations

import json
from typing import Any

import click
from sqlalchemy.orm import Session

from leadtracker.cli import opening
from leadtracker.pbx import VENDORS
from leadtracker.pbx.vendor import callback_url
from leadtracker.records.sites import Directory
from leadtracker.settings import load_settings
from leadtracker.site_file import save_account


@click.group()
def account() -> None:
    """Accounts at PBX vendors."""


@account.command("add")
@click.argument("key")
@click.option("--vendor", type=click.Choice(sorted(VENDORS)))
@click.option("--secret", help="Part of the callback addresses; made when not given.")
@click.option("--time-zone", help="Of the times the PBX sends. Default Asia/Jerusalem")
@click.option("--country", help="Of numbers without a prefix. Default IL")
@click.option("--allow", "allowed_addresses", multiple=True, help="Take callbacks only from this address or network.")
@click.option("--crm-url", help="Your own screen pop: asked beside ours, its answer is merged.")
def add(key: str, **given: Any) -> None:
    """Make an account, or change the one of this key."""
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value}
    with Session(opening.database()) as session:
        save_account(session, key, values)
        session.commit()
    click.echo(f"Account {key}: saved. The addresses for the PBX: leadtracker pbx urls")


@click.group()
def pbx() -> None:
    """What the PBX must be told."""


@pbx.command("urls")
@click.option("--json", "as_json", is_flag=True)
def urls(as_json: bool) -> None:
    """The secret addresses to paste into each PBX, one line for each family of callbacks."""
    settings = load_settings()
    lines = []
    for one in Directory(opening.database()).accounts.values():
        for family in VENDORS[one.vendor].families:
            lines.append(
                {
                    "account": one.key,
                    "vendor": one.vendor,
                    "family": family.name,
                    "url": callback_url(settings.public_url, one, family),
                    "place": family.place,
                }
            )
    if as_json:
        click.echo(json.dumps(lines, indent=1))
    elif not lines:
        click.echo("No PBX account yet: leadtracker account add KEY --vendor voicenter")
    for line in [] if as_json else lines:
        click.echo(f"{line['account']}  {line['family']}  {line['url']}  ({line['place']})")


COMMANDS = (account, pbx)
