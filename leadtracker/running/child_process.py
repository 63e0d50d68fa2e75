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
WORKERS, PAGES = (
    5,
    10,
)  # nicenesses: a third or a tenth of the processor beside one that wants all of it
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def start(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    keep_open: Sequence[int] = (),
    niceness: int = 0,
) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C reaches us alone, and we stop our children in our order;
    `niceness` is that of `give_way`.

    Call it from the main thread: to Linux the thread is the parent, whose death is told.
    """

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if niceness:
            give_way(niceness)

    return subprocess.Popen(
        command, env=environment, pass_fds=keep_open, start_new_session=True, preexec_fn=prepare
    )


def give_way(niceness: int) -> None:
    """Leave the processor to whatever answers requests, without starving beside busy neighbours.

    Linux weighs processes within their session by niceness, and sessions against each other by a niceness of their own.
    """
    os.nice(niceness)
    with contextlib.suppress(OSError):  # a kernel without the second kind
        Path("/proc/self/autogroup").write_text(str(niceness))
