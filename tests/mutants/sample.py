"""The sample of faults: drawn once with a seed and kept, so that later runs plant the same ones."""

from __future__ import annotations

import random
import tomllib
from dataclasses import asdict
from pathlib import Path

import tomli_w

from tests.mutants.faults import Fault, fault_at
from tests.mutants.operators import places

SIZE = 200
FILE = Path(__file__).with_name("sample.toml")


def draw(sources: dict[str, str], seed: int, size: int = SIZE) -> list[Fault]:
    """Spread over the modules in proportion to their lines, in random order.

    The share of a module with too few faults goes to others.
    """
    chosen = random.Random(seed)
    shares = _shares({module: len(text.splitlines()) for module, text in sources.items()}, size)
    drawn: list[Fault] = []
    spare: list[Fault] = []
    for module in sorted(sources):
        found = _some_faults(module, sources[module], chosen, shares[module] + 3)
        drawn += found[: shares[module]]
        spare += found[shares[module] :]
    chosen.shuffle(spare)
    drawn += spare[: size - len(drawn)]
    chosen.shuffle(drawn)
    return drawn


def _shares(lines: dict[str, int], size: int) -> dict[str, int]:
    """Whole numbers that add up to `size`; the largest remainders are rounded up."""
    total = sum(lines.values())
    shares = {module: size * count // total for module, count in lines.items()}
    by_remainder = sorted(lines, key=lambda module: (-(size * lines[module] % total), module))
    for module in by_remainder[: size - sum(shares.values())]:
        shares[module] += 1
    return shares


def _some_faults(module: str, source: str, chosen: random.Random, count: int) -> list[Fault]:
    spots = places(source)
    chosen.shuffle(spots)
    found: dict[Fault, None] = {}
    for spot in spots:
        if len(found) == count:
            break
        fault = fault_at(module, source, spot)
        if fault:
            found[fault] = None
    return list(found)


def write(faults: list[Fault], seed: int, path: Path = FILE) -> None:
    text = tomli_w.dumps({"fault": [asdict(fault) for fault in faults]})
    head = f"# Drawn by `python -m tests.mutants --draw {seed}`: see docs/testing.md.\n\n"
    path.write_text(head + text)


def read(path: Path = FILE) -> list[Fault]:
    return [Fault(**fault) for fault in tomllib.loads(path.read_text())["fault"]]
