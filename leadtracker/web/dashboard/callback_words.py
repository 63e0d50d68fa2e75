"""A callback request as people read it: its status, why it was refused or failed, its money."""

from __future__ import annotations

from flask import Flask

from leadtracker import money
from leadtracker.callback_rules.course import State
from leadtracker.records.callback_tables import CallbackRow

STATE_WORDS = {
    State.RECEIVED: "Received",
    State.REFUSED: "Refused",
    State.SCHEDULED: "Scheduled",
    State.DIALING: "Dialing",
    State.UNCERTAIN: "Uncertain",
    State.AGENT_ANSWERED: "Visitor rings",
    State.VISITOR_ANSWERED: "Talking",
    State.UNKNOWN: "Not known",
    State.CANCELED: "Canceled",
    State.FAILED: "Failed",
    State.TALKED: "Connected",
}
TONES = {
    State.REFUSED: "bad",
    State.FAILED: "bad",
    State.TALKED: "good",
    State.DIALING: "live",
    State.AGENT_ANSWERED: "live",
    State.VISITOR_ANSWERED: "live",
    State.UNCERTAIN: "fair",
    State.SCHEDULED: "fair",
}
REFUSAL_WORDS = {
    "token": "The form’s token is not ours, of another visitor or too old",
    "spent": "The form was sent before",
    "origin": "Sent from another site",
    "robot": "Filled in by a robot",
    "number": "Not a phone number",
    "country": "A country that is not called",
    "kind": "A premium, shared-cost or other kind that is not called",
    "own": "One of our own numbers",
    "blocked": "On the blacklist",
    "often": "Asked too often",
    "money": "No price, or the day’s money is spent",
    "closed": "No opening in sight",
}
WHY = {
    "no answer": "The PBX’s answer was lost: it may have rung",
    "no record": "No record of the call came",
    "not heard of": "The dialer’s campaign did not call",
    "too late": "It was not called in time",
    "nobody free": "Nobody was free",
    "refused": "The PBX refused the request",
    "offline": "The agent’s extension is offline",
    "blocked": "The number or the extension is blocked",
    "unauthorized": "The PBX does not know our address or code",
    "uncertain": "The PBX’s answer is not known",
    "unreached": "The PBX was not reached",
    "agent: missed": "The agent did not answer",
    "agent: busy": "The agent was busy",
    "agent: abandoned": "The agent hung up",
    "agent: failed": "The agent’s phone did not ring",
    "visitor: missed": "The visitor did not answer",
    "visitor: busy": "The visitor was busy",
    "visitor: abandoned": "The visitor hung up",
    "visitor: failed": "The visitor’s phone did not ring",
    "visitor: voicemail": "The visitor’s voicemail answered",
}


def register(app: Flask) -> None:
    for show in (callback_state, callback_tone, callback_why):
        app.add_template_filter(show)
    app.add_template_filter(money.as_text, "money")


def callback_state(row: CallbackRow) -> str:
    return STATE_WORDS[State(row.state)]


def callback_tone(row: CallbackRow) -> str:
    return TONES.get(State(row.state), "quiet")


def callback_why(row: CallbackRow) -> str:
    """Why it was refused or failed; empty where it was not."""
    if row.state == State.REFUSED:
        return REFUSAL_WORDS.get(row.code, row.code)
    return WHY.get(row.code, row.code)
