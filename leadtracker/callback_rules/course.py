"""The life of a callback request: what has been heard of it, in any order and any number of copies, makes its state."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from leadtracker.domain import AGENTS_LEG, Cdr, Outcome, Phase, ScreenPop


class State(enum.StrEnum):
    """In the order in which one says more than another: what is heard never takes a request back."""

    RECEIVED = "received"
    REFUSED = "refused"
    SCHEDULED = "scheduled"
    DIALING = "dialling"
    UNCERTAIN = "uncertain"  # sent, but not answered: it may be ringing, and is never sent again
    AGENT_ANSWERED = "agent answered"
    VISITOR_ANSWERED = "visitor answered"
    UNKNOWN = "unknown"  # no CDR came
    CANCELLED = "cancelled"  # by a user
    FAILED = "failed"
    TALKED = "talked"


_ORDER = {state: place for place, state in enumerate(State)}
ENDED = frozenset({State.REFUSED, State.UNKNOWN, State.CANCELLED, State.FAILED, State.TALKED})


def after(state: State, heard: State) -> State:
    """The state once `heard` is known too: commutative, associative, and the same again changes nothing."""
    return max(state, heard, key=_ORDER.__getitem__)


def state_of_pop(pop: ScreenPop) -> State:
    """By its leg: the visitor is dialled when the agent has answered. A pop of no leg that names the moment of the
    answer means the whole call, so the visitor's; another the agent's leg. No hang-up ends a request: what it cost
    and whether the call went on elsewhere is the CDR's to say.
    """
    answered = pop.phase is Phase.ANSWERED or pop.answered_at is not None
    if pop.leg == AGENTS_LEG:
        return State.AGENT_ANSWERED if answered else State.DIALING
    if pop.leg is not None:
        return State.VISITOR_ANSWERED if answered else State.AGENT_ANSWERED
    if pop.phase is not Phase.ANSWERED:
        return State.DIALING
    return State.VISITOR_ANSWERED if pop.answered_at else State.AGENT_ANSWERED


def state_of_leg(leg: Cdr) -> State:
    """What one CDR alone says: the main leg is the visitor's."""
    if leg.outcome is Outcome.UNKNOWN:
        return State.UNKNOWN
    if leg.outcome is not Outcome.ANSWERED:
        return State.FAILED
    return State.TALKED if leg.main else State.AGENT_ANSWERED


def failure(legs: Iterable[Cdr]) -> str:
    """Why nobody talked, such as `agent: busy`; '' when somebody did, or no leg says. The same for any order."""
    known = {
        leg.main: leg.outcome
        for leg in sorted(legs, key=lambda leg: (leg.main, leg.type, leg.status))
    }
    if known.get(True) is Outcome.ANSWERED:
        return ""
    if known.get(False, Outcome.ANSWERED) is not Outcome.ANSWERED:
        return f"agent: {known[False]}"
    return f"visitor: {known[True]}" if True in known else ""
