"""`aiData` of a CDR -> AiSummary.

Source: Voicenter, "CDR Notification System API".
Shape: `insights` with `summary` and `questions`, and `transcript`. Every part may be missing or of
another type.
"""

from __future__ import annotations

from typing import Any

from leadtracker.domain import Json
from leadtracker.pbx.ai_summary import AiSummary, Sentence

MOST_SENTENCES = 2000
PARTICIPANTS = {"caller": "Caller", "callee": "Called"}


def read(ai: Json) -> AiSummary:
    insights = ai.get("insights")
    if not isinstance(insights, dict):
        insights = {}
    answers = [
        (str(question.get("question") or question.get("key") or ""), _words(question.get("answer")))
        for question in _objects(insights.get("questions"))
    ]
    return AiSummary(
        text=_words(insights.get("summary")),
        answers=tuple((question, answer) for question, answer in answers if answer),
        transcript=_transcript(_objects(ai.get("transcript"))),
        speakers=_speakers(insights.get("participants")),
    )


def _speakers(sent: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(sent, dict):
        return ()
    named = (
        (words, person["name"])
        for key, words in PARTICIPANTS.items()
        if isinstance(person := sent.get(key), dict) and isinstance(person.get("name"), str)
    )
    return tuple((words, name.strip()) for words, name in named if name.strip())


def _transcript(sentences: list[Json]) -> tuple[Sentence, ...]:
    """In the order spoken; sentences without words are left out."""
    in_order = sorted(sentences, key=lambda sentence: _number(sentence.get("sentence_id")) or 0)
    return tuple(
        Sentence(
            speaker=str(sentence.get("speaker") or ""),
            text=str(sentence["text"]),
            at=_number(sentence.get("startTime")),
        )
        for sentence in in_order[:MOST_SENTENCES]
        if sentence.get("text")
    )


def _objects(value: Any) -> list[Json]:
    if not isinstance(value, list):
        return []
    return [one for one in value if isinstance(one, dict)]


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _words(value: Any) -> str:
    """`["a", {"word": "b", "count": 3}]` -> `a, b (3)`."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(word for part in value if (word := _words(part)))
    if not isinstance(value, dict):
        return str(value)
    if "word" not in value:
        return ", ".join(f"{key}: {_words(part)}" for key, part in value.items())
    if "count" in value:
        return f"{value['word']} ({value['count']})"
    return str(value["word"])
