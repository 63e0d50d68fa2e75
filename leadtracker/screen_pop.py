"""The second road's first half: a phone rings, and the agent is told whose call it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from leadtracker.call_matching import match
from leadtracker.domain import Account, Caller, Direction, Json, ScreenPop
from leadtracker.live import Live
from leadtracker.records.sites import Directory


def caller_of(pop: ScreenPop, account: Account, directory: Directory, live: Live, public_url: str) -> Caller:
    """Who calls, from what Redis holds now; an empty Caller with a link when nobody is known.

    Raises StoreUnavailable.
    """
    nobody = Caller(url=f"{public_url}/callers/{pop.caller}" if pop.caller else "")
    site = directory.site_by_did(pop.did)
    if site is None or pop.did is None or pop.direction is not Direction.INCOMING:
        return nobody
    found = match(live.holders(site.id, pop.did), pop.at or datetime.now(UTC))
    if found is None:
        return nobody
    visitor = live.visitor(site.id, found.lease.visitor)
    info = visitor.info if visitor else {}
    call = f"?call={pop.call_id}" if pop.call_id else ""
    return Caller(
        name=first_of(info, site.name_keys),
        company=first_of(info, site.company_keys),
        url=f"{public_url}/visitors/{found.lease.visitor}{call}",
        total=1,
        visitor_id=found.lease.visitor,
    )


def first_of(info: Json, keys: Iterable[str]) -> str:
    """The first of these keys the page gave a text for, compared without case."""
    lowered = {key.lower(): value for key, value in info.items()}
    for key in keys:
        value = lowered.get(key.lower())
        if isinstance(value, str | int) and str(value).strip():
            return str(value).strip()[:200]
    return ""
