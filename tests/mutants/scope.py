"""Which modules get faults: those that match, judge, read, dial, guard, lease, parse and record."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

# When files move, change the patterns here. `*` also matches the folders below.
# A module belongs to the first part that names it.
PARTS = {
    "planner": [
        "leadtracker/attribution/plan*.py",
        "leadtracker/attribution/model_pool.py",
        "leadtracker/attribution/recognition.py",
        "leadtracker/attribution/exhaustion.py",
        "leadtracker/attribution/delay_curve.py",
    ],
    "matching": ["leadtracker/attribution/*.py"],
    "who called": [
        "leadtracker/who_called.py",
        "leadtracker/verdict_record.py",
        "leadtracker/confirming.py",
        "leadtracker/rematching.py",
    ],
    "calls": [
        "leadtracker/call_reading.py",
        "leadtracker/call_record.py",
        "leadtracker/screen_pop.py",
        "leadtracker/receiving.py",
    ],
    "numbers": [
        "leadtracker/number_request.py",
        "leadtracker/touchpoint.py",
        "leadtracker/topics.py",
        "leadtracker/regions.py",
        "leadtracker/phone.py",
    ],
    "callback": ["leadtracker/callback/*.py", "leadtracker/callback_*.py"],
    "live": ["leadtracker/live/*.py"],
    "records": ["leadtracker/records/*.py"],
    "pbx": ["leadtracker/pbx/*.py"],
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
