"""What the worker does with each callback request in one turn,
and whom a dialing asks after whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from leadtracker.callback import dialing as callback_dialing
from leadtracker.callback.dialing import LAST_TRY_SECONDS, Dialing
from leadtracker.callback.sweeps import CallbackSweeps
from leadtracker.callback_rules.course import State
from leadtracker.domain import Account
from leadtracker.errors import BadRequest, NotFound, PbxUnavailable
from leadtracker.live.callback_guard import CallbackGuard
from leadtracker.pbx.dialing import Answer, Dial, Dialed
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.web.stores import Stores
from tests.callback_road import RULES, TARGET, callback_row, long, save

NOW = datetime(2026, 9, 6, 9, tzinfo=UTC)  # a Sunday, noon in Israel
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Pbx:
    """Answers what it is told to, and keeps what it was asked."""

    answers: dict[str, Answer] = field(
        default_factory=dict
    )  # by agent; accepted where none is named
    asked: list[Dial] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)
    scheduled: list[tuple[str, datetime]] = field(default_factory=list)
    seconds: float = 0.0  # that each answer takes, by the clock of `clock`
    clock: float = 1000.0

    def dial(self, account: Account, dial: Dial) -> Dialed:
        self.asked.append(dial)
        self.clock += self.seconds
        answer = self.answers.get(dial.agent, Answer.ACCEPTED)
        return Dialed(
            answer,
            f"call-{len(self.asked)}" if answer is Answer.ACCEPTED else "",
            f"{answer} it is",
        )

    def hang_up(self, account: Account, agent: str) -> Dialed:
        self.hung_up.append(agent)
        return Dialed(self.answers.get(agent, Answer.ACCEPTED))

    def schedule(self, account: Account, campaign: str, dial: Dial, at: datetime) -> Dialed:
        self.scheduled.append((campaign, at))
        return Dialed(self.answers.get(campaign, Answer.ACCEPTED), message="left")


@pytest.fixture
def pbx(monkeypatch: pytest.MonkeyPatch) -> Pbx:
    pbx = Pbx()
    monkeypatch.setattr(
        callback_dialing, "VENDORS", {"voicenter": SimpleNamespace(click_to_call=pbx)}
    )
    return pbx


@dataclass
class Desk:
    stores: Stores
    sweeps: CallbackSweeps
    dialing: Dialing

    def rules(self, **more: Any) -> None:
        save(self.stores.engine, self.stores, RULES | more, {})

    def store(self, **more: Any) -> int:
        """The only request there is."""
        nothing = {"spent": None, "talk_seconds": 0, "agent": "", "made_at": NOW, "settled": False}
        row = callback_row(1, **(nothing | more))
        with Session(self.stores.engine) as session:
            session.execute(delete(CallbackRow))
            session.add(row)
            session.commit()
            return row.pk

    def row(self) -> CallbackRow:
        with Session(self.stores.engine) as session:
            return session.scalars(select(CallbackRow)).one()


@pytest.fixture
def desk(stores: Stores, pbx: Pbx) -> Iterator[Desk]:
    sweeps = CallbackSweeps(stores.engine, stores.live, stores.directory)
    dialing = Dialing(stores.engine, stores.live, stores.directory, 1)
    desk = Desk(stores, sweeps, dialing)
    desk.rules()
    yield desk
    sweeps.stop()
    dialing.stop()


WAITING: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, str, bool]]] = {
    # rules, request -> its state and code after the turn, whether its dialing was begun
    "due": ({}, {"due_at": NOW}, ("scheduled", "", True)),
    "not yet": ({}, {"due_at": NOW + SECOND}, ("scheduled", "", False)),
    "a day late": ({}, {"due_at": NOW - 24 * HOUR}, ("scheduled", "", True)),
    "later than that": ({}, {"due_at": NOW - 24 * HOUR - SECOND}, ("failed", "too late", False)),
    "blocked since": ({"blocked": [TARGET]}, {"due_at": NOW}, ("cancelled", "blocked", False)),
    "closed again": (
        {"hours": {"mon": ["09:00-17:00"]}},
        {"due_at": NOW},
        ("scheduled", "", False),
    ),
    "a campaign's": ({}, {"due_at": NOW, "campaign": "1234"}, ("scheduled", "", False)),
    "left lying": ({}, {"state": "received", "made_at": NOW - 2 * SECOND}, ("received", "", True)),
    "just received": ({}, {"state": "received", "made_at": NOW - SECOND}, ("received", "", False)),
    "received, blocked since": (
        {"blocked": [TARGET]},
        {"state": "received", "made_at": NOW - MINUTE},
        ("received", "", True),
    ),
    "received while it is closed, for a campaign": (
        {"hours": {"mon": ["09:00-17:00"]}, "campaign": "1234"},
        {"state": "received", "made_at": NOW - MINUTE, "due_at": NOW + 20 * HOUR},
        ("received", "", True),
    ),
    "received a day ago": (
        {},
        {"state": "received", "made_at": NOW - 25 * HOUR},
        ("failed", "too late", False),
    ),
}


def test_what_becomes_of_each_that_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[int, State]] = []
    monkeypatch.setattr(
        desk.sweeps._dialing, "begin", lambda pk, found_as: begun.append((pk, found_as))
    )
    for name, (rules, request, (state, code, dialed)) in WAITING.items():
        begun.clear()
        desk.rules(**rules)
        pk = desk.store(**({"state": "scheduled"} | request))
        desk.sweeps._dial_due(NOW)
        row = desk.row()
        assert (row.state, row.code) == (state, code), name
        assert begun == ([(pk, State(state))] if dialed else []), name
        assert row.spent == (0 if code else None), name
        assert row.ended_at == (NOW if code else None), name
    with Session(desk.stores.engine) as session:
        session.execute(delete(CallbackRow))
        session.commit()


def test_one_request_for_each_agent_and_none_begun_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two agents; one is busy with a request that was dialed some minutes ago."""
    begun: list[int] = []

    def begin(request: int, _: object) -> str:
        begun.append(request)
        return "a future"

    monkeypatch.setattr(desk.sweeps._dialing, "begin", begin)
    busy = callback_row(1, state="dialling", dialled_at=NOW - MINUTE)
    waiting = [callback_row(number, state="scheduled", due_at=NOW) for number in (2, 3)]
    received = callback_row(4, state="received", made_at=NOW - MINUTE)
    with Session(desk.stores.engine, expire_on_commit=False) as session:
        session.add_all([busy, *waiting, received])
        session.commit()
    desk.sweeps._dial_due(NOW)
    assert begun == [waiting[0].pk, received.pk]
    desk.sweeps._dial_due(NOW + 29 * SECOND)
    assert begun == [waiting[0].pk, received.pk]
    begun.clear()
    desk.sweeps._dial_due(NOW + 10 * MINUTE)  # whoever was dialed so long ago is not waited for
    assert begun == [waiting[0].pk, waiting[1].pk, received.pk]


