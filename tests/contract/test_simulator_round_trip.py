"""What the simulators say, written from the documents alone, is what the readers understand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadtracker.domain import CUSTOMERS_LEG, Account, Cdr, Direction, Outcome, Phase, ScreenPop
from leadtracker.pbx import VENDORS, wire
from leadtracker.pbx.simulated_call import Ending, Extension, Kind, SimulatedCall
from leadtracker.pbx.vendor import RecordFamily, ScreenPopFamily
from leadtracker.pbx.voicenter.simulator.account import SimulatedVoicenter
from leadtracker.pbx.voicenter.simulator.cdr import CdrFormat, call_id, cdrs, written
from leadtracker.pbx.while1.simulator.account import SimulatedWhile1

ISRAEL = ZoneInfo("Asia/Jerusalem")
TEL_AVIV = Account(1, "tel-aviv", "voicenter", "secret")
BUCHAREST = Account(2, "bucharest", "while1", "secret", "Europe/Bucharest", "RO")
FIRST, SECOND = Extension("SIPSIP", "User 1"), Extension("SIPSIP2", "User 2")
SECONDS = st.integers(0, 1000)
OUTGOING = (Kind.OUTGOING, Kind.CLICK_TO_CALL)


def family(vendor: str, name: str) -> ScreenPopFamily | RecordFamily:
    found = VENDORS[vendor].family(name)
    assert found is not None
    return found


@st.composite
def calls(
    draw: st.DrawFn, customer: str = "+972501234567", did: str = "+972722776772"
) -> SimulatedCall:
    kind = draw(st.sampled_from(Kind))
    outgoing = kind in OUTGOING
    ending = draw(
        st.sampled_from([Ending.ANSWERED, Ending.MISSED, Ending.BUSY] if outgoing else Ending)
    )
    talks = ending in (Ending.ANSWERED, Ending.VOICEMAIL)
    queued = kind is Kind.INCOMING and ending is not Ending.VOICEMAIL and draw(st.booleans())
    started = draw(st.integers(1_357_000_000, 2_051_000_000))  # 2013 to 2034
    return SimulatedCall(
        kind=kind,
        ending=ending,
        customer=customer if outgoing else draw(st.sampled_from([customer, None])),
        did=did,
        started_at=datetime.fromtimestamp(started, UTC),
        extensions=(FIRST, SECOND),
        queue="Sales" if queued else "",
        pressed=tuple(draw(st.lists(st.integers(0, 9), max_size=0 if outgoing else 3))),
        ring_seconds=draw(SECONDS),
        wait_seconds=draw(SECONDS) if queued else 0,
        talk_seconds=draw(SECONDS) if talks else 0,
    )


def over(call: SimulatedCall) -> datetime:
    lasted = call.ring_seconds + call.wait_seconds + call.talk_seconds
    return call.started_at + timedelta(seconds=lasted + 1)


# 01:30 of the night in which Israel's clocks go back, for the first and the second time
TWICE = SimulatedCall(
    Kind.INCOMING,
    Ending.ANSWERED,
    "+972501234567",
    "+972722776772",
    datetime(2024, 10, 26, 22, 30, tzinfo=UTC),
    (FIRST,),
    talk_seconds=600,
)
TWICE_AGAIN = SimulatedCall(
    Kind.INCOMING,
    Ending.ANSWERED,
    "+972501234567",
    "+972722776772",
    datetime(2024, 10, 26, 23, 30, tzinfo=UTC),
    (FIRST,),
    talk_seconds=600,
)


@settings(max_examples=200)
@given(calls(), st.sampled_from(CdrFormat), st.booleans())
@example(TWICE, CdrFormat.JSON, True)
@example(TWICE_AGAIN, CdrFormat.FORM, False)
def test_voicenter_cdr(call: SimulatedCall, how: CdrFormat, newer_fields: bool) -> None:
    cdr = family("voicenter", "cdr")
    legs = []
    for record in cdrs(call, ISRAEL, "https://recordings.example.com/", newer_fields=newer_fields):
        body, content_type = written(record, how)
        written_as, fields = wire.read("POST", content_type, b"", body)
        assert written_as.value == how.value
        leg = cdr.read(fields, TEL_AVIV, over(call))
        assert isinstance(leg, Cdr)
        legs.append(leg)
    assert [leg.main for leg in legs] == (
        [False, True] if call.kind is Kind.CLICK_TO_CALL else [True]
    )
    main = legs[-1]
    outgoing = call.kind in OUTGOING
    assert {leg.call_id for leg in legs} == {call_id(call, ISRAEL)}
    assert {leg.started_at for leg in legs} == {call.started_at}
    assert main.outcome.value == call.ending.value
    assert main.direction is (Direction.OUTGOING if outgoing else Direction.INCOMING)
    assert main.customer == call.customer
    assert main.did == (None if outgoing else call.did)
    talked = call.talk_seconds if call.ending is Ending.ANSWERED else 0  # a message is no talk
    assert (main.talk_seconds, main.ring_seconds) == (talked, call.ring_seconds)
    assert main.duration_seconds == call.wait_seconds + call.talk_seconds
    assert main.wait_seconds == call.wait_seconds
    assert main.queue == call.queue
    assert [step.digits for step in main.ivr] == [str(key) for key in call.pressed]
    assert bool(main.recording_url) == (call.ending in (Ending.ANSWERED, Ending.VOICEMAIL))
    assert set(main.extra) <= ({"caller", "callerPhone"} if call.customer is None else set())


@given(calls())
@example(TWICE)
@example(TWICE_AGAIN)
def test_voicenter_screen_pop(call: SimulatedCall) -> None:
    account = SimulatedVoicenter("http://pop.example", "http://cdr.example", requests.Session())
    outgoing = call.kind in OUTGOING
    talking = Phase.ANSWERED if call.answered else Phase.RINGING  # Talking alone is no answer
    for word, cause, phase in [
        ("Dialing", "", Phase.DIALING) if outgoing else ("Ringing", "", Phase.RINGING),
        ("Talking", "", talking),
        ("Talking", "Normal hangup", Phase.ENDED),
    ]:
        fields = account.pop(call, FIRST, word, cause=cause)
        pop = family("voicenter", "screen-pop").read(fields, TEL_AVIV, over(call))
        talks = word == "Talking" and call.answered
        answered = call.started_at + timedelta(seconds=call.wait_seconds + call.ring_seconds)
        assert pop == ScreenPop(
            call_id=call_id(call, ISRAEL),
            phase=phase,
            caller=call.customer,
            did=None if outgoing else call.did,
            direction=Direction.OUTGOING if outgoing else Direction.INCOMING,
            extension="SIPSIP",
            at=call.started_at,
            answered_at=answered if talks else None,
            caller_name=call.queue,
            cause=cause,
            leg=CUSTOMERS_LEG
            if outgoing and word == "Talking" and not call.answered and not cause
            else None,
        )


@given(calls(customer="+40700000000", did="+40210000000"))
def test_while1(call: SimulatedCall) -> None:
    pbx = SimulatedWhile1("http://data.example", requests.Session())
    outgoing = call.kind is Kind.OUTGOING
    for name in ["outgoing_end"] if outgoing else _events(call):
        query = urlencode(pbx.event(call, name)).encode()
        _, fields = wire.read("GET", "", query, b"")
        event = family("while1", "events").read(fields, BUCHAREST, over(call))
        assert event.call_id == pbx.call_id(call)
        assert event.direction is (Direction.OUTGOING if outgoing else Direction.INCOMING)
        if isinstance(event, ScreenPop):
            assert (event.phase, event.caller, event.did) == (
                Phase.ANSWERED,
                call.customer,
                call.did,
            )
            assert event.at == call.started_at
        else:
            assert event.customer == call.customer
            assert event.started_at == call.started_at
            assert (event.outcome is Outcome.ANSWERED) == (name == "queue_answer_end")


def _events(call: SimulatedCall) -> list[str]:
    return ["queue_answer", "queue_answer_end"] if call.answered else ["missed_calls"]
