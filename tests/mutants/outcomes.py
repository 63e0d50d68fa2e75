"""A pytest plugin for the first run: how long each test takes, and which tests fail."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

VARIABLE = "MUTANTS_OUTCOMES"

_seconds: defaultdict[str, float] = defaultdict(float)
_failed: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] += report.duration
    if report.failed:
        _failed.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # pytest-xdist's workers report to this process
        outcomes = {"seconds": _seconds, "failed": sorted(_failed)}
        Path(os.environ[VARIABLE]).write_text(json.dumps(outcomes))
