"""The worker reads on, whatever one notification does to it,
and reading again never loses what a call has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from leadtracker.calls import reading
from leadtracker.domain import CallFacts
from leadtracker.records import calls as calls_kept
from leadtracker.records import leases
from leadtracker.records.database import only_reader
from leadtracker.records.inbox import read_again
from leadtracker.records.site_rows import known_site
from leadtracker.records.sites import forget_drained, remove_dids
from leadtracker.records.tables import CallRow, InboxRow
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests.paths.test_main_road import PBX, cdr, number, settle


@pytest.fixture
def shown(app: Flask) -> str:
    """The number Dana is shown, as the PBX writes it."""
    return "0" + str(number(app.test_client(), "dana")["did"]).removeprefix("+972")


def states(stores: Stores) -> dict[str, str]:
    with Session(stores.engine) as session:
        return {row.query: row.state for row in session.scalars(select(InboxRow))}


def send(app: Flask, did: str, name: str) -> None:
    answer = app.test_client().post(
        f"{PBX}/cdr", query_string={"n": name}, json=cdr(did, ivruniqueid=name)
    )
    assert answer.get_json()["Err"] == 0


def test_a_call_that_cannot_be_saved_does_not_stop_the_others(
    app: Flask, stores: Stores, worker: Worker, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_one(session: Session, calls: list[tuple[CallRow, CallFacts]]) -> None:
        if any(row.call_id == "poison" for row, _ in calls):
            raise ValueError("this one cannot be saved")
        calls_kept.save(session, calls)

    monkeypatch.setattr(reading, "save", refuse_one)
    for name in ("before", "poison", "after"):
        send(app, shown, name)
    settle(worker)
    assert states(stores) == {"n=before": "done", "n=poison": "broken", "n=after": "done"}
    with Session(stores.engine) as session:
        assert set(session.scalars(select(CallRow.call_id))) == {"before", "after"}
        broken = session.scalars(select(InboxRow).where(InboxRow.state == "broken")).one()
        assert broken.fault == "ValueError: this one cannot be saved"
    monkeypatch.undo()
    with Session(stores.engine) as session:
        read_again(session, broken_only=True)
        session.commit()
    settle(worker)
    assert set(states(stores).values()) == {"done"}


def test_a_database_that_fails_for_a_while_breaks_no_notification(
    app: Flask, stores: Stores, worker: Worker, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(app, shown, "call")

    def fail(*_: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("the disk is full"))

    monkeypatch.setattr(reading, "save", fail)
    with pytest.raises(OperationalError):
        settle(worker)
    assert states(stores) == {"n=call": "new"}


def test_a_call_read_again_after_its_leases_are_forgotten_keeps_its_visitor(
    app: Flask, stores: Stores, worker: Worker, shown: str
) -> None:
    send(app, shown, "call")
    settle(worker)
    before = kept(stores)
    assert (before["campaign"], before["visitor_info"]["company"]) == ("spring", "Acme")
    later = datetime.now(UTC) + timedelta(days=100)
    with Session(stores.engine) as session:
        leases.forget(session, later)
        remove_dids(session, known_site(session, "shop"), [shown])
        forget_drained(session, later)
        read_again(session, broken_only=False)
        session.commit()
    stores.live.client.flushall()
    stores.directory._next_check = 0
    settle(worker)
    assert kept(stores) == before


def kept(stores: Stores) -> dict[str, Any]:
    """What the one call has of its visitor."""
    names = (
        "visitor_id",
        "match",
        "visitor_info",
        "first_touchpoint",
        "touchpoint",
        "campaign",
        "lease_id",
    )
    with Session(stores.engine) as session:
        call = session.scalars(select(CallRow)).one()
        return {name: getattr(call, name) for name in names}


def test_two_calls_of_one_caller_are_two(
    app: Flask, stores: Stores, worker: Worker, shown: str
) -> None:
    """A screen pop without a call id is of the nearest call;
    two calls that are named never share a row."""
    unnamed = {"phone": "0501234567", "did": shown, "status": "Ringing", "extenUser": "SIP1"}
    app.test_client().get(f"{PBX}/screen-pop", query_string=unnamed)
    settle(worker)
    for name in ("first", "second"):
        send(app, shown, name)
    settle(worker)
    with Session(stores.engine) as session:
        assert sorted(session.scalars(select(CallRow.call_id))) == ["first", "second"]
        assert len(set(session.scalars(select(InboxRow.call_pk)))) == 2


def test_only_one_reads(stores: Stores) -> None:
    with only_reader(stores.engine) as first, only_reader(stores.engine) as second:
        assert first()
        assert not second()
    with only_reader(stores.engine) as first:
        assert first()


def test_a_reader_whose_connection_is_lost_reads_no_more(stores: Stores) -> None:
    if stores.engine.dialect.name != "postgresql":
        return  # a file's lock is the process'
    with only_reader(stores.engine) as is_mine:
        assert is_mine()
        with stores.engine.connect() as other:
            other.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            )
        with pytest.raises(OperationalError):
            is_mine()
