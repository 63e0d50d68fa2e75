"""Measure the server against a bare Flask route, or against an older commit: `make bench`,
`python -m tests.bench`."""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from tests.bench import against, calling_back, disturbances, load, matching
from tests.bench.load import Run, wait_for
from tests.bench.routes import KNOWN, NEW, POP, SECRET, Load, Loads, sites
from tests.served import serving


@dataclass(frozen=True)
class Size:
    """How long a run is, how many pairs of runs there are, and how much is done beside them."""

    seconds: float
    pairs: int
    tails: int  # pairs of runs at half of the rate
    singles: int  # runs of one request at a time
    matches: int
    large: int  # numbers of the large pool
    in_flight: int  # visitors who race for numbers
    calls: int  # in the report that people look at


WHOLE = Size(6.0, 3, 7, 5, 2000, 20_000, 2000, 1_000_000)
QUICK = Size(0.2, 1, 1, 1, 100, 1500, 200, 2000)


@contextmanager
def bare_route() -> Iterator[str]:
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


def compare(name: str, bare: Load, route: Load, seconds: float, pairs: int) -> Run:
    """Runs in turn, baseline and route, so that both see the machine as it is; prints medians."""
    ratios, runs, bares = [], [], []
    for _ in range(pairs):
        bares.append(bare(seconds))
        runs.append(route(seconds))
        ratios.append(runs[-1].rate / bares[-1].rate)
    middle = sorted(runs, key=lambda run: run.rate)[len(runs) // 2]
    failed = sum(run.failed for run in runs)
    bare_rate = statistics.median(run.rate for run in bares)
    print(
        f"{name:<38}{middle.rate:>8.0f}/s  p50 {middle.p50:6.1f} ms  p99 {middle.p99:6.1f} ms  "
        f"ratio {statistics.median(ratios):.2f} (bare {bare_rate:.0f}/s)"
        + (f"  FAILED {failed}" if failed else ""),
        flush=True,
    )
    return middle


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument(
        "--quick", action="store_true", help="each part for a moment: do all still run? No figures"
    )
    options.add_argument(
        "--against",
        metavar="COMMIT",
        help="only the five requests, of this tree and of that commit",
    )
    wanted = options.parse_args()
    size = QUICK if wanted.quick else WHOLE
    with tempfile.TemporaryDirectory(prefix="leadtracker-bench-") as name:
        if wanted.against:
            sys.exit(
                against.measure(
                    Path(name), wanted.against, against.QUICK if wanted.quick else against.WHOLE
                )
            )
        matching.measure(size.matches)
        _serve_and_measure(Path(name), size)


def _serve_and_measure(folder: Path, size: Size) -> None:
    with (
        disturbances.silent_server() as crm_port,
        bare_route() as bare_url,
        serving(folder, sites(size.large, crm_port)) as (served, engine),
    ):
        wait_for(f"{served.url}/healthz")
        loads = Loads(folder, served.url)
        of_routes(loads, bare_url, size)
        disturbances.wait_until_read(engine)
        of_pools(loads, size)
        of_neighbors(loads, engine, size)


def of_routes(loads: Loads, bare_url: str, size: Size) -> None:
    """Each route beside the bare one, and the screen pop at half its rate."""
    bare = bare_load(loads.folder, bare_url)
    routes = loads.routes()
    routes[KNOWN](min(1.0, size.seconds))  # the first requests are slower
    for name, route in routes.items():
        seconds = size.seconds
        if name == NEW:  # the pool must last for all of them
            seconds /= size.pairs
        found = compare(name, bare, route, seconds, size.pairs)
        calm = round(16 / (found.rate / 2) * 1000)
        if name == POP:
            tell("screen pop at half of that", loads.pops(pause_ms=calm)(size.seconds))
        if name == KNOWN:
            calm_bare = bare_load(loads.folder, bare_url, pause_ms=calm)
            compare_tails(calm_bare, loads.known(pause_ms=calm), size)


def bare_load(folder: Path, url: str, pause_ms: float = 0) -> Load:
    request = load.known_number("bare", 200).replace("/tracker.js", "/")
    lua = load.script(folder, f"bare{pause_ms}", request, pause_ms=pause_ms)
    return partial(load.run, url, lua)


def compare_tails(bare: Load, route: Load, size: Size) -> None:
    """How late the latest answers are at half of the rate, on the bare route and on ours."""
    bares, runs = [], []
    for _ in range(size.tails):
        bares.append(bare(size.seconds / 2).p99)
        runs.append(route(size.seconds / 2).p99)
    ratio = statistics.median(ours / theirs for ours, theirs in zip(runs, bares, strict=True))
    print(
        f"number request at half of that: p99 {statistics.median(runs):.1f} ms, bare route "
        f"{statistics.median(bares):.1f} ms: {ratio:.1f}x",
        flush=True,
    )


def of_pools(loads: Loads, size: Size) -> None:
    """A large pool beside a small one, and many who want a number at the same moment."""
    small, large = [], []
    for _ in range(size.singles):
        small.append(loads.known("small", connections=1)(size.seconds / 2))
        large.append(loads.known("large", connections=1)(size.seconds / 2))
    before, after = (statistics.median(run.p50 for run in some) for some in (small, large))
    print(
        f"p50 of one at a time: pool of 200 {before:.2f} ms, of {size.large:,} "
        f"{after:.2f} ms: {after / before:.2f}x"
    )
    doubles, empty = disturbances.in_flight(loads.url, "large", 64, size.in_flight)
    print(
        f"64 in flight, {size.in_flight:,} new visitors: {doubles} doubles, {empty} empty answers",
        flush=True,
    )


def of_neighbors(loads: Loads, engine: Engine, size: Size) -> None:
    """What number requests take while something else goes on."""
    gentle = loads.known(connections=8, pause_ms=20)
    alone = gentle(size.seconds)
    beside_callbacks(loads, engine, gentle, size.seconds)
    with disturbances.hanging_pops(f"{loads.url}/pbx/hangs/{SECRET}/screen-pop", 20):
        beside_crm = gentle(size.seconds)
    disturbances.add_calls(engine, size.calls)
    with disturbances.report_viewers(loads.url, engine, 4) as viewed:
        beside_report = gentle(size.seconds)
    for name, run in (
        ("alone", alone),
        ("20 pops wait for a CRM that hangs", beside_crm),
        (f"4 viewers, {size.calls:,} calls ({viewed.count} pages)", beside_report),
    ):
        print(
            f"number requests, {name:<44}{run.rate:>6.0f}/s  p50 {run.p50:6.1f} ms  p99 "
            f"{run.p99:6.1f} ms"
        )


def beside_callbacks(loads: Loads, engine: Engine, number: Load, seconds: float) -> None:
    """Callback requests, and number requests at the same pace before them and while they go on."""
    with calling_back.prompt_pbx() as pbx_url:
        calling_back.switch_on(engine, pbx_url)
        time.sleep(1.5)  # until every process has seen it

        def asking(mark: str) -> Run:
            # wrk may go on for its whole second, however few seconds it is given
            tokens = calling_back.forms(loads.url, round(150 * max(1.0, seconds)), mark)
            return loads.sending(
                lambda _: calling_back.callback(tokens, mark), connections=4, pause_ms=40
            )(seconds)

        runs = {
            "number request, at this pace": loads.known(connections=4, pause_ms=40)(seconds),
            "callback request, PBX answers at once": asking("a"),
        }
        with ThreadPoolExecutor(1) as pool:
            numbers = pool.submit(lambda: [number(seconds), number(seconds)])
            runs["callback request, numbers asked beside"] = asking("b")
            runs["number requests meanwhile"] = numbers.result()[1]
    for name, run in runs.items():
        tell(name, run)


def tell(name: str, run: Run) -> None:
    failed = f"  FAILED {run.failed}" if run.failed else ""
    print(
        f"{name:<38}{run.rate:>8.0f}/s  p50 {run.p50:6.1f} ms  p99 {run.p99:6.1f} ms{failed}",
        flush=True,
    )


if __name__ == "__main__":
    main()
