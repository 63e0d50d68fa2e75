"""kill -9 of the worker that listens: the next one connects by itself,
and what came before is not lost."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.pbx.simulated_call import Ending, Extension, Kind, SimulatedCall
from leadtracker.pbx.voicenter.simulator.events import of_call
from leadtracker.pbx.voicenter.simulator.real_time import SimulatedRealTime, served
from leadtracker.records.tables import CallRow
from tests.callback_road import RULES, save
from tests.conftest import SITE
from tests.dashboard_rows import NOW
from tests.served import serving

CALL = SimulatedCall(
    Kind.INCOMING,
    Ending.ANSWERED,
    "+972501234567",
    "+972722776772",
    NOW,
    (Extension("WalterSIP", "Walter"),),
    serial="0",
    talk_seconds=7,
)


def phases(engine: Engine) -> dict[str, str]:
    with Session(engine) as session:
        return {row.call_id[-1]: row.phase for row in session.scalars(select(CallRow))}


def test_the_next_worker_listens(tmp_path: Path) -> None:
    events = of_call(CALL, ZoneInfo("Asia/Jerusalem"))
    with (
        served(SimulatedRealTime("a-token")) as real_time,
        serving(tmp_path, SITE) as (running, engine),
    ):
        save(engine, None, RULES, real_time.options)
        running.until(real_time.connected)
        real_time.emit(events[:2])
        running.until(lambda: phases(engine) == {"0": "answered"})
        running.kill("worker")
        running.until(lambda: len(real_time.logins) == 2 and real_time.connected())
        real_time.emit(events[1:])  # one came before
        running.until(lambda: phases(engine) == {"0": "ended"})
        assert "a-token" not in running.log.read_text()
