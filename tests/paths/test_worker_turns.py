"""The worker: what one turn does, what is forgotten and what stays,
and what a fault in between costs."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from leadtracker.errors import StoreUnavailable
from leadtracker.matching.calling_clock import KEPT
from leadtracker.matching.page_state import TAP_EDGES
from leadtracker.records import learned
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow, DidRow, HourRow, InboxRow, LeaseRow
from leadtracker.running import worker as module
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from leadtracker.who_called.knowledge import Knowledge
from tests.callback_road import callback_row
from tests.dashboard_rows import add, call, lease, notification
from tests.notifications import turn_is_taken
from tests.paths.test_main_road import message, number, post

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


class Clock(datetime):
    """The worker's, which a test sets."""

    moment = datetime.now(UTC)

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return cls.moment


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    moment = datetime.now(UTC)
    monkeypatch.setattr(Clock, "moment", moment)
    monkeypatch.setattr(module, "datetime", Clock)
    return moment


def ids(engine: Engine, column: Any) -> set[Any]:
    with Session(engine) as session:
        return set(session.scalars(select(column)))


class TestForgetting:
    def test_which_notifications_go(self, stores: Stores, worker: Worker, now: datetime) -> None:
        """What was read, after 400 days; what waits or is broken stays for ever,
        and so do calls."""
        old = now - timedelta(days=400)
        of = call(old - DAY)
        add(stores.engine, of)
        for name, received_at, state in (
            ("done old", old - SECOND, "done"),
            ("done", old, "done"),
            ("new", old - DAY, "new"),
            ("broken", old - DAY, "broken"),
        ):
            add(
                stores.engine,
                notification(of.id, b"", query=name, received_at=received_at, state=state),
            )
        worker._clean()
        assert ids(stores.engine, InboxRow.query) == {"done", "new", "broken"}
        assert ids(stores.engine, CallRow.id) == {of.id}

    def test_which_leases_and_refusals_go(
        self, stores: Stores, worker: Worker, now: datetime
    ) -> None:
        old = now - timedelta(days=90)
        add(stores.engine, lease(old - SECOND, id="old"), lease(old, id="young"))
        add(
            stores.engine,
            callback_row(1, state="refused", made_at=old - SECOND),
            callback_row(2, state="refused", made_at=old),
            callback_row(3, state="talked", made_at=old - DAY),
        )
        worker._clean()
        assert ids(stores.engine, LeaseRow.id) == {"young"}
        assert ids(stores.engine, CallbackRow.id) == {"request-2", "request-3"}

    def test_which_numbers_go(self, stores: Stores, worker: Worker, now: datetime) -> None:
        old = now - timedelta(days=60)
        drained = {"+972722776772": old - SECOND, "+972722776773": old, "+972722776774": now}
        with Session(stores.engine) as session:
            for did, since in drained.items():
                session.get_one(DidRow, did).draining_since = since
            session.commit()
        before = ids(stores.engine, DidRow.e164)
        worker._clean()
        assert before - ids(stores.engine, DidRow.e164) == {"+972722776772"}

    def test_which_hours_go(self, stores: Stores, worker: Worker, now: datetime) -> None:
        hour = int(now.timestamp() // 3600)
        oldest = hour - learned.OLDEST_DAYS * 24 - KEPT
        rows = [
            HourRow(site_id=1, number=n, begins=0, activity=1, local_hour=1, weekday=1, closed=[])
            for n in (oldest - 1, oldest, hour)
        ]
        add(stores.engine, *rows)
        worker._clean()
        assert ids(stores.engine, HourRow.number) == {oldest, hour}

    def test_settings_say_how_long(self, stores: Stores, worker: Worker, now: datetime) -> None:
        worker._settings = stores.settings.model_copy(update={"raw_days": 7, "lease_days": 1})
        of = call(now)
        add(stores.engine, of, lease(now - 2 * DAY, id="old"), lease(now, id="young"))
        add(
            stores.engine,
            *(notification(of.id, b"", query=str(d), received_at=now - d * DAY) for d in (6, 8)),
        )
        worker._clean()
        assert (ids(stores.engine, InboxRow.query), ids(stores.engine, LeaseRow.id)) == (
            {"6"},
            {"young"},
        )

    def test_a_cleaning_that_fails_forgets_nothing(
        self, stores: Stores, worker: Worker, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any) -> None:
            raise OperationalError("DELETE", {}, Exception("the disk is full"))

        add(stores.engine, lease(now - timedelta(days=99), id="old"))
        with monkeypatch.context() as broken:
            broken.setattr(module, "forget_drained", fail)
            with pytest.raises(OperationalError):
                worker._clean()
        assert ids(stores.engine, LeaseRow.id) == {"old"}
        worker._clean()
        assert ids(stores.engine, LeaseRow.id) == set()


class TestHours:
    def test_it_cleans_and_counts_the_hours_once_an_hour(
        self, stores: Stores, worker: Worker, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done: list[str] = []
        regroup, pass_hours, clean = stores.live.regroup, Knowledge.pass_hours, worker._clean

        def regrouping(site: Any) -> None:
            done.append(f"regroup {site.name}")
            regroup(site)

        def passing(known: Knowledge, moment: datetime, numbers: int) -> None:
            done.append(f"hours {known.site.name} {numbers}")
            pass_hours(known, moment, numbers)

        def cleaning() -> None:
            done.append("clean")
            clean()

        monkeypatch.setattr(stores.live, "regroup", regrouping)
        monkeypatch.setattr(Knowledge, "pass_hours", passing)
        monkeypatch.setattr(worker, "_clean", cleaning)
        with Session(stores.engine) as session:
            session.get_one(DidRow, "+972722776772").draining_since = now
            session.commit()
        stores.directory.change = -1
        begun = now.replace(minute=30, second=0, microsecond=0)
        passed = ["hours magazin 2", "hours shop 4"]
        cleaned = ["clean", "regroup magazin", "regroup shop"]
        for minutes, expected in (
            (0, passed + cleaned),
            (1, []),
            (29.9, []),
            (30, passed),
            (59.9, []),
            (60, cleaned),
            (89.9, []),
            (90, passed),
            (119.9, []),
            (120, cleaned),
        ):
            Clock.moment = begun + timedelta(minutes=minutes)
            stores.directory._next_check = 0
            worker.turn()
            assert sorted(done) == sorted(expected), minutes
            assert done.index("clean") < done.index("regroup shop") if "clean" in done else True
            done.clear()
        with Session(stores.engine) as session:
            newest = session.scalar(select(func.max(HourRow.number)).where(HourRow.site_id == 1))
        assert newest == int(Clock.moment.timestamp() // 3600)


class TestTurns:
    def test_all_of_the_lease_log_is_written_before_calls_are_read(
        self, app: Flask, stores: Stores, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LOG_BATCH", 2)
        for visitor in ("dana", "ron", "gal"):
            number(app.test_client(), visitor)
        seen: list[int] = []

        def reading(engine: Engine, *_: Any) -> int:
            with Session(engine) as session:
                seen.append(session.scalar(select(func.count()).select_from(LeaseRow)) or 0)
            return 40

        monkeypatch.setattr(module, "read_inbox", reading)
        monkeypatch.setattr(module, "apply_corrections", lambda *_: 500)
        assert worker.turn() == 546, (
            "the log, three numbers whose holders Redis may have lost, and what was read"
        )
        assert worker.turn() == 540
        assert seen == [3, 3]
        assert stores.live.lease_log(1, 10) == {}

    def test_a_log_that_cannot_be_written_is_written_later_and_learned_once(
        self, app: Flask, stores: Stores, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any) -> None:
            raise OperationalError("INSERT", {}, Exception("the disk is full"))

        worker.turn()
        shown = number(app.test_client(), "dana")
        tapped = message("dana", ask="beat", state="visible", lease=shown["lease"], signals=["tap"])
        assert post(app.test_client(), tapped).status_code == 200
        with monkeypatch.context() as broken:
            broken.setattr(Knowledge, "save", fail)
            for _ in range(2):
                with pytest.raises(OperationalError):
                    worker.turn()
        assert ids(stores.engine, LeaseRow.visitor) == set()
        assert worker.turn() == 2
        assert ids(stores.engine, LeaseRow.visitor) == {"dana".ljust(22, "_")}
        with Session(stores.engine) as session:
            counts, _, _ = learned.sums(session, 1)
        assert sum(counts.tap_seconds.values()) == pytest.approx(TAP_EDGES[-1])

    def test_it_writes_in_turn(self, stores: Stores, worker: Worker) -> None:
        if stores.engine.dialect.name == "postgresql":
            return  # needs no turns
        taken: list[bool] = []
        event.listen(stores.engine, "commit", lambda _: taken.append(turn_is_taken(stores.engine)))
        with worker._writing() as session:
            session.execute(select(1))
            session.commit()
        assert (taken, turn_is_taken(stores.engine)) == ([True], False)

    def test_holders_that_redis_lost_are_put_back_some_numbers_at_a_time(
        self, app: Flask, stores: Stores, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown = {
            visitor: number(app.test_client(), visitor)["did"]
            for visitor in ("dana", "ron", "gal", "tal", "ben")
        }
        worker.turn()
        stores.live.client.flushall()
        monkeypatch.setattr(module, "RESTORE_BATCH", 2)
        site = stores.directory.sites[0]
        pool = sorted(did.e164 for did in stores.directory.dids(site.id))
        assert set(shown.values()) == set(pool)
        places = []
        for _ in range(4):
            found = worker._restore(site)
            places.append((found, stores.live.restored(site.id)))
        assert places == [(2, pool[1]), (2, pool[3]), (1, "all"), (0, "all")]
        for visitor, did in shown.items():
            assert [one.visitor for one in stores.live.holders(site.id, did)] == [
                visitor.ljust(22, "_")
            ]

    def test_a_pool_as_large_as_one_batch_is_put_back_at_once(
        self, stores: Stores, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site = stores.directory.sites[0]
        monkeypatch.setattr(module, "RESTORE_BATCH", len(stores.directory.dids(site.id)))
        assert worker._restore(site) == 0
        assert stores.live.restored(site.id) == "all"


class TestRunning:
    def test_it_goes_on_after_any_fault_and_ends_what_it_began(
        self, stores: Stores, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of a store or of ours; when it is told to stop, plans, feeds and callbacks end too."""
        stop = threading.Event()
        faults = [
            StoreUnavailable("Redis"),
            OperationalError("SELECT", {}, Exception("gone")),
            ValueError("ours"),
        ]
        ended: list[str] = []
        turns = 0

        def turn() -> int:
            nonlocal turns
            turns += 1
            if faults:
                raise faults.pop(0)
            stop.set()
            return 1

        monkeypatch.setattr(worker, "turn", turn)
        monkeypatch.setattr(stop, "wait", lambda _: stop.is_set())
        for name in ("_listening", "_plans", "_callbacks"):
            part, real = getattr(worker, name), getattr(worker, name).stop

            def ending(name: str = name, real: Any = real) -> None:
                ended.append(name)
                real()

            monkeypatch.setattr(part, "stop", ending)
        worker.run(stop)
        assert turns == 4
        assert ended[-3:] == ["_listening", "_plans", "_callbacks"]

    @pytest.mark.parametrize(
        ("came", "done", "seconds", "rest"),
        [
            (0, 5, 0.1, 0.1),  # reading comes first: as long as it worked
            (4, 5, 0.1, 0.1),
            (5, 5, 0.1, 1.0),  # a flood: ten times as long
            (9, 5, 0.1, 1.0),
            (9, 5, 0.5, 2.0),  # and never longer than two seconds
            (0, 5, 9.0, 2.0),
            (0, 0, 0.1, 0.15),
            (3, 0, 0.1, 0.15),
        ],
    )
    def test_how_long_it_rests(
        self,
        worker: Worker,
        monkeypatch: pytest.MonkeyPatch,
        came: int,
        done: int,
        seconds: float,
        rest: float,
    ) -> None:
        stop, rests = threading.Event(), []
        newest, ticks = iter([100, 100 + came]), iter([50.0, 50.0 + seconds])

        def waiting(length: float) -> bool:
            rests.append(length)
            stop.set()
            return True

        monkeypatch.setattr(stop, "wait", waiting)
        monkeypatch.setattr(worker, "turn", lambda: done)
        monkeypatch.setattr(module, "newest_notification", lambda _: next(newest))
        monkeypatch.setattr(
            module, "time", type("Time", (), {"monotonic": staticmethod(lambda: next(ticks))})
        )
        worker.run(stop)
        assert rests[0] == pytest.approx(rest)
