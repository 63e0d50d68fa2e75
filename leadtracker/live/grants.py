"""What is asked of Redis for a page, and what Redis answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leadtracker.domain import Touchpoint


@dataclass(frozen=True, slots=True)
class Arrival:
    """What counts about a visitor when a number is chosen for them; see `domain.Lease`."""

    source: str
    device: str = "desktop"
    region: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signed lease token proves: the page once had this lease."""

    did: str
    lease: str
    visit: str
    start: int  # ms


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a number."""

    visitor: str
    visit: str
    arrival: Arrival
    claim: Claim | None = None
    address: str = ""  # what counts as one client, see `address.household`; '' has no share


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of its visitor, to be kept."""

    page: str  # URL
    first: Touchpoint
    latest: Touchpoint  # of this visit
    info: tuple[str, ...] = ()  # `i:<key>` and JSON of visitorInfo, in turn
    phone: str = ""  # E.164; the visitor's
    signed: bool = False  # the phone, by the site's back end
    network: str = ""  # hashed; where the page is


@dataclass(frozen=True, slots=True)
class Grant:
    """Answer to a number request; `did` and `lease` are '' when there is none."""

    reason: str  # leased, kept, restored, pool_empty, too_many, too_often
    did: str
    lease: str
    start: int  # ms
    chosen: str  # own, old, source, group, pool; '' when the pool was empty


@dataclass(frozen=True, slots=True)
class DidState:
    e164: str
    state: str  # in use, idle, draining
    visitor: str | None
    seen: datetime | None


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """Traffic sources that share numbers, the largest first."""

    sources: tuple[str, ...]
    idle: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one client address holds of a pool."""

    address: str
    numbers: int


@dataclass(frozen=True, slots=True)
class Memory:
    """How Redis stands with its memory."""

    policy: str  # what it does when it is full
    part: float  # used, of what it may use


LEAST_UNUSUAL = 5  # numbers of one address
UNUSUAL = 0.1  # ... that are also more than this part of the pool


def unusual(shares: tuple[Share, ...], numbers: int) -> tuple[Share, ...]:
    """Offices share an address too: a share says whom to look at, not who attacks."""
    least = max(LEAST_UNUSUAL, UNUSUAL * numbers)
    return tuple(share for share in shares if share.numbers >= least)


@dataclass(frozen=True, slots=True)
class PoolState:
    dids: tuple[DidState, ...]
    groups: tuple[SourceGroup, ...] = ()
    shares: tuple[Share, ...] = ()  # the largest, of addresses that hold two numbers or more

    @property
    def unusual(self) -> tuple[Share, ...]:
        return unusual(self.shares, len(self.dids))

    def count(self, state: str) -> int:
        return sum(did.state == state for did in self.dids)
