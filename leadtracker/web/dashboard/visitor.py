"""The visitor card, which a screen pop opens: readable in two seconds with a caller on the line."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from leadtracker.calls import visitor_card
from leadtracker.calls.visitor_card import VisitorCard
from leadtracker.web.dashboard.agent_call import agent_call
from leadtracker.web.dashboard.filter_form import zone_without_site
from leadtracker.web.dashboard.formats import ANY_SITE
from leadtracker.web.stores import stores

MOST_WAITS = 5  # a screen pop's link may be opened before its call is written


def visitor(visitor_id: str) -> ResponseReturnValue:
    here, call_id = stores(), request.args.get("call")
    card = visitor_card.visitor_card(here.engine, here.live, here.directory, visitor_id, call_id)
    waited = request.args.get("waited", 0, type=int)
    if call_id and card.call is None and waited < MOST_WAITS:
        return _page(card, wait=waited + 1)
    return _page(card)


def caller(caller: str) -> ResponseReturnValue:
    here = stores()
    return _page(visitor_card.caller_card(here.engine, here.directory, caller))


def _page(card: VisitorCard, wait: int | None = None) -> str:
    """`wait`: how often the page has looked again for its call, which is not written yet."""
    zone = zone_without_site(stores().directory)
    if card.site is not None:
        zone = card.site.time_zone
    return render_template(
        "visitor.html",
        card=card,
        site=card.site or ANY_SITE,
        zone=zone,
        wait=wait,
        agent_call=agent_call(card.caller, card.site),
    )
