"""What a site has learned, as sums that we only add, take back and fade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from leadtracker.matching import prior
from leadtracker.matching.page_state import AGES, LEVELS, OPENS

Sums = dict[str, float]  # by name or cell; a missing sum is 0
Table = list[list[float]]

GONE = 1e-9  # fading and taking back may leave so little of a sum that is really 0
TOTALS = (
    "stray_calls",  # soft calls on pool numbers that no visit caused
    "first_calls",  # soft calls on pool numbers that are no repeats
    "number_seconds",  # count of pool numbers x clock seconds
    "default_tapped",  # soft calls on the default number right after a visitor tapped it
    "default_strangers",  # soft calls on the default number by unknown people
    "default_unseen",  # soft calls on the default number by visitors who did not tap
    "default_seconds",  # seconds in which the default number could be called
    "region_told",  # soft calls where both regions are known
    "region_agree",  # soft calls whose regions agree by more than chance
    "topic_told",
    "topic_agree",
)
CELLS = [[f"{row}.{level}" for level in range(LEVELS)] for row in range(max(AGES, OPENS))]


@dataclass(slots=True)
class Counts:
    """Soft calls of a site or of one call, and the seconds in which they could come. Sparse."""

    tap_calls: Sums = field(default_factory=dict)  # by tap bin
    tap_seconds: Sums = field(default_factory=dict)
    open_calls: Sums = field(default_factory=dict)  # by cell: open state and level
    open_seconds: Sums = field(default_factory=dict)
    closed_calls: Sums = field(default_factory=dict)  # by cell: age bin and level
    closed_seconds: Sums = field(default_factory=dict)  # clock seconds
    source_calls: Sums = field(default_factory=dict)  # by source
    source_leases: Sums = field(default_factory=dict)  # by level and source, see `leases_by_source`
    regions: Sums = field(default_factory=dict)  # leases
    topics: Sums = field(default_factory=dict)
    hour_calls: Sums = field(default_factory=dict)  # calls after the page, by local hour
    hour_expected: Sums = field(default_factory=dict)  # expected if all hours were equally active
    day_calls: Sums = field(default_factory=dict)  # by local weekday, Monday is 0
    day_expected: Sums = field(default_factory=dict)
    totals: Sums = field(default_factory=dict)  # by the names in TOTALS

    def add(self, delta: Counts, factor: float = 1.0) -> None:
        """Add a delta. -1 takes it back, and `-kept(days)` takes it back after days of fading."""
        for name in NAMES:
            mine: Sums = getattr(self, name)
            for key, amount in getattr(delta, name).items():
                put(mine, key, factor * amount)

    def fade(self, factor: float = prior.FADE) -> None:
        """Fade all sums. The worker does this once a day."""
        for name in NAMES:
            mine: Sums = getattr(self, name)
            setattr(
                self,
                name,
                {
                    key: amount * factor
                    for key, amount in mine.items()
                    if abs(amount) * factor > GONE
                },
            )

    def total(self, name: str) -> float:
        return max(0.0, self.totals.get(name, 0.0))

    def to_json(self) -> dict[str, Sums]:
        return {name: sums for name in NAMES if (sums := getattr(self, name))}

    @classmethod
    def from_json(cls, value: Mapping[str, Mapping[str, float]]) -> Counts:
        return cls(**{name: dict(sums) for name, sums in value.items()})


NAMES = tuple(each.name for each in fields(Counts))


def put(sums: Sums, key: str, amount: float) -> None:
    """Add to one sum. Drop the sum when it comes to 0."""
    total = sums.get(key, 0.0) + amount
    if abs(total) > GONE:
        sums[key] = total
    else:
        sums.pop(key, None)


def change(before: Counts | None, after: Counts) -> Counts:
    """The delta between what was known before and what is known now."""
    delta = Counts()
    delta.add(after)
    if before is not None:
        delta.add(before, -1.0)
    return delta


def kept(days: int) -> float:
    """The share of a sum that remains after some days of fading."""
    return prior.FADE**days


def table(sums: Sums, rows: int) -> Table:
    """The sums by cell, as [row][level]. None is negative."""
    return [[max(0.0, sums.get(key, 0.0)) for key in row] for row in CELLS[:rows]]


def bins(sums: Sums, width: int) -> list[float]:
    """The sums by bin, as a list. None is negative."""
    return [max(0.0, sums.get(str(i), 0.0)) for i in range(width)]


def source_lease(level: int, source: str) -> str:
    """The key in `source_leases`."""
    return f"{level}.{source}"


def leases_by_source(sums: Sums) -> dict[str, list[float]]:
    """The closed pages of each source, by level."""
    result: dict[str, list[float]] = {}
    for key, number in sums.items():
        level, _, source = key.partition(".")
        result.setdefault(source, [0.0] * LEVELS)[int(level)] += max(0.0, number)
    return result
