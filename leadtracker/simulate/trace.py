"""Read a trace: one JSON object per line, a header and then what happened, in time order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import orjson

from leadtracker.domain import Json
from leadtracker.errors import TraceFault

VERSION = 1
MOST_DIDS = 20_000
MOST_DAYS = 3660
ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
Check = Callable[[Any], bool]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _counted(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _category(value: Any) -> bool:
    return value is None or _counted(value)


def _visitor(value: Any) -> bool:
    return isinstance(value, str) and ID.match(value) is not None


def _source(value: Any) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= 100:
        return False
    return "|" not in value and value.isprintable()


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 64


def _phone(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 32


def _dials(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    if "stray" in value:
        return _number(value["stray"]) and 0 <= value["stray"] < 1
    return value.get("fallback") is True or _counted(value.get("visit"))


FIELDS: Mapping[str, Mapping[str, tuple[Check, str]]] = MappingProxyType(
    {
        "visit": {
            "visit": (_counted, "a number of its own"),
            "visitor": (_visitor, "1 to 64 letters, digits, - or _"),
            "source": (_source, "1 to 100 printable characters without |"),
            "device": (lambda value: value in ("mobile", "desktop"), "mobile or desktop"),
            "region": (_category, "a number or null"),
            "topic": (_category, "a number or null"),
            "bot": (_flag, "true or false"),
            "sees_number": (_flag, "true or false"),
        },
        "engaged": {
            "visit": (_counted, "a visit"),
            "level": (lambda value: value in (1, 2, 3), "1, 2 or 3"),
        },
        "tap": {"visit": (_counted, "a visit")},
        "hide": {"visit": (_counted, "a visit")},
        "leave": {"visit": (_counted, "a visit")},
        "known_phone": {
            "visitor": (_visitor, "1 to 64 letters, digits, - or _"),
            "phone": (_phone, "a phone as text"),
        },
        "call": {
            "call": (_counted, "a number of its own"),
            "dials": (_dials, 'one of {"visit": number}, {"stray": 0 to 1}, {"fallback": true}'),
            "phone": (lambda value: value is None or _phone(value), "a phone as text, or null"),
            "region": (_category, "a number or null"),
            "topic": (_category, "a number or null"),
            "answered": (_flag, "true or false"),
        },
    }
)


OPTIONAL: Mapping[str, Mapping[str, tuple[Check, str]]] = MappingProxyType(
    {
        "known_phone": {
            "signed": (_flag, "true or false"),
            "network": (_text, "a text"),
        },
        "tap": {"network": (_text, "a text")},
    }
)


class Trace:
    """A trace file: `dids` and `days` of its header, and its events by iterating, each checked.

    `read_share` is the share read so far, 0 to 1. Raises TraceFault with the line's number and what
    is wrong with it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.read_share = 0.0
        try:
            with path.open("rb") as file:
                header = self._object(1, file.readline())
        except OSError as fault:
            raise TraceFault(f"{path}: {fault.strerror}") from fault
        if header.get("version") != VERSION:
            raise self._fault(1, f"its header must say version {VERSION}")
        if not _counted(header.get("dids")) or not 1 <= header["dids"] <= MOST_DIDS:
            raise self._fault(1, f"its header must say dids, 1 to {MOST_DIDS}")
        if not _counted(header.get("days")) or not 1 <= header["days"] <= MOST_DAYS:
            raise self._fault(1, f"its header must say days, 1 to {MOST_DAYS}")
        self.dids: int = header["dids"]
        self.days: int = header["days"]

    def __iter__(self) -> Iterator[Json]:
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            done = len(file.readline())
            yield from self._events(file, size, done)

    def _events(self, file: BinaryIO, size: int, done: int) -> Iterator[Json]:
        now = 0.0
        visits: set[int] = set()
        calls: set[int] = set()
        for line, text in enumerate(file, 2):
            event = self._object(line, text)
            self._check_fields(line, event)
            t: Any = event.get("t")
            kind = event["type"]
            if not _number(t) or not now <= t <= MOST_DAYS * 86400:
                raise self._fault(
                    line, f"t is {t!r}: it must be seconds, and not before the line above ({now})"
                )
            now = t
            if kind in ("visit", "call"):
                seen = {"visit": visits, "call": calls}[kind]
                if event[kind] in seen:
                    raise self._fault(line, f"{kind} {event[kind]} is there twice")
                seen.add(event[kind])
            meant = event["dials"].get("visit") if kind == "call" else event.get("visit")
            if meant is not None and meant not in visits:
                raise self._fault(line, f"visit {meant} has not begun")
            done += len(text)
            self.read_share = done / size
            yield event

    def _check_fields(self, line: int, event: Json) -> None:
        fields = FIELDS.get(event.get("type", ""))
        if fields is None:
            raise self._fault(
                line, f"type is {event.get('type')!r}: it must be one of {', '.join(FIELDS)}"
            )
        for name, (is_right, shape) in fields.items():
            if name not in event:
                raise self._fault(line, f"a {event['type']} needs {name}")
            self._check(line, event, name, is_right, shape)
        for name, (is_right, shape) in OPTIONAL.get(event["type"], {}).items():
            if name in event:
                self._check(line, event, name, is_right, shape)

    def _check(self, line: int, event: Json, name: str, is_right: Check, shape: str) -> None:
        if not is_right(event[name]):
            raise self._fault(line, f"{name} is {event[name]!r}: it must be {shape}")

    def _object(self, line: int, text: bytes) -> Json:
        try:
            event = orjson.loads(text)
        except orjson.JSONDecodeError as fault:
            raise self._fault(line, f"it is not JSON ({fault})") from fault
        if not isinstance(event, dict):
            raise self._fault(line, "it is not a JSON object")
        return event

    def _fault(self, line: int, what: str) -> TraceFault:
        return TraceFault(f"{self._path} line {line}: {what}")
