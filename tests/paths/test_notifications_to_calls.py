"""Which notifications are one call, which wait for another, and what stays when a store fails in between."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.calls import reading as call_reading
from leadtracker.errors import StoreUnavailable
from leadtracker.pbx import wire
from leadtracker.records import calls, verdicts
from leadtracker.records.inbox import read_again
from leadtracker.records.tables import AccountRow, InboxRow, LegRow, PhoneRow, ShareRow, VerdictRow
from leadtracker.web.stores import Stores
from leadtracker.who_called.knowledge import Knowledge
from tests.notifications import (
    DANA,
    DID,
    NOON,
    OTHER_DID,
    RON,
    VOICENTER,
    WHILE1,
    Pbx,
    turn_is_taken,
)

MINUTES_3 = 180


@pytest.fixture
def pbx(stores: Stores) -> Pbx:
    return Pbx(stores)


# Seconds between a pop that names no call and what comes next, how that differs, and whether both are one call.
NEXT: list[tuple[float, dict[str, Any], bool]] = [
    (0, {}, True),
    (MINUTES_3, {}, True),
    (-MINUTES_3, {}, True),
    (MINUTES_3 + 1, {}, False),
    (-MINUTES_3 - 1, {}, False),
    (3600, {}, False),
    (-3600, {}, False),
    (0, {"caller": RON}, False),
    (0, {"did": OTHER_DID}, False),
    (0, {"caller": ""}, False),
    (5, {"did": ""}, False),
]


@pytest.mark.parametrize("together", [True, False], ids=["read together", "read one by one"])
class TestOneCallOrTwo:
    def test_a_pop_without_a_name_and_another_one(self, pbx: Pbx, together: bool) -> None:
        for number, (seconds, more, one) in enumerate(NEXT):
            far = number * 86400
            pbx.pop(far)
            self.between(pbx, together)
            pbx.pop(far + seconds, **more)
            self.ends_as(pbx, 1 if one else 2, f"{seconds} {more}")

    def test_a_pop_without_a_name_and_a_cdr(self, pbx: Pbx, together: bool) -> None:
        for number, (seconds, more, one) in enumerate(NEXT):
            far = number * 86400
            pbx.pop(far)
            self.between(pbx, together)
            pbx.cdr(f"call-{number}", far + seconds, **more)
            self.ends_as(pbx, 1 if one else 2, f"{seconds} {more}")

    def test_a_cdr_and_a_pop_without_a_name(self, pbx: Pbx, together: bool) -> None:
        for number, (seconds, more, one) in enumerate(NEXT):
            far = number * 86400
            pbx.cdr(f"call-{number}", far)
            self.between(pbx, together)
            pbx.pop(far + seconds, **more)
            self.ends_as(pbx, 1 if one else 2, f"{seconds} {more}")

    def test_two_names_are_two_calls_and_one_name_is_one(self, pbx: Pbx, together: bool) -> None:
        pbx.pop(name="first")
        self.between(pbx, together)
        pbx.cdr("second", 1)
        self.ends_as(pbx, 2, "two names")
        pbx.pop(86400, name="third")
        self.between(pbx, together)
        pbx.cdr("third", 86400 + 3600, RON, OTHER_DID)
        self.ends_as(pbx, 1, "one name, hours and numbers apart")

    def test_withheld_callers_are_told_apart_by_the_name_of_their_call_alone(
        self, pbx: Pbx, together: bool
    ) -> None:
        pbx.pop(caller="")
        self.between(pbx, together)
        pbx.pop(1, caller="")
        self.between(pbx, together)
        pbx.cdr("call", 2, caller="anonymous")
        self.ends_as(pbx, 3, "nobody's calls")

    def test_one_withheld_call_rings_at_two_extensions(self, pbx: Pbx, together: bool) -> None:
        pbx.pop(caller="")
        self.between(pbx, together)
        pbx.pop(caller="", extenUser="SIP2")
        self.ends_as(pbx, 1, "the same moment and number")

    def test_two_accounts_share_no_call(self, pbx: Pbx, together: bool) -> None:
        pbx.asks()
        self.between(pbx, together)
        pbx.pop()
        self.between(pbx, together)
        pbx.asks(1)
        self.ends_as(pbx, 2, "a pop of each account, and one more of the first")
        assert {call.account_id for call in pbx.calls()} == {VOICENTER, WHILE1}
        assert [row.account_id for row in pbx.inbox() if row.call_pk == pbx.inbox()[0].call_pk] == [
            WHILE1,
            WHILE1,
        ]

    @staticmethod
    def between(pbx: Pbx, together: bool) -> None:
        if not together:
            pbx.read_all()

    @staticmethod
    def ends_as(pbx: Pbx, calls: int, why: str) -> None:
        """So many calls more, and each notification is of one."""
        pbx.read_all()
        assert set(pbx.states()) == {"done"}, why
        assert all(row.call_pk for row in pbx.inbox()), why
        assert pbx.new_calls() == calls, why


def test_a_pop_is_of_the_moment_it_names_else_of_when_it_came(pbx: Pbx) -> None:
    pbx.asks(0)
    pbx.asks(MINUTES_3)
    pbx.asks(2 * MINUTES_3)  # near the one before
    pbx.asks(3 * MINUTES_3 + 1)
    pbx.pop(0)
    pbx.pop(MINUTES_3, callStarted="")
    pbx.pop(2 * MINUTES_3 + 1, callStarted="")
    pbx.read_all()
    of_account = {
        account: [c for c in pbx.calls() if c.account_id == account]
        for account in (VOICENTER, WHILE1)
    }
    assert [call.started_at - NOON for call in of_account[WHILE1]] == [
        timedelta(),
        timedelta(seconds=541),
    ]
    assert [call.started_at - NOON for call in of_account[VOICENTER]] == [
        timedelta(),
        timedelta(seconds=361),
    ]


def test_a_call_that_grew_backwards_still_has_its_first_pop(pbx: Pbx) -> None:
    """Each pop is near one of the call, which then begins earlier; a copy of the first finds it by its own name."""
    for seconds in (0, -MINUTES_3, -2 * MINUTES_3, 0):
        pbx.pop(seconds)
        pbx.read_all()
    assert pbx.states() == ["done"] * 4
    assert [(call.started_at - NOON).total_seconds() for call in pbx.calls()] == [-2 * MINUTES_3]


def test_the_name_of_a_call(pbx: Pbx) -> None:
    """The PBX's, whenever it is told; until then one of ours."""
    pbx.pop()
    pbx.read_all()
    [call] = pbx.calls()
    assert (call.call_id, call.named) == (f"{DANA} {DID} {NOON.isoformat()}", False)
    pbx.cdr("call-1", 10)
    pbx.read_all()
    [call] = pbx.calls()
    assert (call.call_id, call.named) == ("call-1", True)
    pbx.pop(20)
    pbx.read_all()
    [call] = pbx.calls()
    assert (call.call_id, call.named) == ("call-1", True)
    pbx.pop(86400)
    pbx.cdr("call-2", 86400)
    pbx.pop(2 * 86400, caller="", did="")
    pbx.read_all()
    assert [(call.call_id, call.named) for call in pbx.calls()[1:]] == [
        ("call-2", True),
        (f"unknown unknown {(NOON + timedelta(days=2)).isoformat()}", False),
    ]


