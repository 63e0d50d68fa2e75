"""All notifications of one call, in any order and number of copies, make one call (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from leadtracker.domain import AGENTS_LEG, CallFacts, Cdr, Direction, Outcome, Phase, ScreenPop
from leadtracker.pbx.dialing import REQUEST, variable

MOST_LEGS = 16  # of one call; the longest documented has 4
PHASES = (Phase.UNKNOWN, Phase.DIALING, Phase.RINGING, Phase.ANSWERED, Phase.ENDED)
OUTCOMES = (  # of a call whose legs ended differently, the strongest
    Outcome.UNKNOWN,
    Outcome.FAILED,
    Outcome.MISSED,
    Outcome.BUSY,
    Outcome.ABANDONED,
    Outcome.VOICEMAIL,
    Outcome.ANSWERED,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One notification that was read: what it says, and when its first copy came."""

    event: ScreenPop | Cdr
    received_at: datetime


def build(heard: Iterable[Heard]) -> CallFacts:
    """Build a call from its notifications, at least one.

    A CDR counts more than a screen pop, the main leg more than other legs.
    """
    ordered = sorted(heard, key=lambda one: repr(one.event))
    pops = [
        (_of_call(one.event), one.received_at)
        for one in ordered
        if isinstance(one.event, ScreenPop)
    ]
    fullest: dict[str, Cdr] = {}  # a CDR sent again may say more (the transcript), but never less
    for cdr in sorted((one.event for one in ordered if isinstance(one.event, Cdr)), key=_says):
        fullest[cdr.type] = cdr
    fullest = {kind: fullest[kind] for kind in _first_kinds(fullest.values())}
    legs = tuple(sorted(fullest.values(), key=lambda leg: (not leg.main, leg.started_at, leg.type)))
    if legs:
        return _from_legs(legs, [pop for pop, _ in pops])
    return _from_pops(pops)


def telling(heard: Iterable[Heard]) -> list[Heard]:
    """The few of a call's notifications that say all that any number of them say.

    Whatever comes later, `build` makes the same of these and it as of all and it: each part of a
    call is the first, the least or the fullest of something, and these hold each of them.
    """
    chosen: dict[tuple[object, ...], Heard] = {}
    ranks: dict[tuple[object, ...], Any] = {}
    for one in sorted(heard, key=lambda one: (repr(one.event), one.received_at)):
        last_wins = isinstance(one.event, Cdr)
        for trait, rank in _traits(one):
            best = ranks.get(trait)
            if best is None or rank < best or (last_wins and rank == best):
                chosen[trait], ranks[trait] = one, rank
    kinds = _first_kinds(one.event for one in chosen.values() if isinstance(one.event, Cdr))
    return list(
        {
            id(one): one
            for one in chosen.values()
            if isinstance(one.event, ScreenPop) or one.event.type in kinds
        }.values()
    )


def _traits(one: Heard) -> Iterator[tuple[tuple[object, ...], Any]]:
    """What a notification may be the best at, and how good it is: the least rank wins.

    Of equal ranks the first in the order of `build` wins; of CDRs it is the last.
    """
    event = one.event
    if isinstance(event, Cdr):
        yield ("leg", event.type), -_says(event)
        return
    pop = _of_call(event)
    yield ("received",), one.received_at
    yield ("phase", pop.phase, event.leg, pop.answered_at is not None), pop.extension
    if pop.at:
        yield ("began",), pop.at
        yield ("began last",), -pop.at.timestamp()
    if pop.answered_at:
        yield ("answered",), pop.answered_at
    if pop.direction is not Direction.UNKNOWN:
        yield ("direction",), 0
    said = {"caller": pop.caller, "did": pop.did, "name": pop.caller_name}
    said["request"] = variable(event.custom, REQUEST)
    yield from ((("said", name), 0) for name, value in said.items() if value)


def given_up(facts: CallFacts, heard: Iterable[Heard], before: datetime) -> CallFacts:
    """The call as ended when nothing has been heard of it since `before`: its end never came."""
    if facts.phase is Phase.ENDED or any(one.received_at > before for one in heard):
        return facts
    return replace(facts, phase=Phase.ENDED)


def words(facts: CallFacts) -> list[str]:
    """What the caller chose, in order: digits and names of IVR layers, then the queue."""
    chosen = [
        word for leg in facts.legs for step in leg.ivr for word in (step.digits, step.layer_name)
    ]
    return [word for word in (*chosen, facts.queue) if word]


