"""The second road's end: what an agent with a caller on the line sees of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from leadtracker.calls.plain_text import plain_text
from leadtracker.calls.screen_pop import as_likely, first_of
from leadtracker.domain import Json, Site, Touchpoint, Visitor
from leadtracker.errors import NotFound, StoreUnavailable
from leadtracker.live import Live
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.session import Engine, Session, reading
from leadtracker.records.sites import Directory
from leadtracker.records.tables import CallRow
from leadtracker.reports.callbacks import newest_callback
from leadtracker.reports.one_call import (
    call_named,
    calls_of_number,
    calls_of_visitor,
    site_of_visitor,
)


@dataclass(frozen=True, slots=True)
class VisitorCard:
    """What is known of a visitor, or of a caller whom no visitor matches."""

    visitor_id: str | None = None
    caller: str | None = None  # the number that calls
    site: Site | None = None
    name: str = ""
    company: str = ""
    info: Json = field(default_factory=dict)
    first: Touchpoint | None = None
    touchpoint: Touchpoint | None = None
    page: str = ""  # URL last seen
    seen: datetime | None = None
    call: CallRow | None = None  # the one the card was opened for, or the newest
    calls: Sequence[CallRow] = ()  # all others, newest first
    asked: CallbackRow | None = None  # the newest request to be called back
    probable: bool = False  # it is likely, not certain, that they called


def visitor_card(
    engine: Engine, live: Live, directory: Directory, visitor_id: str, call_id: str | None
) -> VisitorCard:
    """What Redis remembers of the visitor, else the copy that their newest call took.

    Raises NotFound, StoreUnavailable.
    """
    with reading(engine) as session:
        calls = calls_of_visitor(session, visitor_id)
        call = _opened(session, directory, calls, visitor_id, call_id)
        if call is not None and call.caller:
            calls = _together(calls, calls_of_number(session, call.caller))
        last_site = site_of_visitor(session, visitor_id)
        asked = newest_callback(session, visitor=visitor_id)
    newest = call or next(iter(calls), None)
    site, visitor = _remembered(
        live, directory, visitor_id, (_site_id(newest), last_site, _site_id(asked))
    )
    if visitor is None and newest is None and asked is None:
        raise NotFound("nothing is known of this visitor any more")
    others = [other for other in calls if call is None or other.id != call.id]
    card = VisitorCard(visitor_id, site=site, call=call, calls=others, asked=asked)
    if newest is not None:
        card = _with_copy(replace(card, caller=newest.caller), newest)
    elif asked is not None:
        card = replace(card, caller=asked.target)
    if visitor is not None:
        card = replace(
            card,
            info=visitor.info,
            first=visitor.first or card.first,
            touchpoint=visitor.latest or card.touchpoint,
            page=visitor.page,
            seen=visitor.seen,
        )
    return _with_names(card)


def caller_card(engine: Engine, directory: Directory, caller: str) -> VisitorCard:
    """A caller whom no visitor matches: their calls so far, and the copy of the newest matched."""
    with reading(engine) as session:
        calls = calls_of_number(session, caller)
        asked = newest_callback(session, target=caller)
    site_id = next((call.site_id for call in calls if call.site_id), _site_id(asked))
    card = VisitorCard(caller=caller, calls=calls, asked=asked)
    if site_id:
        card = replace(card, site=directory.site(site_id))
    known = next((call for call in calls if call.visitor_id), None)
    if known is not None:
        card = _with_copy(replace(card, visitor_id=known.visitor_id), known)
    return _with_names(card)


def _opened(
    session: Session,
    directory: Directory,
    calls: Sequence[CallRow],
    visitor_id: str,
    call_id: str | None,
) -> CallRow | None:
    """The visitor's call of this name; without a name their newest."""
    if not call_id:
        return next(iter(calls), None)
    accounts = [account.id for account in directory.accounts.values()]
    call = call_named(session, accounts, call_id)
    if call is None or call.visitor_id != visitor_id:
        return None
    return call


def _site_id(row: CallRow | CallbackRow | None) -> int | None:
    return row.site_id if row else None


def _with_copy(card: VisitorCard, call: CallRow) -> VisitorCard:
    """The card with the copy of the visitor that a call took."""
    return replace(
        card,
        info=call.visitor_info,
        first=call.first_touchpoint,
        touchpoint=call.touchpoint,
        probable=call.match.get("verdict") == "likely" and not call.match.get("confirmed"),
    )


def _with_names(card: VisitorCard) -> VisitorCard:
    """The card with the names that the page told, else those of the form that asked for a call."""
    name, company = "", ""
    if card.site is not None:
        name = first_of(card.info, card.site.name_keys)
        company = first_of(card.info, card.site.company_keys)
    if not name and card.asked is not None:
        name = plain_text(card.asked.name)
        card = replace(card, probable=False)
        if name and card.site and card.visitor_id is None:  # anybody can write it beside a number
            name = as_likely(name, card.site)
    return replace(card, name=name, company=company)


def _remembered(
    live: Live, directory: Directory, visitor_id: str, likely: Iterable[int | None]
) -> tuple[Site | None, Visitor | None]:
    """Their site, and the visitor as Redis knows them; without Redis the card has what SQL has."""
    ordered = dict.fromkeys(
        [*(site_id for site_id in likely if site_id), *(site.id for site in directory.sites)]
    )
    sites = [site for site_id in ordered if (site := directory.site(site_id))]
    try:
        for site in sites:
            visitor = live.visitor(site.id, visitor_id)
            if visitor is not None:
                return site, visitor
    except StoreUnavailable:
        pass
    return next(iter(sites), None), None


def _together(some: Sequence[CallRow], others: Sequence[CallRow]) -> list[CallRow]:
    every = {call.id: call for call in (*some, *others)}
    return sorted(every.values(), key=lambda call: (call.started_at, call.id), reverse=True)
