"""Extension list: the telephones of an account.

Source: Voicenter, "Organizational Extension List API".
Raises: PbxUnavailable when `ERR` is not 0, and when the list is empty: so a wrong code is answered.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadtracker.domain import Account, Json
from leadtracker.errors import PbxUnavailable
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.voicenter import api


@dataclass(frozen=True, slots=True)
class Extension:
    sip: str
    name: str
    speed_dial: str
    account_id: int | None  # of the department it belongs to
    account_name: str
    user_name: str
    user_email: str


def request(account: Account, *, whole_organization: bool) -> api.Request:
    """Of the whole organization, or of the department that the code belongs to."""
    fields = {"code": api.code(account), "showAll": int(whole_organization)}
    return api.Request(api.address(account, "extension_list_url"), fields, api.pairs(fields))


def read(answer: Json, account: Account) -> tuple[Extension, ...]:
    said = FieldReader(answer)
    api.demand(account, said.text("ERR"), said.text("DESC"))
    rows = [FieldReader(row) for row in said.objects("EXTENSIONS")]
    if not rows:
        raise PbxUnavailable("The extension list is empty, as it is for a wrong code.")
    return tuple(
        Extension(
            sip=row.text("SIP"),
            name=row.text("Name"),
            speed_dial=row.text("SpeedDial"),
            account_id=row.whole("AccountID"),
            account_name=row.text("AccountName"),
            user_name=row.text("UserName"),
            user_email=row.text("UserEmail"),
        )
        for row in rows
    )
