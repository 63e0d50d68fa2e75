"""Dialer: campaigns that call a list of numbers by themselves.

Source: Voicenter, "Dialer API", its methods and their tables of errors. The documents have lost the
name and address of the method that sets up IVR campaigns, so we cannot use it.
Units: `OriginateTime` is seconds since 1970, in GMT where `IsDateLocal` is `false`. Truth is text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadtracker.domain import Account, Json
from leadtracker.outgoing import Reply
from leadtracker.pbx.dialing import Answer, Dial, Dialed
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.voicenter import api

_TARGET = ("Campaign", "Target")
_CALL = (
    *_TARGET,
    "CustomerName",
    "CallerID",
    "Priority",
    "OriginateTime",
    "IsDateLocal",
    "CustomData",
)
METHODS: dict[str, tuple[str, ...]] = {  # the fields it takes; Code besides
    "GetCampaignList": (),
    "GetCampaignDetails": ("Campaign",),
    "GetCampaignPendingCalls": ("Campaign",),
    "StartCampaign": ("Campaign",),
    "StopCampaign": ("Campaign",),
    "ClearCampaignCalls": ("Campaign",),
    "AddCall": (*_CALL, "IgnoreDncStatus"),
    "UpdateCall": _CALL,
    "RemoveCall": _TARGET,
    "GetMembersList": ("Campaign",),
    "AddMember": ("Campaign", "Member"),
    "RemoveMember": ("Campaign", "Member"),
}
IN_A_QUERY = {"Member": "member"}  # spelled so there
BULK = "AddCallsBulk"
LARGEST_BULK = 3_000  # above it no answer says what became of each number
REFUSED = ("1", "2", "-2")  # the campaign's code, no target, no number
"""Errors of a call that was not added. No other number is one of `AddCall`, so nobody knows."""


@dataclass(frozen=True, slots=True)
class Result:
    """`numbers` has (target, error number, words) for each call of a bulk.

    `data` is the answer to a question.
    """

    error: str
    words: str
    data: Any = None
    numbers: tuple[tuple[str, str, str], ...] = ()

    @property
    def done(self) -> bool:
        """Not when the count of members added is negative or that of members removed is 0."""
        if self.error != "0":
            return False
        if not isinstance(self.data, dict):
            return True
        counts = FieldReader(self.data)
        changed = (counts.whole("TotalAdded"), counts.whole("TotalRemoved"))
        return all(count is None or count > 0 for count in changed)


def request(account: Account, method: str, fields: Mapping[str, Any]) -> api.Request:
    """One of `METHODS`. A field that is an object has no form in a query."""
    unknown = [name for name in fields if name not in METHODS[method]]
    if unknown:
        raise ValueError(f"{method} takes no {', '.join(unknown)}")
    body = dict(fields) | _code(account)
    address = api.address(account, "dialer_url") + method
    if any(isinstance(value, dict) for value in body.values()):
        return api.Request(address, body)
    query = api.pairs({IN_A_QUERY.get(name, name): value for name, value in body.items()})
    return api.Request(address, body, query)


def bulk(account: Account, calls: list[Json]) -> api.Request:
    if len(calls) > LARGEST_BULK:
        raise ValueError(f"{len(calls)} calls; at most {LARGEST_BULK} are answered one by one")
    return api.Request(
        api.address(account, "dialer_url") + BULK, [call | _code(account) for call in calls]
    )


def add_call(account: Account, campaign: str, dial: Dial, at: datetime) -> api.Request:
    """The call at that moment, in GMT: local time is unclear in the hour that autumn repeats."""
    fields: Json = {
        "Campaign": campaign,
        "Target": dial.target.lstrip("+"),
        "OriginateTime": int(at.timestamp()),
        "IsDateLocal": "false",
        "CustomData": {f"var_{name}": value for name, value in dial.variables.items()},
    }
    if caller := dial.options.get("targetcallerid"):
        fields["CallerID"] = caller
    return request(account, "AddCall", fields)


def read(answer: Json, account: Account) -> Result:
    said = FieldReader(answer)
    numbers = tuple(
        (row.text("Target"), row.text("ErrorCode"), row.text("Description"))
        for row in map(FieldReader, said.objects("AddResult"))
    )
    return Result(
        said.text("ErrorCode"),
        api.message(account, said.text("Description")),
        said.take("Data"),
        numbers,
    )


def read_added(reply: Reply, account: Account) -> Dialed:
    """What became of `AddCall`. Only its documented errors prove that no call will come of it."""
    fields = api.opened(reply)
    if fields is None or reply.status != 200:
        return api.unopened(reply)
    result = read(fields, account)
    if result.error == "0":
        return Dialed(Answer.ACCEPTED, message=result.words)
    if result.error in REFUSED:
        return Dialed(Answer.REFUSED, message=result.words)
    return Dialed(Answer.UNCERTAIN, message=result.words)


def _code(account: Account) -> Json:
    """Documented for one method and sent by Voicenter's own guide with each."""
    if code := api.code(account):
        return {"Code": code}
    return {}
