"""Voicenter is asked to dial, over HTTP: a switch that rings, refuses, is late or goes away."""

from __future__ import annotations

import dataclasses
import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from leadtracker.domain import Account, Cdr, Outcome, Phase
from leadtracker.errors import PbxUnavailable
from leadtracker.pbx import VENDORS, dialing
from leadtracker.pbx.dialing import Answer, Dial
from leadtracker.pbx.voicenter.cdr_notification import CDR
from leadtracker.pbx.voicenter.dialing import VoicenterCalls
from leadtracker.pbx.voicenter.screen_pop import SCREEN_POP
from leadtracker.pbx.voicenter.simulator.behavior import Behavior
from leadtracker.pbx.voicenter.simulator.switch import SimulatedSwitch
from tests.patience import PATIENCE, until
from tests.unit.receiver import Receiver

VARIABLES = {dialing.REQUEST: "request-1", dialing.VISITOR: "visitor-1"}
DIAL = Dial("SIPSIP1", "+972501234567", VARIABLES, {"record": True, "language": "he"})
SHORT = 1.0  # seconds until an answer of the switch is late


def with_options(account: Account, **options: str) -> Account:
    return dataclasses.replace(account, options={**account.options, **options})


def pops(receiver: Receiver, account: Account) -> list[tuple[Phase, str | None, str, str]]:
    heard = [
        SCREEN_POP.read(one.json, account, datetime.now(UTC))
        for one in list(receiver.got)
        if one.url == "/pop"
    ]
    return [
        (
            pop.phase,
            pop.call_id,
            dialing.variable(pop.custom, dialing.REQUEST),
            dialing.variable(pop.custom, dialing.VISITOR),
        )
        for pop in heard
    ]


def legs(receiver: Receiver, account: Account) -> list[Cdr]:
    read = [
        CDR.read(one.json, account, datetime.now(UTC))
        for one in list(receiver.got)
        if one.url == "/cdr"
    ]
    return [leg for leg in read if isinstance(leg, Cdr)]


def test_the_vendor_offers_it() -> None:
    assert VENDORS["voicenter"].click_to_call is not None
    assert VENDORS["while1"].click_to_call is None


@pytest.mark.parametrize("method", ["json", "get"])
@pytest.mark.parametrize("written_as", ["json", "xml"])
def test_both_telephones_ring_and_both_legs_come_back(
    method: str,
    written_as: str,
    switch: SimulatedSwitch,
    calls: VoicenterCalls,
    ours: Account,
    receiver: Receiver,
) -> None:
    account = with_options(ours, click_to_call_method=method, click_to_call_format=written_as)
    dialed = calls.dial(account, DIAL)
    assert (dialed.answer, dialed.message) == (Answer.ACCEPTED, "OK")
    switch.exchange.wait()
    assert switch.asked[0].method == ("GET" if method == "get" else "POST")
    id_and_variables = (dialed.call_id, "request-1", "visitor-1")
    phases = [Phase.DIALING, Phase.RINGING, Phase.ANSWERED, Phase.ENDED]
    assert pops(receiver, account) == [(phase, *id_and_variables) for phase in phases]
    first, second = legs(receiver, account)
    for leg in (first, second):
        assert leg.call_id == dialed.call_id
        assert {name: dialing.variable(leg.custom, name) for name in VARIABLES} == VARIABLES
    assert (first.type, first.main, first.outcome) == ("Click2Call leg1", False, Outcome.ANSWERED)
    assert (second.type, second.main, second.outcome) == ("Click2Call leg2", True, Outcome.ANSWERED)
    assert (second.customer, second.talk_seconds, second.price) == ("+972501234567", 42, Decimal(7))
    assert switch.exchange.dialed == {"request-1": 1}


