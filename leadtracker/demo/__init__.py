"""The main job on one machine: Leadtracker, a marketing site, made-up visitors, a made-up PBX."""

from __future__ import annotations

import fcntl
import itertools
import math
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import requests

from leadtracker.demo.browser import direct_session
from leadtracker.demo.calling_back import calling_back
from leadtracker.demo.marketing_site import MarketingSite
from leadtracker.demo.sites import Where, apply, site_text
from leadtracker.demo.visits import Visits
from leadtracker.demo.world import SHOPS, burst, traffic
from leadtracker.errors import LeadtrackerError, SettingsError
from leadtracker.records.calls import newest
from leadtracker.records.database import migrate, open_database
from leadtracker.records.session import Engine, Session
from leadtracker.records.users import ensure_first_user
from leadtracker.running.serving import Serving
from leadtracker.settings import Settings

FOLDER = Path(".demo")
READY_SECONDS = 30.0


class DemoFault(LeadtrackerError):
    code, title = "demo_fault", "Leadtracker did not tell the demo's calls as they were"


def run(*, once: bool = False, seconds: float | None = None, folder: Path = FOLDER) -> None:
    """Run until Ctrl-C, SIGTERM, the end of the first round (`once`) or so many seconds.

    It stops all that it started. Raises SettingsError when a part cannot be started. After the
    first round it raises DemoFault when a call went wrong.
    """
    visits = None
    with ExitStack() as stack:
        stack.enter_context(_alone(folder))
        _say(f"The demo runs on this machine only; what it keeps is in {folder}.")
        settings, marketing_url = _addresses(folder)
        engine = open_database(settings.database)
        stack.callback(engine.dispose)
        where = _sites(engine, settings, marketing_url)
        http = stack.enter_context(direct_session())
        stack.enter_context(calling_back(engine, where, http))
        serving = Serving(settings, _say)
        stack.callback(serving.stop)
        serving.start()
        if _ready(http, settings.public_url, serving):
            stop = threading.Event()
            visits = Visits(where, http, engine, stop, click.echo)
            site = MarketingSite(where, visits.ring)
            site.start()
            stack.callback(site.stop)
            script = f"with the script of {settings.public_url} in every page"
            _say(f"Marketing site: {marketing_url}, {script}")
            _introduce(folder, engine, settings, marketing_url)
            world = threading.Thread(
                target=_play, args=(visits, stop, serving, once, seconds), name="world"
            )
            world.start()
            stack.callback(world.join)
            stack.callback(stop.set)
            serving.watch()
        _say("Stopping.")
    _say("All that was started is stopped.")
    if once and visits is not None and visits.faults:
        raise DemoFault("\n".join(visits.faults))


def _play(
    visits: Visits, stop: threading.Event, serving: Serving, once: bool, seconds: float | None
) -> None:
    """The first round, then traffic until `stop`; every visit has a thread."""
    chance = random.Random()  # noqa: S311 # who visits, no secrets
    end = math.inf
    if seconds is not None:
        end = time.monotonic() + seconds
    first_round = burst(chance)
    playing: list[Future[None]] = []

    def note_fault(future: Future[None]) -> None:
        if not future.cancelled() and (fault := future.exception()):
            visits.faults.append(f"{type(fault).__name__}: {fault}")

    with ThreadPoolExecutor(48, thread_name_prefix="visit") as threads:
        for number, visit in enumerate(itertools.chain(first_round, traffic(chance))):
            if number == len(first_round):
                wait(playing)
                _sum_up(visits, len(first_round), sum(bool(one.scenario) for one in first_round))
                if once:
                    break
                _say("It goes on with a visit every few seconds. Ctrl-C stops everything.")
            if stop.wait(visit.after_seconds) or time.monotonic() > end:
                break
            playing = [future for future in playing if not future.done()]
            playing.append(threads.submit(visits.play, visit))
            playing[-1].add_done_callback(note_fault)
        if not once:
            stop.set()
    serving.finish()


