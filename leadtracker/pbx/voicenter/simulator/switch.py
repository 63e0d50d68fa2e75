"""A Voicenter that is asked over HTTP: it dials, hangs up, says who is free and logs calls.

Source: Voicenter, "API": Click2Call, Active Calls, Extension List, Dialer (`AddCall`), Blacklist,
Call Log.

| quirk | played as |
| --- | --- |
| no format is named | the answer is XML |
| a wrong code | HTTP 403, an error or an empty list, by the service |
| the Call Log's keys | in small letters |
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from leadtracker.pbx.simulated_call import Extension, SimulatedCall
from leadtracker.pbx.voicenter.simulator.behavior import (
    PLANS,
    Behavior,
    Said,
    click_to_call_answer,
)
from leadtracker.pbx.voicenter.simulator.cdr import Fields, epoch
from leadtracker.pbx.voicenter.simulator.exchange import SimulatedExchange

PATHS = {  # of each address, by the account option that gives it
    "click_to_call_url": "/ForwardDialer/click2call.aspx",
    "active_calls_url": "/comet/API/GetExtensionsCalls",
    "extension_list_url": "/Comet/api/GetExtensions",
    "dialer_url": "/ForwardDialer/Dialer/",
    "blacklist_add_url": "/Blacklist/AddBlackList",
    "blacklist_remove_url": "/Blacklist/RemoveBulkFromBlacklist",
    "call_log_url": "/hub/cdr/",
}
LOGGED_AS = {  # a field of a CDR -> of a record of the Call Log
    "caller": "callernumber",
    "target": "targetnumber",
    "duration": "duration",
    "ivruniqueid": "callid",
    "type": "type",
    "status": "dialstatus",
    "targetextension": "targetextension",
    "callerextension": "callerextension",
    "did": "did",
    "record": "recordurl",
    "price": "price",
    "dialtime": "ringtime",
    "CustomData": "customdata",
}
MOST_VARIABLES = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: the fields of its body or its query; a repeated key is a list."""

    method: str
    path: str
    fields: Fields


