"""Each rule of the match, with values made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from leadtracker.matching import prior
from leadtracker.matching.counts import Counts
from leadtracker.matching.evidence import Evidence, Holder, Older
from leadtracker.matching.matching import agreement, match, repeat_rate, state_rate
from leadtracker.matching.page_state import AGES, DAY, HOUR, MINUTE, open_state
from leadtracker.matching.phone_memory import Called, Known, Remembered
from leadtracker.matching.posterior import Candidate, Posterior
from leadtracker.matching.rates import fit

VIEW = fit(Counts())
NOW = 1_700_000_000.0
PHONE, OTHER_PHONE = "+972501234567", "+972521111111"


def holder(visitor: str = "dana", **what: Any) -> Holder:
    values: dict[str, Any] = {
        "lease": f"lease of {visitor}",
        "source": "google / cpc",
        "state": open_state("mobile", 30),
        "region": "",
        "topic": "",
        "level": 1,
        "visible": True,
        "age": 0.0,
        "ago": 0.0,
        "tapped": None,
    }
    return Holder(visitor, **(values | what))


def closed(visitor: str, age: float, **what: Any) -> Holder:
    return holder(visitor, visible=False, age=age, ago=age, **what)


def call(*holders: Holder, **what: Any) -> Evidence:
    values: dict[str, Any] = {
        "did": "+97231",
        "phone": PHONE,
        "hour": 10,
        "weekday": 0,
        "activity": 1.0,
    }
    return Evidence(NOW, holders=holders, **(values | what))


def older(source: str, number: int, level: int = 1) -> Older:
    """So many that were closed 8 to 16 hours ago."""
    return Older(level, source, tuple(number if age == 9 else 0 for age in range(AGES)))


def p(posterior: Posterior, visitor: str = "dana") -> float:
    return next((each.p for each in posterior.candidates if each.visitor == visitor), 0.0)


def test_nobody_held_the_number() -> None:
    posterior = match(call(), VIEW)
    assert (posterior.candidates, posterior.nobody, posterior.verdict) == ((), 1.0, "nobody")


def test_a_weight_over_all_weights() -> None:
    posterior = match(call(holder(), closed("noa", 10 * MINUTE, level=2)), VIEW)
    mine, hers = prior.OPEN[0], prior.CLOSED[2] * prior.CLOSED_LEVEL[2]
    assert p(posterior) == pytest.approx(mine / (mine + hers + VIEW.stray))
    assert posterior.nobody == pytest.approx(VIEW.stray / (mine + hers + VIEW.stray))
    assert posterior.first_calls == pytest.approx((p(posterior), p(posterior, "noa")))


@pytest.mark.parametrize(
    ("what", "rate"),
    [
        (holder(), prior.OPEN[0]),
        (holder(level=3), prior.OPEN[0] * prior.OPEN_LEVEL[3]),
        (holder(state=open_state("desktop", 5 * MINUTE)), prior.OPEN[6]),
        (holder(tapped=0.0), prior.TAP[0]),
        (holder(tapped=20.0), prior.TAP[1]),
        (closed("dana", HOUR, tapped=60.0), VIEW.tap[2]),
        (holder(tapped=61.0), prior.OPEN[0]),
        (closed("dana", 30.0), prior.CLOSED[0]),
        (closed("dana", 3 * DAY, level=0), prior.CLOSED[11] * prior.CLOSED_LEVEL[0]),
        (closed("dana", 64 * DAY), 0.0),
    ],
)
def test_the_rate_of_a_page(what: Holder, rate: float) -> None:
    assert state_rate(what, VIEW) == pytest.approx(rate)


def test_a_known_caller_is_never_too_old() -> None:
    assert state_rate(closed("dana", 200 * DAY), VIEW, known=True) == VIEW.closed[AGES - 1][1]


@pytest.mark.parametrize(
    ("mine", "callers", "ratio"),
    [
        ("", "IL-3", 1.0),
        ("IL-3", "", 1.0),
        ("IL-3", "IL-3", 0.6 / 0.2 + 0.4),
        ("IL-4", "IL-3", 0.4),
        ("US", "US", 6.4),
    ],
)
def test_regions_and_topics(mine: str, callers: str, ratio: float) -> None:
    assert agreement(mine, callers, 0.6, {"IL-3": 0.2}) == pytest.approx(ratio)


@pytest.mark.parametrize("what", ["region", "topic"])
def test_agreement_speaks_for_a_visitor(what: str) -> None:
    both = closed("dana", HOUR, **{what: "a"}), closed("noa", HOUR, **{what: "b"})
    posterior = match(call(*both, **{what: "a"}), VIEW)
    assert p(posterior) > 10 * p(posterior, "noa")


def test_sources_that_bring_more_calls_weigh_more() -> None:
    view = replace(VIEW, source={"good": 2.0, "poor": 0.5})
    posterior = match(
        call(closed("dana", HOUR, source="good"), closed("noa", HOUR, source="poor")), view
    )
    assert p(posterior) == pytest.approx(4 * p(posterior, "noa"))
    assert posterior.sources == pytest.approx({"good": p(posterior), "poor": p(posterior, "noa")})


def test_activity_moves_closed_pages_and_strangers_not_open_pages() -> None:
    busy, quiet = (match(call(holder(), closed("noa", HOUR), activity=a), VIEW) for a in (2.0, 0.1))
    assert p(busy, "noa") / p(busy) == pytest.approx(20 * p(quiet, "noa") / p(quiet))
    assert busy.nobody / p(busy) == pytest.approx(20 * quiet.nobody / p(quiet))


def test_holders_too_old_to_be_listed_share_the_call_by_source() -> None:
    posterior = match(call(older=(older("a", 30), older("b", 10))), VIEW)
    assert posterior.other == pytest.approx(
        40 * prior.CLOSED[9] / (40 * prior.CLOSED[9] + VIEW.stray)
    )
    assert posterior.sources == pytest.approx(
        {"a": posterior.other * 0.75, "b": posterior.other * 0.25}
    )


def test_two_visits_of_one_visitor_are_one_candidate() -> None:
    posterior = match(
        call(closed("dana", HOUR, lease="1"), closed("dana", DAY, lease="2"), closed("noa", HOUR)),
        VIEW,
    )
    assert [each.visitor for each in posterior.candidates] == ["dana", "noa"]
    assert p(posterior) == pytest.approx(sum(posterior.first_calls[:2]))


class TestRepeats:
    KNOWN = Known("dana", 0.9, "google / cpc", "boots")
    BEFORE = Remembered(NOW - 10 * MINUTE, ("+97231",), (KNOWN,), 0.1, 0.0, answered=False)

    def test_the_phone_calls_again(self) -> None:
        posterior = match(call(remembered=self.BEFORE), VIEW)
        assert p(posterior) > 0.95
        assert posterior.candidates[0].topic == "boots"
        assert posterior.candidates[0].reasons == (
            "90 % likely the same person as 10 min ago, when nobody answered",
        )
        assert posterior.first_calls == ()

    def test_nobody_calls_again_too(self) -> None:
        nobody = replace(self.BEFORE, visitors=(), nobody=1.0)
        posterior = match(call(closed("noa", HOUR), remembered=nobody), VIEW)
        assert posterior.verdict == "nobody"
        assert posterior.stray < 1e-3  # a repeat of a stranger teaches nothing of strangers

    def test_other_is_carried_on(self) -> None:
        assert (
            match(
                call(remembered=replace(self.BEFORE, visitors=(), nobody=0.0, other=1.0)), VIEW
            ).other
            > 0.99
        )

    def test_a_phone_that_called_before_is_hardly_a_newcomers(self) -> None:
        assert p(match(call(holder("noa"), remembered=self.BEFORE), VIEW), "noa") < 0.01

    def test_on_another_number_less_so(self) -> None:
        here = match(call(holder("noa"), remembered=self.BEFORE), VIEW)
        there = match(call(holder("noa"), remembered=replace(self.BEFORE, dids=("+97239",))), VIEW)
        assert p(there, "noa") > p(here, "noa")

    @pytest.mark.parametrize(
        ("seconds", "answered", "rate"),
        [(60, False, 8e-4), (60, True, 1e-5), (90 * DAY, True, 1e-9)],
    )
    def test_how_soon(self, seconds: float, answered: bool, rate: float) -> None:
        assert repeat_rate(seconds, answered) == rate

    def test_from_another_phone_of_the_visitor(self) -> None:
        visits = closed("dana", 3 * HOUR), closed("noa", 3 * HOUR)
        called = {"dana": Called(NOW - 2 * MINUTE, 1.0, "+97231", False, OTHER_PHONE)}
        posterior = match(call(*visits, callers=called), VIEW)
        assert p(posterior) > 0.9
        assert (
            posterior.candidates[0].reasons[-1]
            == "this visitor called 2 min earlier from another phone"
        )
        assert (
            posterior.first_calls[0] < posterior.first_calls[1]
        )  # who has called does so from their own phone

    def test_of_whom_a_user_said_no(self) -> None:
        posterior = match(
            call(closed("noa", HOUR), remembered=replace(self.BEFORE, ruled_out=("dana",))), VIEW
        )
        assert p(posterior) < p(match(call(closed("noa", HOUR), remembered=self.BEFORE), VIEW))
        assert (
            "a user said that this phone is not this visitor's" in posterior.candidates[0].reasons
        )

    def test_hidden_numbers_on_one_did(self) -> None:
        posterior = match(call(phone=None, remembered=self.BEFORE), VIEW)
        assert (
            posterior.candidates[0]
            .reasons[0]
            .startswith("90 % likely the same person as 10 min ago, by a hidden number")
        )


def test_the_known_phone_wins_over_the_open_page() -> None:
    posterior = match(call(holder("noa"), closed("dana", HOUR), knowers=frozenset({"dana"})), VIEW)
    assert (posterior.candidates[0].visitor, posterior.verdict) == ("dana", "certain")
    assert posterior.candidates[0].reasons[0] == "this phone is known to be this visitor's"


def test_the_known_phone_of_a_visitor_who_held_another_number() -> None:
    elsewhere = closed("dana", HOUR, level=2)
    posterior = match(call(knowers=frozenset({"dana"}), elsewhere=(elsewhere,)), VIEW)
    assert posterior.verdict == "certain"
    assert posterior.first_calls == ()


def test_who_has_another_phone_calls_from_it() -> None:
    evidence = call(holder("dana"), holder("noa"), known_otherwise=frozenset({"dana"}))
    posterior = match(evidence, VIEW)
    assert p(posterior, "noa") == pytest.approx(10 * p(posterior))


@pytest.mark.parametrize(
    ("holders", "what", "verdict"),
    [
        ((holder(tapped=5.0),), {}, "certain"),
        ((holder(),), {}, "nobody"),  # an open page alone attributes no call to the default number
        ((), {"knowers": frozenset({"dana"}), "elsewhere": (closed("dana", HOUR),)}, "likely"),
        ((), {"knowers": frozenset({"dana"}), "elsewhere": (holder(),)}, "certain"),
    ],
)
def test_the_default_number(
    holders: tuple[Holder, ...], what: dict[str, Any], verdict: str
) -> None:
    assert match(call(*holders, did=None, **what), VIEW).verdict == verdict


def test_unseen_visitors_share_the_default_number() -> None:
    posterior = match(call(did=None), VIEW)
    assert posterior.other == pytest.approx(VIEW.unseen)
    assert posterior.sources == {}


@pytest.mark.parametrize(
    ("ps", "nobody", "verdict"),
    [
        ((0.8, 0.1), 0.1, "certain"),
        ((0.79,), 0.21, "likely"),
        ((0.5,), 0.5, "likely"),
        ((0.49,), 0.3, "ambiguous"),
        ((0.4,), 0.5, "nobody"),
        ((), 0.0, "ambiguous"),
    ],
)
def test_verdicts(ps: tuple[float, ...], nobody: float, verdict: str) -> None:
    candidates = tuple(Candidate(str(i), each, {}, "", ()) for i, each in enumerate(ps))
    assert Posterior(candidates, nobody, 0.0, {}).verdict == verdict


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            holder(tapped=6.2),
            ["on the site now, mobile, looking around, tapped the number 6 s before the call"],
        ),
        (holder(state=7, level=3), ["on the site now, desktop, saved the number"]),
        (
            closed("dana", 25 * MINUTE, level=0),
            ["left the page 25 min before the call, after a glance"],
        ),
        (
            closed("dana", 3 * HOUR, region="IL-3"),
            [
                "left the page 3 hours before the call, after looking around",
                "the caller's number is of the visitor's region",
            ],
        ),
        (
            closed("dana", 3 * HOUR, level=2, region="IL-8", topic="b"),
            [
                "left the page 3 hours before the call, after reading for a while",
                "the caller's number is of another region",
                "the call is about something else",
            ],
        ),
        (
            closed("dana", 50, topic="a"),
            [
                "left the page 50 s before the call, after looking around",
                "the call is about what the page is about",
            ],
        ),
    ],
)
def test_reasons_are_for_people(what: Holder, said: list[str]) -> None:
    assert list(match(call(what, region="IL-3", topic="a"), VIEW).candidates[0].reasons) == said


def test_the_unlikely_get_no_words() -> None:
    posterior = match(call(holder(tapped=5.0), closed("noa", 30 * DAY)), VIEW)
    assert posterior.candidates[1].reasons == ()


def test_a_posterior_is_kept_as_json() -> None:
    posterior = match(call(holder(), closed("noa", HOUR), older=(older("a", 30),)), VIEW)
    assert Posterior.from_json(json.loads(json.dumps(posterior.to_json()))) == posterior
