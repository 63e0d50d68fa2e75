"""The card that a screen pop opens: from Redis while the visitor is there,
from the call's copy afterwards."""

from __future__ import annotations

import json
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.dashboard_rows import NOW, add, call, lease, touchpoint, unknown_call

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
LIVE = "live-visitor-000000001"
OLD = "old-visitor-0000000001"


def visit(client: FlaskClient, visitor: str = LIVE, site: str = "shop") -> None:
    campaign = "utm_source=facebook&utm_medium=paid_social&utm_campaign=מבצע"
    message = {
        "ask": "number",
        "token": f"{site}-token",
        "visitor": visitor,
        "visit": visitor,
        "page": f"https://{site}.example.com/p/12",
        "info": {"name": "דנה כהן", "company": "נדל״ן", "rooms": 4, "pets": ["כלב", "חתול"]},
        "arrival": {
            "url": f"https://{site}.example.com/sale?{campaign}",
            "referrer": "",
        },
    }
    headers = {"Origin": f"https://{site}.example.com", "User-Agent": CHROME}
    assert client.post("/tracker.js", data=json.dumps(message), headers=headers).status_code == 200


def lose_redis(client: FlaskClient) -> None:
    live = client.application.extensions["leadtracker"].live
    live._url, live._local = "unix:///nowhere.sock", type("Local", (), {})()


def test_a_visitor_who_is_on_the_site_now(dashboard: FlaskClient, engine: Engine) -> None:
    visit(dashboard)
    add(
        engine,
        call(
            NOW,
            visitor_id=LIVE,
            call_id="c1",
            phase="ringing",
            outcome="unknown",
            visitor_info={"name": "old"},
        ),
        unknown_call(NOW - timedelta(days=4), outcome="missed"),
        call(NOW - timedelta(days=5), visitor_id=LIVE, caller="+972543216000"),
    )
    text = dashboard.get(f"/visitors/{LIVE}?call=c1").text
    for words in (
        '<h1 dir="auto">דנה כהן</h1>',
        "נדל״ן",
        "054-321-6549",
        "facebook · paid social · מבצע",
        "Ringing",
        "rooms",
        "כלב, חתול",
        "https:",
        "Sat 14 Nov, 14:00:00",
        "Fri 13 Nov, 14:00:00",
        "Missed",
    ):
        assert words in text, words
    assert text.count('<li><a href="/calls/') == 2
    assert "http-equiv" not in text


def test_a_card_opened_before_its_call_is_written(dashboard: FlaskClient, engine: Engine) -> None:
    visit(dashboard)
    text = dashboard.get(f"/visitors/{LIVE}?call=c1").text
    assert f'content="2;url=/visitors/{LIVE}?call=c1&amp;waited=1"' in text
    assert "דנה כהן" in text
    assert "http-equiv" in dashboard.get(f"/visitors/{LIVE}?call=c1&waited=4").text
    assert "http-equiv" not in dashboard.get(f"/visitors/{LIVE}?call=c1&waited=5").text
    assert "http-equiv" not in dashboard.get(f"/visitors/{LIVE}").text
    add(engine, call(NOW, visitor_id=LIVE, call_id="c1"))
    assert "http-equiv" not in dashboard.get(f"/visitors/{LIVE}?call=c1").text


def test_a_visitor_whom_redis_forgot(dashboard: FlaskClient, engine: Engine) -> None:
    arrival = touchpoint(source="bing", campaign="autumn")
    add(
        engine,
        call(NOW, visitor_id=OLD, visitor_info={"full_name": "Yossi", "x": True}, arrival=arrival),
    )
    for _ in range(2):
        text = dashboard.get(f"/visitors/{OLD}").text
        for words in (
            ">Yossi</h1>",
            "054-321-6549",
            "bing · paid search · autumn",
            ">yes<",
            "The page was open",
        ):
            assert words in text, words
        lose_redis(dashboard)  # and once more without it


def test_a_visitor_of_another_site(dashboard: FlaskClient, engine: Engine) -> None:
    visit(dashboard, site="magazin")
    assert "דנה כהן" in dashboard.get(f"/visitors/{LIVE}").text
    add(engine, lease(NOW, visitor=LIVE, site_id=2))
    assert "דנה כהן" in dashboard.get(f"/visitors/{LIVE}").text


def test_a_call_of_another_visitor_is_not_mixed_in(dashboard: FlaskClient, engine: Engine) -> None:
    visit(dashboard)
    add(engine, call(NOW, visitor_id=OLD, call_id="c1", caller="+972543216000"))
    text = dashboard.get(f"/visitors/{LIVE}?call=c1&waited=9").text
    assert "054-321-6000" not in text


def test_nobody_knows_the_visitor(dashboard: FlaskClient) -> None:
    answer = dashboard.get(f"/visitors/{OLD}?call=c1")
    assert answer.status_code == 404
    assert "Nothing is known of this visitor any more" in answer.text
    lose_redis(dashboard)
    assert dashboard.get(f"/visitors/{OLD}").status_code == 404


def test_a_caller_without_a_visit(dashboard: FlaskClient, engine: Engine) -> None:
    add(
        engine,
        unknown_call(NOW, caller="anonymous"),
        unknown_call(NOW, caller="+972543216000", outcome="missed"),
    )
    for caller, shown in (("+972543216000", "054-321-6000"), ("anonymous", "anonymous")):
        text = dashboard.get(f"/callers/{caller}").text
        assert shown in text
        assert "No visit to shop is known for this number." in text
        assert text.count('<li><a href="/calls/') == 1
    fresh = dashboard.get("/callers/+972543216111").text
    assert "054-321-6111" in fresh
    assert "None that we know of." in fresh


def test_a_caller_who_was_a_visitor_before(dashboard: FlaskClient, engine: Engine) -> None:
    add(engine, call(NOW, visitor_id=OLD), unknown_call(NOW + timedelta(days=1)))
    text = dashboard.get("/callers/+972543216549").text
    assert ">Dana</h1>" in text
    assert text.count('<li><a href="/calls/') == 2
