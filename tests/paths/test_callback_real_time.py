"""A callback request that the feed of real-time events leads on;
and what a feed costs when it is down: nothing."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import tomli_w
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.callback_rules.course import State
from leadtracker.errors import SiteFault, StoreUnavailable
from leadtracker.pbx.simulated_call import Extension
from leadtracker.pbx.voicenter import real_time_login
from leadtracker.pbx.voicenter.real_time_feed import FEED, Pace
from leadtracker.pbx.voicenter.simulator.behavior import Behavior
from leadtracker.pbx.voicenter.simulator.events import status_update
from leadtracker.pbx.voicenter.simulator.real_time import SimulatedRealTime, served
from leadtracker.records.tables import InboxRow
from leadtracker.running.doctor import Finding, findings
from tests.callback_road import RULES, Road, save
from tests.patience import PATIENCE
from tests.patience import until as until_


@pytest.fixture
def real_time(road: Road, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedRealTime]:
    """Listened to for the road's account; the exchange tells it all, and sends no pop-ups."""
    monkeypatch.setattr(
        FEED, "pace", Pace(keep_alive=0.5, silence=PATIENCE, rest=0.05, longest_rest=0.1, tick=0.02)
    )
    monkeypatch.setattr(real_time_login, "BETWEEN_LOGINS", 0.02)
    exchange = road.switch.exchange
    exchange.pbx = dataclasses.replace(exchange.pbx, screen_pop_url="")
    with served(SimulatedRealTime("the-token-of-the-account")) as real_time:
        exchange.tell = real_time.emit
        listen(road, **real_time.options)
        until(road, real_time.connected)
        yield real_time
        road.worker._listening.stop()


def listen(road: Road, **options: str) -> None:
    save(road.stores.engine, road.stores, RULES, dict(road.switch.options) | options)


def until(road: Road, what: Callable[[], Any], *, turning: bool = True) -> Any:
    def probe() -> Any:
        if turning:
            road.turn()
        return what()

    return until_(probe)


def families(road: Road) -> set[str]:
    with Session(road.stores.engine) as session:
        return set(session.scalars(select(InboxRow.family)))


def test_the_feed_leads_a_request_on(road: Road, real_time: SimulatedRealTime) -> None:
    road.stay("agent answered", "visitor answered")
    asked = road.ask()
    assert road.seen_until(asked["id"], "talked") == [
        "dialling",
        "agent answered",
        "visitor answered",
        "talked",
    ]
    assert families(road) == {"real-time", "cdr"}


ENDS = {  # by the agent's behavior: what is known before the CDR, and after it
    Behavior.AGENT_MISSES: (["dialling", "failed"], "agent: missed"),
    Behavior.VISITOR_MISSES: (["dialling", "agent answered", "failed"], "visitor: missed"),
    Behavior.VISITOR_BUSY: (["dialling", "agent answered", "failed"], "visitor: busy"),
}


@pytest.mark.parametrize("behavior", ENDS)
def test_only_the_cdr_ends_it(road: Road, real_time: SimulatedRealTime, behavior: Behavior) -> None:
    road.switch.behaviors["WalterSIP"] = behavior
    states, code = ENDS[behavior]
    road.stay("agent answered")
    asked = road.ask()
    assert road.seen_until(asked["id"], "failed") == states
    assert road.row(asked["id"]).code == code


def test_a_hang_up_without_a_cdr_ends_nothing(road: Road, real_time: SimulatedRealTime) -> None:
    road.switch.behaviors["WalterSIP"] = Behavior.NO_CDR
    asked = road.ask()
    road.until(asked["id"], "visitor answered")
    road.settle()
    until(road, lambda: b"HANGUP" in bodies(road))
    assert (road.row(asked["id"]).state, families(road)) == ("visitor answered", {"real-time"})


def bodies(road: Road) -> bytes:
    with Session(road.stores.engine) as session:
        return b"".join(session.scalars(select(InboxRow.body)))


@pytest.mark.parametrize("after", ["dialling", "agent answered", "visitor answered"])
def test_a_feed_that_is_cut_loses_nothing_that_the_cdr_does_not_mend(
    road: Road, real_time: SimulatedRealTime, after: str
) -> None:
    road.stay(after)
    asked = road.ask()
    road.until(asked["id"], after)
    real_time.gone = {0}
    real_time.hang_up()
    road.release()
    road.until(asked["id"], "talked")
    assert (road.row(asked["id"]).talk_seconds, road.row(asked["id"]).spent is not None) == (
        42,
        True,
    )
    real_time.gone = set()
    until(road, real_time.connected)


