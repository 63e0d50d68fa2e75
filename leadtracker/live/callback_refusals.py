"""How many callback requests were refused, why, and on which day; a flood is counted too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from leadtracker.live import Live, keys

KEPT_DAYS = 400


class Refusals:
    """Days are a site's own, such as 2026-09-12. Every method raises StoreUnavailable."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def count(self, site_id: int, day: str, code: str) -> int:
        """Count one; returns how many this site has had in the current minute or so."""
        root = keys.root(site_id)
        with self._live.asking() as connection, connection.pipeline(transaction=True) as both:
            both.hincrby(f"{root}:refused:{day}", code, 1)
            both.expire(f"{root}:refused:{day}", KEPT_DAYS * 86400)
            both.set(f"{root}:refusing", 0, ex=60, nx=True)
            both.incr(f"{root}:refusing")
            return int(both.execute()[3])

    def counts(self, site_id: int, days: Iterable[str]) -> Counter[str]:
        """By code, over these days."""
        found: Counter[str] = Counter()
        with self._live.asking() as connection, connection.pipeline(transaction=False) as each:
            for day in days:
                each.hgetall(f"{keys.root(site_id)}:refused:{day}")
            for codes in each.execute():
                found.update({code: int(number) for code, number in codes.items()})
        return found
