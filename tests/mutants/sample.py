"""The sample of faults: drawn once with a seed and kept, so that later runs plant the same ones."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Container, Iterator
from dataclasses import asdict
from pathlib import Path

import tomli_w

from tests.mutants.faults import Fault, fault_at, find_again, statements
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
    found: dict[Fault, None] = {}
    for fault in _faults(module, source, chosen):
        if len(found) == count:
            break
        found[fault] = None
    return list(found)


def renew(faults: list[Fault], sources: dict[str, str], seed: int) -> list[Fault]:
    """Faults not found again give way to others, of the same function if it still stands."""
    chosen = random.Random(seed)
    renewed: dict[Fault, None] = {}
    for fault in faults:
        if not find_again(fault, sources):
            fault = _other(fault, sources, chosen, renewed)
        renewed[fault] = None
    return list(renewed)


def _other(
    fault: Fault, sources: dict[str, str], chosen: random.Random, taken: Container[Fault]
) -> Fault:
    name = fault.function.rpartition(".")[2]
    homes = [module for module in sorted(sources) if f"def {name}(" in sources[module]]
    elsewhere = chosen.sample(sorted(sources), len(sources))
    wanted = [(module, fault.function) for module in homes] + [(one, None) for one in elsewhere]
    for module, function in wanted:
        for one in _faults(module, sources[module], chosen, of=function):
            if one not in taken:
                return one
    raise ValueError("there is no fault left to draw")


def _faults(
    module: str, source: str, chosen: random.Random, of: str | None = None
) -> Iterator[Fault]:
    """In random order, of the whole module or of one function."""
    own = [one for one in statements(source) if of in (None, one.function)]
    lines = {line for one in own for line in one.head}
    spots = [spot for spot in places(source) if of is None or spot.first in lines]
    chosen.shuffle(spots)
    return filter(None, (fault_at(module, source, spot) for spot in spots))


def write(faults: list[Fault], option: str, path: Path = FILE) -> None:
    text = tomli_w.dumps({"fault": [asdict(fault) for fault in faults]})
    head = f"# Drawn by `python -m tests.mutants {option}`: see docs/testing.md.\n\n"
    path.write_text(head + text)


def read(path: Path = FILE) -> list[Fault]:
    return [Fault(**fault) for fault in tomllib.loads(path.read_text())["fault"]]
