"""A number that a visible page confirmed is never taken, and shares are counted right, whatever
happens in whatever order: a state machine on a real Redis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from leadtracker.live import Grant, Live
from tests.live.conftest import LEASE, SECOND, UNHEARD_HURRIED, Shop
from tests.live.traffic import ROOT, check_idle

NUMBERS = tuple(f"+9727227767{n:02}" for n in range(12))
ADDRESSES = st.sampled_from(["203.0.113.1", "203.0.113.2", "2001:db8:1:2::/64", "198.51.100.7", ""])
OFTEN = st.integers(1, 8)


@dataclass
class Page:
    visitor: str
    grant: Grant
    heard: int | None = None  # when a heartbeat said that it is visible; None before and after


class Crowd(RuleBasedStateMachine):
    """Each visitor has one page."""

    live: Live

    def __init__(self) -> None:
        super().__init__()
        self.live.client.flushall()
        self.shop = Shop(self.live, dids=NUMBERS)
        self.pages: list[Page] = []
        self.visitors = 0

    @rule(address=ADDRESSES, often=OFTEN)
    def people_come(self, address: str, often: int) -> None:
        for _ in range(often):
            self.visitors += 1
            visitor = f"visitor{self.visitors}"
            grant = self.shop.ask(visitor, address=address)
            if grant.did:
                assert grant.did not in self._confirmed(), "a number taken from a visible page"
                self.pages.append(Page(visitor, grant))

    def _confirmed(self) -> dict[str, Page]:
        """By their numbers; a page that is silent for too long may lose its own."""
        for page in self.pages:
            if page.heard is not None and self.shop.now >= page.heard + UNHEARD_HURRIED:
                page.heard = None
        return {page.grant.did: page for page in self.pages if page.heard is not None}

    @precondition(lambda self: self.pages)
    @rule(data=st.data(), often=OFTEN, address=ADDRESSES)
    def pages_are_visible(self, data: st.DataObject, often: int, address: str) -> None:
        """Of phones that may have gone to another network since."""
        for page in data.draw(st.lists(st.sampled_from(self.pages), max_size=often)):
            self.shop.addresses[page.grant.lease] = address
            confirmed = page in self._confirmed().values()
            if self.shop.beat(page.grant):
                page.heard = self.shop.now
            else:
                assert not confirmed, "a number taken from a visible page"

    @rule()
    def every_confirmed_page_goes_on(self) -> None:
        for page in self._confirmed().values():
            assert self.shop.beat(page.grant), "a number taken from a visible page"
            page.heard = self.shop.now

    @precondition(lambda self: self.pages)
    @rule(data=st.data(), often=OFTEN, state=st.sampled_from(["hidden", "left"]))
    def pages_go(self, data: st.DataObject, often: int, state: str) -> None:
        for page in data.draw(st.lists(st.sampled_from(self.pages), max_size=often)):
            page.heard = None
            self.shop.beat(page.grant, state)

    @precondition(lambda self: self.pages)
    @rule(data=st.data(), address=ADDRESSES)
    def a_visitor_comes_back(self, data: st.DataObject, address: str) -> None:
        page = data.draw(st.sampled_from(self.pages))
        confirmed = page in self._confirmed().values()
        grant = self.shop.ask(page.visitor, address=address)
        assert not confirmed or grant.did == page.grant.did
        if grant.did:
            page.grant = grant

    @rule(seconds=st.one_of(st.integers(1, 30), st.integers(1, 2 * LEASE // SECOND)))
    def time_goes_on(self, seconds: int) -> None:
        self.shop.now += seconds * SECOND

    @invariant()
    def shares_are_counted(self) -> None:
        client: Any = self.live.client  # typed for bytes too; ours answers in texts
        counts = {
            key.removeprefix(f"{ROOT}:held:"): client.zrange(key, 0, -1, withscores=True)
            for key in client.scan_iter(f"{ROOT}:held:*", count=1000)
        }
        ranked = client.zrange(f"{ROOT}:shares", 0, -1, withscores=True)
        assert {address: abs(count) for address, count in ranked} == {
            address: len(held) for address, held in counts.items() if len(held) > 1
        }
        extra = int(client.get(f"{ROOT}:extra") or 0)
        assert extra == sum(len(held) - 1 for held in counts.values())
        assert extra <= 3 / 4 * len(NUMBERS)
        for address, held in counts.items():
            for did, since in held:
                assert client.hget(f"{ROOT}:did:{did}", "address") == address
                confirmed = self._confirmed().get(did)
                assert confirmed is None or since == float("inf")

    @invariant()
    def every_number_is_idle_or_held(self) -> None:
        check_idle(self.live)


def test_a_number_that_a_visible_page_confirmed_is_never_taken(live: Live) -> None:
    Crowd.live = live
    run_state_machine_as_test(
        Crowd,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )
