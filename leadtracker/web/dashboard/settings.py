"""The settings page: the user's extension, sites with the line for their pages, and accounts."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from leadtracker.errors import BadRequest
from leadtracker.pbx import VENDORS
from leadtracker.records.users import set_extension
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


def extension() -> ResponseReturnValue:
    """The user says at which extension of which account the PBX rings them."""
    account, text = request.form.get("account", ""), request.form.get("extension", "").strip()
    if text and stores().directory.account(account) is None:
        raise BadRequest("there is no such PBX account")
    set_extension(stores().engine, g.user.id, account, text)
    return redirect(url_for("dashboard.settings", _anchor="extension"), 303)
