"""Prometheus' counts lie in mapped files: each takes its room on the disk before it is written.

A write to a mapped file that has no room left ends the process. Counts without room are not kept,
and are written as soon as there is room again.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from pathlib import Path
from typing import Any

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

FIRST_ROOM = 64 * 1024
BESIDE_KEY = 64  # bytes at most that an entry has beside its key


class RoomyDict(MmapedDict):
    """Without room for the file itself, the counts of this process stay in its memory."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        size = 0
        try:
            with open(filename, "ab") as file:
                size = os.fstat(file.fileno()).st_size
                os.posix_fallocate(file.fileno(), 0, max(size, FIRST_ROOM))
        except OSError:
            if not size:  # whoever sums the counts of all files stumbles over an empty one
                Path(filename).unlink(missing_ok=True)
            filename = f"/proc/self/fd/{os.memfd_create('counts')}"
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call] # it is untyped

    def _init_value(self, key: str) -> None:
        """Raises OSError when the disk is full."""
        while self._used + len(key.encode()) + BESIDE_KEY > self._capacity:
            os.posix_fallocate(self._f.fileno(), 0, 2 * self._capacity)
            self._capacity *= 2
            self._m = mmap.mmap(self._f.fileno(), self._capacity)
        super()._init_value(key)  # type: ignore[no-untyped-call] # it is untyped

    def read_value(self, key: str) -> Any:
        with contextlib.suppress(OSError):
            return super().read_value(key)  # type: ignore[no-untyped-call] # it is untyped
        return 0.0, 0.0

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        with contextlib.suppress(OSError):
            super().write_value(key, value, timestamp)  # type: ignore[no-untyped-call] # untyped


def take_room_first() -> None:
    """Call it before anything is counted."""
    if hasattr(os, "posix_fallocate"):  # macOS has none
        values.MmapedDict = RoomyDict  # type: ignore[attr-defined] # where the library looks it up
