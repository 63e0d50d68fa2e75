"""Commands for callback requests, and for the keys that programs ask with."""

from __future__ import annotations

import json
from typing import Any

import click

from leadtracker.cli import opening
from leadtracker.errors import NotFound
from leadtracker.records import api_keys
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.session import Session
from leadtracker.records.site_rows import known_site
from leadtracker.reports.callbacks import newest_callbacks

NOT_PRINTED = ("site_id", "account_id")


@click.group()
def callback() -> None:
    """Callback requests."""


@callback.command("list")
@click.option("--site", "site_name", help="Only requests of this site.")
@click.option("--count", default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def listing(site_name: str | None, count: int, as_json: bool) -> None:
    """List the newest callback requests, their status and the reason."""
    with Session(opening.database()) as session:
        site_id = known_site(session, site_name).id if site_name else None
        found = newest_callbacks(session, count, site_id)
        rows = [_callback(row, site) for row, site in found]
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str, ensure_ascii=False))
        return
    for row in rows:
        why = f" ({row['code']})" if row["code"] else ""
        made = row["made_at"].isoformat(timespec="seconds")
        click.echo(f"{made}  {row['site']}  {row['target']}  {row['state']}{why}  {row['agent']}")


def _callback(row: CallbackRow, site: str) -> dict[str, Any]:
    names = [column.key for column in CallbackRow.__table__.columns]
    return {"site": site} | {name: getattr(row, name) for name in names if name not in NOT_PRINTED}


@click.group("api-key")
def api_key() -> None:
    """Keys that let programs request callbacks of a site."""


@api_key.command("add")
@click.argument("site_name", metavar="SITE")
@click.option("--name", default="default", show_default=True, help="What the key is for.")
def add(site_name: str, name: str) -> None:
    """Make a key. It is shown only once."""
    with Session(opening.database()) as session:
        key = api_keys.add(session, known_site(session, site_name).id, name)
        session.commit()
    click.echo(key)


@api_key.command("list")
@click.argument("site_name", metavar="SITE")
def list_keys(site_name: str) -> None:
    """List the names of a site's keys, and when each was made."""
    with Session(opening.database()) as session:
        for row in api_keys.of_site(session, known_site(session, site_name).id):
            click.echo(f"{row.name}  made {row.made_at:%Y-%m-%d %H:%M} UTC")


@api_key.command("remove")
@click.argument("site_name", metavar="SITE")
@click.argument("name")
def remove(site_name: str, name: str) -> None:
    """Remove a key. Requests that use it are refused from now on."""
    with Session(opening.database()) as session:
        removed = api_keys.remove(session, known_site(session, site_name).id, name)
        if not removed:
            raise NotFound(f"the site {site_name} has no key {name!r}")
        session.commit()
    click.echo(f"The key {name} of {site_name} is removed.")


COMMANDS = (callback, api_key)
