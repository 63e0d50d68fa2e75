"""Is it alive, is it ready, what has it counted."""

from __future__ import annotations

import hmac

from flask import Blueprint, Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from leadtracker.address import is_this_machine
from leadtracker.errors import NotAllowed, StoreUnavailable
from leadtracker.records.inbox import Inbox
from leadtracker.records.session import SQLAlchemyError, ping
from leadtracker.web import waiting
from leadtracker.web.metrics import exposition
from leadtracker.web.stores import stores


def register(app: Flask, inbox: Inbox) -> None:
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}

    @blueprint.get("/readyz")
    def readyz() -> ResponseReturnValue:
        waiting.take_place()
        here, faults = stores(), {}
        try:
            here.live.ping()
        except StoreUnavailable as fault:
            faults["redis"] = str(fault)
        try:
            ping(here.engine)
        except SQLAlchemyError as fault:
            faults["database"] = type(fault).__name__
        status = 200
        if faults:
            status = 503
        return jsonify({"ready": not faults, "faults": faults}), status

    @blueprint.get("/metrics")
    def metrics() -> ResponseReturnValue:
        _may_read_metrics(stores().settings.metrics_token)
        waiting.take_place()
        return Response(
            exposition(stores(), inbox), content_type="text/plain; version=0.0.4; charset=utf-8"
        )

    app.register_blueprint(blueprint)


def _may_read_metrics(token: str) -> None:
    if token:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise NotAllowed("metrics need the bearer token of LEADTRACKER_METRICS_TOKEN")
    elif "X-Forwarded-For" in request.headers or not is_this_machine(request.remote_addr):
        raise NotAllowed("metrics are for this machine, until LEADTRACKER_METRICS_TOKEN is set")
