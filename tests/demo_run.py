"""A demo that runs in a folder of its own, and what it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE, until

COMMAND = [sys.executable, "-m", "leadtracker", "demo"]
# Chromium without a window says so, and a robot is shown no number.
PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


def surroundings(**more: str) -> dict[str, str]:
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LEADTRACKER_", "PROMETHEUS_"))
    }
    return ours | more


class Running:
    """A demo that runs, and what it has printed."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._file = folder / "printed.txt"
        with self._file.open("w") as output:
            self.process = subprocess.Popen(
                [*COMMAND, *options],
                cwd=folder,
                env=surroundings(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def printed(self) -> str:
        return self._file.read_text()

    def until(self, pattern: str) -> re.Match[str]:
        found: re.Match[str] = until(lambda: re.search(pattern, self.printed), lambda: self.printed)
        return found

    def address(self, title: str) -> str:
        return self.until(rf"{title} +(http://\S+)")[1]

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)
