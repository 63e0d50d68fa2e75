"""A Voicenter that sends screen pops and CDRs over HTTP, written from its documents.

Source: Voicenter, "Pop-up Screen"; keys and types as its examples print them.

| quirk | played as |
| --- | --- |
| epochs | the account's wall clock counted as UTC |
| a hang-up | still says Talking, and names a cause |
| several extensions ring | each sends a screen pop |
| a click-to-call call | two CDRs with one id |
| a CDR not acknowledged with Err 0 | sent again |
"""

from __future__ import annotations

import enum
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

import requests

from leadtracker.pbx.simulated_call import Extension, Kind, NotAcknowledged, Shown, SimulatedCall
from leadtracker.pbx.voicenter.simulator.cdr import (
    CdrFormat,
    Fields,
    call_id,
    cdrs,
    epoch,
    national,
    written,
)

SCREEN_POP_SECONDS = 3.0  # then Voicenter gives up
CDR_SECONDS = 5.0
ISRAEL = ZoneInfo("Asia/Jerusalem")
RESEND_PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)  # the real ones are unknown


class PopFormat(enum.StrEnum):
    GET = "get"
    FORM = "form"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class SimulatedVoicenter:
    """One account: the two URLs entered in CPanel, and the formats chosen there."""

    screen_pop_url: str
    cdr_url: str
    http: requests.Session
    zone: ZoneInfo = ISRAEL
    pop_format: PopFormat = PopFormat.JSON
    cdr_format: CdrFormat = CdrFormat.JSON
    recordings_url: str = "https://cpanel.voicenter.co.il/CallsHistory/PlayRecord/"
    newer_fields: bool = True

    def call_id(self, call: SimulatedCall) -> str:
        return call_id(call, self.zone)

    def ring(self, call: SimulatedCall) -> Shown:
        """Pops at every extension that rings; what the first one's agent sees."""
        word = "Dialing"
        if is_incoming(call):
            word = "Ringing"
        first, *_ = [self._pop(self.pop(call, extension, word)) for extension in call.extensions]
        return Shown(first.get("CLIENTNAME", ""), first.get("COMPANY", ""), first.get("URL", ""))

    def answer(self, call: SimulatedCall) -> None:
        self._pop(self.pop(call, call.takes_it, "Talking"))

    def hang_up(self, call: SimulatedCall) -> None:
        """Every extension stops ringing; those that did not get the call name the reason."""
        for extension in call.extensions:
            self._pop(self.pop(call, extension, "Talking", cause=cause_at(call, extension)))

    def report(self, call: SimulatedCall) -> None:
        for record in cdrs(call, self.zone, self.recordings_url, newer_fields=self.newer_fields):
            self.send_cdr(record)

    def send_cdr(self, record: Fields) -> None:
        """Raises NotAcknowledged after the last attempt."""
        for pause in (*RESEND_PAUSES_SECONDS, None):
            if self._acknowledged(record):
                return
            if pause is not None:
                time.sleep(pause)
        raise NotAcknowledged(f"CDR {record['ivruniqueid']} got no Err 0")

    def pop(
        self, call: SimulatedCall, extension: Extension, word: str, *, cause: str = ""
    ) -> Fields:
        """The JSON body of a screen pop; `cause` makes it that of the hang-up."""
        current = self._current(call, extension, word)
        if cause:
            current["cause"] = cause
        return {
            "phone": current["callerphone"],
            "callerName": current["callername"],
            "ivrid": current["ivrid"],
            "extenUser": extension.code,
            "did": current["did"],
            "status": word,
            "direction": current["direction"],
            "recordFile": current["recording"]["Filename"],
            "isMuted": False,
            "callStarted": current["callStarted"],
            "isAnswered": bool(current["answered"]),
            "callAnswered": current["callAnswered"],
            "currentCall": current,
        }

    def _current(self, call: SimulatedCall, extension: Extension, word: str) -> Fields:
        """`currentCall`."""
        started, answered_at = epoch(call.started_at, self.zone), 0
        if word == "Talking" and call.answered and extension == call.takes_it:
            answered_at = started + call.wait_seconds + call.ring_seconds
        customer = (call.customer or "Anonymous").lstrip("+")
        numbers = _numbers(call)
        direction, did = numbers["direction"], numbers["did"]
        file = f"{self.call_id(call)}-agent-{customer}-{did}.mp3"
        current: Fields = numbers | {
            "callStarted": started,
            "calldurationinterval": started,
            "callAnswered": answered_at,
            "answered": int(answered_at > 0),
            "callername": call.queue or call.customer_name,
            "callerphone": customer,
            "outgoingcallername": "",
            "callstatus": word,
            "customdata": dict(call.variables),
            "ivrid": self.call_id(call),
            "recording": {"Filename": file, "Options": "", "ApproximateURL": "", "IsMuted": 0},
            "relatedIvrUniqueIDs": [],
            "callType": direction,
            "actualDialedNumber": did or customer,
            "channel": f"SIP/{extension.code}-00000007",
            "channel2": "SIP/ProviderProxy05-00000006",
            "isSpyed": False,
            "isInternal": False,
            "ip": "192.0.2.59",
            "extenUser": extension.code,
            "number": 89312,
        }
        if word != "Talking":
            current["blcServerID"] = 225
        return current

    def _pop(self, body: Fields) -> Fields:
        """The receiver's answer; empty when it is late or says anything but OK."""
        try:
            answer = self._send_pop(body)
            said = answer.json()
        except requests.RequestException:
            return {}
        if answer.ok and isinstance(said, dict) and said.get("STATUS") == "OK":
            return said
        return {}

    def _send_pop(self, body: Fields) -> requests.Response:
        short = {key: body[key] for key in ("phone", "ivrid", "extenUser", "did")}
        if self.pop_format == PopFormat.GET:
            return self._get({**short, "statusCall": body["status"]})
        if self.pop_format == PopFormat.JSON:
            return self.http.post(self.screen_pop_url, json=body, timeout=SCREEN_POP_SECONDS)
        form = {**short, "status": body["status"]}
        return self.http.post(self.screen_pop_url, data=form, timeout=SCREEN_POP_SECONDS)

    def _get(self, query: Mapping[str, str]) -> requests.Response:
        url = joined(self.screen_pop_url, urlencode(query))
        return self.http.get(url, timeout=SCREEN_POP_SECONDS)

    def _acknowledged(self, record: Fields) -> bool:
        body, content_type = written(record, self.cdr_format)
        headers = {"Content-Type": content_type}
        try:
            answer = self.http.post(self.cdr_url, data=body, headers=headers, timeout=CDR_SECONDS)
        except requests.RequestException:
            return False
        return answer.status_code == 200 and _says_ok(answer.text, self.cdr_format)


