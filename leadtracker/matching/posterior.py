"""What is said of a call: each candidate with probability and reasons, nobody, and the verdict."""

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
    sources: Mapping[str, float]  # p, by the traffic source of the visits
    topic: str  # of the visit that speaks most for them
    reasons: tuple[str, ...]  # for people; none for the very unlikely


@dataclass(frozen=True, slots=True)
class Posterior:
    """Probabilities of one call; those of the candidates, nobody and other sum to 1."""

    candidates: tuple[Candidate, ...]  # likeliest first
    nobody: float  # no visitor at all
    other: float  # a visitor too long ago to be listed
    sources: Mapping[str, float]  # share of each traffic source, with what is known of `other`
    first_calls: tuple[float, ...] = ()  # share of each holder's visit that is no repeat, in order
    stray: float = 0.0  # share of nobody that is no repeat
    older: float = 0.0  # ... of other

    @property
    def best(self) -> float:
        """Probability of the likeliest candidate."""
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
