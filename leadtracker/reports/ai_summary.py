"""What an AI account of the PBX wrote about a call; every part of it may be missing or of another type (pure).

Source: Voicenter, "CDR Notification System API", `aiData`; a vendor's own keys stay in the leg's record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_SENTENCES = 2000


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


def ai_summary(of_legs: Iterable[Any]) -> AiSummary | None:
    """The fullest one of a call's legs; None when none says anything."""
    summaries = [_read(ai) for ai in of_legs if isinstance(ai, dict)]
    return max(
        (summary for summary in summaries if summary.text or summary.answers or summary.transcript),
        key=lambda summary: (len(summary.text), len(summary.answers), len(summary.transcript)),
        default=None,
    )


def _read(ai: dict[str, Any]) -> AiSummary:
    insights = ai.get("insights")
    insights = insights if isinstance(insights, dict) else {}
    questions = [
        question for question in _list(insights.get("questions")) if isinstance(question, dict)
    ]
    answers = tuple(
        (str(question.get("question") or question.get("key") or ""), answer)
        for question in questions
        if (answer := _words(question.get("answer")))
    )
    sentences = [sentence for sentence in _list(ai.get("transcript")) if isinstance(sentence, dict)]
    sentences.sort(key=lambda sentence: _number(sentence.get("sentence_id")) or 0)
    transcript = tuple(
        Sentence(
            str(sentence.get("speaker") or ""),
            str(sentence["text"]),
            _number(sentence.get("startTime")),
        )
        for sentence in sentences[:MOST_SENTENCES]
        if sentence.get("text")
    )
    return AiSummary(_words(insights.get("summary")), answers, transcript)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _words(value: Any) -> str:
    """`["a", {"word": "b", "count": 3}]` -> `a, b (3)`."""
    if isinstance(value, list):
        return ", ".join(word for part in value if (word := _words(part)))
    if isinstance(value, dict):
        if "word" in value:
            return f"{value['word']} ({value['count']})" if "count" in value else str(value["word"])
        return ", ".join(f"{key}: {_words(part)}" for key, part in value.items())
    return "" if value is None else str(value)
