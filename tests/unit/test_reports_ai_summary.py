"""What the PBX's AI says may be anything; what can be shown is."""

from __future__ import annotations

from typing import Any

import pytest

from leadtracker.pbx.ai_summary import Sentence
from leadtracker.pbx.voicenter.ai_summary import MOST_SENTENCES
from leadtracker.reports.ai_summary import ai_summary


def test_summary_answers_and_transcript() -> None:
    ai = {
        "insights": {
            "summary": "A caller asked for a price.",
            "questions": [
                {
                    "key": "resolved",
                    "question": "Was it resolved?",
                    "data_type": "boolean",
                    "answer": "false",
                },
                {
                    "key": "words",
                    "question": "Words?",
                    "answer": [{"word": "price", "count": 3}, {"word": "sea"}],
                },
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
    found = ai_summary("voicenter", [{}, ai])
    assert found is not None
    assert found.text == "A caller asked for a price."
    assert found.answers == (
        ("Was it resolved?", "false"),
        ("Words?", "price (3), sea"),
        ("topics", "visit, price"),
    )
    assert found.transcript == (Sentence("A", "first", 1.5), Sentence("B", "second", 3.0))


@pytest.mark.parametrize(
    "ai",
    [
        None,
        {},
        [],
        "text",
        {"insights": None},
        {"insights": [1], "transcript": {"a": 1}},
        {"insights": {"questions": "x"}},
        {
            "insights": {"questions": [None, 3, {"answer": []}]},
            "transcript": [None, "x", {"speaker": "A"}],
        },
    ],
)
def test_nothing_to_show_is_none_and_no_fault(ai: Any) -> None:
    assert ai_summary("voicenter", [ai]) is None


SUMMARY, QUESTION = (
    {"insights": {"summary": "x"}},
    {"insights": {"questions": [{"key": "k", "answer": "a"}]}},
)
TALK = {"transcript": [{"text": "hello"}]}


def test_the_fullest_of_a_calls_legs_is_shown() -> None:
    """The longest text, then the most answers, then the longest transcript;
    one of the three is enough."""
    for ai in (SUMMARY, QUESTION, TALK):
        assert ai_summary("voicenter", [ai]) is not None
    ascending: list[dict[str, Any]] = [
        TALK,
        TALK | {"transcript": [{"text": "hello"}, {"text": "good-bye"}]},
        QUESTION,
        QUESTION | TALK,
        SUMMARY,
        SUMMARY | TALK,
        {"insights": SUMMARY["insights"] | QUESTION["insights"]},
        {"insights": {"summary": "xx"}},
    ]
    for place, fuller in enumerate(ascending):
        for less in ascending[:place]:
            expected = ai_summary("voicenter", [fuller])
            assert ai_summary("voicenter", [less, fuller]) == expected
            assert ai_summary("voicenter", [fuller, less]) == expected


def test_sentences_in_order_and_not_without_end() -> None:
    def sentence(number: Any, text: str) -> dict[str, Any]:
        return {"sentence_id": number, "text": text, "startTime": True}

    found = ai_summary(
        "voicenter",
        [
            {
                "transcript": [
                    sentence(1, "b"),
                    sentence(0.5, "a"),
                    sentence(-0.5, "before"),
                    {"text": "0"},
                ]
            }
        ],
    )
    assert found is not None
    assert found.transcript == tuple(Sentence("", text, None) for text in ("before", "0", "a", "b"))
    long = ai_summary(
        "voicenter",
        [{"transcript": [sentence(number, str(number)) for number in range(MOST_SENTENCES + 2)]}],
    )
    assert long is not None
    assert [one.text for one in long.transcript] == [str(number) for number in range(2000)]


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"mood": "good", "since": 3}, "mood: good, since: 3"),
        ({"word": "price"}, "price"),
        ({"word": "price", "count": 0}, "price (0)"),
        (["a", None, [], {"k": ["b", "c"]}], "a, k: b, c"),
        (7, "7"),
        (False, "False"),
    ],
)
def test_an_answer_of_any_type(answer: Any, shown: str) -> None:
    found = ai_summary(
        "voicenter", [{"insights": {"questions": [{"key": "k", "question": "", "answer": answer}]}}]
    )
    assert found is not None
    assert found.answers == (("k", shown),)


@pytest.mark.parametrize("vendor", ["while1", "", "nobody"])
def test_a_vendor_without_summaries(vendor: str) -> None:
    assert ai_summary(vendor, [SUMMARY]) is None
