"""All that a match looks at: the number's holders, the state of their pages, and what is known.

It is gathered once and kept with the call as JSON. So we can match the call again a year later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from leadtracker.domain import Lease
from leadtracker.matching.page_state import AGES, TAPS, open_state, tap_bin
from leadtracker.matching.phone_memory import Called, Remembered

CLOCKS_APART = 5.0  # s by which the PBX's clock and ours may differ
ALONE = 0.5  # what a page's word on its visitor's phone is worth when no other contradicts it
BEATS_APART = 45.0  # s of silence after which a page, which reports every 30 s, counts as hidden


@dataclass(frozen=True, slots=True)
class Holder:
    """A visit that got the number, as it was when the call came."""

    visitor: str
    lease: str
    source: str
    state: int  # of the open page, see page_state.open_state
    region: str  # "" when unknown
    topic: str  # "" when unknown
    level: int  # of engagement, 0 to 3
    visible: bool
    age: float  # clock seconds since last visible; 0 while visible
    ago: float  # s since last visible; the words and the delay curve use it
    tapped: float | None  # s since the last tap on the link
    crowd: int = 1  # visitors of the same network who tapped the default number with them

    @property
    def just_tapped(self) -> bool:
        return tap_bin(self.tapped) < TAPS


@dataclass(frozen=True, slots=True)
class Older:
    """Visits that held the number before the listed ones, of one level and source."""

    level: int
    source: str
    numbers: tuple[float, ...]  # how many, in each of the AGES age bins


@dataclass(frozen=True, slots=True)
class Evidence:
    """One call, and everything known when it came.

    Facts kept by visitor apply to all leases of that visitor.
    """

    moment: float
    did: str | None  # None: the default number, where only a tap or a known phone names anybody
    phone: str | None  # E.164; None when hidden
    hour: int  # local to the site
    weekday: int  # Monday is 0
    activity: float  # of the calling clock in this hour
    region: str = ""  # of the caller's number, written like a lease's region; "" when unknown
    topic: str = ""
    holders: tuple[Holder, ...] = ()  # of the DID; of the default number, the visits that tapped it
    older: tuple[Older, ...] = ()
    remembered: Remembered | None = None  # this phone's last call, or the DID's last hidden one
    # by visitor: their last call before this one
    callers: Mapping[str, Called] = field(default_factory=dict)
    knowers: frozenset[str] = frozenset()  # visitors who are known to have this phone
    known_otherwise: frozenset[str] = frozenset()  # visitors who are known to have other phones
    # the latest visits of knowers, and of those with a claim, who did not hold the DID
    elsewhere: tuple[Holder, ...] = ()
    signed: frozenset[str] = frozenset()  # knowers whose phone the back end signed
    # by visitor whose page alone says that the phone is theirs: what that is worth
    claims: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON that a call keeps. Holders are rows of values, because there are many."""
        return {
            "moment": self.moment,
            "did": self.did,
            "phone": self.phone,
            "hour": self.hour,
            "weekday": self.weekday,
            "activity": self.activity,
            "region": self.region,
            "topic": self.topic,
            "holders": [list(_holder_values(holder)) for holder in self.holders],
            "older": [
                [age, each.level, each.source, number]
                for each in self.older
                for age, number in enumerate(each.numbers)
                if number
            ],
            "remembered": self.remembered and self.remembered.to_json(),
            "callers": {visitor: asdict(called) for visitor, called in self.callers.items()},
            "knowers": sorted(self.knowers),
            "signed": sorted(self.signed),
            "claims": dict(self.claims),
            "known_otherwise": sorted(self.known_otherwise),
            "elsewhere": [list(_holder_values(holder)) for holder in self.elsewhere],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Evidence:
        """Evidence as a call keeps it; an older version did not tell who proved a phone."""
        if "claims" not in value:
            told = value["knowers"]
            each = ALONE / max(1, len(told))
            value = {**value, "knowers": (), "claims": dict.fromkeys(told, each)}
        return cls(
            **{
                **value,
                "holders": tuple(Holder(*row) for row in value["holders"]),
                "older": _older(value["older"]),
                "remembered": value["remembered"] and Remembered.from_json(value["remembered"]),
                "callers": {
                    visitor: Called(**called) for visitor, called in value["callers"].items()
                },
                "knowers": frozenset(value["knowers"]),
                "signed": frozenset(value.get("signed", ())),
                "known_otherwise": frozenset(value["known_otherwise"]),
                "elsewhere": tuple(Holder(*row) for row in value["elsewhere"]),
            }
        )

    def without_known_phone(self) -> Evidence:
        """The same call as if nobody knew whose phone it is. Known phones thus audit the engine."""
        return replace(
            self,
            remembered=None,
            knowers=frozenset(),
            signed=frozenset(),
            claims={},
            known_otherwise=frozenset(),
            elsewhere=(),
        )


def _older(rows: Iterable[tuple[int, int, str, float]]) -> tuple[Older, ...]:
    """Read the (age bin, level, source, number) rows that a call keeps."""
    alike: dict[tuple[int, str], list[float]] = {}
    for age, level, source, number in rows:
        alike.setdefault((level, source), [0.0] * AGES)[age] = number
    return tuple(Older(level, source, tuple(numbers)) for (level, source), numbers in alike.items())


_holder_values = attrgetter(*(each.name for each in fields(Holder)))


def holder_of(
    lease: Lease, moment: float, clock: Callable[[float], float], crowd: int = 1
) -> Holder | None:
    """The lease as it was at a moment, or None when it began after the call.

    `clock` is the site's calling clock, `crowd` as a Holder has it.
    """
    start = lease.start.timestamp()
    if start > moment + CLOCKS_APART:
        return None
    last, tapped, age, ago = last_visible(lease, moment), None, 0.0, 0.0
    if last is not None:
        age = round(max(0.0, clock(moment) - clock(last)), 3)
        ago = round(moment - last, 3)
    taps = [at for tap in lease.taps if (at := tap.timestamp()) <= moment + CLOCKS_APART]
    if taps:
        tapped = round(max(0.0, moment - max(taps)), 3)
    return Holder(
        visitor=lease.visitor,
        lease=lease.id,
        source=lease.source,
        state=open_state(lease.device, moment - start),
        region=lease.region,
        topic=lease.topic,
        level=level_at(lease.levels, moment),
        visible=last is None,
        age=age,
        ago=ago,
        tapped=tapped,
        crowd=crowd,
    )


def last_visible(lease: Lease, moment: float) -> float | None:
    """When the page was last visible before a moment, or None when it was visible then."""
    for hidden, shown in lease.gaps:
        if hidden.timestamp() <= moment < shown.timestamp():
            return hidden.timestamp()
    end = visible_until(lease, moment)
    if end is None or end > moment:
        return None
    return end


def visible_until(lease: Lease, now: float) -> float | None:
    """When the page closed or was hidden for good, or None while it counts as visible."""
    if lease.left is not None:
        return lease.left.timestamp()
    seen = lease.seen.timestamp()
    if now < seen + BEATS_APART:
        return None
    return seen


def level_at(levels: tuple[datetime, ...], moment: float) -> int:
    return sum(reached.timestamp() <= moment for reached in levels)
