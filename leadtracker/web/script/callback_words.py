"""What visitors without JavaScript are told, in their language, of their callback request.

The words stand with those of the widget in static/tracker/callback_words.json.
"""

from __future__ import annotations

import orjson

from leadtracker.web.static_files import STATIC

WORDS: dict[str, dict[str, str]] = orjson.loads((STATIC / "callback_words.json").read_bytes())[
    "page"
]
LANGUAGES = tuple(WORDS)
