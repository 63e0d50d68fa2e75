"""What the PBX's AI says may be anything; what can be shown is."""

from __future__ import annotations

from typing import Any

import pytest

from leadtracker.reports.ai_summary import Sentence, ai_summary


def test_summary_answers_and_transcript() -> None:
    ai = {
        "insights": {
            "summary": "A caller asked for a price.",
            "questions": [
                {"key": "resolved", "question": "Was it resolved?", "data_type": "boolean", "answer": "false"},
                {"key": "words", "question": "Words?", "answer": [{"word": "price", "count": 3}, {"word": "sea"}]},
                {"key": "topics", "answer": ["visit", "price"]},
                {"key": "empty", "question": "Nothing?", "answer": None},
            ],
        },
        "transcript": [
            {"speaker": "B", "text": "second", "startTime": 3, "endTime": None, "sentence_id": 2},
            {"speaker": "A", "text": "first", "startTime": 1.5, "sentence_id": 0},
            {"speaker": "A", "text": ""},
        ],
    }
    found = ai_summary([{}, ai])
    assert found is not None
    assert found.text == "A caller asked for a price."
    assert found.answers == (
        ("Was it resolved?", "false"), ("Words?", "price (3), sea"), ("topics", "visit, price"),
    )  # fmt: skip
    assert found.transcript == (Sentence("A", "first", 1.5), Sentence("B", "second", 3.0))


@pytest.mark.parametrize(
    "ai",
    [
        None, {}, [], "text", {"insights": None}, {"insights": [1], "transcript": {"a": 1}},
        {"insights": {"questions": "x"}},
        {"insights": {"questions": [None, 3, {"answer": []}]}, "transcript": [None, "x", {"speaker": "A"}]},
    ],
)  # fmt: skip
def test_nothing_to_show_is_none_and_no_fault(ai: Any) -> None:
    assert ai_summary([ai]) is None
