"""Voicenter's epoch numbers -> aware UTC.

They are the account's wall clock counted as if it were UTC. 1595333610 reads 12:13:30, and the call
began at 12:13:30 in Israel. Source: Voicenter, "CDR Notification System API": "Epoch time (Israel
time zone)".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

FIRST, LAST = 946_684_800, 4_102_444_800  # 2000 and 2100: a number outside is no time of a call
CLOCKS_DIFFER = timedelta(minutes=2)


def is_time(epoch: int) -> bool:
    return FIRST <= epoch < LAST


def utc(epoch: int, zone: str, latest: datetime) -> datetime:
    """The moment when a wall clock in `zone` showed the time that `epoch` reads as UTC.

    The hour that autumn repeats has two such moments. The second is meant, unless it is after
    `latest`. The hour that spring leaves out has none; the clock counts as not yet put forward.
    """
    shown = datetime.fromtimestamp(epoch, UTC).replace(tzinfo=_zone(zone))
    first, second = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first < second <= latest + CLOCKS_DIFFER:
        return second
    return first


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