SWEPT: dict[
    str, tuple[dict[str, Any], str, str]
] = {  # a request -> its state and code after a turn
    "lost": ({"state": "dialling", "dialled_at": NOW - 31 * SECOND}, "uncertain", "no answer"),
    "not lost yet": ({"state": "dialling", "dialled_at": NOW - 30 * SECOND}, "dialling", ""),
    "answered": (
        {"state": "dialling", "dialled_at": NOW - MINUTE, "answered_at": NOW},
        "dialling",
        "",
    ),
    "handed over": (
        {"state": "scheduled", "campaign": "1", "due_at": NOW - 24 * HOUR - SECOND},
        "unknown",
        "not heard of",
    ),
    "handed over lately": (
        {"state": "scheduled", "campaign": "1", "due_at": NOW - 24 * HOUR},
        "scheduled",
        "",
    ),
}


def test_what_a_turn_ends(desk: Desk) -> None:
    for name, (request, state, code) in SWEPT.items():
        desk.store(**request)
        desk.sweeps._next = 0.0
        desk.sweeps.tick(NOW)
        assert (desk.row().state, desk.row().code) == (state, code), name


def test_without_a_cdr_it_is_not_known_after_an_hour(desk: Desk) -> None:
    for seconds, state in ((3600, "visitor answered"), (3601, "unknown")):
        desk.store(state="visitor answered", dialled_at=NOW - seconds * SECOND)
        desk.sweeps._end_without_cdr(NOW)
        assert (desk.row().state, desk.row().spent) == (state, None)


