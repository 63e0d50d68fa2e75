"""Which notifications are one call, which wait for another,
and what stays when a store fails in between."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.calls import reading
from leadtracker.records import verdicts
from leadtracker.records.tables import AccountRow, InboxRow, ShareRow, VerdictRow
from leadtracker.web.stores import Stores
from tests.notifications import (
    DANA,
    DID,
    NOON,
    OTHER_DID,
    RON,
    VOICENTER,
    WHILE1,
    Pbx,
)

MINUTES_3 = 180


@pytest.fixture
def pbx(stores: Stores) -> Pbx:
    return Pbx(stores)


# Seconds between a pop that names no call and what comes next, how that differs,
# and whether both # are one call.
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
    """Each pop is near one of the call, which then begins earlier;
    a copy of the first finds it by its own name."""
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
        first, second = reading._gather(session, new, pbx.stores.directory)
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
    """Pops with and without the call's name, its CDR, and a copy of each,
    read one by one or together."""
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
        monkeypatch.setattr(reading, "BATCH", batch)
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
            judged = {call.call_id: verdicts.judgment(session, call.id) for call in pbx.calls()}
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
