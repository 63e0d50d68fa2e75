"""What pages and calls are about."""

from __future__ import annotations

import pytest

from leadtracker.domain import Topic
from leadtracker.topics import topic_of_call, topic_of_page

TOPICS = {
    "kitchens": Topic(("/kitchens", "/k/"), ("2", "Kitchens")),
    "baths": Topic(("/baths", "/kitchens/baths"), ("3", "אמבטיות")),
    "nothing": Topic(),
}


@pytest.mark.parametrize(
    ("url", "topic"),
    [
        ("https://shop.example.com/kitchens", "kitchens"),
        ("https://shop.example.com/kitchens/oak?a=/baths", "kitchens"),
        ("https://shop.example.com/kitchens/baths/1", "baths"),
        ("https://shop.example.com/k/", "kitchens"),
        ("https://shop.example.com", ""),
        ("https://shop.example.com/k", ""),
        ("", ""),
        ("https://[", ""),
    ],
)
def test_of_a_page(url: str, topic: str) -> None:
    assert topic_of_page(TOPICS, url) == topic
    assert topic_of_page({}, url) == ""


@pytest.mark.parametrize(
    ("heard", "topic"),
    [
        ((), ""),
        (("1",), ""),
        (("2",), "kitchens"),
        (("1", "kitchens", "9"), "kitchens"),
        (("2", "אמבטיות"), "baths"),
    ],
)
def test_of_a_call(heard: tuple[str, ...], topic: str) -> None:
    assert topic_of_call(TOPICS, heard) == topic
