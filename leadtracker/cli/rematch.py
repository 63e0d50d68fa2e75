"""The command that judges calls again; it shows what would change before it changes anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from leadtracker.cli import opening
from leadtracker.domain import Site
from leadtracker.errors import SiteFault
from leadtracker.matching.posterior import Posterior
from leadtracker.records.session import Engine
from leadtracker.records.sites import Directory
from leadtracker.settings import load_settings
from leadtracker.who_called.rematch import Rematch, apply, rematches


@click.command()
@click.option(
    "--since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Calls since this day (UTC)."
)
@click.option("--site", "site_name", help="Only calls of this site.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rematch(since: datetime, site_name: str | None, dry_run: bool, yes: bool) -> None:
    """Judge calls again from their kept evidence, with today's rules and rates.

    Confirmed calls stay as they are. The server may run meanwhile.
    """
    engine = opening.database()
    found = _find_changes(engine, site_name, since.replace(tzinfo=UTC))
    renamed = sum(change.renames for _, change in found)
    click.echo(
        f"{renamed} calls get another verdict; "
        f"of {len(found) - renamed} more only probabilities move."
    )
    if dry_run or not found or not (yes or click.confirm("Change them?")):
        return
    live = opening.live(load_settings())
    done = sum(apply(engine, live, site, change) for site, change in found)
    click.echo(f"{done} calls changed.")


def _find_changes(
    engine: Engine, site_name: str | None, since: datetime
) -> list[tuple[Site, Rematch]]:
    """Every call that would change; those that get another verdict are printed."""
    found = []
    for site in _sites(Directory(engine), site_name):
        for change in rematches(engine, site, since):
            found.append((site, change))
            if change.renames:
                when, caller = f"{change.started_at:%Y-%m-%d %H:%M}", change.caller or "withheld"
                click.echo(
                    f"call {change.call_pk}  {when}  {caller}:  "
                    f"{_words(change.before)}  ->  {_words(change.after)}"
                )
    return found


def _sites(directory: Directory, name: str | None) -> Iterable[Site]:
    sites = [site for site in directory.sites if name in (None, site.name)]
    if not sites and name:
        raise SiteFault(f"There is no site {name!r}.")
    if not sites:
        raise SiteFault("There is no site yet.")
    return sites


def _words(posterior: Posterior) -> str:
    if posterior.verdict in ("certain", "likely"):
        best = posterior.candidates[0]
        return f"{posterior.verdict} {best.visitor} {best.p:.0%}"
    if posterior.verdict == "nobody":
        return "nobody of the site"
    return f"open ({len(posterior.candidates)} candidates)"


COMMANDS = (rematch,)
