"""The second road's end: what an agent with a caller on the line is shown of him."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from leadtracker.calls.screen_pop import first_of
from leadtracker.domain import Json, Site, Touchpoint, Visitor
from leadtracker.errors import NotFound, StoreUnavailable
from leadtracker.live import Live
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.session import reading
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
    """`call` is the one the card was opened for, or the newest; `calls` are all but that one, newest first."""

    visitor_id: str | None
    caller: str | None  # the number that calls
    site: Site | None
    name: str = ""
    company: str = ""
    info: Json = field(default_factory=dict)
    first: Touchpoint | None = None
    touchpoint: Touchpoint | None = None
    page: str = ""  # URL last seen
    seen: datetime | None = None
    call: CallRow | None = None
    calls: Sequence[CallRow] = ()
    asked: CallbackRow | None = None  # his newest request to be called back


def visitor_card(
    engine: Engine, live: Live, directory: Directory, visitor_id: str, call_id: str | None
) -> VisitorCard:
    """From Redis while it remembers the visitor, else from the newest call's copy.

    Raises NotFound, StoreUnavailable.
    """
    with reading(engine) as session:
        calls = calls_of_visitor(session, visitor_id)
        accounts = [account.id for account in directory.accounts.values()]
        call = call_named(session, accounts, call_id) if call_id else None
        if call is None or call.visitor_id != visitor_id:
            call = calls[0] if calls and not call_id else None
        if call is not None and call.caller:
            calls = _together(calls, calls_of_number(session, call.caller))
        last_site = site_of_visitor(session, visitor_id)
        asked = newest_callback(session, visitor=visitor_id)
    newest = call or next(iter(calls), None)
    likely = (newest.site_id if newest else None, last_site, asked.site_id if asked else None)
    site, visitor = _remembered(live, directory, visitor_id, likely)
    if visitor is None and newest is None and asked is None:
        raise NotFound("nothing is known of this visitor any more")
    info = visitor.info if visitor else newest.visitor_info if newest else {}
    return VisitorCard(
        visitor_id=visitor_id,
        caller=newest.caller if newest else asked.target if asked else None,
        site=site,
        name=_name(site, info, asked),
        company=first_of(info, site.company_keys) if site else "",
        info=info,
        first=(visitor.first if visitor else None) or (newest.first_touchpoint if newest else None),
        touchpoint=(visitor.latest if visitor else None) or (newest.touchpoint if newest else None),
        page=visitor.page if visitor else "",
        seen=visitor.seen if visitor else None,
        call=call,
        calls=[other for other in calls if call is None or other.id != call.id],
        asked=asked,
    )


def caller_card(engine: Engine, directory: Directory, caller: str) -> VisitorCard:
    """A caller whom no visitor matches: his calls so far, and what was known of him at the newest that was matched."""
    with reading(engine) as session:
        calls = calls_of_number(session, caller)
        asked = newest_callback(session, target=caller)
    known = next((call for call in calls if call.visitor_id), None)
    site_id = next(
        (call.site_id for call in calls if call.site_id), asked.site_id if asked else None
    )
    site = directory.site(site_id) if site_id else None
    info = known.visitor_info if known else {}
    return VisitorCard(
        visitor_id=known.visitor_id if known else None,
        caller=caller,
        site=site,
        name=_name(site, info, asked),
        company=first_of(info, site.company_keys) if site else "",
        info=info,
        first=known.first_touchpoint if known else None,
        touchpoint=known.touchpoint if known else None,
        calls=calls,
        asked=asked,
    )


def _name(site: Site | None, info: Json, asked: CallbackRow | None) -> str:
    """As the page told it, else as typed into the form that asked for a call."""
    return (first_of(info, site.name_keys) if site else "") or (asked.name if asked else "")


def _remembered(
    live: Live, directory: Directory, visitor_id: str, likely: Iterable[int | None]
) -> tuple[Site | None, Visitor | None]:
    """The visitor as Redis knows him and his site; without Redis the card is made of what SQL has."""
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
