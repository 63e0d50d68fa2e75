"""The inbox: what is the same notification, what threads that come at once share,
and what is read again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from leadtracker.errors import StoreUnavailable
from leadtracker.records.inbox import (
    BROKEN,
    DONE,
    NEW,
    Inbox,
    Notification,
    mark_broken,
    newest_notification,
    read_again,
    read_call_again,
)
from leadtracker.records.tables import InboxRow
from tests.dashboard_rows import add, call, notification
from tests.notifications import NOON, turn_is_taken

PATIENCE = 20.0  # seconds, for threads that must end
ONE = Notification(1, "cdr", NOON, "POST", "application/json", "a=1", b'{"caller": "0501234567"}')
LATER = NOON + timedelta(days=1)


@pytest.fixture
def inbox(app: Flask, engine: Engine) -> Inbox:
    return Inbox(engine)


def rows(engine: Engine) -> Sequence[InboxRow]:
    with Session(engine) as session:
        return session.scalars(select(InboxRow).order_by(InboxRow.id)).all()


SAME: list[dict[str, Any]] = [{}, {"received_at": LATER}, {"content_type": "text/plain"}]
DIFFERENT: list[dict[str, Any]] = [
    {"account_id": 2},
    {"family": "real-time"},
    {"method": "PUT"},
    {"query": "a=2"},
    {"query": ""},
    {"body": b""},
    {"body": b'{"caller": "0501234568"}'},
    {"names_call": False},
    {"names_call": False, "received_at": LATER},
    {"family": "cdrPOST", "method": ""},
]


def test_what_is_the_same_notification(inbox: Inbox, engine: Engine) -> None:
    for more in SAME:
        inbox.keep(replace(ONE, **more))
    [row] = rows(engine)
    assert row.copies == len(SAME)
    assert (row.account_id, row.family, row.method, row.content_type) == (
        1,
        "cdr",
        "POST",
        "application/json",
    )
    assert (row.received_at, row.query, row.body, row.call_pk) == (NOON, "a=1", ONE.body, None)
    for more in DIFFERENT:
        inbox.keep(replace(ONE, **more))
    assert [row.copies for row in rows(engine)] == [len(SAME)] + [1] * len(DIFFERENT)
    inbox.keep(replace(ONE, names_call=False, received_at=LATER))
    assert [row.copies for row in rows(engine)][-2:] == [2, 1]


def test_a_copy_leaves_what_became_of_the_first(inbox: Inbox, engine: Engine) -> None:
    inbox.keep(ONE)
    inbox.keep(replace(ONE, query="b"), BROKEN, "no number")
    with Session(engine) as session:
        session.execute(update(InboxRow).where(InboxRow.state == NEW).values(state=DONE))
        session.commit()
    inbox.keep(ONE)
    inbox.keep(replace(ONE, query="b"))
    assert [(row.state, row.fault, row.copies) for row in rows(engine)] == [
        (DONE, None, 2),
        (BROKEN, "no number", 2),
    ]


def test_the_newest_and_how_many_wait(inbox: Inbox, engine: Engine) -> None:
    assert newest_notification(engine) == 0
    assert inbox.counts() == {NEW: 0, BROKEN: 0}
    for number, state in enumerate((NEW, NEW, BROKEN, DONE, NEW)):
        inbox.keep(replace(ONE, query=str(number)), state)
    assert newest_notification(engine) == rows(engine)[-1].id
    assert inbox.counts() == {NEW: 3, BROKEN: 1}


class Kept:
    """Threads that keep notifications at once, and what became of each."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.threads: list[threading.Thread] = []
        self.faults: dict[str, Exception] = {}

    def keep(self, *all_of_them: Notification) -> None:
        for one in all_of_them:
            self.threads.append(threading.Thread(target=self._keep, args=[one], daemon=True))
            self.threads[-1].start()

    def _keep(self, one: Notification) -> None:
        try:
            self.inbox.keep(one)
        except Exception as fault:
            self.faults[one.query] = fault

    def wait_for(self, pending: int) -> None:
        """Until so many wait for whoever writes."""
        ready = threading.Event()
        for _ in range(int(PATIENCE / 0.01)):
            if len(self.inbox._pending) == pending:
                return
            ready.wait(0.01)
        raise AssertionError(f"{len(self.inbox._pending)} wait, not {pending}")

    def end(self) -> None:
        for thread in self.threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self.threads)
        assert (self.inbox._pending, self.inbox._writing) == ([], False)


