"""Whoever asks without our script, and whatever is no request: plain forms, programs, nonsense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.callback_rules.opening import LOOK_AHEAD_DAYS
from leadtracker.records import api_keys
from leadtracker.records.tables import CallRow
from tests.callback_road import ORIGIN, PHONE, TARGET, Road, long
from tests.dashboard_rows import add, call


@pytest.mark.parametrize(
    "path", ["/callback/%00%00%00%00%00%00%00%00", "/callback-sent/%00", "/callback/x"]
)
def test_addresses_of_nothing(road: Road, path: str) -> None:
    assert road.client.get(f"{path}?visitor={long('dana')}").status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"id": "short"},
        {"id": 5},
        {"id": "x" * 65},
        {"id": "a b c d e f g"},
        {"visitor": ""},
        {"visitor": 7},
        {"phone": 972543216549},
        {"name": ["Dana"]},
        {"form": {"a": 1}},
        {"filled_ms": "5000"},
        {"filled_ms": True},
    ],
)
def test_what_is_no_request(road: Road, more: dict[str, Any]) -> None:
    answer = road.post(road.message() | more)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    assert road.rows() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"text"'])
def test_what_is_no_message(road: Road, body: bytes) -> None:
    answer = road.client.post(
        "/callback", data=body, headers={"Origin": ORIGIN}, content_type="text/plain"
    )
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


def test_a_body_that_is_too_long(road: Road) -> None:
    answer = road.post(road.message(note="x" * 20_000))
    assert answer.status_code == 413


def test_long_texts_are_cut_and_nul_left_out(road: Road) -> None:
    asked = road.ask(name="D" * 5000 + "\0", note="\0" + "n" * 900)
    row = road.row(asked["id"])
    assert (row.name, row.note) == ("D" * 100, "n" * 500)
    road.settle()


def test_a_form_without_an_opening_in_sight_cannot_be_sent(road: Road) -> None:
    today = datetime.now(UTC)
    days = [today + timedelta(days=n) for n in range(-1, LOOK_AHEAD_DAYS + 2)]
    road.rules(hours={"mon": ["09:00-17:00"]}, holidays=[f"{day:%F}" for day in days])
    assert road.form() == {
        "form": None,
        "open": False,
        "opens": None,
        "countries": [],
        "country": "IL",
    }


class TestPlainForm:
    def send(self, road: Road, origin: str = ORIGIN, language: str = "en", **fields: str) -> Any:
        form = {
            "leadtracker_token": "shop-token",
            "phone": PHONE,
            "name": "Dana",
            "website": "",
        } | fields
        return road.app.test_client().post(
            "/callback",
            data=form,
            headers={"Origin": origin, "Accept-Language": language, "User-Agent": "Firefox"},
        )

    def test_without_javascript(self, road: Road) -> None:
        answer = self.send(road)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/callback-sent/")
        page = road.client.get(
            answer.headers["Location"], headers={"Accept-Language": "he-IL,he;q=0.9"}
        )
        assert (page.status_code, 'dir="rtl"' in page.text, "הטלפון" in page.text) == (
            200,
            True,
            True,
        )
        assert PHONE not in page.text
        again = self.send(road)
        assert again.headers["Location"] == answer.headers["Location"]
        road.settle()
        assert list(road.dialed().values()) == [1]
        assert road.rows()[0].origin == "form"

    def test_a_form_of_no_site_ends_on_a_page_for_visitors(self, road: Road) -> None:
        answer = self.send(road, leadtracker_token="no-token", language="he")
        assert (
            answer.status_code,
            'dir="rtl"' in answer.text,
            "לטעון את הדף מחדש" in answer.text,
        ) == (403, True, True)
        assert "/calls" not in answer.text
        assert road.rows() == []

    def test_stricter_limits_of_an_address(self, road: Road) -> None:
        assert self.send(road).status_code == 303
        refused = self.send(road, phone="052-321-6549", language="he")
        assert (refused.status_code, "מאוחר יותר" in refused.text) == (422, True)

    def test_with_what_the_script_filled_in(self, road: Road) -> None:
        message = road.message()
        fields = {
            name: str(message[name]) for name in ("id", "visitor", "form", "filled_ms", "token")
        }
        assert self.send(road, **fields).status_code == 303
        assert self.send(road, **fields).status_code == 303
        road.settle()
        assert road.dialed() == {message["id"]: 1}
        assert [row.known_visitor for row in road.rows()] == [long("dana")]

    def test_of_somebody_whose_call_was_missed(self, road: Road) -> None:
        """Nothing tells whose a form without the script is; an earlier call does."""
        now = datetime.now(UTC)
        missed = call(now - timedelta(hours=1), caller=TARGET, outcome="missed")
        add(road.stores.engine, missed)
        self.send(road)
        road.settle()
        with Session(road.stores.engine) as session:
            row = session.scalars(select(CallRow).order_by(CallRow.id.desc())).first()
        assert row is not None
        assert (row.visitor_id, row.campaign) == (missed.visitor_id, "spring")
        assert (row.called_back, row.match["name"]) == (True, "Dana")

    @pytest.mark.parametrize("origin", ["https://evil.example", "null"])
    def test_from_another_site(self, road: Road, origin: str) -> None:
        assert self.send(road, origin=origin).status_code == 422
        assert road.dialed() == {}


class TestApi:
    @pytest.fixture
    def key(self, road: Road) -> str:
        with Session(road.stores.engine) as session:
            site = next(site.id for site in road.stores.directory.sites if site.name == "shop")
            key = api_keys.add(session, site, "crm")
            session.commit()
        return key

    def send(self, road: Road, key: str, request: str = "order-123", **body: str) -> Any:
        return road.client.post(
            "/api/v1/callbacks",
            json={"phone": PHONE} | body,
            headers={"Authorization": f"Bearer {key}", "Idempotency-Key": request},
        )

    def test_asks_once_for_each_key(self, road: Road, key: str) -> None:
        first = self.send(road, key)
        assert (first.status_code, first.get_json()["state"]) == (202, "dialling")
        assert self.send(road, key).status_code == 202
        road.settle()
        headers = {"Authorization": f"Bearer {key}"}
        assert (
            road.client.get("/api/v1/callbacks/order-123", headers=headers).get_json()["state"]
            == "talked"
        )
        assert road.client.get("/api/v1/callbacks/order-124", headers=headers).status_code == 404
        assert road.dialed() == {"order-123": 1}

    def test_a_page_is_told_nothing_of_it(self, road: Road, key: str) -> None:
        self.send(road, key)
        assert road.client.get("/callback/order-123?visitor=").status_code == 404
        assert road.client.get(f"/callback/order-123?visitor={long('dana')}").status_code == 404

    def test_the_same_guard(self, road: Road, key: str) -> None:
        refused = self.send(road, key, phone="1-900-123456")
        assert (refused.status_code, refused.get_json()["code"]) == (422, "kind")
        assert refused.content_type == "application/problem+json"

    def test_a_key_that_is_none(self, road: Road, key: str) -> None:
        assert self.send(road, key + "x").status_code == 403
        assert self.send(road, "").status_code == 403
        assert self.send(road, key, request="").status_code == 400
        with Session(road.stores.engine) as session:
            assert api_keys.remove(session, 1, "crm") == 1
            session.commit()
        assert self.send(road, key).status_code == 403
