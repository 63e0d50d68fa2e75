"""The feed over a simulated login and servers: who is listened to when,
and what is said to them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadtracker.domain import Account
from leadtracker.errors import PbxUnavailable
from leadtracker.outgoing import Fate, Reply
from leadtracker.pbx.simulated_call import Ending, Extension, Kind, SimulatedCall
from leadtracker.pbx.voicenter import real_time_feed, real_time_login
from leadtracker.pbx.voicenter.real_time_feed import Feed, Pace
from leadtracker.pbx.voicenter.simulator import real_time as simulator
from leadtracker.pbx.voicenter.simulator.events import of_call, status_update
from leadtracker.pbx.voicenter.simulator.real_time import SimulatedRealTime, served
from tests.patience import PATIENCE, until

SAMPLES = Path(__file__).parent.parent / "contract" / "voicenter" / "real_time"
SECRET = "the-token-of-the-account"
QUICK = Pace(keep_alive=0.3, silence=PATIENCE, rest=0.05, longest_rest=0.2, tick=0.02)
WALTER = Extension("WalterSIP", "Walter")
CALL = SimulatedCall(
    Kind.INCOMING,
    Ending.ANSWERED,
    "+972501234567",
    "+972722776772",
    datetime.now(UTC).replace(microsecond=0),
    (WALTER,),
    customer_name="דנה",
    talk_seconds=7,
)


@pytest.fixture(autouse=True)
def quick_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_time_login, "BETWEEN_LOGINS", 0.02)


def account(**options: Any) -> Account:
    return Account(1, "pbx", "voicenter", "secret", options=options)


class Stop(threading.Event):
    """It notes how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return super().wait(timeout)


class Listening:
    """A feed in a thread, and what it said."""

    def __init__(self, options: dict[str, str], pace: Pace) -> None:
        self.heard: list[Any] = []
        self.told: list[tuple[bool, str]] = []
        self.stop = Stop()
        feed = Feed()
        feed.pace = pace
        self.thread = threading.Thread(
            target=feed.listen,
            args=(
                account(**options),
                self._hear,
                lambda up, words: self.told.append((up, words)),
                self.stop,
            ),
        )

    def _hear(self, body: bytes) -> None:
        self.heard.append(json.loads(body))

    @property
    def up(self) -> bool:
        return bool(self.told) and self.told[-1][0]


@contextmanager
def listening(
    real_time: SimulatedRealTime, pace: Pace = QUICK, /, **options: str
) -> Iterator[Listening]:
    one = Listening(options or real_time.options, pace)
    one.thread.start()
    try:
        yield one
    finally:
        one.stop.set()
        one.thread.join(PATIENCE)
        assert not one.thread.is_alive(), "the feed does not stop"


@pytest.mark.parametrize("old_keys", [False, True])
def test_events_of_calls_are_heard_and_no_others(old_keys: bool) -> None:
    with (
        served(SimulatedRealTime(SECRET, old_keys=old_keys)) as real_time,
        listening(real_time) as feed,
    ):
        until(lambda: feed.up)
        events = of_call(CALL, ZoneInfo("Asia/Jerusalem"))
        real_time.emit(
            [("AllUsersStatus", {"users": []}), *events, status_update(WALTER, 3, 1703265952)]
        )
        real_time.emit(
            [
                (
                    "QueueEvent",
                    {"data": {}, "eventName": "queue", "reason": "JOIN", "n": "x" * 100_000},
                )
            ]
        )
        until(lambda: len(feed.heard) == len(events) + 2)
        assert feed.heard[: len(events)] == [[name, payload] for name, payload in events]
        assert feed.told == [(True, "connected to 127.0.0.1")] * len(feed.told)
        assert [(path, body) for _, path, body in real_time.logins] == [
            ("Login/Token", {"token": SECRET})
        ]


def test_a_refused_login_is_tried_again_ever_more_slowly() -> None:
    with served(SimulatedRealTime(SECRET)) as real_time:
        wrong = real_time.options | {"real_time_token": "a-wrong-one"}
        with listening(real_time, **wrong) as feed:
            until(lambda: len(real_time.logins) >= 5)
        moments = [moment for moment, _, _ in real_time.logins]
        gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
        assert all(gap >= 0.05 * number for number, gap in enumerate(gaps[:4], start=1))
        assert set(feed.told) == {(False, "the login is refused: Unauthorized (HTTP 401)")}
        assert real_time.connected() == []


