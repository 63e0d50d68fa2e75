"""A call as far as it matters to who made it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leadtracker.matching.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Ring:
    """A call as far as it matters here."""

    moment: datetime
    did: str | None  # None: the site's default number
    phone: str | None  # E.164; None: hidden
    topic: str = ""
    region: str | None = None  # of the caller, as a lease has it; None: what the phone tells

    def is_of(self, evidence: Evidence) -> bool:
        """Whether this call was judged by that evidence."""
        known = evidence.did, evidence.phone, evidence.topic
        if (self.did, self.phone, self.topic) != known:
            return False
        return abs(self.moment.timestamp() - evidence.moment) < 1


def visible_number(caller: str | None) -> str | None:
    """The caller's number in E.164; None where it is hidden, or is no such number."""
    return caller if caller and caller.startswith("+") else None
