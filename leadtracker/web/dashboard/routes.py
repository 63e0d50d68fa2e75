"""The dashboard's routes, all behind the login, and all within the bound on slow work."""

from __future__ import annotations

import functools

from flask import Blueprint, Flask, redirect, url_for
from flask.typing import ResponseReturnValue

from leadtracker.callback.dialing import Dialing
from leadtracker.callback.request import CallbackRequests
from leadtracker.web import waiting
from leadtracker.web.dashboard import (
    accuracy,
    agent_call,
    call,
    callback_words,
    callbacks,
    calls,
    formats,
    own_process,
    pool,
    settings,
    slow_work,
    sources,
    visitor,
)
from leadtracker.web.dashboard.browser_requests import refuse_nul, refuse_other_origins
from leadtracker.web.dashboard.login import login_required
from leadtracker.web.page_headers import protect
from leadtracker.web.static_files import fingerprint
from leadtracker.web.stores import stores

LARGEST = 2**63 - 1  # number of a row
ROUTES = (
    ("/calls", "calls", calls.page),
    ("/calls/newest", "newest_calls", calls.newest),
    ("/calls.csv", "calls_csv", calls.csv),
    (f"/calls/<int(max={LARGEST}):call_pk>", "call", call.page),
    ("/visitors/<visitor_id>", "visitor", visitor.visitor),
    ("/callers/<path:caller>", "caller", visitor.caller),
    ("/accuracy", "accuracy", accuracy.page),
    ("/sources", "sources", sources.page),
    ("/sources.csv", "sources_csv", sources.csv),
    ("/pool", "pool", pool.page),
    ("/pool.csv", "pool_csv", pool.csv),
    ("/callbacks", "callbacks", callbacks.page),
    ("/callbacks/newest", "newest_callbacks", callbacks.newest),
    ("/callbacks.csv", "callbacks_csv", callbacks.csv),
    ("/settings", "settings", settings.page),
)


def register(app: Flask, dialing: Dialing, requests: CallbackRequests) -> None:
    blueprint = Blueprint("dashboard", __name__)
    blueprint.before_request(waiting.take_place)
    own_process.pass_on_requests(blueprint)
    blueprint.before_request(refuse_other_origins)
    blueprint.before_request(login_required)
    blueprint.before_request(refuse_nul)
    blueprint.before_request(slow_work.take_place)
    blueprint.before_request(_refresh)
    blueprint.after_request(protect)
    blueprint.add_url_rule("/", "start", _start)
    for rule, name, view in ROUTES:
        blueprint.add_url_rule(rule, name, view)
    of_call = f"/calls/<int(max={LARGEST}):call_pk>"
    blueprint.add_url_rule(f"{of_call}/confirm", "confirm", call.confirm, methods=["POST"])
    ask = functools.partial(agent_call.ask, requests)
    blueprint.add_url_rule("/agent-calls", "agent_call", ask, methods=["POST"])
    blueprint.add_url_rule("/settings/extension", "extension", settings.extension, methods=["POST"])
    hang_up = functools.partial(callbacks.hang_up, dialing)
    of_callback = f"/callbacks/<int(max={LARGEST}):pk>"
    blueprint.add_url_rule(f"{of_callback}/hang-up", "hang_up", hang_up, methods=["POST"])
    slow_work.bound(app, app.extensions["leadtracker"].settings.threads)
    formats.register(app)
    callback_words.register(app)
    app.add_template_global(fingerprint)
    app.register_blueprint(blueprint)


def _start() -> ResponseReturnValue:
    return redirect(url_for("dashboard.calls"))


def _refresh() -> None:
    stores().directory.refresh()
