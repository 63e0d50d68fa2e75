"""Callback requests of programs: a CRM or a CMS asks with a key of its site."""

from __future__ import annotations

import orjson
from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue

from leadtracker.callback.request import CallbackRequests, Told, read_wish
from leadtracker.callback_rules.course import State
from leadtracker.errors import Refused
from leadtracker.web.api.key import site_of_key
from leadtracker.web.script.callback_request import LONGEST_BODY, count
from leadtracker.web.script.page_messages import read_message


def register(app: Flask, requests: CallbackRequests) -> None:
    blueprint = Blueprint("callback_api", __name__, url_prefix="/api/v1/callbacks")

    @blueprint.post("")
    def ask() -> ResponseReturnValue:
        request.max_content_length = LONGEST_BODY
        site = site_of_key()
        message = read_message() | {"id": request.headers.get("Idempotency-Key", "")}
        told = count(site, requests.ask(site, read_wish(message, "api")))
        if told.state is State.REFUSED:
            raise Refused(told.code)
        return _answer(told, 202)

    @blueprint.get("/<request_id>")
    def status(request_id: str) -> ResponseReturnValue:
        return _answer(requests.of_id(site_of_key().id, request_id), 200)

    app.register_blueprint(blueprint)


def _answer(told: Told, status: int) -> Response:
    return Response(orjson.dumps(told.as_json()), status, mimetype="application/json")
