"""The callback requests page: how far requests came, why some were refused, and what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
from leadtracker.records.session import reading
from leadtracker.reports.callbacks import (
    CallbackFilter,
    CallbackPage,
    any_callback,
    callback_page,
    every_callback,
    funnel,
)
from leadtracker.web.dashboard.callback_words import REFUSAL_WORDS, STATE_WORDS
from leadtracker.web.dashboard.callbacks_csv import COLUMNS
from leadtracker.web.dashboard.csv_answer import csv_answer
from leadtracker.web.dashboard.filter_form import FilterForm, read_filters, whole_form
from leadtracker.web.dashboard.paging import cursor
from leadtracker.web.stores import stores


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
    wanted = _filter(form)
    with reading(here.engine) as session:
        found = callback_page(
            session,
            wanted,
            before=cursor("before"),
            after=cursor("after"),
        )
        empty = not found.callbacks and not any_callback(session)
        far = funnel(session, wanted)
    refused = _refused(form)
    asked = far.asked
    if wanted.state is None:
        asked = max(asked, far.let_through + refused.total())
    page = render_template(
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
        live=_live_address(form, found),
    )
    return page, form.status


def newest() -> ResponseReturnValue:
    """The rows of the first page, for a page that keeps itself up to date; 304 if none changed."""
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
    form, here = whole_form(_form()), stores()
    lines = (
        [cell(row, here.directory.site(row.site_id), form.zone) for cell in COLUMNS.values()]
        for row in every_callback(here.engine, _filter(form))
    )
    return csv_answer("callbacks", list(COLUMNS), lines)


def hang_up(dialing: Dialing, pk: int) -> ResponseReturnValue:
    """End the call of a request, or cancel one that is to be called later."""
    dialing.hang_up(pk)
    return redirect(url_for("dashboard.callbacks", _anchor=f"callback-{pk}"), 303)


def _form() -> FilterForm:
    return read_filters(request.args, stores().directory, preset="7days")


def _filter(form: FilterForm) -> CallbackFilter:
    state = form.get("state")
    if state and state not in set(State):
        raise BadRequest(f"state is one of: {', '.join(State)}")
    wanted = CallbackFilter(form.period, form.site_id)
    if state:
        wanted = replace(wanted, state=State(state))
    return wanted


def _live_address(form: FilterForm, found: CallbackPage) -> str | None:
    """Where the page asks for news; only the newest page changes by itself."""
    if found.newer or form.fault:
        return None
    return url_for("dashboard.newest_callbacks", **form.changed())


def _sites(form: FilterForm) -> Iterable[Site]:
    if form.site is not None:
        return (form.site,)
    return stores().directory.sites


def _refused(form: FilterForm) -> Counter[str]:
    """By code, over the days of the period; those too many to be written down are counted too."""
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
