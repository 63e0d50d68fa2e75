"""The command that says how many numbers a site needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from leadtracker import money
from leadtracker.cli import opening
from leadtracker.domain import Site
from leadtracker.planner import words as plan_words
from leadtracker.planner.making import make_plan, numbers_of
from leadtracker.planner.plan import Outlook, alarms
from leadtracker.records.plans import KeptPlan
from leadtracker.records.sites import Directory
from leadtracker.running import child_process

COLUMNS = ("Numbers", "Right visitor", "Wrong", "Nobody", "Certain", "No number free, busiest hour")


@click.command()
@click.argument("site_name", metavar="SITE")
@click.option(
    "--numbers", type=click.IntRange(1, 100_000), help="Also look at a pool of this size."
)
@click.option(
    "--price",
    type=click.IntRange(0),
    help="Price of one number in minor units. Default: the site's number_price.",
)
@click.option("--json", "as_json", is_flag=True, help="Shares are 0 to 1.")
@click.option(
    "--quietly", is_flag=True, help="Only keep the plan, and leave the processor to others."
)
def plan(
    site_name: str, numbers: int | None, price: int | None, as_json: bool, quietly: bool
) -> None:
    """Say how many numbers a site needs.

    It shows what the site has now, what more or fewer numbers would give, and how many numbers each
    goal takes. The pool page shows the newest plan. The worker makes one every day.
    """
    if quietly:
        child_process.lower_priority(child_process.PAGES)
    engine = opening.database()
    directory = Directory(engine)
    site = opening.site_of(directory, site_name)

    def looking_at(size: int) -> None:
        if not quietly:
            click.echo(f"Looking at {size:,} numbers ...", err=True)

    kept, planner = make_plan(engine, site, numbers_of(directory, site), looking_at)
    asked = [planner.between(numbers)] if numbers else []
    if price is None:
        price = site.number_price
    if as_json:
        click.echo(json.dumps(_values(kept, site, asked, price), indent=1))
    elif not quietly:
        _say(kept, site, asked, price)


def _values(
    kept: KeptPlan, site: Site, asked: Sequence[Outlook], price: int | None
) -> dict[str, object]:
    said = [asdict(alarm) for alarm in alarms(kept.plan.now, site.most_overflow, site.most_at_risk)]
    return {
        "site": site.name,
        "made_at": kept.made_at.isoformat(),
        "made_from": asdict(kept.made_from),
        "number_price": price,
        "currency": site.currency,
        "alarms": said,
        "asked": [asdict(look) for look in asked],
    } | kept.plan.to_json()


def _say(kept: KeptPlan, site: Site, asked: Sequence[Outlook], price: int | None) -> None:
    made = kept.plan
    click.echo(
        f"{site.name}, {made.now.numbers:,} numbers now. {plan_words.made_from(kept.made_from)}\n"
    )
    for alarm in alarms(made.now, site.most_overflow, site.most_at_risk):
        click.echo(f"WARNING: {alarm.said}")
    for said in (plan_words.who_is_recognized, plan_words.how_sure, plan_words.will_it_run_out):
        click.echo(said(made.now))
    click.echo(plan_words.whose_curve(made) + "\n")
    _table(
        made.now,
        sorted({made.now, *made.steps, *asked}, key=lambda look: look.numbers),
        site,
        price,
    )
    click.echo("\nHow many numbers it takes:")
    for share, found in made.targets:
        line = f"  {plan_words.how_many_for(made, share, found)}"
        if price is not None and found is not None:
            line += f" ({money.as_text(price * found.numbers, site.currency)})"
        click.echo(line)


def _table(now: Outlook, looks: Sequence[Outlook], site: Site, price: int | None) -> None:
    rows = [[*COLUMNS], *(_cells(look) for look in looks)]
    rows[[look.numbers for look in looks].index(now.numbers) + 1][0] += " (now)"
    if price is not None:
        rows[0].append("Cost")
        for row, look in zip(rows[1:], looks, strict=True):
            row.append(money.as_text(price * look.numbers, site.currency))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))


def _cells(look: Outlook) -> list[str]:
    shares = (look.right, look.wrong, look.open, look.certain, look.worst_overflow)
    return [f"{look.numbers:,}", *map(plan_words.percent, shares)]


COMMANDS = (plan,)
