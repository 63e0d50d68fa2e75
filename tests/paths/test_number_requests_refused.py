"""Number requests that are refused or come from bots."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from leadtracker.web.stores import Stores
from tests.paths.test_main_road import ORIGIN, PBX, message, post


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"token": "another"}, 403, "not_allowed"),
        ({"token": None}, 403, "not_allowed"),
        ({"visitor": "short"}, 400, "bad_request"),
        ({"visitor": 'x" onload="alert(1)"xxxx'}, 400, "bad_request"),
        ({"ask": "everything"}, 400, "bad_request"),
        ({"arrival": []}, 200, None),
        ({"ask": "beat", "state": "visible", "lease": "forged.token"}, 200, None),
        ({"lease": "forged.token"}, 200, None),
    ],
)
def test_bad_number_requests(
    client: FlaskClient, stores: Stores, change: Any, status: int, code: str | None
) -> None:
    response = post(client, message("dana", **change))
    assert response.status_code == status, response.text
    if code:
        assert response.get_json()["code"] == code
        assert response.content_type == "application/problem+json"
        assert stores.live.client.keys("*visitor*") == []


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"ask":"number"}', b"1e999"]
)
def test_malformed_bodies(client: FlaskClient, body: bytes) -> None:
    response = client.post(
        "/tracker.js", data=body, content_type="text/plain", headers={"Origin": ORIGIN}
    )
    assert response.status_code in (400, 403)
    assert response.content_type == "application/problem+json"


def test_wrong_origin_is_refused_and_the_right_one_named(client: FlaskClient) -> None:
    refused = post(client, message("dana"), "https://evil.example.com")
    assert refused.status_code == 403
    assert "https://evil.example.com" in refused.get_json()["detail"]
    for origin in ("https://shop.example.com", "https://www.shop.example.com"):
        assert (
            post(client, message("dana"), origin).headers["Access-Control-Allow-Origin"] == origin
        )


def test_bodies_too_large_are_refused(client: FlaskClient) -> None:
    assert post(client, message("dana", page="x" * 140_000)).status_code == 413
    big = client.post(
        f"{PBX}/cdr", data=b"x" * (4 * 1024 * 1024 + 1), content_type="application/json"
    )
    assert big.status_code == 413


def test_bots_get_the_default_number(client: FlaskClient, stores: Stores) -> None:
    response = client.post(
        "/tracker.js",
        data=json.dumps(message("bot")),
        headers={
            "Origin": ORIGIN,
            "User-Agent": (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
            ),
        },
    )
    assert (response.get_json()["reason"], response.get_json()["did"]) == ("bot", "+97235551234")
    assert stores.live.client.keys("*") == []
