"""The plans that are made once a day."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from leadtracker.planner.making import DailyPlans
from leadtracker.records import plans
from leadtracker.web.stores import Stores
from tests.plan_rows import history, some_plan


class Child:
    """Stands for a process that makes a plan."""

    def __init__(self, command: list[str], **_: Any) -> None:
        self.command, self.returncode, self.ended = command, None, list[str]()

    def poll(self) -> int | None:
        return self.returncode

    def terminate(self) -> None:
        self.ended.append("terminated")

    def wait(self) -> None:
        self.ended.append("waited")


class TestDailyPlans:
    @pytest.fixture
    def begun(self, monkeypatch: pytest.MonkeyPatch) -> list[Child]:
        children: list[Child] = []

        def popen(command: list[str], **more: Any) -> Child:
            children.append(Child(command, **more))
            return children[-1]

        monkeypatch.setattr(subprocess, "Popen", popen)
        return children

    def test_one_after_the_other(self, app: Flask, stores: Stores, begun: list[Any]) -> None:
        daily, now = DailyPlans(stores.engine, stores.directory, stores.settings), datetime.now(UTC)
        daily.tick(now)
        assert begun == []
        history(stores.engine, now)
        daily.tick(now + timedelta(minutes=9, seconds=59))
        assert begun == [], "it does not look again for ten minutes"
        daily.tick(now + timedelta(minutes=10))
        assert [child.command[1:] for child in begun] == [
            ["-m", "leadtracker", "plan", "shop", "--quietly"]
        ]
        daily.tick(now + timedelta(hours=2))
        assert len(begun) == 1, "the first still goes on"
        begun[0].returncode = 1
        daily.tick(now + timedelta(minutes=69))
        assert len(begun) == 1, "what failed is not tried again within the hour"
        daily.tick(now + timedelta(minutes=80))
        assert len(begun) == 2
        daily.stop()
        daily.stop()
        assert begun[1].ended == ["terminated", "waited"]

    @pytest.mark.parametrize(("hours", "due"), [(20.9, False), (21.1, True)])
    def test_a_plan_is_a_day_old(self, app: Flask, stores: Stores, hours: float, due: bool) -> None:
        """The one kept was made three hours ago."""
        now = datetime.now(UTC)
        history(stores.engine, now)
        with Session(stores.engine) as session:
            plans.keep(session, 1, some_plan())
            session.commit()
        daily = DailyPlans(stores.engine, stores.directory, stores.settings)
        assert (daily._due(now + timedelta(hours=hours)) is not None) is due

    def test_not_of_too_few_visits(self, app: Flask, stores: Stores) -> None:
        now = datetime.now(UTC)
        history(stores.engine, now, visits=100)
        daily = DailyPlans(stores.engine, stores.directory, stores.settings)
        assert daily._due(now) is None
