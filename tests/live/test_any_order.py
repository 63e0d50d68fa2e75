"""No number has two visible holders, whatever happens in whatever order:
a state machine on a real Redis."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from leadtracker.domain import Lease
from leadtracker.live import Arrival, Claim, Grant, Live, keys
from tests.live.conftest import DIDS, HOUR, HURRIED, LEASE, SITE, Shop, claim_of
from tests.live.traffic import check_idle, count

VISITORS = st.sampled_from([f"visitor{n}" for n in range(7)])
VISITS = st.sampled_from(["morning", "evening"])
SOURCES = ["google / spring", "google / autumn", "direct / direct"]
ARRIVALS = st.builds(
    Arrival,
    source=st.sampled_from(SOURCES),
    region=st.sampled_from(["", "IL-3", "IL-4"]),
    topic=st.sampled_from(["", "kitchens"]),
)


def _whose(page: Page) -> tuple[str, str]:
    return page.visitor, page.grant.did


@dataclass
class Page:
    """A page that shows a number; `heard`: when Redis last said that it has it,
    None once that is over or forgotten.

    `taken_out`: its number was, be it for a while. The page goes on with it;
    its visitor may have another beside it.
    """

    visitor: str
    visit: str
    grant: Grant
    heard: int | None
    visible: bool = True
    taken_out: bool = False


class Pool(RuleBasedStateMachine):
    live: Live

    def __init__(self) -> None:
        super().__init__()
        self.live.client.flushall()
        self.shop = Shop(self.live)
        self.pages: list[Page] = []
        self.claims: dict[str, list[Claim]] = {}
        self.arrivals: dict[str, Arrival] = {}
        self.lost = False  # Redis, once
        self.kept: dict[str, list[Lease]] = {}  # what SQL remembers of each number

    def _ask(self, visitor: str, visit: str, claim: Claim | None) -> None:
        grant = self.shop.ask(
            visitor, visit, claim, arrival=self.arrivals.get(visitor, Arrival("direct / direct"))
        )
        if not grant.did:
            hard = self.live.client.zcount(
                f"{keys.root(SITE.id)}:hard", f"({self.shop.now}", "+inf"
            )
            assert hard >= len(self.shop.dids), "the default number, while numbers were free"
            return
        if grant.reason == "leased":
            assert grant.did in self.shop.dids, "a number that is not to be handed out any more"
        for page in self.pages:
            if (
                self.lost
            ):  # a page whose number the worker put back may hold it beside the visitor's new one
                break
            if (
                page.visitor == visitor
                and page.visible
                and page.heard is not None
                and not page.taken_out
            ):
                assert page.grant.did == grant.did, "two numbers for one visitor"
        claim = claim_of(
            grant, visit if grant.reason != "restored" or claim is None else claim.visit
        )
        self.claims.setdefault(visitor, []).append(claim)
        self.pages.append(Page(visitor, visit, grant, self.shop.now))
        self._heard(self.pages[-1])

    def _heard(self, page: Page) -> None:
        """All pages of a visitor that show one number hold it together,
        for a while after the newest word of them."""
        for other in self._together(page):
            other.heard = self.shop.now

    def _together(self, page: Page) -> list[Page]:
        return [
            other
            for other in self.pages
            if other is page or (other.heard is not None and _whose(other) == _whose(page))
        ]

    @rule(visitor=VISITORS, visit=VISITS, arrival=ARRIVALS)
    def open(self, visitor: str, visit: str, arrival: Arrival) -> None:
        self.arrivals[visitor] = arrival
        self._ask(visitor, visit, None)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), visit=VISITS)
    def open_with_an_old_token(self, data: st.DataObject, visit: str) -> None:
        visitor = data.draw(st.sampled_from(sorted(self.claims)))
        self._ask(visitor, visit, data.draw(st.sampled_from(self.claims[visitor])))

    @precondition(lambda self: self.pages)
    @rule(data=st.data(), tapped=st.booleans(), level=st.integers(0, 3))
    def beat(self, data: st.DataObject, tapped: bool, level: int) -> None:
        self._beat(data.draw(st.sampled_from(self.pages)), tapped, level)

    @rule()
    def every_visible_page_beats(self) -> None:
        for page in [page for page in self.pages if page.visible]:
            self._beat(page)

    def _beat(self, page: Page, tapped: bool = False, level: int = 0) -> None:
        had = page.heard is not None
        if self.shop.beat(page.grant, tapped=tapped, level=level):
            page.visible = True
            self._heard(page)
            return
        assert not had, "a number taken from a visible page"
        self.pages.remove(page)
        self._ask(page.visitor, page.visit, claim_of(page.grant, page.visit))

    @precondition(lambda self: self.pages)
    @rule(data=st.data(), state=st.sampled_from(["hidden", "left"]), lost=st.booleans())
    def leave(self, data: st.DataObject, state: str, lost: bool) -> None:
        """`lost`: the beacon never arrives."""
        page = data.draw(st.sampled_from(self.pages))
        page.visible = False
        if not lost and self.shop.beat(page.grant, state):
            for other in self._together(page):
                if other.heard is not None:  # the clock may have been set back since
                    other.heard = min(other.heard, self.shop.now)

    @rule(
        step=st.one_of(
            st.integers(0, 3 * LEASE), st.integers(-LEASE, 0), st.sampled_from([-HOUR, HOUR])
        )
    )
    def the_clock_goes_on_or_steps(self, step: int) -> None:
        self.shop.now += step
        for page in self.pages:
            if page.heard is not None and self.shop.now >= page.heard + HURRIED:
                page.heard = None

    @rule(dids=st.sets(st.sampled_from(DIDS), min_size=1))
    def numbers_are_drained_or_come_back(self, dids: set[str]) -> None:
        self.shop.keep(*sorted(dids))
        for page in self.pages:
            page.taken_out = page.taken_out or page.grant.did not in dids

    @rule(stale=st.integers(1, 3))
    def a_process_that_has_not_heard_of_it_yet_asks(self, stale: int) -> None:
        self.shop.ask("passer-by", change=max(1, self.shop.change - stale))

    @rule()
    def redis_loses_everything(self) -> None:
        for did in DIDS:
            known = self.live.holders(SITE.id, did)
            ids = {lease.id for lease in known}
            self.kept[did] = [
                *known,
                *(lease for lease in self.kept.get(did, ()) if lease.id not in ids),
            ]
        self.live.client.flushall()
        self.lost = True
        for page in self.pages:
            page.heard = None

    @rule()
    def the_worker_puts_back_what_the_database_knows(self) -> None:
        self.live.restore(SITE, self.kept, "all", self.shop.now)
        for did, leases in self.kept.items():
            now_known = [lease.id for lease in self.live.holders(SITE.id, did)]
            assert len(now_known) == len(set(now_known)), "a lease put back twice"
            assert {lease.id for lease in leases[: keys.KEEP]} <= set(now_known)

    @rule(
        arrivals=st.dictionaries(
            st.sampled_from([*SOURCES, "other"]), st.sampled_from([1, 10, 100])
        )
    )
    def an_hour_is_measured(self, arrivals: dict[str, float]) -> None:
        """`arrivals`: what came in that hour, so that sources change their groups."""
        if arrivals:
            count(self.live, arrivals)
        self.live.regroup(SITE, self.shop.now)

    @invariant()
    def no_number_has_two_visible_holders(self) -> None:
        holders: dict[str, set[str]] = {}
        for page in self.pages:
            if page.visible and page.heard is not None:
                holders.setdefault(page.grant.did, set()).add(page.visitor)
        assert all(len(visitors) == 1 for visitors in holders.values()), holders

    @invariant()
    def every_number_is_idle_or_held(self) -> None:
        check_idle(self.live)


def test_no_number_has_two_visible_holders(live: Live) -> None:
    Pool.live = live
    run_state_machine_as_test(
        Pool,
        settings=settings(
            max_examples=60,
            stateful_step_count=50,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )
