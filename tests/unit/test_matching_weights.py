"""What each visitor, stranger and repeat weighs in a match: products that a reader can multiply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from leadtracker.matching.evidence import Holder, Older
from leadtracker.matching.matching import (
    match,
    phone_chance,
    repeat_rate,
    repeat_weight,
    same_number,
    state_rate,
    strangers_weight,
    visit_weight,
)
from leadtracker.matching.page_state import AGES, DAY, HOUR, LEVELS, MINUTE, OPENS
from leadtracker.matching.phone_memory import Called, Known, Remembered
from leadtracker.matching.rates import View
from tests.unit.test_matching import NOW, OTHER_PHONE, call, closed, holder, p

DID, OTHER_DID = "+97231", "+97239"  # the first is the one that `call` dials
OPEN, CLOSED = (
    2e-4,
    3.2e-5,
)  # calls per second at level 1 of the youngest open and of the youngest closed page
VIEW = View(
    tap=(0.04, 0.01, 0.005),
    open=[[1e-4 * (state + 1) * (level + 1) for level in range(LEVELS)] for state in range(OPENS)],
    closed=[[1e-6 * (AGES - age) * (level + 1) for level in range(LEVELS)] for age in range(AGES)],
    source={"ads": 2.0, "old": 0.5},
    stray=1e-6,
    default_strangers=1e-3,
    unseen=0.2,
    region_trust=0.6,
    region_share={"north": 0.25, "south": 0.25},
    topic_trust=0.5,
    topic_share={"boots": 0.5},
)
SAME_REGION, OTHER_REGION, UNHEARD_REGION = (
    2.8,
    0.4,
    6.4,
)  # (0.6 + 0.4 x 0.25) / 0.25; 1 - 0.6; with 0.1 for 0.25
SAME_TOPIC, OTHER_TOPIC = 1.5, 0.5  # (0.5 + 0.5 x 0.5) / 0.5; 1 - 0.5
SOON = 5e-4  # calls per second, ten minutes after a call that was missed
SOON_ANSWERED = 8e-6


def called(
    did: str | None = DID, phone: str | None = OTHER_PHONE, answered: bool = False
) -> dict[str, Called]:
    """Dana's call before this one, half certain."""
    return {"dana": Called(NOW - 10 * MINUTE, 0.5, did, answered, phone)}


def before(*visitors: Known, **what: Any) -> Remembered:
    values: dict[str, Any] = {"dids": (DID,), "nobody": 0.0, "other": 0.0, "answered": False}
    return Remembered(NOW - 10 * MINUTE, visitors=visitors, **(values | what))


DANA = Known("dana", 0.5, "mail", "")
RULED_OUT = before(ruled_out=("noa", "dana"))
KNOWN, WITH_ANOTHER = {"knowers": frozenset({"dana"})}, {"known_otherwise": frozenset({"dana"})}

