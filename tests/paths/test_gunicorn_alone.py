"""`gunicorn wsgi:app` with nothing else: it serves, reads callbacks,
and counts over all its processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.records.database import migrate, open_database
from tests.conftest import SITE
from tests.patience import PATIENCE, until
from tests.served import answers

ROOT = Path(__file__).parent.parent.parent
HEADERS = {"Origin": "https://shop.example.com", "User-Agent": "Mozilla/5.0 Chrome/140.0"}


@pytest.fixture
def address(tmp_path: Path, redis_url: str) -> Iterator[str]:
    engine = open_database(f"sqlite:///{tmp_path}/leadtracker.sqlite")
    migrate(engine)
    with Session(engine) as session:
        site_file.apply(session, SITE)
        session.commit()
    engine.dispose()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"
    }
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "wsgi:app",
            "--workers",
            "3",
            "--bind",
            f"127.0.0.1:{port}",
            "--no-control-socket",
        ],
        cwd=ROOT,
        start_new_session=True,
        env=environment
        | {"LEADTRACKER_DATA_FOLDER": str(tmp_path), "LEADTRACKER_REDIS_URL": redis_url},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(f"{url}/readyz"))
        yield url
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(PATIENCE)


def test_it_serves_reads_and_counts(address: str) -> None:
    for count in range(40):
        visitor = f"visitor{count % 4}".ljust(22, "_")
        body = {"ask": "number", "token": "shop-token", "visitor": visitor, "visit": visitor}
        answer = requests.post(
            f"{address}/tracker.js", data=json.dumps(body), headers=HEADERS, timeout=PATIENCE
        )
        assert answer.ok, answer.text
    cdr = {
        "caller": "0501234567",
        "ivruniqueid": "one",
        "time": int(time.time()) + 7200,
        "type": "Incoming Call",
        "status": "ANSWER",
        "did": "0722776772",
        "duration": 5,
    }
    kept = requests.post(
        f"{address}/pbx/pbx/secret-of-the-pbx-account/cdr", json=cdr, timeout=PATIENCE
    )
    assert kept.json() == {"Err": 0, "Errdesc": "OK"}

    def metrics() -> str:
        return requests.get(f"{address}/metrics", timeout=PATIENCE).text

    until(lambda: 'leadtracker_inbox{state="new"} 0.0' in metrics())
    counted = [
        float(line.split()[-1])
        for line in metrics().splitlines()
        if line.startswith("leadtracker_number_requests_total{")
    ]
    assert sum(counted) == 40