def _from_legs(legs: tuple[Cdr, ...], pops: list[ScreenPop]) -> CallFacts:
    main = legs[0]
    answered = [pop.answered_at for pop in pops if pop.answered_at]
    outcome = max(
        (leg.outcome for leg in legs if leg.main), key=OUTCOMES.index, default=main.outcome
    )
    talked = _talk_seconds(legs)
    if outcome is Outcome.UNKNOWN and answered:  # the CDR does not say it, but an answer was seen
        outcome = Outcome.ANSWERED
        ended_at = main.started_at + timedelta(seconds=main.duration_seconds)
        talked = max(0, int((ended_at - min(answered)).total_seconds()))
    told = _spoke(pops if outcome is Outcome.ANSWERED else _rang(pops))
    return CallFacts(
        started_at=min(leg.started_at for leg in legs),
        answered_at=min(answered, default=None),
        phase=Phase.ENDED,
        outcome=outcome,
        status=main.status,
        direction=main.direction,
        caller=_first(leg.customer for leg in legs) or _first(pop.caller for pop in pops),
        did=_first(leg.did for leg in legs) or _first(pop.did for pop in pops),
        talk_seconds=talked,
        ring_seconds=main.ring_seconds,
        wait_seconds=max(leg.wait_seconds for leg in legs),
        extension=_first(leg.extension for leg in legs) or told.extension,
        representative=_first(leg.representative for leg in legs) or told.representative,
        queue=_first(leg.queue for leg in legs) or told.queue,
        recording_url=_first(leg.recording_url for leg in legs) or "",
        price=_price(legs),
        original_call_id=_first(leg.original_call_id for leg in legs),
        caller_name=_first(pop.caller_name for pop in pops) or "",
        legs=legs,
    )


def _talk_seconds(legs: tuple[Cdr, ...]) -> int:
    """Of the main legs; where there are none, of the first leg."""
    if not legs[0].main:
        return legs[0].talk_seconds
    return sum(leg.talk_seconds for leg in legs if leg.main)


def _price(legs: tuple[Cdr, ...]) -> int | None:
    prices = [leg.price for leg in legs if leg.price is not None]
    return round(sum(prices)) if prices else None


def _from_pops(pops: list[tuple[ScreenPop, datetime]]) -> CallFacts:
    """A hang-up where nobody answered ends the ringing of one extension, not the call."""
    only = [pop for pop, _ in pops]
    phase, outcome = _progress(only)
    told = _spoke(only)
    moments = [pop.at for pop in only if pop.at] or [received for _, received in pops]
    return CallFacts(
        started_at=min(moments),
        answered_at=min((pop.answered_at for pop in only if pop.answered_at), default=None),
        phase=phase,
        outcome=outcome,
        status="",
        direction=next(
            (pop.direction for pop in only if pop.direction is not Direction.UNKNOWN),
            Direction.UNKNOWN,
        ),
        caller=_first(pop.caller for pop in only),
        did=_first(pop.did for pop in only),
        talk_seconds=0,
        ring_seconds=0,
        wait_seconds=0,
        extension=told.extension,
        representative=told.representative,
        queue=told.queue,
        recording_url="",
        price=None,
        original_call_id=None,
        caller_name=_first(pop.caller_name for pop in only) or "",
        legs=(),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """Who talks and in which queue the call was; '' where no screen pop says it."""

    extension: str
    representative: str
    queue: str


def _spoke(pops: list[ScreenPop]) -> _Told:
    """The agent who answered. While nobody has, one at whom it rings, or rang."""
    talks = [pop for pop in pops if _answered(pop)]
    spoke = sorted(
        talks or pops,
        key=lambda pop: (
            pop.phase is not Phase.ANSWERED,
            -PHASES.index(pop.phase),
            pop.extension,
        ),
    )
    extension = _first(pop.extension for pop in spoke) or ""
    theirs = [pop for pop in spoke if pop.extension in ("", extension)]
    return _Told(
        extension=extension,
        representative=_first(pop.representative for pop in theirs) or "",
        queue=_first(pop.queue for pop in pops) or "",
    )


def _rang(pops: list[ScreenPop]) -> list[ScreenPop]:
    """The pops of a call that nobody answered: a hang-up without its cause looks like an answer."""
    return [pop for pop in pops if not _answered(pop)] or pops


def _answered(pop: ScreenPop) -> bool:
    return pop.phase is Phase.ANSWERED or pop.answered_at is not None


def _progress(pops: list[ScreenPop]) -> tuple[Phase, Outcome]:
    """How far a call came that only screen pops tell of."""
    outcome = Outcome.UNKNOWN
    if any(map(_answered, pops)):
        outcome = Outcome.ANSWERED
    if any(pop.phase is Phase.ENDED and pop.answered_at for pop in pops):
        return Phase.ENDED, outcome
    reached = (pop.phase for pop in pops if pop.phase is not Phase.ENDED)
    return max(reached, key=PHASES.index, default=Phase.ENDED), outcome


def _of_call(pop: ScreenPop) -> ScreenPop:
    """The pop as the call has it: once the agent answers, the customer is dialed."""
    if pop.leg != AGENTS_LEG:
        return pop
    phase = Phase.DIALING if pop.phase is Phase.ANSWERED else pop.phase
    return replace(pop, phase=phase, answered_at=None)


def _first_kinds(legs: Iterable[Cdr]) -> list[str]:
    """The types of leg that count, where more come than any call has: the vendor's own first."""
    kinds = sorted({(leg.type_code is None, leg.type) for leg in legs})
    return [kind for _, kind in kinds[:MOST_LEGS]]


def _says(cdr: Cdr) -> int:
    """How much a CDR says."""
    return sum(bool(value) for value in asdict(cdr).values()) + len(cdr.ai) + len(cdr.custom)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)
