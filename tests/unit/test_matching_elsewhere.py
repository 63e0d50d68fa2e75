"""Calls from another phone, and a match in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadtracker.matching.matching import (
    match,
)
from leadtracker.matching.page_state import DAY, HOUR, MINUTE
from leadtracker.matching.phone_memory import Called, Known
from tests.unit.test_matching import NOW, OTHER_PHONE, PHONE, call, closed, holder, p
from tests.unit.test_matching_weights import CLOSED, DID, KNOWN, OPEN, VIEW, before


class TestElsewhere:
    """The latest visits of those whose phone it is and who did not hold the number."""

    def test_their_weight(self) -> None:
        evidence = call(
            closed("noa", 0.0),
            elsewhere=(closed("dana", HOUR, source="ads"),),
            activity=2.0,
            **KNOWN,
        )
        dana, noa = 2 * 11 * 2e-6 * 0.9 * 0.02, 2 * CLOSED * 1e-4
        total = dana + noa + 2 * VIEW.stray * 1e-4
        posterior = match(evidence, VIEW)
        assert (p(posterior), p(posterior, "noa")) == pytest.approx((dana / total, noa / total))

    def test_only_of_those_whose_phone_it_is(self) -> None:
        assert p(match(call(elsewhere=(holder(),)), VIEW)) == 0.0

    def test_who_held_the_number_is_judged_by_that(self) -> None:
        with_both = call(closed("dana", HOUR), elsewhere=(holder(),), **KNOWN)
        assert match(with_both, VIEW) == match(replace(with_both, elsewhere=()), VIEW)

    def test_a_page_of_any_age(self) -> None:
        evidence = call(elsewhere=(closed("dana", 99 * DAY),), **KNOWN)
        weight = 2e-6 * 0.9 * 0.02
        assert p(match(evidence, VIEW)) == pytest.approx(weight / (weight + VIEW.stray * 1e-4))


FROM_ANOTHER = "this visitor called 10 min earlier from another phone"


@pytest.mark.parametrize(
    ("share", "phone", "said"),
    [(0.5, OTHER_PHONE, True), (0.49, OTHER_PHONE, False), (1.0, PHONE, False), (1.0, None, False)],
)
def test_when_a_call_from_another_phone_is_spoken_of(
    share: float, phone: str | None, said: bool
) -> None:
    before_this = {"dana": Called(NOW - 10 * MINUTE, share, DID, False, phone)}
    assert (
        FROM_ANOTHER in match(call(holder(), callers=before_this), VIEW).candidates[0].reasons
    ) is said


@pytest.mark.parametrize(
    ("share", "answered", "said"),
    [
        (1.0, True, "the same person as 10 min ago"),
        (0.995, True, "the same person as 10 min ago"),
        (0.99, True, "99 % likely the same person as 10 min ago"),
        (1.0, False, "the same person as 10 min ago, when nobody answered"),
    ],
)
def test_the_call_before_in_words(share: float, answered: bool, said: str) -> None:
    remembered = before(Known("dana", share, "mail", ""), answered=answered)
    assert match(call(remembered=remembered), VIEW).candidates[0].reasons == (said,)


def test_one_percent_is_worth_no_words() -> None:
    """Weights of 1 to 99, then of more: what is stated is a hundredth, then more."""
    view = replace(VIEW, stray=99 * OPEN)
    assert match(call(holder()), view).candidates[0].reasons == ()
    assert match(call(holder()), replace(view, stray=98 * OPEN)).candidates[0].reasons != ()


def test_equals_are_listed_by_name() -> None:
    for visits in ((holder("noa"), holder("dana")), (holder("dana"), holder("noa"))):
        assert [each.visitor for each in match(call(*visits), VIEW).candidates] == ["dana", "noa"]


def test_nothing_weighs_anything() -> None:
    posterior = match(call(closed("dana", 99 * DAY)), replace(VIEW, stray=0.0))
    assert (posterior.nobody, posterior.first_calls, posterior.candidates) == (1.0, (0.0,), ())
