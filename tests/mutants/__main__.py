"""Plant small faults, one at a time, and say which no test notices: `make mutants`."""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import closing
from pathlib import Path

from tests.mutants import by_hand, reach, sample, scope
from tests.mutants.by_hand import FaultByHand
from tests.mutants.copied_tree import CopiedTree, copied_trees
from tests.mutants.reach import Reach
from tests.mutants.report import Result
from tests.mutants.trial import Chosen, Lost, Trial, Trials

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".mutants"
HERE = Path(__file__).parent


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--draw", type=int, metavar="SEED", help="write a new sample, run nothing")
    parser.add_argument(
        "--renew", type=int, metavar="SEED", help="draw others for those not found again"
    )
    parser.add_argument("--seed", type=int, help="run another sample, which is not kept")
    parser.add_argument("--only", default="", metavar="TEXT", help="only faults that mention this")
    parser.add_argument("--first", type=int, metavar="N", help="only the first N of them")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    parser.add_argument("--tests", nargs="+", default=[], help="only these files or folders")
    return parser.parse_args()


def _chosen(options: argparse.Namespace, sources: dict[str, str]) -> list[Chosen]:
    drawn = sample.read() if options.seed is None else sample.draw(sources, options.seed)
    listed: list[Chosen] = [*drawn, *by_hand.read(HERE)]
    for fault in listed:
        if isinstance(fault, FaultByHand):
            by_hand.plant(fault, ROOT)  # an entry that does not fit is told before the long run
    return [fault for fault in listed if options.only in str(fault)][: options.first]


def _learned(options: argparse.Namespace, copy: CopiedTree) -> Reach:
    if reach.is_known(FOLDER, ROOT, options.tests):
        print("Which tests reach which line is known from an earlier run.", flush=True)
    else:
        print("Running the tests once to learn which of them reach which line ...", flush=True)
        reach.learn(copy, ROOT, FOLDER, options.tests, options.jobs)
    known = Reach(FOLDER, ROOT)
    for test in sorted(known.failed):
        print(f"Left out, since it fails without any fault: {test}")
    return known


def _run(options: argparse.Namespace, sources: dict[str, str], parts: dict[str, str]) -> Result:
    chosen = _chosen(options, sources)
    done: list[Trial] = []
    lost: list[Lost] = []
    with copied_trees(ROOT, options.jobs) as copies:
        trials = Trials(ROOT, sources, _learned(options, copies[0]))
        with closing(trials.all(chosen, copies)) as ended:
            for number, trial in enumerate(ended, 1):
                if isinstance(trial, Lost):
                    lost.append(trial)
                else:
                    done.append(trial)
                noticed = sum(one.noticed for one in done)
                print(f"{number} of {len(chosen)}, {noticed} noticed: {trial}", flush=True)
    return Result(done, lost, parts)


def main() -> int:
    options = _options()
    parts = scope.modules(ROOT)
    sources = {module: (ROOT / module).read_text() for module in parts}
    if options.draw is not None:
        drawn = sample.draw(sources, options.draw)
        sample.write(drawn, f"--draw {options.draw}")
        print(f"{len(drawn)} faults are now in {sample.FILE.relative_to(ROOT)}.")
        return 0
    if options.renew is not None:
        kept = sample.read()
        renewed = sample.renew(kept, sources, options.renew)
        sample.write(renewed, f"--renew {options.renew}")
        print(f"{len(set(renewed) - set(kept))} of {len(renewed)} faults are others now.")
        return 0
    FOLDER.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        result = _run(options, sources, parts)
    except KeyboardInterrupt:
        print("Stopped.")
        return 130
    (FOLDER / "report.md").write_text(f"# Planted faults\n\n{result.text()}\n")
    print(f"\n{result.summary()}\nThe whole report is in .mutants/report.md.")
    return 0 if result.is_enough() else 1


if __name__ == "__main__":
    sys.exit(main())
