"""What a replay sends and when, told by stores that only write down; and what a trace may say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leadtracker.domain import Outcome, Touchpoint
from leadtracker.errors import TraceFault
from leadtracker.live import Asker, Grant, Told
from leadtracker.matching.evidence import Evidence
from leadtracker.matching.posterior import Candidate, Posterior
from leadtracker.records.told_phones import PAGE, SIGNED, ToldPhone
from leadtracker.records.verdicts import Judgment
from leadtracker.simulate.replay import Replay
from leadtracker.simulate.stores import BEGIN, _facts, begin_of
from leadtracker.simulate.trace import Trace
from leadtracker.who_called.ring import Ring

DIDS = ("+1", "+2", "+3", "+4")
POSTERIOR = Posterior((Candidate("dana", 0.7, {"a": 0.7}, "", ()),), 0.2, 0.1, {"a": 0.75})
Line = dict[str, Any]


class Notebook:
    """Stands for the stores and for Redis: writes down what it is asked."""

    def __init__(self, *granted: str) -> None:
        self.site, self.live, self.said, self.granted = "site", self, list[Any](), list(granted)

    def milliseconds(self, t: float) -> int:
        return round(t * 1000)

    def moment(self, t: float) -> datetime:
        return BEGIN + timedelta(seconds=t)

    @contextmanager
    def batch(self) -> Iterator[None]:
        self.said.append("batch")
        yield

    def acquire(self, site: str, asker: Asker, told: Told, **what: Any) -> Grant | None:
        self.said.append(("acquire", what["now"] / 1000, asker.visitor, asker.arrival))
        did = self.granted.pop(0)
        return Grant("leased", did, "l", 0, "pool") if did != "gone" else None

    def beat(self, site: str, **what: Any) -> None:
        state = what["state"], what["tapped"], what["level"]
        self.said.append(("beat", what["now"] / 1000, what["did"], *state))

    def tap_default(self, site: str, asker: Asker, latest: Touchpoint, **what: Any) -> None:
        self.said.append(("tap", what["now"] / 1000, what["lease"], what["network"], what["level"]))

    def pass_hour(self, t: float) -> None:
        self.said.append(("hour", t))

    def write_log(self) -> None:
        self.said.append("log")

    def tell_phone(self, visitor: str, told: ToldPhone) -> None:
        self.said.append(("phone", visitor, told))

    def judge(self, ring: Ring) -> Judgment:
        self.said.append(ring)
        return Judgment(Evidence(0.0, ring.did, ring.phone, 0, 0, 1.0), POSTERIOR, 1, 1)

    def displayed(self, judged: Judgment) -> Posterior:
        return judged.posterior

    def end(self, call: int, ring: Ring, judged: Judgment, answered: bool) -> None:
        self.said.append(("end", call, answered))


def visit(t: float, number: int, **more: Any) -> Line:
    values = {
        "visitor": f"v{number}",
        "source": "a",
        "device": "mobile",
        "region": None,
        "topic": 3,
    }
    seen = {"bot": False, "sees_number": True}
    return {"t": t, "type": "visit", "visit": number} | values | seen | more


def page(t: float, kind: str, number: int = 0, **more: Any) -> Line:
    return {"t": t, "type": kind, "visit": number} | more


def call(t: float, dials: Line, **more: Any) -> Line:
    values = {"phone": "+9", "region": 0, "topic": None, "answered": False}
    return {"t": t, "type": "call", "call": 5, "dials": dials} | values | more


def replayed(notebook: Notebook, *events: Line) -> list[Line]:
    stores: Any = notebook
    return list(Replay(stores, DIDS).decide(events))


def beats(notebook: Notebook) -> list[tuple[Any, ...]]:
    return [said[1:] for said in notebook.said if said[0] == "beat"]


def test_a_visible_page_is_heard_of_after_ten_seconds_and_then_every_half_minute() -> None:
    notebook = Notebook("+2")
    replayed(notebook, visit(5.0, 0), page(75.0, "hide"), page(200.0, "leave"))
    visible, hidden, left = (("+2", state, False, 0) for state in ("visible", "hidden", "left"))
    assert beats(notebook) == [
        (15.0, *visible),
        (45.0, *visible),
        (75.0, *visible),
        (75.0, *hidden),
        (200.0, *left),
    ]
    assert notebook.said[-1] == "log"


def test_what_the_page_says_at_once() -> None:
    notebook = Notebook("+2")
    replayed(
        notebook,
        visit(0.0, 0),
        page(1.0, "engaged", level=2),
        page(2.0, "engaged", level=1),
        page(3.0, "tap"),
        page(4.0, "engaged", level=3),
        page(5.0, "tap"),
    )
    said = [(at, tapped, level) for at, _, _, tapped, level in beats(notebook)]
    assert said == [(1, False, 2), (2, False, 2), (3, True, 2), (4, False, 3), (5, True, 3)]


def test_hours_pass_after_the_beats_before_them() -> None:
    notebook = Notebook("+2")
    replayed(notebook, visit(3550.0, 0), page(3600.0, "leave"), visit(7300.0, 1, bot=True))
    assert notebook.said[1:] == [
        "batch",
        ("beat", 3560.0, "+2", "visible", False, 0),
        ("beat", 3590.0, "+2", "visible", False, 0),
        ("hour", 3600.0),
        "batch",
        ("beat", 3600.0, "+2", "left", False, 0),
        ("hour", 7200.0),
        "log",
    ]


def test_visits() -> None:
    notebook = Notebook("+3", "", "gone", "+1")
    decided = replayed(
        notebook,
        visit(0.0, 0, region=2),
        visit(1.0, 1),
        visit(2.0, 2),
        visit(3.0, 3, bot=True),
        visit(4.0, 4, sees_number=False),
        visit(5.0, 5, bot=True, sees_number=False),
    )
    assert [(line["visit"], line["did"], line["reason"]) for line in decided] == [
        (0, 2, "leased, pool"),
        (1, None, "pool_empty"),
        (2, None, "pool_empty"),
        (3, None, "bot"),
        (4, None, "number not seen"),
        (5, None, "bot"),
    ]
    arrival = notebook.said[0][3]
    assert (arrival.source, arrival.device) == ("a", "mobile")
    assert (arrival.region, arrival.topic) == ("region 2", "topic 3")
    assert notebook.said[1][3].region == ""


def test_taps_on_pages_without_a_number() -> None:
    notebook = Notebook("")
    replayed(
        notebook,
        visit(0.0, 0),
        page(1.0, "tap"),
        page(2.0, "engaged", level=2),
        page(9.0, "tap", network="n"),
        page(9.5, "hide"),
    )
    assert [said for said in notebook.said if said[0] == "tap"] == [
        ("tap", 1.0, "0.1", "", 0),
        ("tap", 9.0, "0.2", "n", 2),
    ]
    assert beats(notebook) == []


@pytest.mark.parametrize(
    ("dials", "did", "index"),
    [
        ({"visit": 0}, "+2", 1),
        ({"visit": 1}, None, None),
        ({"fallback": True}, None, None),
        ({"stray": 0.0}, "+1", 0),
        ({"stray": 0.49}, "+2", 1),
        ({"stray": 0.99}, "+4", 3),
    ],
)
def test_calls(dials: Line, did: str | None, index: int | None) -> None:
    notebook = Notebook("+2")
    events = visit(0.0, 0), visit(0.0, 1, bot=True), page(1.0, "tap"), call(9.0, dials)
    decided = replayed(notebook, *events)[-1]
    ring = Ring(BEGIN + timedelta(seconds=9), did, "+9", "", "region 0")
    assert notebook.said[1:] == [
        "batch",
        ("beat", 1.0, "+2", "visible", True, 0),
        ring,
        ("end", 5, False),
        "log",
    ]
    assert decided == {
        "call": 5,
        "did": index,
        "candidates": [{"visitor": "dana", "p": 0.7}],
        "nobody": 0.2,
        "other": 0.1,
        "sources": {"a": 0.75},
    }


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({}, ToldPhone("+9", PAGE, "")),
        ({"signed": False, "network": "n"}, ToldPhone("+9", PAGE, "n")),
        ({"signed": True}, ToldPhone("+9", SIGNED, "")),
    ],
)
def test_a_phone_that_is_told(how: Line, told: ToldPhone) -> None:
    notebook = Notebook()
    replayed(notebook, {"t": 1.0, "type": "known_phone", "visitor": "dana", "phone": "+9"} | how)
    assert notebook.said == [("phone", "dana", told), "log"]


@pytest.mark.parametrize(
    ("days", "now", "begin"),
    [
        (1, datetime(2026, 11, 18, 12, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)),
        (2, datetime(2026, 11, 18, 0, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)),
        (3, datetime(2026, 11, 18, 12, 30, 9, 7, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC)),
        (7, datetime(2026, 11, 16, 0, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC)),
    ],
)
def test_the_monday_on_which_a_trace_begins(days: int, now: datetime, begin: datetime) -> None:
    assert begin_of(days, now) == begin
    assert BEGIN.weekday() == 0


@pytest.mark.parametrize(
    ("answered", "outcome"), [(True, Outcome.ANSWERED), (False, Outcome.MISSED)]
)
def test_a_call_as_the_pbx_would_tell_it(answered: bool, outcome: Outcome) -> None:
    facts = _facts(Ring(BEGIN, None, "+9"), answered)
    assert (facts.outcome, facts.answered_at) == (outcome, BEGIN if answered else None)
    assert (facts.started_at, facts.caller, facts.did) == (BEGIN, "+9", "+97235551234")
    assert _facts(Ring(BEGIN, "+1", None), answered).did == "+1"


HEADER = {"version": 1, "dids": 2, "days": 1}
END = 3660 * 86400
TELLS: Line = {"t": 1, "type": "known_phone", "visitor": "a", "phone": "+9"}
FAULTY: list[tuple[Line, list[Line], str | None]] = [
    (HEADER | {"dids": 0}, [], "dids, 1 to 20000"),
    (HEADER | {"dids": 20_000}, [], None),
    (HEADER | {"dids": 20_001}, [], "dids, 1 to 20000"),
    (HEADER | {"dids": True}, [], "dids, 1 to 20000"),
    (HEADER | {"dids": 1.5}, [], "dids, 1 to 20000"),
    (HEADER | {"days": 0}, [], "days, 1 to 3660"),
    (HEADER | {"days": 3660}, [], None),
    (HEADER | {"days": 3661}, [], "days, 1 to 3660"),
    (HEADER, [visit(END, 0)], None),
    (HEADER, [visit(END + 1, 0)], "t is 316224001"),
    (HEADER, [visit(-1, 0)], "t is -1"),
    (HEADER, [visit(True, 0)], "t is True"),
    (HEADER, [visit(1.0, 0), visit(1.0, 1)], None),
    (HEADER, [visit(1, -1)], "visit is -1: it must be a number of its own"),
    (HEADER, [visit(1, True)], "visit is True"),
    (HEADER, [visit(1, 0, visitor="a" * 64)], None),
    (HEADER, [visit(1, 0, visitor="a" * 65)], "visitor is"),
    (HEADER, [visit(1, 0, visitor="")], "visitor is ''"),
    (HEADER, [visit(1, 0, visitor="a\n")], "visitor is 'a\\n'"),
    (HEADER, [visit(1, 0, visitor=7)], "visitor is 7"),
    (HEADER, [visit(1, 0, source="s" * 100)], None),
    (HEADER, [visit(1, 0, source="s" * 101)], "source is"),
    (HEADER, [visit(1, 0, source="")], "source is ''"),
    (HEADER, [visit(1, 0, source="a\tb")], "source is"),
    (HEADER, [visit(1, 0, region=0, topic=None)], None),
    (HEADER, [visit(1, 0, region=-1)], "region is -1: it must be a number or null"),
    (HEADER, [visit(1, 0, topic="x")], "topic is 'x'"),
    (HEADER, [visit(1, 0, bot=0)], "bot is 0: it must be true or false"),
    (HEADER, [visit(1, 0, sees_number=None)], "sees_number is None"),
    (HEADER, [visit(1, 0), page(2, "engaged", level=0)], "level is 0: it must be 1, 2 or 3"),
    (HEADER, [visit(1, 0), page(2, "engaged", level=3)], None),
    (HEADER, [visit(1, 0), page(2, "engaged", level=4)], "level is 4"),
    (HEADER, [visit(1, 0), page(2, "hide"), page(2, "leave"), page(2, "tap")], None),
    (HEADER, [call(1, {"stray": 0})], None),
    (HEADER, [call(1, {"stray": 1})], "dials is {'stray': 1}"),
    (HEADER, [call(1, {"stray": -0.1})], "dials is"),
    (HEADER, [call(1, {"stray": 0.5, "visit": 0})], "dials is"),
    (HEADER, [call(1, {"fallback": False})], "dials is"),
    (HEADER, [call(1, {"fallback": True})], None),
    (HEADER, [call(1, {})], "dials is {}"),
    (HEADER, [call(1, {"visit": -1})], "dials is"),
    (HEADER, [call(1, {"fallback": True}), call(2, {"fallback": True})], "call 5 is there twice"),
    (HEADER, [call(1, {"fallback": True}, phone=None)], None),
    (HEADER, [call(1, {"fallback": True}, phone="9" * 32)], None),
    (HEADER, [call(1, {"fallback": True}, phone="9" * 33)], "phone is"),
    (HEADER, [call(1, {"fallback": True}, phone="")], "phone is ''"),
    (HEADER, [call(1, {"fallback": True}, answered=1)], "answered is 1"),
    (HEADER, [{"t": 1, "type": "known_phone", "visitor": "a"}], "a known_phone needs phone"),
    (HEADER, [TELLS | {"signed": True, "network": "n" * 64}], None),
    (HEADER, [TELLS | {"signed": 1}], "signed is 1: it must be true or false"),
    (HEADER, [TELLS | {"network": "n" * 65}], "network is"),
    (HEADER, [visit(1, 0), page(2, "tap", network="n")], None),
    (HEADER, [visit(1, 0), page(2, "tap", network=7)], "network is 7: it must be a text"),
    (HEADER, [visit(1, 0), page(2, "leave", 1)], "line 3: visit 1 has not begun"),
]


@pytest.mark.parametrize(("header", "events", "fault"), FAULTY)
def test_what_a_trace_may_say(
    tmp_path: Path, header: Line, events: list[Line], fault: str | None
) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in (header, *events)))
    if fault is None:
        trace = Trace(path)
        assert (trace.dids, trace.days, trace.read_share) == (header["dids"], header["days"], 0.0)
        assert list(trace) == events
        assert trace.read_share == (1.0 if events else 0.0)
    else:
        with pytest.raises(TraceFault) as raised:
            list(Trace(path))
        assert fault in str(raised.value)


def test_how_much_was_read(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in (HEADER, visit(1, 0), visit(2, 1))))
    sizes = [len(line) for line in path.read_bytes().splitlines(keepends=True)]
    trace = Trace(path)
    shares = [trace.read_share for _ in trace]
    assert shares == pytest.approx([sum(sizes[:2]) / sum(sizes), 1.0])


def test_no_trace_at_all(tmp_path: Path) -> None:
    with pytest.raises(TraceFault, match="No such file"):
        Trace(tmp_path / "none")
