"""The guard of callback requests on a real Redis: windows, tokens and money,
also when 200 ask at once."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Iterable
from multiprocessing.synchronize import Barrier
from queue import Queue

import pytest

from leadtracker.callback_rules.rules import Limits
from leadtracker.errors import StoreUnavailable
from leadtracker.live import Live
from leadtracker.live.callback_guard import Books, CallbackGuard, Money
from tests.patience import PATIENCE

START = 1_789_000_000_000  # ms
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
FREE = Money(1, "2026-09-10", 0, 0)
ANY = Limits(10**5, 10**5, 10**5)
PROCESSES, THREADS = 8, 25


@pytest.fixture
def guard(live: Live) -> CallbackGuard:
    return CallbackGuard(live)


def admit(
    guard: CallbackGuard,
    request: str,
    nonce: str = "",
    counters: Iterable[tuple[str, Limits]] = (),
    money: Money = FREE,
    at: int = START,
) -> str:
    return guard.admit("pbx", request, nonce, counters, money, now_ms=at)


@pytest.mark.parametrize(
    ("limits", "window", "word"),
    [
        (Limits(3, 9, 9), MINUTE, "minute"),
        (Limits(9, 3, 9), HOUR, "hour"),
        (Limits(9, 9, 3), DAY, "day"),
    ],
)
def test_a_window_slides_to_the_millisecond(
    guard: CallbackGuard, limits: Limits, window: int, word: str
) -> None:
    """Never more than 3 in any stretch of the window's length, wherever it begins."""
    step = window // 10

    def ask(number: int, at: int) -> str:
        return admit(guard, f"r{number}", counters=[("number:+972522345678", limits)], at=at)

    assert [ask(n, START + n * step) for n in range(3)] == ["", "", ""]
    full = f"often number {word}"
    assert ask(3, START + window - 1) == full
    assert ask(4, START + window) == ""  # the first is just old enough
    assert ask(5, START + window) == full
    assert ask(6, START + window + step - 1) == full
    assert ask(7, START + window + step) == ""


def test_any_stretch_of_a_busy_day_holds_the_limits(guard: CallbackGuard) -> None:
    limits = Limits(2, 5, 20)
    passed = [
        at
        for at in range(START, START + 2 * DAY, 25 * SECOND)
        if not admit(guard, f"r{at}", counters=[("site:1", limits)], at=at)
    ]
    for window, most in ((MINUTE, 2), (HOUR, 5), (DAY, 20)):
        assert max(sum(at - window < one <= at for one in passed) for at in passed) == most
    assert len(passed) == 40


@pytest.mark.parametrize("window", ["minute", "hour", "day"])
def test_a_limit_of_none(guard: CallbackGuard, window: str) -> None:
    none = Limits(**{"minute": 9, "hour": 9, "day": 9, window: 0})
    assert admit(guard, "r", counters=[("address:192.0.2.1", none)]) == f"often address {window}"


def test_a_token_is_spent_once_and_remembered_longer_than_it_is_good(
    guard: CallbackGuard, live: Live
) -> None:
    assert admit(guard, "r1", "nonce") == ""
    assert admit(guard, "r2", "nonce") == "spent token"
    assert admit(guard, "r1", "nonce") == "spent request"
    assert admit(guard, "r2", "other") == ""
    assert live.client.ttl("lt:{callback:pbx}:token:nonce") > 30 * 60 + 60


def test_a_request_is_admitted_once(guard: CallbackGuard) -> None:
    money = Money(1, "2026-09-10", 10, 1000)
    assert admit(guard, "r1", "one", money=money) == ""
    assert admit(guard, "r1", "two", money=money) == "spent request"
    assert (
        admit(guard, "r1", "", [("number:1", Limits(0, 0, 0))], money) == "spent request"
    )  # rather than: too often
    guard.settle("pbx", 1, "2026-09-10", "r1", 4)
    assert admit(guard, "r1", "three", money=money) == "spent request"
    assert guard.money("pbx", 1, "2026-09-10") == (0, 4)


def test_one_name_for_requests_of_two_sites_and_days_is_counted_each_time(
    guard: CallbackGuard,
) -> None:
    counters = [("account:all", Limits(9, 9, 3))]
    days = [
        Money(1, "2026-09-10", 1, 9),
        Money(2, "2026-09-10", 1, 9),
        Money(1, "2026-09-11", 1, 9),
    ]
    assert [admit(guard, "r", f"nonce{n}", counters, money) for n, money in enumerate(days)] == [
        "",
        "",
        "",
    ]
    assert admit(guard, "other", "nonce", counters) == "often account day"


