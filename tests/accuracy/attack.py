"""Forged visitors, phones and taps against 100 honest visitors: what names do agents see?

`python -m tests.accuracy.attack` replays each world without and with the attack, through the
product's own code. An attacker knows every honest phone. From an address for each ten forged
visitors they post pages that claim such a phone, or tap the default number just before its calls.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from leadtracker.domain import Json
from leadtracker.matching.posterior import CERTAIN
from leadtracker.records.database import throwaway_database
from leadtracker.simulate.replay import Replay
from leadtracker.simulate.stores import BEGIN, open_stores

HONEST, NUMBERS, DAY, HOUR = 100, 40, 86400.0, 3600.0
FORGED = (1, 10, 100, 1000)
ORDINARY = "ordinary"  # no attack: as many more visitors, who claim nothing and never call
KINDS = ("visitors", "phones", "taps", ORDINARY)
OF_ADDRESS = 10  # forged visitors
ORDER = ("visit", "known_phone", "engaged", "tap", "leave", "call")
MOST_PLANTED, MOST_LOST = 0.5, 2.0  # percent of the honest calls; points

Events = list[Json]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Percent of the honest calls."""

    right: float  # right and certain
    planted: float  # a forged visitor is certain


def visit(t: float, number: int, visitor: str, sees_number: bool = True) -> Json:
    where: Json = {"source": "google / cpc", "device": "mobile", "region": number % 10}
    flags: Json = {"topic": None, "bot": False, "sees_number": sees_number}
    return {"t": t, "type": "visit", "visit": number, "visitor": visitor} | where | flags


def phone_of(honest: int) -> str:
    return f"+97250{honest:07}"


def honest_world(chance: random.Random) -> Events:
    """Each calls once: six in ten during the visit, two by a tapped default number, two later."""
    events: Events = []
    for n in range(HONEST):
        begun = HOUR + chance.random() * 20 * HOUR
        how = n % 10
        on_default = how in (6, 7)
        home = {"network": f"home{n}"}
        events.append(visit(begun, n, f"honest{n}", sees_number=not on_default) | home)
        events.append({"t": begun + 20, "type": "engaged", "visit": n, "level": 1})
        call = {"type": "call", "call": n, "phone": phone_of(n), "region": n % 10, "topic": None}
        call |= {"answered": True, "dials": {"fallback": True} if on_default else {"visit": n}}
        at = begun + 60 + chance.random() * 60
        if on_default:
            events.append({"t": at - 8, "type": "tap", "visit": n} | home)
        events.append({"t": begun + 240, "type": "leave", "visit": n})
        if how > 7:
            at = begun + 240 + chance.random() * 2 * HOUR
        events.append({"t": at} | call)
    return events


def forged(kind: str, count: int, honest: Events, chance: random.Random) -> Events:
    """What so many forged visitors do; phones are claimed by all kinds but taps."""
    events: Events = []
    calls = [event for event in honest if event["type"] == "call"]
    to_default = [call["t"] for call in calls if "fallback" in call["dials"]]
    for n, call in zip(range(count), itertools.cycle(calls), strict=False):
        number, who = HONEST + n, f"forged{n}"
        address = {"network": f"attacker{n // OF_ADDRESS}"}
        begun = max(0.0, call["t"] - 90 - chance.random() * HOUR)
        if kind == "taps":
            tapped = to_default[n // OF_ADDRESS % len(to_default)] - 5
            events.append(visit(tapped - 2, number, who, sees_number=False) | address)
            events.append({"t": tapped - 1, "type": "engaged", "visit": number, "level": 1})
            events.append({"t": tapped, "type": "tap", "visit": number} | address)
            continue
        events.append(visit(begun, number, who, sees_number=kind != "phones") | address)
        events.append({"t": begun + 30, "type": "engaged", "visit": number, "level": 2})
        if kind != ORDINARY:
            told = {"type": "known_phone", "visitor": who, "phone": call["phone"]} | address
            events.append({"t": begun + 31} | told)
        events.append({"t": begun + 180, "type": "leave", "visit": number})
    return events


def outcome(events: Events) -> Outcome:
    numbers = tuple(f"+9725{n:08}" for n in range(NUMBERS))
    ordered = sorted(events, key=lambda event: (event["t"], ORDER.index(event["type"])))
    right = planted = 0
    with open_stores(throwaway_database(), numbers, BEGIN) as stores:
        for decision in Replay(stores, numbers).decide(ordered):
            if "call" not in decision or not decision["candidates"]:
                continue
            first = decision["candidates"][0]
            if first["p"] >= CERTAIN:
                right += first["visitor"] == f"honest{decision['call']}"
                planted += first["visitor"].startswith("forged")
    return Outcome(100 * right / HONEST, 100 * planted / HONEST)


def mean(outcomes: list[Outcome]) -> Outcome:
    count = len(outcomes)
    return Outcome(
        sum(each.right for each in outcomes) / count,
        sum(each.planted for each in outcomes) / count,
    )


def rows(kinds: tuple[str, ...], counts: tuple[int, ...], seeds: int) -> Iterator[str]:
    """A table, one line for each attack; it says where a promise is missed."""
    worlds = [honest_world(random.Random(seed)) for seed in range(seeds)]
    calm = mean([outcome(world) for world in worlds])
    yield "| attack | forged | right and certain, % | planted and certain, % |"
    yield "| --- | --- | --- | --- |"
    yield f"| none | 0 | {calm.right:.1f} | {calm.planted:.1f} |"
    for kind in kinds:
        for count in counts:
            attacked = mean(
                [
                    outcome([*world, *forged(kind, count, world, random.Random(seed))])
                    for seed, world in enumerate(worlds)
                ]
            )
            lost = " MISSED" if calm.right - attacked.right > MOST_LOST else ""
            named = " MISSED" if attacked.planted > MOST_PLANTED else ""
            shares = f"{attacked.right:.1f}{lost} | {attacked.planted:.1f}{named}"
            yield f"| {kind} | {count} | {shares} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy.attack", description=__doc__)
    parser.add_argument("kinds", nargs="*", default=KINDS, help=", ".join(KINDS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--counts", default=",".join(map(str, FORGED)))
    wanted = parser.parse_args()
    counts = tuple(map(int, wanted.counts.split(",")))
    for row in rows(tuple(wanted.kinds), counts, wanted.seeds):
        print(row, flush=True)


if __name__ == "__main__":
    main()
