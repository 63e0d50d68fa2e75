"""Commands for PBX accounts and the addresses to paste into the PBX."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from leadtracker import phone
from leadtracker.cli import opening
from leadtracker.errors import BadRequest, NotFound, PbxUnavailable
from leadtracker.pbx import DEFAULT_VENDOR, VENDORS
from leadtracker.pbx.dialing import Blocks
from leadtracker.pbx.vendor import notification_url
from leadtracker.records.session import Session
from leadtracker.records.sites import Directory
from leadtracker.settings import load_settings
from leadtracker.site_file import save_account


@click.group()
def account() -> None:
    """Accounts at PBX vendors."""


@account.command("add")
@click.argument("key")
@click.option("--vendor", type=click.Choice(sorted(VENDORS)))
@click.option("--secret", help="Part of the notification addresses. Made when not given.")
@click.option("--time-zone", help="Time zone of the times the PBX sends. Default Asia/Jerusalem")
@click.option("--country", help="Country of numbers without a prefix. Default IL")
@click.option(
    "--allow",
    "allowed_addresses",
    multiple=True,
    help="Take notifications only from this address or network.",
)
@click.option(
    "--crm-url", help="Your own screen pop. We ask it too, and merge its answer into ours."
)
def add(key: str, **given: Any) -> None:
    """Make an account, or change the one with this key."""
    given["allowed_addresses"] = list(given["allowed_addresses"])
    values = {name: value for name, value in given.items() if value}
    with Session(opening.database()) as session:
        save_account(session, key, values)
        session.commit()
    click.echo(f"Account {key}: saved. The addresses for the PBX: leadtracker pbx urls")


@click.group()
def pbx() -> None:
    """What to tell the PBX, and whom it must not call."""


@pbx.command("urls")
@click.option("--json", "as_json", is_flag=True)
def urls(as_json: bool) -> None:
    """List the secret addresses to paste into each PBX, one for each family of notifications."""
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
        return
    if not lines:
        click.echo(f"No PBX account yet: leadtracker account add KEY --vendor {DEFAULT_VENDOR}")
    for line in lines:
        click.echo(f"{line['account']}  {line['family']}  {line['url']}  ({line['place']})")


@pbx.command("block")
@click.argument("key", metavar="ACCOUNT")
@click.argument("numbers", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Take the numbers off the list again.")
def block(key: str, numbers: tuple[str, ...], undo: bool) -> None:
    """Put numbers on the PBX's own list of numbers it never calls."""
    one = Directory(opening.database()).account(key)
    click_to_call = VENDORS[one.vendor].click_to_call if one else None
    if one is None or not isinstance(click_to_call, Blocks):
        raise NotFound(f"no PBX account {key!r} that can be told whom not to call")
    wanted = _read_numbers(numbers, one.country)
    if undo:
        refused, done = click_to_call.unblock(one, wanted), "no longer blocked"
    else:
        refused, done = click_to_call.block(one, wanted), "blocked"
    for number in wanted:
        if number in refused:
            click.echo(f"{number}: not changed: {refused[number]}")
        else:
            click.echo(f"{number}: {done}")
    if refused:
        raise PbxUnavailable(f"{len(refused)} of {len(wanted)} numbers were not taken")


def _read_numbers(texts: Iterable[str], country: str) -> list[str]:
    """The numbers in E.164; raises BadRequest, naming each wrong one."""
    read = {text: phone.read(text, country) for text in texts}
    if wrong := [text for text, number in read.items() if number is None]:
        raise BadRequest(
            f"no telephone number in {country}: {', '.join(wrong)}; nothing was changed"
        )
    return [number for number in read.values() if number]


COMMANDS = (account, pbx)
