"""Score an engine's decisions against the truth of a world."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.accuracy.decisions import (
    FOREVER,
    BadDecisions,
    Decisions,
    Line,
    Trace,
    read,
    read_decisions,
    read_trace,
)

THRESHOLDS = (0.0, 0.8)
DELAYS = {"<= 60 s": 60.0, "<= 1 h": 3600.0, "1-24 h": 86400.0, "1-7 d": 604800.0, "> 7 d": FOREVER}


@dataclass(frozen=True)
class Verdict:
    """One decision beside the truth; the likeliest visitor and source are each weighed against
    nobody."""

    caused: bool  # by a visit; strays and off-line customers are not
    source: str
    delay: float
    repeat: int
    p: float
    matched: bool
    right: bool
    source_p: float
    source_matched: bool
    source_right: bool


def judge(truth: Line, decision: Line, people: dict[str, int]) -> Verdict:
    nobody = decision["nobody"]
    visitor, p = max(
        ((c["visitor"], c["p"]) for c in decision["candidates"]),
        key=lambda c: c[1],
        default=("", -1.0),
    )
    source, source_p = max(
        decision["sources"].items(), key=lambda item: item[1], default=("", -1.0)
    )
    caused, matched = truth["kind"] == "visitor", p >= nobody
    return Verdict(
        caused=caused,
        source=truth.get("source", ""),
        delay=truth.get("delay", 0.0),
        repeat=truth.get("repeat", 0),
        p=max(p, nobody),
        matched=matched,
        right=matched and people[visitor] == truth["person"] if caused else not matched,
        source_p=source_p,
        source_matched=source_p >= nobody,
        source_right=caused and source == truth["source"],
    )


def percent(part: float, whole: int) -> float:
    return round(100 * part / max(1, whole), 2)


def at_threshold(threshold: float, web: list[Verdict], rest: list[Verdict]) -> Line:
    named = [v for v in web if v.matched and v.p >= threshold]
    sourced = [v for v in web if v.source_matched and v.source_p >= threshold]
    right, source_right = sum(v.right for v in named), sum(v.source_right for v in sourced)
    return {
        "visitor right": percent(right, len(web)),
        "visitor wrong": percent(len(named) - right, len(web)),
        "visitor unmatched": percent(len(web) - len(named), len(web)),
        "campaign right": percent(source_right, len(web)),
        "campaign wrong": percent(len(sourced) - source_right, len(web)),
        "strays and off-line attributed": percent(
            sum(v.matched and v.p >= threshold for v in rest), len(rest)
        ),
    }


def by_delay(web: list[Verdict]) -> Line:
    groups, low = {}, -FOREVER
    for name, high in DELAYS.items():
        groups[name], low = [v for v in web if not v.repeat and low < v.delay <= high], high
    groups["repeats"] = [v for v in web if v.repeat]
    return {
        name: {"calls": len(g), "right": percent(sum(v.right for v in g), len(g))}
        for name, g in groups.items()
    }


def calibration(verdicts: list[Verdict]) -> Line:
    bins = [[v for v in verdicts if min(int(v.p * 10), 9) == tenth] for tenth in range(10)]
    sums = [[len(b), round(sum(v.p for v in b), 3), sum(v.right for v in b)] for b in bins]
    return {
        "ECE": percent(sum(abs(stated - true) for _, stated, true in sums), len(verdicts)),
        "Brier": round(sum((v.p - v.right) ** 2 for v in verdicts) / max(1, len(verdicts)), 4),
        "bins (calls, stated, true)": sums,
    }


def double_holds(trace: Trace, decisions: Decisions) -> int:
    """Count the visits that got a number which another visitor's visible page was showing."""
    showing: dict[Any, list[tuple[float, str]]] = {}
    count = 0
    for visit, event in trace.visits.items():
        if (did := decisions.visits[visit]["did"]) is not None:
            live = [page for page in showing.get(did, []) if page[0] > event["t"]]
            count += any(visitor != event["visitor"] for _, visitor in live)
            showing[did] = [*live, (trace.visible_until.get(visit, FOREVER), event["visitor"])]
    return count


def score(trace: Trace, truths: Iterable[Line], decisions: Decisions) -> Line:
    """Return every figure, in percent where it is a share."""
    warm_up, people, verdicts, booked = trace.header["warm_up_s"], {}, [], Counter[str]()
    for truth in truths:
        if "visitor" in truth:
            people[truth["visitor"]] = truth["person"]
        elif "call" in truth and trace.calls[truth["call"]]["t"] >= warm_up:
            decision = decisions.calls[truth["call"]]
            verdicts.append(judge(truth, decision, people))
            booked.update(decision["sources"])
    web, rest = [v for v in verdicts if v.caused], [v for v in verdicts if not v.caused]
    true = Counter(v.source for v in web)
    asking = [
        visit
        for visit, e in trace.visits.items()
        if e["t"] >= warm_up and e["sees_number"] and not e["bot"]
    ]
    return {
        "calls of visitors": len(web),
        "strays and off-line": len(rest),
        **{f"at {threshold:g}": at_threshold(threshold, web, rest) for threshold in THRESHOLDS},
        "first calls by delay": by_delay(web),
        "campaign totals error": percent(
            sum(abs(booked[s] - true[s]) for s in booked.keys() | true.keys()), len(web)
        ),
        **calibration(verdicts),
        "overflow": percent(
            sum(decisions.visits[visit]["did"] is None for visit in asking), len(asking)
        ),
        "double holds": double_holds(trace, decisions),
    }


def table(result: Line, indent: str = "") -> str:
    lines = []
    for name, value in result.items():
        nested = isinstance(value, dict)
        lines.append(
            f"{indent}{name}\n{table(value, indent + '  ')}"
            if nested
            else f"{indent}{name:<34}{value}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds trace.jsonl and truth.jsonl")
    parser.add_argument("decisions", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    trace = read_trace(arguments.folder / "trace.jsonl")
    try:
        decisions = read_decisions(arguments.decisions, trace)
    except BadDecisions as error:
        sys.exit(f"invalid decisions: {error}")
    result = score(trace, read(arguments.folder / "truth.jsonl"), decisions)
    print(json.dumps(result) if arguments.json else table(result))


if __name__ == "__main__":
    main()
