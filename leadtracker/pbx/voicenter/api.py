"""Voicenter's services: where they are, how we write and send a request and open its answer.

Source: Voicenter, "API", all chapters. Each service takes a POST with JSON, or a GET with the same
in the query.
Account options: `code` (the secret), an address of `ADDRESSES`, `click_to_call_method` (`json`, or
`get`, which puts the code into addresses).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson
import requests

from leadtracker.domain import Account, Json
from leadtracker.errors import BadPayload, PbxUnavailable
from leadtracker.outgoing import Fate, Reply, Sender
from leadtracker.pbx import wire
from leadtracker.pbx.dialing import Answer, Dialed
from leadtracker.pbx.vendor import WireFormat

ADDRESSES = {
    "click_to_call_url": "https://api.voicenter.com/ForwardDialer/click2call.aspx",
    "active_calls_url": "https://monapisec.voicenter.co.il/comet/API/GetExtensionsCalls",
    "waiting_calls_url": "https://monapisec.voicenter.co.il/comet/API/GetQueuesCallers",
    "extension_list_url": "https://monitor.voicenter.co.il/Comet/api/GetExtensions",
    "dialer_url": "https://api.voicenter.com/ForwardDialer/Dialer/",
    "blacklist_add_url": "https://api.voicenter.com/Blacklist/AddBlackList",
    "blacklist_remove_url": "https://api.voicenter.com/Blacklist/RemoveBulkFromBlacklist",
    "call_log_url": "https://api.voicenter.com/hub/cdr/",
}
# Options that hold secrets, beside the code.
SECRETS = ("call_log_token", "real_time_token", "real_time_password", "real_time_pin")
REFUSALS = (401, 403)  # our address is not listed, or the code is wrong
LONGEST_MESSAGE = 200

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A question in both of its forms; `query` is None where no document has one.

    Its repr holds no secret.
    """

    url: str
    fields: Json | list[Json] = field(repr=False)
    query: Pairs | None = field(default=None, repr=False)
    bearer: str = field(default="", repr=False)

    def json(self) -> requests.Request:
        headers = {"Content-Type": "application/json", "Accept": "*/*"}
        if self.bearer:
            headers["Authorization"] = f"Bearer {self.bearer}"
        return requests.Request("POST", self.url, headers=headers, data=orjson.dumps(self.fields))

    def get(self) -> requests.Request:
        query = urlencode(self.query or (), quote_via=quote, safe=":")
        return requests.Request("GET", f"{self.url}?{query}")


def address(account: Account, name: str) -> str:
    return str(account.options.get(name) or ADDRESSES[name])


def code(account: Account) -> str:
    return str(account.options.get("code", ""))


def pairs(fields: Mapping[str, Any]) -> Pairs:
    """Fields as a query has them: a list repeats its key."""
    return tuple((name, str(one)) for name, value in fields.items() for one in _each(value))


def _each(value: object) -> list[object]:
    if isinstance(value, list | tuple):
        return list(value)
    return [value]


def send(sender: Sender, account: Account, request: Request) -> Reply:
    if account.options.get("click_to_call_method") == "get" and request.query is not None:
        return sender.send(request.get())
    return sender.send(request.json())


def ask(sender: Sender, account: Account, request: Request) -> Json:
    """The fields of the answer, whatever its HTTP status. Raises PbxUnavailable without any."""
    host = urlsplit(request.url).hostname
    reply = send(sender, account, request)
    if reply.fate is not Fate.ANSWERED:
        raise PbxUnavailable(f"{host}: {reply.fault}.")
    fields = opened(reply)
    if fields is None:
        raise PbxUnavailable(f"{host}: {_why_unopened(reply)} (HTTP {reply.status}).")
    return fields


def opened(reply: Reply) -> Json | None:
    """The fields of an answer in JSON or XML, None when it is neither."""
    try:
        written_as, fields = wire.read("POST", "", b"", reply.content)
    except BadPayload:
        return None
    if written_as is WireFormat.FORM:
        return None
    return fields


def unopened(reply: Reply) -> Dialed:
    """What we know of a call whose answer has no fields.

    It may have begun, unless there is a proof that it did not.
    """
    why = f"HTTP {reply.status}: {_why_unopened(reply)}"
    if reply.fate is Fate.NOT_SENT:
        return Dialed(Answer.UNREACHED, message=reply.fault)
    if reply.status in REFUSALS:
        return Dialed(Answer.UNAUTHORIZED, message=why)
    return Dialed(Answer.UNCERTAIN, message=reply.fault or why)


def _why_unopened(reply: Reply) -> str:
    if reply.status in REFUSALS:
        return "our address or code is refused"
    return "the answer cannot be read"


def demand(account: Account, number: str, words: str) -> None:
    """Raises PbxUnavailable with the PBX's words unless its error number is 0."""
    if number != "0":
        said = message(account, words) or "an error"
        raise PbxUnavailable(f"The PBX says: {said} ({number or 'no number'}).")


def message(account: Account, words: str) -> str:
    """What the PBX says, cut, and without the secrets of ours that it may repeat."""
    options = [str(account.options.get(name, "")) for name in SECRETS]
    secrets = [code(account), account.secret, *options]
    for secret in filter(None, secrets):
        words = words.replace(secret, "…")
    return words[:LONGEST_MESSAGE]
