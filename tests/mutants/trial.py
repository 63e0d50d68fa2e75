"""One fault after another: planted in a copy, and the tests that reach it are run."""

from __future__ import annotations

import difflib
import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import by_hand, chosen_tests, faults
from tests.mutants.by_hand import FaultByHand
from tests.mutants.copied_tree import CopiedTree, Run
from tests.mutants.faults import Fault, Planted
from tests.mutants.reach import Reach

UNNOTICED = (0, 5)  # no test failed, or the fault renamed all of them
SLOWER = 4  # how much longer than in the first run the tests may take
SPARE_SECONDS = 90.0  # for the start, and for the servers of the fixtures
FAILED_TEST = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)

Chosen = Fault | FaultByHand


@dataclass(frozen=True)
class Trial:
    """What became of one fault; `by` names the test that noticed it."""

    name: str
    module: str
    diff: str
    noticed: bool
    by: str

    def __str__(self) -> str:
        return f"{self.module}, {self.name}: {self.by}"


@dataclass(frozen=True)
class Lost:
    """A fault whose function or statement is no longer in any module in scope."""

    fault: Fault

    def __str__(self) -> str:
        return f"{self.fault.module}, {self.fault.function}: not found again"


class Trials:
    """Plants faults in copies of one checkout, whose modules in scope are `sources`."""

    def __init__(self, root: Path, sources: dict[str, str], reach: Reach) -> None:
        self._root = root
        self._sources = sources
        self._reach = reach

    def all(self, chosen: list[Chosen], copies: list[CopiedTree]) -> Generator[Trial | Lost]:
        """In the order in which they end, as many at a time as there are copies."""
        free: SimpleQueue[CopiedTree] = SimpleQueue()
        for copy in copies:
            free.put(copy)

        def try_one(fault: Chosen) -> Trial | Lost:
            copy = free.get()
            try:
                return self.one(fault, copy)
            finally:
                free.put(copy)

        pool = ThreadPoolExecutor(len(copies))
        try:
            for future in as_completed([pool.submit(try_one, fault) for fault in chosen]):
                yield future.result()
        finally:
            for copy in copies:
                copy.stop()
            pool.shutdown(cancel_futures=True)

    def one(self, fault: Chosen, copy: CopiedTree) -> Trial | Lost:
        if isinstance(fault, FaultByHand):
            planted: Planted | None = by_hand.plant(fault, self._root)
            name = fault.why
        else:
            planted = faults.find_again(fault, self._sources)
            name = fault.function
        if planted is None:
            assert isinstance(fault, Fault)
            return Lost(fault)
        return self._try(name, planted, copy)

    def _try(self, name: str, planted: Planted, copy: CopiedTree) -> Trial:
        diff = _diff(planted, (self._root / planted.module).read_text())
        tests = self._reach.tests_for(planted)
        if not tests:
            return Trial(name, planted.module, diff, False, "no test reaches it")
        names = copy.path.parent / "tests.txt"
        names.write_text("\n".join(tests))
        arguments = ["-x", "--tb=no", "-rfE", "-p", chosen_tests.__name__]
        arguments += sorted({test.partition("::")[0] for test in tests})
        limit = SPARE_SECONDS + SLOWER * self._reach.seconds(tests)
        with copy.planted(planted):
            ended = copy.run(arguments, limit, {chosen_tests.VARIABLE: str(names)})
        return Trial(name, planted.module, diff, ended.status not in UNNOTICED, _by(ended))


def _by(run: Run) -> str:
    if run.status is None:
        return "the tests did not end in time"
    if run.status in UNNOTICED:
        return "no test fails"
    failed = FAILED_TEST.search(run.output)
    return failed[1] if failed else "the tests did not start"


def _diff(planted: Planted, original: str) -> str:
    old, new = original.splitlines(), planted.source.splitlines()
    lines = list(difflib.unified_diff(old, new, n=1, lineterm=""))
    return "\n".join(lines[2:])  # without the two file names
