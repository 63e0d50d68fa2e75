"""The second road's first half: a phone rings, and the agent is told whose call it is."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime

from leadtracker.calls.known_people import known_call
from leadtracker.calls.plain_text import plain_text, url
from leadtracker.domain import Account, Caller, Direction, Json, Lease, ScreenPop, Site, Visitor
from leadtracker.live import Live
from leadtracker.pbx.dialing import REQUEST, variable
from leadtracker.records import callbacks
from leadtracker.records.callback_tables import AGENT_CALL
from leadtracker.records.session import Engine, Session, reading
from leadtracker.records.sites import Directory
from leadtracker.who_called.knowledge import Knowledge
from leadtracker.who_called.ring import Ring, visible_number
from leadtracker.who_called.verdict import displayed, named

KNOWN_SECONDS = 30.0  # how long a site's rates are used before they are read again


class ScreenPops:
    """Answers who is calling, by what Redis holds now and what the worker has learned."""

    def __init__(self, engine: Engine, live: Live, directory: Directory, public_url: str) -> None:
        self._engine, self._live, self._directory = engine, live, directory
        self._public_url = public_url
        self._known: dict[int, tuple[float, Knowledge]] = {}  # by site; and when it was read

    def caller_of(self, account: Account, pop: ScreenPop) -> Caller:
        """Whom to announce to the agent. Raises StoreUnavailable.

        | who calls                    | the agent gets                             |
        | ---------------------------- | ------------------------------------------ |
        | whom a callback is for       | their name, and a link to them             |
        | a visitor, certainly         | their name, and a link to them             |
        | a visitor, likely            | the name as likely ones are called; a link |
        | anybody else                 | a link to what is known of the number      |
        """
        if asked := self._who_asked(account, pop):
            return asked
        nobody = Caller()
        if pop.caller:
            nobody = Caller(url=url(self._public_url, "callers", pop.caller))
        site = self._directory.site_by_did(pop.did)
        if site is None or pop.did is None or pop.direction is not Direction.INCOMING:
            return self._known_caller(account, site, pop) or nobody
        did, held = self._held(site, pop.did)
        ring = Ring(pop.at or datetime.now(UTC), did, visible_number(pop.caller))
        with reading(self._engine) as session:
            known = self._knowledge(session, site)
            posterior = displayed(known.judge(session, ring, held, at_once=True), known.calibration)
        best = named(posterior)
        if best is None:
            return self._known_caller(account, site, pop) or nobody
        info = _info(self._live.visitor(site.id, best.visitor))
        name = first_of(info, site.name_keys)
        if name and posterior.verdict == "likely":
            name = as_likely(name, site)
        opened = {"call": pop.call_id} if pop.call_id else None
        return Caller(
            name=name,
            company=first_of(info, site.company_keys),
            url=url(self._public_url, "visitors", best.visitor, query=opened),
            total=1,
            visitor_id=best.visitor,
        )

    def _known_caller(self, account: Account, site: Site | None, pop: ScreenPop) -> Caller | None:
        """Whoever called from this number before, at whichever number of the account."""
        moment = pop.at or datetime.now(UTC)
        with reading(self._engine) as session:
            call = known_call(session, self._directory, account, site, (pop.caller, moment))
        known_at = self._directory.site(call.site_id or 0) if call else None
        if call is None or known_at is None:
            return None
        if site is not None and known_at.id == site.id and pop.direction is Direction.INCOMING:
            return None  # the site's own evidence named nobody
        name = first_of(call.visitor_info, known_at.name_keys) or str(call.match.get("name") or "")
        if name and call.match.get("verdict") == "likely":
            name = as_likely(name, known_at)
        return Caller(
            name=name,
            company=first_of(call.visitor_info, known_at.company_keys),
            url=url(self._public_url, "callers", pop.caller or ""),
            total=1,
            visitor_id=call.visitor_id,
        )

    def _held(self, site: Site, did: str) -> tuple[str | None, list[Lease]]:
        """The DID if it is of the pool, and its holders."""
        if not self._directory.in_pool(did):
            return None, []
        return did, self._live.holders(site.id, did)

    def _who_asked(self, account: Account, pop: ScreenPop) -> Caller | None:
        name = variable(pop.custom, REQUEST)
        if not name:
            return None
        with reading(self._engine) as session:
            row = callbacks.of_call(session, account.id, name, None)
        if row is None or row.origin == AGENT_CALL:
            return None
        if not callbacks.is_of(row, pop.direction, pop.caller):
            return None
        site = self._directory.site(row.site_id)
        if site is None:
            return None
        info: Json = {}
        page = "callers", row.target
        if who := row.known_visitor:
            info = _info(self._live.visitor(site.id, who))
            page = "visitors", who
        return Caller(
            name=plain_text(row.name) or first_of(info, site.name_keys),
            company=first_of(info, site.company_keys),
            url=url(self._public_url, *page),
            total=1,
            visitor_id=who or None,
        )

    def _knowledge(self, session: Session, site: Site) -> Knowledge:
        read_at, known = self._known.get(site.id, (0.0, None))
        if known is None or time.monotonic() - read_at > KNOWN_SECONDS:
            known = Knowledge.load(session, site, datetime.now(UTC))
            self._known[site.id] = (time.monotonic(), known)
        return known


def _info(visitor: Visitor | None) -> Json:
    return visitor.info if visitor else {}


def as_likely(name: str, site: Site) -> str:
    """A name as the site writes that of somebody who only probably calls."""
    return plain_text(site.likely_name.replace("{name}", name))


def first_of(info: Json, keys: Iterable[str]) -> str:
    """The first text that the page gave under one of these keys, compared without case."""
    lowered = {key.lower(): value for key, value in info.items()}
    for key in keys:
        value = lowered.get(key.lower())
        if isinstance(value, str | int) and (text := plain_text(value)):
            return text
    return ""
