"""An address that was pasted with more than the address, a probe, and an account over its quota."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from leadtracker.calls import quota
from leadtracker.web.stores import Stores
from tests.paths.test_main_road import PBX, cdr
from tests.paths.test_pbx_requests import SECRET, kept

POP = "phone=0501234567&ivrid=c1&status=Ringing"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize(
    "after",
    ["", "/", "//", "%20", "%20/", "/%20", "%09", "%0A", "%0D%0A", "/%0A", "%C2%A0", "%E2%80%8F"],
)
def test_what_follows_an_address_is_no_part_of_it(
    client: FlaskClient, stores: Stores, after: str
) -> None:
    addresses = [f"/pbx/pbx/{SECRET}/cdr{after}", f"/pbx/pbx/cdr{after}?token={SECRET}"]
    addresses.append(f"/pbx/pbx/cdr?token={SECRET}{after}")
    for number, address in enumerate(addresses):
        body = cdr("0722776772") | {"ivruniqueid": f"c{number}"}
        assert client.post(address, json=body).get_json() == {"Err": 0, "Errdesc": "OK"}, address
    assert client.get(f"/pbx/pbx/{SECRET}/screen-pop{after}?{POP}").get_json()["STATUS"] == "OK"
    assert [row.state for row in kept(stores)] == ["new"] * 4


@pytest.mark.parametrize("address", ["cdr/x", "x/cdr", "", "/", "cdr%20x"])
def test_another_address_is_another(client: FlaskClient, stores: Stores, address: str) -> None:
    assert client.post(f"{PBX}/{address}", json=cdr("0722776772")).status_code in (403, 404)
    assert kept(stores) == []


@pytest.mark.parametrize("family", ["cdr", "screen-pop"])
@pytest.mark.parametrize("query", ["", "?", "?_=17", "?fbclid=x&utm_source=y"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_probe_is_answered_and_not_kept(
    client: FlaskClient, stores: Stores, family: str, query: str, method: str
) -> None:
    assert client.open(f"{PBX}/{family}{query}", method=method).status_code == 200
    assert kept(stores) == []


def test_a_head_of_a_whole_notification_is_a_probe_too(client: FlaskClient, stores: Stores) -> None:
    assert client.head(f"{PBX}/screen-pop?{POP}").status_code == 200
    assert kept(stores) == []
    client.get(f"{PBX}/screen-pop?PHONE=0501234567")  # one field that it knows is enough
    assert len(kept(stores)) == 1


def test_a_packed_body_is_kept_unpacked(client: FlaskClient, stores: Stores) -> None:
    body = json.dumps(cdr("0722776772")).encode()
    for packed in (gzip.compress(body), body):
        answer = client.post(
            f"{PBX}/cdr",
            data=packed,
            content_type="application/json",
            headers={"Content-Encoding": "gzip"},
        )
        assert answer.get_json() == {"Err": 0, "Errdesc": "OK"}
    bomb = gzip.compress(b" " * 5_000_000)
    assert client.post(f"{PBX}/cdr", data=bomb).status_code == 413
    assert [(row.body, row.copies) for row in kept(stores)] == [(body, 2)]


def test_over_its_quota_an_account_must_send_again(
    app_with: Callable[..., Flask], stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "MINUTE", math.inf)  # a slow test gets no more of its quota back
    client = app_with(notifications_per_minute=60).test_client()
    body = cdr("0722776772")
    answers = [client.post(f"{PBX}/cdr", json=body) for _ in range(62)]
    assert {answer.status_code for answer in answers[:60]} == {200}
    assert (answers[-1].status_code, answers[-1].get_json()["Err"]) == (503, 2)
    assert client.get(f"{PBX}/screen-pop?{POP}").status_code == 503
    assert [row.copies for row in kept(stores)] == [60]


@pytest.mark.parametrize("charset", ["ISO-8859-8-I", "iso-8859-8-e", "utf8mb4", "", "nothing"])
def test_a_character_set_never_loses_a_notification(
    client: FlaskClient, stores: Stores, charset: str
) -> None:
    body = json.dumps(cdr("0722776772") | {"representative_name": "דנה"}, ensure_ascii=False)
    codec = "iso8859-8" if charset.lower().startswith("iso") else "utf-8"
    answer = client.post(
        f"{PBX}/cdr", data=body.encode(codec), content_type=f"application/json; charset={charset}"
    )
    assert answer.get_json() == {"Err": 0, "Errdesc": "OK"}
    assert [row.state for row in kept(stores)] == ["new"]


class TestPrefix:
    """The whole server under a path."""

    @pytest.fixture
    def under(self, app_with: Callable[..., Flask]) -> Callable[..., FlaskClient]:
        def client(public_url: str = "https://example.com/leads", proxies: int = 0) -> FlaskClient:
            return app_with(public_url=public_url, trusted_proxies=proxies).test_client()

        return client

    @pytest.mark.parametrize("there", ["", "/leads"], ids=["taken off", "left on"])
    def test_a_public_url_with_a_path(self, under: Callable[..., FlaskClient], there: str) -> None:
        client = under()
        answer = client.get(f"{there}/calls?x=1")
        assert answer.headers["Location"] == "/leads/login?next=/leads/calls?x%3D1"
        page = client.get(f"{there}/login").text
        assert 'action="/leads/login"' in page
        assert 'href="/leads/static/dashboard.css' in page
        for file in ("static/dashboard.css", "tracker.js"):
            with client.get(f"{there}/{file}") as served:
                assert served.status_code == 200
        assert client.get(f"{there}/healthz").text == "ok\n"
        assert client.post(f"{there}{PBX}/cdr", json=cdr("0722776772")).status_code == 200

    def test_a_form_is_told_where_requests_go(self, under: Callable[..., FlaskClient]) -> None:
        message = {"ask": "form", "token": "shop-token", "visitor": "d" * 22, "visit": "v" * 22}
        for public_url, path in (
            ("https://example.com/leads", "/leads/callback"),
            ("https://example.com", None),
        ):
            answer = under(public_url).post(
                "/tracker.js",
                data=json.dumps(message),
                headers={"Origin": "https://shop.example.com"},
            )
            assert answer.get_json().get("callback") == path

    def test_a_trusted_proxy_names_the_path(self, under: Callable[..., FlaskClient]) -> None:
        headers = {"X-Forwarded-Prefix": "/other/place/"}
        said = under("https://example.com", proxies=2).get("/calls", headers=headers)
        assert said.headers["Location"] == "/other/place/login?next=/other/place/calls"
        said = under("https://example.com").get("/calls", headers=headers)
        assert said.headers["Location"] == "/login?next=/calls"

    @pytest.mark.parametrize(
        "prefix",
        [
            *("//evil.example", "evil", "/a//b", "/<b>", "/a\\b", "https://e", "/\xff", "/\xd7"),
            *(
                "/%2fevil.example",
                "/%2F%2fevil.example",
                "/%5cevil.example",
                "/a%2f/b",
                "/a%0d%0ab",
            ),
        ],
    )
    def test_what_is_no_path_is_none(self, under: Callable[..., FlaskClient], prefix: str) -> None:
        client = under("https://example.com", proxies=1)
        said = client.get("/calls", headers={"X-Forwarded-Prefix": prefix})
        assert said.headers["Location"] == "/login?next=/calls"

    @pytest.mark.parametrize("prefix", ["/%D7%A9", "/%ff", "/%E2%80%AE", "/%"])
    def test_a_path_of_any_bytes_is_answered(
        self, under: Callable[..., FlaskClient], prefix: str
    ) -> None:
        client = under("https://example.com", proxies=1)
        assert client.get("/login", headers={"X-Forwarded-Prefix": prefix}).status_code == 200
        assert client.get("/", headers={"X-Forwarded-Prefix": prefix}).status_code == 302
