"""Write a synthetic call-tracking world as two files:
what an engine may see and what only the scorer sees."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from tests.accuracy.population import (
    DAY,
    OFFLINE,
    REGION_SHARE,
    SOURCES,
    STRAY,
    Columns,
    Settings,
    draw_world,
)

Event = dict[str, Any]

EVENT_ORDER = (
    "visit",
    "known_phone",
    "engaged",
    "tap",
    "hide",
    "leave",
    "call",
)  # among equal times


def rows(columns: Columns) -> Iterator[dict[str, Any]]:
    for values in zip(*(column.tolist() for column in columns.values()), strict=True):
        yield dict(zip(columns, values, strict=True))


def visit_events(visits: Columns, topics: bool) -> Iterator[Event]:
    """Yield what a page can report, when it can: engagement is never told ahead of time."""
    introduced: set[int] = set()
    for visit, row in enumerate(rows(visits)):
        start, end, cookie = row["start"], row["hidden_at"], row["cookie"]
        yield {
            "t": start,
            "type": "visit",
            "visit": visit,
            "visitor": cookie,
            "source": SOURCES[row["source"]][0],
            "device": "mobile" if row["mobile"] else "desktop",
            "region": row["region"],
            "topic": row["topic"] if topics else None,
            "bot": row["declares_bot"],
            "sees_number": row["sees_number"],
        }
        if row["phone_known"] and cookie not in introduced:
            introduced.add(cookie)
            yield {
                "t": start,
                "type": "known_phone",
                "visitor": cookie,
                "phone": row["person"],
                "signed": True,
            }
        engaged_at = start + min(60 * row["pace"], 0.6 * row["visible"])
        browsing_at = min(start + 15 * row["pace"], engaged_at)
        for level, t in ((1, browsing_at), (2, engaged_at)):
            if row["level"] >= level:
                yield {"t": t, "type": "engaged", "visit": visit, "level": level}
        if row["saved"]:
            yield {"t": end, "type": "engaged", "visit": visit, "level": 3}
        if row["tap"] > 0:
            yield {"t": row["tap"], "type": "tap", "visit": visit}
        if row["closed_at"] > end:
            yield {"t": end, "type": "hide", "visit": visit}
        yield {"t": row["closed_at"], "type": "leave", "visit": visit}


def call_events(calls: Columns, topics: bool) -> Iterator[Event]:
    for call, row in enumerate(rows(calls)):
        special = {STRAY: {"stray": round(row["stray_did"], 6)}, OFFLINE: {"fallback": True}}
        yield {
            "t": row["t"],
            "type": "call",
            "call": call,
            "dials": special.get(row["visit"], {"visit": row["visit"]}),
            "phone": row["phone"] if row["phone"] >= 0 else None,
            "region": row["region"] if row["region"] >= 0 else None,
            "topic": row["topic"] if topics else None,
            "answered": row["answered"],
        }


def pseudonyms(events: list[Event]) -> dict[int, str]:
    """Rename visitors and phones by order of appearance, which says nothing about who is who."""
    visitors: dict[int, str] = {}
    phones: dict[int, str] = {}
    for event in events:
        if "visitor" in event:
            event["visitor"] = visitors.setdefault(event["visitor"], f"u{len(visitors) + 1}")
        if event.get("phone") is not None:
            event["phone"] = phones.setdefault(event["phone"], f"+97250{len(phones) + 1:07}")
    return visitors


def truth(visits: Columns, calls: Columns, visitors: dict[int, str]) -> Iterator[Event]:
    people = dict(zip(visits["cookie"].tolist(), visits["person"].tolist(), strict=True))
    yield from ({"visitor": name, "person": people[cookie]} for cookie, name in visitors.items())
    for call, row in enumerate(rows(calls)):
        visit = row["visit"]
        if visit < 0:
            yield {"call": call, "kind": "stray" if visit == STRAY else "offline"}
            continue
        yield {
            "call": call,
            "kind": "visitor",
            "person": int(visits["person"][visit]),
            "source": SOURCES[visits["source"][visit]][0],
            "visit": visit,
            "delay": round(row["t"] - float(visits["hidden_at"][visit]), 3),
            "repeat": row["repeat"],
        }


def write(path: Path, lines: Iterable[Event]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for option in fields(Settings):
        kind = (
            {"action": "store_true"} if option.default is False else {"type": type(option.default)}
        )
        parser.add_argument(
            "--" + option.name.replace("_", "-"), default=option.default, **option.metadata, **kind
        )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for trace.jsonl and truth.jsonl"
    )
    arguments = vars(parser.parse_args())
    out: Path = arguments.pop("out")
    s = Settings(**arguments)
    if s.dids < 1 or s.load <= 0 or not 0 <= s.warm_up < s.days:
        parser.error(
            "needs at least one number, a positive load, and a warm-up shorter than the days"
        )
    visits, calls = draw_world(s)
    events = [*visit_events(visits, s.topic), *call_events(calls, s.topic)]
    events = [event | {"t": round(event["t"], 3)} for event in events if event["t"] < s.days * DAY]
    events.sort(key=lambda event: (event["t"], EVENT_ORDER.index(event["type"])))
    visitors = pseudonyms(events)
    header = {
        "version": 1,
        "dids": s.dids,
        "days": s.days,
        "warm_up_s": s.warm_up * DAY,
        "region_weights": [round(share, 4) for share in REGION_SHARE.tolist()],
        "sources": [{"name": name, "paid": paid} for name, paid, _, _ in SOURCES],
    }
    out.mkdir(parents=True, exist_ok=True)
    write(out / "trace.jsonl", [header, *events])
    write(out / "truth.jsonl", [{"settings": asdict(s)}, *truth(visits, calls, visitors)])


if __name__ == "__main__":
    main()
