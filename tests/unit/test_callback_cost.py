"""What a request is led on to by what is heard of its calls, and what it costs then:
each call once."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from leadtracker.callback_rules.course import State, failure, state_of_leg, state_of_pop
from leadtracker.domain import AGENTS_LEG, Cdr, Direction, Outcome, Phase, ScreenPop
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.callbacks import advance, follow, follow_call, reference
from leadtracker.records.tables import CallRow
from tests.callback_road import callback_row

NOW = datetime(2026, 9, 6, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
HELD = 450
TALKED, BUSY, MISSED = (Outcome.ANSWERED, 42), (Outcome.BUSY, 0), (Outcome.MISSED, 0)
FAILED = (Outcome.FAILED, 0)


def request(state: State = State.DIALING, **more: object) -> CallbackRow:
    nothing: dict[str, object] = {
        "state": state,
        "talk_seconds": 0,
        "reserved": HELD,
        "spent": None,
        "settled": False,
        "ended_at": None,
        "call_pk": None,
        "call_id": "",
        "calls": {},
        "code": "",
    }
    return callback_row(7, **(nothing | more))


def leg(main: bool, heard: tuple[Outcome, int], call_id: str = "call") -> Cdr:
    outcome, seconds = heard
    return Cdr(
        call_id=call_id,
        type=f"leg{1 + main}",
        type_code=None,
        status="",
        outcome=outcome,
        direction=Direction.OUTGOING,
        main=main,
        started_at=NOW,
        started_raw="",
        caller=None,
        target=None,
        did=None,
        customer=None,
        talk_seconds=seconds,
        duration_seconds=0,
        ring_seconds=0,
        wait_seconds=0,
    )


def pop(phase: Phase, leg: int | None = None, answered_at: datetime | None = None) -> ScreenPop:
    return ScreenPop(
        call_id="call",
        phase=phase,
        caller="+972522345678",
        did=None,
        answered_at=answered_at,
        leg=leg,
    )


def call(
    number: int = 3, call_id: str = "call", price: int | None = 12, *, named: bool = True
) -> CallRow:
    return CallRow(id=number, call_id=call_id, price=price, named=named)


class TestGoOn:
    @pytest.mark.parametrize("ended", [State.FAILED, State.CANCELED])
    def test_what_ends_without_a_call_costs_nothing(self, ended: State) -> None:
        row = request()
        advance(row, ended, NOW, "offline")
        assert (row.state, row.code, row.ended_at, row.spent) == (ended, "offline", NOW, 0)

    @pytest.mark.parametrize("ended", [State.TALKED, State.UNKNOWN, State.REFUSED])
    def test_what_may_have_cost_something_keeps_its_money(self, ended: State) -> None:
        row = request(State.RECEIVED)
        advance(row, ended, NOW)
        assert (row.state, row.ended_at, row.spent) == (ended, NOW, None)

    def test_what_ends_with_a_call_costs_what_its_cdrs_say(self) -> None:
        row = request(call_pk=3)
        advance(row, State.FAILED, NOW)
        assert (row.state, row.ended_at, row.spent) == (State.FAILED, NOW, None)

    @pytest.mark.parametrize(
        "state", [State.DIALING, State.UNCERTAIN, State.AGENT_ANSWERED, State.VISITOR_ANSWERED]
    )
    def test_what_goes_on_has_no_end(self, state: State) -> None:
        row = request()
        advance(row, state, NOW)
        assert (row.state, row.ended_at, row.spent) == (state, None, None)

    def test_the_first_end_and_the_first_reason_stay(self) -> None:
        row = request()
        advance(row, State.UNCERTAIN, NOW, "no answer")
        advance(row, State.UNKNOWN, NOW, "no record")
        advance(row, State.TALKED, LATER)
        assert (row.state, row.code, row.ended_at) == (State.TALKED, "no answer", NOW)

    def test_an_end_costs_nothing_once_only(self) -> None:
        row = request()
        advance(row, State.FAILED, NOW)
        row.spent = 12
        advance(row, State.FAILED, LATER)
        assert (row.spent, row.ended_at) == (12, NOW)

    def test_nothing_takes_it_back(self) -> None:
        row = request(State.TALKED, ended_at=NOW, spent=12)
        for state in State:
            advance(row, state, LATER)
        assert (row.state, row.ended_at, row.spent) == (State.TALKED, NOW, 12)


COST = {  # the legs of a call and its price -> state, why, seconds, cost
    "talked": ([(False, TALKED), (True, TALKED)], 12, ("talked", "", 42, 12)),
    "talked, no price": ([(False, TALKED), (True, TALKED)], None, ("talked", "", 42, HELD)),
    "talked, a price of nothing": ([(False, TALKED), (True, TALKED)], 0, ("talked", "", 42, HELD)),
    "busy": ([(False, TALKED), (True, BUSY)], 3, ("failed", "visitor: busy", 0, 3)),
    "busy, the agent's leg has no price": (
        [(False, TALKED), (True, BUSY)],
        None,
        ("failed", "visitor: busy", 0, HELD),
    ),
    "the agent missed it": (
        [(False, MISSED), (True, FAILED)],
        None,
        ("failed", "agent: missed", 0, 0),
    ),
    "the agent missed it, at a price": (
        [(False, MISSED), (True, FAILED)],
        1,
        ("failed", "agent: missed", 0, 1),
    ),
    "one leg alone": ([(True, MISSED)], None, ("failed", "visitor: missed", 0, 0)),
    "nobody knows how": ([(True, (Outcome.UNKNOWN, 0))], None, ("unknown", "", 0, 0)),
}


@pytest.mark.parametrize("name", COST)
def test_what_a_call_costs(name: str) -> None:
    legs, price, (state, code, seconds, cost) = COST[name]
    for order in itertools.permutations(legs):
        row = request()
        follow(row, [leg(*one) for one in order], NOW, price)
        assert (row.state, row.code, row.talk_seconds, row.spent) == (state, code, seconds, cost)
        assert (row.ended_at, row.settled) == (NOW, False)


def test_the_agents_leg_alone_ends_nothing_yet() -> None:
    row = request()
    follow(row, [leg(False, TALKED)], NOW, 1)
    assert (row.state, row.talk_seconds, row.spent, row.ended_at) == (
        "agent answered",
        0,
        None,
        None,
    )
    follow(row, [leg(False, TALKED), leg(True, TALKED)], NOW, 12)
    assert (row.state, row.talk_seconds, row.spent, row.ended_at) == ("talked", 42, 12, NOW)


def test_pops_cost_nothing() -> None:
    row = request()
    follow(row, [pop(Phase.ANSWERED, 2, NOW), pop(Phase.ENDED, 2, NOW)], NOW, 12)
    assert (row.state, row.calls, row.spent, row.ended_at) == ("visitor answered", {}, None, None)


def test_the_same_call_again_is_one_call_and_stays_settled() -> None:
    row = request()
    legs = [leg(False, TALKED), leg(True, TALKED)]
    follow(row, legs, NOW, 12)
    row.settled = True
    follow(row, legs, LATER, 12)
    assert (row.talk_seconds, row.spent, row.settled, row.ended_at) == (42, 12, True, NOW)


def test_another_price_is_to_be_settled_again() -> None:
    row = request()
    legs = [leg(False, TALKED), leg(True, TALKED)]
    follow(row, legs, NOW, None)
    row.settled = True
    follow(row, legs, LATER, 12)
    assert (row.spent, row.settled) == (12, False)


def test_each_of_several_calls_costs() -> None:
    """A dialer's campaign: nobody answers, they talk, and by mistake they talk again."""
    calls = {"a": (MISSED, 1), "b": ((Outcome.ANSWERED, 60), 12), "c": ((Outcome.ANSWERED, 30), 7)}
    for order in itertools.permutations(calls):
        row = request(State.SCHEDULED)
        for name in order:
            heard, price = calls[name]
            follow(row, [leg(True, heard, name)], NOW, price)
        assert (row.state, row.code, row.talk_seconds, row.spent) == ("talked", "", 90, 20)
        assert {name: (one["talked"], one["cost"]) for name, one in row.calls.items()} == {
            "a": (0, 1),
            "b": (60, 12),
            "c": (30, 7),
        }


