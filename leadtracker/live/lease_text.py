"""A lease as Redis keeps it: thirteen texts. Times are ms, lists have commas, gaps `from:to`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leadtracker.domain import Lease, from_ms, from_ms_if_any

FIELDS = (
    "lease",
    "visitor",
    "visit",
    "start",
    "seen",
    "left",
    "taps",
    "source",
    "device",
    "region",
    "topic",
    "levels",
    "gaps",
)


def read_lease(did: str, texts: Sequence[str]) -> Lease:
    """The texts in the order of FIELDS; an older version wrote the first seven."""
    lease, visitor, visit, start, seen, left, taps, *more = texts
    source, device, region, topic, levels, gaps = more or ("", "", "", "", "", "")
    return Lease(
        id=lease,
        did=did,
        visitor=visitor,
        visit=visit,
        start=from_ms(start),
        seen=from_ms(seen),
        left=from_ms_if_any(left),
        taps=read_moments(taps),
        source=source,
        device=device or "desktop",
        region=region,
        topic=topic,
        levels=read_moments(levels),
        gaps=read_gaps(gaps),
    )


def read_moments(text: str) -> tuple[datetime, ...]:
    return tuple(from_ms(moment) for moment in text.split(",") if moment)


def read_gaps(text: str) -> tuple[tuple[datetime, datetime], ...]:
    pairs = (gap.split(":") for gap in text.split(",") if gap)
    return tuple((from_ms(hidden), from_ms(shown)) for hidden, shown in pairs)


def write_lease(lease: Lease) -> str:
    """The line of a past lease."""
    return "|".join(
        (
            lease.id,
            lease.visitor,
            lease.visit,
            _ms(lease.start),
            _ms(lease.seen),
            _ms(lease.left),
            ",".join(map(_ms, lease.taps)),
            lease.source,
            lease.device,
            lease.region,
            lease.topic,
            ",".join(map(_ms, lease.levels)),
            ",".join(f"{_ms(hidden)}:{_ms(shown)}" for hidden, shown in lease.gaps),
        )
    )


def _ms(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return str(round(moment.timestamp() * 1000))
