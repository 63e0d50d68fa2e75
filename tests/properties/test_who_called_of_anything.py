"""Whatever the evidence: probabilities sum to 1, more evidence never lowers,
order and storage change nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtracker.matching.counts import CELLS, Counts, source_lease
from leadtracker.matching.evidence import Evidence, Holder, Older
from leadtracker.matching.learning import lesson, remember
from leadtracker.matching.matching import match
from leadtracker.matching.page_state import AGES, LEVELS, OPENS, TAPS
from leadtracker.matching.phone_memory import Called, Known, Remembered
from leadtracker.matching.posterior import Posterior
from leadtracker.matching.rates import View, fit

ME = "v0"
NOW = 1_700_000_000.0
DIDS = ("+97231", "+97232", None)
PHONES = ("+972501234567", "+972521111111")
regions = st.sampled_from(["", "IL-2", "IL-3", "IL-8", "US"])
topics = st.sampled_from(["", "boots", "coats"])
sources = st.sampled_from(["a", "b", "c / d.e"])
visitors = st.sampled_from([f"v{i}" for i in range(6)])
shares = st.floats(0, 1)


@st.composite
def sites(draw: st.DrawFn) -> Counts:
    """What a site may have learned, in any order of magnitude and however unlikely."""
    dice = random.Random(draw(st.integers(0, 10**9)))

    def cells(rows: int, low: float, high: float) -> dict[str, float]:
        return {
            key: 10 ** dice.uniform(low, high)
            for row in CELLS[:rows]
            for key in row
            if dice.random() < 0.8
        }

    def each(*keys: str, most: float = 100) -> dict[str, float]:
        return {key: dice.uniform(0, most) for key in keys}

    taps = [str(i) for i in range(TAPS)]
    return Counts(
        tap_calls=each(*taps),
        tap_seconds=each(*taps, most=1e5),
        open_calls=cells(OPENS, -3, 3),
        open_seconds=cells(OPENS, 3, 9),
        closed_calls=cells(AGES, -3, 3),
        closed_seconds=cells(AGES, 3, 11),
        source_calls=each("a", "b"),
        source_leases=each(*(source_lease(level, "a") for level in range(LEVELS))),
        regions=each("IL-2", "IL-3"),
        topics=each("boots", "coats"),
        totals=each(
            "stray_calls",
            "first_calls",
            "default_tapped",
            "default_strangers",
            "region_told",
            "region_agree",
        )
        | each("number_seconds", "default_seconds", most=1e9),
    )


@st.composite
def holders(draw: st.DrawFn) -> Holder:
    visible = draw(st.booleans())
    age = 0.0 if visible else draw(st.floats(0, 7e6))
    return Holder(
        draw(visitors),
        draw(st.text("0123456789", min_size=1, max_size=4)),
        draw(sources),
        draw(st.integers(0, OPENS - 1)),
        draw(regions),
        draw(topics),
        draw(st.integers(0, 3)),
        visible,
        age,
        age,
        draw(st.none() | st.floats(0, 100)),
    )


@st.composite
def memories(draw: st.DrawFn) -> Remembered:
    names = draw(st.lists(visitors, unique=True, max_size=4))
    split = [draw(st.floats(0.01, 1)) for _ in range(len(names) + 2)]
    nobody, other, *ps = [share / sum(split) for share in split]
    known = tuple(
        Known(name, p, draw(sources), draw(topics)) for name, p in zip(names, ps, strict=True)
    )
    dids = tuple(draw(st.lists(st.sampled_from(DIDS), unique=True, max_size=3)))
    out = tuple(draw(st.lists(visitors, unique=True, max_size=2)))
    return Remembered(
        NOW - draw(st.floats(0, 1e7)), dids, known, nobody, other, draw(st.booleans()), out
    )


called = st.builds(
    Called,
    st.floats(NOW - 1e7, NOW),
    shares,
    st.sampled_from(DIDS),
    st.booleans(),
    st.sampled_from((*PHONES, None)),
)


numbers = st.lists(st.floats(0, 500), min_size=AGES, max_size=AGES).filter(any).map(tuple)
olders = st.dictionaries(st.tuples(st.integers(0, 3), sources), numbers, max_size=4)


@st.composite
def calls(draw: st.DrawFn) -> Evidence:
    phone = draw(st.sampled_from((*PHONES, None)))
    known = draw(st.frozensets(visitors, max_size=2)) if phone else frozenset()
    return Evidence(
        NOW,
        draw(st.sampled_from(DIDS)),
        phone,
        draw(st.integers(0, 23)),
        draw(st.integers(0, 6)),
        draw(st.floats(0.05, 4)),
        draw(regions),
        draw(topics),
        tuple(draw(st.lists(holders(), max_size=12))),
        tuple(Older(*alike, counted) for alike, counted in draw(olders).items()),
        draw(st.none() | memories()),
        draw(st.dictionaries(visitors, called, max_size=3)),
        known,
        draw(st.frozensets(visitors, max_size=2)) - known,
        tuple(draw(st.lists(holders(), max_size=2))),
    )


views = sites().map(fit)


def mine(posterior: Posterior) -> float:
    return next((each.p for each in posterior.candidates if each.visitor == ME), 0.0)


@given(calls(), views)
def test_probabilities_sum_to_1(call: Evidence, view: View) -> None:
    posterior = match(call, view)
    assert sum(
        each.p for each in posterior.candidates
    ) + posterior.nobody + posterior.other == pytest.approx(1, abs=1e-9)
    assert all(each.p == pytest.approx(sum(each.sources.values())) for each in posterior.candidates)
    assert sum(posterior.sources.values()) <= 1 - posterior.nobody + 1e-9
    assert sum(posterior.first_calls) <= 1 + 1e-9
    assert [each.p for each in posterior.candidates] == sorted(
        (each.p for each in posterior.candidates), reverse=True
    )


MORE: dict[str, Callable[[Holder, Evidence], dict[str, Any]]] = {
    "a tap": lambda holder, call: {"tapped": 3.0 if holder.tapped is None else holder.tapped / 4},
    "an agreeing region": lambda holder, call: {"region": call.region or holder.region},
    "an agreeing topic": lambda holder, call: {"topic": call.topic or holder.topic},
    "a higher level": lambda holder, call: {"level": min(3, holder.level + 1)},
    "a younger age": lambda holder, call: {"age": holder.age / 3},
}


@pytest.mark.parametrize("what", MORE)
@settings(max_examples=60)
@given(calls(), holders(), views)
def test_more_evidence_for_a_visit_never_lowers_its_visitor(
    what: str, call: Evidence, holder: Holder, view: View
) -> None:
    holder = replace(holder, visitor=ME)
    more = replace(holder, **MORE[what](holder, call))
    before = match(replace(call, holders=(holder, *call.holders)), view)
    after = match(replace(call, holders=(more, *call.holders)), view)
    assert mine(after) >= mine(before) - 1e-12


@given(calls(), holders(), views)
def test_a_known_phone_and_another_visit_never_lower_their_visitor(
    call: Evidence, holder: Holder, view: View
) -> None:
    holder = replace(holder, visitor=ME)
    before = replace(call, holders=(holder, *call.holders), knowers=call.knowers - {ME})
    assert (
        mine(match(replace(before, holders=(holder, *before.holders)), view))
        >= mine(match(before, view)) - 1e-12
    )
    if call.phone:
        known = replace(before, knowers=before.knowers | {ME})
        assert mine(match(known, view)) >= mine(match(before, view)) - 1e-12


@given(calls(), views)
def test_evidence_and_posterior_come_back_from_json(call: Evidence, view: View) -> None:
    posterior = match(call, view)
    assert match(Evidence.from_json(json.loads(json.dumps(call.to_json()))), view) == posterior
    assert Posterior.from_json(json.loads(json.dumps(posterior.to_json()))) == posterior


@given(calls(), views, st.randoms(use_true_random=False))
def test_the_order_of_holders_does_not_matter(
    call: Evidence, view: View, dice: random.Random
) -> None:
    order = list(range(len(call.holders)))
    dice.shuffle(order)
    here, there = (
        match(call, view),
        match(replace(call, holders=tuple(call.holders[i] for i in order)), view),
    )
    said: dict[str, Any] = {each.visitor: each.p for each in there.candidates}
    assert {each.visitor: each.p for each in here.candidates} == pytest.approx(
        said, rel=1e-9, abs=1e-15
    )
    assert (here.nobody, here.other) == pytest.approx((there.nobody, there.other), rel=1e-9)


@given(calls(), sites())
def test_a_lesson_is_taken_back_without_a_trace(call: Evidence, site: Counts) -> None:
    view = fit(site)
    delta = lesson(call, match(call, view), view)
    assert Counts.from_json(json.loads(json.dumps(delta.to_json()))) == delta
    after = Counts.from_json(site.to_json())
    after.add(delta)
    after.add(delta, -1.0)
    for name, sums in after.to_json().items():
        before: dict[str, float] = getattr(site, name)
        assert {key: sums.get(key, 0.0) for key in before} == pytest.approx(
            before, rel=1e-9, abs=1e-6
        )
        assert all(abs(sums[key]) < 1e-6 for key in sums.keys() - before.keys())


@given(calls(), views, st.booleans())
def test_what_is_remembered_sums_to_1(call: Evidence, view: View, answered: bool) -> None:
    kept, _ = remember(call, match(call, view), answered)
    assert kept.nobody + kept.other + sum(known.p for known in kept.visitors) == pytest.approx(1)
    assert Remembered.from_json(json.loads(json.dumps(kept.to_json()))) == kept
