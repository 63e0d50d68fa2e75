"""Real parts for the tests: a redis-server, a PostgreSQL cluster and an application on both
databases."""

from __future__ import annotations

import atexit
import glob
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

# Each process of a test run counts in a folder of its own, and does not take over its parent's.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="leadtracker-metrics-")

from leadtracker import app as wiring
from leadtracker import site_file
from leadtracker.app import create_app
from leadtracker.callback.dialing import Dialing
from leadtracker.calls.in_time import InTime
from leadtracker.live import Live
from leadtracker.records.database import migrate, open_database
from leadtracker.records.tables import Base
from leadtracker.running.redis_server import EmbeddedRedis
from leadtracker.running.worker import Worker
from leadtracker.settings import Settings
from leadtracker.web import pbx
from leadtracker.web.stores import Stores
from tests.patience import PATIENCE, until

atexit.register(shutil.rmtree, os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)

# Nothing is judged by the speed of the machine; Hypothesis' own profile for CI does the same.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() == "default":
    settings.load_profile("patient")

PROGRAM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SITE = """
[account.pbx]
vendor = "voicenter"
secret = "secret-of-the-pbx-account"

[account.bucharest]
vendor = "while1"
secret = "secret-of-while1-account"
country = "RO"
time_zone = "Europe/Bucharest"

[site.shop]
tokens = ["shop-token"]
origins = ["https://shop.example.com", "https://www.shop.example.com"]
default_number = "03-555-1234"
account_key = "pbx"
dids = ["072-277-6772", "072-277-6773", "072-277-6774", "072-277-6775", "072-277-6776"]

[site.magazin]
tokens = ["magazin-token"]
origins = ["https://magazin.example.com"]
default_number = "0213110001"
country = "RO"
time_zone = "Europe/Bucharest"
account_key = "bucharest"
dids = ["0213110002", "0213110003"]
"""


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    folder = Path(tempfile.mkdtemp(prefix="lt-redis-"))
    server = EmbeddedRedis(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """A real Redis, empty."""
    client = redis.Redis.from_url(redis_server.url, protocol=2)
    client.flushall()
    client.close()
    return redis_server.url


def postgresql_programs() -> Path:
    """The folder of initdb and postgres, the newest version of those installed."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    initdb = shutil.which("initdb", path=os.pathsep.join([*programs[::-1], os.environ["PATH"]]))
    if initdb is None:
        pytest.fail(
            "PostgreSQL is not installed: the tests need initdb and postgres (make test "
            "installs them)"
        )
    return Path(initdb).resolve().parent


def postgresql_user(folder: Path) -> dict[str, Any]:
    """Who runs PostgreSQL, the owner of `folder` from now on: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return {"user": owner.pw_uid, "group": owner.pw_gid}


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A real PostgreSQL cluster of our own, on a socket."""
    programs = postgresql_programs()
    folder = Path(tempfile.mkdtemp(prefix="lt-pg-"))
    data = folder / "data"
    run = {"cwd": folder, "stdout": subprocess.DEVNULL, **postgresql_user(folder)}
    locale = ("--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
    subprocess.run([programs / "initdb", "-D", data, "-U", "postgres", *locale], check=True, **run)
    options = ("-c", "listen_addresses=", "-c", "fsync=off")
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", folder, *options],
        stderr=subprocess.DEVNULL,
        **run,
    )
    ready: list[str | Path] = [programs / "pg_isready", "-h", folder, "-q", "-t", "30"]
    until(lambda: subprocess.run(ready, check=False).returncode == 0)
    yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    server.send_signal(signal.SIGINT)  # a fast shutdown: SIGTERM would wait for connections
    server.wait(PATIENCE)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/leadtracker.sqlite"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Each database, migrated and empty."""
    engine = open_database(database_url)
    migrate(engine)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            names = ", ".join(f'"{name}"' for name in Base.metadata.tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield engine
    engine.dispose()


@pytest.fixture
def make_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Settings], Flask]]:
    """Makes applications; their threads and connections end with the test."""
    apps: list[Flask] = []
    dialings: list[Dialing] = []
    in_times: list[InTime] = []

    def make(settings: Settings) -> Flask:
        apps.append(create_app(settings))
        return apps[-1]

    def dialing(*parts: Any) -> Dialing:
        dialings.append(Dialing(*parts))
        return dialings[-1]

    def in_time(*parts: Any) -> InTime:
        in_times.append(InTime(*parts))
        return in_times[-1]

    monkeypatch.setattr(wiring, "Dialing", dialing)
    monkeypatch.setattr(wiring, "InTime", in_time)
    monkeypatch.setattr(pbx, "POP_SECONDS", PATIENCE)
    yield make
    started: list[Dialing | InTime] = [*dialings, *in_times]
    for one in started:
        one.stop()  # its threads must not outlive their database
    for app in apps:
        stores: Stores = app.extensions["leadtracker"]
        stores.engine.dispose()
        stores.live.client.close()


@pytest.fixture
def app(
    engine: Engine, redis_url: str, tmp_path: Path, make_app: Callable[[Settings], Flask]
) -> Flask:
    """The application with the sites of SITE; no worker runs, see `worker`."""
    with Session(engine) as session:
        site_file.apply(session, SITE)
        session.commit()
    settings = Settings(
        data_folder=tmp_path / "data",
        database_url=engine.url.render_as_string(hide_password=False),
        redis_url=redis_url,
        secret_key="a-key-for-the-tests-of-32-letters",
        public_url="https://calls.example.com",
    )
    app = make_app(settings)
    app.testing = True
    return app


@pytest.fixture
def stores(app: Flask) -> Stores:
    found: Stores = app.extensions["leadtracker"]
    return found


@pytest.fixture
def live(stores: Stores) -> Live:
    return stores.live


@pytest.fixture
def worker(stores: Stores) -> Iterator[Worker]:
    """Call `worker.turn()` until it returns 0: what the worker process does all the time."""
    worker = Worker(stores.engine, stores.live, stores.directory, stores.settings)
    yield worker
    worker.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or PROGRAM
    if not Path(program).exists():
        pytest.fail("Chromium is not installed: the browser tests need it (make test installs it)")
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=FLAGS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()
