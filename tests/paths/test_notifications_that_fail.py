"""Notifications that cannot be read, and stores that fail while they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from leadtracker.calls import reading
from leadtracker.errors import StoreUnavailable
from leadtracker.pbx import wire
from leadtracker.records import calls, verdicts
from leadtracker.records.inbox import read_again
from leadtracker.records.tables import InboxRow, LegRow, VerdictRow
from leadtracker.web.stores import Stores
from leadtracker.who_called.knowledge import Knowledge
from tests.notifications import (
    DANA,
    NOON,
    RON,
    Pbx,
    turn_is_taken,
)


@pytest.fixture
def pbx(stores: Stores) -> Pbx:
    return Pbx(stores)


class TestUnreadable:
    def test_a_family_that_is_gone(self, pbx: Pbx) -> None:
        pbx.keep("telegram", {"phone": DANA})
        pbx.cdr("call")
        assert pbx.read() == 2
        [gone, read] = pbx.inbox()
        assert (gone.state, gone.fault) == ("broken", "its account or family is not there any more")
        assert (gone.call_pk, read.state) == (None, "done")

    def test_a_fault_of_ours_is_named(self, pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any) -> Any:
            raise KeyError("oops")

        pbx.cdr("call")
        monkeypatch.setattr(wire, "read", fail)
        assert pbx.read() == 1
        assert [(row.state, row.fault) for row in pbx.inbox()] == [("broken", "KeyError: 'oops'")]
        assert pbx.calls() == []
        monkeypatch.undo()
        with Session(pbx.engine) as session:
            assert read_again(session, broken_only=True) == 1
            session.commit()
        pbx.read_all()
        assert [(row.state, row.fault) for row in pbx.inbox()] == [("done", None)]

    def test_what_became_unreadable_is_of_its_call_no_more(self, pbx: Pbx) -> None:
        pbx.cdr("call", 0)
        pbx.cdr("call", 5, type="Queue", duration=7)
        pbx.read_all()
        with Session(pbx.engine) as session:
            session.execute(update(InboxRow).where(InboxRow.id == 1).values(state="broken"))
            session.commit()
        pbx.pop(6, "call")
        pbx.read_all()
        [call] = pbx.calls()
        with Session(pbx.engine) as session:
            assert session.scalars(select(LegRow.type)).all() == ["Queue"]
        assert call.started_at == NOON + timedelta(seconds=5)


def failing(fault: Exception) -> Callable[..., Any]:
    """A function that fails."""

    def fail(*_: Any, **__: Any) -> Any:
        raise fault

    return fail


PLACES = {  # what fails: before, in the middle and at the end of the writing
    "Redis": (StoreUnavailable("Redis does not answer"), "holders"),
    "calls": (OperationalError("INSERT", {}, Exception("the disk is full")), "save"),
    "verdicts": (OperationalError("INSERT", {}, Exception("the disk is full")), "verdicts"),
    "sums": (OperationalError("INSERT", {}, Exception("the disk is full")), "learned"),
}


class TestAStoreThatFails:
    @pytest.mark.parametrize("place", PLACES)
    def test_writes_nothing_and_learns_nothing_twice(
        self, pbx: Pbx, monkeypatch: pytest.MonkeyPatch, place: str
    ) -> None:
        fault, where = PLACES[place]
        pbx.pop(name="call")
        pbx.cdr("call", 5)
        with monkeypatch.context() as broken:
            if where == "holders":
                broken.setattr(pbx.stores.live, "holders", failing(fault))
            elif where == "save":
                broken.setattr(reading, "save", failing(fault))
            elif where == "verdicts":
                broken.setattr(verdicts, "share", failing(fault))
            else:
                broken.setattr(Knowledge, "save", failing(fault))
            for _ in range(2):
                with pytest.raises(type(fault)):
                    pbx.read()
        assert (pbx.states(), list(pbx.calls())) == (["new"] * 2, [])
        pbx.read_all()
        assert (pbx.states(), len(pbx.calls())) == (["done"] * 2, 1)
        self.learned_as_of(pbx, 1)

    def test_one_notification_that_cannot_be_saved_teaches_nothing(
        self, pbx: Pbx, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save = calls.save

        def refuse_one(session: Session, calls: Any) -> None:
            if any(row.call_id == "poison" for row, _ in calls):
                raise ValueError("this one cannot be saved")
            save(session, calls)

        monkeypatch.setattr(reading, "save", refuse_one)
        pbx.cdr("poison")
        pbx.cdr("good", caller=RON)
        assert pbx.read() == 2
        assert pbx.states() == ["broken", "done"]
        self.learned_as_of(pbx, 1)

    def test_a_store_that_fails_while_they_are_read_one_by_one_breaks_nothing(
        self, pbx: Pbx, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        faults = iter([ValueError("together"), OperationalError("INSERT", {}, Exception("gone"))])

        def fail(*_: Any) -> None:
            raise next(faults)

        pbx.cdr("call")
        pbx.cdr("other", caller=RON)
        with monkeypatch.context() as broken:
            broken.setattr(reading, "save", fail)
            with pytest.raises(OperationalError):
                pbx.read()
        assert [(row.state, row.fault) for row in pbx.inbox()] == [("new", None)] * 2
        pbx.read_all()
        assert len(pbx.calls()) == 2
        self.learned_as_of(pbx, 2)

    @staticmethod
    def learned_as_of(pbx: Pbx, calls: int) -> None:
        """The sums in SQL are those of the lessons that calls have."""
        with Session(pbx.engine) as session:
            lessons = [
                verdicts.judgment_of(row).lesson for row in session.scalars(select(VerdictRow))
            ]
        assert len(lessons) == calls
        assert pbx.learned("stray_calls") == pytest.approx(
            sum(one.total("stray_calls") for one in lessons if one)
        )
        assert pbx.learned("stray_calls") > 0


def test_it_waits_for_its_turn_to_write_and_not_before(
    pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From before the first row is written until after the commit the turn is the reader's:
    never while it reads."""
    if pbx.engine.dialect.name == "postgresql":
        return  # needs no turns
    taken: dict[str, set[bool]] = {"judging": set(), "writing": set(), "commit": set()}
    save, judge = calls.save, Knowledge.judge

    def saves(*arguments: Any) -> None:
        taken["writing"].add(turn_is_taken(pbx.engine))
        save(*arguments)

    def judges(*arguments: Any, **more: Any) -> Any:
        taken["judging"].add(turn_is_taken(pbx.engine))
        return judge(*arguments, **more)

    monkeypatch.setattr(reading, "save", saves)
    monkeypatch.setattr(Knowledge, "judge", judges)
    pbx.cdr("call")
    event.listen(pbx.engine, "commit", lambda _: taken["commit"].add(turn_is_taken(pbx.engine)))
    pbx.read()
    assert taken == {"judging": {False}, "writing": {True}, "commit": {True}}
    assert not turn_is_taken(pbx.engine)
