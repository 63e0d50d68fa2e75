"""The day's money, counters and refusals to the last unit: held, spent and given back once,
and gone in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadtracker.callback_rules.rules import Limits
from leadtracker.live import Live, keys
from leadtracker.live.callback_guard import Books, CallbackGuard, Money
from leadtracker.live.callback_refusals import KEPT_DAYS, Refusals

START = 1_789_000_000_000  # ms
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ROOT = "lt:{callback:pbx}"
SUMS = f"{ROOT}:money:1:d"  # of the site 1 on the day `d`
CEILING = 1000


@pytest.fixture
def guard(live: Live) -> CallbackGuard:
    return CallbackGuard(live)


def admit(
    guard: CallbackGuard,
    request: str,
    amount: int = 400,
    *,
    counters: tuple[tuple[str, Limits], ...] = (),
    at: int = START,
    nonce: str = "",
    books: Callable[[], Books] = Books,
) -> str:
    money = Money(1, "d", amount, CEILING)
    return guard.admit("pbx", request, nonce, counters, money, now_ms=at, books=books)


def seconds_left(live: Live, key: str) -> int:
    return int(live.client.ttl(key))


def forget_soon(live: Live, key: str) -> None:
    assert live.client.expire(key, 100)


class TestBooks:
    """Redis has lost the day; SQL has it."""

    SEVERAL = Books(reserved={"a": 100, "b": 200}, spent={"c": 30, "d": 40})

    def test_every_request_counts_and_each_on_its_side(
        self, guard: CallbackGuard, live: Live
    ) -> None:
        assert admit(guard, "e", 630, books=lambda: self.SEVERAL) == ""
        assert live.client.hgetall(SUMS) == {
            "r:a": "100",
            "r:b": "200",
            "r:e": "630",
            "s:c": "30",
            "s:d": "40",
            "reserved": "930",
            "spent": "70",
        }

    def test_one_unit_more_is_refused(self, guard: CallbackGuard) -> None:
        assert admit(guard, "e", 631, books=lambda: self.SEVERAL) == "money"
        assert guard.money("pbx", 1, "d") == (300, 70)

    @pytest.mark.parametrize("request_", ["a", "b", "c", "d"])
    def test_what_sql_has_is_not_admitted_again(self, guard: CallbackGuard, request_: str) -> None:
        assert admit(guard, "e", 10_000, books=lambda: self.SEVERAL) == "money"
        assert admit(guard, request_, 1) == "spent request"

    def test_each_is_settled_once(self, guard: CallbackGuard) -> None:
        assert admit(guard, "e", 10_000, books=lambda: self.SEVERAL) == "money"
        for _ in range(2):
            guard.settle("pbx", 1, "d", "a", 7)
            guard.settle("pbx", 1, "d", "c", 31)
        assert guard.money("pbx", 1, "d") == (200, 7 + 31 + 40)

    def test_a_day_that_redis_forgot_is_not_begun_by_what_one_call_cost(
        self, guard: CallbackGuard, live: Live
    ) -> None:
        guard.settle("pbx", 1, "d", "c", 30)
        assert live.client.keys() == []

    def test_what_others_reserved_while_sql_was_read_still_counts(
        self, guard: CallbackGuard
    ) -> None:
        def slow() -> Books:
            """Another process asks SQL too, is faster, and lets somebody pass."""
            assert admit(guard, "faster", 600) == ""
            return Books()

        assert admit(guard, "slower", 400, books=slow) == ""
        assert guard.money("pbx", 1, "d") == (1000, 0)
        assert admit(guard, "third", 1) == "money"

    def test_a_day_that_nothing_was_asked_on_is_known_as_empty(self, guard: CallbackGuard) -> None:
        asked: list[str] = []

        def books() -> Books:
            asked.append("SQL")
            return Books()

        for request in ("a", "b"):
            assert admit(guard, request, 10, books=books) == ""
        assert asked == ["SQL"]

    def test_a_day_on_which_all_are_refused_is_forgotten_too(
        self, guard: CallbackGuard, live: Live
    ) -> None:
        assert admit(guard, "a", CEILING + 1) == "money"
        assert keys.MONEY_SECONDS - 60 < seconds_left(live, SUMS) <= keys.MONEY_SECONDS


# what is told of costs, in turn -> (held, spent), where 400 was reserved for `a` and 500 for `b`
SETTLED = {
    "nothing yet": ([], (900, 0)),
    "nobody answered": ([("a", 0)], (500, 0)),
    "it cost less": ([("a", 150)], (500, 150)),
    "it cost all": ([("a", 400)], (500, 400)),
    "it cost more": ([("a", 700)], (500, 700)),
    "a copy": ([("a", 150), ("a", 150)], (500, 150)),
    "three copies": ([("a", 150), ("a", 150), ("a", 150)], (500, 150)),
    "a higher price": ([("a", 150), ("a", 170)], (500, 170)),
    "a lower price": ([("a", 170), ("a", 150)], (500, 150)),
    "it was free after all": ([("a", 170), ("a", 0)], (500, 0)),
    "free at first": ([("a", 0), ("a", 170)], (500, 170)),
    "both": ([("a", 150), ("b", 250)], (0, 400)),
    "both and a copy": ([("a", 150), ("b", 250), ("a", 150)], (0, 400)),
    "one of another time": ([("c", 20)], (900, 20)),
}


@pytest.mark.parametrize("name", SETTLED)
def test_what_is_settled_twice_counts_once(guard: CallbackGuard, name: str) -> None:
    told, sums = SETTLED[name]
    assert (admit(guard, "a", 400), admit(guard, "b", 500)) == ("", "")
    for request, cost in told:
        guard.settle("pbx", 1, "d", request, cost)
    assert guard.money("pbx", 1, "d") == sums
    assert guard.reserved("pbx", 1, "d") == {"a", "b"} - {request for request, _ in told}


class TestWhenKeysAreForgotten:
    def test_money_lives_on_when_it_changes(self, guard: CallbackGuard, live: Live) -> None:
        assert admit(guard, "a") == ""
        for change in (lambda: admit(guard, "b"), lambda: guard.settle("pbx", 1, "d", "a", 3)):
            forget_soon(live, SUMS)
            change()
            assert keys.MONEY_SECONDS - 60 < seconds_left(live, SUMS) <= keys.MONEY_SECONDS

    def test_a_refusal_prolongs_nothing(self, guard: CallbackGuard, live: Live) -> None:
        assert admit(guard, "a") == ""
        forget_soon(live, SUMS)
        assert admit(guard, "b", CEILING) == "money"
        assert seconds_left(live, SUMS) <= 100

    def test_a_counter_lives_a_day_from_the_newest_request(
        self, guard: CallbackGuard, live: Live
    ) -> None:
        many = (("site:1", Limits(9, 9, 9)),)
        for request in ("a", "b"):
            assert admit(guard, request, 1, counters=many) == ""
            assert 86_400 - 60 < seconds_left(live, f"{ROOT}:count:site:1") <= 86_400
            forget_soon(live, f"{ROOT}:count:site:1")

    def test_a_spent_token_is_remembered_for_an_hour(
        self, guard: CallbackGuard, live: Live
    ) -> None:
        assert admit(guard, "a", 1, nonce="nonce") == ""
        assert (
            keys.TOKEN_SECONDS - 60
            < seconds_left(live, f"{ROOT}:token:nonce")
            <= keys.TOKEN_SECONDS
        )
        assert keys.TOKEN_SECONDS == 3600

    def test_a_turn_lives_on_when_it_is_taken(self, guard: CallbackGuard, live: Live) -> None:
        assert guard.turn("pbx", 1) == 0
        forget_soon(live, f"{ROOT}:turn:1")
        assert guard.turn("pbx", 1) == 1
        assert keys.MONEY_SECONDS - 60 < seconds_left(live, f"{ROOT}:turn:1") <= keys.MONEY_SECONDS

    def test_money_outlives_a_call_that_is_scheduled_over_a_long_weekend(self) -> None:
        assert keys.MONEY_SECONDS == 8 * 86_400


class TestCounters:
    DIFFERENT = (("number:1", Limits(1, 2, 3)), ("site:1", Limits(4, 4, 4)))

    @pytest.mark.parametrize(
        ("times", "at", "answer"),
        [
            ([], 0, ""),
            ([0], MINUTE - 1, "often number minute"),
            ([0], MINUTE, ""),
            ([0, MINUTE], 2 * MINUTE, "often number hour"),
            ([0, MINUTE], HOUR - 1, "often number hour"),
            ([0, MINUTE], HOUR, ""),
            ([0, MINUTE, HOUR], 2 * HOUR, "often number day"),
            ([0, MINUTE, HOUR], DAY - 1, "often number day"),
            ([0, MINUTE, HOUR], DAY, ""),
        ],
    )
    def test_each_window_has_its_own_limit(
        self, guard: CallbackGuard, times: list[int], at: int, answer: str
    ) -> None:
        for number, time in enumerate(times):
            assert admit(guard, f"r{number}", 1, counters=self.DIFFERENT, at=START + time) == ""
        assert admit(guard, "asked", 1, counters=self.DIFFERENT, at=START + at) == answer

    def test_each_counter_has_its_own_limits(self, guard: CallbackGuard) -> None:
        """Five numbers, each for the first time: the site's limit of 4 holds,
        the numbers' of 1 do not."""
        site = ("site:1", Limits(4, 4, 4))
        answers = [
            admit(guard, f"r{number}", 1, counters=((f"number:{number}", Limits(1, 1, 1)), site))
            for number in range(5)
        ]
        assert answers == ["", "", "", "", "often site minute"]

    def test_every_counter_is_counted(self, guard: CallbackGuard, live: Live) -> None:
        many = Limits(9, 9, 9)
        assert (
            admit(
                guard,
                "a",
                1,
                counters=(("number:1", many), ("site:1", many), ("account:all", many)),
            )
            == ""
        )
        for name in ("number:1", "site:1", "account:all"):
            assert live.client.zrange(f"{ROOT}:count:{name}", 0, -1, withscores=True) == [
                ("1:d:a", START)
            ]

    @pytest.mark.parametrize(("at", "kept"), [(DAY - 1, 2), (DAY, 1), (2 * DAY, 1)])
    def test_nothing_older_than_a_day_is_kept(
        self, guard: CallbackGuard, live: Live, at: int, kept: int
    ) -> None:
        many = (("site:1", Limits(9, 9, 9)),)
        assert admit(guard, "a", 1, counters=many) == ""
        assert admit(guard, "b", 1, counters=many, at=START + at) == ""
        assert live.client.zcard(f"{ROOT}:count:site:1") == kept

    def test_a_token_names_the_request_it_was_spent_on(self, guard: CallbackGuard) -> None:
        """The day changed in between, so the money does not know the request."""
        assert admit(guard, "a", 1, nonce="nonce") == ""
        tomorrow = Money(1, "tomorrow", 1, CEILING)
        assert guard.admit("pbx", "a", "nonce", (), tomorrow, now_ms=START) == "spent request"
        assert guard.admit("pbx", "b", "nonce", (), tomorrow, now_ms=START) == "spent token"


