"""The script is as small as promised, and static/dist is what its sources build to."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.fresh_static import STATIC, fresh_static

BUDGET = json.loads((STATIC / "package.json").read_text())["config"][
    "trackerBudget"
]  # bytes after gzip -9
DIST = STATIC / "dist"
PACKED = {".br": "brotliDecompressSync", ".gz": "gunzipSync"}  # by ending: how node unpacks it


@pytest.mark.parametrize("name", ["tracker.js", "tracker.v1.js"])
def test_the_script_keeps_its_budget(name: str) -> None:
    weight = len(gzip.compress((DIST / name).read_bytes(), 9))
    assert weight <= BUDGET, (
        f"{name} weighs {weight} bytes after gzip -9, {weight - BUDGET} too many"
    )


def test_dist_is_what_the_sources_build_to() -> None:
    built = fresh_static() / "dist"
    assert sorted(file.name for file in built.iterdir()) == sorted(
        file.name for file in DIST.iterdir()
    )
    differing = [
        file.name
        for file in built.iterdir()
        if file.suffix not in PACKED and file.read_bytes() != (DIST / file.name).read_bytes()
    ]
    assert not differing, "run `make static` and commit static/dist"


@pytest.mark.parametrize("packed", sorted(f for f in DIST.iterdir() if f.suffix in PACKED), ids=str)
def test_what_is_compressed_is_the_file(packed: Path) -> None:
    """Another version of zlib may write other bytes, so they are not compared."""
    unpack = f"require('zlib').{PACKED[packed.suffix]}(require('fs').readFileSync(0))"
    unpacked = subprocess.run(
        ["node", "-e", f"process.stdout.write({unpack})"],
        input=packed.read_bytes(),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    assert unpacked == packed.with_suffix("").read_bytes(), "run `make static`"


def test_integrity_hashes_are_those_of_the_files() -> None:
    hashes = json.loads((DIST / "sri.json").read_text())
    assert {"tracker.js", "tracker.v1.js", "debug.js", "callback.js"} <= hashes.keys()
    for name, integrity in hashes.items():
        digest = hashlib.sha384((DIST / name).read_bytes()).digest()
        assert integrity == "sha384-" + base64.b64encode(digest).decode()


def test_the_lock_file_names_no_download_address() -> None:
    lock = json.loads((STATIC / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
