"""The contract that keeps simulators apart from readers fails when it is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tomli_w

ROOT = Path(__file__).parent.parent
NAME = "Simulators share no reading with what they test"


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run this contract alone on the package in a folder."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contracts = [contract for contract in settings["contracts"] if contract["name"] == NAME]
    alone = {"root_package": settings["root_package"], "contracts": contracts}
    file = folder / "pyproject.toml"
    file.write_text(tomli_w.dumps({"tool": {"importlinter": alone}}))
    program = Path(sys.executable).parent / "lint-imports"
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [program, "--config", file, "--no-cache"],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package's modules."""
    shutil.copytree(ROOT / "leadtracker", tmp_path / "leadtracker", ignore=_no_modules)
    return tmp_path


def _no_modules(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if "." in name and not name.endswith(".py")]


@pytest.mark.parametrize(
    ("simulator", "reader"),
    [
        ("while1/simulator/account.py", "leadtracker.pbx.while1.events"),
        ("while1/simulator/account.py", "leadtracker.pbx.wire"),
        ("voicenter/simulator/switch.py", "leadtracker.pbx.voicenter.codes"),
    ],
)
def test_a_planted_breach_is_named(package: Path, simulator: str, reader: str) -> None:
    file = package / "leadtracker" / "pbx" / simulator
    file.write_text(file.read_text() + f"\nimport {reader}\n")
    result = check(package)
    assert result.returncode == 1, result.stdout
    assert f"{NAME} BROKEN" in result.stdout
    assert reader in result.stdout


def test_without_a_breach_it_is_kept(package: Path) -> None:
    result = check(package)
    assert result.returncode == 0, result.stdout
    assert f"{NAME} KEPT" in result.stdout
