"""Caller data: the PBX asks who is calling and gets nine keys.

Source: While1 Voice wiki, "Caller Data Retrieval via Webservice".
Shape: GET with `telephone`, `dnid` and our `token`. There is no call id and no state: the PBX asks
before it puts the call through. The answer has the same nine keys whether the caller is known or
not; for an unknown caller all are null.
Raises: BadPayload when `telephone` is missing; an empty one is a withheld number.
"""

from __future__ import annotations

from datetime import datetime

from leadtracker.domain import Account, Caller, Json, Phase, ScreenPop
from leadtracker.errors import BadPayload
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.vendor import Fields, ScreenPopFamily, json_answer

KEYS = (
    "id",
    "name",
    "queue_position",
    "direct_line",
    "backend_link",
    "route_identifier",
    "outbound_number",
    "language",
    "external_id",
)


def read(fields: Fields, account: Account, received: datetime) -> ScreenPop:
    reader = FieldReader(fields)
    if reader.raw("telephone") is None:
        raise BadPayload("The parameter telephone is missing: nothing says who is calling.")
    return ScreenPop(
        call_id=None,
        phase=Phase.RINGING,
        caller=reader.number("telephone", account.country),
        did=reader.number("dnid", account.country),
    )


def answer(pop: ScreenPop, caller: Caller) -> Json:
    nobody: Json = dict.fromkeys(KEYS)
    if caller.visitor_id is None:
        return nobody
    return nobody | {
        "id": caller.visitor_id,
        "name": caller.name or caller.company or None,
        "backend_link": caller.url or None,
    }


def merge(ours: Json, theirs: Json) -> Json:
    """The CRM's values where it has any. It may also say where the call goes."""
    return ours | {name: theirs[name] for name in KEYS if theirs.get(name) is not None}


CALLER_DATA = ScreenPopFamily(
    name="caller-data",
    title="Caller data",
    place="Edit Project → API URL",
    read=read,
    answer=answer,
    merge=merge,
    failed=json_answer(dict.fromkeys(KEYS), 400),
    secret_in_query=True,
)