OUTCOMES: dict[
    Behavior, tuple[Answer, int, list[Outcome]]
] = {  # how often it rang, how its legs ended
    Behavior.ANSWERS: (Answer.ACCEPTED, 1, [Outcome.ANSWERED, Outcome.ANSWERED]),
    Behavior.VISITOR_MISSES: (Answer.ACCEPTED, 1, [Outcome.ANSWERED, Outcome.MISSED]),
    Behavior.VISITOR_BUSY: (Answer.ACCEPTED, 1, [Outcome.ANSWERED, Outcome.BUSY]),
    Behavior.AGENT_MISSES: (Answer.ACCEPTED, 1, [Outcome.MISSED, Outcome.FAILED]),
    Behavior.INVALID: (Answer.REFUSED, 0, []),
    Behavior.APPLICATION_ERROR: (Answer.UNCERTAIN, 1, [Outcome.ANSWERED, Outcome.ANSWERED]),
    Behavior.OFFLINE: (Answer.OFFLINE, 0, []),
    Behavior.BLOCKED: (Answer.BLOCKED, 0, []),
    Behavior.UNAUTHORIZED: (Answer.UNAUTHORIZED, 0, []),
    Behavior.SLOW: (Answer.UNCERTAIN, 1, [Outcome.ANSWERED, Outcome.ANSWERED]),
    Behavior.CUT: (Answer.UNCERTAIN, 1, [Outcome.ANSWERED, Outcome.ANSWERED]),
    Behavior.UNREADABLE: (Answer.UNCERTAIN, 1, [Outcome.ANSWERED, Outcome.ANSWERED]),
    Behavior.SERVER_ERROR: (Answer.UNCERTAIN, 1, [Outcome.ANSWERED, Outcome.ANSWERED]),
    Behavior.GOES_AWAY: (Answer.ACCEPTED, 1, []),
    Behavior.NO_CDR: (Answer.ACCEPTED, 1, []),
}


def test_every_behavior_is_tried() -> None:
    assert set(OUTCOMES) == set(Behavior)


@pytest.mark.parametrize("behavior", OUTCOMES)
def test_what_is_known_of_each_behavior(
    behavior: Behavior,
    switch: SimulatedSwitch,
    calls: VoicenterCalls,
    ours: Account,
    receiver: Receiver,
) -> None:
    answer, rang, outcomes = OUTCOMES[behavior]
    switch.behaviors["SIPSIP1"] = behavior
    if behavior is Behavior.SLOW:
        calls = VoicenterCalls(seconds=SHORT, places=8)
    dialed = calls.dial(ours, DIAL)
    assert dialed.answer is answer
    assert bool(dialed.call_id) == (answer is Answer.ACCEPTED)
    assert dialed.message
    switch.exchange.wait()
    assert switch.exchange.dialed["request-1"] == rang
    heard = legs(receiver, ours)
    assert [leg.outcome for leg in heard] == outcomes
    assert {dialing.variable(leg.custom, dialing.REQUEST) for leg in heard} <= {"request-1"}
    assert len(switch.asked) == 1  # nothing is tried again


def test_a_switch_that_is_not_there(calls: VoicenterCalls, ours: Account) -> None:
    account = with_options(ours, click_to_call_url="http://127.0.0.1:9/")
    assert calls.dial(account, DIAL).answer is Answer.UNREACHED
    assert calls.hang_up(account, "SIPSIP1").answer is Answer.UNREACHED


@pytest.mark.parametrize("agent", ["login:SIPSIP2", "SIPSIP2"])
def test_an_agent_by_login_code(
    agent: str, switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account
) -> None:
    assert calls.dial(ours, dataclasses.replace(DIAL, agent=agent)).answer is Answer.ACCEPTED
    assert switch.exchange.active().keys() <= {"SIPSIP2"}
    nobody = calls.dial(ours, dataclasses.replace(DIAL, agent="login:nobody"))
    assert nobody.answer is Answer.OFFLINE


def test_wrong_parameters_are_not_sent(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account
) -> None:
    dialed = calls.dial(
        ours, dataclasses.replace(DIAL, options={"record": "yes", "maxduration": "long"})
    )
    assert dialed.answer is Answer.REFUSED
    assert (
        dialed.message
        == "record must be true or false. maxduration must be a whole number above 0."
    )
    assert calls.faults({"record": "yes"}) == ("record must be true or false.",)
    assert not switch.asked


