"""Which modules get faults: those that match, judge, read, dial, guard, lease, parse and record."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

# When files move, change the patterns here. `*` also matches the folders below.
# A module belongs to the first part that names it.
PARTS = {
    "planner": ["leadtracker/planner/*.py"],
    "matching": ["leadtracker/matching/*.py"],
    "who called": ["leadtracker/who_called/*.py"],
    "calls": ["leadtracker/calls/*.py"],
    "numbers": ["leadtracker/numbers/*.py", "leadtracker/topics.py", "leadtracker/phone.py"],
    "callback": ["leadtracker/callback/*.py", "leadtracker/callback_rules/*.py"],
    "live": ["leadtracker/live/*.py"],
    "records": ["leadtracker/records/*.py"],
    "pbx": ["leadtracker/pbx/*.py", "leadtracker/outgoing.py"],
}
LEFT_OUT = ["*/migrations/*", "*/simulator*", "*/simulated_*"]


def modules(root: Path) -> dict[str, str]:
    """Map each module in scope, by its path below `root`, to its part.

    Raises ValueError for a pattern that no file matches: its files have moved.
    """
    found: dict[str, str] = {}
    files = [path.relative_to(root).as_posix() for path in root.glob("leadtracker/**/*.py")]
    for part, patterns in PARTS.items():
        for pattern in patterns:
            matching = [file for file in sorted(files) if fnmatch(file, pattern)]
            if not matching:
                raise ValueError(f"tests/mutants/scope.py names {pattern}, but no file matches it")
            for file in matching:
                if not any(fnmatch(file, left_out) for left_out in LEFT_OUT):
                    found.setdefault(file, part)
    return found
