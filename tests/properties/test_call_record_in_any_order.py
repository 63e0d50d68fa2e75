"""A call is what its notifications say, in any order, number and format (pure)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import repeat

from hypothesis import given, settings
from hypothesis import strategies as st

from leadtracker.calls.call_record import MOST_LEGS, Heard, build, telling
from leadtracker.domain import Account, Cdr, Outcome, Phase, ScreenPop
from leadtracker.pbx import VENDORS, wire
from leadtracker.pbx.simulated_call import Ending, SimulatedCall
from leadtracker.pbx.vendor import RecordFamily
from leadtracker.pbx.voicenter.simulator.cdr import CdrFormat
from tests.properties.voicenter_calls import (
    ISRAEL,
    Sent,
    calls,
    events,
    in_every_format,
    pops,
    records,
    short_pops,
)

ACCOUNT = Account(1, "pbx", "voicenter", "secret")
OUTCOMES = {
    Ending.ANSWERED: Outcome.ANSWERED,
    Ending.MISSED: Outcome.MISSED,
    Ending.BUSY: Outcome.BUSY,
    Ending.ABANDONED: Outcome.ABANDONED,
    Ending.VOICEMAIL: Outcome.VOICEMAIL,
}
QUICKLY = settings(max_examples=150)
NOW = datetime.now(UTC)


def heard(sent: Sent) -> Heard:
    _, fields = wire.read(sent.method, sent.content_type, sent.query, sent.body)
    family = VENDORS["voicenter"].family(sent.family)
    assert family is not None
    return Heard(family.read(fields, ACCOUNT, NOW), NOW)


@QUICKLY
@given(calls())
def test_a_cdr_says_the_same_in_every_format(call: SimulatedCall) -> None:
    legs = len(records(call, repeat(CdrFormat.JSON)))
    read = [heard(sent) for sent in in_every_format(call)]
    for number in range(legs):
        assert read[number] == read[number + legs] == read[number + 2 * legs]


@QUICKLY
@given(calls(), st.data())
def test_any_order_and_number(call: SimulatedCall, data: st.DataObject) -> None:
    everything = [
        heard(sent)
        for sent in (*pops(call), *short_pops(call), *events(call), *in_every_format(call))
    ]
    told = data.draw(st.lists(st.sampled_from(everything), min_size=1, max_size=20), "told")
    once = list(dict.fromkeys(map(repr, told)))
    canonical = sorted(
        {repr(one): one for one in told}.values(), key=lambda one: once.index(repr(one))
    )
    assert build(told) == build(canonical)
    assert build(data.draw(st.permutations(told), "order")) == build(canonical)


@QUICKLY
@given(calls(), st.data())
def test_what_is_known_at_the_end(call: SimulatedCall, data: st.DataObject) -> None:
    formats = data.draw(st.lists(st.sampled_from(CdrFormat), min_size=2, max_size=2))
    sent = [*pops(call), *events(call), *records(call, formats)]
    facts = build(heard(one) for one in data.draw(st.permutations(sent)))
    assert facts.phase is Phase.ENDED
    assert facts.outcome is OUTCOMES[call.ending]
    assert facts.started_at == call.started_at
    assert (
        facts.started_at.astimezone(ISRAEL).utcoffset()
        == call.started_at.astimezone(ISRAEL).utcoffset()
    )
    assert facts.caller == call.customer
    assert facts.talk_seconds == (call.talk_seconds if call.answered else 0)
    assert len(facts.legs) == len(records(call, repeat(CdrFormat.JSON)))


@settings(QUICKLY, max_examples=50)
@given(calls(), calls(), st.data())
def test_the_telling_ones_say_what_all_say_whatever_comes_later(
    call: SimulatedCall, other: SimulatedCall, data: st.DataObject
) -> None:
    everything = [
        replace(heard(sent), received_at=NOW + timedelta(seconds=number))
        for number, sent in enumerate(
            (
                *(*pops(call), *short_pops(call), *events(call), *in_every_format(call)),
                *(*pops(other), *events(other), *in_every_format(other)),
            )
        )
    ]
    some = st.lists(st.sampled_from(everything), max_size=20)
    before, later = data.draw(some.filter(bool), "before"), data.draw(some, "later")
    kept = telling(before)
    assert build([*kept, *later]) == build([*before, *later])
    assert build([*telling([*kept, *later])]) == build([*before, *later])
    assert sorted(map(repr, telling(kept))) == sorted(map(repr, kept))


def test_few_are_telling_however_many_there_are() -> None:
    moments = [NOW + timedelta(seconds=number) for number in range(500)]
    many: list[ScreenPop | Cdr] = [
        ScreenPop(
            "call",
            list(Phase)[number % 5],
            f"+97250{number:07}",
            None,
            extension=str(number),
            at=moment,
            caller_name=f"name {number}",
            custom={"number": number},
        )
        for number, moment in enumerate(moments)
    ]
    family = VENDORS["voicenter"].family("cdr")
    assert isinstance(family, RecordFamily)
    leg = family.read({"ivruniqueid": "call", "time": 1595333610, "type": "x"}, ACCOUNT, NOW)
    assert isinstance(leg, Cdr)
    many += [replace(leg, type=f"type {number}", type_code=None) for number in range(500)]
    assert len(telling(Heard(event, NOW) for event in many)) <= 20 + MOST_LEGS
    facts = build(Heard(event, NOW) for event in many)
    assert len(facts.legs) == MOST_LEGS