VISITS: dict[
    str, tuple[Holder, dict[str, Any], float, float]
] = {  # of a phone that one in ten newcomers has
    "an open page": (holder(), {}, OPEN / 10, 0),
    "an open page in a busy hour": (holder(), {"activity": 3.0}, OPEN / 10, 0),
    "an older state and a higher level": (holder(state=5, level=3), {}, 1e-4 * 6 * 4 / 10, 0),
    "a closed page": (closed("dana", 0.0), {}, CLOSED / 10, 0),
    "a closed page in a busy hour": (closed("dana", 0.0), {"activity": 3.0}, 3 * CLOSED / 10, 0),
    "a tap on a page that was closed": (
        closed("dana", 20.0, tapped=20.0),
        {"activity": 3.0},
        0.01 / 10,
        0,
    ),
    "a source that brings many calls": (holder(source="ads"), {}, 2 * OPEN / 10, 0),
    "the caller's region": (
        holder(region="north"),
        {"region": "north"},
        SAME_REGION * OPEN / 10,
        0,
    ),
    "a region that no visit had": (
        holder(region="east"),
        {"region": "east"},
        UNHEARD_REGION * OPEN / 10,
        0,
    ),
    "another region": (holder(region="north"), {"region": "south"}, OTHER_REGION * OPEN / 10, 0),
    "the call's topic": (holder(topic="boots"), {"topic": "boots"}, SAME_TOPIC * OPEN / 10, 0),
    "another topic": (holder(topic="boots"), {"topic": "hats"}, OTHER_TOPIC * OPEN / 10, 0),
    "a known phone": (holder(), KNOWN, 0.9 * OPEN, 0),
    "a known phone of another": (holder("noa"), KNOWN, OPEN / 10, 0),
    "a known phone, a page too old": (closed("dana", 99 * DAY), KNOWN, 0.9 * 1e-6 * 2, 0),
    "a page too old": (closed("dana", 99 * DAY), {}, 0, 0),
    "a visitor with another phone": (holder(), WITH_ANOTHER, OPEN / 10 / 10, 0),
    "a hidden number tells nothing of phones": (
        holder(),
        WITH_ANOTHER | {"phone": None},
        OPEN / 10,
        0,
    ),
    "a caller of this number": (
        holder(),
        {"callers": called()},
        0.55 * OPEN / 10,
        0.5 * 0.1 * SOON / 10,
    ),
    "a caller of another number": (holder(), {"callers": called(OTHER_DID)}, 0.55 * OPEN / 10, 0),
    "a caller who was answered": (
        holder(),
        {"callers": called(answered=True)},
        0.55 * OPEN / 10,
        0.5 * 0.1 * SOON_ANSWERED / 10,
    ),
    "a caller of the same region": (
        holder(region="north"),
        {"callers": called(), "region": "north"},
        SAME_REGION * 0.55 * OPEN / 10,
        SAME_REGION * 0.5 * 0.1 * SOON / 10,
    ),
    "a caller whose phone is hidden": (holder(), {"callers": called(phone=None)}, OPEN / 10, 0),
    "a caller, and now a hidden number": (
        holder(),
        {"callers": called(), "phone": None},
        OPEN / 10,
        0,
    ),
    "another visitor's call": (holder("noa"), {"callers": called()}, OPEN / 10, 0),
    "a caller whose phone is known": (
        holder(),
        KNOWN | {"callers": called()},
        0.9 * OPEN,
        0.5 * 0.1 * SOON / 10,
    ),
    "a caller with another phone known": (
        holder(),
        WITH_ANOTHER | {"callers": called()},
        0.1 * OPEN / 10,
        0.5 * 0.1 * SOON / 10,
    ),
    "this phone called before": (
        holder(),
        {"remembered": before(DANA)},
        OPEN / 10,
        0.5 * OPEN * 0.9,
    ),
    "this phone called before, whoever else did": (
        holder(),
        {"remembered": before(DANA), "callers": called()},
        OPEN / 10,
        0.5 * OPEN * 0.9,
    ),
    "a hidden number called before": (
        holder(),
        {"remembered": before(DANA), "phone": None},
        OPEN / 10,
        0.5 * OPEN,
    ),
    "this phone called before from a region": (
        holder(region="north"),
        {"remembered": before(DANA), "region": "north"},
        SAME_REGION * OPEN / 10,
        0.5 * OPEN * 0.9,
    ),
    "this phone was another visitor's": (holder("noa"), {"remembered": before(DANA)}, OPEN / 10, 0),
    "a user said no": (holder(), {"remembered": RULED_OUT}, 0.02 * OPEN / 10, 0),
    "a user said no, though they called": (
        holder(),
        {"remembered": replace(RULED_OUT, visitors=(DANA,))},
        0.02 * OPEN / 10,
        0.02 * 0.5 * OPEN * 0.9,
    ),
    "a user said no of another": (
        holder(),
        {"remembered": before(ruled_out=("noa",))},
        OPEN / 10,
        0,
    ),
    "an open page without a number": (holder(), {"did": None}, 0, 0),
    "a tap on the default number": (holder(tapped=60.0), {"did": None}, 0.005 / 10, 0),
    "a tap too long ago on the default number": (holder(tapped=60.1), {"did": None}, 0, 0),
}


@pytest.mark.parametrize("name", VISITS)
def test_what_a_visit_weighs(name: str) -> None:
    visit, what, first, again = VISITS[name]
    assert visit_weight(visit, call(**what), VIEW, 0.1) == pytest.approx((first, again))


