"""Commands that print what the dashboard shows."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.cli import opening
from leadtracker.errors import NotFound
from leadtracker.records.calls import newest
from leadtracker.records.sites import Directory
from leadtracker.records.tables import CallRow, LegRow
from leadtracker.settings import load_settings
from leadtracker.who_called import corrections
from leadtracker.who_called.explanation import explanation


@click.group()
def call() -> None:
    """Calls."""


@call.command("list")
@click.option("--site", "site_name", help="Only of this site.")
@click.option("--count", default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def listing(site_name: str | None, count: int, as_json: bool) -> None:
    """The newest calls."""
    with Session(opening.database()) as session:
        site_id = opening.site_of(session, site_name).id if site_name else None
        rows = [_call(session, row) for row in newest(session, count, site_id)]
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str, ensure_ascii=False))
    for row in [] if as_json else rows:
        sure = row["match"].get("verdict", "")
        who = (
            f"{row['visitor_id']} ({sure})"
            if row["visitor_id"] and sure
            else row["visitor_id"] or "nobody known"
        )
        click.echo(
            f"{row['started_at']}  {row['caller'] or 'withheld'} -> {row['did']}  "
            f"{row['outcome']}  {who}  {row['campaign']}"
        )


@call.command("show")
@click.argument("call_pk", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True)
def show_call(call_pk: int, as_json: bool) -> None:
    """One call: who made it, how sure that is, who else it may have been, and why. ID is the one in its address."""
    live = opening.live(load_settings())
    with Session(opening.database()) as session:
        row = session.get(CallRow, call_pk)
        if row is None:
            raise NotFound(f"there is no call {call_pk}")
        why, found = explanation(session, live, row), _call(session, row)
    if as_json:
        found |= {"why": asdict(why) if why else None}
        click.echo(json.dumps(found, indent=1, default=str, ensure_ascii=False))
        return
    click.echo(
        f"{found['started_at']}  {found['caller'] or 'withheld'} -> {found['did']}  {found['outcome']}"
    )
    if why is None:
        click.echo("It was not matched to visits.")
        return
    said = {None: why.verdict, "": "none of these, as a user said"}
    click.echo(f"Who called: {said.get(why.word, f'{why.word}, as a user said')}")
    for person in why.people:
        click.echo(f"{person.p:6.1%}  {person.visitor}  {'; '.join(person.reasons)}")
    click.echo(f"{why.nobody:6.1%}  not a website visitor")
    click.echo(f"{why.other:6.1%}  an earlier visitor")


@call.command("confirm")
@click.argument("call_pk", metavar="ID", type=int)
@click.option("--visitor", help="The candidate who called.")
@click.option("--nobody", is_flag=True, help="None of the candidates called.")
@click.option("--undo", is_flag=True, help="Undo the confirmation.")
def confirm(call_pk: int, visitor: str | None, nobody: bool, undo: bool) -> None:
    """Say who made a call; the worker learns from it."""
    if (visitor is not None) + nobody + undo != 1:
        raise click.UsageError("say one of --visitor, --nobody and --undo")
    corrections.keep_word(opening.database(), call_pk, corrections.NOBODY if nobody else visitor)
    click.echo("Undone." if undo else "Kept.")


def _call(session: Session, row: CallRow) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in CallRow.__table__.columns}
    legs = session.scalars(select(LegRow).where(LegRow.call_pk == row.id).order_by(LegRow.id))
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    } | {"legs": [leg.record for leg in legs]}


@click.group()
def visitor() -> None:
    """Visitors."""


@visitor.command("show")
@click.argument("visitor_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True)
def show(visitor_id: str, as_json: bool) -> None:
    """What is known of a visitor: in Redis now, and on the calls he made."""
    engine = opening.database()
    live = opening.live(load_settings())
    known = None
    for site in Directory(engine).sites:
        known = known or live.visitor(site.id, visitor_id)
    with Session(engine) as session:
        rows = session.scalars(
            select(CallRow)
            .where(CallRow.visitor_id == visitor_id)
            .order_by(CallRow.started_at.desc())
        )
        calls = [_call(session, row) for row in rows]
    if known is None and not calls:
        raise NotFound(f"nobody is known as {visitor_id}")
    found = {"visitor": visitor_id, "now": asdict(known) if known else None, "calls": calls}
    if as_json:
        click.echo(json.dumps(found, indent=1, default=str, ensure_ascii=False))
        return
    info = known.info if known else calls[0]["visitor_info"]
    for name, value in info.items():
        click.echo(f"{name}: {value}")
    for one in calls:
        click.echo(
            f"called {one['started_at']} from {one['caller'] or 'a withheld number'}: {one['outcome']}"
        )


COMMANDS = (call, visitor)
