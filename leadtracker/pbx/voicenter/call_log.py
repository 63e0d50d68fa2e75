"""Call Log: the account's records of its calls, for those whose CDR never came.

Source: Voicenter, "Call Log API". Records appear minutes after the call. At most 30 questions a
minute are answered.
Shape: each record says what a CDR notification says, under other names and in any case.
Units: `Date` is UTC, unlike the `time` of a CDR. `Duration` is the talk, without the waiting in a
queue.
Raises: PbxUnavailable when `ERROR_NUMBER` is not 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from leadtracker.domain import Account, Cdr, Json
from leadtracker.errors import BadPayload, PbxUnavailable
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.voicenter import api, cdr_notification, codes

NAMES = {  # of a record -> of a CDR notification
    "CallerNumber": "caller",
    "TargetNumber": "target",
    "Duration": "actualCallDuration",
    "CallID": "ivruniqueid",
    "CustomData": "CustomData",
    "Type": "type",
    "DialStatus": "status",
    "TargetExtension": "targetextension",
    "CallerExtension": "callerextension",
    "DID": "did",
    "QueueName": "queuename",
    "RecordURL": "record",
    "Price": "price",
    "RingTime": "dialtime",
    "RepresentativeName": "representative_name",
    "RepresentativeCode": "representative_code",
    "DTMFData": "IVR",
    "DepartmentName": "DepartmentName",
    "DepartmentId": "DepartmentID",
    "TargetPrefixName": "target_country",
}
FIELDS = (*NAMES, "Date", "CdrType")
SORTED = ({"field": "date", "order": "desc"},)


@dataclass(frozen=True, slots=True)
class Records:
    """`total` are found, fewer may be handed out: then a shorter time must be asked for."""

    total: int
    cdrs: tuple[Cdr, ...]
    whole: bool


def request(
    account: Account,
    since: datetime,
    until: datetime,
    criteria: Json,
    fields: Sequence[str] = FIELDS,
    sort: Sequence[Json] = SORTED,
) -> api.Request:
    """`criteria`: phones, extensions, IdentityCriteria, callID, cdrTypes, campaignID, queueID."""
    search = {"fromdate": _gmt(since), "todate": _gmt(until), **criteria}
    body: Json = {"search": search, "sort": list(sort)}
    if fields:
        body["fields"] = list(fields)
    address = api.address(account, "call_log_url")
    if token := str(account.options.get("call_log_token", "")):
        return api.Request(address, body, bearer=token)
    proof: Json = {"code": api.code(account)}
    query = api.pairs(proof | search | {"fields": list(fields)})
    return api.Request(address, proof | body, query)


def read(answer: Json, account: Account) -> Records:
    said = FieldReader(answer)
    api.demand(account, said.text("ERROR_NUMBER"), said.text("ERROR_DESCRIPTION"))
    total, returned = (said.whole(name) or 0 for name in ("TOTAL_HITS", "RETURN_HITS"))
    cdrs = tuple(_cdr(FieldReader(row), account) for row in said.objects("CDR_LIST"))
    return Records(total, cdrs, whole=returned >= total)


def _cdr(row: FieldReader, account: Account) -> Cdr:
    """Read as the CDR notification that it would have been; `Date` itself gives the moment."""
    date = row.text("Date")
    moment = _moment(date)
    known = {
        cdr_name: value for name, cdr_name in NAMES.items() if (value := row.take(name)) is not None
    }
    number = row.whole("CdrType")
    if not known.get("type"):
        known["type"] = next((kind.name for kind in codes.CALL_TYPES if kind.code == number), "")
    known["time"] = int(moment.timestamp())
    try:
        cdr = cdr_notification.read(known, account, moment)
    except BadPayload as fault:
        raise PbxUnavailable(f"A record of the Call Log cannot be read: {fault}") from None
    duration = (row.seconds("Duration") or 0) + cdr.wait_seconds
    extra = cdr.extra | row.left()
    return dataclasses.replace(
        cdr, started_at=moment, started_raw=date, duration_seconds=duration, extra=extra
    )


def _moment(text: str) -> datetime:
    """GMT, also where no zone is written."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PbxUnavailable(f"A record of the Call Log has the date {text[:40]!r}.") from None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def _gmt(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
