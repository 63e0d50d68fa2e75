"""`leadtracker serve` for real, on a folder and a port of its own."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import requests
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.records.database import migrate, open_database
from tests.patience import PATIENCE, until

TREE = Path(__file__).resolve().parent.parent


class Served:
    """Started at once unless told otherwise; `url` may not answer yet.
    Another `tree` has other code."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str] = MappingProxyType({}),
        tree: Path = TREE,
        starts: bool = True,
    ) -> None:
        self.folder = folder
        self.log = folder / "serve.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self._settings = {
            "LEADTRACKER_DATA_FOLDER": str(folder / "data"),
            "LEADTRACKER_PUBLIC_URL": self.url,
            "LEADTRACKER_BIND": self.url.removeprefix("http://"),
            "PYTHONPATH": str(tree),
        } | {f"LEADTRACKER_{name.upper()}": value for name, value in settings.items()}
        if starts:
            self.start()

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "leadtracker", "serve"],
                env=self._surroundings(),
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
            )

    def command(self, *words: str) -> str:
        """What `leadtracker WORDS` prints."""
        return subprocess.run(
            [sys.executable, "-m", "leadtracker", *words],
            env=self._surroundings(),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=self.folder,
        ).stdout

    def _surroundings(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"
        }
        return kept | self._settings

    def parts(self) -> dict[str, list[int]]:
        """Process ids of serve, gunicorn, gunicorn's workers, pages, worker and redis:
        of those alive."""
        found: dict[str, list[int]] = {}
        alive = processes_of(self.folder)
        for pid, (parent, command) in alive.items():
            if "redis-server" in command:
                name = "redis"
            elif "pages.sock" in command:
                name = "pages"
            elif "gunicorn" in command:
                name = (
                    "gunicorn's workers"
                    if "gunicorn" in alive.get(parent, (0, ""))[1]
                    else "gunicorn"
                )
            else:
                name = command.split()[-1]
            found.setdefault(name, []).append(pid)
        return found

    def kill(self, *names: str) -> None:
        """With -9; `serve` itself is started again, as systemd would,
        the others are its to start."""
        parts = self.parts()
        for pid in itertools.chain.from_iterable(parts.get(name, ()) for name in names):
            with contextlib.suppress(ProcessLookupError):  # it died with another one
                os.kill(pid, signal.SIGKILL)
        if "serve" in names:
            self.process.wait(PATIENCE)
            self.start()

    def until(self, probe: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """What the probe finds; fails with the log when it never finds anything."""
        return until(probe, self.log.read_text, seconds)


def answers(url: str) -> bool:
    """Whether a server answers this address, and well."""
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def processes_of(folder: Path) -> dict[int, tuple[int, str]]:
    """Parent and command line of each process that runs in this folder, by process id."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(folder):
                if not (
                    command := (entry / "cmdline")
                    .read_bytes()
                    .replace(b"\0", b" ")
                    .decode()
                    .strip()
                ):
                    # it is ending: a process has no command line between its death and its parent's
                    # notice
                    continue
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                found[int(entry.name)] = (parent, command)
        except OSError:
            continue  # it ended, or it is not ours
    return found


@contextmanager
def serving(folder: Path, sites: str, **settings: str) -> Iterator[tuple[Served, Engine]]:
    """A server with these sites and its database; at the end it stops,
    and no process may be left."""
    engine = open_database(f"sqlite:///{folder}/data/leadtracker.sqlite")
    migrate(engine)
    with Session(engine) as session:
        site_file.apply(session, sites)
        session.commit()
    served = Served(folder, settings=settings)
    try:
        yield served, engine
    finally:
        engine.dispose()
        served.process.terminate()
        served.process.wait(PATIENCE)
        left = processes_of(folder)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, served.log.read_text()
