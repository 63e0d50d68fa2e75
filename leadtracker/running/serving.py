"""Everything one machine needs, started and stopped together: Redis, tables, web, worker."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from leadtracker.errors import SettingsError
from leadtracker.records.database import migrate, open_database
from leadtracker.running import child_process
from leadtracker.running.child_process import PAGES
from leadtracker.running.redis_server import EmbeddedRedis, socket_of
from leadtracker.settings import Settings, own_folder

PACKAGE = Path(__file__).resolve().parent.parent
# A part that lives less than so many seconds, so many times in a row, is given up.
YOUNG, MOST_YOUNG = 5.0, 5


@dataclass(frozen=True, slots=True)
class Part:
    """A child process: what it runs, and what only its environment has."""

    command: list[str]
    environment: dict[str, str]
    niceness: int = 0


class Serving:
    """Call `start()`, then `watch()` until a signal, and `stop()` in any case.

    A child that dies is started again. Signals only set a flag: an exception in a handler could
    lose a child that has started and is not noted yet.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None] = print) -> None:
        self._settings = settings
        self._say = say
        self._redis: EmbeddedRedis | None = None
        self._parts: dict[str, Part] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._environment: dict[str, str] = {}
        # Part -> when it last died, and how often in a row it had died young.
        self._deaths: dict[str, tuple[float, int]] = {}
        self._stopping = False

    @property
    def stopping(self) -> bool:
        return self._stopping

    @property
    def redis_url(self) -> str:
        if self._redis is None:
            return self._settings.redis_url
        return self._redis.url

    def start(self) -> None:
        """Start every part. From here on a signal is `finish()`.

        Raises SettingsError when a part cannot be started.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.finish())
        folder = own_folder(self._settings.data_folder.absolute())
        self._start_redis(folder / "redis")
        self._migrate()
        self._environment = self._settings.as_environment() | {
            "LEADTRACKER_REDIS_URL": self.redis_url,
            "LEADTRACKER_SEPARATE_WORKER": "true",
            "PROMETHEUS_MULTIPROC_DIR": str(_empty(folder / "metrics")),
        }
        self._parts = _parts(self._settings, socket_of(folder, "pages"))
        for name in self._parts:
            self._start(name)
        self._say(
            f"Leadtracker: {self._settings.public_url} "
            f"({self._settings.workers} processes on {self._settings.bind})"
        )

    def _start_redis(self, folder: Path) -> None:
        if self._settings.redis_url:
            self._say("Redis: " + self._settings.redis_url.rpartition("@")[2])
            return
        self._redis = EmbeddedRedis(folder)
        self._say(f"Redis: started its own in {folder}, with an append-only file")

    def _migrate(self) -> None:
        engine = open_database(self._settings.database)
        migrate(engine)
        address = engine.url.render_as_string(hide_password=True)
        self._say(f"Database: {address}, tables are up to date")
        engine.dispose()

    def _start(self, name: str) -> None:
        part = self._parts[name]
        environment = self._settings.surroundings() | self._environment | part.environment
        self._children[name] = child_process.start(
            part.command, environment, niceness=part.niceness
        )

    def finish(self) -> None:
        """Let `watch` return; for signals and other threads."""
        self._stopping = True

    def watch(self) -> None:
        """Restart what dies, until `finish` or a signal.

        Raises SettingsError when a part dies again and again.
        """
        while not self._stopping:
            time.sleep(0.2)
            if self._redis and self._redis.process.poll() is not None:
                self._died("redis-server")
                self._redis = EmbeddedRedis(self._redis.folder)
            for name, child in self._children.items():
                if child.poll() is not None:
                    self._died(name, f" (exit {child.returncode})")
                    _end_group(child)
                    self._start(name)

    def _died(self, name: str, how: str = "") -> None:
        """Give up a part that dies young again and again: one more start will not help it."""
        self._say(f"{name} died{how} and is started again")
        now = time.monotonic()
        last, young = self._deaths.get(name, (0.0, 0))
        young += 1
        if now - last >= YOUNG:
            young = 0
        self._deaths[name] = (now, young)
        if young == MOST_YOUNG:
            raise SettingsError(
                f"{name} dies as soon as it is started; its last lines above say why"
            )

    def stop(self) -> None:
        """Stop the web first, so that nothing more is accepted, and Redis last."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        for child in self._children.values():
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            _end_group(child)
        if self._redis:
            self._redis.stop()


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _parts(settings: Settings, pages: Path) -> dict[str, Part]:
    """The web that everybody reaches, the pages behind it, and the worker."""
    bind, processes = settings.bind, str(settings.workers)
    return {
        "web": Part(
            _gunicorn(settings, "--bind", bind, "--workers", processes),
            {"LEADTRACKER_PAGES_SOCKET": str(pages)},
        ),
        "pages": Part(
            _gunicorn(settings, "--bind", f"unix:{pages}", "--umask", "077"),
            # The web processes are one more proxy in front of the pages.
            {"LEADTRACKER_TRUSTED_PROXIES": str(settings.trusted_proxies + 1)},
            PAGES,
        ),
        "worker": Part([sys.executable, "-m", "leadtracker", "worker"], {}),
    }


def _gunicorn(settings: Settings, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "wsgi:app"),
        *("--chdir", os.getcwd()),
        *("--pythonpath", str(_folder_of_wsgi())),
        *("--config", str(PACKAGE / "gunicorn_settings.py")),
        *("--threads", str(settings.threads)),
        *more,
    ]


def _folder_of_wsgi() -> Path:
    """Beside the package in a source tree, inside it where it is installed."""
    if (PACKAGE.parent / "wsgi.py").exists():
        return PACKAGE.parent
    return PACKAGE


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End what an ended child left running: gunicorn's workers outlive a killed master."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
