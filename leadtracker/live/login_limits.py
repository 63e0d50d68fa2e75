"""How many passwords may be tried: of one address, and of one name from everywhere."""

from __future__ import annotations

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from leadtracker.address import household
from leadtracker.errors import QuotaSpent
from leadtracker.live import Live

PER_ADDRESS = RateLimitItemPerMinute(10, 10)  # 10 in 10 minutes
PER_NAME = RateLimitItemPerHour(50)

_this_process = FixedWindowRateLimiter(MemoryStorage())


class LoginLimits:
    """Guesses are counted in Redis for all processes; without Redis each process counts alone."""

    def __init__(self, live: Live) -> None:
        storage = RedisStorage(
            "redis://", connection_pool=live.client.connection_pool, wrap_exceptions=True
        )
        self._all_processes = FixedWindowRateLimiter(storage)

    def count_guess(self, name: str, address: str | None) -> None:
        """Count a guess before its password is looked at, so that guesses sent at once count too.

        Raises QuotaSpent.
        """
        for limit, whose in _limits(name, address):
            try:
                free = self._all_processes.hit(limit, "login", whose)
            except StorageError:
                free = _this_process.hit(limit, "login", whose)
            if not free:
                raise QuotaSpent("too many wrong passwords were tried")

    def forget_guesses(self, name: str, address: str | None) -> None:
        for limit, whose in _limits(name, address):
            _this_process.clear(limit, "login", whose)
            try:
                self._all_processes.clear(limit, "login", whose)
            except StorageError:
                return


def _limits(name: str, address: str | None) -> tuple[tuple[RateLimitItem, str], ...]:
    return (PER_ADDRESS, household(address)), (PER_NAME, name.casefold())
