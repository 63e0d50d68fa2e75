"""The real-time events of a simulated call, written from the documents, not our readers.

Source: Voicenter, "API", chapter "Real Time API": ExtensionEvent and QueueEvent. Keys and types are
those of captured events.

| quirk | played as |
| --- | --- |
| a call waits in a queue, or the customer's leg rings | Talking with `answered` 0 |
| a hang-up | keeps the state |
| the agent's leg | has an answer of its own |
| `callerphone` of a click-to-call | Anonymous |
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leadtracker.pbx.simulated_call import Extension, Kind, SimulatedCall
from leadtracker.pbx.voicenter.simulator.account import cause_at, is_incoming
from leadtracker.pbx.voicenter.simulator.behavior import Step
from leadtracker.pbx.voicenter.simulator.cdr import Fields, call_id, epoch, national

Event = tuple[str, Fields]  # its name and payload, which socket.io sends as a pair
AGENTS, CUSTOMERS = 1, 2  # legs, as `c2cdirection` numbers them
AGENT_TAKES = timedelta(seconds=2)  # as the first leg's CDR says


def of_step(call: SimulatedCall, step: Step, zone: ZoneInfo) -> list[Event]:
    """What is sent when a step of a click-to-call begins."""
    match step:
        case Step.RING:
            return [_leg(call, AGENTS, "NEWCALL", zone)]
        case Step.AGENT_ANSWERS:
            answered = _leg(call, AGENTS, "ANSWER", zone)
            return [answered, _leg(call, CUSTOMERS, "NEWCALL", zone)]
        case Step.VISITOR_ANSWERS:
            return [_leg(call, CUSTOMERS, "ANSWER", zone)]
        case Step.HANG_UP:
            if call.agent_answers:
                return [_leg(call, CUSTOMERS, "HANGUP", zone)]
            return [_leg(call, AGENTS, "HANGUP", zone)]
    return []


def of_call(call: SimulatedCall, zone: ZoneInfo) -> list[Event]:
    """All of a call of any kind, in order."""
    if call.kind is Kind.CLICK_TO_CALL:
        return [event for step in _steps(call) for event in of_step(call, step, zone)]
    events = []
    if call.queue:
        events.append(_waiting(call, "JOIN", zone))
    events += [_event(call, extension, "NEWCALL", zone) for extension in call.extensions]
    if call.answered:
        events.append(_event(call, call.takes_it, "ANSWER", zone))
    if call.queue and call.answered:
        events.append(_waiting(call, "EXIT", zone))
    elif call.queue:
        events.append(_waiting(call, "ABANDONED", zone))
    if call.answered:
        events += [_event(call, call.takes_it, reason, zone) for reason in ("HOLD", "UNHOLD")]
    return events + [_event(call, extension, "HANGUP", zone) for extension in call.extensions]


def _steps(call: SimulatedCall) -> list[Step]:
    happens = {Step.AGENT_ANSWERS: call.agent_answers, Step.VISITOR_ANSWERS: call.answered}
    steps = (Step.RING, Step.AGENT_ANSWERS, Step.VISITOR_ANSWERS, Step.HANG_UP)
    return [step for step in steps if happens.get(step, True)]


def status_update(extension: Extension, status: int, now: int) -> Event:
    """An agent changed their status; it is about no call."""
    data = _extension(extension, []) | {
        "representativeStatus": status,
        "representativeUpdated": now * 1000,
    }
    return "ExtensionEvent", {
        "data": data,
        "eventName": "extension",
        "reason": "userStatusUpdate",
        "servertime": now,
        "servertimeoffset": 120,
    }


def _leg(call: SimulatedCall, leg: int, reason: str, zone: ZoneInfo) -> Event:
    """`answered` is the leg's own."""
    word, answered_at = "Talking", 0
    if leg == AGENTS and reason == "ANSWER":
        answered_at = epoch(call.started_at + AGENT_TAKES, zone)
    elif leg == AGENTS:
        word = "Dialing"
    elif call.answered and reason != "NEWCALL":
        answered_at = epoch(call.started_at + _rang(call), zone)
    current = _call(call, call.takes_it, word, zone, answered_at)
    current |= {
        "direction": "Click2Call",
        "callType": "Click2Call",
        "callerphone": "Anonymous",
        "c2cdirection": leg,
    }
    return _wrapped(call, call.takes_it, reason, current, zone)


def _event(call: SimulatedCall, extension: Extension, reason: str, zone: ZoneInfo) -> Event:
    talks = reason != "NEWCALL" and call.answered and extension == call.takes_it
    answered_at = 0
    if talks:
        answered_at = epoch(call.started_at + _rang(call), zone)
    current = _call(call, extension, _word(call, reason, talks), zone, answered_at)
    return _wrapped(call, extension, reason, current, zone)


def _rang(call: SimulatedCall) -> timedelta:
    return timedelta(seconds=call.wait_seconds + call.ring_seconds)


