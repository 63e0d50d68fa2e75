"""The scenarios of a call: what happens to it, sent to Leadtracker as it happens."""

from __future__ import annotations

import dataclasses
import enum
import random
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from leadtracker.demo.browser import Pause
from leadtracker.pbx.simulated_call import (
    Ending,
    Extension,
    Kind,
    Shown,
    SimulatedCall,
    SimulatedPbx,
)


class Step(enum.StrEnum):
    RING = "ring"
    ANSWER = "answer"
    HANG_UP = "hang_up"
    REPORT = "report"
    LATER = "later"  # the PBX takes its time
    TRANSFER = "transfer"  # to the next extension: a call of its own from here on


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a PBX sends of one call; before it the visitor taps the number or leaves the page."""

    name: str
    steps: tuple[Step, ...]
    taps: bool = False
    leaves: bool = False
    kind: Kind = Kind.INCOMING
    ending: Ending = Ending.ANSWERED
    withheld: bool = False
    queue: str = ""
    pressed: tuple[int, ...] = ()


def _steps(words: str) -> tuple[Step, ...]:
    return tuple(Step(word) for word in words.split())


RINGS = {Ending.MISSED: (20, 35)}  # seconds, from and to
PAUSES = {Step.LATER: 3.0}
WHOLE = _steps("ring answer hang_up report")
NOT_ANSWERED = _steps("ring hang_up report")
QUEUE = "Sales Queue"
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("answered", WHOLE),
        Scenario("answered after a tap", WHOLE, taps=True),
        Scenario("answered from the queue", WHOLE, queue=QUEUE, pressed=(2, 0)),
        Scenario("missed", NOT_ANSWERED, ending=Ending.MISSED),
        Scenario("busy", NOT_ANSWERED, ending=Ending.BUSY),
        Scenario(
            "abandoned in the queue",
            NOT_ANSWERED,
            ending=Ending.ABANDONED,
            queue=QUEUE,
            pressed=(2, 0),
        ),
        Scenario("voicemail", NOT_ANSWERED, ending=Ending.VOICEMAIL, pressed=(3,)),
        Scenario("after the visit", WHOLE, leaves=True),
        Scenario(
            "every notification twice",
            _steps("ring ring answer answer hang_up hang_up report report"),
        ),
        Scenario("CDR comes late", _steps("ring answer hang_up later report")),
        Scenario("CDR before the screen pop", _steps("report ring answer hang_up")),
        Scenario("CDR only", _steps("report")),
        Scenario("two legs", WHOLE, kind=Kind.CLICK_TO_CALL),
        Scenario(
            "transferred", _steps("ring answer hang_up report transfer ring answer hang_up report")
        ),
        Scenario("withheld number", WHOLE, withheld=True),
        Scenario("outgoing", WHOLE, kind=Kind.OUTGOING),
    )
}


def begin(
    scenario: Scenario,
    *,
    did: str,
    customer: str,
    customer_name: str = "",
    extensions: tuple[Extension, ...],
    chance: random.Random,
) -> SimulatedCall:
    """A call that begins now. `chance` decides the durations that the PBX will state."""
    if scenario.withheld:
        customer, customer_name = "", ""
    return SimulatedCall(
        kind=scenario.kind,
        ending=scenario.ending,
        customer=customer or None,
        customer_name=customer_name,
        did=did,
        started_at=datetime.now(UTC),
        extensions=extensions,
        queue=scenario.queue,
        pressed=scenario.pressed,
        ring_seconds=chance.randint(*RINGS.get(scenario.ending, (2, 9))),
        wait_seconds=_wait_seconds(scenario, chance),
        talk_seconds=_talk_seconds(scenario.ending, chance),
    )


@dataclass(frozen=True, slots=True)
class Played:
    """The call, as it was when it ended, and what the agent was shown when it rang."""

    call: SimulatedCall
    shown: Shown


def play(
    scenario: Scenario, call: SimulatedCall, pbx: SimulatedPbx, pause: Pause = time.sleep
) -> Played:
    """Sends the notifications of every step, from the first to the last; raises NotAcknowledged."""
    shown = Shown()
    for step in scenario.steps:
        match step:
            case Step.RING:
                shown = pbx.ring(call)
            case Step.ANSWER:
                pbx.answer(call)
            case Step.HANG_UP:
                pbx.hang_up(call)
            case Step.REPORT:
                pbx.report(call)
            case Step.TRANSFER:
                call = _transferred(call)
        pause(PAUSES.get(step, 0.3))
    return Played(call, shown)


def _wait_seconds(scenario: Scenario, chance: random.Random) -> int:
    if not scenario.queue:
        return 0
    return chance.randint(8, 90)


def _talk_seconds(ending: Ending, chance: random.Random) -> int:
    if ending == Ending.ANSWERED:
        return round(chance.lognormvariate(4.6, 0.8))
    if ending == Ending.VOICEMAIL:
        return chance.randint(8, 40)
    return 0


def _transferred(call: SimulatedCall) -> SimulatedCall:
    return dataclasses.replace(
        call,
        kind=Kind.TRANSFERRED,
        original=call,
        queue="",
        wait_seconds=0,
        started_at=datetime.now(UTC),
        extensions=call.extensions[1:] + call.extensions[:1],
        serial=secrets.token_hex(9),
    )
