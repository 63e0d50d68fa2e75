"""Calls that we ask a PBX for: what is said to it and what may come of it, in words that no vendor owns."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from leadtracker.domain import Account, Cdr, Json

LOGIN = "login:"  # an agent named by login code, at whichever telephone; "login:1234"
REQUEST = "leadtracker_request"  # the variable that holds the callback request's id
VISITOR = "leadtracker_visitor"


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring the agent first, then the target.

    agent: an extension, `login:CODE`, or a word of the vendor's own. target: E.164. variables: what pop-ups and CDRs
    bring back, names without the vendor's prefix. options: the vendor's parameters for a site, see its README.
    """

    agent: str
    target: str
    variables: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    max_seconds: int = 1800


class Answer(enum.StrEnum):
    """What became of a request to the PBX. Only after OFFLINE, BLOCKED and UNREACHED may another agent be tried."""

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


class ClickToCall(Protocol):
    """What a vendor that dials for us must offer; nothing is retried, everything ends within seconds.

    Whatever does not answer with a Dialed raises PbxUnavailable when the PBX is not reached or says an error.
    """

    def faults(self, options: Mapping[str, Any]) -> tuple[str, ...]:
        """What is wrong with a site's own parameters, a sentence each."""

    def dial(self, account: Account, dial: Dial) -> Dialed: ...

    def hang_up(self, account: Account, agent: str) -> Dialed:
        """Ends whatever is active at the agent's extension."""

    def free(self, account: Account) -> frozenset[str]:
        """Extensions whose agent is logged in, available and not on a call; some seconds old."""

    def record(
        self, account: Account, call_id: str, since: datetime, until: datetime
    ) -> tuple[Cdr, ...]:
        """The legs of a call as the PBX's own log has them, which may be none yet."""

    def schedule(self, account: Account, campaign: str, dial: Dial, at: datetime) -> Dialed:
        """Leaves a call to a campaign of the PBX, which chooses the agent; `dial.agent` is not used."""

    def block(self, account: Account, phones: Collection[str]) -> Mapping[str, str]:
        """Forbids calls to these E.164 numbers; those that were not taken, with the PBX's words."""

    def unblock(self, account: Account, phones: Collection[str]) -> Mapping[str, str]: ...


def variable(custom: Json, name: str) -> str:
    """A variable of ours in the custom data of a pop-up or a CDR; empty when it is not there."""
    wanted = (name, f"var_{name}")
    values = (value for key, value in custom.items() if key.lower() in wanted)
    return next((value for value in values if isinstance(value, str)), "")