class StandingClock:
    """It moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_logins_are_a_second_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    clock = StandingClock()
    monkeypatch.setattr(real_time_login, "time", clock)
    monkeypatch.setattr(real_time_login, "TURNS", real_time_login._Turns())
    with served(SimulatedRealTime(SECRET)) as real_time:
        with listening(real_time), listening(real_time):
            until(lambda: len(real_time.connected()) == 2)
        assert len(real_time.logins) == 2
    assert clock.slept == [0.0, 1.0]


def test_a_token_that_the_server_does_not_want_is_renewed_by_a_login() -> None:
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: feed.up)
        real_time.tokens.clear()
        real_time.hang_up()
        until(lambda: len(real_time.logins) >= 2 and feed.up)
        assert real_time.connected() == [0]


def test_keepalive_after_silence() -> None:
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: len(real_time.emitted) >= 3)
        assert real_time.emitted[:3] == [["keepalive", "TOKEN-1"]] * 3
        assert {up for up, _ in feed.told} == {True}
        assert len(real_time.logins) == 1


def test_an_error_in_the_answer_to_a_keepalive_reconnects() -> None:
    with (
        served(SimulatedRealTime(SECRET, keepalive_error=7)) as real_time,
        listening(real_time) as feed,
    ):
        until(lambda: (False, "keepaliveresponse: OK (7)") in feed.told)
        real_time.keepalive_error = 0
        until(lambda: len(real_time.logins) >= 2 and feed.up)


def test_a_silent_server_is_left_for_the_next() -> None:
    pace = dataclasses.replace(QUICK, silence=0.9)
    with (
        served(SimulatedRealTime(SECRET, silent={0}), servers=2) as real_time,
        listening(real_time, pace) as feed,
    ):
        until(lambda: real_time.connected() == [1] and feed.up)
        assert real_time.emitted[0] == ["keepalive", "TOKEN-1"]
        assert feed.told[0][1].startswith("127.0.0.1 has been silent for")
        assert len(real_time.logins) == 1


def test_a_server_that_is_gone_is_left_for_the_next_and_taken_again() -> None:
    with (
        served(SimulatedRealTime(SECRET, gone={0}), servers=2) as real_time,
        listening(real_time) as feed,
    ):
        until(lambda: real_time.connected() == [1])
        real_time.gone = {1}
        real_time.hang_up()
        until(lambda: real_time.connected() == [0])
        real_time.emit(of_call(CALL, ZoneInfo("UTC")))
        until(lambda: len(feed.heard) == 5)


def test_the_pauses_are_ten_seconds_more_each_time_up_to_five_minutes() -> None:
    assert (Pace().rest, Pace().longest_rest) == (10.0, 300.0)
    assert (Pace().keep_alive, Pace().silence) == (60.0, 120.0)
    with served(SimulatedRealTime(SECRET, gone={0})) as real_time, listening(real_time) as feed:
        until(lambda: len(feed.stop.waits) >= 6)
        assert feed.stop.waits[:6] == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.2, 0.2])


def test_the_token_is_renewed_before_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_time_login, "BEFORE_EXPIRY", timedelta(seconds=PATIENCE))
    with (
        served(SimulatedRealTime(SECRET, lasts=timedelta(seconds=PATIENCE + 0.4))) as real_time,
        listening(real_time) as feed,
    ):
        until(lambda: len(real_time.logins) >= 2)
        assert real_time.logins[1][1:] == ("RefreshIdentityToken", {})
        until(lambda: ["keepalive", "TOKEN-2"] in real_time.emitted)
        assert real_time.connected() == [0]
        assert {up for up, _ in feed.told} == {True}


def test_a_renewal_that_is_refused_is_a_login_when_the_connection_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(real_time_login, "BEFORE_EXPIRY", timedelta(seconds=PATIENCE))
    short = SimulatedRealTime(SECRET, lasts=timedelta(seconds=PATIENCE + 0.2), renews=False)
    with served(short) as real_time, listening(real_time) as feed:
        until(lambda: len(real_time.logins) >= 2)
        before = len(real_time.emitted)
        until(lambda: len(real_time.emitted) >= before + 2)  # the connection goes on, by keepalives
        assert [path for _, path, _ in real_time.logins] == ["Login/Token", "RefreshIdentityToken"]
        assert (real_time.connected(), feed.up) == ([0], True)
        real_time.lasts = timedelta(hours=1)
        real_time.hang_up()
        until(lambda: len(real_time.logins) == 3 and feed.up)
        assert real_time.logins[2][1] == "Login/Token"


def test_frames_that_nobody_documents_are_passed_over() -> None:
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: feed.up)
        for frame in (
            "",
            "6",
            "x",
            "42",
            "42[",
            '42["loginStatus"',
            '42["loginStatus",7]',
            "42/ns,[]",
            "0{",
            "0[]",
        ):
            real_time.say(frame)
        real_time.say('4217["ExtensionEvent",{"with": "an id"}]')
        until(lambda: feed.heard)
        assert feed.heard == [["ExtensionEvent", {"with": "an id"}]]
        assert {up for up, _ in feed.told} == {True}


def test_events_of_calls_are_heard_in_both_of_their_names() -> None:
    names = ["ExtensionEvent", "ExtensionEvents", "QueueEvent", "QueueEvents", "queueevent"]
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: feed.up)
        real_time.emit([(name, {"n": name}) for name in ("AllUsersStatus", "DialerEvent", *names)])
        until(lambda: len(feed.heard) == len(names))
        assert feed.heard == [[name, {"n": name}] for name in names]


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("loginSuccess", {"errorCode": 7, "errorDesc": "Too many"}, "loginsuccess: Too many (7)"),
        ("loginStatus", {"errorCode": "8"}, "loginstatus: an error (8)"),
        ("keepaliveResponse", {"errorCode": 0, "isOK": False}, "keepaliveresponse: an error (0)"),
    ],
)
def test_a_statement_of_an_error_is_a_login_anew(
    name: str, said: dict[str, Any], words: str
) -> None:
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: feed.up)
        real_time.emit([(name, said)])
        until(lambda: (False, words) in feed.told)
        until(lambda: len(real_time.logins) >= 2 and feed.up)


def test_a_token_that_is_refused_in_the_connection_is_a_login_anew() -> None:
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: feed.up)
        real_time.say('44{"message":"no"}')
        until(lambda: (False, "127.0.0.1 refuses the token") in feed.told)
        until(lambda: len(real_time.logins) >= 2 and feed.up)


@pytest.mark.parametrize("status", [199, 200, 201, 299, 300])
def test_any_status_of_success_is_one(status: int) -> None:
    reply = Reply(Fate.ANSWERED, status, (SAMPLES / "login-answer.json").read_bytes())
    if status in (200, 201, 299):
        assert real_time_login.read(reply, account(), NOW).token == "TOKEN"
        return
    with pytest.raises(PbxUnavailable):
        real_time_login.read(reply, account(), NOW)


@pytest.mark.parametrize("frame", ["1", "41"])
def test_a_server_that_says_goodbye_is_left(frame: str) -> None:
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: feed.up)
        real_time.say(frame)
        until(lambda: (False, "127.0.0.1 ended the connection") in feed.told)
        until(lambda: feed.up)


def test_this_machines_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: feed.up)


@pytest.mark.parametrize("name", ["ExtensionsUpdated", "QueuesUpdated", "DialersUpdated"])
def test_a_changed_configuration_is_asked_for(name: str) -> None:
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: feed.up)
        real_time.emit([(name, {})])
        until(lambda: real_time.emitted)
        assert json.loads((SAMPLES / "emit-resync.json").read_bytes()) in real_time.emitted


@pytest.mark.parametrize(("ours", "theirs"), [(0.05, 25_000), (100 * PATIENCE, 50)])
def test_pings_as_often_as_the_server_wants(
    monkeypatch: pytest.MonkeyPatch, ours: float, theirs: int
) -> None:
    """And no less often than we would by ourselves."""
    monkeypatch.setattr(real_time_feed, "PING_SECONDS", ours)
    monkeypatch.setattr(simulator, "OPEN", simulator.OPEN.replace("25000", str(theirs)))
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: real_time.pinged >= 3)
        assert {up for up, _ in feed.told} == {True}


def test_no_secret_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with served(SimulatedRealTime(SECRET)) as real_time, listening(real_time) as feed:
        until(lambda: feed.up)
        real_time.gone, said = {0}, len(feed.told)
        real_time.hang_up()
        until(lambda: len(feed.told) > said + 2)
        words = caplog.text + repr(feed.told)
        assert "127.0.0.1" in words
        assert [secret for secret in (SECRET, *real_time.tokens) if secret in words] == []


NOW = datetime(2029, 12, 31, 23, 0, tzinfo=UTC)