def test_states_in_any_order_and_number_with_pop_ups_too(
    road: Road, real_time: SimulatedRealTime
) -> None:
    exchange = road.switch.exchange
    exchange.pbx = dataclasses.replace(
        exchange.pbx, screen_pop_url=exchange.pbx.cdr_url.replace("cdr", "screen-pop")
    )
    asked = road.ask()
    road.settle()
    until(road, lambda: b"HANGUP" in bodies(road))
    assert families(road) == {"real-time", "screen-pop", "cdr"}
    with Session(road.stores.engine) as session:
        received = list(session.scalars(select(InboxRow.id).order_by(InboxRow.id)))
    for order in (
        received[::-1],
        received[3:] + received[:3],
        received[::2] + received[1::2] + received,
    ):
        states = road.read_again(asked["id"], order)
        assert states == sorted(states, key=list(State).index)
        assert (road.row(asked["id"]).state, road.row(asked["id"]).talk_seconds) == ("talked", 42)


def test_what_is_about_no_call_fills_no_inbox(road: Road, real_time: SimulatedRealTime) -> None:
    real_time.emit([status_update(Extension("LoisSIP", "Lois"), 3, 1703265952)] * 20)
    until(road, lambda: 'receipt="no call"} 20.0' in metrics(road))
    assert families(road) == set()


def metrics(road: Road) -> str:
    return str(road.client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).text)


def said(road: Road) -> list[Finding]:
    found = findings(road.stores.settings, road.stores.engine, road.stores.live)
    return [finding for finding in found if "real-time" in finding.what]


def test_what_the_doctor_and_the_metrics_say(road: Road, real_time: SimulatedRealTime) -> None:
    who = "account pbx: real-time events: "
    until(
        road,
        lambda: [one.what for one in said(road)] == [f"{who}connected to 127.0.0.1, none came yet"],
    )
    assert 'leadtracker_real_time_up{account="pbx"} 1.0' in metrics(road)
    road.ask()
    road.settle()
    [finding] = until(road, lambda: [one for one in said(road) if "the newest came 20" in one.what])
    assert finding.well
    until(
        road,
        lambda: (
            'leadtracker_real_time_events_total{account="pbx",receipt="stored"} 5.0'
            in metrics(road)
        ),
    )
    real_time.secret = "another"
    real_time.tokens.clear()
    real_time.hang_up()
    [finding] = until(
        road, lambda: [one for one in said(road) if "the login is refused" in one.what]
    )
    assert (finding.well, "real_time_" in finding.do) == (False, True)
    until(road, lambda: 'leadtracker_real_time_up{account="pbx"} 0.0' in metrics(road))
    road.worker._listening.stop()
    road.stores.live.client.delete("lt:{feed:pbx}:state")  # it expires
    [finding] = said(road)
    assert (finding.well, f"{who}nobody listens" in finding.what) == (False, True)


def test_options_that_change_begin_it_anew_and_none_end_it(
    road: Road, real_time: SimulatedRealTime
) -> None:
    first = road.worker._listening._feeds["pbx"]
    road.turn()
    assert road.worker._listening._feeds["pbx"] is first
    listen(road, **real_time.options, blocked_calls="none")
    until(road, lambda: not first.is_alive() and real_time.connected() == [0])
    second = road.worker._listening._feeds["pbx"]
    listen(road)
    until(road, lambda: not second.is_alive() and not real_time.connected())
    assert (road.worker._listening._feeds, said(road)) == ({}, [])


def test_a_feed_that_fails_hurts_nobody(
    road: Road,
    real_time: SimulatedRealTime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError(real_time.secret)

    monkeypatch.setattr(real_time_login, "log_in", fail)
    real_time.tokens.clear()
    real_time.hang_up()
    until(road, lambda: [one for one in said(road) if "failed: RuntimeError" in one.what])
    asked = road.ask()
    road.until(asked["id"], "talked")
    assert "failed: RuntimeError" in caplog.text
    assert real_time.secret not in caplog.text


def test_events_that_cannot_be_kept_end_no_feed(
    road: Road, real_time: SimulatedRealTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise StoreUnavailable("the disk is full")

    inbox = road.worker._listening._inbox
    assert inbox is not None
    monkeypatch.setattr(inbox, "keep", refuse)
    asked = road.ask()
    road.until(asked["id"], "talked")  # by its CDRs, which the web processes keep
    assert families(road) == {"cdr"}
    until(road, lambda: 'receipt="not stored"} 5.0' in metrics(road))
    assert real_time.connected() == [0]


def test_the_worker_listens_while_it_runs(road: Road, real_time: SimulatedRealTime) -> None:
    road.worker._listening.stop()
    until(road, lambda: not real_time.connected(), turning=False)
    stop = threading.Event()
    running = threading.Thread(target=road.worker.run, args=(stop,))
    running.start()
    until(road, real_time.connected, turning=False)
    stop.set()
    running.join(PATIENCE)
    assert not running.is_alive()
    assert [one.name for one in threading.enumerate() if one.name.startswith("feed-")] == []


def test_faults_of_the_options(road: Road) -> None:
    options = {"real_time_email": "dana@example.com"}
    with Session(road.stores.engine) as session, pytest.raises(SiteFault) as fault:
        site_file.apply(session, tomli_w.dumps({"account": {"pbx": {"options": options}}}))
    assert str(fault.value) == "account pbx: options.real_time_pin is missing."
