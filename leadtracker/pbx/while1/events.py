"""Events: the PBX reports that a call was answered, missed or has ended.

Source: While1 Voice wiki, "Send Events (WebHook)".
Shape: GET; not every event has every parameter. `uniqueid` is Asterisk's: the epoch second in which
the call began, a dot and a running number. No event has a duration, so we count seconds from the
call's beginning to the moment when the event of its end came.
Raises: BadPayload when `uniqueid` is missing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from leadtracker.domain import Account, Cdr, Direction, Json, Outcome, Phase, ScreenPop
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.vendor import Fields, HttpAnswer, Receipt, RecordFamily, WireFormat

ANSWERS = ("queue_answer", "dial_answer", "call_forward_answer")
ENDS = {
    "queue_answer_end": Outcome.ANSWERED,
    "missed_calls": Outcome.MISSED,
    "outgoing_end": Outcome.UNKNOWN,  # does not say whether it was answered
}
FAILURES = {  # the wiki's example, then Asterisk's words
    "queue_hangup": Outcome.ABANDONED,
    "abandon": Outcome.ABANDONED,
    "busy": Outcome.BUSY,
    "cancel": Outcome.ABANDONED,
    "chanunavail": Outcome.FAILED,
    "congestion": Outcome.FAILED,
    "noanswer": Outcome.MISSED,
}
DIRECTIONS = {"in": Direction.INCOMING, "out": Direction.OUTGOING}
DETAILS = ("project_id", "remote_number", "dnid_identifier", "contact_id", "explain_reason")
UNIQUE_ID = re.compile(r"(?:.*-)?([0-9]{9,10})\.[0-9]+")
LONGEST_CALL = timedelta(hours=24)  # a beginning further back is not this call's
CLOCKS_DIFFER = timedelta(minutes=2)


def identify(fields: Fields) -> str:
    return FieldReader(fields).required("uniqueid")


def read(fields: Fields, account: Account, received: datetime) -> Cdr | ScreenPop:
    reader = FieldReader(fields)
    event = reader.text("event")
    if event in ENDS:
        return _ended(reader, event, account, received)
    call_id = reader.required("uniqueid")
    pop = ScreenPop(
        call_id=call_id,
        phase=Phase.UNKNOWN,
        caller=reader.number("telephone", account.country),
        did=reader.number("dnid", account.country),
        direction=_direction(reader, Direction.UNKNOWN),
        extension=reader.text("agent"),
        representative=reader.text("agent"),
        queue=reader.text("queue"),
        at=_began(call_id, received),
        custom=_details(reader) | reader.left(),
    )
    if event not in ANSWERS:
        return replace(pop, custom=pop.custom | {"event": event})
    direction = _direction(reader, Direction.INCOMING)
    return replace(pop, phase=Phase.ANSWERED, direction=direction, answered_at=received)


def acknowledge(written_as: WireFormat, receipt: Receipt, account: Account) -> HttpAnswer:
    return HttpAnswer(b"", "text/plain; charset=utf-8", receipt.status)


def _ended(reader: FieldReader, event: str, account: Account, received: datetime) -> Cdr:
    call_id, reason = reader.required("uniqueid"), reader.text("fail_reason")
    began = _began(call_id, received)
    lasted = max(0, int((received - (began or received)).total_seconds()))
    waited = reader.seconds("queue_hold_time") or 0
    outcome = FAILURES.get(reason.lower(), ENDS[event])
    talked = 0
    if outcome is Outcome.ANSWERED:
        talked = max(0, lasted - waited)
    customer = reader.number("telephone", account.country)
    ours = reader.number("dnid", account.country)
    caller, target, did, usual = customer, ours, ours, Direction.INCOMING
    if event == "outgoing_end":
        caller, target, did, usual = ours, customer, None, Direction.OUTGOING
    agent = reader.text("agent")
    return Cdr(
        call_id=call_id,
        type=event,
        type_code=None,
        status=reason,
        outcome=outcome,
        direction=_direction(reader, usual),
        main=True,
        started_at=began or received,
        started_raw=call_id,
        caller=caller,
        target=target,
        did=did,
        customer=customer,
        talk_seconds=talked,
        duration_seconds=lasted,
        ring_seconds=0,
        wait_seconds=waited,
        extension=agent,
        representative=agent,
        queue=reader.text("queue"),
        custom=_details(reader),
        extra=reader.left(),
    )


def _began(call_id: str, received: datetime) -> datetime | None:
    """When the call began; None when its id does not say, or names a moment that cannot be."""
    parts = UNIQUE_ID.fullmatch(call_id)
    if not parts:
        return None
    began = datetime.fromtimestamp(int(parts[1]), UTC)
    if not received - LONGEST_CALL <= began <= received + CLOCKS_DIFFER:
        return None
    return began


def _direction(reader: FieldReader, usual: Direction) -> Direction:
    return DIRECTIONS.get(reader.text("direction").lower(), usual)


def _details(reader: FieldReader) -> Json:
    return {name: text for name in DETAILS if (text := reader.text(name))}


EVENTS = RecordFamily(
    name="events",
    title="Events",
    place="Edit Project → sendEvent",
    identify=identify,
    read=read,
    acknowledge=acknowledge,
    secret_in_query=True,
    names=("uniqueid", "event", "telephone", "dnid"),
)
