"""Headers are kept; and a made-up vendor signs its notifications and is answered in XML."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from leadtracker.calls.reading import read_inbox
from leadtracker.domain import Account, Caller, Json, Phase, ScreenPop
from leadtracker.errors import NotAllowed
from leadtracker.pbx import VENDORS
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.vendor import (
    Fields,
    Headers,
    HttpAnswer,
    Receipt,
    RecordFamily,
    ScreenPopFamily,
    Vendor,
    WireFormat,
)
from leadtracker.records.inbox import read_again
from leadtracker.records.tables import CallRow, InboxRow
from leadtracker.web.stores import Stores
from leadtracker.who_called.knowledge import Knowledges

ADDRESS = "/pbx/pbx/secret-of-the-pbx-account"
KEY = b"the key that signs"


def verify(account: Account, headers: Headers, body: bytes) -> None:
    signature = hmac.new(KEY, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(headers.get("x-signature", ""), signature):
        raise NotAllowed(f"the signature of a notification of {account.key} is wrong")


def ring(fields: Fields, account: Account, received: datetime) -> ScreenPop:
    reader = FieldReader(fields)
    caller = reader.number("from", account.country)
    return ScreenPop(reader.required("id"), Phase.RINGING, caller, None)


def keys(pop: ScreenPop, caller: Caller) -> Json:
    return {"say": caller.name or "nobody"}


def xml(keys: Json) -> HttpAnswer:
    return HttpAnswer(f"<Say>{keys['say']}</Say>".encode(), "text/xml; charset=utf-8", 201)


def acknowledge(written_as: WireFormat, receipt: Receipt, account: Account) -> HttpAnswer:
    return HttpAnswer(receipt.value.encode(), "text/plain", {Receipt.STORED: 202}.get(receipt, 207))


RINGS = ScreenPopFamily(
    name="ring",
    title="Ring",
    place="a page",
    read=ring,
    answer=keys,
    merge=lambda ours, theirs: ours,
    failed=HttpAnswer(b"<Reject/>", "text/xml", 200),
    write=xml,
)
ENDS = RecordFamily(
    name="end",
    title="End",
    place="a page",
    identify=lambda fields: FieldReader(fields).required("id"),
    read=ring,
    acknowledge=acknowledge,
)
MADE_UP = Vendor(name="made-up", title="Made Up", families=(RINGS, ENDS), verify=verify)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account `pbx` is one of a vendor who signs."""
    monkeypatch.setitem(VENDORS, "voicenter", MADE_UP)


def signed(body: bytes) -> dict[str, str]:
    return {"X-Signature": hmac.new(KEY, body, hashlib.sha256).hexdigest()}


def rows(engine: Engine) -> Sequence[InboxRow]:
    with Session(engine) as session:
        return session.scalars(select(InboxRow).order_by(InboxRow.id)).all()


@pytest.mark.parametrize("family", ["ring", "end"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Signature": ""}, {"X-Signature": "0" * 64}, signed(b'{"id": "another"}')],
    ids=["none", "empty", "wrong", "of another body"],
)
def test_what_is_not_signed_is_refused_and_not_kept(
    app: Flask, engine: Engine, made_up: None, family: str, headers: dict[str, str]
) -> None:
    answer = app.test_client().post(f"{ADDRESS}/{family}", data=b'{"id": "c1"}', headers=headers)
    assert answer.status_code == 403
    assert rows(engine) == []


def test_what_is_signed_is_kept_and_answered_in_the_vendors_format(
    app: Flask, engine: Engine, made_up: None
) -> None:
    body = b'{"id": "c1", "from": "0501234567"}'
    answer = app.test_client().post(f"{ADDRESS}/ring", data=body, headers=signed(body))
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.data == b"<Say>nobody</Say>"
    answer = app.test_client().post(f"{ADDRESS}/end", data=body, headers=signed(body))
    assert (answer.status_code, answer.data) == (202, b"stored")
    assert [row.family for row in rows(engine)] == ["ring", "end"]
    assert all(row.headers and row.headers["x-signature"] for row in rows(engine))


def test_what_cannot_be_read_is_answered_in_the_vendors_format(
    app: Flask, engine: Engine, made_up: None
) -> None:
    body = b'{"from": "0501234567"}'
    answer = app.test_client().post(f"{ADDRESS}/ring", data=body, headers=signed(body))
    assert (answer.status_code, answer.data) == (200, b"<Reject/>")
    answer = app.test_client().post(f"{ADDRESS}/end", data=body, headers=signed(body))
    assert (answer.status_code, answer.data) == (207, b"unreadable")
    assert [row.state for row in rows(engine)] == ["broken", "broken"]


POP = b'{"phone": "0501234567", "ivrid": "c1", "did": "0722776772", "status": "Ringing"}'


def send(app: Flask, headers: dict[str, str]) -> None:
    answer = app.test_client().post(
        f"{ADDRESS}/screen-pop", data=POP, content_type="application/json", headers=headers
    )
    assert answer.get_json()["STATUS"] == "OK"


def test_headers_are_kept_but_for_secrets(app: Flask, engine: Engine) -> None:
    send(
        app,
        {
            "X-Event": "ring",
            "Authorization": "Bearer hidden",
            "Cookie": "session=hidden",
            "X-Api-Key": "hidden",
            "X-Original-Uri": f"{ADDRESS}/screen-pop",
        },
    )
    (row,) = rows(engine)
    assert row.headers is not None
    assert row.headers["x-event"] == "ring"
    assert row.headers["content-type"] == "application/json"
    assert "hidden" not in str(row.headers)
    assert "secret-of-the-pbx-account" not in str(row.headers)


def test_copies_that_differ_in_headers_are_copies(app: Flask, engine: Engine) -> None:
    for moment in ("1", "2", "3"):
        send(app, {"X-Timestamp": moment})
    (row,) = rows(engine)
    assert row.copies == 3
    assert row.headers is not None
    assert row.headers["x-timestamp"] == "1"


def test_rows_without_headers_are_read_as_before(
    app: Flask, engine: Engine, stores: Stores
) -> None:
    send(app, {"X-Event": "ring"})
    with Session(engine) as session:
        session.execute(update(InboxRow).values(headers=None))
        session.commit()
        read_again(session, broken_only=False)
        session.commit()
    read_inbox(engine, stores.live, stores.directory, Knowledges())
    (row,) = rows(engine)
    assert (row.state, row.headers) == ("done", None)
    with Session(engine) as session:
        assert session.scalars(select(CallRow.call_id)).all() == ["c1"]
