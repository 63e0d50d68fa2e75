"""The life of a callback request: what was heard of it, in any order, makes its state."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from leadtracker.domain import AGENTS_LEG, Cdr, Outcome, Phase, ScreenPop


class State(enum.StrEnum):
    """In an order in which each says more than the one before. A request never goes back."""

    RECEIVED = "received"
    REFUSED = "refused"
    SCHEDULED = "scheduled"
    DIALING = "dialling"
    UNCERTAIN = "uncertain"  # sent and not answered: it may ring, so it is never sent again
    AGENT_ANSWERED = "agent answered"
    VISITOR_ANSWERED = "visitor answered"
    UNKNOWN = "unknown"  # no CDR came
    CANCELED = "cancelled"  # by a user
    FAILED = "failed"
    TALKED = "talked"


_ORDER = {state: place for place, state in enumerate(State)}
ENDED = frozenset({State.REFUSED, State.UNKNOWN, State.CANCELED, State.FAILED, State.TALKED})


def after(state: State, heard: State) -> State:
    """The state once `heard` is known too.

    The order of what is heard makes no difference, and hearing it again changes nothing.
    """
    return max(state, heard, key=_ORDER.__getitem__)


def state_of(event: ScreenPop | Cdr) -> State:
    """What one thing that the PBX sent says by itself."""
    if isinstance(event, Cdr):
        return state_of_leg(event)
    return state_of_pop(event)


def state_of_pop(pop: ScreenPop) -> State:
    """What a screen pop says by its leg. The PBX dials the visitor once the agent has answered.

    | leg         | not answered   | answered                                              |
    |-------------|----------------|-------------------------------------------------------|
    | the agent's | dialling       | agent answered                                        |
    | another     | agent answered | visitor answered                                      |
    | not named   | dialling       | agent answered; with the moment of the answer it means |
    |             |                | the whole call, so the visitor answered               |

    A hang-up ends no request: the CDR says what it cost and whether the call went on elsewhere.
    """
    answered = pop.phase is Phase.ANSWERED or pop.answered_at is not None
    if pop.leg is None:
        return _state_of_whole(pop)
    if pop.leg == AGENTS_LEG:
        return State.AGENT_ANSWERED if answered else State.DIALING
    return State.VISITOR_ANSWERED if answered else State.AGENT_ANSWERED


def _state_of_whole(pop: ScreenPop) -> State:
    if pop.phase is not Phase.ANSWERED:
        return State.DIALING
    if pop.answered_at is None:
        return State.AGENT_ANSWERED
    return State.VISITOR_ANSWERED


def state_of_leg(leg: Cdr) -> State:
    """What one CDR alone says. The main leg is the visitor's."""
    if leg.outcome is Outcome.UNKNOWN:
        return State.UNKNOWN
    if leg.outcome is not Outcome.ANSWERED:
        return State.FAILED
    if not leg.main:
        return State.AGENT_ANSWERED
    return State.TALKED


def failure(legs: Iterable[Cdr]) -> str:
    """Why nobody talked, such as `agent: busy`; '' when somebody did, or when no leg says.

    The order of the legs makes no difference.
    """
    in_order = sorted(legs, key=lambda leg: (leg.main, leg.type, leg.status))
    outcomes = {leg.main: leg.outcome for leg in in_order}
    agents = outcomes.get(False, Outcome.ANSWERED)
    visitors = outcomes.get(True)
    if visitors is Outcome.ANSWERED:
        return ""
    if agents is not Outcome.ANSWERED:
        return f"agent: {agents}"
    if visitors is None:
        return ""
    return f"visitor: {visitors}"
