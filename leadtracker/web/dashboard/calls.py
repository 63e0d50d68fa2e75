"""The calls page: newest first, filtered, kept up to date, exported."""

from __future__ import annotations

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from leadtracker.records.session import reading
from leadtracker.reports.calls import (
    OUTCOMES,
    CallPage,
    any_call,
    call_page,
    every_call,
    known_channels,
    known_sources,
)
from leadtracker.web.dashboard.calls_csv import COLUMNS
from leadtracker.web.dashboard.csv_answer import csv_answer
from leadtracker.web.dashboard.filter_form import FilterForm, read_filters, whole_form
from leadtracker.web.dashboard.formats import OUTCOME_WORDS
from leadtracker.web.dashboard.paging import cursor
from leadtracker.web.stores import stores


def page() -> ResponseReturnValue:
    form, here = _form(), stores()
    with reading(here.engine) as session:
        found = call_page(
            session,
            form.call_filter(here.directory.sites),
            before=cursor("before"),
            after=cursor("after"),
        )
        empty = not found.calls and not any_call(session)
        channels, sources = known_channels(session), known_sources(session)
    page = render_template(
        "calls.html",
        form=form,
        found=found,
        empty=empty,
        sites=here.directory.sites,
        site_of=here.directory.site,
        channels=channels,
        sources=sources,
        outcomes=list(OUTCOMES),
        outcome_words=OUTCOME_WORDS,
        live=_live_address(form, found),
    )
    return page, form.status


def newest() -> ResponseReturnValue:
    """The rows of the first page, for a page that keeps itself up to date; 304 if none changed."""
    form, here = _form(), stores()
    with reading(here.engine) as session:
        found = call_page(session, form.call_filter(here.directory.sites))
    rows = render_template(
        "calls_rows.html",
        calls=found.calls,
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
        [cell(call, here.directory.site(call.site_id or 0), form.zone) for cell in COLUMNS.values()]
        for call in every_call(here.engine, form.call_filter(here.directory.sites))
    )
    return csv_answer("calls", list(COLUMNS), lines)


def _form() -> FilterForm:
    return read_filters(request.args, stores().directory, preset="all")


def _live_address(form: FilterForm, found: CallPage) -> str | None:
    """Where the page asks for news; only the newest page changes by itself."""
    if found.newer or form.fault:
        return None
    return url_for("dashboard.newest_calls", **form.changed())
