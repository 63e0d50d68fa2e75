"""How many passwords may be tried: nobody who guesses locks out whoever knows the password."""

from __future__ import annotations

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from leadtracker.address import household
from leadtracker.errors import QuotaSpent
from leadtracker.live import Live

PER_PAIR = RateLimitItemPerMinute(10, 10)  # of one name from one network: 10 in 10 minutes
PER_NETWORK = RateLimitItemPerMinute(50, 10)  # of all names
MANY_OF_NAME = RateLimitItemPerHour(50)  # from everywhere; beyond it, a pair has only:
PER_PAIR_OF_MANY = RateLimitItemPerMinute(2, 10)

_this_process = FixedWindowRateLimiter(MemoryStorage())


class LoginLimits:
    """Guesses are counted in Redis for all processes; without Redis each process counts alone.

    `browser` is the id of a browser in which this name has logged in before, and '' for any other.
    What others guess does not touch it.
    """

    def __init__(self, live: Live) -> None:
        storage = RedisStorage(
            "redis://", connection_pool=live.client.connection_pool, wrap_exceptions=True
        )
        self._all_processes = FixedWindowRateLimiter(storage)

    def count_guess(self, name: str, address: str | None, browser: str) -> None:
        """Count a guess before its password is looked at, so that guesses sent at once count too.

        Raises QuotaSpent.
        """
        limits = [(PER_PAIR, _pair(name, address, browser))]
        if not browser:
            if not self._free(MANY_OF_NAME, ("name", name.casefold())):
                limits = [(PER_PAIR_OF_MANY, _pair(name, address, browser))]
            limits.append((PER_NETWORK, ("network", household(address))))
        if not all([self._free(limit, whose) for limit, whose in limits]):
            raise QuotaSpent("too many wrong passwords were tried")

    def forget_guesses(self, name: str, address: str | None, browser: str) -> None:
        pair = _pair(name, address, browser)
        network = ("network", household(address))
        for limit, whose in ((PER_PAIR, pair), (PER_PAIR_OF_MANY, pair), (PER_NETWORK, network)):
            _this_process.clear(limit, "login", *whose)
            try:
                self._all_processes.clear(limit, "login", *whose)
            except StorageError:
                return

    def _free(self, limit: RateLimitItem, whose: tuple[str, ...]) -> bool:
        try:
            return self._all_processes.hit(limit, "login", *whose)
        except StorageError:
            return _this_process.hit(limit, "login", *whose)


def _pair(name: str, address: str | None, browser: str) -> tuple[str, ...]:
    if browser:
        return ("browser", browser)
    return ("pair", name.casefold(), household(address))
