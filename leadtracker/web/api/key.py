"""Which site a program speaks for: the one whose key it sends."""

from __future__ import annotations

from flask import request

from leadtracker.domain import Site
from leadtracker.errors import NotAllowed, NotFound
from leadtracker.records import api_keys
from leadtracker.records.session import reading
from leadtracker.web.stores import stores


def site_of_key() -> Site:
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
