"""Leases on a real Redis under a clock that the tests set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from leadtracker.domain import Site, Touchpoint
from leadtracker.live import Arrival, Asker, Claim, Grant, Live, Told, keys

SITE = Site(id=1, name="shop", tokens=("token",), origins=(), default_number=None)
DIDS = tuple(f"+97272277677{n}" for n in range(5))
DIRECT = Arrival("direct / direct")
NOWHERE = Touchpoint()
CAME = Touchpoint(  # and as Redis keeps it
    at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    url="https://shop.example.com/sale?gclid=1",
    channel="paid search",
    source="google",
    landing_page="/sale",
    click_ids={"gclid": "1"},
)
CAME_TEXT = (
    '{"at":"2026-03-01T12:00:00.000+00:00","url":"https://shop.example.com/sale?gclid=1",'
    '"referrer":"","channel":"paid search","source":"google","medium":"","campaign":"",'
    '"term":"","content":"","landing_page":"/sale","click_ids":{"gclid":"1"}}'
)
START = 1_800_000_000_000  # ms
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
# a number stays the visitor's so long after the page was hidden or left
LEASE = SITE.lease_seconds * SECOND
UNHEARD = LEASE + 30 * SECOND  # ... and so long after the last word of a page that seemed visible
TRIAL = 45 * SECOND  # ... and so long after it was given, when its page says nothing
HURRIED, UNHEARD_HURRIED = 30 * SECOND, 60 * SECOND  # the same, when hardly any number is idle


class Shop:
    """A site's pool as the pages of its visitors see it; `now` is the server's clock, in ms."""

    def __init__(self, live: Live, site: Site = SITE, dids: tuple[str, ...] = DIDS) -> None:
        self.live, self.site, self.dids = live, site, dids
        self.now = START
        self.change = 1
        self._leases = 0
        self._visitors: dict[str, str] = {}
        self.addresses: dict[str, str] = {}

    def ask(
        self,
        visitor: str,
        visit: str = "visit",
        claim: Claim | None = None,
        change: int | None = None,
        arrival: Arrival = DIRECT,
        address: str = "",
        **told: Any,
    ) -> Grant:
        """A number request; builds the pool when it has to be, as the application does."""
        nothing: dict[str, Any] = {"page": "", "first": NOWHERE, "latest": NOWHERE, "info": ()}
        self._leases += 1
        while True:
            grant = self.live.acquire(
                self.site,
                Asker(visitor, visit, arrival, claim, address),
                Told(**(nothing | told)),
                lease=f"lease{self._leases}",
                change=change or self.change,
                now=self.now,
            )
            if grant is not None:
                self._visitors[grant.lease] = visitor
                self.addresses[grant.lease] = address
                return grant
            self.live.build_pool(self.site, self.dids, change or self.change)

    def beat(
        self, grant: Grant, state: str = "visible", tapped: bool = False, level: int = 0
    ) -> bool:
        return self.live.beat(
            self.site,
            did=grant.did,
            visitor=self._visitors[grant.lease],
            state=state,
            tapped=tapped,
            level=level,
            page="",
            address=self.addresses.get(grant.lease, ""),
            now=self.now,
        )

    def keep(self, *dids: str) -> None:
        """From now on the pool consists of these."""
        self.dids = dids
        self.change += 1

    def holders(self, did: str) -> list[str]:
        return [lease.visitor for lease in self.live.holders(self.site.id, did)]


def claim_of(grant: Grant, visit: str = "visit") -> Claim:
    """What the signed token of a grant says."""
    return Claim(grant.did, grant.lease, visit, grant.start)


def set_constant(shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str, value: int) -> None:
    """Of keys.py, for all scripts of the shop: they have what it was when they were read."""
    monkeypatch.setattr(keys, name, value)
    shop.live = Live(shop.live._url)


@pytest.fixture
def live(redis_url: str) -> Iterator[Live]:
    live = Live(redis_url)
    yield live
    live.client.close()


@pytest.fixture
def shop(live: Live) -> Shop:
    return Shop(live)
