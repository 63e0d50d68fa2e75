"""A lease as it was at a moment: visible, hidden, shown again, left or no longer heard of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leadtracker.domain import Lease
from leadtracker.matching.evidence import Evidence, Holder, Older, holder_of
from leadtracker.matching.page_state import AGES, open_state
from leadtracker.matching.phone_memory import Called, Known, Remembered

START = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def lease(seen: float = 600, left: float | None = 600, **what: object) -> Lease:
    made = Lease(
        "7", "+97231", "dana", "v", START, at(seen), None if left is None else at(left), source="s"
    )
    return replace(made, **what)  # type: ignore[arg-type]  # any of the lease's fields


def holder(lease: Lease, seconds: float) -> Holder | None:
    return holder_of(lease, at(seconds).timestamp(), lambda moment: 2 * moment)


GAP = lease(gaps=((at(100), at(200)),))
SILENT = lease(left=None)


@pytest.mark.parametrize(
    ("what", "seconds", "ago"),
    [
        (lease(), 0, None),
        (lease(), 599, None),
        (lease(), 600, 0),
        (lease(), 660, 60),
        (lease(), -5, None),
        (GAP, 99, None),
        (GAP, 100, 0),
        (GAP, 150, 50),
        (GAP, 200, None),
        (GAP, 700, 100),
        (SILENT, 644, None),
        (SILENT, 645, 45),
        (SILENT, 6000, 5400),
    ],
)
def test_since_when_it_was_out_of_sight(what: Lease, seconds: float, ago: float | None) -> None:
    found = holder(what, seconds)
    assert found is not None
    assert (found.visible, found.ago, found.age) == (ago is None, ago or 0, 2 * (ago or 0))


def test_a_lease_after_the_call() -> None:
    assert holder(lease(), -5.1) is None


@pytest.mark.parametrize(("seconds", "level"), [(9, 0), (10, 1), (59, 1), (60, 3), (900, 3)])
def test_the_level_of_that_moment(seconds: float, level: int) -> None:
    found = holder(lease(levels=(at(10), at(60), at(60))), seconds)
    assert found is not None
    assert found.level == level


@pytest.mark.parametrize(
    ("seconds", "tapped"), [(50, None), (96, 0), (110, 10), (220, 20), (700, 500)]
)
def test_the_last_tap_before_that_moment(seconds: float, tapped: float | None) -> None:
    found = holder(lease(taps=(at(100), at(200))), seconds)
    assert found is not None
    assert found.tapped == tapped


def test_everything_else_is_the_leases() -> None:
    found = holder(lease(device="mobile", region="IL-3", topic="boots"), 70)
    assert found == Holder(
        "dana", "7", "s", open_state("mobile", 70), "IL-3", "boots", 0, True, 0.0, 0.0, None
    )


def evidence() -> Evidence:
    known = Holder("dana", "7", "s", 3, "IL-3", "", 2, False, 30.5, 20.25, 11.0)
    return Evidence(
        1e9,
        None,
        "+97250",
        9,
        4,
        0.7,
        "IL-3",
        "boots",
        (known,),
        (Older(1, "s", (0,) * (AGES - 1) + (3,)),),
        Remembered(9e8, ("+97231", None), (Known("noa", 0.4, "s", ""),), 0.1, 0.5, False, ("dan",)),
        {"dana": Called(9e8, 0.4, None, True, None)},
        frozenset({"noa", "dana"}),
        frozenset({"x"}),
        (known,),
    )


def test_evidence_is_kept_as_json() -> None:
    assert Evidence.from_json(json.loads(json.dumps(evidence().to_json()))) == evidence()


def test_evidence_without_the_knowledge_of_the_phone() -> None:
    without_phone = evidence().without_known_phone()
    assert (
        without_phone.remembered,
        without_phone.knowers,
        without_phone.known_otherwise,
        without_phone.elsewhere,
    ) == (
        None,
        frozenset(),
        frozenset(),
        (),
    )
    assert without_phone.holders == evidence().holders
