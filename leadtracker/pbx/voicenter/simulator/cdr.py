"""The CDRs of a simulated call, written from its documents, not our parsers.

Source: Voicenter, "CDR Notification System API"; keys and types as its JSON examples print them.
"""

from __future__ import annotations

import calendar
import enum
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from leadtracker.pbx.simulated_call import Ending, Kind, SimulatedCall

Fields = dict[str, Any]

IVR = ((1234, "Main IVR", 0), (4321, "Sales Department", 2), (4322, "Opening hours", 3))
DEPARTMENT = {"DepartmentID": 12345678, "DepartmentName": "Sales"}
STATUSES = {
    Ending.ANSWERED: "ANSWER",
    Ending.MISSED: "NOANSWER",
    Ending.BUSY: "BUSY",
    Ending.ABANDONED: "ABANDONE",
    Ending.VOICEMAIL: "VOICEMAIL",
}
XML_TYPES = {str: "string", int: "i4", float: "double", bool: "boolean"}


class CdrFormat(enum.StrEnum):
    JSON = "json"
    FORM = "form"
    XML_RPC = "xml-rpc"


def cdrs(
    call: SimulatedCall, zone: ZoneInfo, recordings_url: str, *, newer_fields: bool
) -> list[Fields]:
    """One for each leg; `newer_fields` adds those that newer accounts send and no document has."""
    if call.kind == Kind.CLICK_TO_CALL:
        legs = [_agent_leg(call), _customer_leg(call)]
    elif call.kind == Kind.OUTGOING:
        legs = [_outgoing(call)]
    else:
        legs = [_incoming(call, zone)]
    if newer_fields and len(legs) == 1:
        legs[0] |= _newer(call)
    records = [_every_field(call, zone, recordings_url) | leg for leg in legs]
    for record in records:
        if record["type"] == "Click2Call leg1":
            record["record"] = ""  # the talk, and so its recording, is leg 2's
        if call.campaign:
            record["type"] = record["type"].replace("Click2Call leg", "ProductiveCall Leg")
            record |= {"campaignName": "Call back", "campaignCode": call.campaign}
    return records


def call_id(call: SimulatedCall, zone: ZoneInfo) -> str:
    return f"{call.started_at.astimezone(zone):%Y%m%d%H%M%S}{call.serial}"


def epoch(moment: datetime, zone: ZoneInfo) -> int:
    """The account's wall clock counted as if it were UTC."""
    return calendar.timegm(moment.astimezone(zone).timetuple())


def national(e164: str) -> str:
    if e164.startswith("+972"):
        return f"0{e164[4:]}"
    return e164.lstrip("+")


def written(record: Mapping[str, Any], how: CdrFormat) -> tuple[bytes, str]:
    """A CDR as a body and its content type.

    Nested values become JSON text where the format cannot nest.
    """
    if how == CdrFormat.JSON:
        return json.dumps(record).encode(), "application/json"
    flat = {key: _flat(value) for key, value in record.items()}
    if how == CdrFormat.FORM:
        return urlencode(flat).encode(), "application/x-www-form-urlencoded"
    members = "".join(_member(name, value) for name, value in flat.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<methodCall><methodName>cdr</methodName>'
        f"<params><param><value><struct>{members}</struct></value></param></params></methodCall>"
    ).encode(), "text/xml"