def test_who_called_this_number_counts_more_than_who_called_another() -> None:
    visits = closed("dana", 3 * HOUR), closed("noa", 3 * HOUR)
    both = {
        name: Called(NOW - 10 * MINUTE, 1.0, did, False, OTHER_PHONE)
        for name, did in (("dana", DID), ("noa", OTHER_DID))
    }
    first = (
        0.1 * 1e-6 * (AGES - 6) * 2
    )  # of a tenth: nine of ten call from the phone of their first call
    dana, noa = first + 0.1 * SOON, first
    posterior = match(call(*visits, callers=both), VIEW)
    assert p(posterior) == pytest.approx(dana / (dana + noa + VIEW.stray))
    assert p(posterior, "noa") == pytest.approx(noa / (dana + noa + VIEW.stray))


REPEATS: dict[str, tuple[Known, dict[str, Any], bool, float]] = {
    "of this number": (DANA, {}, False, 0.5 * SOON * 0.9),
    "of this number, which they held": (DANA, {}, True, 0.5 * SOON * 0.9),
    "of another number": (DANA, {"dids": (OTHER_DID,)}, False, 0.5 * SOON * 0.9 * 0.02),
    "of another number, who held this one": (
        DANA,
        {"dids": (OTHER_DID,)},
        True,
        0.5 * SOON * 0.9 * 0.5,
    ),
    "of this number too": (DANA, {"dids": (OTHER_DID, None, DID)}, False, 0.5 * SOON * 0.9),
    "of one who was answered": (DANA, {"answered": True}, False, 0.5 * SOON_ANSWERED * 0.9),
    "about the same": (replace(DANA, topic="boots"), {}, False, 0.5 * SOON * 0.9 * SAME_TOPIC),
    "about something else": (
        replace(DANA, topic="hats"),
        {},
        False,
        0.5 * SOON * 0.9 * OTHER_TOPIC,
    ),
    "of whom a user said no": (DANA, {"ruled_out": ("dana",)}, False, 0.5 * SOON * 0.9 * 0.02),
}


@pytest.mark.parametrize("name", REPEATS)
def test_what_a_repeat_weighs(name: str) -> None:
    known, what, held, weight = REPEATS[name]
    evidence = call(remembered=before(known, **what), topic="boots")
    assert repeat_weight(known, evidence, VIEW, held) == pytest.approx(weight)


def test_a_repeat_from_a_hidden_number_is_from_no_other_phone() -> None:
    assert repeat_weight(
        DANA, call(phone=None, remembered=before(DANA)), VIEW, False
    ) == pytest.approx(0.5 * SOON)
    assert repeat_weight(DANA, call(), VIEW, False) == 0.0


@pytest.mark.parametrize(
    ("remembered", "ready"), [(None, 0.02), (before(), 1.0), (before(dids=(OTHER_DID, None)), 0.02)]
)
def test_how_readily_the_same_number_is_dialed_again(
    remembered: Remembered | None, ready: float
) -> None:
    assert same_number(call(remembered=remembered)) == ready


@pytest.mark.parametrize(
    ("what", "chance"),
    [
        ({}, 1.0),
        ({"phone": None}, 0.06),
        (KNOWN, 1e-4),
        ({"remembered": before()}, 1e-4),
        ({"phone": None, "remembered": before()}, 0.06),
        (WITH_ANOTHER, 1.0),
    ],
)
def test_whose_phone_it_may_be_by_chance(what: dict[str, Any], chance: float) -> None:
    assert phone_chance(call(**what)) == chance


def alike(source: str, **numbers: float) -> Older:
    """So many at level 1, by age: `a2=30` are thirty of the third age bin."""
    return Older(1, source, tuple(numbers.get(f"a{age}", 0.0) for age in range(AGES)))


def test_strangers_and_those_too_old_to_be_listed() -> None:
    old = alike("ads", a9=10, a15=20), alike("", a9=5), replace(alike("ads", a9=10), level=2)
    stray, older = strangers_weight(call(older=old, activity=3.0), VIEW, 0.1)
    assert stray == pytest.approx(VIEW.stray * 3 / 10)
    ads = 2 * (10 * 14e-6 + 20 * 2e-6 + 10 * 21e-6)  # twice as many calls as other sources bring
    assert older == pytest.approx({"ads": ads * 3 / 10, "": 5 * 14e-6 * 3 / 10})


def test_strangers_on_the_default_number() -> None:
    stray, older = strangers_weight(
        call(did=None, older=(alike("ads", a9=10),), activity=3.0), VIEW, 0.1
    )
    assert stray == pytest.approx(0.8 * 1e-3 / 10)
    assert older == pytest.approx({"": 0.2 * 1e-3 / 10})


