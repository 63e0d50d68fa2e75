"""Voicenter's call types and call statuses as tables.

Source: Voicenter, "CDR Notification System API" and "Call Log API", the tables of call types and of
dial statuses. What a type or status means for us (direction, main leg, outcome) is our reading of
its description.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadtracker.domain import Direction, Outcome


@dataclass(frozen=True, slots=True)
class CallType:
    """A row of the table.

    `direction` is UNKNOWN for what is "as the original call" or not described. `customer` is the
    field of the outside party, or "nobody"; it is empty where the direction tells.
    """

    code: int | None
    name: str  # as the table prints it
    direction: Direction = Direction.UNKNOWN
    main: bool = True  # the leg in which the customer is talked to
    customer: str = ""


IN, OUT = Direction.INCOMING, Direction.OUTGOING
VOICEMAIL, QUEUE = "VoiceMail", "Queue"
CALL_TYPES = (
    CallType(1, "Incoming Call", IN),
    CallType(2, "CC"),
    CallType(4, "Extension Outgoing", OUT),
    CallType(8, QUEUE, IN),
    CallType(9, "Click2Call leg1", OUT, main=False, customer="nobody"),
    CallType(10, "Click2Call leg2", OUT),
    CallType(11, VOICEMAIL, IN),
    CallType(12, "Callference"),
    CallType(13, "XferCDR"),
    CallType(14, "ProductiveCall Leg1", OUT, main=False, customer="nobody"),
    CallType(15, "ProductiveCall Leg2", OUT),
    CallType(16, "Scrubber", main=False),
    CallType(17, "Click 2 IVR", OUT, main=False),
    CallType(18, "Click 2 IVR Incoming", OUT, customer="caller"),
    CallType(19, "Click 2 Queue Incoming", OUT, customer="caller"),
    CallType(20, "FaxCdr", OUT, main=False),
    CallType(21, "Attended CDR leg1", main=False),
    CallType(22, "Attended CDR leg2"),
    CallType(23, "Auto forward", IN),
)

STATUSES = {
    "answer": Outcome.ANSWERED,
    "noanswer": Outcome.MISSED,
    "busy": Outcome.BUSY,
    "cancel": Outcome.ABANDONED,  # the caller hung up before the answer
    "notdialed": Outcome.FAILED,
    "abandone": Outcome.ABANDONED,
    "abandoned": Outcome.ABANDONED,  # the spelling of queue events
    "timeout": Outcome.MISSED,  # of the queue
    "full": Outcome.MISSED,  # no place in the queue
    "exit": Outcome.ABANDONED,  # the caller chose to leave the queue
    "joinempty": Outcome.MISSED,  # nobody was logged in to the queue
    "voend": Outcome.ABANDONED,  # hung up in the IVR, before any extension rang
    "te": Outcome.MISSED,  # the IVR hung up after an announcement
    "notcalled": Outcome.FAILED,  # leg 2, because leg 1 failed
    "voicemail": Outcome.VOICEMAIL,
    "congestion": Outcome.FAILED,
    "chanunavail": Outcome.FAILED,
    "invalidargs": Outcome.FAILED,
    "sswpreauth": Outcome.FAILED,  # canceled before dialing
}

DIRECTIONS = {
    "incoming": Direction.INCOMING,
    "outgoing": Direction.OUTGOING,
    "internal": Direction.INTERNAL,
    "click2call": Direction.OUTGOING,
    "spy": Direction.INTERNAL,  # a supervisor listens in
}


def letters(word: str) -> str:
    """A word without case, spaces and signs: `Click2Callleg1`, `Click2Call leg1` are one type."""
    return "".join(character for character in word.lower() if character.isalnum())


_TYPES = {letters(row.name): row for row in CALL_TYPES}


def call_type(word: str) -> CallType:
    """The row of a type in any spelling; an unknown type gets a row without code and direction."""
    return _TYPES.get(letters(word)) or CallType(None, word)


def outcome(status: str, row: CallType, is_answer: bool | None) -> Outcome:
    """How a leg ended. `isAnswer` counts before the status; voicemail does not answer a call."""
    said = STATUSES.get(letters(status), Outcome.UNKNOWN)
    if is_answer is False and said in (Outcome.ANSWERED, Outcome.UNKNOWN):
        return Outcome.MISSED
    answered = said is Outcome.ANSWERED or is_answer
    if is_answer is False or not answered:
        return said
    if row.name == VOICEMAIL or said is Outcome.VOICEMAIL:
        return Outcome.VOICEMAIL
    return Outcome.ANSWERED


def direction(word: str) -> Direction:
    return DIRECTIONS.get(letters(word), Direction.UNKNOWN)
