"""What we say of a call: the candidates with probabilities and reasons, nobody, the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

CERTAIN, LIKELY = 0.8, 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A visitor who may be the caller."""

    visitor: str
    p: float
    sources: Mapping[str, float]  # p, split by the traffic source of the visits
    topic: str  # of the visit that speaks most for this visitor
    reasons: tuple[str, ...]  # for people; very unlikely candidates have none


@dataclass(frozen=True, slots=True)
class Posterior:
    """The probabilities of one call. The candidates, nobody and other sum to 1."""

    candidates: tuple[Candidate, ...]  # likeliest first
    nobody: float  # no visitor made the call
    other: float  # a visitor whose visit is too old for the list did
    sources: Mapping[str, float]  # share of each traffic source, with the known part of `other`
    first_calls: tuple[float, ...] = ()  # share of each holder as a first call, in their order
    stray: float = 0.0  # part of `nobody` that is no repeat
    older: float = 0.0  # part of `other` that is no repeat

    @property
    def best(self) -> float:
        """The probability of the likeliest candidate, or 0 without candidates."""
        return self.candidates[0].p if self.candidates else 0.0

    @property
    def verdict(self) -> str:
        """`certain`, `likely`, `nobody` (more likely than not) or `ambiguous`."""
        if self.best >= CERTAIN:
            return "certain"
        if self.best >= LIKELY:
            return "likely"
        return "nobody" if self.nobody >= LIKELY else "ambiguous"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Posterior:
        candidates = tuple(
            Candidate(**{**each, "reasons": tuple(each["reasons"])}) for each in value["candidates"]
        )
        return cls(
            **{**value, "candidates": candidates, "first_calls": tuple(value["first_calls"])}
        )
