"""The Lua scripts of this folder, put together from their parts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib import resources

from leadtracker.live import keys

CONSTANTS = (
    "KEEP",
    "RESUME_MS",
    "BEAT_MS",
    "HURRIED_MS",
    "TRIAL_MS",
    "OPEN_MS",
    "LOG_LENGTH",
    "LEASES_AN_HOUR",
    "VISITORS_OF_ADDRESS",
    "MOST_TOLD",
    "MOST_SOURCES",
)


# A full Redis refuses a script that begins so before it does anything.
SHEBANG = "#!lua\n"
# Redis before 7 does not know that line. When it is full, it refuses a script whose first write
# needs memory, and no script after another write. This one counts as a write and changes nothing.
FIRST_WRITE = "redis.call('SETRANGE', KEYS[1] .. ':full', 0, '')\n"


@dataclass(frozen=True, slots=True)
class Script:
    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", sha)

    def without_shebang(self) -> Script:
        return Script(FIRST_WRITE + self.text.removeprefix(SHEBANG))


def script(*names: str) -> Script:
    """Parts in this order; each may use CONSTANTS, clock.lua, and `root`, which begins all keys."""
    folder = resources.files("leadtracker.live")
    lines = ["local root = KEYS[1]"]
    lines += [f"local {name} = {getattr(keys, name)}" for name in CONSTANTS]
    lines += [(folder / f"{name}.lua").read_text() for name in ("clock", *names)]
    return Script(SHEBANG + "\n".join(lines))
