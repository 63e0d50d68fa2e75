"""What a site without calls of its own begins with, value by value."""

from __future__ import annotations

from typing import ClassVar

from leadtracker.domain import Lease
from leadtracker.matching import prior
from leadtracker.matching.counts import CELLS
from leadtracker.matching.learning import course
from leadtracker.matching.page_state import DAY, HOUR
from tests.unit.test_evidence import at


class TestShippedPrior:
    """What the benchmark's worlds taught; no formula gives it, so it is written down twice."""

    VALUES: ClassVar = {
        "TAP": (4e-2, 1e-3, 5e-4),
        "OPEN": (3e-5, 1e-5, 5e-6, 2e-6, 1.3e-4, 6e-5, 2e-5, 4e-6),
        "OPEN_LEVEL": (0.8, 1.0, 3.5, 6.0),
        "CLOSED": (
            *(3.2e-6, 2.9e-6, 1.8e-6, 9.5e-7, 4.2e-7, 1.6e-7, 1.25e-7, 9e-8),
            *(3.8e-8, 1.4e-8, 5e-9, 2.6e-9, 1.1e-9, 4e-10, 1.7e-10, 5e-11),
        ),
        "CLOSED_LEVEL": (0.15, 1.0, 4.5, 12.0),
        "RATE_CALLS": 4.0,
        "TAIL_CALLS": 12.0,
        "CHAINED": 4,
        "LEVEL_CALLS": 8.0,
        "CELL_CALLS": 6.0,
        "SOURCE_CALLS": 8.0,
        "SCALE_CALLS": 2.0,
        "FADE": 0.97,
        "POOL_RATE": 1.2e-6,
        "POOL_CALLS": 5.0,
        "STRAY": 0.05,
        "STRAY_SHARE": 0.4,
        "LEAST_STRAY": 0.03,
        "TAPPED": 0.25,
        "TAPPED_CALLS": 20.0,
        "HASTY_TAP": 0.05,
        "MOST_UNSEEN": 0.5,
        "UNSEEN_CALLS": 20.0,
        "AGREE": 0.6,
        "AGREE_CALLS": 20.0,
        "UNHEARD": 0.1,
        "HOUR_ACTIVITY": (0.25,) * 7 + (1.4,) * 15 + (0.25,) * 2,
        "HOUR_CALLS": 8.0,
        "DAY_CALLS": 16.0,
        "LEAST_ACTIVITY": 0.05,
        "MOST_ACTIVITY": 4.0,
        "SAME_PHONE": 0.9,
        "STRANGERS_PHONE": 1e-4,
        "WITHHELD": 0.06,
        "OTHER_NUMBER": 0.02,
        "HELD_NUMBER": 0.5,
        "STRANGERS_AGAIN": 0.3,
        "RULED_OUT": 0.02,
        "REPEAT_EDGES": (300.0, 900.0, HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY),
        "REPEATS_MISSED": (8e-4, 5e-4, 8e-5, 1e-6, 7e-7, 4e-7, 1.2e-7, 2e-8, 1e-9),
        "REPEATS_ANSWERED": (1.0e-5, 8e-6, 2e-6, 6e-7, 8e-7, 6e-7, 2e-7, 4e-8, 1e-9),
    }

    def test_every_value(self) -> None:
        shipped = {name: value for name, value in vars(prior).items() if name.isupper()}
        assert {name: shipped[name] for name in self.VALUES} == self.VALUES
        assert shipped.keys() - self.VALUES.keys() == {"MINUTE", "HOUR", "DAY"}


def test_a_visit_on_the_default_number_teaches_nothing() -> None:
    page = Lease(
        "7", "", "dana", "v", at(0), at(20), taps=(at(9), at(12)), region="IL-3", topic="boots"
    )
    learned = course(page, at(999).timestamp())
    assert (learned.counts.to_json(), learned.closed) == ({}, None)


def test_cells_are_named_by_row_and_level() -> None:
    assert (CELLS[0][0], CELLS[15][3], len(CELLS)) == ("0.0", "15.3", 16)
