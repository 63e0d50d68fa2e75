"""Real-time events that are posted to us: kept if they are of a call,
and read with its other callbacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadtracker.records.tables import CallRow, InboxRow
from leadtracker.running.doctor import findings
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests.paths.test_main_road import PBX, settle

SAMPLES = Path(__file__).parent.parent / "contract" / "voicenter" / "real_time"


def post(app: Flask, name: str) -> None:
    body = (SAMPLES / f"{name}.json").read_bytes()
    answer = app.test_client().post(f"{PBX}/real-time", data=body, content_type="application/json")
    assert (answer.status_code, answer.data) == (200, b"")


def inbox(stores: Stores) -> list[tuple[str, str]]:
    with Session(stores.engine) as session:
        return [
            (row.family, row.state)
            for row in session.scalars(select(InboxRow).order_by(InboxRow.id))
        ]


def call(stores: Stores) -> dict[str, Any]:
    with Session(stores.engine) as session:
        return dict(vars(session.scalars(select(CallRow)).one()))


def test_a_call_goes_on(app: Flask, stores: Stores, worker: Worker) -> None:
    seen = []
    for name in ("newcall", "answer", "answer", "hangup"):
        post(app, f"event-extension-incoming-{name}")
        settle(worker)
        seen.append((call(stores)["phase"], call(stores)["answered_at"] is not None))
    assert seen == [("ringing", False), ("answered", True), ("answered", True), ("ended", True)]
    kept = call(stores)
    assert (kept["caller"], kept["did"], kept["extension"]) == (
        "+972501234567",
        "+972722776772",
        "SIPSIP1",
    )
    assert inbox(stores) == [("real-time", "done")] * 3


@pytest.mark.parametrize("name", ["user-status-update", "login-status", "all-extensions-status"])
def test_what_is_about_no_call_is_acknowledged_and_not_kept(
    app: Flask, stores: Stores, name: str
) -> None:
    post(app, name)
    assert inbox(stores) == []


def test_what_an_older_version_could_not_read_is_no_call_now(
    app: Flask, stores: Stores, worker: Worker
) -> None:
    post(app, "event-extension-incoming-newcall")
    with Session(stores.engine) as session:
        session.execute(
            update(InboxRow).values(body=(SAMPLES / "user-status-update.json").read_bytes())
        )
        session.commit()
    settle(worker)
    assert inbox(stores) == [("real-time", "done")]


def test_what_cannot_be_read_is_kept(app: Flask, stores: Stores) -> None:
    answer = app.test_client().post(
        f"{PBX}/real-time", json={"eventName": "extension", "reason": "NEWCALL"}
    )
    assert answer.status_code == 200
    assert inbox(stores) == [("real-time", "broken")]


def test_doctor_does_not_ask_for_it(stores: Stores) -> None:
    said = [finding.what for finding in findings(stores.settings, stores.engine, stores.live)]
    assert [what for what in said if "CDR" in what]
    assert [what for what in said if "eal-time" in what] == []
