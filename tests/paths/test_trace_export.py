"""A site's history becomes a trace that says who nobody is, and that can be replayed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from leadtracker.cli import main, opening
from leadtracker.records import learned, verdicts
from leadtracker.records.sites import Directory
from leadtracker.records.tables import LeaseRow
from leadtracker.who_called.knowledge import Knowledge
from leadtracker.who_called.ring import Ring
from tests.accuracy.decisions import read_decisions, read_trace
from tests.dashboard_rows import call, lease

DIDS = ("+972722776772", "+972722776773")
DEFAULT = "+97235551234"
BEGAN = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Jerusalem


def said(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def after(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dana and Ron are given numbers, Gal none; Dana calls while their page is open,
    Gal after a tap, then nobody."""
    monkeypatch.setenv("LEADTRACKER_DATA_FOLDER", str(tmp_path / "data"))
    said("account", "add", "pbx", "--vendor", "voicenter")
    origin, default = ("--origin", "https://a.example.com"), ("--default-number", DEFAULT)
    said("site", "add", "shop", *origin, *default, "--account", "pbx")
    said("did", "add", "shop", *DIDS)
    with Session(opening.database()) as session:
        session.add_all(leases())
        learned.tell_phone(session, 1, "+972501111111", "ron", "page")
        session.flush()
        for minutes, caller, did in (
            (3.1, "+97231111111", DIDS[0]),
            (6.1, "+972502222222", DEFAULT),
            (30, None, DEFAULT),
            (40, "+972501111111", DIDS[1]),
        ):
            add_judged_call(session, after(minutes), caller, did)
        # of before verdicts
        session.add(call(after(50), caller="+972503333333", did=DIDS[1], outcome="missed"))
        session.commit()


def leases() -> list[LeaseRow]:
    first = {"source_key": "google / spring", "device": "mobile"}
    gals: dict[str, Any] = {"visitor": "gal", "visit": "v3", "did": None, **first}
    tapped = [after(6).isoformat()]
    return [
        lease(
            after(0),
            id="l1",
            visitor="dana",
            did=DIDS[0],
            seen=after(9),
            left=after(9),
            region="IL-3",
            levels=[after(1).isoformat(), after(2).isoformat()],
            taps=[after(3).isoformat()],
            gaps=[f"{after(4).isoformat()}/{after(7).isoformat()}"],
            **first,
        ),
        lease(
            after(1),
            id="l2",
            visitor="ron",
            did=DIDS[1],
            seen=after(2),
            left=after(2),
            region="IL-4",
            **first,
        ),
        lease(after(5), id="l3", reason="pool_empty", left=after(5), **gals),
        lease(
            after(6),
            id="l4",
            reason="tapped",
            seen=after(6),
            taps=tapped,
            new_visit=False,
            **gals,
        ),
    ]


def add_judged_call(session: Session, at: datetime, caller: str | None, did: str) -> None:
    row = call(at, caller=caller or "anonymous", did=did)
    session.add(row)
    session.flush()
    known = Knowledge.load(session, Directory(opening.database()).sites[0], BEGAN)
    ring = Ring(at, did if did in DIDS else None, caller)
    verdicts.save(session, [(row.id, 1, known.judge(session, ring))])


FIRST_VISIT = {
    "t": 2 * 86400 + 10 * 3600.0,  # of the week: Wednesday, 10:00
    "type": "visit",
    "visit": 0,
    "visitor": "u1",
    "source": "google / spring",
    "device": "mobile",
    "region": 0,
    "topic": None,
    "bot": False,
    "sees_number": True,
}


def test_a_history_is_replayed(history: None, tmp_path: Path) -> None:
    trace, decisions = tmp_path / "trace.jsonl", tmp_path / "decisions.jsonl"
    said("trace", "export", "shop", "--out", str(trace))
    text = trace.read_text()
    header, *events = map(json.loads, text.splitlines())
    assert (header["dids"], header["sources"]) == (2, [{"name": "google / spring"}])
    for secret in ("dana", "ron", "gal", "97250", "9723", "l1"):
        assert secret not in text
    assert events[0] == FIRST_VISIT
    check_events(events)

    for dids in ("2", "1"):
        said("simulate", str(trace), "--dids", dids, "--out", str(decisions))
        decided = read_decisions(decisions, read_trace(trace))  # which checks that dials resolve
        assert len(decided.calls) == 5
    assert said("trace", "export", "shop", "--since", "2026-11-19", "--out", str(trace)) == ""
    since = [json.loads(line)["type"] for line in trace.read_text().splitlines()[1:]]
    assert since == ["known_phone"]


def check_events(events: list[dict[str, Any]]) -> None:
    kinds: dict[str, list[Any]] = {}
    for event in events:
        kinds.setdefault(event["type"], []).append(event)
    visitors = [one["visitor"] for one in kinds["visit"]]
    assert visitors == ["u1", "u2", "u3", "u1"], "hidden and shown again is two visits"
    engaged = [(one["visit"], one["level"]) for one in kinds["engaged"]]
    assert engaged == [(0, 1), (0, 2), (3, 1), (3, 2)]
    taps = [one["visit"] for one in kinds["tap"]]
    assert taps == [0, 2], "who had no number and tapped the default one is one visit"
    phones = [(one["visitor"], one["phone"]) for one in kinds["known_phone"]]
    assert phones == [("u2", kinds["call"][3]["phone"])]
    dials = [one["dials"] for one in kinds["call"]]
    assert dials[:3] == [{"visit": 0}, {"visit": 2}, {"fallback": True}]
    assert dials[4] == {"visit": 1}, "never judged: of the visit that showed the number last"
    assert [one["answered"] for one in kinds["call"]] == [True] * 4 + [False]
    assert kinds["call"][2]["phone"] is None


def test_export_of_a_site_that_is_not_there(history: None, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["trace", "export", "shoe", "--out", str(tmp_path / "trace.jsonl")]
    )
    assert result.exit_code == 1
    assert "no site 'shoe'" in result.output
