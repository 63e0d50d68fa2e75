"""Commands for sites and their DIDs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

import click

from leadtracker import site_file
from leadtracker.cli import opening
from leadtracker.cli.number_file import read_numbers
from leadtracker.records.session import Session
from leadtracker.records.site_rows import every_site, known_site, pool_of, tokens_of
from leadtracker.records.sites import add_dids, new_secret, remove_dids
from leadtracker.records.tables import SiteRow


@click.group()
def site() -> None:
    """Marketing sites: make, change, list, keep as a file."""


OPTIONS = (
    click.option(
        "--origin",
        "origins",
        multiple=True,
        help="Where the script may run: https://www.example.com",
    ),
    click.option("--default-number", help="Shown when no DID is free."),
    click.option(
        "--country", help="Two letters: the country of numbers without a prefix. Default IL"
    ),
    click.option("--time-zone", help="Default Asia/Jerusalem"),
    click.option(
        "--display-format", help="national, international, or a pattern such as XXX-XXX-XXXX"
    ),
    click.option(
        "--lease-seconds",
        type=int,
        help="How long visitors keep their number after their page was last seen. Default 120",
    ),
    click.option("--visitor-days", type=int, help="How long Redis remembers a visitor. Default 90"),
    click.option("--account", "account_key", help="The site's PBX account."),
    click.option(
        "--name-key",
        "name_keys",
        multiple=True,
        help="Key of visitorInfo that holds the caller's name.",
    ),
    click.option(
        "--company-key",
        "company_keys",
        multiple=True,
        help="Key of visitorInfo that holds the company.",
    ),
    click.option("--url", help="A page with the script, for `leadtracker doctor`."),
    click.option(
        "--number-price", type=int, help="What one number costs, in minor units (agorot, cents)."
    ),
    click.option("--currency", help="Currency of that price, such as EUR. Default ILS"),
    click.option(
        "--most-overflow",
        type=float,
        help="Warn when more than this share of visits get no number. Default 0.01",
    ),
    click.option(
        "--most-at-risk",
        type=float,
        help="Warn when more than this share of calls are at risk. Default 0.35",
    ),
)


def _with_options(command: Any) -> Any:
    for option in OPTIONS:
        command = option(command)
    return command


@site.command("add")
@click.argument("name")
@_with_options
@click.option(
    "--token", "tokens", multiple=True, help="Public token of the page. Made when not given."
)
def add(name: str, tokens: tuple[str, ...], **given: Any) -> None:
    """Make a site, or change the one with this name."""
    values = {}
    for key, value in given.items():
        if isinstance(value, tuple):
            value = list(value)
        if value not in (None, [], ""):
            values[key] = value
    with Session(opening.database()) as session:
        row = site_file.save_site(session, name, values, tokens or None)
        kept = tokens_of(session, row)
        session.commit()
    click.echo(f"Site {name}: token {', '.join(kept)}")


@site.command("list")
@click.option("--json", "as_json", is_flag=True)
def listing(as_json: bool) -> None:
    """List all sites."""
    with Session(opening.database()) as session:
        rows = [_site(session, row) for row in every_site(session)]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(f"{row['name']}: {row['dids']} DIDs, token {row['tokens']}, {row['origins']}")


def _site(session: Session, row: SiteRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "tokens": ", ".join(tokens_of(session, row)),
        "origins": ", ".join(row.origins),
        "default_number": row.default_number,
        "account": row.account_key,
        "dids": len(pool_of(session, row)),
    }


@site.command("signing-secret")
@click.argument("name")
@click.option("--remove", is_flag=True, help="End signing: every phone is unsigned from now on.")
def signing_secret(name: str, remove: bool) -> None:
    """Make the secret with which a site's back end signs phones. The old one ends at once.

    It is printed once, here. `site export` has it too.
    """
    secret = "" if remove else new_secret()
    with Session(opening.database()) as session:
        row = known_site(session, name)
        site_file.save_site(session, row.name, {"signing_secret": secret})
        session.commit()
    if remove:
        click.echo(f"Site {name} has no signing secret any more.")
    else:
        click.echo(secret)


@site.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply(file: Path) -> None:
    """Make accounts, sites and pools equal to a TOML file. Numbers it does not name are drained."""
    with Session(opening.database()) as session:
        for line in site_file.apply(session, file.read_text()):
            click.echo(line)
        session.commit()


@site.command("export")
def export() -> None:
    """Print everything as a TOML file for `site apply`. It holds secrets."""
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
@click.argument("file", type=click.File("rb"))
def import_numbers(site_name: str, file: BinaryIO) -> None:
    """Put the numbers of a text or CSV file (`-` is standard input) into a pool.

    Any character set and separator of a spreadsheet will do. When a line has no number, it is
    named, and nothing is changed.
    """
    with Session(opening.database()) as session:
        country = known_site(session, site_name).country
    _add(site_name, read_numbers(file.read(), country))


def _add(site_name: str, numbers: Any) -> None:
    with Session(opening.database()) as session:
        added = add_dids(session, known_site(session, site_name), numbers)
        session.commit()
    click.echo(f"{len(added)} added, {len(numbers) - len(added)} were there already")


@did.command("remove")
@click.argument("site_name", metavar="SITE")
@click.argument("numbers", nargs=-1, required=True)
def remove_numbers(site_name: str, numbers: tuple[str, ...]) -> None:
    """Drain numbers: no new visitor gets them, calls on them still match."""
    with Session(opening.database()) as session:
        drained = remove_dids(session, known_site(session, site_name), numbers)
        session.commit()
    click.echo(
        f"{len(drained)} drain: keep them routed to your PBX for 60 days, "
        "late callers still dial them"
    )


@did.command("list")
@click.argument("site_name", metavar="SITE")
def list_numbers(site_name: str) -> None:
    """List the numbers of a pool."""
    with Session(opening.database()) as session:
        for number in pool_of(session, known_site(session, site_name)):
            line = number.e164
            if number.draining_since is not None:
                line += f"  drains since {number.draining_since:%Y-%m-%d}"
            click.echo(line)


COMMANDS = (site, did)
