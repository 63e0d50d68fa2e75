"""A user confirms, corrects and takes back: shown at once, learned once by the worker,
and undone without a trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.records.tables import (
    CallerRow,
    CallRow,
    KnownPhoneRow,
    LearnedRow,
    PhoneRow,
    ShareRow,
    VerdictRow,
)
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from leadtracker.who_called.corrections import keep_word
from tests.dashboard_rows import OURS, add, lease, touchpoint
from tests.paths.test_main_road import PBX, cdr, number, settle, wall_clock

DANA, YOSSI = "dana".ljust(22, "_"), "yossi".ljust(22, "_")
PHONE = "+972501234567"
# what a word may change of a call and of its verdict
SHOWN = ("visitor_id", "match", "visitor_info", "touchpoint", "channel", "campaign")
SAID = ("confirmed", "confirmed_at", "heeded", "matched", "stated_right")
JUDGED = ("posterior", "evidence", "stated", "untold", "days")


@pytest.fixture
def status() -> str:
    """How the call ended; tests name another one."""
    return "ANSWER"


@pytest.fixture
def call(app: Flask, worker: Worker, stores: Stores, status: str) -> int:
    """A call to a number that Yossi looks at, and that Dana was shown a while before."""
    client = app.test_client()
    shown = str(number(client, "yossi")["did"])
    at = datetime.now(UTC) - timedelta(minutes=10)
    came = touchpoint(at, source="facebook", channel="paid social", campaign="autumn")
    left = at + timedelta(minutes=9)
    add(
        stores.engine,
        lease(at, did=shown, visitor=DANA, left=left, source_key="facebook", arrival=came),
    )
    said = cdr("0" + shown.removeprefix("+972"), status=status)
    assert client.post(f"{PBX}/cdr", json=said).get_json()["Err"] == 0
    settle(worker)
    with Session(stores.engine) as session:
        return session.scalars(select(CallRow.id)).one()


def rows(stores: Stores) -> dict[str, Any]:
    """All that a word may change, and whose floats are only as exact as sums of them."""
    with Session(stores.engine) as session:
        call = session.scalars(select(CallRow)).one()
        learned = session.scalars(
            select(LearnedRow).where(LearnedRow.site_id == call.site_id)
        ).one()
        return {
            "call": [getattr(call, name) for name in SHOWN],
            **_of_verdict(session.scalars(select(VerdictRow)).one()),
            "learned": _flat(learned.counts),
            **_of_people(session),
        }


def _of_verdict(verdict: VerdictRow) -> dict[str, Any]:
    return {
        "said": [getattr(verdict, name) for name in SAID],
        "verdict": [getattr(verdict, name) for name in JUDGED],
        "lesson": _flat(verdict.lesson or {}),
    }


def _of_people(session: Session) -> dict[str, Any]:
    phones = session.scalars(select(PhoneRow).order_by(PhoneRow.key))
    known = session.scalars(select(KnownPhoneRow))
    return {
        "shares": sorted(
            (round(row.p, 9), row.channel, row.campaign)
            for row in session.scalars(select(ShareRow))
        ),
        "phones": [(row.key, row.remembered) for row in phones],
        "callers": sorted(
            (row.visitor, str(row.called)) for row in session.scalars(select(CallerRow))
        ),
        "known": sorted((row.phone, row.visitor, row.said_by) for row in known),
    }


def _shares(session: Session, call: int) -> list[tuple[str, float]]:
    found = session.scalars(select(ShareRow).where(ShareRow.call_pk == call))
    return sorted((row.campaign, round(row.p, 6)) for row in found)


def _flat(counts: dict[str, dict[str, float]]) -> dict[str, float]:
    return {f"{name} {key}": value for name, sums in counts.items() for key, value in sums.items()}


def same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        if name in ("lesson", "learned"):
            assert found[name] == pytest.approx(value, rel=1e-6, abs=1e-7), name
        else:
            assert found[name] == value, name


def send(client: FlaskClient, call: int, **form: str) -> None:
    answer = client.post(f"/calls/{call}/confirm", data=form, headers=OURS)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/calls/{call}#who")


def say(client: FlaskClient, worker: Worker, call: int, **form: str) -> None:
    """Send, and let the worker learn it."""
    send(client, call, **form)
    settle(worker)


WORDS: dict[str, tuple[dict[str, str], str | None]] = {
    "the one who was matched": ({"visitor": YOSSI}, YOSSI),
    "the other one": ({"visitor": DANA}, DANA),
    "nobody of these": ({"nobody": "1"}, None),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_word_is_shown_at_once_then_learned_then_undone(
    dashboard: FlaskClient, worker: Worker, stores: Stores, call: int, name: str
) -> None:
    form, who = WORDS[name]
    before = rows(stores)
    assert before["call"][0] == YOSSI
    assert sum(share[0] for share in before["shares"]) == pytest.approx(1)
    send(dashboard, call, **form)
    page = dashboard.get(f"/calls/{call}").text
    assert "follow in a moment" in page
    assert ("None of these." if who is None else "Certainly") in page
    assert re.search(r"Confirmed by <bdi>admin</bdi>, <time [^>]*>[0-9]{2}:[0-9]{2}</time>\.", page)
    assert rows(stores)["learned"] == before["learned"]  # the page teaches nothing
    settle(worker)
    after = rows(stores)
    assert after["call"][0] == who
    assert after["said"][2] == (who or "")
    assert after["said"][4] is (who == YOSSI)
    assert after["known"] == ([(PHONE, who, "user")] if who else [])
    assert sum(share[0] for share in after["shares"]) == pytest.approx(1)
    assert after["verdict"] == before["verdict"]
    if who == DANA:
        assert after["call"][4:] == ["paid social", "autumn"]
        assert after["shares"] == [(1.0, "paid social", "autumn")]
        assert after["lesson"] != before["lesson"]
    assert "figures above are those before the confirmation" in dashboard.get(f"/calls/{call}").text
    assert worker.turn() == 0  # nothing is learned twice
    assert rows(stores) == after
    say(dashboard, worker, call, undo="1")
    same(rows(stores), before)


@pytest.mark.parametrize("status", ["NOANSWER"])
def test_a_return_call_is_whose_the_missed_call_is(
    dashboard: FlaskClient, worker: Worker, stores: Stores, call: int
) -> None:
    said = {"type": "Extension Outgoing", "caller": "037654321", "target": "0501234567"}
    said |= {"callerextension": "SIP1", "ivruniqueid": "return-1"}
    later = wall_clock() + 60
    assert dashboard.post(f"{PBX}/cdr", json=cdr("", time=later, **said)).get_json()["Err"] == 0
    settle(worker)

    def both() -> list[tuple[Any, ...]]:
        with Session(stores.engine) as session:
            return [
                (row.visitor_id, row.campaign, _shares(session, row.id))
                for row in session.scalars(select(CallRow).order_by(CallRow.id))
            ]

    before = both()
    for form in ({"visitor": DANA}, {"nobody": "1"}, {"visitor": YOSSI}, {"undo": "1"}):
        say(dashboard, worker, call, **form)
        missed, returned = both()
        assert returned == missed
    assert both() == before


def test_a_word_of_the_command_line_has_no_name(
    dashboard: FlaskClient, stores: Stores, call: int
) -> None:
    keep_word(stores.engine, call, DANA)
    page = dashboard.get(f"/calls/{call}").text
    assert re.search(r"Confirmed, <time [^>]*>[0-9]{2}:[0-9]{2}</time>\.", page)


def test_one_word_after_another_leaves_only_the_last(
    dashboard: FlaskClient, worker: Worker, stores: Stores, call: int
) -> None:
    before = rows(stores)
    say(dashboard, worker, call, visitor=YOSSI)
    direct = rows(stores)
    say(dashboard, worker, call, undo="1")
    for form in ({"visitor": DANA}, {"nobody": "1"}, {"visitor": YOSSI}):
        say(dashboard, worker, call, **form)
    found = rows(stores)
    found["said"][1] = direct["said"][1]  # the moment
    same(found, direct)
    say(dashboard, worker, call, undo="1")
    same(rows(stores), before)


def test_a_worker_that_begins_anew_learns_the_word_once(
    dashboard: FlaskClient, worker: Worker, stores: Stores, call: int
) -> None:
    say(dashboard, worker, call, visitor=DANA)
    once = rows(stores)
    other = Worker(stores.engine, stores.live, stores.directory, stores.settings)
    settle(other)
    other.stop()
    settle(worker)
    same(rows(stores), once)


REFUSED: dict[str, tuple[Callable[[FlaskClient, int], Any], int]] = {
    "of another page": (
        lambda client, call: client.post(f"/calls/{call}/confirm", data={"nobody": "1"}),
        403,
    ),
    "of a stranger": (
        lambda client, call: client.post(
            f"/calls/{call}/confirm", data={"visitor": "x"}, headers=OURS
        ),
        400,
    ),
    "of nothing": (lambda client, call: client.post(f"/calls/{call}/confirm", headers=OURS), 400),
    "of no such call": (
        lambda client, call: client.post("/calls/99/confirm", data={"undo": "1"}, headers=OURS),
        404,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(dashboard: FlaskClient, stores: Stores, call: int, name: str) -> None:
    before = rows(stores)
    ask, status = REFUSED[name]
    assert ask(dashboard, call).status_code == status
    assert rows(stores) == before
