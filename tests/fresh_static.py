"""A copy of static/ with its npm packages, built anew:
what the committed static/dist must equal."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[1] / "static"


@functools.cache
def fresh_static() -> Path:
    """Made once for a run of the tests."""
    for program, package in (("node", "Node.js"), ("npm", "npm")):
        if shutil.which(program) is None:
            pytest.fail(
                f"{package} is not installed: the script is built with it (make test installs it)"
            )
    folder = Path(tempfile.mkdtemp(prefix="lt-static-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = folder / "static"
    shutil.copytree(STATIC, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    for command in (["npm", "ci"], ["node", "build.mjs"]):
        run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        if run.returncode:
            pytest.fail(
                f"`{' '.join(command)}` in static/ "
                f"failed:\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
            )
    return copy