def _word(call: SimulatedCall, reason: str, talks: bool) -> str:
    """`callstatus`."""
    if reason == "HOLD":
        return "Hold"
    if talks or call.queue:
        return "Talking"
    if call.kind is Kind.OUTGOING:
        return "Dialing"
    return "Ringing"


def _wrapped(
    call: SimulatedCall, extension: Extension, reason: str, current: Fields, zone: ZoneInfo
) -> Event:
    calls, ending = [current], {}
    if reason == "HANGUP":
        calls = []
        ending = {
            "callerID": current["callerphone"],
            "ivruniqueid": call_id(call, zone),
            "dialStatus": "",
            "cause": cause_at(call, extension),
        }
    payload: Fields = {
        "data": _extension(extension, calls) | {"currentCall": current},
        "eventName": "extension",
        "reason": reason,
    }
    return "ExtensionEvent", payload | _times(call.started_at, zone) | ending


def _times(moment: datetime, zone: ZoneInfo) -> Fields:
    now = epoch(moment, zone)
    ahead = moment.astimezone(zone).utcoffset() or timedelta()
    return {
        "servertime": now,
        "servertimeoffset": int(ahead.total_seconds() // 60),
        "telephonyservertime": now,
    }


def _extension(extension: Extension, calls: list[Fields]) -> Fields:
    return {
        "calls": calls,
        "userID": 7654321,
        "userName": extension.person,
        "number": 1234567,
        "extenUser": extension.code,
        "accountID": 640,
        "topAccountID": 640,
        "summery": {"representative": extension.person},
        "onlineUserID": 7654321,
        "representative": 7654321,
        "representativeStatus": 1,
        "lastCallEventEpoch": 1703759700,
        "lastAnsweredCallEventEpoch": 1703759370,
        "lastHangupCallEpoch": 1703759355,
        "representativeUpdated": 1703759346000,
        "peerStatus": None,
    }


def _call(
    call: SimulatedCall, extension: Extension, word: str, zone: ZoneInfo, answered_at: int
) -> Fields:
    customer = national(call.customer or "Anonymous")
    numbers = _numbers(call, customer)
    started = epoch(call.started_at, zone)
    if call.queue:
        numbers["queueID"] = 1234567
    return {
        "callStarted": started,
        "calldurationinterval": started,
        "callAnswered": answered_at,
        "answered": int(answered_at > 0),
        "callername": call.queue or customer,
        "callerphone": customer,
        "outgoingcallername": "",
        "callstatus": word,
        "customdata": dict(call.variables),
        "ivrid": call_id(call, zone),
        "recording": {
            "Filename": f"{call_id(call, zone)}.mp3",
            "Options": "",
            "ApproximateURL": "",
            "IsMuted": 0,
        },
        "relatedIvrUniqueIDs": [],
        "callType": numbers["direction"],
        "channel": f"SIP/{extension.code}-00000001",
        "channel2": "SIP/Proxy-00000002",
        "isSpyed": False,
        "isInternal": False,
        "ip": "192.0.2.72",
        "blcServerID": 1,
    } | numbers


def _numbers(call: SimulatedCall, customer: str) -> Fields:
    if not is_incoming(call):
        return {"direction": "Outgoing", "did": "", "outgoingcallerphone": national(call.did)}
    did = national(call.did)
    numbers: Fields = {
        "direction": "Incoming",
        "did": did,
        "outgoingcallerphone": "",
        "originalCallerID": customer,
        "actualDialedNumber": did,
    }
    if call.customer_name:
        numbers["originalCallerName"] = call.customer_name
    return numbers


def _waiting(call: SimulatedCall, reason: str, zone: ZoneInfo) -> Event:
    joined = epoch(call.started_at, zone)
    waits = {
        "CallerID": national(call.customer or "Anonymous"),
        "CallerName": call.queue,
        "IvrUniqueID": call_id(call, zone),
        "JoinTimeStamp": joined,
        "calldurationinterval": joined,
        "ivrid": call_id(call, zone),
        "isDistributedQueue": False,
        "customdata": {},
    }
    next_one = waits | {
        "CallerID": "0501234568",
        "IvrUniqueID": "another call",
        "ivrid": "another call",
    }
    calls = [next_one]
    if reason == "JOIN":
        calls = [waits, next_one]
    data = {
        "QueueID": 1234567,
        "QueueName": call.queue,
        "UserID": 7654321,
        "DistributorID": 640,
        "IsDistributedQueue": False,
        "Calls": calls,
    }
    now = call.started_at
    if reason == "EXIT":
        data["AnsweredAgent"] = call.takes_it.person
        now += _rang(call)
    envelope: Fields = {"data": data, "eventName": "queue", "reason": reason}
    return "QueueEvent", envelope | _times(now, zone) | {"ivruniqueid": call_id(call, zone)}
