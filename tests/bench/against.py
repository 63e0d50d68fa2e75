"""Whether this tree answers as fast as a commit: `python -m tests.bench --against COMMIT`.

Both run at the same time, each from its own tree with a folder and a Redis of its own, and are
asked in turn. The other tree may have other modules, so it is started and set up through the
command `leadtracker` alone.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.bench import disturbances
from tests.bench.load import Run, wait_for
from tests.bench.routes import NEW, Load, Loads, sites
from tests.patience import PATIENCE
from tests.served import TREE, Served

MOST = 0.03
RULE = f"""\
Rule: each pair asks this tree and the commit one after the other, and has a ratio of requests
a second. The spread is the half of these ratios that lies in the middle; noise is half its width.
A request differs when the ratio of the medians is further from 1 than {MOST} and the noise
together."""


@dataclass(frozen=True)
class Size:
    seconds: float
    seconds_new: float  # the pool must have numbers for the new visitors of all pairs
    pairs: int
    large: int  # numbers of that pool


WHOLE = Size(2.0, 0.6, 15, 30_000)
QUICK = Size(0.2, 0.1, 2, 1500)


@dataclass(frozen=True)
class Verdict:
    """Of the pairs of one request, this tree first."""

    name: str
    pairs: list[tuple[Run, Run]]

    def medians(self) -> tuple[float, float]:
        here, there = zip(*self.pairs, strict=True)
        return statistics.median(run.rate for run in here), statistics.median(
            run.rate for run in there
        )

    def ratio(self) -> float:
        here, there = self.medians()
        return here / there

    def spread(self) -> tuple[float, float]:
        low, _, high = statistics.quantiles(here.rate / there.rate for here, there in self.pairs)
        return low, high

    def differs(self) -> bool:
        low, high = self.spread()
        return abs(self.ratio() - 1) > MOST + (high - low) / 2

    def __str__(self) -> str:
        (here, there), (low, high) = self.medians(), self.spread()
        failed = sum(run.failed for pair in self.pairs for run in pair)
        said = (
            f"{self.name:<30}{here:>8.0f}/s {there:>8.0f}/s  ratio {self.ratio():.3f}  spread "
            f"{low:.3f} to {high:.3f}"
        )
        if failed:
            said += f"  FAILED {failed}"
        if self.differs():
            said += "  SLOWER" if self.ratio() < 1 else "  FASTER"
        return said


def measure(folder: Path, commit: str, size: Size) -> int:
    """The exit status: 1 when a request differs or fails."""
    with ExitStack() as stack:
        other = stack.enter_context(worktree(folder / "other", commit))
        trees = {"here": TREE, "there": other}
        here, there = (
            stack.enter_context(_serving(folder / name, tree, size.large))
            for name, tree in trees.items()
        )
        routes = zip(here.routes().items(), there.routes().values(), strict=True)
        verdicts = []
        print(f"{'':<30}{'this tree':>10} {commit[:10]:>10}")
        for (name, ours), theirs in routes:
            verdicts.append(Verdict(name, list(_pairs(ours, theirs, name == NEW, size))))
            print(verdicts[-1], flush=True)
            for loads in (here, there):
                _settle(loads)
    print(RULE)
    return int(any(verdict.differs() for verdict in verdicts))


def _pairs(ours: Load, theirs: Load, new: bool, size: Size) -> Iterator[tuple[Run, Run]]:
    """Every second pair begins with the other tree, so that neither always runs first."""
    seconds = size.seconds_new if new else size.seconds
    for load in (ours, theirs):
        load(seconds / 4)  # the first requests are slower
    for number in range(size.pairs):
        if number % 2:
            there = theirs(seconds)
            yield ours(seconds), there
        else:
            yield ours(seconds), theirs(seconds)


def _settle(loads: Loads) -> None:
    """Until its worker has read what came, else the next request is measured beside it;
    and numbers must be left."""
    while (
        '\nleadtracker_inbox{state="new"} 0.0\n'
        not in requests.get(f"{loads.url}/metrics", timeout=PATIENCE).text
    ):
        time.sleep(0.5)
    if not disturbances.ask(loads.url, "large", "finds-a-number-at-last")["lease"]:
        raise SystemExit(
            "The large pool ran out of numbers: new visitors were shown the default one."
        )


@contextmanager
def worktree(folder: Path, commit: str) -> Iterator[Path]:
    """A checkout of the commit, and no trace of it afterwards."""
    git = ["git", "-C", str(TREE), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


@contextmanager
def _serving(folder: Path, tree: Path, large: int) -> Iterator[Loads]:
    """The tree's `leadtracker serve` with the sites of the bench."""
    folder.mkdir()
    file = folder / "sites.toml"
    file.write_text(sites(large, crm_port=9))
    served = Served(folder, tree=tree, starts=False)
    served.command("site", "apply", str(file))
    served.start()
    try:
        wait_for(f"{served.url}/healthz")
        yield Loads(folder, served.url)
    finally:
        served.process.terminate()
        served.process.wait(PATIENCE)
