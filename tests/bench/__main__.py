"""Measure the server against a bare Flask route: `make bench`, or `python -m tests.bench --quick`."""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from tests.bench import calling_back, disturbances, load, matching
from tests.bench.load import Run
from tests.served import serving

SECRET = "secret-of-the-bench-account"
SMALL = [f"+97272277{number:04d}" for number in range(6000, 6200)]
LARGE = [f"+9723555{number:04d}" for number in range(10000)] + [
    f"+9723556{number:04d}" for number in range(10000)
]
SITES = f"""
[account.pbx]
secret = "{SECRET}"
[account.hangs]
secret = "{SECRET}"
crm_url = "http://127.0.0.1:{{crm_port}}/pop"
[site.small]
tokens = ["small"]
origins = ["{load.ORIGIN}"]
account_key = "pbx"
lease_seconds = 3600
dids = {SMALL}
[site.large]
tokens = ["large"]
origins = ["{load.ORIGIN}"]
account_key = "pbx"
lease_seconds = 3600
dids = {LARGE}
"""
Load = Callable[[float], Run]


@contextmanager
def bare_route(folder: Path) -> Iterator[str]:
    """The baseline, under the settings that `leadtracker serve` gives gunicorn."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "tests.bench.bare:app",
            "--config",
            "python:leadtracker.gunicorn_settings",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "2",
            "--threads",
            "16",
        ],
        env=dict(os.environ),
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            requests.post(url, data="{}", timeout=5)
            return
        except requests.RequestException:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def compare(name: str, bare: Load, route: Load, seconds: float, pairs: int) -> Run:
    """Runs in turn, baseline and route, so that both see the machine as it is; prints medians."""
    ratios, runs, bares = [], [], []
    for _ in range(pairs):
        bares.append(bare(seconds))
        runs.append(route(seconds))
        ratios.append(runs[-1].rate / bares[-1].rate)
    middle = sorted(runs, key=lambda run: run.rate)[len(runs) // 2]
    failed = sum(run.failed for run in runs)
    print(
        f"{name:<38}{middle.rate:>8.0f}/s  p50 {middle.p50:6.1f} ms  p99 {middle.p99:6.1f} ms  "
        f"ratio {statistics.median(ratios):.2f} (bare {statistics.median(run.rate for run in bares):.0f}/s)"
        + (f"  FAILED {failed}" if failed else ""),
        flush=True,
    )
    return middle


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--quick",
        action="store_true",
        help="short runs and a tenth of the calls; figures are rough",
    )
    quick = options.parse_args().quick
    seconds, pairs, calls = (3.0, 1, 100_000) if quick else (6.0, 3, 1_000_000)
    matching.measure()
    folder = Path(tempfile.mkdtemp(prefix="leadtracker-bench-"))
    with disturbances.silent_server() as crm_port, bare_route(folder) as bare_url:
        sites = SITES.replace("{crm_port}", str(crm_port))
        with serving(folder, sites) as (served, engine):
            wait_for(f"{served.url}/healthz")
            measure(folder, bare_url, served.url, engine, seconds, pairs, calls)


def measure(
    folder: Path, bare_url: str, url: str, engine: object, seconds: float, pairs: int, calls: int
) -> None:
    runs = iter(range(10**6))

    def loading(
        request: Callable[[str], str], content_type: str = "text/plain", **how: float
    ) -> Load:
        """A load whose ids differ from run to run."""
        connections = int(how.pop("connections", 16))

        def go(for_seconds: float) -> Run:
            name = f"run{next(runs)}"
            lua = load.script(folder, name, request(name), content_type, **how)
            return load.run(url, lua, for_seconds, connections)

        return go

    baseline = load.script(folder, "bare", load.number("bare", 200).replace("/tracker.js", "/"))

    def bare(for_seconds: float) -> Run:
        return load.run(bare_url, baseline, for_seconds)

    wall = datetime.now(ZoneInfo("Asia/Jerusalem"))
    epoch = int(wall.replace(tzinfo=UTC).timestamp())
    pop = f"/pbx/pbx/{SECRET}/screen-pop"
    number = loading(lambda _: load.number("small", 200))
    number(1.0)
    disturbances.ask(url, "large", "builds-the-large-pool")
    leases = disturbances.leases(url, "small", 200)
    compare("number request, known visitor", bare, number, seconds, pairs)
    compare(
        "number request, new visitor",
        bare,
        loading(lambda _: load.number("large", None)),
        seconds / pairs,
        pairs,
    )
    compare("heartbeat", bare, loading(lambda _: load.beat("small", leases)), seconds, pairs)
    pops = loading(lambda mark: load.screen_pop(pop, SMALL, mark))
    fastest = compare("screen pop", bare, pops, seconds, pairs)
    half = loading(
        lambda mark: load.screen_pop(pop, SMALL, mark),
        pause_ms=round(16 / (fastest.rate / 2) * 1000),
    )
    slower = half(seconds)
    print(
        f"{'screen pop at half of that':<38}{slower.rate:>8.0f}/s  p50 {slower.p50:6.1f} ms  p99 {slower.p99:6.1f} ms",
        flush=True,
    )
    cdrs = loading(
        lambda mark: load.cdr(f"/pbx/pbx/{SECRET}/cdr", SMALL[7], epoch, mark), "application/json"
    )
    compare("CDR, stored", bare, cdrs, seconds, pairs)
    disturbances.wait_until_read(engine)

    small, large = [], []
    for _ in range(pairs + 2):
        small.append(loading(lambda _: load.number("small", 200), connections=1)(seconds / 2))
        large.append(loading(lambda _: load.number("large", 200), connections=1)(seconds / 2))
    before, after = (statistics.median(run.p50 for run in some) for some in (small, large))
    print(
        f"p50 of one at a time: pool of 200 {before:.2f} ms, of 20,000 {after:.2f} ms: {after / before:.2f}x"
    )
    doubles, empty = disturbances.in_flight(url, "large", 64, 2000)
    print(f"64 in flight, 2,000 new visitors: {doubles} doubles, {empty} empty answers")

    gentle = loading(lambda _: load.number("small", 200), connections=8, pause_ms=20)
    alone = gentle(seconds)
    beside(url, engine, gentle, loading, seconds)
    with disturbances.hanging_pops(f"{url}/pbx/hangs/{SECRET}/screen-pop", 20):
        beside_crm = gentle(seconds)
    disturbances.add_calls(engine, calls)
    with disturbances.report_viewers(url, engine, 4) as viewed:
        beside_report = gentle(seconds)
    for name, run in (
        ("alone", alone),
        ("20 pops wait for a CRM that hangs", beside_crm),
        (f"4 viewers, {calls:,} calls ({viewed.count} pages)", beside_report),
    ):
        print(
            f"number requests, {name:<44}{run.rate:>6.0f}/s  p50 {run.p50:6.1f} ms  p99 {run.p99:6.1f} ms"
        )


def beside(
    url: str, engine: Any, number: Load, loading: Callable[..., Load], seconds: float
) -> None:
    """Callback requests, and number requests at the same pace before them and while they go on."""
    with calling_back.prompt_pbx() as pbx_url:
        calling_back.switch_on(engine, pbx_url)
        time.sleep(1.5)  # until every process has seen it
        pace = {"connections": 4, "pause_ms": 40}

        def asking(mark: str) -> Run:
            tokens = calling_back.forms(url, round(150 * seconds), mark)
            return loading(lambda _: calling_back.callback(tokens, mark), **pace)(seconds)

        runs = {
            "number request, at this pace": loading(lambda _: load.number("small", 200), **pace)(
                seconds
            ),
            "callback request, PBX answers at once": asking("a"),
        }
        with ThreadPoolExecutor(1) as pool:
            numbers = pool.submit(lambda: [number(seconds), number(seconds)])
            runs["callback request, numbers asked beside"] = asking("b")
            runs["number requests meanwhile"] = numbers.result()[1]
    for name, run in runs.items():
        failed = f"  FAILED {run.failed}" if run.failed else ""
        print(
            f"{name:<38}{run.rate:>8.0f}/s  p50 {run.p50:6.1f} ms  p99 {run.p99:6.1f} ms{failed}",
            flush=True,
        )


if __name__ == "__main__":
    main()
