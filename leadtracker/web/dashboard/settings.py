"""The settings page shows sites, the line for their pages, and PBX accounts."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from leadtracker.pbx import VENDORS
from leadtracker.web.stores import stores


def page() -> ResponseReturnValue:
    here = stores()
    directory, settings = here.directory, here.settings
    return render_template(
        "settings.html",
        sites=directory.sites,
        accounts=list(directory.accounts.values()),
        dids=directory.dids,
        vendors=VENDORS,
        script=settings.public_url + (settings.script_path or "/tracker.js"),
    )
