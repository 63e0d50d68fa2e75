"""Callback requests of programs: a CRM or a CMS asks with a key of its site."""

from __future__ import annotations

import orjson
from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue

from leadtracker.callback.request import CallbackRequests, Told, read_wish
from leadtracker.callback_rules.course import State
from leadtracker.domain import Site
from leadtracker.errors import NotAllowed, NotFound, Refused
from leadtracker.records import api_keys
from leadtracker.records.session import reading
from leadtracker.web import waiting
from leadtracker.web.script.callback_request import LONGEST_BODY, count
from leadtracker.web.script.page_messages import read_message
from leadtracker.web.stores import stores


def register(app: Flask, requests: CallbackRequests) -> None:
    blueprint = Blueprint("callback_api", __name__, url_prefix="/api/v1/callbacks")
    blueprint.before_request(waiting.take_place)

    @blueprint.post("")
    def ask() -> ResponseReturnValue:
        request.max_content_length = LONGEST_BODY
        site = _site()
        message = read_message() | {"id": request.headers.get("Idempotency-Key", "")}
        told = count(site, requests.ask(site, read_wish(message, "api")))
        if told.state is State.REFUSED:
            raise Refused(told.code)
        return _answer(told, 202)

    @blueprint.get("/<request_id>")
    def stands(request_id: str) -> ResponseReturnValue:
        return _answer(requests.of_id(_site().id, request_id), 200)

    app.register_blueprint(blueprint)


def _site() -> Site:
    """The site whose key was sent. Raises NotAllowed."""
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    here = stores()
    here.directory.refresh()
    site_id = None
    if kind == "Bearer":
        with reading(here.engine) as session:
            site_id = api_keys.site_of(session, key)
    if site_id is None:
        raise NotAllowed("this needs a key of `leadtracker api-key add`, as Authorization: Bearer")
    site = here.directory.site(site_id)
    if site is None:
        raise NotFound("the site of this key is not there any more")
    return site


def _answer(told: Told, status: int) -> Response:
    return Response(orjson.dumps(told.as_json()), status, mimetype="application/json")
