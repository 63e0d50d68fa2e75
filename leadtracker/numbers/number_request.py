"""The first road: a page asks for its visitor's number, and says that it is still seen."""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from crawlerdetect import CrawlerDetect
from itsdangerous import BadSignature, Signer

from leadtracker import phone
from leadtracker.address import household
from leadtracker.domain import Site, Touchpoint, level_after
from leadtracker.errors import BadRequest
from leadtracker.live import Arrival, Asker, Claim, Live, Told
from leadtracker.numbers.regions import Regions
from leadtracker.numbers.touchpoint import source_key, touchpoint
from leadtracker.records.sites import Directory
from leadtracker.topics import topic_of_page

BEAT_SECONDS = 30
FIRST_BEAT_SECONDS = 10  # after a number: the first beat ends its trial
LONGEST_URL = 2048
MOST_KEYS = 50
LONGEST_PHONE = 64
LONGEST_INFO = 8192  # bytes of visitorInfo as JSON
ID = re.compile(r"[A-Za-z0-9_-]{16,32}\Z")
STATES = ("visible", "hidden", "left")
SIGNALS = ("tap", "copy", "menu", "save")
SAVING = {"copy", "menu", "save"}  # whoever does this wants to have the number later
MOBILE = re.compile(r"Mobi|Android|iPhone|iPad")
_detector = CrawlerDetect()


@functools.lru_cache(maxsize=16384)
def is_bot(user_agent: str) -> bool:
    return not user_agent or bool(_detector.isCrawler(user_agent))


@dataclass(frozen=True, slots=True)
class Page:
    """The page that a number request or a heartbeat comes from."""

    visitor: str
    visit: str
    url: str
    info: tuple[str, ...]  # keys and JSON texts in turn
    arrival: dict[str, Any]
    first: dict[str, Any]
    lease: str  # signed token, '' when the page has none
    engaged: float  # seconds of this visit that the visitor looked at pages


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a message, by its HTTP request."""

    user_agent: str
    address: str  # IP

    @property
    def device(self) -> str:
        if MOBILE.search(self.user_agent):
            return "mobile"
        return "desktop"


class Numbers:
    """Answers number requests and heartbeats; docs/http.md documents the keys of the answers."""

    def __init__(self, live: Live, directory: Directory, regions: Regions, key: str) -> None:
        self._live = live
        self._directory = directory
        self._regions = regions
        self._signer = Signer(key, salt="lease")

    def ask(self, site: Site, message: dict[str, Any], sender: Sender) -> dict[str, Any]:
        """Lease a number to the visitor, or give back theirs.

        Raises BadRequest, StoreUnavailable.
        """
        page = read_page(message)
        if is_bot(sender.user_agent):
            return self._default(site, "bot")
        return self._acquire(site, page, sender)

    def beat(self, site: Site, message: dict[str, Any], sender: Sender) -> dict[str, Any]:
        """Keep the number while the page is seen.

        A lease that Redis lost is restored from the page's signed token.
        """
        page = read_page(message)
        state, signals = read_beat(message)
        tapped, level = "tap" in signals, level_of(page.engaged, signals)
        beat = functools.partial(
            self._live.beat,
            site,
            visitor=page.visitor,
            state=state,
            tapped=tapped,
            level=level,
            page=page.url,
            address=household(sender.address),
        )
        claim = self._claim(site, page)
        if claim and beat(did=claim.did):
            return {"known": True}
        if is_bot(sender.user_agent):
            return self._default(site, "bot") | {"known": False}
        if tapped and not claim:
            asker, latest = self._asker(site, page, sender)
            self._live.tap_default(site, asker, latest, lease=secrets.token_urlsafe(9))
        if state != "visible":
            return {"known": False}
        answer = self._acquire(site, page, sender)
        known = claim is not None and answer["did"] == claim.did
        if known and (tapped or level):
            beat(did=answer["did"])
        return answer | {"known": known}

    def _asker(self, site: Site, page: Page, sender: Sender) -> tuple[Asker, Touchpoint]:
        """Who asks for a number, and where their visit came from."""
        latest = _touchpoint(page.arrival, datetime.now(UTC))
        topic = topic_of_page(site.topics, latest.url) or topic_of_page(site.topics, page.url)
        region = self._regions.of_address(sender.address)
        arrival = Arrival(source_key(latest), sender.device, region, topic)
        claim, address = self._claim(site, page), household(sender.address)
        return Asker(page.visitor, page.visit, arrival, claim, address), latest

    def _acquire(self, site: Site, page: Page, sender: Sender) -> dict[str, Any]:
        asker, latest = self._asker(site, page, sender)
        first = latest
        if page.first and page.first != page.arrival:
            first = _touchpoint(page.first, datetime.now(UTC))
        told = Told(page.url, first, latest, page.info, phone_of(page, site))
        grant = None
        while grant is None:
            change = self._directory.change
            grant = self._live.acquire(
                site, asker, told, lease=secrets.token_urlsafe(9), change=change
            )
            if grant is None:
                members = self._directory.numbers_in_use(site.id)
                self._live.build_pool(site, members, self._directory.change)
        if not grant.did:
            return self._default(site, grant.reason)
        proof = f"{site.id}.{page.visitor}.{page.visit}.{grant.did}.{grant.lease}.{grant.start}"
        return {
            "did": grant.did,
            "display": self._directory.display(grant.did, site),
            "lease": self._signer.sign(proof).decode(),
            "lease_seconds": site.lease_seconds,
            "beat_seconds": BEAT_SECONDS,
            "first_beat_seconds": FIRST_BEAT_SECONDS,
            "reason": grant.reason,
        }

    def _default(self, site: Site, reason: str) -> dict[str, Any]:
        number = site.default_number
        return {
            "did": number,
            "display": number and self._directory.display(number, site),
            "lease": None,
            "lease_seconds": 0,
            "beat_seconds": BEAT_SECONDS,
            "reason": reason,
        }

    def _claim(self, site: Site, page: Page) -> Claim | None:
        """What the page's token proves; None without one, or for one of another site or visitor."""
        if not page.lease:
            return None
        try:
            site_id, visitor, visit, did, lease, start = (
                self._signer.unsign(page.lease).decode().split(".")
            )
        except (BadSignature, ValueError):
            return None
        if int(site_id) != site.id or visitor != page.visitor:
            return None
        return Claim(did, lease, visit, int(start))


