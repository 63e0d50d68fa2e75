"""Calls that we ask a PBX for: what we say and what may come of it, in words no vendor owns.

Each ability is a small protocol of its own. A vendor offers those it has in one object; whoever
uses an ability asks with `isinstance` whether it is there.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from leadtracker.domain import Account, Cdr, Json

LOGIN = "login:"  # names an agent by login code, at whichever telephone; "login:1234"
REQUEST = "leadtracker_request"  # the variable that holds the callback request's id
VISITOR = "leadtracker_visitor"


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring the agent first, then the target.

    `agent` is an extension, `login:CODE` or a word of the vendor's own. `target` is E.164.
    `variables` are what screen pops and CDRs bring back, without the vendor's prefix.
    `options` are the vendor's parameters for a site; its README lists them.
    """

    agent: str
    target: str
    variables: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    max_seconds: int = 1800


class Answer(enum.StrEnum):
    """What became of a request to the PBX.

    Another agent may be tried only after OFFLINE, BLOCKED and UNREACHED.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"  # the parameters are wrong
    OFFLINE = "offline"  # the agent's extension is not connected
    BLOCKED = "blocked"  # the agent's extension may not be called so
    UNAUTHORIZED = "unauthorized"  # our address or code
    UNCERTAIN = "uncertain"  # sent, and nobody knows: it may be ringing
    UNREACHED = "unreached"  # certainly not sent


@dataclass(frozen=True, slots=True)
class Dialed:
    """`message` is for the operator; it never holds a secret."""

    answer: Answer
    call_id: str = ""
    message: str = ""


# Nothing that these methods send is sent twice, and everything ends within seconds. A method that
# does not give a Dialed raises PbxUnavailable when the PBX is not reached or answers an error.


@runtime_checkable
class Dials(Protocol):
    def dial(self, account: Account, dial: Dial) -> Dialed: ...


@runtime_checkable
class TakesParameters(Protocol):
    def faults(self, options: Mapping[str, Any]) -> tuple[str, ...]:
        """What is wrong with a site's own parameters, a sentence each."""


@runtime_checkable
class NeedsOptions(Protocol):
    def missing(self, options: Mapping[str, Any]) -> tuple[str, ...]:
        """What an account's options lack before the PBX can be asked, a few words each."""


@runtime_checkable
class HangsUp(Protocol):
    def hang_up(self, account: Account, agent: str) -> Dialed:
        """End whatever is active at the agent's extension."""


@runtime_checkable
class KnowsWhoIsFree(Protocol):
    def free(self, account: Account) -> frozenset[str]:
        """Extensions whose agent is logged in and on no call; some seconds old."""

    def lists(self, agent: str) -> bool:
        """Whether `free` can name this agent at all."""


@runtime_checkable
class KeepsRecords(Protocol):
    def record(
        self, account: Account, call_id: str, since: datetime, until: datetime
    ) -> tuple[Cdr, ...]:
        """The legs of a call as the PBX's own log has them. There may be none yet."""


@runtime_checkable
class Schedules(Protocol):
    def schedule(self, account: Account, campaign: str, dial: Dial, at: datetime) -> Dialed:
        """Leave a call to a campaign of the PBX. It chooses the agent and ignores `dial.agent`."""


@runtime_checkable
class Blocks(Protocol):
    def block(self, account: Account, phones: Collection[str]) -> Mapping[str, str]:
        """Forbid calls to these E.164 numbers. Gives those not taken, with the PBX's words."""

    def unblock(self, account: Account, phones: Collection[str]) -> Mapping[str, str]: ...


ClickToCall = (
    Dials
    | TakesParameters
    | NeedsOptions
    | HangsUp
    | KnowsWhoIsFree
    | KeepsRecords
    | Schedules
    | Blocks
)


def variable(custom: Json, name: str) -> str:
    """A variable of ours in the custom data of a screen pop or a CDR; empty when it is not there.

    A vendor may put one word before the name: `var_leadtracker_request`.
    """
    values = (value for key, value in custom.items() if _is_named(key.lower(), name))
    return next((value for value in values if isinstance(value, str)), "")


def _is_named(key: str, name: str) -> bool:
    _, _, after_prefix = key.partition("_")
    return name in (key, after_prefix)