def test_a_call_is_ended(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account, receiver: Receiver
) -> None:
    switch.exchange.talk_seconds = PATIENCE
    assert calls.hang_up(ours, "SIPSIP1").answer is Answer.REFUSED
    dialed = calls.dial(ours, DIAL)
    until(lambda: Phase.ANSWERED in [phase for phase, *_ in pops(receiver, ours)])
    assert calls.hang_up(ours, "SIPSIP1").answer is Answer.ACCEPTED
    switch.exchange.wait()
    assert [leg.call_id for leg in legs(receiver, ours)] == [dialed.call_id] * 2


def test_a_call_is_ended_before_the_visitor_answers(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account, receiver: Receiver
) -> None:
    switch.exchange.step_seconds = PATIENCE
    calls.dial(ours, DIAL)
    assert calls.hang_up(ours, "SIPSIP1").answer is Answer.ACCEPTED
    switch.exchange.wait()
    assert [leg.outcome for leg in legs(receiver, ours)] == [Outcome.ANSWERED, Outcome.MISSED]
    assert Phase.ANSWERED not in [phase for phase, *_ in pops(receiver, ours)]


def test_who_is_free(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert calls.free(ours) == {"SIPSIP1", "SIPSIP2"}
    switch.behaviors["SIPSIP2"] = Behavior.OFFLINE
    assert calls.free(ours) == {"SIPSIP1", "SIPSIP2"}  # not asked again at once
    assert len(switch.asked) == 2
    later = VoicenterCalls(seconds=PATIENCE)
    assert later.free(ours) == {"SIPSIP1"}
    switch.exchange.talk_seconds = PATIENCE
    calls.dial(ours, DIAL)
    assert VoicenterCalls(seconds=PATIENCE).free(ours) == frozenset()


def test_an_extension_that_is_not_listed_is_not_free(
    calls: VoicenterCalls, ours: Account, receiver: Receiver
) -> None:
    receiver.answers = [
        (200, b'{"ERR":0,"DESC":"OK","EXTENSIONS":[{"SIP":"SIPSIP2"},{"SIP":"SIPSIP3"}]}')
    ]
    assert calls.free(with_options(ours, extension_list_url=receiver.url)) == {"SIPSIP2"}


def test_records_of_other_calls_are_left_out(
    calls: VoicenterCalls, ours: Account, receiver: Receiver
) -> None:
    rows = [
        {"callid": call_id, "date": "2026-09-13T06:00:00Z", "cdrtype": 10} for call_id in ("a", "b")
    ]
    receiver.answers = [(200, json.dumps({"ERROR_NUMBER": 0, "CDR_LIST": rows}).encode())]
    now = datetime.now(UTC)
    (found,) = calls.record(with_options(ours, call_log_url=receiver.url), "b", now, now)
    assert (found.call_id, found.type) == ("b", "Click2Call leg2")


def test_who_is_free_is_asked_again_after_some_seconds(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls.free(ours)
    switch.behaviors["SIPSIP2"] = Behavior.OFFLINE
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 5)
    assert calls.free(ours) == {"SIPSIP1"}
    assert [one.path.rpartition("/")[2] for one in switch.asked] == [
        "GetExtensions",
        "GetExtensionsCalls",
        "GetExtensionsCalls",
    ]


def test_a_wrong_code_is_said(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account
) -> None:
    account = with_options(ours, code="WRONG-CODE")
    assert calls.dial(account, DIAL).answer is Answer.UNAUTHORIZED
    for ask in (
        lambda: calls.free(account),
        lambda: calls.record(account, "id", datetime.now(UTC), datetime.now(UTC)),
        lambda: calls.block(account, ["+972501234567"]),
        lambda: calls.unblock(account, ["+972501234567"]),
    ):
        with pytest.raises(PbxUnavailable) as refusal:
            ask()
        assert "WRONG-CODE" not in str(refusal.value)


def test_the_call_log_has_what_no_cdr_told(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account, receiver: Receiver
) -> None:
    switch.behaviors["SIPSIP1"] = Behavior.NO_CDR
    dialed = calls.dial(ours, DIAL)
    since = datetime.now(UTC) - timedelta(minutes=1)
    switch.exchange.wait()
    calls.dial(
        ours, dataclasses.replace(DIAL, agent="SIPSIP2", variables={dialing.REQUEST: "request-2"})
    )
    switch.exchange.wait()
    found = calls.record(ours, dialed.call_id, since, since + timedelta(minutes=2))
    assert [(leg.call_id, leg.type, leg.main) for leg in found] == [
        (dialed.call_id, "Click2Call leg1", False),
        (dialed.call_id, "Click2Call leg2", True),
    ]
    assert {dialing.variable(leg.custom, dialing.REQUEST) for leg in found} == {"request-1"}
    (_, second) = found
    assert (second.talk_seconds, second.price, second.customer) == (42, Decimal(7), "+972501234567")
    assert calls.record(ours, dialed.call_id, since - timedelta(days=1), since) == ()
    assert calls.record(ours, "another", since, since + timedelta(minutes=2)) == ()


def test_the_log_says_of_a_leg_what_its_cdr_says(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account, receiver: Receiver
) -> None:
    dialed = calls.dial(ours, DIAL)
    switch.exchange.wait()
    now = datetime.now(UTC)
    found = calls.record(ours, dialed.call_id, now - timedelta(minutes=1), now)
    same = (
        "call_id",
        "type",
        "outcome",
        "direction",
        "main",
        "started_at",
        "customer",
        "talk_seconds",
        "custom",
    )
    for leg, logged in zip(legs(receiver, ours), found, strict=True):
        assert {name: getattr(leg, name) for name in same} == {
            name: getattr(logged, name) for name in same
        }


def test_a_call_is_left_to_a_campaign(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account
) -> None:
    opening = datetime(2026, 9, 13, 6, 0, tzinfo=UTC)
    assert calls.schedule(ours, "campaign", DIAL, opening).answer is Answer.ACCEPTED
    assert calls.schedule(ours, "", DIAL, opening).answer is Answer.REFUSED
    (scheduled,) = switch.scheduled
    assert (scheduled["OriginateTime"], scheduled["IsDateLocal"]) == (
        int(opening.timestamp()),
        "false",
    )
    assert scheduled["CustomData"] == {
        "var_leadtracker_request": "request-1",
        "var_leadtracker_visitor": "visitor-1",
    }
    unreached = with_options(ours, dialer_url="http://127.0.0.1:9/")
    assert calls.schedule(unreached, "campaign", DIAL, opening).answer is Answer.UNREACHED


def test_a_campaign_calls_when_it_is_time(
    switch: SimulatedSwitch, calls: VoicenterCalls, ours: Account, receiver: Receiver
) -> None:
    opening = datetime(2026, 9, 13, 6, 0, tzinfo=UTC)
    calls.schedule(ours, "campaign", DIAL, opening)
    switch.run_campaigns(opening - timedelta(seconds=1))
    assert not switch.exchange.dialed
    for _ in range(2):
        switch.run_campaigns(opening)
    switch.exchange.wait()
    assert switch.exchange.dialed == {"request-1": 1}
    first, second = legs(receiver, ours)
    assert [(leg.type, leg.main, leg.campaign_code) for leg in (first, second)] == [
        ("ProductiveCall Leg1", False, "campaign"),
        ("ProductiveCall Leg2", True, "campaign"),
    ]
    assert {dialing.variable(leg.custom, dialing.REQUEST) for leg in (first, second)} == {
        "request-1"
    }
    assert (second.customer, second.outcome) == ("+972501234567", Outcome.ANSWERED)
