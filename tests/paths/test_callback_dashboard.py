"""The dashboard's page of callback requests: what it shows of each, what it exports,
and its button."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.callback_rules.course import State
from leadtracker.cli import main, opening
from leadtracker.pbx.voicenter.simulator.behavior import Behavior
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow
from leadtracker.running.doctor import findings
from leadtracker.web.dashboard.callback_words import STATE_WORDS
from tests.callback_road import Road, callback_row, closed_now, long
from tests.dashboard_rows import OURS
from tests.paths.test_dashboard_safety import HOSTILE, Page


def add(road: Road, *rows: CallbackRow) -> None:
    with Session(road.stores.engine) as session:
        session.add_all(rows)
        session.commit()


def test_a_request_is_shown_with_its_call_and_its_visitor(
    road: Road, dashboard: FlaskClient
) -> None:
    asked = road.ask()
    road.settle()
    call_pk = road.row(asked["id"]).call_pk
    page = dashboard.get("/callbacks").text
    assert f'href="/calls/{call_pk}"' in page
    assert f'href="/visitors/{long("dana")}"' in page
    for words in ("Dana Cohen דנה", "a kitchen", "Connected", "WalterSIP", "0:42"):
        assert words in page
    call = dashboard.get(f"/calls/{call_pk}").text
    assert "asked to be called back" in call
    rows = dashboard.get("/callbacks/newest")
    assert (
        dashboard.get(
            "/callbacks/newest", headers={"If-None-Match": rows.headers["ETag"]}
        ).status_code
        == 304
    )


def test_nothing_invisible_is_shown(road: Road, dashboard: FlaskClient) -> None:
    asked = road.ask()
    road.settle()
    hidden = "\u202ea\u2066 \x1b[3b\u200b\x7f"
    with Session(road.stores.engine) as session:
        row = session.scalars(select(CallbackRow)).one()
        row.name = row.note = hidden
        call = session.get_one(CallRow, row.call_pk)
        call.visitor_info = {hidden: hidden, "deep": [{hidden: hidden}]}
        session.commit()
    for page in ("/callbacks", f"/calls/{road.row(asked['id']).call_pk}"):
        text = dashboard.get(page).text
        assert "a [3b" in text
        assert not set("\u202e\u2066\x1b\u200b\x7f") & set(text), page


def test_the_funnel_refusals_and_money(road: Road, dashboard: FlaskClient) -> None:
    road.ask()
    road.settle()
    road.switch.behaviors["WalterSIP"] = Behavior.VISITOR_MISSES
    road.ask("noa")
    road.settle()
    road.ask("gal", phone="1-900-123456")
    page = Page(dashboard.get("/callbacks?period=today").text)
    words = " ".join(page.text.split())
    assert "Requests3 Accepted2 Dialed2 Agent answered2 Connected1" in words
    assert "A premium, shared-cost or other kind that is not called1" in words
    assert "The visitor did not answer" in words
    spent = sum(row.spent or 0 for row in road.rows())
    assert f"{spent / 100:.2f} ILS spent, 0.00 ILS on hold of 1,000.00 ILS" in words
    assert page.inline == []


@pytest.mark.parametrize(
    ("currency", "text"), [("JPY", "1,250 JPY"), ("KWD", "1.250 KWD"), ("ILS", "12.50 ILS")]
)
def test_money_has_the_decimals_of_its_currency(
    road: Road, dashboard: FlaskClient, currency: str, text: str
) -> None:
    add(road, callback_row(state="talked", spent=1250, currency=currency))
    assert f">{text}</span>" in dashboard.get("/callbacks?period=all").text


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_shown_and_chosen(
    road: Road, dashboard: FlaskClient, state: State
) -> None:
    add(road, callback_row(state=state, code="no answer" if state is State.UNCERTAIN else ""))
    page = dashboard.get(f"/callbacks?period=all&state={state}").text
    assert f"{STATE_WORDS[state]}</span>" in page
    other = next(one for one in State if one is not state)
    assert "No request matches" in dashboard.get(f"/callbacks?period=all&state={other}").text


def test_an_unknown_state_is_a_bad_request(dashboard: FlaskClient) -> None:
    assert dashboard.get("/callbacks?state=dancing").status_code == 400


def test_hostile_text_stays_text(road: Road, dashboard: FlaskClient) -> None:
    texts = dict.fromkeys(("name", "note", "message", "agent", "code", "target"), HOSTILE)
    add(
        road,
        callback_row(1, **texts),
        callback_row(2, state="refused", **texts),
        callback_row(3, state="dialling", **texts),
    )
    page = Page(dashboard.get("/callbacks?period=all").text)
    assert page.inline == []
    assert [script for script in page.scripts if script is None] == []
    assert page.images == []
    lines = list(
        csv.reader(io.StringIO(dashboard.get("/callbacks.csv?period=all").text.lstrip("\ufeff")))
    )
    assert len(lines) == 4
    assert not any(cell.startswith(("=", "+c", "@")) for line in lines[1:] for cell in line)


def test_pages_of_many_and_the_export(road: Road, dashboard: FlaskClient) -> None:
    add(road, *(callback_row(number) for number in range(120)))
    page = dashboard.get("/callbacks?period=all").text
    assert page.count('id="callback-') == 50
    assert 'rel="next"' in page
    assert len(dashboard.get("/callbacks.csv?period=all").text.strip().splitlines()) == 121


def test_hang_up_and_take_back(road: Road, dashboard: FlaskClient) -> None:
    road.switch.exchange.talk_seconds = 20.0
    asked = road.ask()
    pk = road.row(asked["id"]).pk
    assert f"/callbacks/{pk}/hang-up" in dashboard.get("/callbacks").text
    assert (
        dashboard.post(
            f"/callbacks/{pk}/hang-up", headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )
    assert dashboard.post(f"/callbacks/{pk}/hang-up", headers=OURS).status_code == 303
    road.settle()
    assert dashboard.post(f"/callbacks/{pk}/hang-up", headers=OURS).status_code == 400
    assert dashboard.post("/callbacks/999/hang-up", headers=OURS).status_code == 404

    road.rules(**closed_now())
    later = road.ask("noa")
    pk = road.row(later["id"]).pk
    assert dashboard.post(f"/callbacks/{pk}/hang-up", headers=OURS).status_code == 303
    road.turn()
    row = road.row(later["id"])
    assert (row.state, row.spent, row.settled) == ("cancelled", 0, True)
    assert road.ask("noa", id=later["id"])["state"] == "cancelled"


def test_metrics(road: Road) -> None:
    road.ask()
    road.settle()
    road.ask("gal", phone="1-900-123456")
    text = road.client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).text
    assert 'leadtracker_callback_states{site="shop",state="talked"} 1.0' in text
    assert 'leadtracker_callback_requests_total{answer="kind",site="shop"}' in text
    assert 'leadtracker_callback_money{of="ceiling",site="shop"} 100000.0' in text


def test_the_commands(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "database", lambda: road.stores.engine)
    asked = road.ask()
    road.settle()

    def run(*words: str) -> str:
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        return result.output

    (one,) = json.loads(run("callback", "list", "--json", "--site", "shop"))
    assert (one["id"], one["state"], one["site"]) == (asked["id"], "talked", "shop")
    assert "+972543216549  talked  WalterSIP" in run("callback", "list")
    key = run("api-key", "add", "shop", "--name", "crm").strip()
    assert "crm  made" in run("api-key", "list", "shop")
    headers = {"Authorization": f"Bearer {key}"}
    assert road.client.get(f"/api/v1/callbacks/{asked['id']}", headers=headers).status_code == 200
    run("api-key", "remove", "shop", "crm")
    assert road.client.get(f"/api/v1/callbacks/{asked['id']}", headers=headers).status_code == 403
    assert CliRunner().invoke(main, ["api-key", "remove", "shop", "crm"]).exit_code == 1


def test_what_the_doctor_says(road: Road) -> None:
    def said() -> list[str]:
        found = findings(road.stores.settings, road.stores.engine, road.stores.live)
        return [one.what for one in found if "call" in one.what and "back" in one.what]

    road.ask()
    road.settle()
    assert said() == ["site shop: calls visitors back, 1 in 24 hours"]
    road.switch.behaviors |= {"WalterSIP": Behavior.INVALID}
    road.ask("noa")
    road.ask("gal")
    assert said() == ["site shop: 2 of 3 callbacks of 24 hours failed"]
    add(road, callback_row(state="uncertain", made_at=datetime.now(UTC)))
    assert said() == ["site shop: 1 of 4 callbacks of 24 hours have no known end"]
