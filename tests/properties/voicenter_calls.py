"""Calls as Voicenter reports them, each notification in any of the ways that it may be written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import requests
from hypothesis import strategies as st

from leadtracker.pbx.simulated_call import Ending, Extension, Kind, SimulatedCall
from leadtracker.pbx.voicenter.simulator.account import SimulatedVoicenter
from leadtracker.pbx.voicenter.simulator.cdr import CdrFormat, cdrs, written
from leadtracker.pbx.voicenter.simulator.events import of_call

ISRAEL = ZoneInfo("Asia/Jerusalem")
STAFF = (Extension("KGpK4iWq", "Walter"), Extension("SIPSIP", "Lois"), Extension("SIP3", "דנה"))


@dataclass(frozen=True)
class Sent:
    """One request of the PBX."""

    family: str  # screen-pop, cdr or real-time
    method: str
    content_type: str
    query: str
    body: bytes


@st.composite
def calls(draw: st.DrawFn, did: str = "+972722776772") -> SimulatedCall:
    kind = draw(st.sampled_from([Kind.INCOMING, Kind.INCOMING, Kind.OUTGOING, Kind.CLICK_TO_CALL]))
    ending = draw(st.sampled_from(Ending)) if kind is Kind.INCOMING else Ending.ANSWERED
    in_queue = kind is Kind.INCOMING and draw(st.booleans())
    return SimulatedCall(
        kind=kind,
        ending=ending,
        did=did,
        customer=draw(st.sampled_from(["+972501234567", "+972541112233", "+40721234567"])),
        started_at=datetime.now(UTC).replace(microsecond=0),
        extensions=tuple(
            draw(st.lists(st.sampled_from(STAFF), min_size=1, max_size=3, unique=True))
        ),
        queue="מכירות" if in_queue else "",
        wait_seconds=draw(st.integers(0, 90)) if in_queue else 0,
        pressed=tuple(draw(st.lists(st.integers(0, 9), max_size=3))) if in_queue else (),
        customer_name=draw(st.sampled_from(["", "Dana & דנה <1>"])),
        ring_seconds=draw(st.integers(1, 40)),
        talk_seconds=draw(st.integers(1, 4000)) if ending is Ending.ANSWERED else 0,
    )


def pops(call: SimulatedCall) -> list[Sent]:
    """Ringing at each extension, answered at one, the end at each; in JSON,
    with everything there is to say."""
    with requests.Session() as unused:
        pbx = SimulatedVoicenter("", "", unused)
        incoming = call.kind is Kind.INCOMING
        said = [
            pbx.pop(call, extension, "Ringing" if incoming else "Dialing")
            for extension in call.extensions
        ]
        if call.answered:
            said.append(pbx.pop(call, call.takes_it, "Talking"))
        said += [
            pbx.pop(call, extension, "Talking", cause="Normal hangup")
            for extension in call.extensions
        ]
    return [
        Sent("screen-pop", "POST", "application/json", "", json.dumps(one).encode()) for one in said
    ]


def short_pops(call: SimulatedCall) -> list[Sent]:
    """The same as GET and as form, which say less."""
    found = []
    for one in pops(call):
        said = json.loads(one.body)
        short = urlencode(
            {key: said[key] for key in ("phone", "ivrid", "extenUser", "did")}
            | {"status": said["status"]}
        )
        found.append(Sent("screen-pop", "GET", "", short, b""))
        found.append(
            Sent("screen-pop", "POST", "application/x-www-form-urlencoded", "", short.encode())
        )
    return found


def events(call: SimulatedCall) -> list[Sent]:
    """Of every extension, of the queue, of each leg; as socket.io has them."""
    said = of_call(call, ISRAEL)
    return [
        Sent("real-time", "POST", "application/json", "", json.dumps(pair).encode())
        for pair in said
    ]


def records(call: SimulatedCall, formats: Iterable[CdrFormat]) -> list[Sent]:
    """The CDR of each leg, in the formats given for the first, the second and so on."""
    found = cdrs(call, ISRAEL, "https://cpanel.voicenter.co.il/", newer_fields=True)
    sent = []
    for record, cdr_format in zip(found, formats, strict=False):
        body, content_type = written(record, cdr_format)
        sent.append(Sent("cdr", "POST", content_type, "", body))
    return sent


def in_every_format(call: SimulatedCall) -> list[Sent]:
    return [sent for cdr_format in CdrFormat for sent in records(call, repeat(cdr_format))]