def test_of_several_calls_that_failed_the_newest_says_why() -> None:
    for order in (("a", "b"), ("b", "a")):
        row = request()
        for name in order:
            follow(row, [leg(True, {"a": BUSY, "b": MISSED}[name], name)], NOW, 0)
        assert (row.state, row.code, row.spent) == ("failed", "visitor: missed", 0)


def test_a_request_that_talked_has_no_reason_why_not() -> None:
    row = request(State.UNCERTAIN, code="no answer")
    follow(row, [leg(True, TALKED)], NOW, 12)
    assert (row.state, row.code) == ("talked", "")


def test_a_request_that_was_said_to_have_failed_costs_what_its_call_costs() -> None:
    row = request()
    advance(row, State.FAILED, NOW, "offline")
    row.settled = True
    follow(row, [leg(False, TALKED), leg(True, BUSY)], LATER, 3)
    assert (row.state, row.code, row.spent, row.settled) == ("failed", "visitor: busy", 3, False)


class TestFollowCall:
    def test_the_call_is_linked_and_named(self) -> None:
        row = request()
        follow_call(row, call(), [leg(True, TALKED)], NOW)
        assert (row.call_pk, row.call_id, row.spent) == (3, "call", 12)

    def test_an_id_of_ours_is_not_the_pbxs(self) -> None:
        row = request()
        follow_call(row, call(named=False), [pop(Phase.RINGING)], NOW)
        assert (row.call_pk, row.call_id) == (3, "")

    def test_the_id_that_the_pbx_answered_stays(self) -> None:
        row = request(call_id="answered")
        follow_call(row, call(), [leg(True, TALKED)], NOW)
        assert row.call_id == "answered"

    def test_a_call_that_was_missed_costs_nothing_and_is_settled_at_nothing(self) -> None:
        row = request()
        follow_call(row, call(price=None), [leg(True, MISSED)], NOW)
        assert (row.state, row.spent) == ("failed", 0)

    def test_the_call_that_was_talked_in_longest_is_shown(self) -> None:
        seconds = {1: 0, 2: 60, 3: 30}
        for order in itertools.permutations(seconds):
            row = request()
            for number in order:
                heard = (Outcome.ANSWERED, seconds[number])
                follow_call(
                    row, call(number, f"call-{number}"), [leg(True, heard, f"call-{number}")], NOW
                )
            assert row.call_pk == 2

    def test_of_two_alike_the_newer_is_shown(self) -> None:
        for order in ((1, 2), (2, 1)):
            row = request()
            for number in order:
                follow_call(
                    row, call(number, f"call-{number}"), [leg(True, MISSED, f"call-{number}")], NOW
                )
            assert row.call_pk == 2

    def test_a_pop_of_another_call_does_not_take_its_place(self) -> None:
        row = request()
        follow_call(row, call(1, "call-1"), [leg(True, TALKED, "call-1")], NOW)
        follow_call(row, call(2, "call-2"), [pop(Phase.RINGING)], NOW)
        assert row.call_pk == 1


