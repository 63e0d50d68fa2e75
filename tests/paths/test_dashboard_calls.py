"""The calls page: filters, paging, the rows that keep it up to date, and the export."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from leadtracker.numbers.touchpoint import AD_IDS
from leadtracker.records.tables import CallRow
from tests.dashboard_rows import NOW, add, call, touchpoint, unknown_call

ROW = re.compile(r'<tr role="row" id="call-(\d+)">')
LINK = re.compile(r'<a class="button" rel="(prev|next)" href="([^"]+)"')


def ids(page: str) -> list[int]:
    return [int(number) for number in ROW.findall(page)]


@pytest.fixture
def named(dashboard: FlaskClient, engine: Engine) -> dict[str, int]:
    """Calls by a name that says what they are."""
    calls = {
        "answered": call(NOW),
        "missed": call(
            NOW - timedelta(hours=1), outcome="missed", caller="+972543216540", talk_seconds=0
        ),
        "facebook": call(
            NOW - timedelta(days=1),
            arrival=touchpoint(
                source="facebook", channel="paid social", campaign="מבצע", landing_page="/דירות"
            ),
            caller="+972501112233",
        ),
        "magazin": call(NOW - timedelta(days=8), site_id=2, account_id=2, caller="+40722776000"),
        "nobody": unknown_call(NOW - timedelta(days=40), caller="anonymous"),
        "outgoing": unknown_call(
            NOW - timedelta(days=50), direction="outgoing", caller="+972543216549"
        ),
        "ringing": unknown_call(
            NOW - timedelta(days=60), phase="ringing", outcome="unknown", caller=None
        ),
    }
    add(engine, *calls.values())
    return {name: row.id for name, row in calls.items()}


ALL = ["answered", "missed", "facebook", "magazin", "nobody", "outgoing", "ringing"]


FILTERS = {
    "": ALL,
    "period=all": ALL,
    "from=2026-11-17": ["answered", "missed", "facebook"],
    "from=2026-11-17&to=2026-11-17": ["facebook"],
    "to=2026-10-20": ["nobody", "outgoing", "ringing"],
    "from=2027-01-01": [],
    "site=1": ["answered", "missed", "facebook", "nobody", "outgoing", "ringing"],
    "site=2": ["magazin"],
    "channel=paid+social": ["facebook"],
    "channel=-": ["nobody", "outgoing", "ringing"],
    "source=google": ["answered", "missed", "magazin"],
    "source=google&site=1": ["answered", "missed"],
    "outcome=missed": ["missed"],
    "outcome=not+answered": ["missed"],
    "outcome=unknown": ["ringing"],
    "outcome=answered&channel=-": ["nobody", "outgoing"],
    "number=054-321-6549": ["answered", "outgoing"],
    "number=%2B972+54+321+6549": ["answered", "outgoing"],
    "number=6549": ["answered", "outgoing"],
    "number=654": [],
    "number=2776000": ["magazin"],
    "number=0722776000": ["magazin"],
    "number=3": ["facebook"],
    "number=9": ["answered", "outgoing"],
    "number=anonymous": ["nobody"],
    "number=%25": [],
    "number=6549&outcome=answered&from=2026-11-01": ["answered"],
    "unheard=of": ALL,
}


def test_filters(dashboard: FlaskClient, named: dict[str, int]) -> None:
    for query, found in FILTERS.items():
        answer = dashboard.get(f"/calls?{query}")
        assert answer.status_code == 200, query
        expected = [named[name] for name in found]
        assert ids(answer.text) == ids(dashboard.get(f"/calls/newest?{query}").text) == expected, (
            query
        )
        lines = list(csv.reader(io.StringIO(dashboard.get(f"/calls.csv?{query}").text)))
        assert len(lines) == len(found) + 1, query


def test_bad_filters_are_refused(dashboard: FlaskClient) -> None:
    queries = {
        "period=tomorrow": 400,
        "from=18/11/2026": 400,
        "to=x": 400,
        "outcome=x": 400,
        "site=99": 404,
        "site=x": 404,
        "before=x": 400,
        "before=1-": 400,
        "after=-1": 400,
        "before=1-1;": 400,
        "number=%00": 400,
        "before=99999999999999999999-1": 400,
        "site=9999999999999999999999": 404,
    }
    for query, status in queries.items():
        for path in ("/calls", "/calls.csv", "/calls/newest"):
            if path != "/calls" and query.startswith(("before", "after")):
                continue
            assert dashboard.get(f"{path}?{query}").status_code == status, (path, query)


def test_days_are_those_of_the_site(dashboard: FlaskClient, engine: Engine) -> None:
    midnight = datetime(2026, 11, 17, 22, tzinfo=UTC)  # of the 18th in Jerusalem
    before, after = call(midnight - timedelta(seconds=1)), call(midnight)
    add(engine, before, after)
    assert ids(dashboard.get("/calls?from=2026-11-18&to=2026-11-18").text) == [after.id]
    assert ids(dashboard.get("/calls?from=2026-11-17&to=2026-11-17").text) == [before.id]
    assert ids(dashboard.get("/calls?site=2&from=2026-11-18").text) == []


def test_presets_count_back_from_now(dashboard: FlaskClient, engine: Engine) -> None:
    now = datetime.now(UTC)
    added = [call(now - timedelta(days=days)) for days in (0, 3, 20, 60)]
    add(engine, *added)
    expected = {"today": 1, "yesterday": 0, "7days": 2, "30days": 3, "90days": 4}
    for preset, count in expected.items():
        assert ids(dashboard.get(f"/calls?period={preset}").text) == [
            row.id for row in added[:count]
        ], preset


def walk(client: FlaskClient, start: str, direction: str) -> list[list[int]]:
    pages, path = [], start
    while path:
        text = client.get(path).text
        pages.append(ids(text))
        path = dict(LINK.findall(text)).get(direction, "").replace("&amp;", "&")
    return pages


def test_pages_put_together_are_the_whole(dashboard: FlaskClient, engine: Engine) -> None:
    """5,000 calls, many at the same moment, with a filter that takes half of them."""
    values = [
        {
            **as_values(call(NOW - timedelta(seconds=number // 7))),
            "outcome": ("answered", "missed")[number % 2],
        }
        for number in range(5000)
    ]
    with Session(engine) as session:
        session.bulk_insert_mappings(CallRow.__mapper__, values)
        session.commit()
        whole = session.scalars(
            select(CallRow.id)
            .where(CallRow.outcome == "missed")
            .order_by(CallRow.started_at.desc(), CallRow.id.desc())
        ).all()
    pages = walk(dashboard, "/calls?outcome=missed", "next")
    assert len(pages) == 50
    assert [one for page in pages for one in page] == whole
    last = f"/calls?outcome=missed&after={micros(NOW - timedelta(seconds=4999 // 7))}-0"
    back = walk(dashboard, last, "prev")
    assert [one for page in back[::-1] for one in page] == whole
    lines = list(csv.reader(io.StringIO(dashboard.get("/calls.csv?outcome=missed").text)))
    assert len(lines) == 2501


def micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def as_values(row: CallRow) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def test_the_newest_page_leads_only_back(dashboard: FlaskClient, engine: Engine) -> None:
    add(engine, *(call(NOW - timedelta(minutes=number)) for number in range(51)))
    first = dashboard.get("/calls").text
    assert len(ids(first)) == 50
    assert [direction for direction, _ in LINK.findall(first)] == ["next"]
    assert "data-live=" in first
    older = dashboard.get(LINK.findall(first)[0][1].replace("&amp;", "&")).text
    assert len(ids(older)) == 1
    assert [direction for direction, _ in LINK.findall(older)] == ["prev"]
    assert "data-live=" not in older


def test_the_newest_rows_are_sent_again_only_when_they_changed(
    dashboard: FlaskClient, engine: Engine
) -> None:
    ringing = call(NOW, phase="ringing", outcome="unknown", talk_seconds=0)
    add(engine, ringing)
    first = dashboard.get("/calls/newest")
    assert ids(first.text) == [ringing.id]
    assert "Ringing" in first.text
    tag = {"If-None-Match": first.headers["ETag"]}
    again = dashboard.get("/calls/newest", headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    with Session(engine) as session:
        session.execute(update(CallRow).values(phase="ended", outcome="answered"))
        session.commit()
    changed = dashboard.get("/calls/newest", headers=tag)
    assert changed.status_code == 200
    assert "Answered" in changed.text
    add(engine, call(NOW + timedelta(seconds=5)))
    assert (
        len(
            ids(
                dashboard.get(
                    "/calls/newest", headers={"If-None-Match": changed.headers["ETag"]}
                ).text
            )
        )
        == 2
    )


EXPORTED = {
    "Started (local)": "2026-11-18 14:00:00",
    "Started (UTC)": "2026-11-18T12:00:00Z",
    "Site": "shop",
    "Caller": "+972543216549",
    "Name": 'דנה, "המנהלת"',
    "Company": "'@Acme Ltd",
    "Number called": "+972722776772",
    "Direction": "incoming",
    "Outcome": "answered",
    "PBX status": "ANSWER",
    "Talk seconds": "60",
    "Ring seconds": "8",
    "Wait seconds": "0",
    "Representative": "'+Noa",
    "Extension": "12",
    "Queue": "",
    "Channel": "paid search",
    "Source": "google",
    "Medium": "cpc",
    "Campaign": "'=cmd|' /C calc'!A0",
    "Term": "'-2+3",
    "Content": "",
    "Landing page": "/sale",
    "Referrer": "https://www.google.com/",
    **dict.fromkeys(AD_IDS, ""),
    "gclid": "abc",
    "First channel": "paid search",
    "First source": "google",
    "First campaign": "'=cmd|' /C calc'!A0",
    "First landing page": "/sale",
    "First arrival (UTC)": "2026-11-18T11:56:00.000+00:00",
    "How we know": "The page was open when the phone rang.",
    "Visitor": "visitor-0000000001",
    "Visitor info": '{"name":"דנה, \\"המנהלת\\"","company":"@Acme\\nLtd","x":[1]}',
    "Recording": "",
    "Price (minor units)": "125",
    "Call id": "call-1",
}


def test_the_export(dashboard: FlaskClient, engine: Engine) -> None:
    arrival = touchpoint(
        NOW - timedelta(minutes=4),
        campaign="=cmd|' /C calc'!A0",
        term="-2+3",
        click_ids={"gclid": "abc"},
    )
    add(
        engine,
        call(
            NOW,
            arrival=arrival,
            visitor_info={"name": 'דנה, "המנהלת"', "company": "@Acme\nLtd", "x": [1]},
            representative="+Noa",
            price=125,
            recording_url="javascript:alert(1)",
            call_id="call-1",
        ),
    )
    answer = dashboard.get("/calls.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="calls-\d{4}-\d\d-\d\d\.csv"', answer.headers["Content-Disposition"]
    )
    assert answer.data.startswith(b"\xef\xbb\xbf")
    line = next(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert line == EXPORTED


def test_the_export_is_sent_as_it_is_made(dashboard: FlaskClient, engine: Engine) -> None:
    add(engine, *(call(NOW - timedelta(minutes=number)) for number in range(1200)))
    answer = dashboard.get("/calls.csv", buffered=False)
    parts = list(answer.iter_encoded())
    assert len(parts) == 3
    assert sum(part.count(b"\r\n") for part in parts) == 1201


def test_empty_pages_say_what_to_do(dashboard: FlaskClient) -> None:
    expected = {
        "/calls": "leadtracker pbx urls",
        "/sources": "Nothing in this period",
        "/pool": "Always enough",
        "/settings": "data-token",
    }
    for path, words in expected.items():
        assert words in dashboard.get(path).text, path


def test_filters_that_match_nothing_offer_all_calls(dashboard: FlaskClient, engine: Engine) -> None:
    add(engine, call())
    text = dashboard.get("/calls?number=99999").text
    assert "No calls match" in text
    assert 'value="99999"' in text