@pytest.fixture
def batches(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The queries of each INSERT."""
    found: list[list[str]] = []
    insert = inbox._insert

    def inserting(connection: Any, values: Sequence[dict[str, Any]]) -> None:
        found.append([each["query"] for each in values])
        insert(connection, values)

    monkeypatch.setattr(inbox, "_insert", inserting)
    return found


def numbered(*numbers: int) -> list[Notification]:
    return [replace(ONE, query=str(number)) for number in numbers]


@pytest.fixture
def first_writes(
    inbox: Inbox, batches: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """One notification is being written until this is called."""
    may_insert, insert = threading.Event(), inbox._insert

    def slowly(connection: Any, values: Sequence[dict[str, Any]]) -> None:
        if values[0]["query"] == "0":
            assert may_insert.wait(PATIENCE)
        insert(connection, values)

    monkeypatch.setattr(inbox, "_insert", slowly)
    return may_insert.set


class TestAtOnce:
    def test_those_who_come_while_another_writes_share_an_insert(
        self,
        inbox: Inbox,
        engine: Engine,
        batches: list[list[str]],
        first_writes: Callable[[], None],
    ) -> None:
        kept = Kept(inbox)
        kept.keep(*numbered(0))
        kept.wait_for(0)
        kept.keep(*numbered(*range(1, 8)))
        kept.keep(replace(ONE, query="1", received_at=LATER))
        kept.wait_for(8)
        assert rows(engine) == []
        first_writes()
        kept.end()
        assert kept.faults == {}
        assert [sorted(batch) for batch in batches] == [
            ["0"],
            ["1", "1", "2", "3", "4", "5", "6", "7"],
        ]
        found = rows(engine)
        assert {row.query: row.copies for row in found} == {
            str(n): 2 if n == 1 else 1 for n in range(8)
        }
        digests = [row.digest for row in found[1:]]
        assert digests == sorted(digests), (
            "in one order, so that two processes do not wait for each other"
        )

    def test_one_that_cannot_be_kept_refuses_itself_alone(
        self, inbox: Inbox, engine: Engine, first_writes: Callable[[], None]
    ) -> None:
        kept = Kept(inbox)
        kept.keep(*numbered(0))
        kept.wait_for(0)
        kept.keep(*numbered(1, 2), replace(ONE, query="nobody's", account_id=999), *numbered(3))
        kept.wait_for(4)
        first_writes()
        kept.end()
        assert [type(fault) for fault in kept.faults.values()] == [StoreUnavailable]
        assert list(kept.faults) == ["nobody's"]
        assert sorted(row.query for row in rows(engine)) == ["0", "1", "2", "3"]

    def test_after_one_that_cannot_be_kept_the_next_is(self, inbox: Inbox, engine: Engine) -> None:
        with pytest.raises(StoreUnavailable, match="the database does not answer"):
            inbox.keep(replace(ONE, account_id=999))
        inbox.keep(ONE)
        assert len(rows(engine)) == 1

    def test_it_is_written_in_turn(
        self, inbox: Inbox, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if engine.dialect.name == "postgresql":
            return  # needs no turns
        taken, insert = [], inbox._insert

        def inserting(connection: Any, values: Sequence[dict[str, Any]]) -> None:
            insert(connection, values)
            taken.append(turn_is_taken(engine))

        monkeypatch.setattr(inbox, "_insert", inserting)
        inbox.keep(ONE)
        assert (taken, turn_is_taken(engine)) == ([True], False)


STATES = (NEW, DONE, BROKEN)


@pytest.fixture
def three_days(app: Flask, engine: Engine) -> None:
    """Each state on each of three days; what is done is of a call, and so is one that is broken."""
    of = call()
    add(engine, of)
    kept = [
        notification(
            None if state == NEW else of.id,
            b"",
            received_at=NOON + timedelta(days=day),
            state=state,
            fault="why" if state == BROKEN else None,
        )
        for day in range(3)
        for state in STATES
    ]
    add(engine, *kept)


@pytest.mark.parametrize(
    ("broken_only", "since", "again"),
    [
        (True, None, [2, 5, 8]),
        (False, None, [1, 2, 4, 5, 7, 8]),
        (True, NOON + timedelta(days=1), [5, 8]),
        (False, NOON + timedelta(days=1), [4, 5, 7, 8]),
        (False, NOON + timedelta(days=1, microseconds=1), [7, 8]),
        (False, NOON + timedelta(days=3), []),
    ],
)
def test_what_is_read_again(
    three_days: None, engine: Engine, broken_only: bool, since: Any, again: list[int]
) -> None:
    before = [(row.state, row.fault) for row in rows(engine)]
    with Session(engine) as session:
        assert read_again(session, broken_only=broken_only, since=since) == len(again)
        session.commit()
    expected = [(NEW, None) if place in again else old for place, old in enumerate(before)]
    assert [(row.state, row.fault) for row in rows(engine)] == expected


def test_one_call_is_read_again(three_days: None, engine: Engine) -> None:
    other = call()
    add(engine, other)
    add(engine, notification(other.id, b""))
    with Session(engine) as session:
        read_call_again(session, 1)
        session.commit()
    assert [row.state for row in rows(engine)] == [NEW, NEW, BROKEN] * 3 + [DONE]


def test_one_is_marked_as_broken(three_days: None, engine: Engine) -> None:
    before = [(row.state, row.fault) for row in rows(engine)]
    with Session(engine) as session:
        mark_broken(session, rows(engine)[1].id, "ValueError: oops")
        session.commit()
    assert [(row.state, row.fault) for row in rows(engine)] == [
        before[0],
        (BROKEN, "ValueError: oops"),
        *before[2:],
    ]
