"""How a simulated agent's telephone takes a Click2Call call, and what the asker is told."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from leadtracker.pbx.simulated_call import Ending


class Behavior(enum.StrEnum):
    ANSWERS = "answers"
    VISITOR_MISSES = "visitor misses"
    VISITOR_BUSY = "visitor busy"
    AGENT_MISSES = "agent misses"
    INVALID = "invalid"
    APPLICATION_ERROR = "application error"  # though it rings
    OFFLINE = "offline"
    BLOCKED = "blocked"
    UNAUTHORIZED = "unauthorized"
    SLOW = "slow"  # it rings, and the answer comes too late
    CUT = "cut"  # it rings, and the connection ends without an answer
    UNREADABLE = "unreadable"  # it rings, and the answer is a page for people
    SERVER_ERROR = "server error"  # it rings
    GOES_AWAY = "goes away"  # nothing more is heard of a call that was answered
    NO_CDR = "no CDR"  # the Call Log has it


class Step(enum.StrEnum):
    RING = "ring"
    AGENT_ANSWERS = "agent answers"
    VISITOR_ANSWERS = "visitor answers"
    HANG_UP = "hang up"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer over HTTP; status 0 ends the connection without one."""

    status: int
    content: bytes
    content_type: str = "application/json"


WHOLE = (Step.RING, Step.AGENT_ANSWERS, Step.VISITOR_ANSWERS, Step.HANG_UP, Step.REPORT)
VISITOR_NOT_REACHED = (Step.RING, Step.AGENT_ANSWERS, Step.HANG_UP, Step.REPORT)


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to a call.

    `steps` are empty where no telephone rings. `instead` replaces Voicenter's own answer. `logged`
    says whether the Call Log has the call.
    """

    error: tuple[int, str] = (0, "OK")
    steps: tuple[Step, ...] = WHOLE
    ending: Ending = Ending.ANSWERED
    agent_answers: bool = True
    late: bool = False
    instead: Said | None = None
    logged: bool = True


PLANS = {
    Behavior.ANSWERS: Plan(),
    Behavior.VISITOR_MISSES: Plan(ending=Ending.MISSED, steps=VISITOR_NOT_REACHED),
    Behavior.VISITOR_BUSY: Plan(ending=Ending.BUSY, steps=VISITOR_NOT_REACHED),
    Behavior.AGENT_MISSES: Plan(
        ending=Ending.MISSED, agent_answers=False, steps=(Step.RING, Step.HANG_UP, Step.REPORT)
    ),
    Behavior.INVALID: Plan((1, "Invalid request parameters"), steps=()),
    Behavior.APPLICATION_ERROR: Plan((2, "Application error")),
    Behavior.OFFLINE: Plan((3, "The representative's extension is offline"), steps=()),
    Behavior.BLOCKED: Plan((4, "Extension blocked for Click2Call calls"), steps=()),
    Behavior.UNAUTHORIZED: Plan(steps=(), instead=Said(403, b"")),
    Behavior.SLOW: Plan(late=True),
    Behavior.CUT: Plan(instead=Said(0, b"")),
    Behavior.UNREADABLE: Plan(
        instead=Said(200, b"<html><body>Runtime Error</body></html>", "text/html")
    ),
    Behavior.SERVER_ERROR: Plan(instead=Said(500, b"")),
    Behavior.GOES_AWAY: Plan(
        steps=(Step.RING, Step.AGENT_ANSWERS, Step.VISITOR_ANSWERS), logged=False
    ),
    Behavior.NO_CDR: Plan(
        steps=(Step.RING, Step.AGENT_ANSWERS, Step.VISITOR_ANSWERS, Step.HANG_UP)
    ),
}


def click_to_call_answer(
    fields: Mapping[str, Any], error: int, words: str, call_id: str = ""
) -> Said:
    """Voicenter's own answer to a request of these fields."""
    if str(fields.get("format", "")).lower() == "json":
        answer = {"ERRORCODE": error, "ERRORMESSAGE": words, "CALLID": call_id}
        return Said(200, json.dumps(answer).encode())
    members = "".join(
        f"<member><name>{name}</name><value><string>{escape(str(value))}</string></value></member>"
        for name, value in (("ERRORCODE", error), ("ERRORMESSAGE", words), ("CALLID", call_id))
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse><params><param><value>'
        f"<struct>{members}</struct></value></param></params></methodResponse>"
    )
    return Said(200, text.encode(), "text/xml")
