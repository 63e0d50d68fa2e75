"""What a page or a call is about, by the topics that a site maps both to (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from leadtracker.domain import Topic


def topic_of_page(topics: Mapping[str, Topic], url: str) -> str:
    """The topic with the longest prefix of the URL's path; '' when none has one."""
    if not topics:
        return ""
    try:
        path = urlsplit(url).path or "/"
    except ValueError:
        return ""
    found = (
        (len(prefix), name)
        for name, topic in topics.items()
        for prefix in topic.pages
        if path.startswith(prefix)
    )
    _, longest = max(found, default=(0, ""))
    return longest


def topic_of_call(topics: Mapping[str, Topic], heard: Iterable[str]) -> str:
    """The topic of the last queue, IVR layer or digits that belongs to one; '' when none does."""
    by_call = {word.casefold(): name for name, topic in topics.items() for word in topic.calls}
    found = [by_call[word.casefold()] for word in heard if word.casefold() in by_call]
    return next(reversed(found), "")