def is_incoming(call: SimulatedCall) -> bool:
    return call.kind in (Kind.INCOMING, Kind.TRANSFERRED)


def cause_at(call: SimulatedCall, extension: Extension) -> str:
    """Why an extension stopped."""
    if call.answered and extension != call.takes_it:
        return "Answered elsewhere"
    return "Normal hangup"


def joined(url: str, query: str) -> str:
    if "?" in url:
        return f"{url}&{query}"
    return f"{url}?{query}"


def _numbers(call: SimulatedCall) -> Fields:
    if not is_incoming(call):
        return {"direction": "Outgoing", "did": "", "outgoingcallerphone": national(call.did)}
    return {
        "direction": "Incoming",
        "did": national(call.did),
        "outgoingcallerphone": "",
        "originalCallerID": national(call.customer or "Anonymous"),
        "originalCallerName": call.customer_name,
    }


def _says_ok(answer: str, how: CdrFormat) -> bool:
    """Err is 0 in the format of the request; some receivers write it in small letters."""
    small = "".join(answer.lower().split())
    if how == CdrFormat.FORM:
        return parse_qs(small).get("err") == ["0"]
    if how == CdrFormat.XML_RPC:
        return any(f"<name>err</name><value><{kind}>0</{kind}>" in small for kind in ("int", "i4"))
    try:
        said = json.loads(small)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("err") == 0
