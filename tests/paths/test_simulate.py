"""A trace replayed: what is decided, on line and always the same,
and what is said of a trace that is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from leadtracker.cli import main, opening
from leadtracker.records import verdicts
from leadtracker.records.database import open_database
from leadtracker.records.sites import Directory
from leadtracker.records.tables import CallRow
from leadtracker.reports.plan_inputs import plan_inputs, recent_span
from tests.accuracy.decisions import read, read_decisions, read_trace
from tests.accuracy.score import score

Line = dict[str, Any]
HEADER = {
    "version": 1,
    "dids": 2,
    "days": 1,
    "warm_up_s": 0,
    "region_weights": [1],
    "sources": [{"name": "a"}],
}
MORNING = 10 * 3600.0


def visit(t: float, number: int, visitor: str, **more: Any) -> Line:
    return {
        "t": t,
        "type": "visit",
        "visit": number,
        "visitor": visitor,
        "source": "a",
        "device": "mobile",
        "region": None,
        "topic": None,
        "bot": False,
        "sees_number": True,
    } | more


def call(t: float, number: int, dials: Line, **more: Any) -> Line:
    return {
        "t": t,
        "type": "call",
        "call": number,
        "dials": dials,
        "phone": f"+9725000000{number:02}",
        "region": None,
        "topic": None,
        "answered": True,
    } | more


def said(kind: str, t: float, number: int, **more: Any) -> Line:
    return {"t": t, "type": kind, "visit": number} | more


def write(path: Path, events: list[Any], header: Any = HEADER) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in [header, *events]))
    return path


@pytest.fixture
def simulate(tmp_path: Path) -> Callable[..., list[Line]]:
    def run(trace: Path, *options: str) -> list[Line]:
        out = tmp_path / "decisions.jsonl"
        result = CliRunner().invoke(main, ["simulate", str(trace), "--out", str(out), *options])
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in out.read_text().splitlines()]

    return run


DAY = [
    visit(MORNING, 0, "dana"),
    visit(MORNING + 1, 1, "robot", bot=True),
    visit(MORNING + 2, 2, "gal", sees_number=False),
    visit(MORNING + 10, 3, "ron"),
    visit(MORNING + 20, 4, "noa"),
    said("engaged", MORNING + 60, 3, level=2),
    call(MORNING + 100, 0, {"visit": 0}),
    said("tap", MORNING + 195, 3),
    call(MORNING + 200, 1, {"visit": 3}),
    said("tap", MORNING + 295, 2),
    call(MORNING + 300, 2, {"visit": 2}),
    call(MORNING + 400, 3, {"fallback": True}),
    call(MORNING + 500, 4, {"stray": 0.9}),
    said("leave", MORNING + 600, 0),
    {
        "t": MORNING + 700,
        "type": "known_phone",
        "visitor": "ron",
        "phone": "+972500000077",
        "signed": True,
    },
    said("leave", MORNING + 701, 3),
    visit(MORNING + 1000, 5, "noa"),
    call(MORNING + 5000, 5, {"visit": 5}, phone="+972500000077"),
    call(MORNING + 5100, 6, {"visit": 3}, phone="+972500000000", answered=False),
]


def test_a_day_told_by_hand(tmp_path: Path, simulate: Callable[..., list[Line]]) -> None:
    decisions = simulate(write(tmp_path / "trace.jsonl", DAY))
    check_numbers(decisions)
    calls = [line for line in decisions if "call" in line]
    likeliest: list[Any] = [
        max(line["candidates"], key=lambda each: each["p"], default=None) for line in calls
    ]
    assert [each and each["visitor"] for each in likeliest[:3]] == ["dana", "ron", "gal"]
    assert min(each["p"] for each in likeliest[:3] if each) > 0.5
    assert calls[2]["did"] is None, "the page kept the default number, a tap tells whose call it is"
    assert (calls[3]["did"], calls[3]["candidates"]) == (None, [])
    assert calls[4]["did"] == 1
    assert likeliest[5]["visitor"] == "ron", "their phone is known, whatever number it dials"
    assert likeliest[6]["visitor"] == "dana", "they called from this phone before"
    for line in calls:
        total = line["nobody"] + line["other"] + sum(each["p"] for each in line["candidates"])
        assert total == pytest.approx(1)


def check_numbers(decisions: list[Line]) -> None:
    visits = {line["visit"]: (line["did"], line["reason"]) for line in decisions if "visit" in line}
    assert visits[0][0] is not None
    assert visits[3][0] is not None
    assert visits[0][0] != visits[3][0]
    assert [visits[number] for number in (1, 2, 4)] == [
        (None, "bot"),
        (None, "number not seen"),
        (None, "pool_empty"),
    ]
    assert visits[5][0] in (0, 1), "pages that were left give their numbers back"


def test_a_page_that_stays_visible_keeps_its_number(
    tmp_path: Path, simulate: Callable[..., list[Line]]
) -> None:
    """Nothing happens to it for hours: only its heartbeats tell."""
    t = MORNING
    events = [
        visit(t, 0, "dana"),
        visit(t + 3 * 3600, 1, "ron"),
        call(t + 3 * 3600 + 60, 0, {"visit": 0}),
    ]
    decisions = simulate(write(tmp_path / "trace.jsonl", events), "--dids", "1")
    assert [line["did"] for line in decisions] == [0, None, 0]
    assert decisions[2]["candidates"][0]["visitor"] == "dana"
    assert decisions[2]["candidates"][0]["p"] > 0.8
    hidden = [events[0], said("hide", t + 60, 0), *events[1:]]
    decisions = simulate(write(tmp_path / "trace.jsonl", hidden), "--dids", "1")
    assert [line["did"] for line in decisions] == [0, 0, 0]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of three numbers with more visits than they can serve."""
    folder = tmp_path_factory.mktemp("world")
    options = [
        "--seed=5",
        "--dids=3",
        "--load=20",
        "--days=1",
        "--warm-up=0",
        "--topic",
        "--known=0.2",
        "--intent=0.3",
    ]
    subprocess.run(
        [sys.executable, "-m", "tests.accuracy.world", *options, "--out", folder], check=True
    )
    return folder


