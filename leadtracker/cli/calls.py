"""Commands that print what the dashboard shows."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from leadtracker.cli import opening
from leadtracker.errors import NotFound
from leadtracker.records.calls import newest
from leadtracker.records.session import Session
from leadtracker.records.site_rows import known_site
from leadtracker.records.sites import Directory
from leadtracker.records.tables import CallRow
from leadtracker.reports.one_call import calls_of_visitor, legs_as_written
from leadtracker.settings import load_settings
from leadtracker.who_called import corrections
from leadtracker.who_called.explanation import Explanation, explanation


@click.group()
def call() -> None:
    """Calls."""


@call.command("list")
@click.option("--site", "site_name", help="Only calls of this site.")
@click.option("--count", default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def listing(site_name: str | None, count: int, as_json: bool) -> None:
    """List the newest calls."""
    with Session(opening.database()) as session:
        site_id = known_site(session, site_name).id if site_name else None
        rows = [_call(session, row) for row in newest(session, count, site_id)]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        click.echo(f"{_heading(row)}  {_who(row)}  {row['campaign']}")


@call.command("show")
@click.argument("call_pk", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True)
def show_call(call_pk: int, as_json: bool) -> None:
    """Show one call: who called, how sure that is, who else it may have been, and why.

    ID is the number in the call's address.
    """
    live = opening.live(load_settings())
    with Session(opening.database()) as session:
        row = session.get(CallRow, call_pk)
        if row is None:
            raise NotFound(f"there is no call {call_pk}")
        why, found = explanation(session, live, row), _call(session, row)
    if as_json:
        _print_json(found | {"why": why and asdict(why)})
        return
    click.echo(_heading(found))
    if why is None:
        click.echo("It was not matched to visits.")
        return
    _print_why(why)


def _print_why(why: Explanation) -> None:
    said = {None: why.verdict, "": "none of these, as a user said"}
    click.echo(f"Who called: {said.get(why.word, f'{why.word}, as a user said')}")
    for person in why.people:
        click.echo(f"{person.p:6.1%}  {person.visitor}  {'; '.join(person.reasons)}")
    click.echo(f"{why.nobody:6.1%}  not a website visitor")
    click.echo(f"{why.other:6.1%}  an earlier visitor")


@call.command("confirm")
@click.argument("call_pk", metavar="ID", type=int)
@click.option("--visitor", help="This candidate called.")
@click.option("--nobody", is_flag=True, help="None of the candidates called.")
@click.option("--undo", is_flag=True, help="Undo the confirmation.")
def confirm(call_pk: int, visitor: str | None, nobody: bool, undo: bool) -> None:
    """Say who called. The worker learns from it."""
    if (visitor is not None) + nobody + undo != 1:
        raise click.UsageError("say one of --visitor, --nobody and --undo")
    if nobody:
        visitor = corrections.NOBODY
    corrections.keep_word(opening.database(), call_pk, visitor)
    click.echo("Undone." if undo else "Kept.")


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=1, default=str, ensure_ascii=False))


def _call(session: Session, row: CallRow) -> dict[str, Any]:
    names = [column.key for column in CallRow.__table__.columns]
    legs = [leg.record for leg in legs_as_written(session, row.id)]
    return {name: _plain(getattr(row, name)) for name in names} | {"legs": legs}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _heading(row: dict[str, Any]) -> str:
    caller = row["caller"] or "withheld"
    return f"{row['started_at']}  {caller} -> {row['did']}  {row['outcome']}"


def _who(row: dict[str, Any]) -> str:
    if not row["visitor_id"]:
        return "nobody known"
    sure = row["match"].get("verdict", "")
    return f"{row['visitor_id']} ({sure})" if sure else str(row["visitor_id"])


@click.group()
def visitor() -> None:
    """Visitors."""


@visitor.command("show")
@click.argument("visitor_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True)
def show(visitor_id: str, as_json: bool) -> None:
    """Show what we know of a visitor: in Redis now, and on their calls."""
    engine = opening.database()
    live = opening.live(load_settings())
    known = None
    for site in Directory(engine).sites:
        known = known or live.visitor(site.id, visitor_id)
    with Session(engine) as session:
        calls = [_call(session, row) for row in calls_of_visitor(session, visitor_id, most=None)]
    if known is None and not calls:
        raise NotFound(f"nobody is known as {visitor_id}")
    if as_json:
        _print_json({"visitor": visitor_id, "now": known and asdict(known), "calls": calls})
        return
    info = known.info if known else calls[0]["visitor_info"]
    for name, value in info.items():
        click.echo(f"{name}: {value}")
    for one in calls:
        caller = one["caller"] or "a withheld number"
        click.echo(f"called {one['started_at']} from {caller}: {one['outcome']}")


COMMANDS = (call, visitor)
