"""Which tests reach which line, and how long each takes: learned from one run of the suite."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from coverage import CoverageData

from tests.mutants import outcomes
from tests.mutants.copied_tree import CopiedTree, files
from tests.mutants.faults import Planted

SECONDS = 120.0  # of tests for one fault
LEARNING_SECONDS = 7200.0
# These take long, and start the program as a process of its own, where no line is seen.
NOT_RUN = ["tests/browser", "tests/crash"]
WHAT_COUNTS = ("leadtracker/", "tests/", "static/", "pyproject.toml", "wsgi.py")


class Reach:
    """Read from the folder `.mutants`, where `learn` wrote it."""

    def __init__(self, folder: Path, root: Path) -> None:
        known = json.loads((folder / "outcomes.json").read_text())
        self._seconds: dict[str, float] = known["seconds"]
        self.failed: set[str] = set(known["failed"])
        self._data = CoverageData(str(folder / "coverage"))
        self._data.read()
        self._root = root

    def tests_for(self, fault: Planted) -> list[str]:
        """The fastest first, as many as take two minutes.

        A line that runs at import alone counts as reached by the tests of its module. A module
        that no test reaches counts as reached by the tests of the modules that import it.
        """
        if fault.module.endswith(".lua"):
            return self._tests_of_script(fault.module)
        found = self._reaching(fault.module, fault.lines) or self._reaching(fault.module)
        if not found:
            found = {test for one in self._importers(fault.module) for test in self._reaching(one)}
        return self._within_bounds(sorted(found, key=self._time))

    def seconds(self, tests: Iterable[str]) -> float:
        return sum(self._seconds[test] for test in tests)

    def _tests_of_script(self, script: str) -> list[str]:
        """Those that reach the Python beside a Lua script; those of tests/live come first."""
        beside = Path(script).parent.as_posix()
        modules = [path for path in self._modules() if Path(path).parent.as_posix() == beside]
        found = {test for module in modules for test in self._reaching(module)}
        order = sorted(found, key=lambda one: (not one.startswith("tests/live/"), self._time(one)))
        return self._within_bounds(order)

    def _time(self, test: str) -> tuple[float, str]:
        return self._seconds[test], test

    def _within_bounds(self, tests: list[str]) -> list[str]:
        chosen: list[str] = []
        total = 0.0
        for test in tests:
            total += self._seconds[test]
            if chosen and total > SECONDS:
                break
            chosen.append(test)
        return chosen

    def _reaching(self, module: str, lines: range | None = None) -> set[str]:
        by_line = self._data.contexts_by_lineno(module)
        contexts: set[str] = set()
        for line, names in by_line.items():
            if lines is None or line in lines:
                contexts.update(names)
        tests = {context.rpartition("|")[0] for context in contexts}
        return {test for test in tests if test in self._seconds and test not in self.failed}

    def _modules(self) -> list[str]:
        return sorted(one for one in self._data.measured_files() if one.endswith(".py"))

    def _importers(self, module: str) -> set[str]:
        """Those that import it, and those that import a package which passes it on."""
        name = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        found = {one for one in self._modules() if name in _imports((self._root / one).read_text())}
        packages = [one for one in found if one.endswith("/__init__.py") and one != module]
        return found.union(*(self._importers(one) for one in packages))


def _imports(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def fingerprint(root: Path, only: list[str]) -> str:
    """Of all that the tests run; the runner's own files do not count."""
    total = hashlib.sha256(repr(only).encode())
    for name in files(root):
        if name.startswith(WHAT_COUNTS) and not name.startswith("tests/mutants/"):
            total.update(name.encode() + b"\0" + (root / name).read_bytes())
    return total.hexdigest()


def is_known(folder: Path, root: Path, only: list[str]) -> bool:
    mark = folder / "fingerprint"
    return mark.exists() and mark.read_text() == fingerprint(root, only)


def learn(copy: CopiedTree, root: Path, folder: Path, only: list[str], jobs: int) -> None:
    """Run the suite with coverage; raises RuntimeError when pytest cannot do that."""
    for old in (*folder.glob("coverage*"), *folder.glob("outcomes.json"), folder / "fingerprint"):
        old.unlink(missing_ok=True)
    settings = copy.path.parent / "coveragerc"
    settings.write_text("[run]\nrelative_files = true\n")
    run = copy.run(
        [
            *(only or [f"--ignore={name}" for name in NOT_RUN]),
            "-k",
            "not postgresql",
            f"--numprocesses={jobs}",
            "--dist=loadfile",
            "--cov=leadtracker",
            "--cov-context=test",
            "--cov-report=",
            f"--cov-config={settings}",
            "--tb=short",
            "-p",
            outcomes.__name__,
        ],
        LEARNING_SECONDS,
        {
            "COVERAGE_FILE": str(folder / "coverage"),
            outcomes.VARIABLE: str(folder / "outcomes.json"),
        },
    )
    if run.status not in (0, 1):  # 1: some tests failed; these are left out afterwards
        raise RuntimeError(f"the first run broke off ({run.status}):\n{run.output[-3000:]}")
    (folder / "fingerprint").write_text(fingerprint(root, only))
