"""The files that a vendor touches, and what each must hold: those of docs/adding-a-vendor.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from leadtracker.pbx.vendor import Vendor
from tests.contract.samples import requests


def _nothing(vendor: Vendor) -> list[str]:
    return []


def _families(vendor: Vendor) -> list[str]:
    return [family.name.replace("-", "_") for family in vendor.families]


def _addresses(vendor: Vendor) -> list[str]:
    names = [f"`{family.name}`" for family in vendor.families]
    return [*names, *(family.place for family in vendor.families)]


# NAME is the vendor's name, FAMILY a family's name with underscores. A path that ends with / is a
# folder of samples. The words are those that the file must hold.
FILES: dict[str, Callable[[Vendor], list[str]]] = {
    "leadtracker/pbx/__init__.py": lambda vendor: [f"{vendor.name}.VENDOR"],
    "leadtracker/pbx/NAME/__init__.py": lambda vendor: ["VENDOR = Vendor("],
    "leadtracker/pbx/NAME/README.md": _addresses,
    "leadtracker/pbx/NAME/simulator/__init__.py": _nothing,
    "leadtracker/pbx/NAME/simulator/account.py": lambda vendor: ["class Simulated"],
    "pyproject.toml": lambda vendor: [f'"leadtracker.pbx.{vendor.name}"'],
    "tests/contract/NAME/SOURCES.md": _families,
    "tests/contract/NAME/FAMILY/": _nothing,
    "tests/contract/NAME/test_NAME_FAMILY.py": lambda vendor: ["def test_"],
    "tests/contract/test_simulator_round_trip.py": lambda vendor: [
        f"leadtracker.pbx.{vendor.name}.simulator"
    ],
    "tests/test_vendor_words.py": lambda vendor: [f'"{vendor.name}": ('],
    "README.md": lambda vendor: [f"## Connecting {vendor.title}"],
    "docs/changelog.md": lambda vendor: [vendor.title],
}


def forgotten(vendor: Vendor, root: Path) -> list[str]:
    """The files of FILES that are not there, or say nothing of the vendor."""
    return [
        str(path.relative_to(root))
        for pattern, words in FILES.items()
        for path in _paths(vendor, root, pattern)
        if not _holds(path, words(vendor), folder=pattern.endswith("/"))
    ]


def _paths(vendor: Vendor, root: Path, pattern: str) -> Iterator[Path]:
    named = pattern.replace("NAME", vendor.name)
    if "FAMILY" not in named:
        yield root / named
        return
    for family in _families(vendor):
        yield root / named.replace("FAMILY", family)


def _holds(path: Path, words: list[str], *, folder: bool) -> bool:
    if folder:
        return path.is_dir() and bool(requests(path))
    return path.is_file() and all(word in path.read_text() for word in words)
