"""What a page tells of its visitor, brought to a size and a depth that every reader can take."""

from __future__ import annotations

import itertools
from typing import Any

import orjson

MOST_KEYS = 50
LONGEST_KEY = 200
LONGEST = 8192  # characters of all keys and their values as JSON
MOST_FOR_ONE = 6  # characters that JSON takes for one of a text
DEEPEST = 8  # levels, of which the object itself is the first


def shallow(value: Any, levels: int = DEEPEST) -> Any:
    """The same with null for what is nested deeper, and without NUL: PostgreSQL keeps none."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if not isinstance(value, dict | list):
        return value
    if levels == 0:
        return None
    if isinstance(value, list):
        return [shallow(inner, levels - 1) for inner in value]
    return {
        name.replace("\0", "\ufffd"): shallow(inner, levels - 1) for name, inner in value.items()
    }


def fit(info: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """What can be kept, as JSON by key, and the keys whose values were cut or left out.

    The shortest values are kept first, so that no shopping cart drives out a phone.
    """
    kept: dict[str, str] = {}
    cut = [key[:LONGEST_KEY] for key in itertools.islice(info, MOST_KEYS, None)]
    values: dict[str, Any] = {}
    for key, value in itertools.islice(info.items(), MOST_KEYS):
        name = shallow(key[:LONGEST_KEY])
        values[name] = shallow(value, DEEPEST - 1)
        kept[name] = orjson.dumps(values[name]).decode()
        if values[name] != value or name != key:
            cut.append(name)
    room = LONGEST
    for name in sorted(kept, key=lambda name: len(kept[name])):
        free = room - len(name)
        if len(kept[name]) > free:
            cut.append(name)
            kept[name] = _start(values[name], free)
        if kept[name]:
            room = free - len(kept[name])
        else:
            del kept[name]
    return kept, list(dict.fromkeys(cut))


def _start(value: Any, room: int) -> str:
    """As much of a text as there is room for, as JSON; '' of anything else."""
    if not isinstance(value, str):
        return ""
    value = value[: max(0, room - 2)]
    while value:
        text = orjson.dumps(value).decode()
        if len(text) <= room:
            return text
        value = value[: -max(1, (len(text) - room) // MOST_FOR_ONE)]
    return ""
