"""What a page need not say never refuses its message, whatever it is; only token and ids do."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.records.tables import CallRow
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests.paths.test_main_road import CHROME, ORIGIN, PBX, cdr, message, number, post, settle

DANA = "dana".ljust(22, "_")
SENT = {"Origin": ORIGIN, "User-Agent": CHROME}
LONG_ADDRESS = "https://shop.example.com/#" + "x" * 40_000


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


PARTS: list[dict[str, Any]] = [
    {"info": "text"},
    {"info": ["a", "list"]},
    {"info": {str(n): n for n in range(60)}},
    {"info": {"cart": "x" * 9000, "phone": "054-321-6549"}},
    {"info": {"cart": "x" * 60_000}},
    {"info": {"k" * 5000: 1}},
    {"info": {"\0": "\0", "deep": {"\0": ["\0"]}}},
    {"arrival": "x"},
    {"arrival": [1]},
    {"arrival": {"url": "https://[bad", "at": "then"}},
    {"arrival": {"url": 7, "referrer": {"a": 1}, "at": [1]}},
    {"arrival": {"url": LONG_ADDRESS, "referrer": LONG_ADDRESS}},
    {"first": 7},
    {"page": ["x"]},
    {"page": LONG_ADDRESS},
    {"page": "https://["},
    {"lease": 7},
    {"lease": {"a": 1}},
    {"lease": "x" * 9000},
    {"engaged": "long"},
    {"engaged": -1},
    {"engaged": True},
    {"engaged": [1]},
    {"state": "prerender"},
    {"state": None},
    {"state": {"a": 1}},
    {"signals": "tap"},
    {"signals": {"tap": 1}},
    {"signals": ["tap", "dance", 7, None, ["tap"], {"a": 1}]},
    {"signals": ["tap"] * 5000},
    {"pages": "many", "of": "nobody", "knows": [{"what": None}]},
]


def nested(levels: int, leaf: str = "1") -> str:
    return '{"a":' * levels + leaf + "}" * levels


def spoken(**texts: str) -> bytes:
    """A number request some of whose values are given as the text of the body."""
    keys = {key: f"<{key}>" for key in texts}
    text = json.dumps(message("dana", **keys))
    for key, value in texts.items():
        text = text.replace(f'"<{key}>"', value)
    return text.encode()


@pytest.mark.parametrize("ask", ["number", "beat"])
def test_a_part_that_is_wrong_is_left_out(client: FlaskClient, ask: str) -> None:
    sound = {"state": "visible", "signals": [], "engaged": 1}
    for part in PARTS:
        response = post(client, message("dana", ask=ask, **(sound | part)))
        assert response.status_code == 200, (part, response.text)
        assert response.get_json()["did"].startswith("+97272277677")


@pytest.mark.parametrize("part", ["info", "arrival", "page", "signals", "other"])
def test_a_part_of_any_depth(client: FlaskClient, part: str) -> None:
    for levels in (9, 254, 255, 256, 1022, 1023, 1024, 2000, 10_000):
        response = client.post("/tracker.js", data=spoken(**{part: nested(levels)}), headers=SENT)
        assert response.status_code == 200, (levels, response.text)
    for never_ends in ("[" * 9000, nested(9)[:-1]):
        response = client.post("/tracker.js", data=spoken(**{part: never_ends}), headers=SENT)
        assert response.status_code == 400


def test_a_text_that_is_not_quite_json_is_mended(client: FlaskClient, stores: Stores) -> None:
    text = r'{"name":"Dana \ud83c","n":NaN,"of":undefined}'
    response = client.post("/tracker.js", data=spoken(info=text), headers=SENT)
    assert response.status_code == 200, response.text
    known = stores.live.visitor(1, DANA)
    assert known is not None
    assert known.info == {"name": "Dana \ufffd", "n": None, "of": None}


def test_bytes_that_are_no_text_are_mended(client: FlaskClient, stores: Stores) -> None:
    body = b"\xef\xbb\xbf" + spoken(info='{"name":"Dana <>"}').replace(b"<>", b"\xff")
    assert client.post("/tracker.js", data=body, headers=SENT).status_code == 200
    known = stores.live.visitor(1, DANA)
    assert known is not None
    assert known.info["name"] == "Dana \ufffd"


def test_what_was_cut_is_said(client: FlaskClient) -> None:
    assert "cut" not in number(client, "dana")
    told = {"cart": "x" * 9000, "deep": json.loads(nested(9)), "phone": "054-321-6549"}
    said = number(client, "dana", info=told, page=7, arrival={"url": "https://[", "at": 1})
    assert sorted(said["cut"]) == ["arrival.url", "info.cart", "info.deep", "page"]
    lease = said["lease"]
    beat = number(client, "dana", ask="beat", state=7, signals=["dance"], lease=lease)
    assert beat == {"known": True, "cut": ["state", "signals"]}


def test_what_a_page_that_spoils_lists_has_done_is_kept(
    client: FlaskClient, stores: Stores
) -> None:
    """Old libraries give lists a toJSON, and scripts of before send what that makes of them."""
    shown = number(client, "dana")
    spoilt = {"signals": '["tap", "copy"]', "state": "visible", "lease": shown["lease"]}
    assert number(client, "dana", ask="beat", **spoilt)["known"] is True
    lease = stores.live.holders(1, shown["did"])[0]
    assert (len(lease.taps), len(lease.levels)) == (1, 3)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"token": "another"}, "no site has this token"),
    ({"token": ["another"]}, "no site has this token"),
    ({"visitor": 7}, "visitor must be 16 to 32 letters, digits, - or _"),
    ({"visit": None}, "visit must be 16 to 32 letters, digits, - or _"),
    ({"ask": "everything"}, 'ask must be "number", "beat" or "form"'),
]


@pytest.mark.parametrize("origin", [ORIGIN, "https://another.example.com", "http://[", "null"])
def test_a_page_may_read_why_it_was_refused(client: FlaskClient, origin: str) -> None:
    for part, says in REFUSED:
        response = post(client, message("dana", **part), origin)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        if origin != ORIGIN and "token" not in part:
            says = f"the origin {origin} is not one of the site's"
        assert response.get_json()["detail"] == says


def test_a_page_may_read_why_nobody_calls_it_back(client: FlaskClient) -> None:
    for path in ("/callback", "/callback/no-such-request"):
        method = client.post if path == "/callback" else client.get
        response = method(path, data=b"{", headers={"Origin": "http://["})
        assert 400 <= response.status_code < 500
        assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_page_may_read_that_it_sent_too_much(client: FlaskClient) -> None:
    response = post(client, message("dana", page="x" * 200_000))
    assert response.status_code == 413
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_page_may_read_that_a_store_is_down(
    client: FlaskClient, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(stores.live, "acquire", fail)
    response = post(client, message("dana"))
    assert response.status_code == 500
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_other_answers_are_for_the_sites_pages_alone(client: FlaskClient) -> None:
    assert post(client, message("dana")).headers["Access-Control-Allow-Origin"] == ORIGIN
    for path in ("/calls", "/nowhere", "/api/v1/callbacks"):
        assert "Access-Control-Allow-Origin" not in client.get(path).headers


def test_a_form_from_an_origin_that_is_none(client: FlaskClient) -> None:
    for origin in ("http://[", "null", "", "https://a]b", "http://\xff"):
        response = client.post("/login", data={"name": "a"}, headers={"Origin": origin})
        assert response.status_code == 403


def test_an_info_that_was_kept_too_deep_is_read(
    client: FlaskClient, dashboard: FlaskClient, stores: Stores, worker: Worker
) -> None:
    """Older versions took any depth, and one such call broke the export for everybody."""
    shown = number(client, "dana")
    stores.live.client.hset("lt:{1}:visitor:" + DANA, "i:deep", nested(254))
    known = stores.live.visitor(1, DANA)
    assert known is not None
    orjson.dumps(known.info)
    client.post(f"{PBX}/cdr", json=cdr("0" + shown["did"].removeprefix("+972")))
    settle(worker)
    with Session(stores.engine) as session:
        call = session.scalars(select(CallRow)).one()
        call.visitor_info = {"name": "Dana", "deep": json.loads(nested(254))}
        session.commit()
    assert "Dana" in dashboard.get("/calls.csv").text
