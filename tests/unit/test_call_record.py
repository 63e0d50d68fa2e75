"""One call from what is heard of it: which word counts where callbacks say different things."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadtracker.calls.call_record import OUTCOMES, Heard, build, given_up, words
from leadtracker.domain import CallFacts, Cdr, Direction, IvrStep, Outcome, Phase, ScreenPop

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=20)
POP = ScreenPop(
    call_id="call",
    phase=Phase.RINGING,
    caller="+972501234567",
    did="+972722776772",
    extension="SIP1",
    at=NOON,
)
ANSWERED = replace(POP, phase=Phase.ANSWERED, answered_at=LATER)
HUNG_UP = replace(POP, phase=Phase.ENDED, cause="Normal hangup")
QUEUED = replace(ANSWERED, extension="", queue="Sales", representative="Lois")
AGENT_RINGS = replace(POP, phase=Phase.DIALING, direction=Direction.OUTGOING, leg=1)
AGENT_TALKS = replace(AGENT_RINGS, phase=Phase.ANSWERED, answered_at=LATER)
CDR = Cdr(
    call_id="call",
    type="Incoming Call",
    type_code=1,
    status="ANSWER",
    outcome=Outcome.ANSWERED,
    direction=Direction.INCOMING,
    main=True,
    started_at=NOON,
    started_raw="1",
    caller="+972501234567",
    target="SIP1",
    did="+972722776772",
    customer="+972501234567",
    talk_seconds=30,
    duration_seconds=30,
    ring_seconds=20,
    wait_seconds=0,
    extension="SIP1",
)
AGENT = replace(
    CDR,
    type="Click2Call leg1",
    type_code=9,
    direction=Direction.OUTGOING,
    main=False,
    customer=None,
    did=None,
    talk_seconds=45,
    ring_seconds=2,
    started_at=NOON - timedelta(seconds=9),
    representative="Walter",
)
CUSTOMER = replace(
    AGENT,
    type="Click2Call leg2",
    main=True,
    customer="+972501234567",
    talk_seconds=30,
    ring_seconds=7,
)


def built(*events: ScreenPop | Cdr) -> CallFacts:
    """The same for every order of the events, and however often each is heard."""
    heard = [Heard(event, NOON + timedelta(minutes=n)) for n, event in enumerate(events)]
    facts = build(heard)
    for order in itertools.islice(itertools.permutations(heard), 24):
        assert build(order) == facts
        assert build([*order, *order]) == facts
    return facts


POPS: list[tuple[Iterable[ScreenPop], dict[str, Any]]] = [
    (
        [POP],
        {
            "phase": Phase.RINGING,
            "outcome": Outcome.UNKNOWN,
            "answered_at": None,
            "extension": "SIP1",
        },
    ),
    ([POP, ANSWERED], {"phase": Phase.ANSWERED, "outcome": Outcome.ANSWERED, "answered_at": LATER}),
    (
        [POP, replace(POP, extension="SIP2"), replace(ANSWERED, extension="SIP2")],
        {"extension": "SIP2"},
    ),
    (
        [POP, HUNG_UP],
        {"phase": Phase.RINGING, "outcome": Outcome.UNKNOWN},
    ),  # another extension may still ring
    ([HUNG_UP], {"phase": Phase.ENDED, "outcome": Outcome.UNKNOWN}),
    (
        [POP, ANSWERED, HUNG_UP],
        {"phase": Phase.ANSWERED},
    ),  # that extension stopped, "answered elsewhere"
    (
        [POP, ANSWERED, replace(HUNG_UP, answered_at=LATER)],
        {"phase": Phase.ENDED, "outcome": Outcome.ANSWERED},
    ),
    ([replace(POP, phase=Phase.DIALING, direction=Direction.OUTGOING)], {"phase": Phase.DIALING}),
    (
        [AGENT_RINGS, AGENT_TALKS],
        {"phase": Phase.DIALING, "outcome": Outcome.UNKNOWN, "answered_at": None},
    ),
    (
        [AGENT_TALKS, replace(AGENT_TALKS, phase=Phase.ENDED)],
        {"phase": Phase.DIALING, "answered_at": None},
    ),
    (
        [AGENT_TALKS, replace(ANSWERED, leg=2, answered_at=LATER + timedelta(seconds=9))],
        {
            "phase": Phase.ANSWERED,
            "outcome": Outcome.ANSWERED,
            "answered_at": LATER + timedelta(seconds=9),
        },
    ),
    (
        [AGENT_TALKS, replace(ANSWERED, leg=2, phase=Phase.ENDED)],
        {"phase": Phase.ENDED, "outcome": Outcome.ANSWERED},
    ),
    ([replace(POP, at=None)], {"started_at": NOON}),  # when it was received
    ([replace(POP, at=None), replace(POP, at=LATER)], {"started_at": LATER}),
    ([replace(POP, caller=None), POP], {"caller": "+972501234567"}),
    ([replace(POP, did=None, caller=None)], {"did": None, "caller": None}),
    ([POP, replace(POP, caller_name="Dana")], {"caller_name": "Dana"}),
    (
        [POP],
        {
            "caller_name": "",
            "direction": Direction.INCOMING,
            "started_at": NOON,
            "did": "+972722776772",
        },
    ),
    ([replace(POP, phase=Phase.ANSWERED)], {"outcome": Outcome.ANSWERED, "answered_at": None}),
    ([replace(POP, answered_at=LATER)], {"outcome": Outcome.ANSWERED, "answered_at": LATER}),
    (
        [replace(HUNG_UP, leg=1, answered_at=LATER)],
        {"phase": Phase.ENDED, "outcome": Outcome.UNKNOWN},
    ),
    (
        [replace(HUNG_UP, leg=2, answered_at=LATER)],
        {"phase": Phase.ENDED, "outcome": Outcome.ANSWERED},
    ),
    ([AGENT_RINGS, replace(AGENT_RINGS, phase=Phase.RINGING)], {"phase": Phase.RINGING}),
    (
        [replace(POP, at=NOON + timedelta(seconds=n)) for n in (7, 3, 9, 1, 5, 2, 8)],
        {
            "started_at": NOON + timedelta(seconds=1),
        },
    ),
    ([replace(POP, at=None, extension=f"SIP{n}") for n in range(3)], {"started_at": NOON}),
    (
        [ANSWERED, replace(ANSWERED, answered_at=LATER + timedelta(seconds=5))],
        {"answered_at": LATER},
    ),
    # The extension that answered; of many that ring the first, whatever else they say.
    ([replace(POP, caller="+11", extension="SIP2"), POP], {"extension": "SIP1"}),
    ([replace(POP, phase=Phase.UNKNOWN), replace(POP, extension="SIP2")], {"extension": "SIP2"}),
    ([POP, replace(HUNG_UP, extension="SIP2", answered_at=LATER)], {"extension": "SIP2"}),
    # An event of the queue stands between: it names queue and agent, and no extension.
    (
        [POP, ANSWERED, QUEUED],
        {"extension": "SIP1", "queue": "Sales", "representative": "Lois", "answered_at": LATER},
    ),
    ([POP, QUEUED], {"extension": "", "queue": "Sales", "outcome": Outcome.ANSWERED}),
    ([POP, replace(QUEUED, phase=Phase.ENDED, answered_at=None)], {"extension": "SIP1"}),
    ([ANSWERED, replace(HUNG_UP, extension="SIP0", answered_at=LATER)], {"extension": "SIP1"}),
    (
        [
            replace(POP, caller="+11", direction=Direction.UNKNOWN),
            replace(POP, direction=Direction.OUTGOING),
        ],
        {
            "direction": Direction.OUTGOING,
        },
    ),
    ([replace(POP, direction=Direction.UNKNOWN)], {"direction": Direction.UNKNOWN}),
]


@pytest.mark.parametrize(("pops", "facts"), POPS)
def test_screen_pops(pops: Iterable[ScreenPop], facts: dict[str, Any]) -> None:
    found = built(*pops)
    assert {name: getattr(found, name) for name in facts} == facts
    assert (found.legs, found.talk_seconds, found.ring_seconds, found.wait_seconds) == ((), 0, 0, 0)
    assert (found.price, found.original_call_id, found.status) == (None, None, "")


SAID: dict[str, Any] = {
    "extension": "SIP7",
    "representative": "Lois",
    "queue": "Sales",
    "recording_url": "https://x.example/1.mp3",
    "original_call_id": "first",
}
QUEUE = replace(CDR, type="A queue", status="ABANDONE", started_at=LATER, ring_seconds=3)
MISSED = replace(CDR, outcome=Outcome.MISSED, talk_seconds=0, extension="")
CDRS: list[tuple[Iterable[ScreenPop | Cdr], dict[str, Any]]] = [
    (
        [CDR],
        {
            "phase": Phase.ENDED,
            "outcome": Outcome.ANSWERED,
            "talk_seconds": 30,
            "answered_at": None,
        },
    ),
    ([AGENT, CUSTOMER, AGENT_TALKS], {"answered_at": None}),
    ([AGENT, CUSTOMER, AGENT_TALKS, replace(ANSWERED, leg=2)], {"answered_at": LATER}),
    ([CDR, POP, ANSWERED], {"phase": Phase.ENDED, "answered_at": LATER, "talk_seconds": 30}),
    ([replace(CDR, outcome=Outcome.MISSED, talk_seconds=0), ANSWERED], {"outcome": Outcome.MISSED}),
    ([replace(CDR, did=None), POP], {"did": "+972722776772"}),
    ([replace(CDR, customer=None), POP], {"caller": "+972501234567"}),
    (
        [AGENT, CUSTOMER],
        {
            "caller": "+972501234567",
            "talk_seconds": 30,
            "ring_seconds": 7,
            "representative": "Walter",
            "started_at": NOON - timedelta(seconds=9),
            "direction": Direction.OUTGOING,
            "legs": (CUSTOMER, AGENT),
        },
    ),
    ([AGENT], {"talk_seconds": 45, "caller": None, "legs": (AGENT,), "outcome": Outcome.ANSWERED}),
    (
        [AGENT, replace(CUSTOMER, outcome=Outcome.FAILED, talk_seconds=0)],
        {"outcome": Outcome.FAILED},
    ),
    ([replace(CDR, price=Decimal("12")), replace(CUSTOMER, price=Decimal("30.6"))], {"price": 43}),
    (
        [CDR, replace(CDR, ai={"summary": "x"})],
        {"legs": (replace(CDR, ai={"summary": "x"}),)},
    ),  # never less
    (
        [replace(CDR, type="Queue", outcome=Outcome.ABANDONED), replace(CDR, type="CC")],
        {"outcome": Outcome.ANSWERED},
    ),
    (
        [replace(CDR, wait_seconds=5), replace(CDR, type="Queue", wait_seconds=9)],
        {"wait_seconds": 9},
    ),
    ([replace(CDR, original_call_id="first")], {"original_call_id": "first"}),
    (
        [CDR],
        {
            "status": "ANSWER",
            "price": None,
            "original_call_id": None,
            "caller_name": "",
            "extension": "SIP1",
            "representative": "",
            "queue": "",
            "recording_url": "",
            "wait_seconds": 0,
            "started_at": NOON,
        },
    ),
    ([replace(CDR, **SAID), replace(POP, caller_name="Dana")], SAID | {"caller_name": "Dana"}),
    ([replace(CDR, extension=""), replace(CDR, type="Queue", **SAID)], SAID),
    (
        [
            replace(CDR, **SAID),
            replace(CDR, type="Queue", queue="b", extension="c", representative="d"),
        ],
        SAID,
    ),
    ([replace(CDR, extension="")], {"extension": ""}),
    (
        [replace(CDR, extension=""), POP, ANSWERED, QUEUED],
        {"extension": "SIP1", "queue": "Sales", "representative": "Lois"},
    ),
    # Where nobody answered, a hang-up without its cause looks like an answer.
    (
        [MISSED, POP, replace(POP, extension="SIP3", phase=Phase.ANSWERED)],
        {"extension": "SIP1", "outcome": Outcome.MISSED},
    ),
    ([MISSED, replace(POP, extension="SIP3", phase=Phase.ANSWERED)], {"extension": "SIP3"}),
    ([replace(CDR, **SAID), QUEUED], SAID),
    ([replace(CDR, price=Decimal(0))], {"price": 0}),
    ([CDR, replace(CDR, type="Queue", price=Decimal("2.4"))], {"price": 2}),
    ([CDR, replace(CDR, type="Queue", talk_seconds=12)], {"talk_seconds": 42}),
    ([replace(CDR, talk_seconds=0), AGENT], {"talk_seconds": 0}),
    (
        [CDR, replace(ANSWERED, answered_at=LATER + timedelta(seconds=5)), ANSWERED],
        {"answered_at": LATER},
    ),
    (
        [CDR, replace(POP, caller="+11", did="+12")],
        {"caller": "+972501234567", "did": "+972722776772"},
    ),
    (
        [replace(CDR, did=None, customer=None), replace(POP, did=None)],
        {"did": None, "caller": "+972501234567"},
    ),
    # Legs: the main ones, then as they began, then by type, however much each says.
    (
        [QUEUE, CDR],
        {"started_at": NOON, "legs": (CDR, QUEUE), "status": "ANSWER", "ring_seconds": 20},
    ),
    (
        [CDR, replace(CDR, type="A", recording_url="x", queue="y")],
        {
            "legs": (replace(CDR, type="A", recording_url="x", queue="y"), CDR),
        },
    ),
    ([replace(AGENT, direction=Direction.INTERNAL), CUSTOMER], {"direction": Direction.OUTGOING}),
    # Of two copies the one that says more, also of the talk.
    (
        [replace(CDR, ai={"a": 1, "b": 2, "d": 3}), replace(CDR, ai={"c": 1}, queue="q")],
        {"queue": ""},
    ),
    (
        [replace(CDR, custom={"a": 1, "b": 2, "d": 3}), replace(CDR, custom={"c": 1}, queue="q")],
        {"queue": ""},
    ),
]


@pytest.mark.parametrize("pops", [[POP], [POP, ANSWERED], [CDR]])
def test_a_call_of_which_nothing_is_heard(pops: list[ScreenPop | Cdr]) -> None:
    heard = [Heard(event, NOON) for event in pops]
    facts = build(heard)
    assert given_up(facts, heard, NOON - timedelta(seconds=1)) == facts
    after = given_up(facts, heard, NOON)
    assert after == replace(facts, phase=Phase.ENDED)
    assert after.outcome is facts.outcome


@pytest.mark.parametrize(("events", "facts"), CDRS)
def test_cdrs(events: Iterable[ScreenPop | Cdr], facts: dict[str, Any]) -> None:
    found = built(*events)
    assert {name: getattr(found, name) for name in facts} == facts
    assert len({leg.type for leg in found.legs}) == len(found.legs)


def test_a_stronger_outcome_of_a_main_leg_counts() -> None:
    """Answered before voicemail, abandoned, busy, missed, failed and unknown."""
    order = ["unknown", "failed", "missed", "busy", "abandoned", "voicemail", "answered"]
    assert [outcome.value for outcome in OUTCOMES] == order
    for weaker, stronger in itertools.combinations(OUTCOMES, 2):
        first, second = replace(CDR, outcome=weaker), replace(CDR, type="Queue", outcome=stronger)
        assert built(first, second).outcome is stronger
        assert (
            built(replace(first, outcome=stronger), replace(second, outcome=weaker)).outcome
            is stronger
        )
        assert built(first, replace(second, main=False)).outcome is weaker


def test_what_a_phase_comes_after() -> None:
    """Ringing is more than dialing, an answer more than both;
    of a call whose pops say nothing nothing is known."""
    order = [Phase.UNKNOWN, Phase.DIALING, Phase.RINGING, Phase.ANSWERED]
    for earlier, later in itertools.combinations(order, 2):
        assert built(replace(POP, phase=earlier), replace(POP, phase=later)).phase is later
    assert built(replace(POP, phase=Phase.UNKNOWN), HUNG_UP).phase is Phase.UNKNOWN


def test_what_the_caller_chose() -> None:
    def step(digits: str, name: str) -> IvrStep:
        return IvrStep(1, None, name, None, digits)

    first = replace(CDR, ivr=(step("2", "Main menu"), step("", "Sales")), queue="Kitchens")
    second = replace(QUEUE, ivr=(step("7", ""),), queue="Doors")
    assert words(built(second, first)) == ["2", "Main menu", "Sales", "7", "Kitchens"]
    assert words(built(CDR)) == words(built(POP)) == []
    assert words(built(replace(CDR, queue="Doors"))) == ["Doors"]
