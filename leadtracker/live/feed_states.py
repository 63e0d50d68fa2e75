"""The state of the feeds of real-time events, as reported by the worker that listens to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from leadtracker.live import Live, keys

# Longer than the pause between two reports: the worker that said anything older has died.
KEPT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class FeedState:
    """`words` are for people, and hold no secret."""

    up: bool
    words: str


class FeedStates:
    """By the account's key. Every method raises StoreUnavailable."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def report(self, account: str, state: FeedState, heard: Mapping[str, int]) -> None:
        """`heard`: receipt -> events that came since the last report."""
        root = keys.feed_root(account)
        with self._live.asking() as connection, connection.pipeline(transaction=True) as both:
            both.hset(f"{root}:state", mapping={"up": int(state.up), "words": state.words})
            both.expire(f"{root}:state", KEPT_SECONDS)
            for receipt, number in heard.items():
                both.hincrby(f"{root}:events", receipt, number)
            both.execute()

    def state(self, account: str) -> FeedState | None:
        """None when nobody listens."""
        with self._live.asking() as connection:
            said = connection.hmget(f"{keys.feed_root(account)}:state", ["up", "words"])
        up, words = cast("list[str | None]", said)
        if up is None:
            return None
        return FeedState(up == "1", words or "")

    def events(self, account: str) -> dict[str, int]:
        """Receipt -> how many events ever came."""
        with self._live.asking() as connection:
            said = cast("dict[str, str]", connection.hgetall(f"{keys.feed_root(account)}:events"))
        return {receipt: int(number) for receipt, number in said.items()}
