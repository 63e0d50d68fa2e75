"""A call as a simulated PBX plays it, and what the simulator of each vendor must offer."""

from __future__ import annotations

import enum
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class Kind(enum.StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"  # dialed by hand at an extension
    CLICK_TO_CALL = "click to call"  # the PBX rings the agent first, then the customer: two legs
    TRANSFERRED = "transferred"  # the second part of `original`


class Ending(enum.StrEnum):
    ANSWERED = "answered"
    MISSED = "missed"
    BUSY = "busy"
    ABANDONED = "abandoned"  # hung up while waiting in a queue
    VOICEMAIL = "voicemail"


@dataclass(frozen=True, slots=True)
class Extension:
    """A telephone of the company and the person who sits at it."""

    code: str
    person: str


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """What the PBX knows of one call. `customer` and `did` are E.164; a withheld number is None.

    All extensions ring at once, and the first of them answers. Seconds are what the PBX will state,
    not how long the simulation takes.
    """

    kind: Kind
    ending: Ending
    customer: str | None
    did: str
    started_at: datetime
    extensions: tuple[Extension, ...]
    queue: str = ""  # empty: the call goes straight to the extensions
    pressed: tuple[int, ...] = ()  # keys pressed in the IVR, one for each layer; 0: none
    customer_name: str = ""
    ring_seconds: int = 0
    wait_seconds: int = 0
    talk_seconds: int = 0
    agent_answers: bool = True  # a click-to-call's first leg
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)  # of a click-to-call
    campaign: str = ""  # its code, where a dialer began the click-to-call
    original: SimulatedCall | None = None
    serial: str = field(default_factory=lambda: secrets.token_hex(9))

    @property
    def answered(self) -> bool:
        return self.ending == Ending.ANSWERED

    @property
    def takes_it(self) -> Extension:
        return self.extensions[0]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen pop's answer makes the agent see; all empty when nobody is known."""

    name: str = ""
    company: str = ""
    url: str = ""


class NotAcknowledged(Exception):
    """The receiver did not answer as the vendor demands, and the PBX would send no more."""


class SimulatedPbx(Protocol):
    """Sends a vendor's requests over HTTP. `report` repeats a request until it is acknowledged."""

    def call_id(self, call: SimulatedCall) -> str: ...
    def ring(self, call: SimulatedCall) -> Shown: ...
    def answer(self, call: SimulatedCall) -> None: ...
    def hang_up(self, call: SimulatedCall) -> None: ...
    def report(self, call: SimulatedCall) -> None: ...