def test_decisions_are_on_line_and_always_the_same(
    tmp_path: Path, simulate: Callable[..., list[Line]], world: Path
) -> None:
    lines = (world / "trace.jsonl").read_text().splitlines(keepends=True)
    whole = simulate(world / "trace.jsonl")
    assert len([line for line in whole if "call" in line]) > 10
    for share in (0.4, 1.0):
        part = tmp_path / "part.jsonl"
        part.write_text("".join(lines[: int(len(lines) * share)]))
        decided = simulate(part)
        assert decided == whole[: len(decided)]


def test_the_scorer_takes_what_is_decided(
    tmp_path: Path, simulate: Callable[..., list[Line]], world: Path
) -> None:
    simulate(world / "trace.jsonl")
    trace = read_trace(world / "trace.jsonl")
    decisions = read_decisions(tmp_path / "decisions.jsonl", trace)
    result = score(trace, read(world / "truth.jsonl"), decisions)
    assert result["double holds"] == 0
    assert result["overflow"] > 0, (
        "or the pool was never short of numbers, and double holds were never near"
    )
    for number, event in trace.visits.items():
        if event["bot"] or not event["sees_number"]:
            assert decisions.visits[number]["did"] is None


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/kept.sqlite"
        return
    server = create_engine(request.getfixturevalue("postgresql_url"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE kept"))
        yield server.url.set(database="kept").render_as_string()
        connection.execute(text("DROP DATABASE kept"))
    server.dispose()


def test_what_a_replay_leaves_can_be_looked_at(
    tmp_path: Path,
    simulate: Callable[..., list[Line]],
    world: Path,
    empty_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three days of a visit every ten minutes go before, so that there is enough to plan from."""
    header, *busy = [json.loads(line) for line in (world / "trace.jsonl").read_text().splitlines()]
    quiet = [
        event
        for n in range(3 * 144)
        for event in (
            visit(600 * n, 9000 + n, f"q{n}", source=header["sources"][0]["name"]),
            said("leave", 600 * n + 99, 9000 + n),
        )
    ]
    busy = [event | {"t": event["t"] + 3 * 86400} for event in busy[: len(busy) // 3]]
    trace = write(tmp_path / "four.jsonl", [*quiet, *busy], header | {"days": 4})
    decisions = simulate(trace)
    assert simulate(trace, "--keep", empty_url) == decisions, "where it is kept changes nothing"
    calls = [line for line in decisions if "call" in line]
    engine, now = open_database(empty_url), datetime.now(UTC)
    with Session(engine) as session:
        rows = session.scalars(select(CallRow).order_by(CallRow.id)).all()
        assert [row.call_id for row in rows] == [str(line["call"]) for line in calls]
        assert now - timedelta(days=11) < rows[0].started_at <= rows[-1].started_at < now
        for row, line in zip(rows, calls, strict=True):
            likely = [each["visitor"] for each in line["candidates"] if each["p"] >= 0.5]
            assert [row.visitor_id] == (likely or [None])
            shares = {touched.source: p for p, touched in verdicts.shares_of(session, row.id)}
            assert shares.get("google / cpc", 0) == pytest.approx(
                line["sources"].get("google / cpc", 0), abs=0.02
            )
        [site] = Directory(engine).sites
        inputs, made_from = plan_inputs(session, recent_span(site, now), 3)
    asked = [
        event
        for event in (*quiet, *busy)
        if event["type"] == "visit" and event["sees_number"] and not event["bot"]
    ]
    assert (made_from.visits, made_from.calls) == (len(asked), len(calls))
    assert inputs.calls.total > 10
    monkeypatch.setattr(opening, "database", lambda: engine)
    planned = CliRunner().invoke(main, ["plan", "trace"])
    engine.dispose()
    assert planned.exit_code == 0, planned.output
    assert "trace, 3 numbers now" in planned.output


def test_a_database_in_use_is_refused(tmp_path: Path, database_url: str, engine: Engine) -> None:
    trace = write(tmp_path / "trace.jsonl", [visit(1, 0, "a")])
    for url, fault in (
        (database_url, "it has tables already"),
        ("mysql://x", "must begin with postgresql://"),
    ):
        result = CliRunner().invoke(
            main, ["simulate", str(trace), "--out", str(tmp_path / "out"), "--keep", url]
        )
        assert result.exit_code == 2
        assert fault in result.output


@pytest.mark.parametrize(
    ("header", "events", "fault"),
    [
        ({"version": 2}, [], "line 1: its header must say version 1"),
        ({"version": 1}, [], "line 1: its header must say dids"),
        ({"version": 1, "dids": 2}, [], "line 1: its header must say days"),
        ([], [], "line 1: it is not a JSON object"),
        (
            HEADER,
            [{"t": 1, "type": "visits"}],
            "line 2: type is 'visits': it must be one of visit, ",
        ),
        (
            HEADER,
            [visit(1, 0, "a"), said("tap", 0.5, 0)],
            "line 3: t is 0.5: it must be seconds, and not before",
        ),
        (HEADER, [visit(1, 0, "a"), visit(2, 0, "b")], "line 3: visit 0 is there twice"),
        (HEADER, [said("tap", 1, 7)], "line 2: visit 7 has not begun"),
        (HEADER, [call(1, 0, {"visit": 7})], "line 2: visit 7 has not begun"),
        (HEADER, [call(1, 0, {"number": 7})], "line 2: dials is {'number': 7}: it must be one of"),
        (HEADER, [{"t": 1, "type": "tap"}], "line 2: a tap needs visit"),
        (HEADER, [visit(1, 0, "a|b")], "line 2: visitor is 'a|b'"),
        (HEADER, [visit(1, 0, "a", source="a|b")], "line 2: source is 'a|b'"),
        (
            HEADER,
            [visit(1, 0, "a", device="phone")],
            "line 2: device is 'phone': it must be mobile or desktop",
        ),
        (HEADER, [visit(1, 0, "a") | {"t": "1"}], "line 2: t is '1'"),
        (HEADER, ["tap"], "line 2: it is not a JSON object"),
    ],
)
def test_a_trace_that_cannot_be_replayed(
    tmp_path: Path, header: Any, events: list[Any], fault: str
) -> None:
    trace = write(tmp_path / "trace.jsonl", events, header)
    result = CliRunner().invoke(main, ["simulate", str(trace), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert fault in result.output


def test_a_trace_that_is_cut_off(tmp_path: Path) -> None:
    trace = write(tmp_path / "trace.jsonl", [visit(1, 0, "a")])
    trace.write_bytes(trace.read_bytes()[:-20])
    result = CliRunner().invoke(main, ["simulate", str(trace), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "line 2: it is not JSON" in result.output
