"""On which day a call's money is booked: the site's own,
at the moment at which it is to be dialed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Self

import pytest
import tomli_w
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.callback import request as callback_request
from leadtracker.callback.dialing import Dialing
from leadtracker.callback.request import CallbackRequests, Told, Wish
from leadtracker.callback.sweeps import CallbackSweeps
from leadtracker.callback_rules.course import State
from leadtracker.live.callback_guard import CallbackGuard, Money
from leadtracker.live.callback_refusals import Refusals
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.web.stores import Stores
from tests.callback_road import RULES, save

ISRAEL, NEW_YORK, AUCKLAND = "Asia/Jerusalem", "America/New_York", "Pacific/Auckland"
PRICE = 450  # agorot: 30 minutes of a mobile at 15


@dataclass
class Desk:
    """Programs ask for calls at moments that the test sets; nothing is dialed, only booked."""

    stores: Stores
    requests: CallbackRequests
    monkeypatch: pytest.MonkeyPatch
    asked: list[str] = field(default_factory=list)

    def rules(self, zone: str, **rules: Any) -> None:
        with Session(self.stores.engine) as session:
            site_file.apply(session, tomli_w.dumps({"site": {"shop": {"time_zone": zone}}}))
            session.commit()
        save(self.stores.engine, self.stores, RULES | {"prices": {"+972": 15}} | rules, {})

    def ask(self, now: str) -> Told:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromisoformat(now).astimezone(tz)

        self.monkeypatch.setattr(callback_request, "datetime", Clock)
        self.asked.append(f"request-{len(self.asked)}")
        site = self.stores.directory.site(1)
        assert site is not None
        return self.requests.ask(site, Wish(id=self.asked[-1], origin="api", phone="054-321-6549"))

    def row(self) -> CallbackRow:
        """Of the newest request."""
        with Session(self.stores.engine) as session:
            return session.scalars(
                select(CallbackRow).where(CallbackRow.id == self.asked[-1])
            ).one()

    def forget(self) -> None:
        """Nobody has asked yet."""
        self.stores.live.client.flushall()
        with Session(self.stores.engine) as session:
            session.execute(delete(CallbackRow))
            session.commit()

    def money(self) -> dict[str, tuple[int, int]]:
        """By day: held and spent."""
        keys = [str(key) for key in self.stores.live.client.keys("lt:{callback:pbx}:money:1:*")]
        days = [key.rpartition(":")[2] for key in keys]
        guard = CallbackGuard(self.stores.live)
        return {day: guard.money("pbx", 1, day) for day in days}


@pytest.fixture
def desk(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    dialing = Dialing(stores.engine, stores.live, stores.directory, 1)
    monkeypatch.setattr(dialing, "begin", lambda *_: None)  # no place is free
    key = "a-key-for-the-tests-of-32-letters"
    yield Desk(
        stores,
        CallbackRequests(stores.engine, stores.live, stores.directory, dialing, key),
        monkeypatch,
    )
    dialing.stop()


@pytest.fixture
def sweeps(stores: Stores) -> Iterator[CallbackSweeps]:
    found = CallbackSweeps(stores.engine, stores.live, stores.directory)
    yield found
    found.stop()


OPEN = {  # zone, moment of the request while the site is open -> the day by the clocks there
    "noon": (ISRAEL, "2026-09-06T09:00Z", "2026-09-06"),
    "a quarter to midnight": (ISRAEL, "2026-09-06T20:45Z", "2026-09-06"),
    "midnight": (ISRAEL, "2026-09-06T21:00Z", "2026-09-07"),
    "half past midnight": (ISRAEL, "2026-09-06T21:30Z", "2026-09-07"),
    "evening west of London": (NEW_YORK, "2026-09-07T02:00Z", "2026-09-06"),
    "midnight west of London": (NEW_YORK, "2026-09-07T04:00Z", "2026-09-07"),
    "morning far in the east": (AUCKLAND, "2026-09-06T13:00Z", "2026-09-07"),
    "winter, before midnight": (ISRAEL, "2026-12-06T21:59Z", "2026-12-06"),
    "winter, midnight": (ISRAEL, "2026-12-06T22:00Z", "2026-12-07"),
    "the night in autumn": (ISRAEL, "2026-10-24T21:00Z", "2026-10-25"),
    "the evening after it": (
        ISRAEL,
        "2026-10-25T21:30Z",
        "2026-10-25",
    ),  # 23:30, an hour later by summer's clock
    "the evening before spring": (ISRAEL, "2026-03-26T21:30Z", "2026-03-26"),
    "the evening after it jumped": (
        ISRAEL,
        "2026-03-27T21:15Z",
        "2026-03-28",
    ),  # 00:15, 23:15 by winter's clock
}


def test_while_it_is_open_the_day_is_that_of_the_sites_clocks(desk: Desk) -> None:
    booked, wanted = {}, {}
    for name, (zone, now, day) in OPEN.items():
        desk.rules(zone)
        state = desk.ask(now).state
        booked[name] = (state, desk.row().due_at, desk.row().day, desk.row().reserved, desk.money())
        wanted[name] = (State.RECEIVED, None, day, PRICE, {day: (PRICE, 0)})
        desk.forget()
    assert booked == wanted


# zone, opening hours, moment of the request -> when it is to be dialed,
# the day there at that # moment
CLOSED = {
    "tomorrow": (
        ISRAEL,
        {"mon": ["09:00-17:00"]},
        "2026-09-06T15:00Z",
        "2026-09-07T06:00Z",
        "2026-09-07",
    ),
    "later today": (
        ISRAEL,
        {"mon": ["09:00-17:00"]},
        "2026-09-07T05:00Z",
        "2026-09-07T06:00Z",
        "2026-09-07",
    ),
    "just after midnight": (
        ISRAEL,
        {"mon": ["00:15-02:00"]},
        "2026-09-06T17:00Z",
        "2026-09-06T21:15Z",
        "2026-09-07",
    ),
    "at midnight": (
        ISRAEL,
        {"mon": ["00:00-02:00"]},
        "2026-09-06T20:59Z",
        "2026-09-06T21:00Z",
        "2026-09-07",
    ),
    "in six days": (
        ISRAEL,
        {"sat": ["09:00-17:00"]},
        "2026-09-06T15:00Z",
        "2026-09-12T06:00Z",
        "2026-09-12",
    ),
    "an evening in the west": (
        NEW_YORK,
        {"sun": ["20:30-22:00"]},
        "2026-09-06T14:00Z",
        "2026-09-07T00:30Z",
        "2026-09-06",
    ),
    "a morning in the far east": (
        AUCKLAND,
        {"mon": ["09:00-17:00"]},
        "2026-09-06T06:00Z",
        "2026-09-06T21:00Z",
        "2026-09-07",
    ),
    "the night on which autumn begins": (
        ISRAEL,
        {"sun": ["00:15-03:00"]},
        "2026-10-24T12:00Z",
        "2026-10-24T21:15Z",
        "2026-10-25",
    ),
    "the evening after it": (
        ISRAEL,
        {"sun": ["23:30-24:00"]},
        "2026-10-24T12:00Z",
        "2026-10-25T21:30Z",
        "2026-10-25",
    ),
    "the night after clocks jumped in spring": (
        ISRAEL,
        {"sat": ["00:15-02:00"]},
        "2026-03-26T12:00Z",
        "2026-03-27T21:15Z",
        "2026-03-28",
    ),
    "on New Year's Eve": (
        ISRAEL,
        {"fri": ["00:30-02:00"]},
        "2026-12-31T12:00Z",
        "2026-12-31T22:30Z",
        "2027-01-01",
    ),
}


def test_while_it_is_closed_the_day_is_that_of_the_opening(desk: Desk) -> None:
    booked, wanted = {}, {}
    for name, (zone, hours, now, due, day) in CLOSED.items():
        desk.rules(zone, hours=hours)
        told, at = desk.ask(now), datetime.fromisoformat(due)
        booked[name] = (
            told.state,
            told.opens,
            desk.row().due_at,
            desk.row().day,
            desk.row().reserved,
            desk.money(),
        )
        wanted[name] = (State.SCHEDULED, at, at, day, PRICE, {day: (PRICE, 0)})
        desk.forget()
    assert booked == wanted


def test_over_a_holiday_it_is_the_day_after_it(desk: Desk) -> None:
    desk.rules(ISRAEL, holidays=["2026-09-12", "2026-09-13"])
    assert desk.ask("2026-09-12T10:00Z").opens == datetime.fromisoformat("2026-09-13T21:00Z")
    assert desk.money() == {"2026-09-14": (PRICE, 0)}


def test_what_a_campaign_is_to_call_counts_on_its_day_too(desk: Desk) -> None:
    desk.rules(ISRAEL, hours={"mon": ["00:15-17:00"]}, campaign="1234")
    assert desk.ask("2026-09-06T17:00Z").state is State.RECEIVED
    assert (desk.row().day, desk.row().due_at) == (
        "2026-09-07",
        datetime.fromisoformat("2026-09-06T21:15Z"),
    )
    assert desk.money() == {"2026-09-07": (PRICE, 0)}


SUNDAY, MONDAY = "2026-09-06", "2026-09-07"
TWO_DAYS = {"sun": ["09:00-17:00"], "mon": ["09:00-17:00"]}
AT_WORK, IN_THE_EVENING, NEXT_MORNING = (
    "2026-09-06T10:00Z",
    "2026-09-06T17:00Z",
    "2026-09-07T07:00Z",
)


@pytest.mark.parametrize("lost", [False, True], ids=["redis has it", "redis lost it"])
def test_each_day_has_a_ceiling_of_its_own(desk: Desk, lost: bool) -> None:
    """Two calls a day: Sunday's are used up in the day,
    Monday's by those who ask on Sunday evening."""
    desk.rules(ISRAEL, hours=TWO_DAYS, ceiling=2 * PRICE)
    states = []
    for now in [AT_WORK] * 3 + [IN_THE_EVENING] * 3 + [NEXT_MORNING]:
        states.append((desk.ask(now).state, desk.row().code))
        if lost:
            desk.stores.live.client.flushall()
    day = [(State.RECEIVED, ""), (State.RECEIVED, ""), (State.REFUSED, "money")]
    evening = [(State.SCHEDULED, ""), (State.SCHEDULED, ""), (State.REFUSED, "money")]
    assert states == [*day, *evening, (State.REFUSED, "money")]
    if not lost:
        assert desk.money() == {SUNDAY: (2 * PRICE, 0), MONDAY: (2 * PRICE, 0)}


