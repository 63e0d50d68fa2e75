"""How far a long command has come, on stderr: one line rewritten on a terminal, many elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType


class Progress:
    """Percent and time left. Use it as a context, which ends the terminal's line."""

    def __init__(self, what: str) -> None:
        self._what, self._begun = what, time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._pause = 0.2 if self._terminal else 10.0
        self._next = self._begun + self._pause
        self._shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None
    ) -> None:
        if self._terminal and self._shown:
            print(file=sys.stderr)

    def show(self, share: float) -> None:
        """Say that a share of the work is done, 0 to 1."""
        now = time.monotonic()
        if now < self._next or share <= 0:
            return
        self._next, self._shown = now + self._pause, True
        left = round((now - self._begun) * (1 - share) / share)
        text = f"{self._what}: {share:4.0%}, {left // 60}:{left % 60:02} left"
        if self._terminal:
            print(f"\r{text}  ", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)
