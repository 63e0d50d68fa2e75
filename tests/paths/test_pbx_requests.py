"""What a PBX posts: who is believed, what is kept of it,
and how it is answered when something fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.calls.screen_pop import ScreenPops
from leadtracker.errors import StoreUnavailable
from leadtracker.records.inbox import Inbox
from leadtracker.records.tables import InboxRow
from leadtracker.site_file import save_account
from leadtracker.web.pbx import LONGEST_BODY
from leadtracker.web.stores import Stores
from tests.paths.test_main_road import PBX, cdr, number

SECRET = "secret-of-the-pbx-account"
POP = {
    "phone": "0501234567",
    "ivrid": "c1",
    "extenUser": "SIP1",
    "did": "0722776772",
    "status": "Ringing",
}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def kept(stores: Stores) -> list[InboxRow]:
    with Session(stores.engine) as session:
        return list(session.scalars(select(InboxRow).order_by(InboxRow.id)))


def unavailable(*_: Any, **__: Any) -> Any:
    raise StoreUnavailable("the store does not answer")


@pytest.fixture
def counted(client: FlaskClient) -> Callable[[str, str], float]:
    """How many more notifications of a family had this receipt since the test began."""

    def count(family: str, receipt: str) -> float:
        labels = f'account="pbx",family="{family}",receipt="{receipt}"'
        name = f"leadtracker_notifications_total{{{labels}}} "
        lines = (line for line in client.get("/metrics").text.splitlines() if line.startswith(name))
        return float(next(lines, "0 0").rpartition(" ")[2])

    pairs = [
        (family, receipt)
        for family in ("cdr", "screen-pop")
        for receipt in ("stored", "unreadable", "not stored")
    ]
    before = {pair: count(*pair) for pair in pairs}
    return lambda family, receipt: count(family, receipt) - before[family, receipt]


class TestSecrets:
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            (f"/pbx/pbx/{SECRET}/cdr", 200),
            (f"/pbx/pbx/cdr?token={SECRET}", 200),
            (f"/pbx/pbx/{SECRET}/cdr?token=wrong", 200),
            (f"/pbx/pbx/wrong/cdr?token={SECRET}", 403),
            (f"/pbx/pbx/{SECRET}x/cdr", 403),
            (f"/pbx/pbx/{SECRET[:-1]}/cdr", 403),
            ("/pbx/pbx/cdr?token=", 403),
            ("/pbx/nobody/cdr?token=", 403),
            ("/pbx/nobody/cdr", 403),
            ("/pbx/nobody/cdr?token=%00", 403),
            (f"/pbx/bucharest/{SECRET}/cdr", 403),
            ("/pbx/pbx/%D7%93/cdr", 403),
            (f"/pbx/pbx/{SECRET}/telegram", 404),
        ],
    )
    def test_who_is_believed(
        self, client: FlaskClient, stores: Stores, path: str, status: int
    ) -> None:
        assert client.post(path, json=cdr("0722776772")).status_code == status
        assert len(kept(stores)) == (1 if status == 200 else 0)

    def test_the_secret_is_not_kept_and_all_else_is(
        self, client: FlaskClient, stores: Stores
    ) -> None:
        client.post(
            f"/pbx/pbx/cdr?a=1&token={SECRET}&b=&c=x%20y&a=2",
            data=b"<x>",
            content_type="text/xml; charset=utf-8",
        )
        client.post(f"{PBX}/cdr?a=1&b=&c=x%20y", data=b"y")
        first, second = kept(stores)
        assert (first.query, second.query) == ("a=1&b=&c=x+y&a=2", "a=1&b=&c=x%20y")
        assert (first.method, first.content_type, first.body) == (
            "POST",
            "text/xml; charset=utf-8",
            b"<x>",
        )
        assert (second.content_type, second.body) == ("", b"y")

    def test_a_family_that_is_not_there_is_told_those_that_are(self, client: FlaskClient) -> None:
        told = client.post(f"{PBX}/telegram").get_json()["detail"]
        assert "no notifications named telegram" in told
        for name in ("screen-pop", "cdr"):
            assert name in told

    @pytest.mark.parametrize(
        ("allowed", "address", "status"),
        [
            ([], "203.0.113.9", 200),
            (["203.0.113.9"], "203.0.113.9", 200),
            (["203.0.113.9"], "203.0.113.8", 403),
            (["203.0.113.9/24"], "203.0.113.8", 200),
            (["192.0.2.1", "203.0.113.0/24"], "203.0.114.1", 403),
            (["2001:db8::/32"], "2001:db8::1", 200),
            (["2001:db8::/32"], "203.0.113.9", 403),
            (["0.0.0.0/0"], "unix:", 403),
            (["0.0.0.0/0"], "", 403),
        ],
    )
    def test_addresses(
        self, client: FlaskClient, stores: Stores, allowed: list[str], address: str, status: int
    ) -> None:
        with Session(stores.engine) as session:
            save_account(session, "pbx", {"allowed_addresses": allowed})
            session.commit()
        stores.directory._next_check = 0
        answer = client.post(
            f"{PBX}/cdr", json=cdr("0722776772"), environ_overrides={"REMOTE_ADDR": address}
        )
        assert answer.status_code == status


class TestAnswers:
    def test_a_cdr_that_cannot_be_kept_is_asked_for_again(
        self, client: FlaskClient, stores: Stores, monkeypatch: pytest.MonkeyPatch, counted: Any
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(Inbox, "keep", unavailable)
            assert client.post(f"{PBX}/cdr", json=cdr("0722776772")).status_code == 503
            assert client.post(f"{PBX}/cdr", data=b"{").status_code == 503
        assert kept(stores) == []
        answer = client.post(f"{PBX}/cdr", json=cdr("0722776772"))
        assert (answer.status_code, answer.get_json()["Err"]) == (200, 0)
        assert (
            counted("cdr", "stored"),
            counted("cdr", "not stored"),
            counted("cdr", "unreadable"),
        ) == (1, 2, 0)

    def test_an_unreadable_cdr_is_kept_with_what_is_wrong_and_not_asked_for_again(
        self, client: FlaskClient, stores: Stores, counted: Any
    ) -> None:
        answer = client.post(f"{PBX}/cdr", json={"caller": "0501234567"})
        assert (answer.status_code, answer.get_json()["Err"]) == (200, 1)
        [row] = kept(stores)
        assert row.state == "broken"
        assert row.fault
        assert (counted("cdr", "unreadable"), counted("cdr", "stored")) == (1, 0)

    def test_a_pop_that_cannot_be_kept_is_answered(
        self, client: FlaskClient, stores: Stores, monkeypatch: pytest.MonkeyPatch, counted: Any
    ) -> None:
        did = "0" + number(client, "dana")["did"].removeprefix("+972")
        monkeypatch.setattr(Inbox, "keep", unavailable)
        answer = client.get(f"{PBX}/screen-pop", query_string=POP | {"did": did})
        assert (answer.status_code, answer.get_json()["CLIENTNAME"]) == (200, "Dana Cohen דנה")
        assert (counted("screen-pop", "not stored"), counted("screen-pop", "stored")) == (1, 0)

    def test_a_pop_whose_caller_cannot_be_looked_up_is_answered_and_kept(
        self, client: FlaskClient, stores: Stores, monkeypatch: pytest.MonkeyPatch, counted: Any
    ) -> None:
        did = "0" + number(client, "dana")["did"].removeprefix("+972")
        monkeypatch.setattr(ScreenPops, "caller_of", unavailable)
        answer = client.get(f"{PBX}/screen-pop", query_string=POP | {"did": did})
        assert (
            answer.status_code,
            answer.get_json()["STATUS"],
            answer.get_json()["CLIENTNAME"],
        ) == (200, "OK", "")
        assert [row.state for row in kept(stores)] == ["new"]
        assert counted("screen-pop", "stored") == 1

    def test_an_unreadable_pop_is_kept_with_what_is_wrong(
        self, client: FlaskClient, stores: Stores, counted: Any
    ) -> None:
        answer = client.post(f"{PBX}/screen-pop", data=b"{", content_type="application/json")
        assert (answer.status_code, answer.content_type) == (400, "application/json")
        [row] = kept(stores)
        assert (row.state, row.body) == ("broken", b"{")
        assert row.fault
        assert (counted("screen-pop", "unreadable"), counted("screen-pop", "stored")) == (1, 0)

    def test_a_pop_that_names_its_call_is_kept_once(
        self, client: FlaskClient, stores: Stores
    ) -> None:
        for _ in range(2):
            client.get(f"{PBX}/screen-pop", query_string=POP)
        for _ in range(2):
            client.get(f"{PBX}/screen-pop", query_string=POP | {"ivrid": ""})
        assert [row.copies for row in kept(stores)] == [2, 1, 1]

    def test_the_longest_body(self, client: FlaskClient, stores: Stores) -> None:
        assert LONGEST_BODY == 4_194_304
        assert client.post(f"{PBX}/cdr", data=b"x" * LONGEST_BODY).status_code == 200
        assert client.post(f"{PBX}/cdr", data=b"x" * (LONGEST_BODY + 1)).status_code == 413
        assert [len(row.body) for row in kept(stores)] == [LONGEST_BODY]

    def test_answers_differ_by_origin(self, client: FlaskClient) -> None:
        assert "Origin" in client.get(f"{PBX}/screen-pop", query_string=POP).headers["Vary"]