@dataclass
class SimulatedSwitch:
    """One account's services. `behaviors` by extension; all others answer."""

    exchange: SimulatedExchange
    code: str
    behaviors: dict[str, Behavior] = field(default_factory=dict)
    late_seconds: float = 3.0
    asked: list[Asked] = field(default_factory=list)
    scheduled: list[Fields] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)
    url: str = ""

    @property
    def options(self) -> dict[str, str]:
        """The account's, so that this switch is asked instead of Voicenter."""
        return {"code": self.code} | {name: self.url + path for name, path in PATHS.items()}

    def answer(self, asked: Asked) -> Said:
        self.asked.append(asked)
        services: dict[str, Callable[[Asked], Said]] = {
            "click_to_call_url": self._click_to_call,
            "active_calls_url": self._active_calls,
            "extension_list_url": self._extension_list,
            "dialer_url": self._dialer,
            "blacklist_add_url": lambda asked: self._blacklist(asked, self.blocked.add),
            "blacklist_remove_url": lambda asked: self._blacklist(asked, self.blocked.discard),
            "call_log_url": self._call_log,
        }
        name = next((name for name, path in PATHS.items() if asked.path.startswith(path)), "")
        if not name:
            return Said(404, b"")
        return services[name](asked)

    def run_campaigns(self, now: datetime) -> None:
        """Begin the scheduled calls whose time has come. The first extension takes them all."""
        due = [call for call in self.scheduled if _originates(call) <= now]
        member = self.exchange.extensions[0]
        plan = PLANS[self.behaviors.get(member.code, Behavior.ANSWERS)]
        for call in due:
            self.scheduled.remove(call)
            self.exchange.begin(
                member, _e164(call["Target"]), call.get("CustomData", {}), plan, call["Campaign"]
            )

    def _click_to_call(self, asked: Asked) -> Said:
        fields = asked.fields
        if fields.get("code") != self.code:
            return Said(403, b"")
        if fault := _fault(fields):
            return click_to_call_answer(fields, 1, fault)
        if fields["action"] == "terminate":
            if self.exchange.hang_up(fields["phone"]):
                return click_to_call_answer(fields, 0, "OK")
            return click_to_call_answer(fields, 1, "No active call")
        wanted = fields["phone"]
        if wanted == "logincode":
            wanted = fields["phonelogincode"]
        extension = next((one for one in self.exchange.extensions if one.code == wanted), None)
        if extension is None:
            return click_to_call_answer(fields, 3, "The representative's extension is offline")
        plan = PLANS[self.behaviors.get(extension.code, Behavior.ANSWERS)]
        call_id = ""
        if plan.steps:
            variables = {
                name: str(value) for name, value in fields.items() if name.startswith("var_")
            }
            call_id = self.exchange.begin(extension, _e164(fields["target"]), variables, plan)
        if plan.late:
            self.exchange.rest(self.late_seconds)
        if plan.instead is not None:
            return plan.instead
        if plan.error[0]:
            return click_to_call_answer(fields, *plan.error)
        return click_to_call_answer(fields, *plan.error, call_id)

    def _active_calls(self, asked: Asked) -> Said:
        if asked.fields.get("code") != self.code:
            return _json({"ERR": 1, "DESC": "Authorization failed.", "EXTENSIONS": []})
        active = self.exchange.active()
        rows = [
            self._desk(2000 + number, extension, active.get(extension.code))
            for number, extension in enumerate(self.exchange.extensions)
        ]
        return _json({"ERR": 0, "DESC": "OK", "EXTENSIONS": rows})

    def _desk(self, user: int, extension: Extension, call: SimulatedCall | None) -> Fields:
        online_user, status = user, 1
        if self.behaviors.get(extension.code) == Behavior.OFFLINE:
            online_user, status = 0, 2
        calls = []
        if call:
            calls.append(self._active_call(call))
        return {
            "name": extension.person,
            "representative": extension.person,
            "username": extension.code,
            "extensionID": user + 1000,
            "userID": user,
            "onlineUserID": online_user,
            "onlineUserStatus": status,
            "calls": calls,
        }

    def _active_call(self, call: SimulatedCall) -> Fields:
        return {
            "callStarted": epoch(call.started_at, self.exchange.pbx.zone),
            "callAnswered": 0,
            "answered": 0,
            "callername": "",
            "callerphone": (call.customer or "").lstrip("+"),
            "callstatus": "Dialing",
            "customdata": dict(call.variables),
            "direction": "Outgoing",
            "ivrid": self.exchange.pbx.call_id(call),
            "recording": {"Filename": "", "IsMuted": 0},
            "did": "",
        }

    def _extension_list(self, asked: Asked) -> Said:
        known = self.exchange.extensions
        if asked.fields.get("code") != self.code:
            known = ()
        rows = [
            {
                "SIP": extension.code,
                "Name": extension.person,
                "SpeedDial": str(number),
                "AccountID": 12345678,
                "AccountName": "Voicenter Account",
                "UserName": extension.person,
                "UserEmail": "",
            }
            for number, extension in enumerate(known, start=11)
        ]
        return _json({"ERR": 0, "DESC": "OK", "EXTENSIONS": rows})

    def _dialer(self, asked: Asked) -> Said:
        if not asked.path.endswith("/AddCall"):
            return Said(404, b"")
        if not asked.fields.get("Campaign"):
            return _json({"ErrorCode": 1, "Description": "Campaign code missing"})
        if not asked.fields.get("Target"):
            return _json({"ErrorCode": 2, "Description": "Target missing"})
        self.scheduled.append(asked.fields)
        return _json({"ErrorCode": 0, "Description": "OK"})

    def _blacklist(self, asked: Asked, change: Callable[[str], None]) -> Said:
        if self.code not in (asked.fields.get("Code"), asked.fields.get("code")):
            return _json({"ErrorCode": 1, "ErrorMessage": "Authorization failed", "Phones": []})
        wanted = asked.fields.get("phones") or [row["Phone"] for row in asked.fields["Phones"]]
        if isinstance(wanted, str):
            wanted = [wanted]
        numbers = [_e164(number).lstrip("+") for number in wanted]
        for number in numbers:
            change(number)
        rows = [{"ErrorCode": 0, "ErrorMessage": "OK", "Phone": number} for number in numbers]
        return _json({"ErrorCode": 0, "ErrorMessage": "OK", "Phones": rows})

    def _call_log(self, asked: Asked) -> Said:
        if asked.fields.get("code") != self.code:
            error = {
                "ERROR_NUMBER": 2,
                "ERROR_DESCRIPTION": "Authorization failed.",
                "STATUS_CODE": 403,
            }
            return _json(error, 403)
        search = asked.fields.get("search", asked.fields)
        rows = [
            {LOGGED_AS[name]: value for name, value in record.items() if name in LOGGED_AS}
            | {"date": f"{began:%Y-%m-%dT%H:%M:%SZ}"}
            for began, record in self.exchange.log()
            if search["fromdate"] <= f"{began:%Y-%m-%dT%H:%M:%S}" <= search["todate"]
            and search.get("callID") in (None, record["ivruniqueid"])
        ]
        hits = {"TOTAL_HITS": len(rows), "RETURN_HITS": len(rows), "CDR_LIST": rows}
        return _json({"ERROR_NUMBER": 0, "ERROR_DESCRIPTION": "OK", "STATUS_CODE": 200} | hits)


