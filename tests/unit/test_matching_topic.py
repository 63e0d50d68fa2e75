"""The topic of a match: that of the visit which speaks most for its visitor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadtracker.matching.matching import (
    match,
)
from leadtracker.matching.page_state import DAY, HOUR
from leadtracker.matching.phone_memory import Known
from tests.unit.test_matching import call, closed
from tests.unit.test_matching_weights import VIEW, before


@pytest.mark.parametrize(("age", "topic"), [(0.0, "boots"), (20 * DAY, "hats")])
def test_the_topic_is_of_what_speaks_most_for_a_visitor(age: float, topic: str) -> None:
    """A young page outweighs the call before; of an old one the call before tells more."""
    remembered = before(Known("dana", 0.1, "mail", "hats"), answered=True)
    evidence = call(closed("dana", age, topic="boots"), remembered=remembered)
    assert (
        match(evidence, replace(VIEW, closed=[[1e-4] * 4, *VIEW.closed[1:]])).candidates[0].topic
        == topic
    )


def test_the_topic_is_of_the_visit_that_weighs_most() -> None:
    visits = (
        closed("dana", HOUR, topic="hats", lease="9"),
        closed("dana", 0.0, topic="boots", lease="1"),
    )
    for order in (visits, visits[::-1]):
        assert match(call(*order), VIEW).candidates[0].topic == "boots"
