"""How many notifications an account may send: what one sends never takes the room of others."""

from __future__ import annotations

import threading
import time

UNIT = 64 * 1024  # bytes of a body that count as one notification
MINUTE = 60.0


class Quotas:
    """Counted in this process, so that a notification waits for no store.

    What was not used within a minute is no savings for the next.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = float(per_minute)
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}  # by account: how many, and as of when

    def take(self, account_key: str, size: int, now: float | None = None) -> bool:
        """Whether the account may send a notification of this size now."""
        now = time.monotonic() if now is None else now
        cost = 1 + size // UNIT
        with self._lock:
            left, since = self._left.get(account_key, (self._per_minute, now))
            left = min(self._per_minute, left + (now - since) * self._per_minute / MINUTE)
            allowed = left >= cost
            if allowed:
                left -= cost
            self._left[account_key] = left, now
        return allowed