def _flat(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return value


def _every_field(call: SimulatedCall, zone: ZoneInfo, recordings_url: str) -> Fields:
    """The fields that all JSON examples have."""
    recording = ""
    if call.ending in (Ending.ANSWERED, Ending.VOICEMAIL):
        recording = f"{recordings_url}{call_id(call, zone)}-aws.mp3"
    return {
        "caller": "",
        "target": "",
        "time": epoch(call.started_at, zone),
        "duration": call.talk_seconds,
        "ivruniqueid": call_id(call, zone),
        "type": "",
        "status": STATUSES[call.ending],
        "targetextension": "",
        "callerextension": "",
        "did": "",
        "queueid": 0,
        "queuename": "",
        "record": recording,
        "price": 0,
        "dialtime": call.ring_seconds,
        "representative_name": call.takes_it.person,
        "representative_code": "12345679",
        "targetextension_name": "",
        "callerextension_name": "",
        "target_country": "",
        "caller_country": "",
    }


def _incoming(call: SimulatedCall, zone: ZoneInfo) -> Fields:
    leg: Fields = {
        "caller": national(call.customer or "Anonymous"),
        "type": "Incoming Call",
        "did": national(call.did),
        "caller_country": "",
    }
    if call.customer:
        leg["caller_country"] = "Israel"
    if call.queue:
        leg["type"] = "Queue"
        leg["duration"] = call.talk_seconds + call.wait_seconds  # in a queue the waiting counts
        leg["queueid"] = 123456789
        leg["queuename"] = call.queue
        leg["seconds_waiting_in_queue"] = call.wait_seconds
    elif call.answered:
        leg["target"] = leg["targetextension"] = call.takes_it.code
        leg["targetextension_name"] = call.takes_it.person
    if call.original:
        leg["type"] = "XferCDR"
        leg["OriginalIvrUniqueID"] = call_id(call.original, zone)
    if call.ending == Ending.VOICEMAIL:
        leg["type"] = "VoiceMail"
    if call.pressed:
        leg["IVR"] = [
            {
                "layer_id": layer,
                "layer_name": name,
                "layer_number": number,
                "Dtmf": key,
                "dtmf_order": order,
            }
            for order, (key, (layer, name, number)) in enumerate(
                zip(call.pressed, IVR, strict=False), start=1
            )
        ]
    return leg


def _outgoing(call: SimulatedCall) -> Fields:
    return {
        "caller": national(call.did),
        "target": national(call.customer or ""),
        "type": "Extension Outgoing",
        "callerextension": call.takes_it.code,
        "callerextension_name": call.takes_it.person,
        "target_country": "Israel",
        "price": _price(call),
        **DEPARTMENT,
        "TopDepartmentID": 87654321,
        "TopDepartmentName": "Voicenter Account",
    }


def _agent_leg(call: SimulatedCall) -> Fields:
    leg: Fields = {
        "caller": national(call.did),
        "target": call.takes_it.code,
        "type": "Click2Call leg1",
        "status": _agent_status(call),
        "targetextension": call.takes_it.code,
        "targetextension_name": call.takes_it.person,
        "dialtime": 2,
        **DEPARTMENT,
    }
    if call.variables:
        leg["CustomData"] = dict(call.variables)
    return leg


def _customer_leg(call: SimulatedCall) -> Fields:
    """Not dialed when the agent did not answer; the first leg says why."""
    leg: Fields = {
        "caller": national(call.did),
        "target": (call.customer or "").lstrip("+"),
        "type": "Click2Call leg2",
        "callerextension": call.takes_it.code,
        "callerextension_name": call.takes_it.person,
        "target_country": "Israel",
        "price": _price(call),
        **DEPARTMENT,
        "leg1DialStatusName": _agent_status(call),
        "CustomData": dict(call.variables) or {"var_clientID": f"CRM-{call.serial[:4]}"},
    }
    if not call.agent_answers:
        leg |= {"status": "NOTCALLED", "dialtime": 0}
    return leg


def _agent_status(call: SimulatedCall) -> str:
    if call.agent_answers:
        return "ANSWER"
    return "NOANSWER"


def _newer(call: SimulatedCall) -> Fields:
    direction, took_part = "incoming", ""
    if call.kind == Kind.OUTGOING:
        direction = "outgoing"
    if call.answered:
        took_part = call.takes_it.code
    return {
        "direction": direction,
        "extenUser": took_part,
        "callerPhone": national(call.customer or "Anonymous"),
        "isAnswer": int(call.answered),
        "actualCallDuration": call.talk_seconds,
        "actualCallDialtime": call.ring_seconds,
    }


def _price(call: SimulatedCall) -> int:
    """Agorot."""
    return call.talk_seconds * 10 // 60


def _member(name: str, value: object) -> str:
    kind = XML_TYPES[type(value)]
    if name == "time":
        kind = "i8"
    content = f"<{kind}>{escape(str(value))}</{kind}>"
    return f"<member><name>{escape(name)}</name><value>{content}</value></member>"
