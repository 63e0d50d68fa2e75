"""What an AI of the PBX wrote about a call, in words that no vendor owns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    speaker: str
    text: str
    at: float | None  # seconds since the call began


@dataclass(frozen=True, slots=True)
class AiSummary:
    """`answers` are questions with their answers, in the order asked."""

    text: str
    answers: tuple[tuple[str, str], ...]
    transcript: tuple[Sentence, ...]
    speakers: tuple[tuple[str, str], ...] = ()  # who took part, and their name

    @property
    def fullness(self) -> tuple[int, int, int]:
        """The greater, the more there is to read."""
        return len(self.text), len(self.answers), len(self.transcript)

    @property
    def says_anything(self) -> bool:
        return any(self.fullness) or bool(self.speakers)
