"""Commands for call-back requests, and for the keys that programs ask with."""

from __future__ import annotations

import json
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.cli import opening
from leadtracker.errors import NotFound
from leadtracker.records import api_keys
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import SiteRow


@click.group()
def callback() -> None:
    """Call-back requests."""


@callback.command("list")
@click.option("--site", "site_name", help="Only of this site.")
@click.option("--count", default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def listing(site_name: str | None, count: int, as_json: bool) -> None:
    """The newest call-back requests, how they stand and why."""
    with Session(opening.database()) as session:
        wanted = select(CallbackRow, SiteRow.name).join(SiteRow, SiteRow.id == CallbackRow.site_id)
        if site_name:
            wanted = wanted.where(CallbackRow.site_id == opening.site_of(session, site_name).id)
        newest = wanted.order_by(CallbackRow.made_at.desc(), CallbackRow.pk.desc()).limit(count)
        rows = [_callback(row, site) for row, site in session.execute(newest)]
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str, ensure_ascii=False))
    for row in [] if as_json else rows:
        why = f" ({row['code']})" if row["code"] else ""
        made = row["made_at"].isoformat(timespec="seconds")
        click.echo(f"{made}  {row['site']}  {row['target']}  {row['state']}{why}  {row['agent']}")


def _callback(row: CallbackRow, site: str) -> dict[str, Any]:
    names = [
        column.key
        for column in CallbackRow.__table__.columns
        if column.key not in ("site_id", "account_id")
    ]
    return {"site": site} | {name: getattr(row, name) for name in names}


@click.group("api-key")
def api_key() -> None:
    """Keys with which programs ask for call-backs of a site."""


@api_key.command("add")
@click.argument("site_name", metavar="SITE")
@click.option("--name", default="default", show_default=True, help="What the key is for.")
def add(site_name: str, name: str) -> None:
    """Make a key; it is shown only now."""
    with Session(opening.database()) as session:
        key = api_keys.add(session, opening.site_of(session, site_name).id, name)
        session.commit()
    click.echo(key)


@api_key.command("list")
@click.argument("site_name", metavar="SITE")
def list_keys(site_name: str) -> None:
    """The names of a site's keys, and when each was made."""
    with Session(opening.database()) as session:
        for row in api_keys.of_site(session, opening.site_of(session, site_name).id):
            click.echo(f"{row.name}  made {row.made_at:%Y-%m-%d %H:%M} UTC")


@api_key.command("remove")
@click.argument("site_name", metavar="SITE")
@click.argument("name")
def remove(site_name: str, name: str) -> None:
    """Take a key back: what is asked with it is refused from now on."""
    with Session(opening.database()) as session:
        removed = api_keys.remove(session, opening.site_of(session, site_name).id, name)
        if not removed:
            raise NotFound(f"the site {site_name} has no key {name!r}")
        session.commit()
    click.echo(f"The key {name} of {site_name} is removed.")


COMMANDS = (callback, api_key)
