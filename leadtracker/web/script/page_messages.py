"""The JSON messages of the script in a page: read, matched to a site, answered with CORS."""

from __future__ import annotations

import functools
from typing import Any

import orjson
from flask import Response, request
from flask_cors.core import get_cors_headers, get_cors_options
from werkzeug.datastructures import Headers

from leadtracker.domain import Json, Site
from leadtracker.errors import BadRequest, NotAllowed
from leadtracker.web.script.mended_json import read_mended
from leadtracker.web.stores import stores


def read_message() -> Json:
    """The body of this request, mended where that is possible; raises BadRequest."""
    body = request.get_data(cache=False)
    try:
        message = read_mended(body)
    except orjson.JSONDecodeError as fault:
        raise BadRequest(f"the body is not JSON: {fault}") from fault
    if not isinstance(message, dict):
        raise BadRequest("the body must be a JSON object")
    return message


def site_of(token: object) -> Site:
    """The site of a public token. Raises NotAllowed.

    The caller checks that the page is one of the site's.
    """
    if isinstance(token, str) and (site := stores().directory.site_by_token(token)):
        return site
    raise NotAllowed("no site has this token")


@functools.lru_cache(maxsize=4096)
def cors(origins: tuple[str, ...], origin: str) -> tuple[tuple[str, Any], ...]:
    """The headers of flask-cors for a page of one origin of a site."""
    options = get_cors_options(None, {"origins": list(origins), "methods": ["GET", "POST"]})
    return tuple(get_cors_headers(options, Headers({"Origin": origin}), "POST").items())


def open_refusals(response: Response) -> Response:
    """A page may read why it was refused, whichever page it is: debug mode says so."""
    if response.status_code >= 400:
        response.headers.setdefault("Access-Control-Allow-Origin", "*")
    return response
