"""Requests outside opening hours: kept for the opening, left to a campaign,
or left lying and found by the worker."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from leadtracker.callback import sweeps as callback_sweeps
from leadtracker.pbx.voicenter.simulator.behavior import Said
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow, InboxRow
from tests.callback_road import Road, closed_now, make_due


def test_outside_opening_hours_it_is_kept_and_dialled_at_the_opening(road: Road) -> None:
    road.rules(**closed_now())
    assert road.form()["open"] is False
    asked = road.ask()
    assert asked["state"] == "scheduled"
    assert asked["opens"] == road.form()["opens"]
    road.turn()
    assert road.dialed() == {}
    road.rules()
    make_due(road, asked["id"])
    road.until(asked["id"], "talked")
    assert road.dialed() == {asked["id"]: 1}


def test_a_holiday_that_was_added_postpones(road: Road) -> None:
    road.rules(**closed_now())
    asked = road.ask()
    make_due(road, asked["id"])
    road.turn()
    row = road.row(asked["id"])
    assert row.state == "scheduled"
    assert row.due_at is not None
    assert row.due_at > datetime.now(UTC) + timedelta(hours=1)
    assert road.dialed() == {}


def test_at_the_opening_agents_are_rung_one_request_each(road: Road) -> None:
    road.rules(**closed_now())
    road.switch.exchange.talk_seconds = 1.0
    asked = [
        road.ask(visitor, phone=f"054-321-655{n}")["id"]
        for n, visitor in enumerate(("dana", "noa", "gal"))
    ]
    road.rules()
    for request in asked:
        make_due(road, request)
    road.turn()
    for request in asked[:2]:
        road.until(request, "dialling", "agent answered", "visitor answered", "talked")
    third = road.row(asked[2]).state
    over = [request for request in asked[:2] if road.row(request).state == "talked"]
    assert third == "scheduled" or over
    for request in asked:
        road.until(request, "talked")
    assert road.dialed() == dict.fromkeys(asked, 1)


def test_outside_opening_hours_a_campaign_takes_it(road: Road) -> None:
    road.rules(campaign="1234", **closed_now())
    asked = road.ask()
    assert asked["state"] == "scheduled"
    (left,) = road.switch.scheduled
    assert left["CustomData"]["var_leadtracker_request"].endswith(asked["id"])
    row = road.row(asked["id"])
    assert (row.campaign, row.dialled_at) == ("1234", None)
    make_due(road, asked["id"])
    road.turn()
    assert road.dialed() == {}
    with Session(road.stores.engine) as session:
        long_ago = datetime.now(UTC) - timedelta(hours=25)
        session.execute(update(CallbackRow).values(due_at=long_ago))
        session.commit()
    road.turn()
    assert (road.row(asked["id"]).state, road.row(asked["id"]).code) == ("unknown", "not heard of")


def test_the_campaigns_call_is_the_requests(road: Road) -> None:
    road.rules(campaign="1234", **closed_now())
    asked = road.ask()
    road.turn()
    road.switch.run_campaigns(datetime.now(UTC) + timedelta(days=8))
    road.settle()
    row = road.row(asked["id"])
    assert (row.state, row.talk_seconds, row.settled) == ("talked", 42, True)
    assert row.call_pk is not None
    assert road.dialed() == {asked["id"]: 1}


def test_each_call_of_a_campaign_counts_once_in_any_order(road: Road) -> None:
    """First nobody answers, then they talk; a third time, by mistake, they talk again."""
    road.rules(campaign="1234", **closed_now())
    asked = road.ask()
    custom = road.switch.scheduled[0]["CustomData"]
    epoch = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())

    def cdr(call_id: str, status: str, seconds: int, price: float) -> dict[str, Any]:
        return {
            "caller": "WalterSIP",
            "target": "0543216549",
            "time": epoch,
            "duration": seconds,
            "ivruniqueid": call_id,
            "type": "ProductiveCall Leg2",
            "status": status,
            "callerextension": "WalterSIP",
            "price": price,
            "CustomData": custom,
        }

    calls = [cdr("a", "NOANSWER", 0, 0), cdr("b", "ANSWER", 60, 12), cdr("c", "ANSWER", 30, 7)]
    seen = set()
    for order in [*itertools.permutations(calls), [*calls, *calls[::-1]]]:
        with Session(road.stores.engine) as session:
            session.execute(delete(InboxRow))
            session.execute(delete(CallRow))
            session.execute(
                update(CallbackRow).values(
                    state="scheduled", call_pk=None, call_id="", calls={}, spent=None, code=""
                )
            )
            session.commit()
        for one in order:
            assert (
                road.client.post("/pbx/pbx/secret-of-the-pbx-account/cdr", json=one).get_json()[
                    "Err"
                ]
                == 0
            )
            road.turn()
        row = road.row(asked["id"])
        with Session(road.stores.engine) as session:
            shown = session.get_one(CallRow, row.call_pk).call_id
        seen.add((row.state, row.code, row.talk_seconds, row.spent, row.settled, shown))
    assert seen == {("talked", "", 90, 19, True, "b")}


def test_a_campaign_that_does_not_take_it_leaves_it_to_us(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    road.rules(campaign="1234", **closed_now())
    monkeypatch.setattr(road.switch, "_dialer", lambda asked: Said(403, b""))
    asked = road.ask()
    assert asked["state"] == "scheduled"
    row = road.row(asked["id"])
    assert (row.campaign, row.dialled_at) == ("", None)


def test_a_received_request_that_was_left_lying_is_dialed_by_the_worker(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadtracker.callback.dialing.Dialing.begin", lambda *_: None)
    asked = road.ask()
    assert asked["state"] == "received"
    monkeypatch.undo()
    monkeypatch.setattr(callback_sweeps, "LEFT_LYING", timedelta(0))
    road.until(asked["id"], "talked")
    assert road.dialed() == {asked["id"]: 1}
