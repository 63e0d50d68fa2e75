"""Faults that are listed by hand, for what cosmic-ray cannot read: the Lua scripts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from tests.mutants.faults import Planted


@dataclass(frozen=True)
class FaultByHand:
    """`find` occurs once in `file`; `why` says what goes wrong with `replace` in its place."""

    file: str
    find: str
    replace: str
    why: str


def read(folder: Path) -> list[FaultByHand]:
    """All files of the folder with faults by hand; raises ValueError for an entry that is amiss."""
    found = []
    for path in sorted(folder.glob("*.toml")):
        if path.name != "sample.toml":
            for entry in tomllib.loads(path.read_text())["fault"]:
                found.append(_entry(entry, path.name))
    return found


def _entry(entry: dict[str, str], where: str) -> FaultByHand:
    names = {field.name for field in fields(FaultByHand)}
    if set(entry) != names:
        raise ValueError(f"{where}: a fault has {sorted(names)}, but this one {sorted(entry)}")
    if entry["find"] == entry["replace"]:
        raise ValueError(f"{where}: this fault changes nothing: {entry['find']!r}")
    return FaultByHand(**entry)


def plant(fault: FaultByHand, root: Path) -> Planted:
    """Raises ValueError unless `find` occurs exactly once in the file."""
    path = _file(fault.file, root)
    module = path.relative_to(root).as_posix()
    source = path.read_text()
    count = source.count(fault.find)
    if count != 1:
        raise ValueError(f"{module} has {fault.find!r} {count} times; a fault needs it once")
    first = source[: source.index(fault.find)].count("\n") + 1
    lines = range(first, first + fault.find.strip("\n").count("\n") + 1)
    return Planted(module, source.replace(fault.find, fault.replace), lines)


def _file(name: str, root: Path) -> Path:
    """The file itself, or after a move the one file of that base name."""
    if (root / name).is_file():
        return root / name
    moved = list(_named(Path(name).name, root))
    if len(moved) != 1:
        raise ValueError(f"{name} is gone, and {len(moved)} files of leadtracker have its name")
    return moved[0]


def _named(name: str, root: Path) -> Iterable[Path]:
    return (root / "leadtracker").rglob(name)
