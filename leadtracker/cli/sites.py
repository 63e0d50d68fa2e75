"""Commands for sites and their DIDs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.cli import opening
from leadtracker.records.sites import add_dids, remove_dids
from leadtracker.records.tables import DidRow, SiteRow, TokenRow


@click.group()
def site() -> None:
    """Marketing sites: make, change, list, keep as a file."""


def _options(command: Any) -> Any:
    for option in (
        click.option(
            "--origin",
            "origins",
            multiple=True,
            help="Where the script may run: https://www.example.com",
        ),
        click.option("--default-number", help="Shown when no DID is free."),
        click.option(
            "--country", help="Two letters; numbers without a prefix are of it. Default IL"
        ),
        click.option("--time-zone", help="Default Asia/Jerusalem"),
        click.option(
            "--display-format", help="national, international, or a pattern such as XXX-XXX-XXXX"
        ),
        click.option(
            "--lease-seconds",
            type=int,
            help="A number stays the visitor's so long after the page was seen. Default 120",
        ),
        click.option(
            "--visitor-days", type=int, help="How long a visitor is remembered in Redis. Default 90"
        ),
        click.option("--account", "account_key", help="Its PBX account."),
        click.option(
            "--name-key",
            "name_keys",
            multiple=True,
            help="Key of visitorInfo that holds the caller's name.",
        ),
        click.option(
            "--company-key", "company_keys", multiple=True, help="Key that holds the company."
        ),
        click.option("--url", help="A page with the script, for `leadtracker doctor`."),
        click.option(
            "--number-price",
            type=int,
            help="What one number costs, in minor units (agorot, cents).",
        ),
        click.option("--currency", help="Of that price, such as EUR. Default ILS"),
        click.option(
            "--most-overflow",
            type=float,
            help="Warn above this share of visits without one. Default 0.01",
        ),
        click.option(
            "--most-at-risk",
            type=float,
            help="Warn above this share of calls at risk. Default 0.35",
        ),
    ):
        command = option(command)
    return command


@site.command("add")
@click.argument("name")
@_options
@click.option(
    "--token", "tokens", multiple=True, help="Public token of the page; made when not given."
)
def add(name: str, tokens: tuple[str, ...], **given: Any) -> None:
    """Make a site, or change the one of this name."""
    told = {key: value for key, value in given.items() if value not in (None, (), "")}
    values = {
        key: list(value) if isinstance(value, tuple) else value for key, value in told.items()
    }
    with Session(opening.database()) as session:
        row = site_file.save_site(session, name, values, tokens or None)
        kept = session.scalars(select(TokenRow.token).where(TokenRow.site_id == row.id)).all()
        session.commit()
    click.echo(f"Site {name}: token {', '.join(kept)}")


@site.command("list")
@click.option("--json", "as_json", is_flag=True)
def listing(as_json: bool) -> None:
    """All sites."""
    with Session(opening.database()) as session:
        rows = [
            {
                "name": row.name,
                "tokens": ", ".join(
                    session.scalars(select(TokenRow.token).where(TokenRow.site_id == row.id))
                ),
                "origins": ", ".join(row.origins),
                "default_number": row.default_number,
                "account": row.account_key,
                "dids": len(
                    session.scalars(select(DidRow.e164).where(DidRow.site_id == row.id)).all()
                ),
            }
            for row in session.scalars(select(SiteRow).order_by(SiteRow.name))
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    for row in [] if as_json else rows:
        click.echo(f"{row['name']}: {row['dids']} DIDs, token {row['tokens']}, {row['origins']}")


@site.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply(file: Path) -> None:
    """Make accounts, sites and pools equal to a TOML file; numbers it does not name are drained."""
    with Session(opening.database()) as session:
        for line in site_file.apply(session, file.read_text()):
            click.echo(line)
        session.commit()


@site.command("export")
def export() -> None:
    """Everything as a TOML file for `site apply`. It holds secrets."""
    with Session(opening.database()) as session:
        click.echo(site_file.export(session), nl=False)


@click.group()
def did() -> None:
    """Numbers of a site's pool."""


@did.command("add")
@click.argument("site_name", metavar="SITE")
@click.argument("numbers", nargs=-1, required=True)
def add_numbers(site_name: str, numbers: tuple[str, ...]) -> None:
    """Put numbers into a pool."""
    _add(site_name, numbers)


@did.command("import")
@click.argument("site_name", metavar="SITE")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
def import_numbers(site_name: str, file: Any) -> None:
    """Put the numbers of a text or CSV file (first column; `-` is standard input) into a pool."""
    _add(
        site_name,
        [row[0].strip() for row in csv.reader(file) if row and any(map(str.isdigit, row[0]))],
    )


def _add(site_name: str, numbers: Any) -> None:
    with Session(opening.database()) as session:
        added = add_dids(session, opening.site_of(session, site_name), numbers)
        session.commit()
    click.echo(f"{len(added)} added, {len(numbers) - len(added)} were there already")


@did.command("remove")
@click.argument("site_name", metavar="SITE")
@click.argument("numbers", nargs=-1, required=True)
def remove_numbers(site_name: str, numbers: tuple[str, ...]) -> None:
    """Drain numbers: nobody new gets them, calls on them still match."""
    with Session(opening.database()) as session:
        drained = remove_dids(session, opening.site_of(session, site_name), numbers)
        session.commit()
    click.echo(
        f"{len(drained)} drain: keep them routed to your PBX for 60 days, late callers still dial them"
    )


@did.command("list")
@click.argument("site_name", metavar="SITE")
def list_numbers(site_name: str) -> None:
    """The numbers of a pool."""
    with Session(opening.database()) as session:
        row = opening.site_of(session, site_name)
        for number in session.scalars(
            select(DidRow).where(DidRow.site_id == row.id).order_by(DidRow.e164)
        ):
            click.echo(
                number.e164
                + (
                    f"  drains since {number.draining_since:%Y-%m-%d}"
                    if number.draining_since
                    else ""
                )
            )


COMMANDS = (site, did)
