"""Waiting for what must happen: so long that only what hangs is caught,
however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

PATIENCE = 200.0  # seconds


def until(probe: Callable[[], Any], why: Callable[[], str] = str, seconds: float = PATIENCE) -> Any:
    """What the probe finds; fails, and says why, when it never finds anything."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        if time.monotonic() > deadline:
            pytest.fail(f"it never happens\n{why()}")
        time.sleep(0.02)
    return found