def _sum_up(visits: Visits, count: int, calls: int) -> None:
    told = "Leadtracker told each of them as it was"
    if visits.faults:
        told = f"{len(visits.faults)} went wrong"
    _say(f"The first round is over: {count} visits, {calls} calls; {told}.")
    for fault in visits.faults:
        _say(f"  {fault}")


def _introduce(folder: Path, engine: Engine, settings: Settings, marketing_url: str) -> None:
    """What a person may open, and with which login."""
    _say(f"Calls of earlier runs: {_kept_calls(engine)}, kept in {folder}")
    click.echo()
    click.secho(f"  Dashboard        {settings.public_url}", bold=True)
    click.secho(f"  Login            {_login(folder, engine)}", bold=True)
    languages = "in Hebrew /he    in Romanian /ro"
    click.secho(f"  Marketing site   {marketing_url}    {languages}", bold=True)
    click.echo(
        "  Open the marketing site, press “Ring the number you see”, "
        "and watch the call arrive in the dashboard."
    )
    click.echo(f"  On the command line: LEADTRACKER_DATA_FOLDER={folder} {_program()} call list")
    click.echo()
    who = "Simulated visitors ask for numbers and a simulated PBX reports their calls"
    _say(f"{who}, all over HTTP:")


def _kept_calls(engine: Engine) -> str:
    with Session(engine) as session:
        kept = len(newest(session, 1000))
    if kept < 1000:
        return str(kept)
    return "a thousand and more"


def _login(folder: Path, engine: Engine) -> str:
    """Name and password of a new user; of an old one, where they are kept."""
    file = folder / "login.txt"
    first = ensure_first_user(engine)
    if first is None:
        return f"the first run's, kept in {file}"
    name, password = first
    file.touch(mode=0o600)
    file.write_text(f"{name} / {password}\n")
    return f"{name} / {password}"


def _program() -> str:
    """`leadtracker` as it was called, such as .venv/bin/leadtracker."""
    if Path(sys.argv[0]).name == "leadtracker":
        return sys.argv[0]
    return "leadtracker"


def _sites(engine: Engine, settings: Settings, marketing_url: str) -> Where:
    file = settings.data_folder / "site.toml"
    file.write_text(site_text(marketing_url))
    migrate(engine)
    where = apply(engine, file.read_text(), settings.public_url, marketing_url)
    pools = ", ".join(f"{shop.name} with {len(shop.pool)} numbers" for shop in SHOPS.values())
    _say(f"Sites: {pools}, as `leadtracker site apply {file}` does")
    return where


def _addresses(folder: Path) -> tuple[Settings, str]:
    """Settings on the first free port, with databases of its own; the marketing site's URL."""
    web = _free_port(8080)
    marketing = _free_port(8090, but=web)
    settings = Settings(
        data_folder=folder,
        database_url="",
        redis_url="",
        workers=2,
        bind=f"127.0.0.1:{web}",
        public_url=f"http://127.0.0.1:{web}",
        trusted_proxies=1,  # each simulated visitor names an address of their own
    )
    return settings, f"http://127.0.0.1:{marketing}"


def _free_port(wanted: int, but: int = 0) -> int:
    for port in range(wanted, wanted + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port != but:
            if port != wanted:
                _say(f"Port {wanted} is taken, {port} is used in its place.")
            return port
    raise SettingsError(f"no port from {wanted} to {wanted + 199} is free")


def _ready(http: requests.Session, url: str, serving: Serving) -> bool:
    """False when it is told to stop first. Raises SettingsError when it does not get ready."""
    deadline = time.monotonic() + READY_SECONDS
    while not serving.stopping:
        try:
            if http.get(f"{url}/readyz", timeout=2).ok:
                return True
        except requests.RequestException:
            pass
        if time.monotonic() > deadline:
            late = f"{url} was not ready within {READY_SECONDS:.0f} s"
            raise SettingsError(f"{late}; its last lines above say why")
        time.sleep(0.1)
    return False


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demo at a time in a folder; raises SettingsError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            running = f"a demo runs already in {folder}"
            raise SettingsError(f"{running}; stop it first, with Ctrl-C where it runs") from fault
        yield


def _say(line: str) -> None:
    click.echo(f"* {line}")
