"""JSON as pages write it: half characters, NaN, or nested without end cost only themselves."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

MOST_LEVELS = 32
OPENING, CLOSING = frozenset("[{"), frozenset("]}")
PLAIN = frozenset("[]{}:,") | {"true", "false", "null"}
# Each matches at once or not at all, so that reading takes a time linear in the length.
TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}:,]|[^\s\[\]{}:,"]++', re.DOTALL)


def read_mended(body: bytes) -> Any:
    """Raises orjson.JSONDecodeError when it is no JSON in spite of all.

    The caller bounds the length: mending takes up to 0.1 s for 128 kB.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return orjson.loads(mended(body.decode("utf-8", "replace")))


def mended(text: str) -> str:
    """The same for a strict reader: null for what it does not take, and for what is too deep."""
    kept: list[str] = []
    level = 0
    for token in TOKEN.findall(text.removeprefix("\ufeff")):
        level -= token in CLOSING
        if level < MOST_LEVELS or (level == MOST_LEVELS and token not in OPENING | CLOSING):
            kept.append(_mended(token))
        elif level == MOST_LEVELS and token in OPENING:
            kept.append("null")
        level += token in OPENING
    return "".join(kept)


def _mended(token: str) -> str:
    if token.startswith('"'):
        return _mended_text(token)
    if token in PLAIN:
        return token
    try:
        orjson.loads(token)
    except orjson.JSONDecodeError:  # `undefined`, say
        return "null"
    return token


def _mended_text(token: str) -> str:
    if token.isprintable() and "\\u" not in token:
        return token
    try:
        text = json.loads(token, strict=False)
    except ValueError:
        return token
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return orjson.dumps(whole).decode()
