"""Child processes: they end when we do, even when we are killed, and some give way to others."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
# Nicenesses: beside a process that wants the whole processor, a worker gets a third of it and the
# pages get a tenth.
WORKERS, PAGES = 5, 10


def start(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    keep_open: Sequence[int] = (),
    niceness: int = 0,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own. `niceness` is that of `lower_priority`.

    Ctrl-C then reaches us alone, and we stop our children in our order. Call this from the main
    thread: to Linux the parent is the thread, and its death ends the child.
    """
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if niceness:
            lower_priority(niceness)

    return subprocess.Popen(
        command, env=environment, pass_fds=keep_open, start_new_session=True, preexec_fn=prepare
    )


def lower_priority(niceness: int) -> None:
    """Leave the processor to whatever answers requests, without starving beside busy neighbors.

    Linux weighs the processes of a session by their niceness. It weighs sessions against each other
    by a niceness of the session's own.
    """
    os.nice(niceness)
    with contextlib.suppress(OSError):  # this kernel has no niceness of sessions
        Path("/proc/self/autogroup").write_text(str(niceness))
