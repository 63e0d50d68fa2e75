"""Names and texts on their way to an agent or a PBX, and URLs: made harmless in this one place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote, urlencode

LONGEST_NAME = 200
TAG = re.compile(r"<[^<>]*>?")
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")  # control, bidi and zero-width, halves, unassigned
FILLERS = "\u115f\u1160\u3164\uffa0\u034f\u2800"  # letters and marks that show nothing
SPACES = re.compile(r"\s+")


def plain_text(value: object, longest: int = LONGEST_NAME) -> str:
    """One line without HTML, control, bidi and zero-width characters, cut to a length."""
    text = str(value)[: 16 * longest]  # what is cut anyway is not looked at
    text = TAG.sub(" ", SPACES.sub(" ", text)).replace(">", " ")
    return visible(text)[:longest].rstrip()


def visible(text: str) -> str:
    """One line without control, bidi and zero-width characters, for a page that quotes HTML."""
    shown = (each for each in SPACES.sub(" ", text) if each not in FILLERS)
    kept = "".join(each for each in shown if unicodedata.category(each) not in INVISIBLE)
    return SPACES.sub(" ", kept).strip()


def url(base: str, *path: str, query: Mapping[str, str] | None = None) -> str:
    """An address below `base`, with each part of the path and the query quoted.

    A part cannot leave its place. Browsers take `%2E%2E` for `..`, so dots alone are quoted twice.
    """
    parts = [quote(part, safe="+") for part in path]
    parts = [part.replace(".", "%252E") if not part.strip(".") else part for part in parts]
    address = "/".join((base, *parts))
    if query:
        address += "?" + urlencode(query)
    return address