@pytest.mark.parametrize(
    ("seconds", "missed", "answered"),
    [
        (0.0, 8e-4, 1e-5),
        (299.9, 8e-4, 1e-5),
        (300.0, 5e-4, 8e-6),
        (900.0, 8e-5, 2e-6),
        (HOUR, 1e-6, 6e-7),
        (4 * HOUR, 7e-7, 8e-7),
        (DAY, 4e-7, 6e-7),
        (3 * DAY, 1.2e-7, 2e-7),
        (7 * DAY, 2e-8, 4e-8),
        (30 * DAY, 1e-9, 1e-9),
    ],
)
def test_how_soon_callers_call_again(seconds: float, missed: float, answered: float) -> None:
    assert (repeat_rate(seconds, False), repeat_rate(seconds, True)) == (missed, answered)


def test_a_tap_is_told_by_its_age() -> None:
    rates = [
        state_rate(closed("dana", 99 * DAY, tapped=t), VIEW)
        for t in (0, 14.9, 15, 29.9, 30, 60, 60.1)
    ]
    assert rates == [0.04, 0.04, 0.01, 0.01, 0.005, 0.005, 0.0]


class TestAWholeMatch:
    """Everybody at once: two visits, repeats, strangers, and those too old to be listed."""

    EVIDENCE = call(
        closed("dana", 20 * MINUTE, source="ads", topic="boots"),
        closed("noa", 0.0, source="mail"),
        older=(alike("ads", a9=10), alike("old", a9=40), alike("", a9=5)),
        remembered=before(
            Known("dana", 0.4, "mail", "hats"),
            Known("gal", 0.2, "mail", "hats"),
            nobody=0.3,
            other=0.1,
        ),
        activity=2.0,
    )
    ROLES: ClassVar = {
        "dana": 2 * 2 * 26e-6 * (1e-4 + 0.4 * 0.9) + 0.4 * SOON * 0.9,
        "noa": 2 * CLOSED * 1e-4,
        "gal": 0.2 * SOON * 0.9,
        "stray": VIEW.stray * 2 * 1e-4,
        "strangers again": 0.3 * SOON * 0.9 * 0.3,
        "older": (2 * 10 + 0.5 * 40 + 5) * 14e-6 * 2 * 1e-4,
        "older again": 0.1 * SOON * 0.9,
    }
    TOTAL = sum(ROLES.values())

    def test_probabilities(self) -> None:
        posterior = match(self.EVIDENCE, VIEW)
        assert {each.visitor: each.p for each in posterior.candidates} == pytest.approx(
            {name: self.ROLES[name] / self.TOTAL for name in ("dana", "noa", "gal")}
        )
        assert [each.visitor for each in posterior.candidates] == ["dana", "gal", "noa"]
        assert posterior.nobody == pytest.approx(
            (self.ROLES["stray"] + self.ROLES["strangers again"]) / self.TOTAL
        )
        assert posterior.other == pytest.approx(
            (self.ROLES["older"] + self.ROLES["older again"]) / self.TOTAL
        )

    def test_what_is_no_repeat(self) -> None:
        posterior = match(self.EVIDENCE, VIEW)
        firsts = 2 * 2 * 26e-6 * 1e-4, self.ROLES["noa"]
        assert posterior.first_calls == pytest.approx([first / self.TOTAL for first in firsts])
        assert posterior.stray == pytest.approx(self.ROLES["stray"] / self.TOTAL)
        assert posterior.older == pytest.approx(self.ROLES["older"] / self.TOTAL)

    def test_sources(self) -> None:
        """Other is known by source as those too old are: 20 of 45 by ads, 20 by old, 5 by none."""
        posterior = match(self.EVIDENCE, VIEW)
        again = 0.4 * SOON * 0.9 / self.TOTAL
        dana = posterior.candidates[0]
        assert dana.sources == pytest.approx({"ads": dana.p - again, "mail": again})
        mail = again + (self.ROLES["noa"] + self.ROLES["gal"]) / self.TOTAL
        assert posterior.sources == pytest.approx(
            {
                "ads": dana.p - again + posterior.other * 20 / 45,
                "mail": mail,
                "old": posterior.other * 20 / 45,
            }
        )
