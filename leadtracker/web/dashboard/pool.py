"""The pool page: a site's numbers, who holds each now, when they ran out, and how many it needs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from leadtracker.domain import Site
from leadtracker.live import DidState, PoolState
from leadtracker.planner import words as plan_words
from leadtracker.planner.plan import alarms
from leadtracker.records import plans
from leadtracker.records.session import Session, reading
from leadtracker.reports.plan_inputs import LEAST_DAYS, LEAST_VISITS, recent_span, visits
from leadtracker.reports.sources import SourceFilter
from leadtracker.reports.timeline import shortages
from leadtracker.web.dashboard import formats, plan_picture
from leadtracker.web.dashboard.csv_answer import Cell, csv_answer
from leadtracker.web.dashboard.filter_form import FilterForm, read_filters
from leadtracker.web.stores import stores

MOST_DIDS = 500  # on the page; the export has all
SOURCES_SHOWN = 8  # of a group
STATES = ("in use", "idle", "draining")


def page() -> ResponseReturnValue:
    form, here = _form(), stores()
    site = _site(form)
    if site is None:
        return render_template("pool.html", form=form, site=None, sites=())
    with reading(here.engine) as session:
        short = shortages(session, SourceFilter(form.period, site.id))
        plan = _plan(session, site)
    pool = _pool(site)
    page = render_template(
        "pool.html",
        form=form,
        site=site,
        sites=here.directory.sites,
        pool=pool,
        dids=pool.dids[:MOST_DIDS],
        sources_shown=SOURCES_SHOWN,
        left_out=len(pool.dids) - MOST_DIDS,
        shortages=short,
        most=max((one.visitors for one in short), default=0),
        **plan,
    )
    return page, form.status


def _plan(session: Session, site: Site) -> dict[str, Any]:
    """What `plan.html` shows: the newest plan, or how far the site is from one."""
    kept = plans.newest(session, site.id)
    if kept is None:
        asked, days = visits(session, recent_span(site, datetime.now(UTC)))
        return {
            "kept": None,
            "asked": asked,
            "enough": asked >= LEAST_VISITS and days >= LEAST_DAYS,
            "least_visits": LEAST_VISITS,
            "least_days": LEAST_DAYS,
        }
    made = kept.plan
    return {
        "kept": kept,
        "words": plan_words,
        "alarms": alarms(made.now, site.most_overflow, site.most_at_risk),
        "picture": plan_picture.picture(made),
        "height": plan_picture.HEIGHT,
        "bottom": plan_picture.BOTTOM,
        "looks": sorted({made.now, *made.steps}, key=lambda look: look.numbers),
    }


def csv() -> ResponseReturnValue:
    site, pool = _site(_form()), PoolState(())
    if site is not None:
        pool = _pool(site)
    titles = ("Number", "State", "Last visitor", "Last seen (UTC)")
    return csv_answer("pool", titles, (_cells(did) for did in pool.dids))


def _cells(did: DidState) -> list[Cell]:
    seen = ""
    if did.seen is not None:
        seen = formats.iso(did.seen)
    return [did.e164, did.state, did.visitor or "", seen]


def _form() -> FilterForm:
    return read_filters(request.args, stores().directory, preset="7days", closed=True)


def _site(form: FilterForm) -> Site | None:
    """A pool is a site's: the one chosen, else the first."""
    return form.site or next(iter(stores().directory.sites), None)


def _pool(site: Site) -> PoolState:
    """The pool as Redis has it, and the numbers it does not know yet, as nobody asked for one."""
    here = stores()
    dids = here.directory.dids(site.id)
    pool = here.live.pool(site, [did.e164 for did in dids if did.draining])
    unheard = {did.e164 for did in dids} - {did.e164 for did in pool.dids}
    every = [*pool.dids, *(DidState(e164, "idle", None, None) for e164 in unheard)]
    return PoolState(tuple(sorted(every, key=_place)), pool.groups, pool.shares)


def _place(did: DidState) -> tuple[int, str]:
    return STATES.index(did.state), did.e164
