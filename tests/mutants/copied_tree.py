"""Copies of the checkout in which the tests run, so that the checkout itself is never changed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.faults import Planted

# Hypothesis' own profile "ci" draws the same examples in each run.
PYTEST = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--hypothesis-profile=ci"]
STOP_SECONDS = 20


@dataclass(frozen=True)
class Run:
    """How a run of pytest ended; `status` is None when its time was up."""

    status: int | None
    output: str


def files(root: Path) -> list[str]:
    """The files of the checkout that git does not ignore, with those not yet committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [name for name in sorted(listed.split("\0")) if (root / name).is_file()]


class CopiedTree:
    """One copy; `run` starts pytest in it, `stop` ends that from another thread."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.path = folder / "tree"
        self._temporary = folder / "tmp"
        self._temporary.mkdir(parents=True)
        for name in files(root):
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target, follow_symlinks=False)
        for command in (
            ["git", "init", "-q"],
            ["git", "add", "-A"],
        ):  # some tests ask git for files
            subprocess.run(command, cwd=self.path, check=True)
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        self._starting = threading.Lock()
        self._changes = 0

    @contextmanager
    def planted(self, fault: Planted) -> Iterator[None]:
        path = self.path / fault.module
        original, times = path.read_text(), path.stat()
        self._changes += 1
        try:
            path.write_text(fault.source)
            # Python takes a compiled module for fresh when the second and the size are the same.
            os.utime(path, (times.st_atime, times.st_mtime + self._changes))
            yield
        finally:
            path.write_text(original)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def run(
        self,
        arguments: list[str],
        seconds: float,
        settings: Mapping[str, str],
    ) -> Run:
        """Run pytest for at most so many seconds; nothing of it is left afterwards."""
        process = self._start(arguments, settings)
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return Run(None, "")
        finally:
            _end(process)
        return Run(process.returncode, output)

    def _start(self, arguments: list[str], settings: Mapping[str, str]) -> subprocess.Popen[str]:
        own = {"PYTHONPATH": str(self.path), "TMPDIR": str(self._temporary)}
        with self._starting:
            if self._stopped:
                raise RuntimeError("this copy is no longer used")
            self._process = subprocess.Popen(
                [*PYTEST, *arguments],
                cwd=self.path,
                env={**os.environ, **own, **settings},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C reaches us alone, and we end the whole group
            )
            return self._process

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        with self._starting:
            self._stopped = True
        if self._process is not None:
            _end(self._process)


def _end(process: subprocess.Popen[str]) -> None:
    """Let pytest end its servers, and kill what is left after a while."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def copied_trees(root: Path, count: int) -> Iterator[list[CopiedTree]]:
    """Gone at the end, also after Ctrl-C."""
    folder = Path(tempfile.mkdtemp(prefix="lt-mutants-"))
    folder.chmod(0o755)  # the tests run PostgreSQL under another user
    copies: list[CopiedTree] = []
    try:
        for number in range(count):
            copies.append(CopiedTree(root, folder / str(number)))
        yield copies
    finally:
        for copy in copies:
            copy.stop()
        shutil.rmtree(folder, ignore_errors=True)
