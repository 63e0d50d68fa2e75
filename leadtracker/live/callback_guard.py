"""Whether one more callback may pass: tokens spent, requests counted, money reserved; all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from leadtracker.callback.rules import Limits
from leadtracker.live import Live


@dataclass(frozen=True, slots=True)
class Money:
    """What a request may cost at most, in minor units, and on which local day of its site (2026-09-12)."""

    site: int
    day: str
    amount: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class Books:
    """A site's day of money as SQL has it: request id -> minor units."""

    reserved: Mapping[str, int] = field(default_factory=dict)  # not settled
    spent: Mapping[str, int] = field(default_factory=dict)  # settled


def no_books() -> Books:
    return Books()


class CallbackGuard:
    """Every method raises StoreUnavailable when Redis does not answer; then nobody is called."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def admit(
        self, account: str, request: str, nonce: str, counters: Iterable[tuple[str, Limits]], money: Money, *,
        books: Callable[[], Books] = no_books, now_ms: int = 0,
    ) -> str:  # fmt: skip
        """'' when admitted, else why not: `spent`, `often number minute`, `money`, of which nothing is counted.

        `nonce` is that of a form token, '' where none is needed. `books` is asked when Redis knows nothing of the
        day, so that a Redis that lost everything does not lose the ceiling. `now_ms`: 0 for the server's clock.
        """
        raise NotImplementedError

    def settle(self, account: str, site: int, day: str, request: str, spent: int) -> None:
        """What a request has cost by now, in minor units, in the place of what was reserved; again, it replaces."""
        raise NotImplementedError

    def money(self, account: str, site: int, day: str) -> tuple[int, int]:
        """Reserved and spent, in minor units."""
        raise NotImplementedError

    def turn(self, account: str, site: int) -> int:
        """0, 1, 2 and so on, one for each call of it."""
        raise NotImplementedError