def test_of_two_calls_near_a_pop_is_of_the_earlier(pbx: Pbx) -> None:
    pbx.cdr("late", 100)
    pbx.cdr("early", -100)
    pbx.read_all()
    pbx.pop()
    pbx.read_all()
    early, late = pbx.calls()
    assert (early.call_id, late.call_id) == ("early", "late")
    assert pbx.inbox()[-1].call_pk == early.id


def test_one_kept_pop_is_not_taken_by_two_calls(pbx: Pbx) -> None:
    """Both CDRs are near it: the first has it, the second begins a call of its own."""
    pbx.pop()
    pbx.read_all()
    for name in ("first", "second"):
        pbx.cdr(name, 10)
    with Session(pbx.engine) as session:
        new = session.scalars(
            select(InboxRow).where(InboxRow.state == "new").order_by(InboxRow.id)
        ).all()
        first, second = call_reading._gather(session, new, pbx.stores.directory)
        assert (first.call_id, first.named, len(first.heard)) == ("first", True, 2)
        assert (second.call_id, second.named, len(second.heard), second.row) == (
            "second",
            True,
            1,
            None,
        )
    pbx.read_all()
    assert sorted(call.call_id for call in pbx.calls()) == ["first", "second"]
    pop, cdr, other = pbx.inbox()
    assert pop.call_pk == cdr.call_pk != other.call_pk


def test_a_pop_far_from_all_that_is_kept_of_its_number_is_a_call(pbx: Pbx) -> None:
    """A row of the same number an hour before is another call, on either side."""
    for seconds in (0, 3600, -3600):
        pbx.pop(seconds)
        pbx.read_all()
    assert [(call.started_at - NOON).total_seconds() for call in pbx.calls()] == [-3600, 0, 3600]
    pbx.cdr("call", 3600)
    pbx.read_all()
    assert [call.named for call in pbx.calls()] == [False, False, True]


