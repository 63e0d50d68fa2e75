"""The script's address: GET gives the script, POST takes its number requests and heartbeats."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from leadtracker.callback.request import CallbackRequests
from leadtracker.domain import Site
from leadtracker.errors import BadRequest, NotAllowed
from leadtracker.numbers.number_request import Numbers, Sender, read_visitor
from leadtracker.web import static_files
from leadtracker.web.metrics import BEATS, NUMBER_REQUESTS
from leadtracker.web.script.page_messages import cors, open_refusals, read_message, site_of

LONGEST_BODY = 128 * 1024  # the script sends under 40 KB, whatever its page told it
VOICENTER_PATH = "/cdn/Scripts/did_trace_worker/index.min.js"
SCRIPTS = {
    "/tracker.js": "tracker.js",
    "/tracker.v1.js": "tracker.v1.js",
    VOICENTER_PATH: "tracker.js",
}
BESIDE = ("debug.js", "callback.js")  # loaded only when they are used


def register(app: Flask, numbers: Numbers, requests: CallbackRequests, own_path: str) -> None:
    """Serve the script, and what it loads, at our paths, Voicenter's and the operator's."""
    paths = dict(SCRIPTS)
    if own_path:
        paths[own_path] = "tracker.js"
    for path, file in paths.items():
        app.add_url_rule(path, f"script {path}", lambda file=file: script(file), methods=["GET"])
        app.add_url_rule(
            path, f"number {path}", lambda: number(numbers, requests), methods=["POST"]
        )

    @app.after_request
    def finish(response: Response) -> Response:
        if str(request.endpoint).startswith("number "):
            return open_refusals(response)
        return response

    for folder in {path.rpartition("/")[0] for path in paths}:
        for file in BESIDE:
            path = f"{folder}/{file}"
            app.add_url_rule(
                path, f"script {path}", lambda file=file: script(file), methods=["GET"]
            )


def script(file: str) -> Response:
    response = static_files.send(file, max_age=3600)
    # A public file, which a page may load with integrity=… crossorigin.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def number(numbers: Numbers, requests: CallbackRequests) -> ResponseReturnValue:
    request.max_content_length = LONGEST_BODY
    message = read_message()
    site = _site(message)
    asked = message.get("ask")
    if asked == "number":
        answer = ask(numbers, site, message)
        if site.callback and answer["reason"] != "bot":
            answer["form"] = requests.form(site, message["visitor"], request.headers["Origin"])
    elif asked == "beat":
        answer = beat(numbers, site, message)
    elif asked == "form":
        answer = requests.opening(site, read_visitor(message), request.headers["Origin"])
        if request.root_path:
            answer["callback"] = f"{request.root_path}/callback"
    else:
        raise BadRequest('ask must be "number", "beat" or "form"')
    response = Response(orjson.dumps(answer), mimetype="application/json")
    response.headers.extend(cors(site.origins, request.headers["Origin"]))
    response.headers["Cache-Control"] = "no-store"
    return response


def ask(numbers: Numbers, site: Site, message: dict[str, Any]) -> dict[str, Any]:
    answer = numbers.ask(site, message, _sender())
    NUMBER_REQUESTS.labels(site.name, answer["reason"]).inc()
    return answer


def beat(numbers: Numbers, site: Site, message: dict[str, Any]) -> dict[str, Any]:
    answer = numbers.beat(site, message, _sender())
    BEATS.labels(site.name, answer["known"]).inc()
    return answer


def _sender() -> Sender:
    return Sender(request.headers.get("User-Agent", ""), request.remote_addr or "")


def _site(message: dict[str, Any]) -> Site:
    site = site_of(message.get("token"))
    origin = request.headers.get("Origin")
    if origin not in site.origins:
        raise NotAllowed(f"the origin {origin or '(none sent)'} is not one of the site's")
    return site
