"""The plan of the house holds: every module stands in a layer,
and few files stand outside the rooms."""

from __future__ import annotations

import tomllib
from pathlib import Path

from leadtracker.pbx import VENDORS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "leadtracker"
MOST_FLAT_FILES = 13
CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}


def _module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _is_inside(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def test_every_module_stands_in_a_layer() -> None:
    layers = CONTRACTS["Imports go down only"]["layers"]
    rooms = [room.strip() for layer in layers for room in layer.split("|")]
    modules = {_module(file) for file in PACKAGE.rglob("*.py")}
    outside = {module for module in modules if not any(_is_inside(module, room) for room in rooms)}
    split = {module for module in outside if any(_is_inside(room, module) for room in rooms)}
    assert outside - split == set()
    for package in split:  # its parts stand in layers one by one, so that it holds a docstring only
        lines = (ROOT / package.replace(".", "/") / "__init__.py").read_text().splitlines()
        assert len(lines) <= 1, f"{package} holds code, and stands in no layer"


def test_few_files_stand_outside_the_rooms() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_FLAT_FILES


def test_no_vendor_is_forgotten_by_the_contracts() -> None:
    names = {f"leadtracker.pbx.{name}" for name in VENDORS}
    assert set(CONTRACTS["Vendors do not know each other"]["modules"]) == names
