"""Click2Call: the agent's telephone rings, then the target's; and its end.

Source: Voicenter, "Click2Call API": the table of parameters, the table of errors.
Shape: flat, in JSON or a query. The answer has `ERRORCODE`, `ERRORMESSAGE` and `CALLID`, in XML-RPC
or JSON. Units: dial times and durations are seconds. Truth is the text `true` or `false`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadtracker.domain import Account, Json
from leadtracker.outgoing import Reply
from leadtracker.pbx.dialing import LOGIN, Answer, Dial, Dialed
from leadtracker.pbx.fields import LONGEST_NAME, FieldReader
from leadtracker.pbx.voicenter import api

PARAMETERS: dict[str, type] = {
    "record": bool,
    "phonecallerid": str,
    "phonecallername": str,
    "targetcallerid": str,
    "targetcallername": str,
    "phonemaxdialtime": int,
    "targetmaxdialtime": int,
    "maxduration": int,
    "phoneautoanswer": bool,
    "targetautoanswer": bool,
    "checkphonedevicestate": bool,
    "checktargetdevicestate": bool,
    "language": str,
    "ignoredncstatus": int,
}
KINDS = {bool: "true or false", str: "a text", int: "a whole number above 0"}
SET_BY_US = ("code", "phone", "phonelogincode", "target", "action", "format", "maxduration")
INSTEAD = {"maxduration": ", and set max_seconds"}
TRUNK = "SIPTRUNK"  # stands in an agent's place; no list of extensions has it
DO_NOT_CALL = (1, 2, 3)  # whose "do not call" is ignored: the agent's, the target's, both
MOST_VARIABLES = 10
OWN_VARIABLES = 2  # of them: the request and the visitor
ANSWERS = {
    "0": Answer.ACCEPTED,
    "1": Answer.REFUSED,
    "2": Answer.UNCERTAIN,  # "Application error": nobody says whether the call was begun before it
    "3": Answer.OFFLINE,
    "4": Answer.BLOCKED,
}


def site_faults(options: Mapping[str, Any]) -> tuple[str, ...]:
    """What is wrong with the parameters in a site's table, a sentence each."""
    ours = [name for name in options if name.lower() in SET_BY_US]
    theirs = {name: value for name, value in options.items() if name not in ours}
    told = (
        f"{name!r} is set by Leadtracker; take it out{INSTEAD.get(name.lower(), '')}."
        for name in ours
    )
    return *told, *faults(theirs)


def faults(options: Mapping[str, Any]) -> tuple[str, ...]:
    """What is wrong with parameters that are to be sent, a sentence each."""
    found = []
    variables = [name for name in options if name.startswith("var_")]
    for name, value in options.items():
        kind = PARAMETERS.get(name)
        if name in variables:
            kind = str
        if kind is None:
            found.append(f"{name} is no parameter of Click2Call.")
        elif not _fits(kind, value):
            found.append(f"{name} must be {KINDS[kind]}.")
        elif name == "ignoredncstatus" and value not in DO_NOT_CALL:
            found.append(f"{name} must be 1, 2 or 3.")
    most = MOST_VARIABLES - OWN_VARIABLES
    if len(variables) > most:
        found.append(f"{len(variables)} variables var_…: {most} can be taken beside our own.")
    return tuple(found)


def call(account: Account, dial: Dial) -> api.Request:
    """The call. It ends after `dial.max_seconds`, also where `maxduration` is longer."""
    longest = min(dial.max_seconds, dial.options.get("maxduration", dial.max_seconds))
    variables = {f"var_{name}": value for name, value in dial.variables.items()}
    parameters = {**dial.options, "maxduration": longest, **variables}
    return request(account, "call", dial.agent, dial.target.lstrip("+"), parameters)


def terminate(account: Account, agent: str) -> api.Request:
    return request(account, "terminate", agent, "", {})


def read(reply: Reply, account: Account) -> Dialed:
    """What became of it. After an answer that no document names, a telephone may be ringing."""
    fields = api.opened(reply)
    if fields is None or reply.status != 200:
        return api.unopened(reply)
    said = FieldReader(fields)
    answer = ANSWERS.get(said.text("ERRORCODE"), Answer.UNCERTAIN)
    return Dialed(
        answer, said.text("CALLID")[:LONGEST_NAME], api.message(account, said.text("ERRORMESSAGE"))
    )


def request(
    account: Account, action: str, agent: str, target: str, parameters: Mapping[str, Any]
) -> api.Request:
    """`target` is written as Voicenter takes it: digits with the country's prefix."""
    fields: Json = {"phone": agent}
    if agent.startswith(LOGIN):
        fields = {"phone": "logincode", "phonelogincode": agent.removeprefix(LOGIN)}
    if target:
        fields["target"] = target
    fields |= {"code": api.code(account), "action": action}
    if account.options.get("click_to_call_format") != "xml":  # the format where none is named
        fields["format"] = "json"
    fields |= {name: _written(value) for name, value in parameters.items()}
    return api.Request(api.address(account, "click_to_call_url"), fields, api.pairs(fields))


def _written(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return value


def _fits(kind: type, value: object) -> bool:
    """True is no number here, though Python counts it as one."""
    if kind is int:
        return isinstance(value, int) and value is not True and value > 0
    return isinstance(value, kind) and value != ""
