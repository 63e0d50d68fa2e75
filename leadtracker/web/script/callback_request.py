"""Asking to be called back: by the script's JSON or by a plain form; and how a request stands."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from leadtracker.address import household
from leadtracker.callback.request import CallbackRequests, Told, read_wish
from leadtracker.callback_rules.course import State
from leadtracker.domain import Json, Site
from leadtracker.errors import LeadtrackerError
from leadtracker.numbers.number_request import ID
from leadtracker.web import error_answers, waiting
from leadtracker.web.metrics import CALLBACK_REQUESTS
from leadtracker.web.page_headers import protect
from leadtracker.web.script.callback_words import LANGUAGES, WORDS
from leadtracker.web.script.page_messages import cors, open_refusals, read_message, site_of
from leadtracker.web.stores import stores

LONGEST_BODY = 16 * 1024
SAME_FORM_SECONDS = 600  # in which a form without script that is sent again asks for the same call
FORM = "application/x-www-form-urlencoded"


def register(app: Flask, requests: CallbackRequests) -> None:
    blueprint = Blueprint("callback_request", __name__)
    blueprint.after_request(open_refusals)
    blueprint.before_request(waiting.take_place)

    @blueprint.post("/callback")
    def ask() -> ResponseReturnValue:
        request.max_content_length = LONGEST_BODY
        if request.mimetype == FORM:
            return ask_by_form(requests)
        return ask_by_script(requests)

    @blueprint.get("/callback/<request_id>")
    def status(request_id: str) -> ResponseReturnValue:
        told, site = requests.of_visitor(request_id, request.args.get("visitor", ""))
        return answer(told.as_json(), site)

    @blueprint.get("/callback-sent/<request_id>")
    def sent(request_id: str) -> ResponseReturnValue:
        told, site = requests.of_visitor(request_id, request.args.get("visitor", ""))
        return page(told, site)

    @blueprint.errorhandler(LeadtrackerError)
    def failed(error: LeadtrackerError) -> Response:
        answered = error_answers.ours(error)
        if request.mimetype != FORM and request.endpoint != "callback_request.sent":
            return answered
        words = "again"
        if error.status >= 500:
            words = "often"
        return page(Told("", State.REFUSED, words), None, error.status)

    app.register_blueprint(blueprint)


def ask_by_script(requests: CallbackRequests) -> Response:
    message = read_message()
    site = site_of(message.get("token"))
    wish = read_wish(
        message, "page", page=request.headers.get("Origin", ""), address=request.remote_addr or ""
    )
    told = count(site, requests.ask(site, wish))
    status = 200
    if told.state is State.REFUSED:
        status = 422
    return answer(told.as_json(), site, status)


def ask_by_form(requests: CallbackRequests) -> ResponseReturnValue:
    """A form that the browser itself posts.

    It has what the script would have sent, or, where no script runs, only the site's token.
    """
    given = {name: text.replace("\0", "") for name, text in request.form.items()}
    site = site_of(given.get("leadtracker_token") or given.get("token"))
    own = own_id(site, given.get("phone", ""))
    message: dict[str, Any] = {
        name: given.get(name, "") for name in ("phone", "name", "note", "website", "form")
    }
    message["visitor"] = own[:32]
    if ID.match(given.get("visitor", "")):
        message["visitor"] = given["visitor"]
    message["id"] = given.get("id") or own
    filled = given.get("filled_ms", "")
    if filled.isdecimal() and len(filled) < 16:
        message["filled_ms"] = int(filled)
    origin = "form"
    if message["form"]:  # the script filled it in, and its token proves the visitor as on a page
        origin = "page"
    wish = read_wish(
        message, origin, page=request.headers.get("Origin", ""), address=request.remote_addr or ""
    )
    told = count(site, requests.ask(site, wish))
    if told.state is State.REFUSED:
        return page(told, site, 422)
    return redirect(url_for("callback_request.sent", request_id=wish.id, visitor=wish.visitor), 303)


def own_id(site: Site, phone: str) -> str:
    """An id for a form that brings none.

    The same form of the same sender is the same request for some minutes.
    """
    moment = int(time.time() // SAME_FORM_SECONDS)
    text = f"{site.id} {household(request.remote_addr)} {phone} {moment}"
    return hmac.new(stores().settings.key.encode(), text.encode(), hashlib.sha256).hexdigest()[:40]


def page(told: Told, site: Site | None, status: int = 200) -> Response:
    """For people, in Hebrew or English; the page repeats nothing of what was sent."""
    language = request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
    words = WORDS[language]
    zone, back = "UTC", ""
    if site is not None:
        zone, back = site.time_zone, site.url or ""
    text = render_template(
        "callback_sent.html",
        language=language,
        words=words,
        said=words.get(told.words or told.state, words["sent"]),
        opens=told.opens,
        zone=zone,
        back=back,
    )
    response = protect(Response(text, status))
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept-Language")
    return response


def count(site: Site, told: Told) -> Told:
    CALLBACK_REQUESTS.labels(site.name, told.code or told.state).inc()
    return told


def answer(content: Json, site: Site | None, status: int = 200) -> Response:
    response = Response(orjson.dumps(content), status, mimetype="application/json")
    if site is not None:
        response.headers.extend(cors(site.origins, request.headers.get("Origin", "")))
    response.headers["Cache-Control"] = "no-store"
    return response
