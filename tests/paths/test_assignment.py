"""Three roads make a call somebody's: each goes through one function and leaves the same rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.calls import reading
from leadtracker.domain import Touchpoint
from leadtracker.matching.posterior import Posterior
from leadtracker.records.calls import Snapshot, snapshot_of
from leadtracker.records.tables import CallRow, ShareRow, VerdictRow
from leadtracker.records.verdicts import judgment_of
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from leadtracker.who_called import corrections, rematch
from leadtracker.who_called.assignment import Assignment, assign
from leadtracker.who_called.corrections import NOBODY, keep_word
from leadtracker.who_called.rematch import Rematch
from tests.paths.test_main_road import PBX, cdr, number, settle

DANA = "dana".ljust(22, "_")


@pytest.fixture
def roads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that made a call somebody's, in order."""
    passed: list[str] = []

    def spy(name: str) -> Callable[..., None]:
        def noting(session: Session, row: CallRow, whose: Assignment) -> None:
            passed.append(name)
            assign(session, row, whose)

        return noting

    for module in (reading, corrections, rematch):
        monkeypatch.setattr(module, "assign", spy(module.__name__.rpartition(".")[2]))
    return passed


@pytest.fixture
def call(app: Flask, stores: Stores, worker: Worker, roads: list[str]) -> int:
    """A call to the number that Dana looks at."""
    did = number(app.test_client(), "dana")["did"]
    sent = app.test_client().post(f"{PBX}/cdr", json=cdr("0" + did.removeprefix("+972")))
    assert sent.get_json()["Err"] == 0
    settle(worker)
    assert roads == ["reading"]
    with Session(stores.engine) as session:
        return session.scalars(select(CallRow.id)).one()


def rows(stores: Stores, call: int) -> dict[str, Any]:
    """All that says whose the call is; not by which version of what the site has learned."""
    with Session(stores.engine) as session:
        row, verdict = session.get_one(CallRow, call), session.get_one(VerdictRow, call)
        shares = session.scalars(select(ShareRow).where(ShareRow.call_pk == call))
        return {
            "copy": snapshot_of(row).to_json() | {"match": {**row.match, "version": None}},
            "lease": row.lease_id,
            "counted": (row.channel, row.source, row.campaign, row.landing_page),
            "verdict": (verdict.posterior, verdict.evidence, verdict.lesson, verdict.stated),
            "shares": sorted(
                (share.channel, share.source, share.campaign, share.landing_page, share.p)
                for share in shares
            ),
        }


def judge_again(stores: Stores, call: int, posterior: Posterior | None = None) -> None:
    """Apply a verdict: this one, or the one that the call has."""
    with Session(stores.engine) as session:
        kept = judgment_of(session.get_one(VerdictRow, call)).posterior
    after = posterior or kept
    change = Rematch(call, datetime.now(UTC), None, kept, after, after)
    assert rematch.apply(stores.engine, stores.live, stores.directory.sites[0], change)


def test_every_road_leaves_the_same_rows(
    stores: Stores, worker: Worker, call: int, roads: list[str]
) -> None:
    read = rows(stores, call)
    assert read["copy"]["visitor_id"] == DANA
    assert read["counted"][2] == "spring"
    with Session(stores.engine) as session:
        assign(session, session.get_one(CallRow, call), Assignment(None, Snapshot("somebody")))
        session.commit()
    assert rows(stores, call)["shares"] != read["shares"]
    judge_again(stores, call)
    assert rows(stores, call) == read
    for word in (DANA, None):
        keep_word(stores.engine, call, word)
        settle(worker)
    assert rows(stores, call) == read
    assert roads == ["reading", "rematch", "corrections", "corrections"]


def said(stores: Stores, worker: Worker, call: int) -> None:
    keep_word(stores.engine, call, NOBODY)
    settle(worker)


def judged(stores: Stores, worker: Worker, call: int) -> None:
    with Session(stores.engine) as session:
        holders = judgment_of(session.get_one(VerdictRow, call)).evidence.holders
    judge_again(stores, call, Posterior((), 1.0, 0.0, {}, (0.0,) * len(holders)))


def read_otherwise(stores: Stores, worker: Worker, call: int) -> None:
    """As when the number called is no site's any more."""
    with Session(stores.engine) as session:
        assign(session, session.get_one(CallRow, call), Assignment(None))
        session.commit()


@pytest.mark.parametrize("road", [said, judged, read_otherwise])
def test_a_call_that_loses_its_visitor_loses_its_touchpoint_and_shares(
    stores: Stores, worker: Worker, call: int, road: Callable[[Stores, Worker, int], None]
) -> None:
    road(stores, worker, call)
    left = rows(stores, call)
    assert left["copy"] | {"match": {}} == Snapshot().to_json()
    assert (left["lease"], left["counted"]) == (None, ("",) * 4)
    assert left["shares"] == [("",) * 4 + (1.0,)]


def test_without_a_judgment_all_of_a_call_goes_to_its_visitors_touchpoint(
    stores: Stores, call: int
) -> None:
    came = Touchpoint(channel="email", source="news", campaign="may", landing_page="/offer")
    with Session(stores.engine) as session:
        copy = Snapshot("eve", {"said": "Asked to be called back"}, {}, None, came)
        assign(session, session.get_one(CallRow, call), Assignment(None, copy))
        session.commit()
    found = rows(stores, call)
    assert found["shares"] == [("email", "news", "may", "/offer", 1.0)]
    assert found["counted"] == ("email", "news", "may", "/offer")
