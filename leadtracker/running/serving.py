"""Everything one machine needs, started and stopped together: Redis, migrations, the web, its pages, the worker."""

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
from leadtracker.settings import Settings

PACKAGE = Path(__file__).resolve().parent.parent
WSGI_FOLDER = PACKAGE.parent if (PACKAGE.parent / "wsgi.py").exists() else PACKAGE
YOUNG, MOST_YOUNG = 5.0, 5  # seconds a part lived, and how often it may live less


@dataclass(frozen=True, slots=True)
class Part:
    """A child process: what it runs, and what its environment has that the others' have not."""

    command: list[str]
    environment: dict[str, str]
    niceness: int = 0


class Serving:
    """`start()`, then `watch()` until a signal; `stop()` always. A child that dies is started again.

    Signals only set a flag: an exception out of a handler could lose a child between its start and its entry here.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None] = print) -> None:
        self._settings = settings
        self._say = say
        self._redis: EmbeddedRedis | None = None
        self._parts: dict[str, Part] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._environment: dict[str, str] = {}
        self._deaths: dict[
            str, tuple[float, int]
        ] = {}  # when a part last died, and how often young before
        self._stopping = False

    @property
    def stopping(self) -> bool:
        return self._stopping

    @property
    def redis_url(self) -> str:
        return self._settings.redis_url or (self._redis.url if self._redis else "")

    def start(self) -> None:
        """Raises SettingsError when a part cannot be started. From here on a signal is `finish()`."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.finish())
        folder = self._settings.data_folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        if self._settings.redis_url:
            self._say("Redis: " + self._settings.redis_url.rpartition("@")[2])
        else:
            self._redis = EmbeddedRedis(folder / "redis")
            self._say(f"Redis: started its own in {folder / 'redis'}, with an append-only file")
        engine = open_database(self._settings.database)
        migrate(engine)
        self._say(
            f"Database: {engine.url.render_as_string(hide_password=True)}, tables are up to date"
        )
        engine.dispose()
        metrics = folder / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir()
        self._environment = self._settings.as_environment() | {
            "LEADTRACKER_REDIS_URL": self.redis_url,
            "LEADTRACKER_SEPARATE_WORKER": "true",
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        }
        pages = socket_of(folder, "pages")
        as_pages = {
            "LEADTRACKER_TRUSTED_PROXIES": str(self._settings.trusted_proxies + 1)
        }  # the web processes
        gunicorn = [
            sys.executable,
            "-m",
            "gunicorn",
            "wsgi:app",
            "--chdir",
            os.getcwd(),
            "--pythonpath",
            str(WSGI_FOLDER),
            "--config",
            str(PACKAGE / "gunicorn_settings.py"),
            "--threads",
            str(self._settings.threads),
        ]
        bind = self._settings.bind
        self._parts = {
            "web": Part(
                [*gunicorn, "--bind", bind, "--workers", str(self._settings.workers)],
                {"LEADTRACKER_PAGES_SOCKET": str(pages)},
            ),
            "pages": Part(
                [*gunicorn, "--bind", f"unix:{pages}", "--umask", "077"], as_pages, PAGES
            ),
            "worker": Part([sys.executable, "-m", "leadtracker", "worker"], {}),
        }
        for name in self._parts:
            self._start(name)
        self._say(
            f"Leadtracker: {self._settings.public_url} ({self._settings.workers} processes on {self._settings.bind})"
        )

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
        """Until `finish` or a signal; restarts what died. Raises SettingsError when a part cannot live."""
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
        """A part that dies young again and again will not get better by being started again."""
        self._say(f"{name} died{how} and is started again")
        now = time.monotonic()
        last, young = self._deaths.get(name, (0.0, 0))
        young = young + 1 if now - last < YOUNG else 0
        self._deaths[name] = (now, young)
        if young == MOST_YOUNG:
            raise SettingsError(
                f"{name} dies as soon as it is started; its last lines above say why"
            )

    def stop(self) -> None:
        """Web first, so that nothing is accepted any more; Redis last."""
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


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Whatever a child that has ended left running: gunicorn's workers outlive a killed master for a while."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