def test_what_changed_since_it_was_read_is_left_alone(desk: Desk) -> None:
    desk.store(state="dialling", dialled_at=NOW)
    read = desk.row()
    with Session(desk.stores.engine) as session:
        session.scalars(select(CallbackRow)).one().answered_at = NOW
        session.commit()
    desk.sweeps._end([read], State.UNCERTAIN, "no answer", NOW)
    assert (desk.row().state, desk.row().code) == ("dialling", "")


def test_a_price_that_changes_while_it_is_settled_is_settled_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.store(state="talked", spent=12)
    settle = CallbackGuard.settle

    def late(guard: CallbackGuard, *words: Any) -> None:
        settle(guard, *words)
        with Session(desk.stores.engine) as session:
            session.scalars(select(CallbackRow)).one().spent = 20
            session.commit()

    monkeypatch.setattr(CallbackGuard, "settle", late)
    desk.sweeps._settle()
    assert not desk.row().settled
    desk.sweeps._settle()
    assert (desk.row().spent, desk.row().settled) == (20, True)


TRIES: dict[str, tuple[dict[str, Answer], list[str], str, str]] = {  # answers -> asked, state, code
    "accepted": ({}, ["WalterSIP"], "dialling", ""),
    "offline": ({"WalterSIP": Answer.OFFLINE}, ["WalterSIP", "LoisSIP"], "dialling", ""),
    "blocked": ({"WalterSIP": Answer.BLOCKED}, ["WalterSIP", "LoisSIP"], "dialling", ""),
    "unreached": ({"WalterSIP": Answer.UNREACHED}, ["WalterSIP", "LoisSIP"], "dialling", ""),
    "refused": ({"WalterSIP": Answer.REFUSED}, ["WalterSIP"], "failed", "refused"),
    "unauthorized": ({"WalterSIP": Answer.UNAUTHORIZED}, ["WalterSIP"], "failed", "unauthorized"),
    "uncertain": ({"WalterSIP": Answer.UNCERTAIN}, ["WalterSIP"], "uncertain", "uncertain"),
    "both": (
        dict.fromkeys(("WalterSIP", "LoisSIP"), Answer.OFFLINE),
        ["WalterSIP", "LoisSIP"],
        "failed",
        "offline",
    ),
}


def test_whom_a_dialing_asks(desk: Desk, pbx: Pbx) -> None:
    for name, (answers, asked, state, code) in TRIES.items():
        pbx.answers = answers
        pbx.asked.clear()
        pk = desk.store(state="received")
        begun = desk.dialing.begin(pk, State.RECEIVED)
        assert begun is not None
        assert begun.result() is None
        row = desk.row()
        assert [dial.agent for dial in pbx.asked] == asked, name
        assert (row.state, row.code, row.agent) == (state, code, asked[-1]), name
        assert row.message == f"{answers.get(asked[-1], Answer.ACCEPTED)} it is", name
        assert row.call_id == (f"call-{len(asked)}" if state == "dialling" else ""), name
        assert row.spent == (0 if state == "failed" else None), name
        assert row.dialled_at is not None, name
        assert row.answered_at is not None, name


@pytest.mark.parametrize(("seconds", "asked"), [(LAST_TRY_SECONDS, 2), (LAST_TRY_SECONDS + 1, 1)])
def test_no_other_agent_is_asked_after_some_seconds(
    desk: Desk, pbx: Pbx, monkeypatch: pytest.MonkeyPatch, seconds: float, asked: int
) -> None:
    pbx.answers, pbx.seconds = dict.fromkeys(("WalterSIP", "LoisSIP"), Answer.OFFLINE), seconds
    monkeypatch.setattr(callback_dialing, "time", SimpleNamespace(monotonic=lambda: pbx.clock))
    desk.dialing._dial(desk.store(state="received"), State.RECEIVED)
    assert len(pbx.asked) == asked


def test_what_the_pbx_is_told(desk: Desk, pbx: Pbx) -> None:
    desk.rules(max_seconds=600, dial={"record": True})
    desk.dialing._dial(desk.store(state="received"), State.RECEIVED)
    desk.dialing._dial(desk.store(state="received", visitor=""), State.RECEIVED)
    ours, theirs = {"leadtracker_request": "1-request-1"}, {"leadtracker_visitor": long("dana")}
    assert pbx.asked == [
        Dial("WalterSIP", TARGET, ours | theirs, {"record": True}, 600),
        Dial("WalterSIP", TARGET, ours, {"record": True}, 600),
    ]