@contextmanager
def served(switch: SimulatedSwitch) -> Iterator[SimulatedSwitch]:
    """Answers at `switch.url`, an address of this machine; at the end all of its calls end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = switch.answer(self._asked())
            self.close_connection = not said.status
            if said.status:
                with suppress(ConnectionError):  # whoever asked may have gone
                    self._say(said)

        do_GET = do_POST

        def _say(self, said: Said) -> None:
            self.send_response(said.status)
            self.send_header("Content-Type", said.content_type)
            self.send_header("Content-Length", str(len(said.content)))
            self.end_headers()
            self.wfile.write(said.content)

        def _asked(self) -> Asked:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if body:
                return Asked(self.command, address.path, json.loads(body))
            lists: Fields = dict(parse_qs(address.query, keep_blank_values=True))
            single = {name: values[0] for name, values in lists.items() if len(values) == 1}
            return Asked(self.command, address.path, lists | single)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    switch.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield switch
    finally:
        switch.exchange.close()
        server.shutdown()
        server.server_close()
        thread.join()


def _originates(call: Fields) -> datetime:
    """When a scheduled call is to begin: at once, or at a moment given in GMT."""
    if "OriginateTime" not in call:
        return datetime.min.replace(tzinfo=UTC)
    if str(call["IsDateLocal"]).lower() != "false":
        raise ValueError("local times are not played")
    return datetime.fromtimestamp(call["OriginateTime"], UTC)


def _fault(fields: Fields) -> str:
    needed = ["phone", "target"]
    if fields.get("action") == "terminate":
        needed.remove("target")
    missing = next((name for name in needed if not fields.get(name)), "")
    if missing:
        return f"{missing.capitalize()} is missing"
    if fields.get("action") not in ("call", "terminate"):
        return "Action is missing"
    if sum(name.startswith("var_") for name in fields) > MOST_VARIABLES:
        return "Invalid request parameters"
    return ""


def _json(answer: Fields, status: int = 200) -> Said:
    return Said(status, json.dumps(answer).encode())


def _e164(number: str) -> str:
    """972… or, in Israel, 0…"""
    if number.startswith("0"):
        return f"+972{number[1:]}"
    return f"+{number}"
