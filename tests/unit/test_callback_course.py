"""The life of a callback request, whom it goes to and what it counts against."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from leadtracker.callback_rules.agents import order
from leadtracker.callback_rules.counting import PER_ACCOUNT, counters
from leadtracker.callback_rules.course import State, after, failure, state_of_leg, state_of_pop
from leadtracker.callback_rules.rules import Limits, Rules, rules_of
from leadtracker.domain import Account, Cdr, Direction, Outcome, Phase, ScreenPop, Site

ANSWERED, BUSY, FAILED, UNKNOWN = Outcome.ANSWERED, Outcome.BUSY, Outcome.FAILED, Outcome.UNKNOWN


def leg(main: bool, outcome: Outcome) -> Cdr:
    return Cdr(
        call_id="call",
        type=f"leg{1 + main}",
        type_code=None,
        status="",
        outcome=outcome,
        direction=Direction.OUTGOING,
        main=main,
        started_at=datetime(2026, 9, 6, tzinfo=UTC),
        started_raw="",
        caller=None,
        target=None,
        did=None,
        customer=None,
        talk_seconds=42 * (outcome is ANSWERED),
        duration_seconds=0,
        ring_seconds=0,
        wait_seconds=0,
    )


def pop(phase: Phase, answered_at: datetime | None = None, leg: int | None = None) -> ScreenPop:
    return ScreenPop(
        call_id="call",
        phase=phase,
        caller="+972522345678",
        did=None,
        answered_at=answered_at,
        leg=leg,
    )


THEN = datetime(2026, 9, 6, tzinfo=UTC)
AGENT_RINGS = state_of_pop(pop(Phase.DIALING, leg=1))
AGENT_ANSWERS = state_of_pop(pop(Phase.ANSWERED, THEN, leg=1))
AGENT_HANGS_UP = state_of_pop(pop(Phase.ENDED, THEN, leg=1))
AGENT_MISSES = state_of_pop(pop(Phase.ENDED, leg=1))
VISITOR_RINGS = state_of_pop(pop(Phase.DIALING, leg=2))
VISITOR_ANSWERS = state_of_pop(pop(Phase.ANSWERED, THEN, leg=2))
VISITOR_HANGS_UP = state_of_pop(pop(Phase.ENDED, THEN, leg=2))
VISITOR_MISSES = state_of_pop(pop(Phase.ENDED, leg=2))


@pytest.mark.parametrize(
    ("heard", "state"),
    [
        ([State.DIALING], "dialling"),
        ([State.DIALING, state_of_pop(pop(Phase.RINGING))], "dialling"),
        (
            [State.DIALING, state_of_pop(pop(Phase.ANSWERED)), state_of_pop(pop(Phase.ENDED))],
            "agent answered",
        ),
        (
            [
                state_of_pop(pop(Phase.RINGING)),
                state_of_pop(pop(Phase.ANSWERED, datetime(2026, 9, 6, tzinfo=UTC))),
            ],
            "visitor answered",
        ),
        ([State.DIALING, AGENT_RINGS, AGENT_ANSWERS], "agent answered"),
        ([State.DIALING, AGENT_RINGS, AGENT_MISSES], "dialling"),  # until the CDR says why
        (
            [
                State.DIALING,
                AGENT_MISSES,
                state_of_leg(leg(False, BUSY)),
                state_of_leg(leg(True, FAILED)),
            ],
            "failed",
        ),
        ([State.DIALING, AGENT_HANGS_UP], "agent answered"),
        ([State.DIALING, VISITOR_RINGS], "agent answered"),
        ([State.DIALING, AGENT_ANSWERS, VISITOR_RINGS, VISITOR_MISSES], "agent answered"),
        ([AGENT_RINGS, AGENT_ANSWERS, VISITOR_RINGS, VISITOR_ANSWERS], "visitor answered"),
        ([State.DIALING, VISITOR_HANGS_UP], "visitor answered"),
        (
            [AGENT_ANSWERS, VISITOR_ANSWERS, VISITOR_HANGS_UP, state_of_leg(leg(True, ANSWERED))],
            "talked",
        ),
        ([State.DIALING, state_of_leg(leg(False, ANSWERED))], "agent answered"),
        (
            [State.DIALING, state_of_leg(leg(False, ANSWERED)), state_of_leg(leg(True, ANSWERED))],
            "talked",
        ),
        (
            [State.DIALING, state_of_leg(leg(False, ANSWERED)), state_of_leg(leg(True, BUSY))],
            "failed",
        ),
        (
            [State.DIALING, state_of_leg(leg(False, BUSY)), state_of_leg(leg(True, FAILED))],
            "failed",
        ),
        ([State.DIALING, state_of_leg(leg(True, UNKNOWN))], "unknown"),
        ([State.SCHEDULED, State.CANCELED], "cancelled"),
        ([State.SCHEDULED, State.DIALING, State.UNCERTAIN], "uncertain"),
        ([State.DIALING, State.UNCERTAIN, state_of_leg(leg(True, ANSWERED))], "talked"),
        ([State.DIALING, State.UNCERTAIN, State.UNKNOWN], "unknown"),
        (
            [State.DIALING, State.UNKNOWN, state_of_leg(leg(True, ANSWERED))],
            "talked",
        ),  # its CDR came late
        (
            [State.DIALING, State.CANCELED, state_of_leg(leg(True, ANSWERED))],
            "talked",
        ),  # hung up, after talk
    ],
)
def test_any_order_and_copies(heard: list[State], state: str) -> None:
    for news in itertools.permutations(heard):
        for copy in news:
            found = State.RECEIVED
            for one in (*news, copy):
                found = after(found, one)
            assert found == state


def test_after_is_a_join() -> None:
    for one, other, third in itertools.product(State, repeat=3):
        assert after(one, other) == after(other, one)
        assert after(after(one, other), third) == after(one, after(other, third))
        assert after(one, one) == one


@pytest.mark.parametrize(
    ("legs", "why"),
    [
        ([], ""),
        ([leg(False, ANSWERED)], ""),
        ([leg(False, ANSWERED), leg(True, ANSWERED)], ""),
        ([leg(False, BUSY), leg(True, FAILED)], "agent: busy"),
        ([leg(False, ANSWERED), leg(True, BUSY)], "visitor: busy"),
        ([leg(True, Outcome.MISSED)], "visitor: missed"),
        ([leg(False, Outcome.MISSED)], "agent: missed"),
    ],
)
def test_failure(legs: list[Cdr], why: str) -> None:
    assert {failure(some) for some in itertools.permutations(legs)} == {why}


@pytest.mark.parametrize(
    ("choose", "turn", "free", "agents"),
    [
        ("in order", 0, None, "A B C login:7"),
        ("in order", 2, {"C"}, "A B C login:7"),
        ("round robin", 0, None, "A B C login:7"),
        ("round robin", 1, None, "B C login:7 A"),
        ("round robin", 6, {"C"}, "C login:7 A B"),
        ("free", 0, None, "A B C login:7"),
        ("free", 0, {"C", "B", "Z"}, "B C login:7"),
        ("free", 2, {"C", "B"}, "C B login:7"),
        ("free", 3, {"A", "B"}, "A B login:7"),
        ("free", 0, set(), "login:7"),
    ],
)
def test_order_of_agents(choose: str, turn: int, free: set[str] | None, agents: str) -> None:
    rules = Rules(agents=("A", "B", "C", "login:7"), choose=choose)
    assert " ".join(order(rules, turn, free)) == agents


def test_no_agent_is_free() -> None:
    assert order(Rules(agents=("A", "B"), choose="free"), 0, set()) == ()
    assert order(Rules(choose="round robin"), 3, None) == ()


def test_what_a_request_counts_against() -> None:
    site = Site(
        id=7,
        name="shop",
        tokens=(),
        origins=(),
        default_number=None,
        callback={"agents": ["A"], "per_number": {"minute": 9, "hour": 9, "day": 9}},
    )
    account = Account(1, "pbx", "voicenter", "secret")
    strict = Account(
        1,
        "pbx",
        "voicenter",
        "secret",
        options={"callback_limits": {"minute": 1, "hour": 2, "day": 3}},
    )
    rules = rules_of(site)
    assert counters(
        rules, site, account, target="+972522345678", visitor="v", address="192.0.2.7"
    ) == [
        ("number:+972522345678", Limits(9, 9, 9)),
        ("visitor:7:v", rules.per_visitor),
        ("address:192.0.2.7", rules.per_address),
        ("site:7", rules.per_site),
        ("account:all", PER_ACCOUNT),
    ]
    api = counters(rules, site, strict, target="+972522345678", visitor="", address=None)
    assert [name for name, _ in api] == ["number:+972522345678", "site:7", "account:all"]
    assert api[-1][1] == Limits(1, 2, 3)
    plain = counters(
        rules, site, account, target="+972522345678", visitor="", address="192.0.2.7", script=False
    )
    assert plain[1] == ("address:192.0.2.7", Limits(1, 2, 3))