@pytest.mark.parametrize(
    ("nonce", "counters", "money", "refused"),
    [
        ("spent", [("number:1", ANY), ("site:1", ANY)], Money(1, "d", 1, 100), "spent token"),
        (
            "new",
            [("number:1", ANY), ("site:1", Limits(0, 0, 0))],
            Money(1, "d", 1, 100),
            "often site minute",
        ),
        ("new", [("number:1", ANY), ("site:1", ANY)], Money(1, "d", 101, 100), "money"),
    ],
)
def test_all_or_nothing(
    guard: CallbackGuard,
    live: Live,
    nonce: str,
    counters: list[tuple[str, Limits]],
    money: Money,
    refused: str,
) -> None:
    assert admit(guard, "r0", "spent", money=Money(1, "d", 7, 100)) == ""
    before = {key: live.client.dump(key) for key in live.client.scan_iter()}
    assert admit(guard, "r1", nonce, counters, money) == refused
    assert {key: live.client.dump(key) for key in live.client.scan_iter()} == before


def test_the_narrowest_limit_is_named(guard: CallbackGuard) -> None:
    counters = [
        ("number:1", Limits(1, 1, 1)),
        ("visitor:v", Limits(1, 1, 1)),
        ("site:1", Limits(1, 1, 1)),
    ]
    assert admit(guard, "r1", counters=counters) == ""
    assert admit(guard, "r2", counters=counters) == "often number minute"
    assert admit(guard, "r3", counters=counters[1:]) == "often visitor minute"
    assert admit(guard, "r4", counters=counters, at=START + MINUTE) == "often number hour"


def test_money_is_reserved_settled_and_given_back(guard: CallbackGuard) -> None:
    def ask(request: str, site: int = 1, day: str = "2026-09-10") -> str:
        return admit(guard, request, money=Money(site, day, 400, 1000))

    assert [ask("a"), ask("b"), ask("c")] == ["", "", "money"]
    assert guard.money("pbx", 1, "2026-09-10") == (800, 0)
    guard.settle("pbx", 1, "2026-09-10", "a", 0)  # nobody answered
    assert ask("c") == ""
    guard.settle("pbx", 1, "2026-09-10", "b", 150)
    guard.settle("pbx", 1, "2026-09-10", "b", 150)  # a copy of the CDR
    guard.settle("pbx", 1, "2026-09-10", "b", 170)  # the other leg's
    assert guard.money("pbx", 1, "2026-09-10") == (400, 170)
    guard.settle("pbx", 1, "2026-09-10", "c", 700)  # dearer than thought
    assert guard.money("pbx", 1, "2026-09-10") == (0, 870)
    assert ask("d") == "money"
    assert (ask("d", site=2), ask("d", day="2026-09-11")) == ("", "")


def test_exactly_the_ceiling_may_be_spent(guard: CallbackGuard) -> None:
    assert admit(guard, "a", money=Money(1, "d", 600, 1000)) == ""
    assert admit(guard, "b", money=Money(1, "d", 401, 1000)) == "money"
    assert admit(guard, "c", money=Money(1, "d", 400, 1000)) == ""
    assert admit(guard, "e", money=Money(1, "d", 1, 1000)) == "money"
    assert admit(guard, "f", money=Money(1, "d", 0, 1000)) == ""


def test_a_redis_that_lost_everything_keeps_the_ceiling(guard: CallbackGuard, live: Live) -> None:
    def ask(request: str) -> str:
        books = Books(reserved={"a": 400}, spent={"b": 450})
        return guard.admit(
            "pbx", request, "", (), Money(1, "d", 100, 1000), books=lambda: books, now_ms=START
        )

    live.client.flushall()
    assert [ask("a"), ask("b"), ask("c"), ask("e")] == [
        "spent request",
        "spent request",
        "",
        "money",
    ]
    assert guard.money("pbx", 1, "d") == (500, 450)
    guard.settle("pbx", 1, "d", "a", 30)
    guard.settle("pbx", 1, "d", "b", 460)
    assert guard.money("pbx", 1, "d") == (100, 490)


def test_a_forgotten_day_is_settled_by_the_books(guard: CallbackGuard, live: Live) -> None:
    """A sum made of one request alone would hide the others from the ceiling."""
    guard.settle("pbx", 1, "d", "a", 30)
    assert live.client.keys() == []
    assert guard.money("pbx", 1, "d") == (0, 0)


