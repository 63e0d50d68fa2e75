"""A pytest plugin that runs the tests named in a file, in the order of the file.

Named on the command line, one test that a fault renames would keep all the others from running.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "MUTANTS_TESTS"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    names = Path(os.environ[VARIABLE]).read_text().split("\n")
    order = {name: number for number, name in enumerate(names)}
    chosen = [item for item in items if item.nodeid in order]
    items[:] = sorted(chosen, key=lambda item: order[item.nodeid])
