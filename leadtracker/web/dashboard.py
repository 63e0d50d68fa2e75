"""The dashboard's routes, all behind the login, and all within the bound on slow work."""

from __future__ import annotations

import functools

from flask import Blueprint, Flask, redirect, url_for
from flask.typing import ResponseReturnValue

from leadtracker.callback_dialling import Dialling
from leadtracker.web import (
    callback_shown,
    dashboard_accuracy,
    dashboard_call,
    dashboard_callbacks,
    dashboard_calls,
    dashboard_pool,
    dashboard_settings,
    dashboard_sources,
    dashboard_visitor,
    pages,
    shown,
    slow_work,
)
from leadtracker.web.browser_requests import refuse_nul, refuse_other_origins
from leadtracker.web.login import login_required
from leadtracker.web.page_headers import protect
from leadtracker.web.static_files import fingerprint
from leadtracker.web.stores import stores

FILE_SECONDS = 7 * 86400  # that browsers keep a style or script: its address names its content
LARGEST = 2**63 - 1  # number of a row
ROUTES = (
    ("/calls", "calls", dashboard_calls.page),
    ("/calls/newest", "newest_calls", dashboard_calls.newest),
    ("/calls.csv", "calls_csv", dashboard_calls.csv),
    (f"/calls/<int(max={LARGEST}):call_pk>", "call", dashboard_call.page),
    ("/visitors/<visitor_id>", "visitor", dashboard_visitor.visitor),
    ("/callers/<path:caller>", "caller", dashboard_visitor.caller),
    ("/accuracy", "accuracy", dashboard_accuracy.page),
    ("/sources", "sources", dashboard_sources.page),
    ("/sources.csv", "sources_csv", dashboard_sources.csv),
    ("/pool", "pool", dashboard_pool.page),
    ("/pool.csv", "pool_csv", dashboard_pool.csv),
    ("/callbacks", "callbacks", dashboard_callbacks.page),
    ("/callbacks/newest", "newest_callbacks", dashboard_callbacks.newest),
    ("/callbacks.csv", "callbacks_csv", dashboard_callbacks.csv),
    ("/settings", "settings", dashboard_settings.page),
)


def register(app: Flask, dialling: Dialling) -> None:
    blueprint = Blueprint("dashboard", __name__)
    pages.give_way(blueprint)
    blueprint.before_request(refuse_other_origins)
    blueprint.before_request(login_required)
    blueprint.before_request(refuse_nul)
    blueprint.before_request(slow_work.take_place)
    blueprint.before_request(_refresh)
    blueprint.after_request(protect)
    blueprint.add_url_rule("/", "start", _start)
    for rule, name, view in ROUTES:
        blueprint.add_url_rule(rule, name, view)
    call = f"/calls/<int(max={LARGEST}):call_pk>"
    blueprint.add_url_rule(f"{call}/confirm", "confirm", dashboard_call.confirm, methods=["POST"])
    hang_up = functools.partial(dashboard_callbacks.hang_up, dialling)
    callback = f"/callbacks/<int(max={LARGEST}):pk>"
    blueprint.add_url_rule(f"{callback}/hang-up", "hang_up", hang_up, methods=["POST"])
    slow_work.bound(app, app.extensions["leadtracker"].settings.threads)
    shown.register(app)
    callback_shown.register(app)
    app.add_template_global(fingerprint)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = FILE_SECONDS
    app.register_blueprint(blueprint)


def _start() -> ResponseReturnValue:
    return redirect(url_for("dashboard.calls"))


def _refresh() -> None:
    stores().directory.refresh()
