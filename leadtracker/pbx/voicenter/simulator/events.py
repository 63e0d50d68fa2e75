"""The real-time events of a simulated call, written from the documents, not our readers.

Source: Voicenter, "API", chapter "Real Time API": ExtensionEvent and QueueEvent; keys and types as captured events have
them. Quirks played: a call that waits in a queue, and the customer's leg that rings, are Talking with `answered` 0; a
hang-up keeps the state; the agent's leg has an answer of its own; `callerphone` of a click-to-call is Anonymous.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from leadtracker.pbx.simulated_call import Extension, Kind, SimulatedCall
from leadtracker.pbx.voicenter.simulator.behavior import Step
from leadtracker.pbx.voicenter.simulator.cdr import Fields, call_id, epoch, national

Event = tuple[str, Fields]  # its name and payload, which socket.io sends as a pair
AGENT_TAKES = timedelta(seconds=2)  # as the first leg's CDR says


def of_step(call: SimulatedCall, step: Step, zone: ZoneInfo) -> list[Event]:
    """What is sent when a step of a click-to-call begins."""
    match step:
        case Step.RING:
            return [_leg(call, 1, "NEWCALL", zone)]
        case Step.AGENT_ANSWERS:
            return [_leg(call, 1, "ANSWER", zone), _leg(call, 2, "NEWCALL", zone)]
        case Step.VISITOR_ANSWERS:
            return [_leg(call, 2, "ANSWER", zone)]
        case Step.HANG_UP:
            return [_leg(call, 2 if call.agent_answers else 1, "HANGUP", zone)]
    return []


def of_call(call: SimulatedCall, zone: ZoneInfo) -> list[Event]:
    """All of a call of any kind, in order."""
    if call.kind is Kind.CLICK_TO_CALL:
        steps = [Step.RING, *([Step.AGENT_ANSWERS] if call.agent_answers else [])]
        steps += [*([Step.VISITOR_ANSWERS] if call.answered else []), Step.HANG_UP]
        return [event for step in steps for event in of_step(call, step, zone)]
    events = [_waiting(call, "JOIN", zone)] if call.queue else []
    events += [_event(call, extension, "NEWCALL", zone) for extension in call.extensions]
    if call.answered:
        events.append(_event(call, call.takes_it, "ANSWER", zone))
    if call.queue:
        events.append(_waiting(call, "EXIT" if call.answered else "ABANDONED", zone))
    if call.answered:
        events += [_event(call, call.takes_it, reason, zone) for reason in ("HOLD", "UNHOLD")]
    return events + [_event(call, extension, "HANGUP", zone) for extension in call.extensions]


def status_update(extension: Extension, status: int, now: int) -> Event:
    """An agent's own doing, of no call."""
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
    if leg == 1:
        answers = call.started_at + AGENT_TAKES if reason == "ANSWER" else None
        word = "Talking" if reason == "ANSWER" else "Dialing"
    else:
        rang = timedelta(seconds=call.wait_seconds + call.ring_seconds)
        answers = call.started_at + rang if call.answered and reason != "NEWCALL" else None
        word = "Talking"
    current = _call(call, call.takes_it, word, zone, epoch(answers, zone) if answers else 0)
    current |= {
        "direction": "Click2Call",
        "callType": "Click2Call",
        "callerphone": "Anonymous",
        "c2cdirection": leg,
    }
    return _wrapped(call, call.takes_it, reason, current, zone)


def _event(call: SimulatedCall, extension: Extension, reason: str, zone: ZoneInfo) -> Event:
    outgoing = call.kind is Kind.OUTGOING
    talks = (
        reason in ("ANSWER", "HOLD", "UNHOLD", "HANGUP")
        and call.answered
        and extension == call.takes_it
    )
    rang = timedelta(seconds=call.wait_seconds + call.ring_seconds)
    word = (
        "Hold"
        if reason == "HOLD"
        else "Talking"
        if talks or call.queue
        else "Dialing"
        if outgoing
        else "Ringing"
    )
    current = _call(
        call, extension, word, zone, epoch(call.started_at + rang, zone) if talks else 0
    )
    return _wrapped(call, extension, reason, current, zone)


def _wrapped(
    call: SimulatedCall, extension: Extension, reason: str, current: Fields, zone: ZoneInfo
) -> Event:
    elsewhere = call.answered and extension != call.takes_it
    over = reason == "HANGUP"
    payload: Fields = {
        "data": _extension(extension, [] if over else [current]) | {"currentCall": current},
        "eventName": "extension",
        "reason": reason,
    } | _times(call, zone)
    if over:
        payload |= {
            "callerID": current["callerphone"],
            "ivruniqueid": call_id(call, zone),
            "dialStatus": "",
            "cause": "Answered elsewhere" if elsewhere else "Normal hangup",
        }
    return "ExtensionEvent", payload


def _times(call: SimulatedCall, zone: ZoneInfo) -> Fields:
    began = epoch(call.started_at, zone)
    ahead = call.started_at.astimezone(zone).utcoffset() or timedelta()
    return {
        "servertime": began,
        "servertimeoffset": int(ahead.total_seconds() // 60),
        "telephonyservertime": began,
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
    outgoing = call.kind in (Kind.OUTGOING, Kind.CLICK_TO_CALL)
    customer = national(call.customer) if call.customer else "Anonymous"
    did = "" if outgoing else national(call.did)
    direction = "Outgoing" if outgoing else "Incoming"
    started = epoch(call.started_at, zone)
    more: Fields = {} if outgoing else {"originalCallerID": customer, "actualDialedNumber": did}
    if call.customer_name and not outgoing:
        more["originalCallerName"] = call.customer_name
    if call.queue:
        more["queueID"] = 1234567
    return {
        "callStarted": started,
        "calldurationinterval": started,
        "callAnswered": answered_at,
        "answered": int(answered_at > 0),
        "callername": call.queue or customer,
        "callerphone": customer,
        "outgoingcallername": "",
        "outgoingcallerphone": national(call.did) if outgoing else "",
        "callstatus": word,
        "customdata": dict(call.variables),
        "direction": direction,
        "ivrid": call_id(call, zone),
        "recording": {
            "Filename": f"{call_id(call, zone)}.mp3",
            "Options": "",
            "ApproximateURL": "",
            "IsMuted": 0,
        },
        "did": did,
        "relatedIvrUniqueIDs": [],
        "callType": direction,
        "channel": f"SIP/{extension.code}-00000001",
        "channel2": "SIP/Proxy-00000002",
        "isSpyed": False,
        "isInternal": False,
        "ip": "192.0.2.72",
        "blcServerID": 1,
    } | more


def _waiting(call: SimulatedCall, reason: str, zone: ZoneInfo) -> Event:
    joined = epoch(call.started_at, zone)
    waits = {
        "CallerID": national(call.customer) if call.customer else "Anonymous",
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
    data = {
        "QueueID": 1234567,
        "QueueName": call.queue,
        "UserID": 7654321,
        "DistributorID": 640,
        "IsDistributedQueue": False,
        "Calls": [waits, next_one] if reason == "JOIN" else [next_one],
    }
    if reason == "EXIT":
        data["AnsweredAgent"] = call.takes_it.person
    return "QueueEvent", {"data": data, "eventName": "queue", "reason": reason} | _times(
        call, zone
    ) | {"ivruniqueid": call_id(call, zone)}