def test_in_any_order_and_number_it_is_the_same_call(
    pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pops with and without the call's name, its CDR, and a copy of each, read one by one or together."""
    shown = (
        "call_id",
        "named",
        "phase",
        "outcome",
        "caller",
        "did",
        "talk_seconds",
        "direction",
        "site_id",
    )
    number = itertools.count(1)
    for batch, order in itertools.product((1, 3), itertools.permutations(range(4))):
        monkeypatch.setattr(call_reading, "BATCH", batch)
        day, caller = next(number), f"+97250{next(number):07}"
        for which in (*order, *order[:2]):
            if which == 0:
                pbx.pop(day * 86400, caller=caller)
            elif which == 1:
                pbx.pop(day * 86400, f"call-{day}", caller=caller)
            elif which == 2:
                pbx.cdr(f"call-{day}", day * 86400 + 9, caller=caller)
            else:
                pbx.pop(day * 86400 + 5, f"call-{day}", caller=caller, status="Hangup")
        pbx.read_all()
        call = pbx.calls()[-1]
        assert [getattr(call, name) for name in shown] == [
            f"call-{day}",
            True,
            "ended",
            "answered",
            caller,
            DID,
            20,
            "incoming",
            1,
        ], (batch, order)
        assert {row.call_pk for row in pbx.inbox()[-6:]} == {call.id}, (batch, order)
    assert len(pbx.calls()) == 48


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
        """What is known of a caller at his third call is the same however many were read together."""
        found = []
        for batch in (1, 2, 10):
            monkeypatch.setattr(call_reading, "BATCH", batch)
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
            judged = verdicts.judgement(session, call.id)
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


class TestWhoseSite:
    def test_a_number_of_nobody_is_of_the_accounts_only_site(self, pbx: Pbx) -> None:
        pbx.cdr("nobodys", 0, did="+97231112222")
        pbx.cdr("none", 100, did="")
        pbx.cdr("default", 200, did="+97235551234")
        pbx.cdr("pool", 300)
        pbx.read_all()
        assert {call.call_id: call.site_id for call in pbx.calls()} == dict.fromkeys(
            ("nobodys", "none", "default", "pool"), 1
        )
        with Session(pbx.engine) as session:
            judged = {call.call_id: verdicts.judgement(session, call.id) for call in pbx.calls()}
        assert {name: one and one.evidence.did for name, one in judged.items() if one} == {
            "default": None,
            "pool": DID,
        }

    def test_of_two_sites_it_is_of_neither(self, pbx: Pbx) -> None:
        with Session(pbx.engine) as session:
            site_file.apply(
                session, '[site.second]\ntokens = ["second-token"]\naccount_key = "pbx"\n'
            )
            session.commit()
        pbx.stores.directory._next_check = 0
        pbx.cdr("nobodys", did="+97231112222")
        pbx.read_all()
        assert [call.site_id for call in pbx.calls()] == [None]

    def test_whom_we_call_was_brought_by_nobody(self, pbx: Pbx) -> None:
        out: dict[str, Any] = {
            "type": "Extension Outgoing",
            "target": DANA,
            "caller": "0722776772",
            "callerextension": "SIP1",
        }
        pbx.cdr("out", **out)
        pbx.read_all()
        [call] = pbx.calls()
        assert (call.direction, call.site_id, call.match, call.first_time) == (
            "outgoing",
            1,
            {},
            False,
        )
        with Session(pbx.engine) as session:
            assert session.scalars(select(VerdictRow)).all() == []
            assert session.scalars(select(ShareRow.channel)).all() == [""]

    def test_an_account_that_was_added_since(self, pbx: Pbx) -> None:
        """The reader knows the sites as they are now."""
        with Session(pbx.engine) as session:
            site_file.apply(
                session, '[account.new]\nvendor = "while1"\nsecret = "secret-of-the-new-account"\n'
            )
            session.commit()
            new = session.scalars(select(AccountRow.id).where(AccountRow.key == "new")).one()
        pbx.stores.directory._next_check = 0
        pbx.keep("caller-data", {"telephone": DANA, "dnid": DID}, account=new)
        pbx.read()
        assert pbx.states() == ["done"]
        assert [call.account_id for call in pbx.calls()] == [new]


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
                broken.setattr(call_reading, "save", failing(fault))
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

        monkeypatch.setattr(call_reading, "save", refuse_one)
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
            broken.setattr(call_reading, "save", fail)
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
                verdicts.judgement_of(row).lesson for row in session.scalars(select(VerdictRow))
            ]
        assert len(lessons) == calls
        assert pbx.learned("stray_calls") == pytest.approx(
            sum(one.total("stray_calls") for one in lessons if one)
        )
        assert pbx.learned("stray_calls") > 0


def test_it_waits_for_its_turn_to_write_and_not_before(
    pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From before the first row is written until after the commit the turn is the reader's: never while it reads."""
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

    monkeypatch.setattr(call_reading, "save", saves)
    monkeypatch.setattr(Knowledge, "judge", judges)
    pbx.cdr("call")
    event.listen(pbx.engine, "commit", lambda _: taken["commit"].add(turn_is_taken(pbx.engine)))
    pbx.read()
    assert taken == {"judging": {False}, "writing": {True}, "commit": {True}}
    assert not turn_is_taken(pbx.engine)