@dataclass
class Ledger:
    """What the guard must say, by plain sums over what happened."""

    reserved: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)

    def admit(self, request: str, amount: int) -> str:
        if request in self.reserved or request in self.spent:
            return "spent request"
        if sum(self.sums()) + amount > CEILING:
            return "money"
        self.reserved[request] = amount
        return ""

    def settle(self, request: str, cost: int) -> None:
        self.reserved.pop(request, None)
        self.spent[request] = cost

    def sums(self) -> tuple[int, int]:
        return sum(self.reserved.values()), sum(self.spent.values())


REQUESTS = st.sampled_from("abcdef")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("admit"), REQUESTS, st.integers(0, 600)),
        st.tuples(st.just("settle"), REQUESTS, st.integers(0, 100)),  # percent of what was reserved
        st.tuples(st.just("lose"), st.just(""), st.just(0)),
    ),
    max_size=14,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_held_and_spent_money_is_never_over_the_ceiling(
    guard: CallbackGuard, live: Live, steps: list[tuple[str, str, int]]
) -> None:
    """Whatever is asked, settled, told again and lost by Redis, in any order:
    the guard says what plain sums say."""
    live.client.flushall()
    ledger = Ledger()
    most: dict[str, int] = {}
    for step, request, number in steps:
        if step == "lose":
            live.client.flushall()
        elif step == "admit":
            books = partial(Books, dict(ledger.reserved), dict(ledger.spent))
            answer = admit(guard, request, number, books=books)
            assert answer == ledger.admit(request, number)
            if not answer:
                most[request] = number
            assert guard.money("pbx", 1, "d") == ledger.sums()
        elif request in most:
            cost = most[request] * number // 100
            ledger.settle(request, cost)
            guard.settle("pbx", 1, "d", request, cost)
        assert sum(guard.money("pbx", 1, "d")) <= CEILING