def test_what_it_cost_is_booked_on_the_day_it_was_held_on(
    desk: Desk, sweeps: CallbackSweeps
) -> None:
    desk.rules(ISRAEL, hours=TWO_DAYS)
    for now in (AT_WORK, IN_THE_EVENING):
        desk.ask(now)
    with Session(desk.stores.engine) as session:
        session.execute(update(CallbackRow).values(state=State.TALKED, spent=CallbackRow.pk + 10))
        session.commit()
    for _ in range(2):
        sweeps._settle()
        assert desk.money() == {SUNDAY: (0, 11), MONDAY: (0, 12)}
    with Session(desk.stores.engine) as session:
        assert set(session.scalars(select(CallbackRow.settled))) == {True}


def test_a_call_that_was_put_off_holds_no_money_in_the_end(
    desk: Desk, sweeps: CallbackSweeps
) -> None:
    """A holiday was added after it was asked for: wherever its money is held,
    it is held once and given back."""
    desk.rules(ISRAEL, hours={**TWO_DAYS, "tue": ["09:00-17:00"]})
    desk.ask(IN_THE_EVENING)
    desk.rules(ISRAEL, hours={**TWO_DAYS, "tue": ["09:00-17:00"]}, holidays=[MONDAY])
    sweeps._dial_due(datetime.fromisoformat("2026-09-07T06:00Z"))
    row = desk.row()
    assert (row.state, row.due_at) == (State.SCHEDULED, datetime.fromisoformat("2026-09-08T06:00Z"))
    assert sum(held for held, _ in desk.money().values()) == PRICE
    with Session(desk.stores.engine) as session:
        session.execute(update(CallbackRow).values(state=State.FAILED, spent=0))
        session.commit()
    sweeps._settle()
    assert set(desk.money().values()) == {(0, 0)}


