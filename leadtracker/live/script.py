"""The Lua scripts of this folder, put together from their parts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

from leadtracker.live import keys

CONSTANTS = ("KEEP", "RESUME_MS", "BEAT_MS", "HURRIED_MS", "OPEN_MS", "LOG_LENGTH", "MOST_SOURCES")


@dataclass(frozen=True, slots=True)
class Script:
    text: str
    sha: str


def script(*names: str) -> Script:
    """Parts in this order; each may use CONSTANTS, clock.lua, and `root`, which begins all keys."""
    folder = resources.files("leadtracker.live")
    lines = ["local root = KEYS[1]"]
    lines += [f"local {name} = {getattr(keys, name)}" for name in CONSTANTS]
    lines += [(folder / f"{name}.lua").read_text() for name in ("clock", *names)]
    text = "\n".join(lines)
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
