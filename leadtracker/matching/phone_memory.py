"""What earlier calls said about a phone and about a visitor, as posteriors, not verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """A visitor whom this phone was matched to: how surely, and by which visit."""

    visitor: str
    p: float
    source: str
    topic: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """The latest call of a phone, or the latest hidden one on a DID (see `memory_key`)."""

    at: float
    dids: tuple[str | None, ...]  # DIDs it dialed, newest first; None is the default number
    visitors: tuple[Known, ...]
    nobody: float
    other: float  # holders too old for the list, and visitors too unlikely to keep
    answered: bool = True  # known only after the call; callers soon retry a missed call
    ruled_out: tuple[str, ...] = ()  # visitors of whom a user said that this phone is not theirs

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Remembered:
        return cls(
            at=value["at"],
            dids=tuple(value["dids"]),
            visitors=tuple(Known(**each) for each in value["visitors"]),
            nobody=value["nobody"],
            other=value["other"],
            answered=value["answered"],
            ruled_out=tuple(value["ruled_out"]),
        )


@dataclass(frozen=True, slots=True)
class Called:
    """A visitor's latest call; `p` is the probability that it was theirs."""

    at: float
    p: float
    did: str | None
    answered: bool
    phone: str | None


def memory_key(phone: str | None, did: str | None) -> str:
    """The key of a call's memory: its phone, or for a hidden number the DID that it dialed."""
    return phone or f"withheld on {did or 'the default number'}"
