"""Blacklist: numbers that no call goes out to.

Source: Voicenter, "Blacklist API": `AddBlackList`, `RemoveBulkFromBlacklist`.
Shape: one answer for the request and one for each number in it. Numbers come back as `972…`,
whatever was sent.
Raises: PbxUnavailable when the request's own `ErrorCode` is not 0.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadtracker import phone
from leadtracker.domain import Account, Json
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.voicenter import api


def add(account: Account, phones: Mapping[str, str]) -> api.Request:
    """Numbers and the names of those they belong to, which may be empty."""
    rows = [{"Phone": number, "Name": name} for number, name in phones.items()]
    sent = [{key: value for key, value in row.items() if value} for row in rows]
    return _request(account, "blacklist_add_url", sent)


def remove(account: Account, phones: list[str]) -> api.Request:
    return _request(account, "blacklist_remove_url", [{"Phone": number} for number in phones])


def read(answer: Json, account: Account) -> dict[str, str]:
    """Why each number was not taken; empty when it was taken.

    Numbers are E.164, or as received when they are none.
    """
    said = FieldReader(answer)
    api.demand(account, said.text("ErrorCode"), said.text("ErrorMessage"))
    outcomes = {}
    for row in map(FieldReader, said.objects("Phones")):
        number = row.text("Phone")
        why = ""
        if row.text("ErrorCode") != "0":
            why = api.message(account, row.text("ErrorMessage")) or "an error"
        outcomes[phone.heard(number, account.country) or number] = why
    return outcomes


def _request(account: Account, name: str, rows: list[dict[str, str]]) -> api.Request:
    code = api.code(account)
    query = api.pairs({"code": code, "phones": [row["Phone"] for row in rows]})
    return api.Request(api.address(account, name), {"Code": code, "Phones": rows}, query)
