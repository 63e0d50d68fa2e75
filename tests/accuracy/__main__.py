"""Generate worlds, run `leadtracker simulate` on them, score, plan, print a table:
`make accuracy`; keeps no file."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from leadtracker.errors import TooFewVisits
from leadtracker.records.database import open_database
from tests.accuracy.decisions import Line, Trace, read, read_decisions, read_trace
from tests.accuracy.planner import compared
from tests.accuracy.score import score
from tests.accuracy.table import bins, delays, table

WORLDS = ("typ-0.3", "typ-0.6", "typ-2.0", "levers-0.6")
LEVERS = ("--topic", "--known", "0.2", "--intent", "0.3")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument(
        "worlds",
        nargs="*",
        default=WORLDS,
        help=f"mix-load: {', '.join(WORLDS)}; opt-2.0, long-0.3, ...",
    )
    parser.add_argument("--seeds", default="1,2,3", help="1,2,3 or 1-10 (default 1,2,3)")
    parser.add_argument("--dids", type=int, default=40)
    parser.add_argument("--days", type=int, default=56)
    parser.add_argument(
        "--options", default="", help="more for every world, such as '--bots 0.4 --profile flat'"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one small world, to see that all still runs"
    )
    wanted = parser.parse_args()
    seeds = list(_seeds(wanted.seeds))
    worlds = [(world, seeds) for world in wanted.worlds]
    dids, days = wanted.dids, wanted.days
    if wanted.quick:
        worlds, dids, days = [("typ-0.6", seeds[:1])], 3, 24
    common = ["--dids", str(dids), "--days", str(days), *shlex.split(wanted.options)]
    results: dict[str, list[Line]] = {}
    for world, of_world in worlds:
        for seed in of_world:
            results.setdefault(world, []).append(_result(world, seed, common))
    for part in (table, delays, bins):
        print(f"\n{part(results)}")


def _seeds(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _result(world: str, seed: int, common: list[str]) -> Line:
    mix, load = world.split("-")
    kind = ["--mix", "typ", *LEVERS] if mix == "levers" else ["--mix", mix]
    with tempfile.TemporaryDirectory(prefix="leadtracker-accuracy-") as name:
        folder = Path(name)
        _run(
            "tests.accuracy.world",
            "--seed",
            str(seed),
            "--load",
            load,
            *kind,
            *common,
            "--out",
            name,
        )
        begun = time.monotonic()
        kept, decided = f"sqlite:///{folder}/kept.sqlite", str(folder / "decisions.jsonl")
        _run(
            "leadtracker", "simulate", str(folder / "trace.jsonl"), "--out", decided, "--keep", kept
        )
        seconds = time.monotonic() - begun
        trace = read_trace(folder / "trace.jsonl")
        decisions = read_decisions(folder / "decisions.jsonl", trace)
        result = score(trace, read(folder / "truth.jsonl"), decisions)
        result["planned"] = _planned(kept, trace, result["at 0"]["visitor right"])
    right, planned = result["at 0"]["visitor right"], result["planned"]
    expected = "too few visits to plan" if planned is None else f"{planned:.1f} planned"
    said = (
        f"{world} seed {seed}: {len(trace.visits)} visits, {seconds:.0f} s, right "
        f"{right:.1f} %, {expected}"
    )
    print(said, file=sys.stderr, flush=True)
    return result


def _planned(kept: str, trace: Trace, right: float) -> float | None:
    """The product's own plan for the scored days, in percent;
    None when they have too few visits to plan from."""
    engine = open_database(kept)
    try:
        return compared(
            engine, "trace", right, trace.header["days"] - trace.header["warm_up_s"] / 86400
        ).planned
    except TooFewVisits:
        return None
    finally:
        engine.dispose()


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


if __name__ == "__main__":
    main()
