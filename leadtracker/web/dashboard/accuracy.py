"""The accuracy page: how often we are right about callers, and how late callers call."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from leadtracker.records.session import reading
from leadtracker.reports.accuracy import accuracy, delays
from leadtracker.web.dashboard.filter_form import read_filters
from leadtracker.web.stores import stores


def page() -> ResponseReturnValue:
    here = stores()
    form = read_filters(request.args, here.directory, preset="all")
    site = form.site or next(iter(here.directory.sites), None)
    if site is None:
        return render_template("accuracy.html", form=form, site=None, sites=())
    with reading(here.engine) as session:
        found, later = accuracy(session, site.id), delays(session, site.id)
    return render_template(
        "accuracy.html",
        form=form,
        site=site,
        sites=here.directory.sites,
        accuracy=found,
        delays=later,
        most=max(max(bar.share, bar.typical) for bar in later.bars),
    )
