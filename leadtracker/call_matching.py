"""Past holders of a DID and the moment a call began -> the visitor who held it, and how we know (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadtracker.domain import Json, Lease

CLOCKS_APART = timedelta(seconds=5)  # the PBX's clock and ours
BEATS_APART = timedelta(seconds=45)  # a visible page is heard of every 30 s
TAP_COUNTS = timedelta(seconds=60)  # a tap so shortly before is this call


@dataclass(frozen=True, slots=True)
class Match:
    """how: `tapped`, `page open` or `after the page`; `said` is the same for people."""

    lease: Lease
    how: str
    said: str
    seconds_after: int | None  # since the page was last seen; None while it was open

    def record(self) -> Json:
        """As a call keeps it, so that it can be explained later."""
        lease = self.lease
        return {
            "how": self.how, "said": self.said, "lease": lease.id, "did": lease.did, "visit": lease.visit,
            "lease_start": lease.start.isoformat(), "seen": lease.seen.isoformat(),
            "left": lease.left.isoformat() if lease.left else None,
            "tapped": max(lease.taps).isoformat() if lease.taps else None,
            "seconds_after": self.seconds_after,
        }  # fmt: skip


def match(holders: Iterable[Lease], moment: datetime) -> Match | None:
    """The newest holder whose lease had begun when the call began; None when nobody had held the number."""
    begun = [lease for lease in holders if lease.start <= moment + CLOCKS_APART]
    if not begun:
        return None
    lease = max(begun, key=lambda lease: (lease.start, lease.id))
    taps = [tap for tap in lease.taps if timedelta(0) <= moment + CLOCKS_APART - tap <= TAP_COUNTS]
    if taps:
        ago = max(0, round((moment - max(taps)).total_seconds()))
        return Match(lease, "tapped", f"The visitor tapped the number {_span(ago)} before the call.", None)
    last_seen = lease.left or lease.seen + BEATS_APART
    if moment <= last_seen + CLOCKS_APART:
        return Match(lease, "page open", "The page with this number was open when the phone rang.", None)
    after = round((moment - (lease.left or lease.seen)).total_seconds())
    return Match(
        lease,
        "after the page",
        f"The last visitor shown this number left the page {_span(after)} before.",
        after,
    )


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 120 * 60:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} hours"
    return f"{seconds // 86400} days"
