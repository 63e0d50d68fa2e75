"""The second road's first half: a phone rings, and the agent is told whose call it is."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.domain import Account, Caller, Direction, Json, ScreenPop, Site
from leadtracker.live import Live
from leadtracker.pbx.dialing import REQUEST, variable
from leadtracker.records import callbacks
from leadtracker.records.session import reading
from leadtracker.records.sites import Directory
from leadtracker.who_called.knowledge import Knowledge, Ring
from leadtracker.who_called.verdict import shown

KNOWN_SECONDS = 30.0  # for which a site's rates are used before they are read again


class ScreenPops:
    """Answers who calls, by what Redis holds now and by what the worker has learned."""

    def __init__(self, engine: Engine, live: Live, directory: Directory, public_url: str) -> None:
        self._engine, self._live, self._directory, self._public_url = (
            engine,
            live,
            directory,
            public_url,
        )
        self._known: dict[int, tuple[float, Knowledge]] = {}  # by site, and when it was read

    def caller_of(self, account: Account, pop: ScreenPop) -> Caller:
        """A name only of a visitor who is certain, or likely and called so; else a link to what is known of the number.

        A call that we asked for is for whoever asked us. Raises StoreUnavailable.
        """
        if (name := variable(pop.custom, REQUEST)) and (asked := self._who_asked(account, name)):
            return asked
        nobody = Caller(url=f"{self._public_url}/callers/{pop.caller}" if pop.caller else "")
        site = self._directory.site_by_did(pop.did)
        if site is None or pop.did is None or pop.direction is not Direction.INCOMING:
            return nobody
        moment = pop.at or datetime.now(UTC)
        in_pool = self._directory.in_pool(pop.did)
        phone = pop.caller if pop.caller and pop.caller.startswith("+") else None
        held = self._live.holders(site.id, pop.did) if in_pool else []
        with reading(self._engine) as session:
            ring = Ring(moment, pop.did if in_pool else None, phone)
            known = self._knowledge(session, site)
            posterior = shown(known.judge(session, ring, held, at_once=True), known.calibration)
        if posterior.verdict not in ("certain", "likely"):
            return nobody
        who = posterior.candidates[0].visitor
        visitor = self._live.visitor(site.id, who)
        info = visitor.info if visitor else {}
        name = first_of(info, site.name_keys)
        if name and posterior.verdict == "likely":
            name = site.likely_name.replace("{name}", name)
        call = f"?call={pop.call_id}" if pop.call_id else ""
        return Caller(
            name=name,
            company=first_of(info, site.company_keys),
            url=f"{self._public_url}/visitors/{who}{call}",
            total=1,
            visitor_id=who,
        )

    def _who_asked(self, account: Account, name: str) -> Caller | None:
        with reading(self._engine) as session:
            row = callbacks.of_call(session, account.id, name, None)
        site = self._directory.site(row.site_id) if row else None
        if row is None or site is None:
            return None
        who = row.known_visitor
        visitor = self._live.visitor(site.id, who) if who else None
        info = visitor.info if visitor else {}
        return Caller(
            name=row.name or first_of(info, site.name_keys),
            company=first_of(info, site.company_keys),
            url=f"{self._public_url}/" + (f"visitors/{who}" if who else f"callers/{row.target}"),
            total=1,
            visitor_id=who or None,
        )

    def _knowledge(self, session: Session, site: Site) -> Knowledge:
        read_at, known = self._known.get(site.id, (0.0, None))
        if known is None or time.monotonic() - read_at > KNOWN_SECONDS:
            known = Knowledge.load(session, site, datetime.now(UTC))
            self._known[site.id] = (time.monotonic(), known)
        return known


def first_of(info: Json, keys: Iterable[str]) -> str:
    """The first of these keys the page gave a text for, compared without case."""
    lowered = {key.lower(): value for key, value in info.items()}
    for key in keys:
        value = lowered.get(key.lower())
        if isinstance(value, str | int) and str(value).strip():
            return str(value).strip()[:200]
    return ""
