"""A notification as text for people: readable, not endless, without the secrets in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from leadtracker.records.tables import InboxRow

MASK = "••••••"
LONGEST = 40_000  # characters shown
SHORTEST_SECRET = 6  # masking a shorter one wherever it stands would garble the rest
_NAMES = r"token|secret|password|passwd|code|campaigncode|apikey|api_key|authorization|api_code"
_IN_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*)("(?:[^"\\]|\\.)*"|[0-9]+)', re.IGNORECASE)
_IN_QUERY = re.compile(rf"((?:^|[?&;\s])(?:{_NAMES})=)[^&\s\"'<>]*", re.IGNORECASE)
_IN_XML = re.compile(rf"(<name>(?:{_NAMES})</name>\s*<value>(?:<\w+>)?)[^<]*", re.IGNORECASE)


def readable(notification: InboxRow, secrets: Iterable[str]) -> str:
    """The query and the body, JSON indented; `secrets` are masked wherever they stand."""
    body = notification.body.decode("utf-8", "replace").replace("\0", "�")
    text = "\n\n".join(part for part in (notification.query, _indented(body)) if part)
    masked = mask(text[:LONGEST], secrets)
    if len(text) > LONGEST:
        masked += "\n… (cut)"
    return masked


def mask(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    text = _IN_JSON.sub(rf'\1"{MASK}"', text)
    text = _IN_XML.sub(rf"\1{MASK}", text)
    return _IN_QUERY.sub(rf"\1{MASK}", text)


def _indented(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body
