"""The Lua scripts of this folder, put together from their parts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Script:
    text: str
    sha: str


def script(*names: str) -> Script:
    """Parts in this order; each may use `root`, the beginning of all keys, and clock.lua."""
    folder = resources.files("leadtracker.live")
    text = "\n".join(
        [
            "local root = KEYS[1]",
            *((folder / f"{name}.lua").read_text() for name in ("clock", *names)),
        ]
    )
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
