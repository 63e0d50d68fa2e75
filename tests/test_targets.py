"""What the Makefile offers: it says what a machine lacks,
and what nobody runs every day still runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fresh_static import STATIC, fresh_static
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
MAKE = shutil.which("make") or "make"
ORDINARY = ("id", "ls", "tail")  # programs that the Makefile takes for granted


class Machine:
    """A copy of what `make` reads, and a PATH with nothing on it but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.programs, self.tree = folder / "bin", folder / "tree"
        self.programs.mkdir()
        self.tree.mkdir()
        self.asked = folder / "asked"
        for name in ORDINARY:
            (self.programs / name).symlink_to(shutil.which(name) or name)
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(ROOT / name, self.tree)
        shutil.copytree(ROOT / ".lock", self.tree / ".lock")
        (self.tree / "static").mkdir()
        for file in STATIC.glob("package*.json"):
            shutil.copy(file, self.tree / "static")

    def has(self, *names: str, script: str = "exit 0") -> None:
        for name in names:
            program = self.programs / name
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)

    def make(self, *words: str) -> tuple[int, str]:
        run = subprocess.run(
            [MAKE, "--no-print-directory", *words, "SUDO="],
            cwd=self.tree,
            env={"PATH": str(self.programs)},
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode, run.stdout


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


PACKAGES = {
    "system": {"chromium", "nodejs", "npm", "redis-server", "wrk"},
    "static": {"nodejs", "npm"},
}


@pytest.mark.parametrize("target", PACKAGES)
def test_without_apt_it_says_what_to_install(machine: Machine, target: str) -> None:
    status, said = machine.make(target)
    assert status == 2
    assert "install them yourself" in said
    lacking = said.partition("This machine lacks: ")[2].partition(".\n")[0].split()
    assert (
        set(lacking) - {"postgresql"} == PACKAGES[target]
    )  # that one's programs are not looked for on the PATH alone


def test_what_lacks_is_installed_and_nothing_else(machine: Machine) -> None:
    machine.has("apt-get", script=f'echo "$@" >> {machine.asked}')
    machine.has("chromium", "node", "npm", "initdb", "redis-server")
    assert machine.make("system")[0] == 0
    assert machine.asked.read_text().splitlines()[-1].endswith("--no-install-recommends wrk")


def test_a_machine_with_everything_is_left_alone(machine: Machine) -> None:
    machine.has("chromium", "node", "npm", "initdb", "redis-server", "wrk")
    assert machine.make("system") == (0, "")


@pytest.mark.parametrize(
    "target", ["install", "serve", "demo", "check", "bench", "accuracy", "lock", "test"]
)
def test_an_old_python_is_named_before_anything_is_made(machine: Machine, target: str) -> None:
    machine.has("python3", script='[ "$1" = --version ] && echo Python 3.10.12\nexit 1')
    status, said = machine.make(target)
    assert status == 2
    assert said == (
        "Leadtracker needs Python 3.11 or newer, and python3 is: Python 3.10.12.\n"
        f"Name a newer one, such as: make {target} PYTHON=python3.13\n"
    )
    assert not (machine.tree / ".venv").exists()


MEASUREMENTS = {  # by module and arguments: what the end of the output says
    ("tests.bench",): "4 viewers, 2,000 calls",
    ("tests.bench", "--against", "HEAD"): "Rule: ",
    ("tests.accuracy",): "| Stated > true",
}


@pytest.mark.timeout(6 * PATIENCE)
@pytest.mark.parametrize("words", MEASUREMENTS, ids=" ".join)
def test_a_measurement_still_runs(words: tuple[str, ...]) -> None:
    assert f"$(BIN)/python -m {words[0]}\n" in (ROOT / "Makefile").read_text()
    run = subprocess.run(
        [sys.executable, "-m", *words, "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert MEASUREMENTS[words] in run.stdout, run.stderr
    assert run.returncode == 0 or "--against" in words, (
        run.stderr
    )  # of runs so short any may be the slower one


def test_the_static_build_still_runs() -> None:
    built, kept = (
        {file.name for file in (folder / "dist").iterdir()} for folder in (fresh_static(), STATIC)
    )
    assert built == kept
