"""Whether one more callback may pass: its token is spent, it is counted, its money is reserved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from leadtracker.callback_rules.rules import Limits
from leadtracker.live import Live, keys
from leadtracker.live.script import script


@dataclass(frozen=True, slots=True)
class Money:
    """What a request may cost at most, in minor units, and on which day.

    The day is the site's local one, such as 2026-09-12.
    """

    site: int
    day: str
    amount: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class Books:
    """A site's day of money as SQL has it: request id -> minor units."""

    reserved: Mapping[str, int] = field(default_factory=dict)  # not settled
    spent: Mapping[str, int] = field(default_factory=dict)  # settled


class CallbackGuard:
    """Every method raises StoreUnavailable when Redis does not answer; then nobody is called."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._admit = script("callback_guard")
        self._books = script("callback_books")
        self._settle = script("callback_settle")

    def admit(
        self,
        account: str,
        request: str,
        nonce: str,
        counters: Iterable[tuple[str, Limits]],
        money: Money,
        *,
        books: Callable[[], Books] = Books,
        now_ms: int = 0,
    ) -> str:
        """'' when admitted, else why not; then nothing is counted.

        | answer                | why not                                             |
        | --------------------- | --------------------------------------------------- |
        | `spent request`       | this very request was admitted before               |
        | `spent token`         | another request has spent the form token            |
        | `often number minute` | too many of this counter in a minute, hour or day   |
        | `money`               | the day's ceiling would be exceeded                 |

        `nonce` is that of a form token, '' where none is needed. When Redis knows nothing of the
        day, `books` tells, so that a Redis that lost everything keeps the ceiling. `now_ms` is 0
        for the server's clock.
        """
        root = keys.callback_root(account)
        counted = [
            part for name, each in counters for part in (name, each.minute, each.hour, each.day)
        ]
        while True:
            answer: str = self._live.ask(
                self._admit,
                root,
                now_ms,
                request,
                nonce,
                keys.TOKEN_SECONDS,
                money.site,
                money.day,
                money.amount,
                money.ceiling,
                keys.MONEY_SECONDS,
                *counted,
            )
            if answer != "books":
                return answer
            self._write_books(root, money, books())

    def _write_books(self, root: str, money: Money, known: Books) -> None:
        sums = [*_fields("r", known.reserved), *_fields("s", known.spent)]
        self._live.ask(self._books, root, money.site, money.day, keys.MONEY_SECONDS, *sums)

    def settle(self, account: str, site: int, day: str, request: str, spent: int) -> None:
        """What a request has cost by now, in minor units, replaces what was reserved for it.

        A second call replaces the first one's cost. Call it when SQL has the cost: a day that Redis
        has forgotten is left to `books`.
        """
        self._live.ask(
            self._settle, keys.callback_root(account), site, day, keys.MONEY_SECONDS, request, spent
        )

    def money(self, account: str, site: int, day: str) -> tuple[int, int]:
        """Reserved and spent, in minor units."""
        with self._live.asking() as connection:
            sums = connection.hmget(
                f"{keys.callback_root(account)}:money:{site}:{day}", ["reserved", "spent"]
            )
        reserved, spent = cast("list[str | None]", sums)
        return int(reserved or 0), int(spent or 0)

    def reserved(self, account: str, site: int, day: str) -> frozenset[str]:
        """The requests that money of a day is reserved for."""
        with self._live.asking() as connection:
            names = connection.hkeys(f"{keys.callback_root(account)}:money:{site}:{day}")
        return frozenset(name[2:] for name in cast("list[str]", names) if name.startswith("r:"))

    def turn(self, account: str, site: int) -> int:
        """0, then 1, 2 and so on with each call of this method."""
        key = f"{keys.callback_root(account)}:turn:{site}"
        with self._live.asking() as connection, connection.pipeline(transaction=True) as both:
            both.incr(key)
            both.expire(key, keys.MONEY_SECONDS)
            turns, _ = both.execute()
        return int(turns) - 1


def _fields(kind: str, amounts: Mapping[str, int]) -> Iterator[str | int]:
    for request, amount in amounts.items():
        yield from (f"{kind}:{request}", amount)
