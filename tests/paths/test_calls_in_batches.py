"""Calls read in one batch, and what each teaches the next."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadtracker.calls import reading
from leadtracker.records import verdicts
from leadtracker.records.inbox import read_again
from leadtracker.records.tables import InboxRow, PhoneRow
from leadtracker.web.stores import Stores
from tests.notifications import (
    NOON,
    OTHER_DID,
    RON,
    Pbx,
)


@pytest.fixture
def pbx(stores: Stores) -> Pbx:
    return Pbx(stores)


class TestBatches:
    def test_the_oldest_ten_at_a_time(self, pbx: Pbx) -> None:
        for number in range(12):
            pbx.cdr(f"call-{number}", number, caller=f"+97250{number:07}")
        assert pbx.read() == 10
        assert pbx.states() == ["done"] * 10 + ["new"] * 2
        assert [pbx.read(), pbx.read()] == [2, 0]

    def test_what_is_broken_or_done_is_not_read(self, pbx: Pbx) -> None:
        pbx.cdr("done")
        pbx.read_all()
        pbx.cdr("broken", caller=RON)
        with Session(pbx.engine) as session:
            session.execute(
                update(InboxRow).where(InboxRow.state == "new").values(state="broken", fault="why")
            )
            session.commit()
        assert pbx.read() == 0
        assert [(row.state, row.fault) for row in pbx.inbox()] == [
            ("done", None),
            ("broken", "why"),
        ]

    def test_the_second_call_of_a_caller_waits_for_what_the_first_teaches(self, pbx: Pbx) -> None:
        pbx.cdr("first", 0)
        pbx.cdr("second", 600)
        pbx.cdr("other", 700, caller=RON)
        assert pbx.read() == 3
        assert pbx.states() == ["done", "new", "done"]
        assert pbx.read() == 1
        assert remembered(pbx) == {"first": None, "second": NOON.timestamp(), "other": None}

    def test_the_second_withheld_call_of_a_number_waits_too(self, pbx: Pbx) -> None:
        pbx.cdr("first", 0, caller="")
        pbx.cdr("elsewhere", 300, caller="", did=OTHER_DID)
        pbx.cdr("second", 600, caller="")
        pbx.cdr("known", 900)
        pbx.read()
        assert pbx.states() == ["done", "done", "new", "done"]
        pbx.read_all()
        assert remembered(pbx) == {
            "first": None,
            "elsewhere": None,
            "second": NOON.timestamp(),
            "known": None,
        }

    def test_many_notifications_of_one_call_are_read_at_once(self, pbx: Pbx) -> None:
        pbx.pop(name="call")
        pbx.cdr("call", 5)
        pbx.pop(1)
        pbx.read()
        assert pbx.states() == ["done"] * 3

    def test_the_batch_does_not_matter(self, pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is known of a caller at their third call is the same however many were read
        together."""
        found = []
        for batch in (1, 2, 10):
            monkeypatch.setattr(reading, "BATCH", batch)
            caller, did = f"+97250111111{batch % 10}", OTHER_DID
            for number in range(3):
                pbx.cdr(
                    f"{batch}-{number}",
                    number * 60,
                    caller,
                    did,
                    status="ANSWER" if number else "NOANSWER",
                )
            pbx.read_all()
            kept = remembered(pbx)
            found.append([kept[f"{batch}-{number}"] for number in range(3)])
        moments = [None, NOON.timestamp(), NOON.timestamp() + 60]
        assert found == [moments] * 3


def remembered(pbx: Pbx) -> dict[str, float | None]:
    """By the call's name: the moment of the call before it, as it was known when it was judged."""
    found: dict[str, float | None] = {}
    with Session(pbx.engine) as session:
        for call in pbx.calls():
            judged = verdicts.judgment(session, call.id)
            assert judged is not None, call.call_id
            found[call.call_id] = (
                judged.evidence.remembered.at if judged.evidence.remembered else None
            )
    return found


class TestLessons:
    def test_a_call_teaches_once_and_when_it_is_over(self, pbx: Pbx) -> None:
        pbx.pop(name="call")
        pbx.read_all()
        assert pbx.learned("stray_calls") == 0
        pbx.cdr("call", 5)
        pbx.read_all()
        once = pbx.learned("stray_calls")
        assert once > 0
        pbx.pop(6, "call")
        pbx.cdr("call", 5, record="https://x.example/1.mp3")
        pbx.read_all()
        with Session(pbx.engine) as session:
            read_again(session, broken_only=False)
            session.commit()
        pbx.read_all()
        assert pbx.learned("stray_calls") == once

    def test_a_moment_that_is_mended_teaches_no_second_time(self, pbx: Pbx) -> None:
        pbx.cdr("call", 5)
        pbx.read_all()
        once = pbx.learned("stray_calls")
        pbx.cdr("call", 0, type="Queue")
        pbx.read_all()
        assert pbx.learned("stray_calls") == pytest.approx(once)
        assert [call.started_at for call in pbx.calls()] == [NOON]
        with Session(pbx.engine) as session:
            assert session.scalars(select(PhoneRow.at)).all() == [NOON.timestamp()]

    @pytest.mark.parametrize(("status", "answered"), [("ANSWER", True), ("NOANSWER", False)])
    def test_whether_it_was_answered(self, pbx: Pbx, status: str, answered: bool) -> None:
        pbx.cdr("call", status=status)
        pbx.read_all()
        with Session(pbx.engine) as session:
            assert session.scalars(select(PhoneRow)).one().remembered["answered"] is answered
