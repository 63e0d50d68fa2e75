"""The first road: a page asks for its visitor's number, and says that it is still seen."""

from __future__ import annotations

import functools
import hmac
import itertools
import re
import secrets
from collections.abc import Iterable, Mapping
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
from leadtracker.live import Arrival, Asker, Claim, Live, Told, visitor_info
from leadtracker.numbers import signed_phone
from leadtracker.numbers.regions import Regions
from leadtracker.numbers.touchpoint import (
    MISSPELLED,
    TELLING,
    UNTOLD,
    is_url,
    source_key,
    touchpoint,
)
from leadtracker.records.sites import Directory
from leadtracker.topics import topic_of_page

BEAT_SECONDS = 30
FIRST_BEAT_SECONDS = 10  # after a number: the first beat ends its trial
LONGEST_URL = 2048
LONGEST_PHONE = 64
MOST_CUT = 20  # names of parts
ID = re.compile(r"[A-Za-z0-9_-]{16,32}\Z")
STATES = ("visible", "hidden", "left")
SIGNALS = ("tap", "copy", "menu", "save")
SAVING = {"copy", "menu", "save"}  # whoever does this wants to have the number later
PROOF = (signed_phone.EXPIRES, signed_phone.SIGNATURE)
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
    state: str  # visible, hidden, left
    signals: list[str]  # since its last beat
    engaged: float  # seconds of this visit that the visitor looked at pages
    cut: tuple[str, ...]  # the parts of the message that were cut or left out


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
        self._key = key.encode()

    def ask(self, site: Site, message: dict[str, Any], sender: Sender) -> dict[str, Any]:
        """Lease a number to the visitor, or give back theirs.

        Raises BadRequest, StoreUnavailable.
        """
        page = read_page(message)
        if is_bot(sender.user_agent):
            return self._default(site, "bot") | _said(page)
        return self._acquire(site, page, sender) | _said(page)

    def beat(self, site: Site, message: dict[str, Any], sender: Sender) -> dict[str, Any]:
        """Keep the number while the page is seen.

        A lease that Redis lost is restored from the page's signed token. Raises BadRequest,
        StoreUnavailable.
        """
        page = read_page(message)
        return self._beat(site, page, sender) | _said(page)

    def _beat(self, site: Site, page: Page, sender: Sender) -> dict[str, Any]:
        tapped, level = "tap" in page.signals, level_of(page.engaged, page.signals)
        beat = functools.partial(
            self._live.beat,
            site,
            visitor=page.visitor,
            state=page.state,
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
            self._tap_default(site, page, sender, level)
        if page.state != "visible":
            return {"known": False}
        answer = self._acquire(site, page, sender)
        known = claim is not None and answer["did"] == claim.did
        if known and (tapped or level):
            beat(did=answer["did"])
        return answer | {"known": known}

    def _tap_default(self, site: Site, page: Page, sender: Sender, level: int) -> None:
        """Whoever never asked for a number cannot have looked around."""
        if self._live.visitor(site.id, page.visitor) is None:
            level = 0
        asker, latest = self._asker(site, page, sender)
        self._live.tap_default(
            site,
            asker,
            latest,
            lease=secrets.token_urlsafe(9),
            network=self._network(sender),
            level=level,
        )

    def _network(self, sender: Sender) -> str:
        """The sender's household, hashed: it is only ever compared. '' when it is not known."""
        client = household(sender.address)
        if not client:
            return ""
        return _hashed(client, self._key)

    def _asker(self, site: Site, page: Page, sender: Sender) -> tuple[Asker, Touchpoint]:
        """Who asks for a number, and where their visit came from."""
        latest = _touchpoint(page.arrival, datetime.now(UTC), said_by(page))
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
        told = Told(
            page.url,
            first,
            latest,
            info_of(page),
            *phone_of(page, site),
            network=self._network(sender),
        )
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


@functools.lru_cache(maxsize=4096)
def _hashed(client: str, key: bytes) -> str:
    return hmac.digest(key, f"network {client}".encode(), "sha256").hex()[:16]


def phone_of(page: Page, site: Site) -> tuple[str, bool]:
    """The phone that the page says is the visitor's, in E.164, and whether that is signed.

    '' when it says none.
    """
    told = dict(zip(page.info[::2], page.info[1::2], strict=True))
    for key in site.phone_keys:
        value = orjson.loads(told.get(f"i:{key}", "null"))
        if isinstance(value, str | int) and (
            heard := phone.heard(str(value)[:LONGEST_PHONE], site.country)
        ):
            proof = {name: orjson.loads(told.get(f"i:{name}", "null")) for name in PROOF}
            now = datetime.now(UTC)
            signed = signed_phone.is_signed(site.signing_secret, heard, page.visitor, proof, now)
            return heard, signed
    return "", False


def info_of(page: Page) -> tuple[str, ...]:
    """What the page told, as it is kept: the proof of a phone tells people nothing."""
    pairs = zip(page.info[::2], page.info[1::2], strict=True)
    return tuple(text for pair in pairs if pair[0][2:] not in PROOF for text in pair)


def _said(page: Page) -> dict[str, Any]:
    """What the answer says of a message that had to be cut."""
    if page.cut:
        return {"cut": page.cut[:MOST_CUT]}
    return {}


def read_page(message: dict[str, Any]) -> Page:
    """The page a message comes from; raises BadRequest for its ids alone.

    What else is wrong is cut or left out: no page may lose its number for a part that it need not
    send.
    """
    visitor, visit = read_visitor(message), read_visitor(message, "visit")
    cut: list[str] = []
    return Page(
        visitor=visitor,
        visit=visit,
        url=_text(message, "page", cut),
        info=_info(message, cut),
        arrival=_arrival(message, "arrival", cut),
        first=_arrival(message, "first", cut),
        lease=_text(message, "lease", cut),
        state=_state(message, cut),
        signals=_signals(message, cut),
        engaged=_engaged(message, cut),
        cut=tuple(cut),
    )


def read_visitor(message: dict[str, Any], name: str = "visitor") -> str:
    """An id that a page made; raises BadRequest."""
    value = message.get(name)
    if not isinstance(value, str) or not ID.match(value):
        raise BadRequest(f"{name} must be 16 to 32 letters, digits, - or _")
    return value


def level_of(engaged: float, signals: Iterable[str]) -> int:
    """How far a visitor has come: 1 browsing, 2 engaged, 3 saved the number."""
    if not SAVING.isdisjoint(signals):
        return 3
    return level_after(engaged)


def _info(message: dict[str, Any], cut: list[str]) -> tuple[str, ...]:
    info = message.get("info") or {}
    if not isinstance(info, dict):
        cut.append("info")
        return ()
    kept, changed = visitor_info.fit(info)
    cut += (f"info.{name}" for name in changed)
    return tuple(itertools.chain.from_iterable((f"i:{name}", kept[name]) for name in kept))


def _state(message: dict[str, Any], cut: list[str]) -> str:
    """A page that says no state we know is taken for visible, so that it does not lose its
    number."""
    state = message.get("state")
    if state in STATES:
        return str(state)
    if state is not None:
        cut.append("state")
    return "visible"


def _signals(message: dict[str, Any], cut: list[str]) -> list[str]:
    told = message.get("signals") or []
    if isinstance(told, str):  # a library of the page made a text of the list
        told = [signal for signal in SIGNALS if signal in told]
    known = [signal for signal in SIGNALS if isinstance(told, list) and signal in told]
    if not isinstance(told, list) or any(signal not in SIGNALS for signal in told):
        cut.append("signals")
    return known


def _engaged(message: dict[str, Any], cut: list[str]) -> float:
    value = message.get("engaged") or 0
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        cut.append("engaged")
        return 0
    return value


def _text(message: dict[str, Any], key: str, cut: list[str], of: str = "") -> str:
    value = message.get(key) or ""
    if not isinstance(value, str):
        cut.append(of + key)
        return ""
    if len(value) > LONGEST_URL:
        cut.append(of + key)
    return value[:LONGEST_URL]


def _arrival(message: dict[str, Any], key: str, cut: list[str]) -> dict[str, Any]:
    value = message.get(key) or {}
    if not isinstance(value, dict):
        cut.append(key)
        return {}
    if not value:
        return {}
    told: dict[str, Any] = {"at": value.get("at")}
    for name in ("url", "referrer"):
        told[name] = _text(value, name, cut, of=f"{key}.")
        if not is_url(told[name]):
            cut.append(f"{key}.{name}")
    return told


def said_by(page: Page) -> dict[str, str]:
    """What the page's own script says of the visit's source: `utm_source` and its like."""
    said = {}
    for key, text in zip(page.info[::2], page.info[1::2], strict=True):
        name = key.removeprefix("i:").lower()
        name = MISSPELLED.get(name, name)
        value = orjson.loads(text) if name in TELLING else None
        if isinstance(value, str) and value.strip():
            said[name] = value.strip()
    return said


def _touchpoint(
    arrival: dict[str, Any], now: datetime, said: Mapping[str, str] = UNTOLD
) -> Touchpoint:
    """A browser's clock may be wrong: an arrival in the future, or before 2000, is now."""
    at = arrival.get("at")
    moment = now
    if (
        isinstance(at, int | float)
        and 946_684_800_000 < at < (now + timedelta(minutes=5)).timestamp() * 1000
    ):
        moment = min(datetime.fromtimestamp(at / 1000, UTC), now)
    return touchpoint(arrival.get("url", ""), arrival.get("referrer", ""), moment, said)