def phone_of(page: Page, site: Site) -> str:
    """The phone that the page says is the visitor's, in E.164; '' when it says none."""
    told = dict(zip(page.info[::2], page.info[1::2], strict=True))
    for key in site.phone_keys:
        value = orjson.loads(told.get(f"i:{key}", "null"))
        if isinstance(value, str | int) and (
            heard := phone.heard(str(value)[:LONGEST_PHONE], site.country)
        ):
            return heard
    return ""


def read_page(message: dict[str, Any]) -> Page:
    """The page a message comes from; raises BadRequest with what is wrong with which key."""
    visitor, visit = read_visitor(message), read_visitor(message, "visit")
    info = message.get("info")
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
        visitor=visitor,
        visit=visit,
        url=_text(message, "page"),
        info=tuple(pairs),
        arrival=_arrival(message, "arrival"),
        first=_arrival(message, "first"),
        lease=_text(message, "lease"),
        engaged=_engaged(message),
    )


def read_visitor(message: dict[str, Any], name: str = "visitor") -> str:
    """An id that a page made; raises BadRequest."""
    value = message.get(name)
    if not isinstance(value, str) or not ID.match(value):
        raise BadRequest(f"{name} must be 16 to 32 letters, digits, - or _")
    return value


def read_beat(message: dict[str, Any]) -> tuple[str, list[str]]:
    """The state of the page and the signals since its last beat; raises BadRequest."""
    state, signals = message.get("state"), message.get("signals") or []
    known = isinstance(signals, list) and all(signal in SIGNALS for signal in signals)
    if state not in STATES or not known:
        raise BadRequest(
            f"a beat needs state ({', '.join(STATES)}) and a list of signals ({', '.join(SIGNALS)})"
        )
    return state, signals


def level_of(engaged: float, signals: Iterable[str]) -> int:
    """How far a visitor has come: 1 browsing, 2 engaged, 3 saved the number."""
    if not SAVING.isdisjoint(signals):
        return 3
    return level_after(engaged)


def _engaged(message: dict[str, Any]) -> float:
    value = message.get("engaged") or 0
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BadRequest("engaged must be seconds")
    return value


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


def _touchpoint(arrival: dict[str, Any], now: datetime) -> Touchpoint:
    """A browser's clock may be wrong: an arrival in the future, or before 2000, is now."""
    at = arrival.get("at")
    moment = now
    if (
        isinstance(at, int | float)
        and 946_684_800_000 < at < (now + timedelta(minutes=5)).timestamp() * 1000
    ):
        moment = min(datetime.fromtimestamp(at / 1000, UTC), now)
    try:
        return touchpoint(_text(arrival, "url"), _text(arrival, "referrer"), moment)
    except ValueError as fault:  # urlsplit refuses brackets that are no IPv6 address
        raise BadRequest("arrival.url and arrival.referrer must be URLs") from fault
