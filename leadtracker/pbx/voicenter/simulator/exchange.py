"""The telephones behind a simulated Voicenter: calls of two legs, from the first ring to both CDRs.

While the customer's telephone rings, the agent's screen pop is Talking with `answered` 0, as in
real-time events. Whoever listens to `tell` gets these events too.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from leadtracker.pbx.simulated_call import Ending, Extension, Kind, NotAcknowledged, SimulatedCall
from leadtracker.pbx.voicenter.simulator.account import SimulatedVoicenter
from leadtracker.pbx.voicenter.simulator.behavior import Plan, Step
from leadtracker.pbx.voicenter.simulator.cdr import Fields, cdrs
from leadtracker.pbx.voicenter.simulator.events import Event, of_step

REQUEST = "var_leadtracker_request"


@dataclass
class SimulatedExchange:
    """`dialed` counts by request id how often telephones rang.

    `step_seconds` pass between two steps of a call, `talk_seconds` in a talk that nobody ends. Both
    are real seconds. `stated_talk_seconds` is what the CDR says. `before` is called before each
    step and may hold the call back as long as it likes.
    """

    pbx: SimulatedVoicenter
    extensions: tuple[Extension, ...]
    did: str = "+972722776772"
    step_seconds: float = 0.02
    talk_seconds: float = 0.02
    stated_talk_seconds: int = 42
    dialed: Counter[str] = field(default_factory=Counter)
    tell: Callable[[list[Event]], None] | None = None
    before: Callable[[SimulatedCall, Step], None] | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._active: dict[str, tuple[SimulatedCall, threading.Event]] = {}  # by the call's serial
        self._log: list[tuple[datetime, Fields]] = []
        self._threads: list[threading.Thread] = []

    def begin(
        self,
        extension: Extension,
        target: str,
        variables: Mapping[str, str],
        plan: Plan,
        campaign: str = "",
    ) -> str:
        """The call's id; the rest happens by itself."""
        talk_seconds = 0
        if plan.ending == Ending.ANSWERED:
            talk_seconds = self.stated_talk_seconds
        call = SimulatedCall(
            kind=Kind.CLICK_TO_CALL,
            ending=plan.ending,
            customer=target,
            did=self.did,
            started_at=datetime.now(UTC).replace(microsecond=0),
            extensions=(extension,),
            ring_seconds=5,
            talk_seconds=talk_seconds,
            agent_answers=plan.agent_answers,
            variables=variables,
            campaign=campaign,
        )
        over = threading.Event()
        thread = threading.Thread(target=self._play, args=(call, plan, over))
        with self._lock:
            self.dialed[variables.get(REQUEST, "")] += 1
            self._active[call.serial] = call, over
            self._threads.append(thread)
        thread.start()
        return self.pbx.call_id(call)

    def hang_up(self, extension: str) -> bool:
        """Whether there was anything to end at that extension."""
        with self._lock:
            ended = [
                over for call, over in self._active.values() if call.takes_it.code == extension
            ]
        for over in ended:
            over.set()
        return bool(ended)

    def active(self) -> dict[str, SimulatedCall]:
        """By extension."""
        with self._lock:
            return {call.takes_it.code: call for call, _ in self._active.values()}

    def log(self) -> list[tuple[datetime, Fields]]:
        """When each leg began, and its record as a CDR has it."""
        with self._lock:
            return list(self._log)

    def wait(self) -> None:
        """Until every call is over and reported."""
        for thread in list(self._threads):
            thread.join()

    def close(self) -> None:
        """Every call ends where it is, unreported."""
        self._closing.set()
        for extension in self.active():
            self.hang_up(extension)
        self.wait()

    def rest(self, seconds: float) -> None:
        self._closing.wait(seconds)

    def _play(self, call: SimulatedCall, plan: Plan, over: threading.Event) -> None:
        for step in plan.steps:
            over.wait(self.step_seconds)
            if self.before is not None:
                self.before(call, step)
            if self._closing.is_set():
                break
            if over.is_set() and step in (Step.AGENT_ANSWERS, Step.VISITOR_ANSWERS):
                call = dataclasses.replace(call, ending=Ending.MISSED, talk_seconds=0)
                continue
            self._take(step, call, over)
        self._end(call, logged=plan.logged)
        if Step.REPORT in plan.steps and not self._closing.is_set():
            self._report(call)

    def _take(self, step: Step, call: SimulatedCall, over: threading.Event) -> None:
        if self.tell is not None:
            self.tell(of_step(call, step, self.pbx.zone))
        match step:
            case Step.RING:
                self.pbx.ring(call)
            case Step.AGENT_ANSWERS:
                self.pbx.answer(dataclasses.replace(call, ending=Ending.MISSED))
            case Step.VISITOR_ANSWERS:
                self.pbx.answer(call)
                over.wait(self.talk_seconds)
            case Step.HANG_UP:
                self.pbx.hang_up(call)

    def _end(self, call: SimulatedCall, *, logged: bool) -> None:
        with self._lock:
            del self._active[call.serial]
            if logged:
                records = cdrs(call, self.pbx.zone, self.pbx.recordings_url, newer_fields=False)
                self._log += [(call.started_at, record) for record in records]

    def _report(self, call: SimulatedCall) -> None:
        try:
            self.pbx.report(call)
        except NotAcknowledged:
            return  # whoever did not take it has the Call Log
