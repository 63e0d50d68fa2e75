"""Where the built scripts and styles lie: beside the package in a checkout, in it in a wheel."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent / "static" / "dist"
STATIC = CHECKOUT if CHECKOUT.is_dir() else PACKAGE / "static"


@functools.cache
def fingerprint(file: str) -> str:
    """Part of a file's address in pages, so that a new version is fetched and an old one kept."""
    return hashlib.sha256((STATIC / file).read_bytes()).hexdigest()[:12]
