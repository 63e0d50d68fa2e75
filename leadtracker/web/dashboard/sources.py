"""The sources page: what brings visits and calls, as a table, over time, and as an export."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import render_template, request
from flask.typing import ResponseReturnValue

from leadtracker.errors import BadRequest
from leadtracker.matching.interval import Count
from leadtracker.records.session import reading
from leadtracker.reports.sources import DIMENSIONS, SourceLine, sources, total
from leadtracker.reports.timeline import timeline
from leadtracker.web.dashboard.csv_answer import Cell, csv_answer
from leadtracker.web.dashboard.filter_form import FilterForm, read_filters, whole_form
from leadtracker.web.stores import stores

MOST_LINES = 200  # on the page; the export has all
TITLES = {
    "channel": "Channel",
    "source": "Source",
    "campaign": "Campaign",
    "landing": "Landing page",
}
HEADERS = {
    "channel": ("Channel",),
    "source": ("Channel", "Source"),
    "campaign": ("Source", "Campaign"),
    "landing": ("Landing page",),
}
COUNTED = {
    "answered": "Answered",
    "missed": "Missed",
    "first_time": "First-time callers",
    "talk_seconds": "Talk seconds",
}
FIGURES = (
    "Visits",
    "Calls",
    "Calls low",
    "Calls high",
    "Certain calls",
    *(f"{title}{edge}" for title in COUNTED.values() for edge in ("", " low", " high")),
    "Average talk seconds",
    "Calls per visit",
)


def page() -> ResponseReturnValue:
    form, by, here = _form(), _dimension(), stores()
    with reading(here.engine) as session:
        lines = sources(session, form.source_filter(), by)
        moments = timeline(session, form.source_filter())
    page = render_template(
        "sources.html",
        form=form,
        by=by,
        titles=TITLES,
        lines=lines[:MOST_LINES],
        left_out=len(lines) - MOST_LINES,
        total=total(lines),
        most=max((line.calls.mean for line in lines), default=0),
        moments=moments,
        sites=here.directory.sites,
        lease_days=here.settings.lease_days,
        forgotten=_is_forgotten(form, here.settings.lease_days),
    )
    return page, form.status


def csv() -> ResponseReturnValue:
    form, by = whole_form(_form()), _dimension()
    with reading(stores().engine) as session:
        lines = sources(session, form.source_filter(), by)
    return csv_answer(
        f"sources-by-{by}", (*HEADERS[by], *FIGURES), (_cells(line) for line in lines)
    )


def _cells(line: SourceLine) -> list[Cell]:
    return [
        *line.key,
        line.visits,
        *_edges(line.calls),
        line.certain,
        *(edge for name in COUNTED for edge in _edges(getattr(line, name))),
        _rounded(line.average_talk_seconds, 1),
        _rounded(line.calls_per_visit, 4),
    ]


def _rounded(figure: float | None, digits: int) -> float | None:
    if figure is None:
        return None
    return round(figure, digits)


def _edges(figure: Count) -> tuple[float, float, float]:
    """A figure and the 95 % interval it is in."""
    return round(figure.mean, 2), round(figure.low, 2), round(figure.high, 2)


def _is_forgotten(form: FilterForm, lease_days: int) -> bool:
    """Whether the period begins before the oldest visit that is kept."""
    start = form.period.start
    return start is not None and (datetime.now(UTC) - start).days > lease_days


def _form() -> FilterForm:
    return read_filters(request.args, stores().directory, preset="30days", closed=True)


def _dimension() -> str:
    by = request.args.get("by", "channel")
    if by not in DIMENSIONS:
        raise BadRequest(f"by is one of: {', '.join(DIMENSIONS)}")
    return by
