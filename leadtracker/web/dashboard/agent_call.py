"""The call button: the PBX rings the user's own extension, then the number of the card.

It is a request like a visitor's: the same guard counts it, reserves its money and may refuse it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from leadtracker.callback.dialing import clicking
from leadtracker.callback.request import REQUEST_ID, CallbackRequests, Wish
from leadtracker.callback_rules.course import State
from leadtracker.domain import Site
from leadtracker.errors import BadRequest
from leadtracker.records import callbacks
from leadtracker.records.callback_tables import AGENT_CALL, CallbackRow
from leadtracker.records.session import reading
from leadtracker.web.dashboard.callback_words import REFUSAL_WORDS
from leadtracker.web.stores import stores


@dataclass(frozen=True, slots=True)
class AgentCall:
    """The button of a card, and what became of the call that it asked for last."""

    id: str  # of the next call
    target: str
    site: Site | None  # whose rules bound the call; None where the user has no extension
    row: CallbackRow | None
    refused: str


def agent_call(target: str | None, preferred: Site | None) -> AgentCall | None:
    """None for a number that cannot be called."""
    if not target or not target.startswith("+"):
        return None
    site, asked = _site(preferred), request.args.get(AGENT_CALL, "")
    row = None
    if site is not None and REQUEST_ID.match(asked):
        with reading(stores().engine) as session:
            row = callbacks.taken(session, site.id, asked)
    if row is not None and row.origin != AGENT_CALL:
        row = None
    refused = REFUSAL_WORDS.get(request.args.get("refused", ""), "")
    return AgentCall(secrets.token_urlsafe(16), target, site, row, refused)


def ask(requests: CallbackRequests) -> ResponseReturnValue:
    """Ring the user, then the number; the card says what becomes of it."""
    here, form = stores(), request.form
    site = _site(here.directory.site(form.get("site", 0, type=int)))
    if site is None:
        raise BadRequest("set your extension on the settings page first")
    if not REQUEST_ID.match(form.get("id", "")):
        raise BadRequest("the form has no id of a call")
    wish = Wish(
        id=form["id"],
        origin=AGENT_CALL,
        phone=form.get("target", "")[:64],
        agent=g.user.extension,
    )
    told = requests.ask(site, wish)
    back: dict[str, Any] = {AGENT_CALL: wish.id}
    if told.state is State.REFUSED:
        back = {"refused": told.code}
    if visitor := form.get("visitor", ""):
        return redirect(url_for("dashboard.visitor", visitor_id=visitor, **back), 303)
    return redirect(url_for("dashboard.caller", caller=wish.phone, **back), 303)


def _site(preferred: Site | None) -> Site | None:
    """A site of the user's account, the preferred one if it is; its rules bound the call."""
    directory = stores().directory
    account = directory.account(g.user.account_key)
    if account is None or not g.user.extension:
        return None
    sites = [site for site in directory.sites_of(account) if clicking(directory, site)]
    if preferred in sites:
        return preferred
    return next(iter(sites), None)
