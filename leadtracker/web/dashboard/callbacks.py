"""The call-back requests page: how they stand, how far they came, why some were refused, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from leadtracker.callback.dialing import Dialing
from leadtracker.callback_rules.course import State
from leadtracker.callback_rules.opening import local_day
from leadtracker.callback_rules.rules import rules_of
from leadtracker.domain import Site
from leadtracker.errors import BadRequest
from leadtracker.live.callback_guard import CallbackGuard
from leadtracker.live.callback_refusals import KEPT_DAYS, Refusals
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.session import reading
from leadtracker.reports.callbacks import (
    CallbackFilter,
    any_callback,
    callback_page,
    every_callback,
    funnel,
)
from leadtracker.reports.calls import read_cursor
from leadtracker.web.dashboard import shown
from leadtracker.web.dashboard.callback_shown import REFUSAL_WORDS, STATE_WORDS
from leadtracker.web.dashboard.csv_answer import Cell, csv_answer
from leadtracker.web.dashboard.filter_form import FilterForm, read_filters
from leadtracker.web.stores import stores

Column = Callable[[CallbackRow, Site | None, str], Cell]


@dataclass(frozen=True, slots=True)
class MoneyOfDay:
    """A site's money today, in minor units of its currency."""

    site: Site
    reserved: int
    spent: int
    ceiling: int
    currency: str


def page() -> ResponseReturnValue:
    form, here = _form(), stores()
    before, after = request.args.get("before"), request.args.get("after")
    wanted = _filter(form)
    with reading(here.engine) as session:
        found = callback_page(
            session,
            wanted,
            before=read_cursor(before) if before else None,
            after=read_cursor(after) if after else None,
        )
        empty = not found.callbacks and not any_callback(session)
        far = funnel(session, wanted)
    refused = _refused(form)
    asked = far.asked if wanted.state else max(far.asked, far.let_through + refused.total())
    return render_template(
        "callbacks.html",
        form=form,
        found=found,
        empty=empty,
        sites=here.directory.sites,
        site_of=here.directory.site,
        funnel=far,
        asked=asked,
        refused=refused.most_common(),
        most=max(refused.values(), default=0),
        money=_money(form),
        states={state.value: STATE_WORDS[state] for state in State},
        refusals=REFUSAL_WORDS,
        on=any(rules_of(site).on for site in here.directory.sites),
        live=None if found.newer else url_for("dashboard.newest_callbacks", **form.but()),
    )


def newest() -> ResponseReturnValue:
    """The rows of the first page, for the page that keeps itself up to date; 304 when nothing changed."""
    form, here = _form(), stores()
    with reading(here.engine) as session:
        found = callback_page(session, _filter(form))
    rows = render_template(
        "callbacks_rows.html",
        callbacks=found.callbacks,
        form=form,
        sites=here.directory.sites,
        site_of=here.directory.site,
    )
    response = Response(rows)
    response.add_etag()
    return response.make_conditional(request)


def csv() -> ResponseReturnValue:
    form, here = _form(), stores()
    lines = (
        [cell(row, here.directory.site(row.site_id), form.zone) for cell in COLUMNS.values()]
        for row in every_callback(here.engine, _filter(form))
    )
    return csv_answer("callbacks", list(COLUMNS), lines)


def hang_up(dialling: Dialing, pk: int) -> ResponseReturnValue:
    """End the call of a request, or take back one that is to be called later."""
    dialling.hang_up(pk)
    return redirect(url_for("dashboard.callbacks", _anchor=f"callback-{pk}"), 303)


COLUMNS: dict[str, Column] = {
    "Asked (local)": lambda row, site, zone: (
        f"{row.made_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
    ),
    "Asked (UTC)": lambda row, site, zone: shown.iso(row.made_at),
    "Site": lambda row, site, zone: site.name if site else "",
    "Number": lambda row, site, zone: row.target,
    "Name": lambda row, site, zone: row.name,
    "Note": lambda row, site, zone: row.note,
    "How": lambda row, site, zone: row.origin,
    "State": lambda row, site, zone: row.state,
    "Why": lambda row, site, zone: row.code,
    "PBX said": lambda row, site, zone: row.message,
    "Due (UTC)": lambda row, site, zone: shown.iso(row.due_at) if row.due_at else "",
    "Dialed (UTC)": lambda row, site, zone: shown.iso(row.dialled_at) if row.dialled_at else "",
    "Agent": lambda row, site, zone: row.agent,
    "Talk seconds": lambda row, site, zone: row.talk_seconds,
    "Reserved (minor units)": lambda row, site, zone: row.reserved,
    "Cost (minor units)": lambda row, site, zone: row.spent,
    "Currency": lambda row, site, zone: row.currency,
    "Visitor": lambda row, site, zone: row.visitor,
    "Call id": lambda row, site, zone: row.call_id,
    "Request id": lambda row, site, zone: row.id,
}


def _form() -> FilterForm:
    return read_filters(request.args, stores().directory, preset="7days")


def _filter(form: FilterForm) -> CallbackFilter:
    state = form.get("state")
    if state and state not in set(State):
        raise BadRequest(f"state is one of: {', '.join(State)}")
    return CallbackFilter(
        form.period, form.site.id if form.site else None, State(state) if state else None
    )


def _sites(form: FilterForm) -> Iterable[Site]:
    return (form.site,) if form.site else stores().directory.sites


def _refused(form: FilterForm) -> Counter[str]:
    """By code, over the days of the period: also those that were too many to be written down."""
    last = form.period.last or datetime.now(UTC).astimezone(ZoneInfo(form.zone)).date()
    first = max(form.period.first or date.min, last - timedelta(days=KEPT_DAYS))
    days = [
        (first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)
    ]
    refusals, found = Refusals(stores().live), Counter[str]()
    for site in _sites(form):
        found.update(refusals.counts(site.id, days))
    return found


def _money(form: FilterForm) -> list[MoneyOfDay]:
    guard, now, found = CallbackGuard(stores().live), datetime.now(UTC), []
    for site in _sites(form):
        rules = rules_of(site)
        if rules.on and site.account_key:
            reserved, spent = guard.money(site.account_key, site.id, local_day(site.time_zone, now))
            found.append(MoneyOfDay(site, reserved, spent, rules.ceiling, site.currency))
    return found
