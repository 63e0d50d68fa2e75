"""The first road: a page asks for its visitor's number, and says from time to time that it is still seen."""

from __future__ import annotations

import functools
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from crawlerdetect import CrawlerDetect
from itsdangerous import BadSignature, Signer

from leadtracker.domain import Site
from leadtracker.errors import BadRequest
from leadtracker.live import Claim, Live
from leadtracker.records.sites import Directory
from leadtracker.touchpoint import touchpoint

BEAT_SECONDS = 30
LONGEST_URL = 2048
MOST_KEYS = 50
LONGEST_INFO = 8192  # bytes of visitorInfo as JSON
ID = re.compile(r"[A-Za-z0-9_-]{16,32}\Z")
STATES = ("visible", "hidden", "left")
SIGNALS = ("tap", "copy", "menu", "save")
_detector = CrawlerDetect()


@functools.lru_cache(maxsize=16384)
def is_bot(user_agent: str) -> bool:
    return not user_agent or bool(_detector.isCrawler(user_agent))


@dataclass(frozen=True, slots=True)
class Page:
    """What a number request and a heartbeat both say of the page they come from."""

    visitor: str
    visit: str
    url: str
    info: tuple[str, ...]  # keys and JSON texts in turn
    arrival: dict[str, Any]
    first: dict[str, Any]
    lease: str  # signed token, '' when the page has none


class Numbers:
    """Answers number requests and heartbeats; the keys of the answers are documented in docs/http.md."""

    def __init__(self, live: Live, directory: Directory, key: str) -> None:
        self._live = live
        self._directory = directory
        self._signer = Signer(key, salt="lease")

    def ask(self, site: Site, message: dict[str, Any], user_agent: str) -> dict[str, Any]:
        """Lease a number to the visitor, or give back his. Raises BadRequest, StoreUnavailable."""
        page = read_page(message)
        if is_bot(user_agent):
            return self._default(site, "bot")
        return self._acquire(site, page)

    def beat(self, site: Site, message: dict[str, Any]) -> dict[str, Any]:
        """Keep the number while the page is seen; a lease that Redis lost is restored from its signed token."""
        page = read_page(message)
        state = message.get("state")
        signals = message.get("signals") or []
        if state not in STATES or not isinstance(signals, list) or any(signal not in SIGNALS for signal in signals):
            raise BadRequest(f"a beat needs state ({', '.join(STATES)}) and a list of signals ({', '.join(SIGNALS)})")
        claim = self._claim(site, page)
        tapped = "tap" in signals
        if claim and self._live.beat(site, did=claim.did, lease=claim.lease, state=state, tapped=tapped, page=page.url):
            return {"known": True}
        if state != "visible":
            return {"known": False}
        answer = self._acquire(site, page)
        known = claim is not None and answer["did"] == claim.did
        if claim and known and tapped:
            self._live.beat(site, did=claim.did, lease=claim.lease, state=state, tapped=True, page=page.url)
        return answer | {"known": known}

    def _acquire(self, site: Site, page: Page) -> dict[str, Any]:
        now = datetime.now(UTC)
        latest = first = orjson.dumps(_touchpoint(page.arrival, now)).decode()
        if page.first and page.first != page.arrival:
            first = orjson.dumps(_touchpoint(page.first, now)).decode()
        grant = None
        while grant is None:
            grant = self._live.acquire(
                site,
                visitor=page.visitor,
                visit=page.visit,
                lease=secrets.token_urlsafe(9),
                change=self._directory.change,
                page=page.url,
                info=page.info,
                first=first,
                latest=latest,
                claim=self._claim(site, page),
            )
            if grant is None:
                members = (did.e164 for did in self._directory.dids(site.id) if not did.draining)
                self._live.build_pool(site, members, self._directory.change)
        if not grant.did:
            return self._default(site, "pool_empty")
        proof = f"{site.id}.{page.visitor}.{page.visit}.{grant.did}.{grant.lease}.{grant.start}"
        return {
            "did": grant.did,
            "display": self._directory.display(grant.did, site),
            "lease": self._signer.sign(proof).decode(),
            "lease_seconds": site.lease_seconds,
            "beat_seconds": BEAT_SECONDS,
            "reason": grant.reason,
        }

    def _default(self, site: Site, reason: str) -> dict[str, Any]:
        number = site.default_number
        return {
            "did": number,
            "display": self._directory.display(number, site) if number else None,
            "lease": None,
            "lease_seconds": 0,
            "beat_seconds": BEAT_SECONDS,
            "reason": reason,
        }

    def _claim(self, site: Site, page: Page) -> Claim | None:
        """What the page's token proves; None when it has none, or one of another site or visitor."""
        if not page.lease:
            return None
        try:
            site_id, visitor, visit, did, lease, start = self._signer.unsign(page.lease).decode().split(".")
        except (BadSignature, ValueError):
            return None
        if int(site_id) != site.id or visitor != page.visitor:
            return None
        return Claim(did, lease, visit, int(start))


def read_page(message: dict[str, Any]) -> Page:
    """The page a message comes from; raises BadRequest with what is wrong with which key."""
    visitor, visit, info = message.get("visitor"), message.get("visit"), message.get("info")
    for name, value in (("visitor", visitor), ("visit", visit)):
        if not isinstance(value, str) or not ID.match(value):
            raise BadRequest(f"{name} must be 16 to 32 letters, digits, - or _")
    if info is None:
        info = {}
    if not isinstance(info, dict) or len(info) > MOST_KEYS:
        raise BadRequest(f"info must be an object of at most {MOST_KEYS} keys")
    pairs: list[str] = []
    for key, value in info.items():
        pairs += ("i:" + key[:200], orjson.dumps(value).decode())
    if sum(map(len, pairs)) > LONGEST_INFO:
        raise BadRequest(f"info is longer than {LONGEST_INFO} bytes")
    return Page(
        visitor=str(visitor), visit=str(visit), url=_text(message, "page"), info=tuple(pairs),
        arrival=_arrival(message, "arrival"), first=_arrival(message, "first"), lease=_text(message, "lease"),
    )  # fmt: skip


def _text(message: dict[str, Any], key: str) -> str:
    value = message.get(key) or ""
    if not isinstance(value, str):
        raise BadRequest(f"{key} must be text")
    return value[:LONGEST_URL]


def _arrival(message: dict[str, Any], key: str) -> dict[str, Any]:
    value = message.get(key) or {}
    if not isinstance(value, dict):
        raise BadRequest(f"{key} must be an object of url, referrer and at")
    return value


def _touchpoint(arrival: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A browser's clock may be wrong: an arrival in the future is now, one before 2000 too."""
    at = arrival.get("at")
    moment = now
    if isinstance(at, int | float) and 946_684_800_000 < at < (now + timedelta(minutes=5)).timestamp() * 1000:
        moment = min(datetime.fromtimestamp(at / 1000, UTC), now)
    try:
        return touchpoint(_text(arrival, "url"), _text(arrival, "referrer"), moment)
    except ValueError as fault:  # urlsplit refuses brackets that are no IPv6 address
        raise BadRequest("arrival.url and arrival.referrer must be URLs") from fault
