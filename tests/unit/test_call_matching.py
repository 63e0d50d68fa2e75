"""Whose call it is, by the holders of the number and the moment the call began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadtracker.call_matching import match
from leadtracker.domain import Lease

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def lease(name: str, start: float, seen: float, left: float | None = None, taps: tuple[float, ...] = ()) -> Lease:
    """Of a visitor of that name; times in seconds from noon."""
    return Lease(
        id=name, did="+972722776772", visitor=name, visit="visit", start=at(start), seen=at(seen),
        left=None if left is None else at(left), taps=tuple(map(at, taps)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "how", "seconds_after", "said"),
    [
        (0, "page open", None, "The page with this number was open when the phone rang."),
        (100, "page open", None, "The page with this number was open when the phone rang."),
        (150, "page open", None, "The page with this number was open when the phone rang."),
        (151, "after the page", 51, "The last visitor shown this number left the page 51 s before."),
        (100 + 119, "after the page", 119, "The last visitor shown this number left the page 119 s before."),
        (100 + 120, "after the page", 120, "The last visitor shown this number left the page 2 min before."),
        (100 + 7199, "after the page", 7199, "The last visitor shown this number left the page 119 min before."),
        (100 + 7200, "after the page", 7200, "The last visitor shown this number left the page 2 hours before."),
        (100 + 86400 * 3, "after the page", 259200, "The last visitor shown this number left the page 3 days before."),
    ],
)
def test_a_page_that_never_said_that_it_left(moment: float, how: str, seconds_after: int | None, said: str) -> None:
    """Seen at 100 s for the last time; a beat comes every 30 s, and clocks differ by 5."""
    found = match([lease("dana", -60, 100)], at(moment))
    assert found is not None
    assert (found.how, found.seconds_after, found.said) == (how, seconds_after, said)


@pytest.mark.parametrize(
    ("moment", "how", "seconds_after"),
    [(99, "page open", None), (105, "page open", None), (106, "after the page", 6), (400, "after the page", 300)],
)
def test_a_page_that_said_that_it_left(moment: float, how: str, seconds_after: int | None) -> None:
    found = match([lease("dana", -60, 100, left=100)], at(moment))
    assert found is not None
    assert (found.how, found.seconds_after) == (how, seconds_after)


@pytest.mark.parametrize(
    ("taps", "how", "said"),
    [
        ((90,), "tapped", "The visitor tapped the number 10 s before the call."),
        ((10, 90), "tapped", "The visitor tapped the number 10 s before the call."),
        ((104,), "tapped", "The visitor tapped the number 0 s before the call."),  # the PBX's clock is behind
        ((106,), "page open", ""),
        ((45,), "tapped", "The visitor tapped the number 55 s before the call."),
        ((44,), "page open", ""),
        ((), "page open", ""),
    ],
)
def test_a_tap_a_moment_before(taps: tuple[float, ...], how: str, said: str) -> None:
    found = match([lease("dana", -60, 110, taps=taps)], at(100))
    assert found is not None
    assert found.how == how
    if said:
        assert found.said == said


HOLDERS = [lease("gal", 200, 300), lease("ron", 100, 150, left=150), lease("dana", 0, 60, left=60)]


@pytest.mark.parametrize(
    ("moment", "visitor"),
    [(-6, None), (-5, "dana"), (0, "dana"), (94, "dana"), (95, "ron"), (199, "gal"), (194, "ron"), (1000, "gal")],
)
def test_the_newest_holder_whose_lease_had_begun(moment: float, visitor: str | None) -> None:
    for holders in (HOLDERS, HOLDERS[::-1], HOLDERS * 2):
        found = match(holders, at(moment))
        assert (found.lease.visitor if found else None) == visitor


def test_nobody_had_the_number() -> None:
    assert match([], NOON) is None


def test_what_a_call_keeps_of_it() -> None:
    found = match([lease("dana", -60, 100, left=100, taps=(40, 50))], at(200))
    assert found is not None
    assert found.record() == {
        "how": "after the page", "said": "The last visitor shown this number left the page 100 s before.",
        "lease": "dana", "did": "+972722776772", "visit": "visit", "lease_start": "2026-03-01T11:59:00+00:00",
        "seen": "2026-03-01T12:01:40+00:00", "left": "2026-03-01T12:01:40+00:00",
        "tapped": "2026-03-01T12:00:50+00:00", "seconds_after": 100,
    }  # fmt: skip
    open_page = match([lease("dana", -60, 100)], NOON)
    assert open_page is not None
    assert (open_page.record()["left"], open_page.record()["tapped"]) == (None, None)
