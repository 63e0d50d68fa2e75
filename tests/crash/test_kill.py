"""kill -9 of every part at any moment, while a PBX sends 1,000 CDRs: what was acknowledged is kept, once."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.records.database import migrate, open_database
from leadtracker.records.tables import CallRow, InboxRow, LegRow
from leadtracker.simulator import Browser, direct_session
from tests.conftest import SITE

CDRS = 1000
CLIENTS = 8
SECONDS = 24.0  # the CDRs are spread over
ROUNDS = 2  # of killing each of PARTS
PARTS = (
    ("gunicorn's workers",),
    ("gunicorn",),
    ("worker",),
    ("redis",),
    ("gunicorn", "redis"),
    ("serve",),
    ("serve", "gunicorn", "gunicorn's workers", "worker", "redis"),
)


class Served:
    """`leadtracker serve` on a folder and port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.log = folder / "serve.log"
        self.start()

    def start(self) -> None:
        surroundings = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "leadtracker", "serve"],
                env=surroundings | {
                    "LEADTRACKER_DATA_FOLDER": str(self.folder / "data"), "LEADTRACKER_PUBLIC_URL": self.url,
                    "LEADTRACKER_BIND": self.url.removeprefix("http://"), "LEADTRACKER_THREADS": "8",
                },
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder,
            )  # fmt: skip

    def parts(self) -> dict[str, list[int]]:
        """Process ids by name, of those alive."""
        found: dict[str, list[int]] = {}
        alive = processes_of(self.folder)
        for pid, (parent, command) in alive.items():
            if "redis-server" in command:
                name = "redis"
            elif "gunicorn" in command:
                name = "gunicorn's workers" if "gunicorn" in alive.get(parent, (0, ""))[1] else "gunicorn"
            else:
                name = command.split()[-1]
            found.setdefault(name, []).append(pid)
        return found

    def kill(self, names: tuple[str, ...]) -> None:
        parts = self.parts()
        for pid in itertools.chain.from_iterable(parts.get(name, ()) for name in names):
            with contextlib.suppress(ProcessLookupError):  # it died with another one
                os.kill(pid, signal.SIGKILL)
        if "serve" in names:
            self.process.wait(timeout=10)
            self.start()


def processes_of(folder: Path) -> dict[int, tuple[int, str]]:
    """Parent and command line of each process that runs in this folder, by process id."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(folder):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                found[int(entry.name)] = (parent, command)
        except OSError:
            continue  # it ended, or it is not ours
    return found


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/data/leadtracker.sqlite")
    migrate(engine)
    with Session(engine) as session:
        site_file.apply(session, SITE)
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def served(engine: Engine, tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.process.terminate()
    served.process.wait(timeout=30)
    left = processes_of(tmp_path)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, served.log.read_text()


def until(probe: Callable[[], Any], seconds: float, served: Served) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(0.05)
    pytest.fail(f"not within {seconds} s\n{served.log.read_text()}")


def cdr(number: int, did: str) -> dict[str, Any]:
    return {
        "caller": f"05{number:08}", "target": "SIP1", "time": int(time.time()) + 7200, "duration": number,
        "ivruniqueid": f"call-{number}", "type": "Incoming Call", "status": "ANSWER", "targetextension": "SIP1",
        "callerextension": "", "did": did, "queueid": 0, "queuename": "", "record": "", "price": 0, "dialtime": 4,
    }  # fmt: skip


class Pbx:
    """Clients that send every CDR until it is acknowledged; each fifth is sent once more after that."""

    def __init__(self, url: str, did: str) -> None:
        self._url = f"{url}/pbx/pbx/secret-of-the-pbx-account/cdr"
        self._did = did
        self._numbers = iter(range(CDRS))
        self._began = time.monotonic()
        self.acknowledged: Counter[str] = Counter()
        self.refused = 0  # sendings that had no answer, or not the one that counts
        self.threads = [threading.Thread(target=self._send) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def _send(self) -> None:
        with direct_session() as http:
            for number in self._numbers:  # one iterator for all: `next` of a range is atomic
                time.sleep(max(0.0, self._began + SECONDS * number / CDRS - time.monotonic()))
                body = cdr(number, self._did)
                for _ in range(2 if number % 5 == 0 else 1):
                    self._until_acknowledged(http, body)

    def _until_acknowledged(self, http: requests.Session, body: dict[str, Any]) -> None:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            try:
                answer = http.post(self._url, json=body, timeout=5)
                if answer.status_code == 200 and answer.json() == {"Err": 0, "Errdesc": "OK"}:
                    self.acknowledged[body["ivruniqueid"]] += 1
                    return
            except (requests.RequestException, json.JSONDecodeError):
                pass
            self.refused += 1
            time.sleep(0.1)


def test_no_acknowledged_cdr_is_lost_or_doubled(served: Served, engine: Engine) -> None:
    chance = random.Random()
    with direct_session() as http:
        visitor = Browser(f"{served.url}/tracker.js", "shop-token", http, info={"name": "Dana"})
        until(lambda: visitor.arrive("https://shop.example.com/").leased, 20, served)
        shown = visitor.open("https://shop.example.com/contact")
        assert shown.did is not None
        pbx = Pbx(served.url, "0" + shown.did.removeprefix("+972"))
        victims = list(PARTS * ROUNDS)
        chance.shuffle(victims)
        for names in victims:
            time.sleep(chance.uniform(0.5, 1.5) * SECONDS / len(victims))
            served.kill(names)
        for thread in pbx.threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), served.log.read_text()
        visitor.beat()
        assert visitor.open("https://shop.example.com/").did == shown.did

    assert len(pbx.acknowledged) == CDRS, served.log.read_text()
    assert pbx.refused > 0, "nothing was killed while a CDR was on its way"

    def waiting() -> int | None:
        with Session(engine) as session:
            return session.scalar(select(func.count()).where(InboxRow.state != "done"))

    until(lambda: waiting() == 0, 30, served)
    with Session(engine) as session:
        calls = {call.call_id: call.talk_seconds for call in session.scalars(select(CallRow))}
        legs = Counter(session.scalars(select(CallRow.call_id).join(LegRow, LegRow.call_pk == CallRow.id)))
        count = session.scalar(select(func.count()).select_from(CallRow))
        visitors = set(session.scalars(select(CallRow.visitor_id)))
    assert calls == {f"call-{number}": number for number in range(CDRS)}
    assert count == CDRS
    assert legs == dict.fromkeys(calls, 1)
    assert visitors == {visitor.visitor}
