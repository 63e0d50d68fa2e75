"""Commands for PBX accounts and the addresses to paste into the PBX."""

from __future__ import annotations

import json
from typing import Any

import click
from sqlalchemy.orm import Session

from leadtracker import phone
from leadtracker.cli import opening
from leadtracker.errors import BadRequest, NotFound, PbxUnavailable
from leadtracker.pbx import DEFAULT_VENDOR, VENDORS
from leadtracker.pbx.dialing import Blocks
from leadtracker.pbx.vendor import notification_url
from leadtracker.records.sites import Directory
from leadtracker.settings import load_settings
from leadtracker.site_file import save_account


@click.group()
def account() -> None:
    """Accounts at PBX vendors."""


@account.command("add")
@click.argument("key")
@click.option("--vendor", type=click.Choice(sorted(VENDORS)))
@click.option("--secret", help="Part of the notification addresses; made when not given.")
@click.option("--time-zone", help="Of the times the PBX sends. Default Asia/Jerusalem")
@click.option("--country", help="Of numbers without a prefix. Default IL")
@click.option(
    "--allow",
    "allowed_addresses",
    multiple=True,
    help="Take notifications only from this address or network.",
)
@click.option("--crm-url", help="Your own screen pop: asked beside ours, its answer is merged.")
def add(key: str, **given: Any) -> None:
    """Make an account, or change the one of this key."""
    values = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if value
    }
    with Session(opening.database()) as session:
        save_account(session, key, values)
        session.commit()
    click.echo(f"Account {key}: saved. The addresses for the PBX: leadtracker pbx urls")


@click.group()
def pbx() -> None:
    """What the PBX must be told, and whom it must not call."""


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
                    "url": notification_url(settings.public_url, one, family),
                    "place": family.place,
                }
            )
    if as_json:
        click.echo(json.dumps(lines, indent=1))
    elif not lines:
        click.echo(f"No PBX account yet: leadtracker account add KEY --vendor {DEFAULT_VENDOR}")
    for line in [] if as_json else lines:
        click.echo(f"{line['account']}  {line['family']}  {line['url']}  ({line['place']})")


@pbx.command("block")
@click.argument("key", metavar="ACCOUNT")
@click.argument("numbers", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Take the numbers off the list again.")
def block(key: str, numbers: tuple[str, ...], undo: bool) -> None:
    """Put numbers on the PBX's own list of those it never calls, whoever asks it to."""
    one = Directory(opening.database()).account(key)
    click_to_call = VENDORS[one.vendor].click_to_call if one else None
    if one is None or not isinstance(click_to_call, Blocks):
        raise NotFound(f"no PBX account {key!r} that can be told whom not to call")
    read = {text: phone.read(text, one.country) for text in numbers}
    if wrong := [text for text, number in read.items() if number is None]:
        raise BadRequest(
            f"no telephone number in {one.country}: {', '.join(wrong)}; nothing was changed"
        )
    wanted = [number for number in read.values() if number]
    refused = (click_to_call.unblock if undo else click_to_call.block)(one, wanted)
    for number in wanted:
        done = (
            f"not changed: {refused[number]}"
            if number in refused
            else "no longer blocked"
            if undo
            else "blocked"
        )
        click.echo(f"{number}: {done}")
    if refused:
        raise PbxUnavailable(f"{len(refused)} of {len(wanted)} numbers were not taken")


COMMANDS = (account, pbx)