def test_all_keys_expire(guard: CallbackGuard, live: Live) -> None:
    assert (
        admit(guard, "a", "nonce", [("number:1", ANY), ("site:1", ANY)], Money(1, "d", 5, 10)) == ""
    )
    assert (guard.turn("pbx", 1), guard.turn("pbx", 1), guard.turn("pbx", 2)) == (0, 1, 0)
    guard.settle("pbx", 1, "d", "a", 5)
    keys = live.client.keys()
    assert len(keys) == 6
    assert all(str(key).startswith("lt:{callback:pbx}:") for key in keys)
    assert all(0 < int(live.client.ttl(key)) <= 8 * 86400 for key in keys)


def test_accounts_do_not_count_together(guard: CallbackGuard) -> None:
    one = [("account:all", Limits(1, 1, 1))]
    assert guard.admit("pbx", "a", "n", one, FREE, now_ms=START) == ""
    assert guard.admit("bucharest", "a", "n", one, FREE, now_ms=START) == ""
    assert guard.admit("pbx", "b", "m", one, FREE, now_ms=START) == "often account minute"


def test_the_clock_is_that_of_redis(guard: CallbackGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the clocks of web servers say, a limit holds."""
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert admit(guard, "a", counters=[("site:1", Limits(1, 9, 9))], at=0) == ""
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert admit(guard, "b", counters=[("site:1", Limits(1, 9, 9))], at=0) == "often site minute"


def test_a_clock_set_back_lets_nobody_pass(guard: CallbackGuard) -> None:
    counters = [("site:1", Limits(1, 9, 9))]
    assert admit(guard, "a", counters=counters) == ""
    assert admit(guard, "b", counters=counters, at=START - HOUR) == "often site minute"


def test_without_redis_nobody_passes() -> None:
    guard = CallbackGuard(Live("redis://127.0.0.1:1/0"))
    with pytest.raises(StoreUnavailable):
        admit(guard, "a")


def race(url: str, number: int, kind: str, gate: Barrier, told: Queue[list[str]]) -> None:
    """25 threads of one process ask at the same moment as those of 7 other processes."""
    answers: list[str] = []

    def ask(thread: int) -> None:
        live = Live(url)
        live.ping()
        me = f"{number}-{thread}"
        five, money, nonce = Limits(5, 1000, 1000), Money(1, "d", 0, 0), f"nonce{me}"
        counters = {
            name: ANY
            for name in (f"number:{me}", f"visitor:{me}", f"address:{me}", "site:1", "account:all")
        }
        if kind == "token":
            nonce = "the same"
        elif kind == "money":
            money = Money(1, "d", 1000, 5999)
        else:
            counters = {
                name: limits for name, limits in counters.items() if not name.startswith(kind)
            }
            counters[f"{kind}:the same"] = five
        gate.wait()
        answers.append(
            CallbackGuard(live).admit("pbx", f"request{me}", nonce, counters.items(), money)
        )
        live.client.close()

    threads = [threading.Thread(target=ask, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put(answers)


@pytest.mark.parametrize(
    ("kind", "pass_", "refused"),
    [
        ("number", 5, "often number minute"),
        ("visitor", 5, "often visitor minute"),
        ("address", 5, "often address minute"),
        ("site", 5, "often site minute"),
        ("account", 5, "often account minute"),
        ("money", 5, "money"),
        ("token", 1, "spent token"),
    ],
)
def test_two_hundred_at_once(
    live: Live, redis_url: str, kind: str, pass_: int, refused: str
) -> None:
    context = multiprocessing.get_context("fork")
    gate, told = context.Barrier(PROCESSES * THREADS), context.Queue()
    racers = [
        context.Process(target=race, args=(redis_url, n, kind, gate, told))
        for n in range(PROCESSES)
    ]
    for racer in racers:
        racer.start()
    answers = Counter(answer for _ in racers for answer in told.get(timeout=PATIENCE))
    for racer in racers:
        racer.join(PATIENCE)
        assert racer.exitcode == 0
    assert answers == {"": pass_, refused: PROCESSES * THREADS - pass_}
    reserved, spent = CallbackGuard(live).money("pbx", 1, "d")
    assert (reserved, spent) == (5000 if kind == "money" else 0, 0)
    root = "lt:{callback:pbx}"
    assert len(live.client.keys(f"{root}:token:*")) == pass_
    assert (
        live.client.zcard(f"{root}:count:{'site:the same' if kind == 'site' else 'site:1'}")
        == pass_
    )