LATE = [  # zone, moment -> the day by the clocks there
    (ISRAEL, "2026-09-06T21:30Z", MONDAY),
    (ISRAEL, "2026-09-06T20:30Z", SUNDAY),
    (NEW_YORK, "2026-09-07T03:00Z", SUNDAY),
]


def test_money_of_whoever_died_is_given_back_on_the_sites_day(
    desk: Desk, sweeps: CallbackSweeps
) -> None:
    guard = CallbackGuard(desk.stores.live)
    for zone, now, day in LATE:
        desk.forget()
        desk.rules(zone)
        for each in ("2026-09-05", SUNDAY, MONDAY, "2026-09-08"):
            assert guard.admit("pbx", "never-written", "", (), Money(1, each, PRICE, PRICE)) == ""
        sweeps._unwritten.clear()
        for _ in range(2):  # the first time it may still be on its way into SQL
            assert sum(held for held, _ in desk.money().values()) == 4 * PRICE
            sweeps._release(datetime.fromisoformat(now))
        assert [each for each, sums in desk.money().items() if sums == (0, 0)] == [day], (zone, now)


def test_a_refusal_counts_on_the_sites_day(desk: Desk) -> None:
    for zone, now, day in LATE:
        desk.forget()
        desk.rules(zone, ceiling=0)
        assert desk.ask(now).code == "money"
        assert desk.row().ended_at == desk.row().made_at == datetime.fromisoformat(now)
        assert Refusals(desk.stores.live).counts(1, [day]) == {"money": 1}, (zone, now)