def test_what_names_a_request_to_the_pbx() -> None:
    assert reference(request(site_id=4)) == "4-request-7"


@pytest.mark.parametrize(("origin", "visitor"), [("page", "dana"), ("form", ""), ("api", "")])
def test_only_the_script_knows_its_visitor(origin: str, visitor: str) -> None:
    assert request(origin=origin, visitor="dana").known_visitor == visitor


POPS = [  # leg, phase, whether a moment of the answer is named -> state
    (AGENTS_LEG, Phase.DIALING, None, "dialling"),
    (AGENTS_LEG, Phase.RINGING, None, "dialling"),
    (AGENTS_LEG, Phase.ANSWERED, None, "agent answered"),
    (AGENTS_LEG, Phase.ANSWERED, NOW, "agent answered"),
    (AGENTS_LEG, Phase.ENDED, None, "dialling"),
    (AGENTS_LEG, Phase.ENDED, NOW, "agent answered"),
    (2, Phase.DIALING, None, "agent answered"),
    (2, Phase.RINGING, None, "agent answered"),
    (2, Phase.ANSWERED, None, "visitor answered"),
    (2, Phase.ENDED, None, "agent answered"),
    (2, Phase.ENDED, NOW, "visitor answered"),
    (None, Phase.DIALING, None, "dialling"),
    (None, Phase.RINGING, NOW, "dialling"),
    (None, Phase.ANSWERED, None, "agent answered"),
    (None, Phase.ANSWERED, NOW, "visitor answered"),
    (None, Phase.ENDED, None, "dialling"),
    (None, Phase.ENDED, NOW, "dialling"),
]


@pytest.mark.parametrize(("number", "phase", "answered_at", "state"), POPS)
def test_what_one_pop_says(
    number: int | None, phase: Phase, answered_at: datetime | None, state: str
) -> None:
    assert state_of_pop(pop(phase, number, answered_at)) == state


@pytest.mark.parametrize("outcome", Outcome)
def test_what_one_leg_says(outcome: Outcome) -> None:
    wanted = {
        Outcome.ANSWERED: ("talked", "agent answered"),
        Outcome.UNKNOWN: ("unknown", "unknown"),
    }
    visitors, agents = wanted.get(outcome, ("failed", "failed"))
    assert state_of_leg(leg(True, (outcome, 0))) == visitors
    assert state_of_leg(leg(False, (outcome, 0))) == agents


WHY = [
    ([(True, TALKED), (False, BUSY)], ""),  # transferred: another agent talked
    ([(False, BUSY)], "agent: busy"),
    ([(False, BUSY), (True, MISSED)], "agent: busy"),
    ([(True, BUSY)], "visitor: busy"),
    ([(False, TALKED)], ""),
]


@pytest.mark.parametrize(("legs", "why"), WHY)
def test_why_nobody_talked(legs: list[tuple[bool, tuple[Outcome, int]]], why: str) -> None:
    assert {failure(leg(*one) for one in order) for order in itertools.permutations(legs)} == {why}
