"""A While1 that asks for caller data and sends events over HTTP, written from its documents.

Source: While1's wiki, "Caller data webservice" and "Send Events": GET, parameters in the query.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from leadtracker.pbx.simulated_call import Ending, Kind, NotAcknowledged, Shown, SimulatedCall

TIMEOUT_SECONDS = 3.0  # no document names one
FAILURES = {  # the first is the wiki's example, the others are Asterisk's words
    Ending.ABANDONED: "queue_hangup",
    Ending.MISSED: "NOANSWER",
    Ending.VOICEMAIL: "NOANSWER",
    Ending.BUSY: "BUSY",
}


@dataclass(frozen=True, slots=True)
class SimulatedWhile1:
    """One project: the "API URL", and the URL of "Send Events" when one is entered."""

    caller_data_url: str
    http: requests.Session
    events_url: str = ""
    project: int = 1
    _contacts: dict[str, str] = field(default_factory=dict)  # the webservice's id, by call

    def call_id(self, call: SimulatedCall) -> str:
        """Named in events only; the caller-data request has none."""
        return f"{call.started_at.timestamp():.0f}.{int(call.serial[:4], 16)}"

    def ring(self, call: SimulatedCall) -> Shown:
        query = {"telephone": _national(call.customer), "dnid": _national(call.did)}
        said: dict[str, Any] = {}
        with contextlib.suppress(requests.RequestException):
            answer = self._get(self.caller_data_url, query)
            if answer.ok:
                said = answer.json()
        self._contacts[call.serial] = str(said.get("id") or "")
        return Shown(name=said.get("name") or "", url=said.get("backend_link") or "")

    def answer(self, call: SimulatedCall) -> None:
        if call.kind == Kind.OUTGOING:
            self._send_event(call, "dial_answer")
        else:
            self._send_event(call, "queue_answer")

    def hang_up(self, call: SimulatedCall) -> None:
        """While1 sends nothing when a call ends; its last event does."""

    def report(self, call: SimulatedCall) -> None:
        if call.kind == Kind.OUTGOING:
            self._send_event(call, "outgoing_end")
        elif call.answered:
            self._send_event(call, "queue_answer_end")
        else:
            self._send_event(call, "missed_calls")

    def _send_event(self, call: SimulatedCall, event: str) -> None:
        """Raises NotAcknowledged when it is not answered with 200; events are sent once."""
        if not self.events_url:
            return
        try:
            answer = self._get(self.events_url, self.event(call, event))
        except requests.RequestException as fault:
            raise NotAcknowledged(f"{event} got no answer") from fault
        if answer.status_code != 200:
            raise NotAcknowledged(f"{event} was answered with {answer.status_code}")

    def event(self, call: SimulatedCall, event: str) -> dict[str, str]:
        """The parameters of an event; those without a value are sent as empty strings."""
        common = {
            "event": event,
            "project_id": str(self.project),
            "queue": call.queue,
            "telephone": _national(call.customer),
            "dnid": _national(call.did),
            "dnid_identifier": "",
            "contact_id": self._contacts.get(call.serial, ""),
            "uniqueid": self.call_id(call),
        }
        if event == "missed_calls":
            reason = FAILURES.get(call.ending, "")
            return common | {
                "queue_hold_time": str(call.wait_seconds),
                "fail_reason": reason,
                "explain_reason": "",
            }
        direction = "IN"
        if call.kind == Kind.OUTGOING:
            direction = "OUT"
        return common | {"direction": direction, "agent": call.takes_it.code, "remote_number": ""}

    def _get(self, url: str, query: Mapping[str, str]) -> requests.Response:
        address = f"{url}?{urlencode(query)}"
        if "?" in url:
            address = f"{url}&{urlencode(query)}"
        return self.http.get(address, timeout=TIMEOUT_SECONDS)


def _national(e164: str | None) -> str:
    number = e164 or ""
    if number.startswith("+40"):
        return f"0{number[3:]}"
    return number.lstrip("+")
