"""Who is dialed after whom, and how a request goes on: by answers, pop-ups,
CDRs and the Call Log, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadtracker.callback import request as callback_request
from leadtracker.callback import sweeps as callback_sweeps
from leadtracker.callback_rules.course import State
from leadtracker.live.callback_guard import CallbackGuard
from leadtracker.pbx.voicenter import dialing as voicenter_dialing
from leadtracker.pbx.voicenter.simulator.behavior import Behavior
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import InboxRow
from tests.callback_road import BEGUN, Road
from tests.patience import PATIENCE


def wait(monkeypatch: pytest.MonkeyPatch, road: Road, seconds: float) -> None:
    """The PBX's answer is waited for so long, and the page told after three times as long;
    a late one takes longer."""
    calls = voicenter_dialing.VoicenterCalls(seconds=seconds)
    monkeypatch.setattr(voicenter_dialing.CLICK_TO_CALL, "_sender", calls._sender)
    monkeypatch.setattr(callback_request, "ANSWER_SECONDS", 3 * seconds)
    road.switch.late_seconds = PATIENCE


TRIED: dict[
    Behavior, tuple[str, str, int]
] = {  # of the first agent -> state, code, how many agents were asked
    Behavior.OFFLINE: ("talked", "", 2),
    Behavior.BLOCKED: ("talked", "", 2),
    Behavior.INVALID: ("failed", "refused", 1),
    Behavior.UNAUTHORIZED: ("failed", "unauthorized", 1),
    Behavior.AGENT_MISSES: ("failed", "agent: missed", 1),
    Behavior.VISITOR_MISSES: ("failed", "visitor: missed", 1),
    Behavior.VISITOR_BUSY: ("failed", "visitor: busy", 1),
    # It rings although nobody said so: never another agent, and the CDRs tell in the end.
    Behavior.APPLICATION_ERROR: ("talked", "", 1),
    Behavior.SLOW: ("talked", "", 1),
    Behavior.CUT: ("talked", "", 1),
    Behavior.UNREADABLE: ("talked", "", 1),
    Behavior.SERVER_ERROR: ("talked", "", 1),
}


@pytest.mark.parametrize("behavior", TRIED)
def test_the_next_agent_only_where_certainly_nothing_rings(
    road: Road, behavior: Behavior, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(monkeypatch, road, 1.0 if behavior is Behavior.SLOW else PATIENCE)
    road.switch.behaviors["WalterSIP"] = behavior
    asked = road.ask()
    state, code, agents = TRIED[behavior]
    road.settle()
    row = road.until(asked["id"], state)
    assert (row.state, row.code) == (state, code)
    assert len([one for one in road.switch.asked if one.path.endswith("click2call.aspx")]) == agents
    assert set(road.dialed().values()) <= {1}


def test_an_answer_that_is_lost_is_uncertain_not_failed(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(monkeypatch, road, PATIENCE)
    road.switch.behaviors["WalterSIP"] = Behavior.CUT
    road.stay(BEGUN)
    asked = road.ask()
    assert asked["state"] == "uncertain"
    assert road.ask(id=asked["id"])["state"] == "uncertain"
    road.release()
    road.settle()
    assert road.row(asked["id"]).state == "talked"
    assert road.dialed() == {asked["id"]: 1}


def test_every_agent_offline_fails_and_costs_nothing(road: Road) -> None:
    road.switch.behaviors |= {"WalterSIP": Behavior.OFFLINE, "LoisSIP": Behavior.OFFLINE}
    asked = road.ask()
    assert (asked["state"], asked["words"]) == ("failed", "")
    road.turn()
    row = road.row(asked["id"])
    assert (row.code, row.spent, row.settled) == ("offline", 0, True)
    assert CallbackGuard(road.stores.live).money("pbx", row.site_id, row.day) == (0, 0)


def test_whoever_is_free(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voicenter_dialing.CLICK_TO_CALL, "_known", {})
    road.rules(choose="free")
    road.switch.behaviors["WalterSIP"] = Behavior.OFFLINE
    asked = road.ask()
    assert road.row(asked["id"]).agent == "LoisSIP"
    road.settle()


def test_round_robin(road: Road) -> None:
    road.rules(choose="round robin")
    agents = []
    for visitor in ("dana", "noa", "gal"):
        agents.append(road.row(road.ask(visitor)["id"]).agent)
        road.settle()
    assert agents == ["WalterSIP", "LoisSIP", "WalterSIP"]


def test_a_slow_pbx_lets_the_page_go_on(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    wait(monkeypatch, road, PATIENCE)
    monkeypatch.setattr(callback_request, "ANSWER_SECONDS", 0.2)
    road.switch.behaviors["WalterSIP"] = Behavior.SLOW
    asked = road.ask()
    assert asked["state"] == "dialling"
    road.until(asked["id"], "talked")
    assert road.dialed() == {asked["id"]: 1}


def test_dialing_that_nobody_finished_is_uncertain_and_never_dialed_again(road: Road) -> None:
    asked = road.ask()
    road.settle()
    with Session(road.stores.engine) as session:
        lost = datetime.now(UTC) - callback_sweeps.LOST - timedelta(seconds=1)
        died = update(CallbackRow).values(
            state=State.DIALING, answered_at=None, dialled_at=lost, call_id="", ended_at=None
        )
        session.execute(died)
        session.commit()
    road.turn()
    assert (road.row(asked["id"]).state, road.row(asked["id"]).code) == ("uncertain", "no answer")
    assert road.ask(id=asked["id"])["state"] == "uncertain"
    road.turn()
    assert road.dialed() == {asked["id"]: 1}


@pytest.mark.parametrize(
    ("behavior", "state", "code"),
    [(Behavior.NO_CDR, "talked", ""), (Behavior.GOES_AWAY, "unknown", "no record")],
)
def test_without_a_cdr_the_call_log_ends_it_or_nobody_knows(
    road: Road, behavior: Behavior, state: str, code: str
) -> None:
    road.switch.behaviors["WalterSIP"] = behavior
    asked = road.ask()
    road.settle()
    assert road.row(asked["id"]).state == "visitor answered"
    with Session(road.stores.engine) as session:
        session.execute(
            update(CallbackRow).values(dialled_at=datetime.now(UTC) - timedelta(minutes=61))
        )
        session.commit()
    row = road.until(asked["id"], state)
    assert (row.state, row.code) == (state, code)


def test_states_follow_pops_and_cdrs_in_any_order_and_number(road: Road) -> None:
    asked = road.ask()
    road.switch.exchange.wait()
    with Session(road.stores.engine) as session:
        received = list(session.scalars(select(InboxRow.id).order_by(InboxRow.id)))
    assert len(received) >= 4
    for order in (received[::-1], received[2:] + received[:2], received * 2):
        states = road.read_again(asked["id"], order)
        assert states == sorted(states, key=list(State).index)
        assert (road.row(asked["id"]).state, road.row(asked["id"]).talk_seconds) == ("talked", 42)


def test_pops_alone_say_who_has_answered(road: Road) -> None:
    road.stay("agent answered", "visitor answered")
    asked = road.ask()
    assert road.seen_until(asked["id"], "talked") == [
        "dialling",
        "agent answered",
        "visitor answered",
        "talked",
    ]


def test_a_call_without_variables_is_linked_by_the_pbxs_id(road: Road) -> None:
    asked = road.ask()
    road.switch.exchange.wait()
    with Session(road.stores.engine) as session:
        for one in session.scalars(select(InboxRow)):
            one.body = one.body.replace(b"var_leadtracker_request", b"var_of_somebody_else")
        session.commit()
    road.turn()
    assert road.row(asked["id"]).state == "talked"


def test_hang_up(road: Road) -> None:
    road.switch.exchange.talk_seconds = PATIENCE
    asked = road.ask()
    pk = road.row(asked["id"]).pk
    view = road.app.view_functions["dashboard.hang_up"]
    assert isinstance(view, partial)
    dialing = view.args[0]
    dialing.hang_up(pk)
    road.settle()
    assert [one.fields["action"] for one in road.switch.asked] == ["call", "terminate"]
    assert road.row(asked["id"]).state in ("talked", "failed")