@pytest.mark.parametrize("state", [state for state in State if state is not State.SCHEDULED])
def test_what_is_dialed_or_over_is_not_dialed(desk: Desk, pbx: Pbx, state: State) -> None:
    desk.dialing._dial(desk.store(state=state), State.SCHEDULED)
    assert (pbx.asked, desk.row().state) == ([], state)


LEFT: dict[Answer, tuple[str, str, bool]] = {  # the campaign's answer -> state, campaign, dialed
    Answer.ACCEPTED: ("scheduled", "1234", False),
    Answer.REFUSED: ("scheduled", "", False),
    Answer.UNREACHED: ("scheduled", "", False),
    Answer.UNCERTAIN: ("uncertain", "", True),
}


def test_what_a_campaign_answers(desk: Desk, pbx: Pbx) -> None:
    desk.rules(campaign="1234")
    for answer, (state, campaign, dialed) in LEFT.items():
        pbx.answers, later = {"1234": answer}, NOW + HOUR
        desk.dialing._dial(desk.store(state="received", due_at=later), State.RECEIVED)
        row = desk.row()
        assert (row.state, row.campaign, row.dialled_at is not None, row.message) == (
            state,
            campaign,
            dialed,
            "left",
        )
        assert (pbx.scheduled.pop(), pbx.asked) == (("1234", later), [])


def test_a_late_answer_ends_the_uncertainty_and_nothing_else(desk: Desk) -> None:
    for state, code, after in [
        ("uncertain", "no answer", ("dialling", "")),
        ("dialling", "", ("dialling", "")),
        ("agent answered", "", ("agent answered", "")),
        ("talked", "", ("talked", "")),
    ]:
        pk = desk.store(state=state, code=code, call_id="")
        desk.dialing._note(pk, "WalterSIP", Dialed(Answer.ACCEPTED, "call-1", "m" * 900))
        row = desk.row()
        assert (row.state, row.code, row.call_id, row.agent, row.message) == (
            *after,
            "call-1",
            "WalterSIP",
            "m" * 500,
        )
    desk.dialing._note(
        desk.store(state="dialling", call_id="first"), "A", Dialed(Answer.ACCEPTED, "second")
    )
    assert desk.row().call_id == "first"


class TestHangUp:
    def test_by_state(self, desk: Desk, pbx: Pbx) -> None:
        for state in State:
            pk = desk.store(state=state, agent="WalterSIP")
            if state in (State.DIALING, State.AGENT_ANSWERED, State.VISITOR_ANSWERED):
                desk.dialing.hang_up(pk)
                assert (pbx.hung_up.pop(), desk.row().state) == ("WalterSIP", state)
            elif state is State.SCHEDULED:
                desk.dialing.hang_up(pk)
                assert (desk.row().state, desk.row().spent) == ("cancelled", 0)
            else:
                with pytest.raises(BadRequest):
                    desk.dialing.hang_up(pk)
        assert pbx.hung_up == []

    def test_what_cannot_be_ended(self, desk: Desk, pbx: Pbx) -> None:
        with pytest.raises(NotFound):
            desk.dialing.hang_up(999)
        with pytest.raises(BadRequest):  # the campaign has it
            desk.dialing.hang_up(desk.store(state="scheduled", campaign="1234", agent="WalterSIP"))
        with pytest.raises(BadRequest):  # nobody was rung
            desk.dialing.hang_up(desk.store(state="dialling", agent=""))
        pbx.answers = {"WalterSIP": Answer.REFUSED}
        with pytest.raises(PbxUnavailable, match="did not hang up: refused"):
            desk.dialing.hang_up(desk.store(state="dialling", agent="WalterSIP"))


def test_a_place_is_free_again_when_the_dialing_is_over(desk: Desk, pbx: Pbx) -> None:
    for _ in range(3):
        begun = desk.dialing.begin(desk.store(state="received"), State.RECEIVED)
        assert begun is not None
        begun.result()
        desk.dialing._pool.submit(
            lambda: None
        ).result()  # its thread has given the place back by now
    assert len(pbx.asked) == 3
