"""Counts on a disk that is full: no process ends of it, and they are written when there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
COUNTING = """
import os, sys
from leadtracker.web.metric_files import take_room_first
take_room_first()
from prometheus_client import CollectorRegistry, Counter, generate_latest, multiprocess
folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
def fill():
    with open(folder + "/filling", "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096): pass
        except OSError: pass
full_at_start = sys.argv[1] == "full"
if full_at_start: fill()
counter = Counter("things", "Things", ["name"])
first = counter.labels("first")
first.inc()
if not full_at_start: fill()
many = [counter.labels("x" * 200 + str(number)) for number in range(1000)]
for each in many: each.inc()
first.inc()
os.unlink(folder + "/filling")
for each in many: each.inc()
registry = CollectorRegistry()
multiprocess.MultiProcessCollector(registry)
lines = generate_latest(registry).decode().splitlines()
print(*(line.split()[-1] for line in lines if not line.startswith("#")))
"""


@pytest.mark.parametrize(
    ("when", "counted"),
    [
        ("later", ["2.0", *["2.0"] * 1000]),
        ("full", []),  # the file had no room at all: its counts are this process's alone
    ],
)
def test_a_full_disk_ends_no_process(when: str, counted: list[str], tmp_path: Path) -> None:
    """On a small disk of our own, in a namespace of our own."""
    unshare = shutil.which("unshare")
    assert unshare, "the tests need unshare, of the Debian package util-linux"
    mounted = 'mount -t tmpfs -o size=1m tmpfs "$PROMETHEUS_MULTIPROC_DIR" && exec "$@"'
    ran = subprocess.run(
        [unshare, "-rm", "sh", "-c", mounted, "sh", sys.executable, "-c", COUNTING, when],
        cwd=TREE,
        env=dict(os.environ) | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout.split(), ran.stderr) == (0, counted, "")