class TestRefusals:
    @pytest.fixture
    def refusals(self, live: Live) -> Refusals:
        return Refusals(live)

    def test_counted_by_site_day_and_code(self, refusals: Refusals) -> None:
        for site, day, code in [
            (1, "a", "often"),
            (1, "a", "often"),
            (1, "b", "often"),
            (1, "b", "money"),
            (2, "a", "x"),
        ]:
            refusals.count(site, day, code)
        assert refusals.counts(1, ["a"]) == {"often": 2}
        assert refusals.counts(1, ["a", "b", "c"]) == {"often": 3, "money": 1}
        assert refusals.counts(2, ["a", "b"]) == {"x": 1}
        assert refusals.counts(1, []) == {}

    def test_how_many_there_were_in_this_minute(self, refusals: Refusals) -> None:
        assert [
            refusals.count(1, day, code)
            for day, code in [("a", "often"), ("a", "money"), ("b", "often")]
        ] == [
            1,
            2,
            3,
        ]
        assert refusals.count(2, "a", "often") == 1

    def test_the_minute_ends_however_many_come(self, refusals: Refusals, live: Live) -> None:
        assert refusals.count(1, "a", "often") == 1
        assert 0 < seconds_left(live, "lt:{1}:refusing") <= 60
        live.client.expire("lt:{1}:refusing", 20)
        assert refusals.count(1, "a", "often") == 2
        assert 0 < seconds_left(live, "lt:{1}:refusing") <= 20
        live.client.delete("lt:{1}:refusing")  # it expires
        assert refusals.count(1, "a", "often") == 1

    def test_a_day_is_kept_as_long_as_a_report_looks_back(
        self, refusals: Refusals, live: Live
    ) -> None:
        for _ in range(2):
            refusals.count(1, "a", "often")
            left = seconds_left(live, "lt:{1}:refused:a")
            assert KEPT_DAYS * 86_400 - 60 < left <= KEPT_DAYS * 86_400
            forget_soon(live, "lt:{1}:refused:a")
        assert KEPT_DAYS == 400
