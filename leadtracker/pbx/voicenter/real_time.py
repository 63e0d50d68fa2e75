"""Real-time event -> ScreenPop: what a call does at one extension or in a queue, as it happens.

Source: Voicenter, "API", chapter "Real Time API": ExtensionEvent, QueueEvent; shapes of captured
events.
Shape: an envelope (`eventName`, `reason`, `cause` …) around `data`. The document's call examples
have the envelope's fields inside `data`. `data.currentCall` is the call. A QueueEvent names its
call by `ivruniqueid`, and its `Calls` are those who wait.
Units: seconds of a wall clock counted as UTC; `servertimeoffset` is how many minutes that clock is
ahead.
Raises: NoCall for what is about no call of ours, BadPayload when nothing says which call it is.
"""

from __future__ import annotations

from datetime import UTC, datetime

from leadtracker.domain import AGENTS_LEG, CUSTOMERS_LEG, Account, Direction, Json, Phase, ScreenPop
from leadtracker.errors import BadPayload, NoCall
from leadtracker.pbx.fields import LONGEST_NAME, FieldReader, plain
from leadtracker.pbx.vendor import Fields, HttpAnswer, Receipt, RecordFamily, WireFormat
from leadtracker.pbx.voicenter import codes, times
from leadtracker.pbx.voicenter.custom_data import custom_data

EXTENSION, QUEUE = "extension", "queue"  # values of `eventName`
RINGING = {"ringing": Phase.RINGING, "ringin": Phase.RINGING, "dialing": Phase.DIALING}
WAITING = {  # reason of a QueueEvent; the end of waiting is not the call's
    "join": Phase.RINGING,
    "exit": Phase.ANSWERED,
    "answer": Phase.ANSWERED,
    "abandoned": Phase.ENDED,
    "abandone": Phase.ENDED,
}
REASONS = ("newcall", "answer", "hold", "unhold", "hangup")  # of an ExtensionEvent of a call
STATUS_UPDATE = "userstatusupdate"  # an agent's; may list running calls, and is about none
LISTENING_IN = ("spy", "spying")  # a supervisor
DEEPEST = 3  # name and data, envelope and data, data
MOST_AHEAD = 14 * 60  # minutes; no place on earth is further ahead of UTC
DOCUMENTED = frozenset(
    plain(name)
    for name in (
        "name",
        "data",
        "eventName",
        "reason",
        "servertime",
        "servertimeoffset",
        "telephonyservertime",
        "cause",
        "callerID",
        "ivruniqueid",
        "dialStatus",
        "campaignID",
        "calls",
        "currentCall",
        "userID",
        "userName",
        "number",
        "onlineUserID",
        "extenUser",
        "accountID",
        "topAccountID",
        "summery",
        "representative",
        "representativeStatus",
        "representativeUpdated",
        "lastCallEventEpoch",
        "lastAnsweredCallEventEpoch",
        "lastHangupCallEpoch",
        "peerStatus",
        "QueueID",
        "QueueName",
        "DistributorID",
        "IsDistributedQueue",
        "AnsweredAgent",
    )
)


class _Event:
    """An event whose fields are read from the envelope first, then from its data."""

    def __init__(self, fields: Fields) -> None:
        self._layers = [FieldReader(fields)]
        while len(self._layers) < DEEPEST and (inner := self._layers[-1].object("data")):
            self._layers.append(FieldReader(inner))
        current = self.object("currentCall")
        self.call = FieldReader(current)
        self.reason = codes.letters(self.text("reason"))
        self.kind = codes.letters(self.text("eventName"))
        if not self.kind and current:
            self.kind = EXTENSION

    def text(self, name: str) -> str:
        return next((text for layer in self._layers if (text := layer.text(name))), "")

    def number(self, name: str, country: str) -> str | None:
        return next(
            (number for layer in self._layers if (number := layer.number(name, country))), None
        )

    def whole(self, name: str) -> int:
        return next((number for layer in self._layers if (number := layer.whole(name))), 0)

    def object(self, name: str) -> Json:
        return next((found for layer in self._layers if (found := layer.object(name))), {})

    def waiting(self, call_id: str) -> FieldReader:
        """The call among those that wait in the queue; nothing when it is not."""
        calls = [FieldReader(call) for layer in self._layers for call in layer.objects("Calls")]
        found = (
            call for call in calls if call_id in (call.text("IvrUniqueID"), call.text("ivrid"))
        )
        return next(found, FieldReader({}))

    def undocumented(self) -> Json:
        outer = self._layers[0]
        return {name: outer.raw(name) for name in outer.names() if plain(name) not in DOCUMENTED}


def identify(fields: Fields) -> str:
    return _call_id(_Event(fields))


def read(fields: Fields, account: Account, received: datetime) -> ScreenPop:
    event = _Event(fields)
    call_id = _call_id(event)
    if event.kind == QUEUE:
        return _of_queue(event, call_id, account, received)
    call, direction = event.call, _direction(event.call)
    caller = call.number("callerphone", account.country) or call.number(
        "originalCallerID", account.country
    )
    return ScreenPop(
        call_id=call_id,
        phase=_phase(event, direction),
        caller=caller or event.number("callerID", account.country),
        did=call.number("did", account.country),
        direction=direction,
        extension=event.text("extenUser") or call.text("extenUser"),
        at=_moment(event.call.whole("callStarted"), event, account, received),
        answered_at=_moment(event.call.whole("callAnswered"), event, account, received),
        caller_name=_caller_name(call, account.country),
        cause=event.text("cause"),
        custom=custom_data(call) | event.undocumented(),
        leg=_leg(event),
    )


def _of_queue(event: _Event, call_id: str, account: Account, received: datetime) -> ScreenPop:
    """The caller joins the queue, leaves it to an agent, or gives up; and when."""
    now = _moment(
        event.whole("telephonyservertime") or event.whole("servertime"), event, account, received
    )
    waiting, phase = event.waiting(call_id), WAITING.get(event.reason, Phase.UNKNOWN)
    cause = ""
    if phase is Phase.ENDED:
        cause = event.reason
    joined = _moment(waiting.whole("JoinTimeStamp"), event, account, received)
    answered_at = now if phase is Phase.ANSWERED else None
    return ScreenPop(
        call_id=call_id,
        phase=phase,
        caller=waiting.number("CallerID", account.country),
        did=None,
        direction=Direction.UNKNOWN,  # not said: a Click 2 Queue call waits too
        at=joined or now,
        answered_at=answered_at,
        cause=cause,
        custom=custom_data(waiting) | event.undocumented(),
        queue=event.text("QueueName"),
        representative=event.text("AnsweredAgent"),
    )


def acknowledge(written_as: WireFormat, receipt: Receipt, account: Account) -> HttpAnswer:
    """No answer is documented; an empty one says least."""
    return HttpAnswer(b"", "text/plain; charset=utf-8", receipt.status)


def _call_id(event: _Event) -> str:
    """Of an event of a call. All other events are about agents, queues, dialers or the connection.

    Raises NoCall, BadPayload.
    """
    call_id, reasons = event.text("ivruniqueid"), tuple(WAITING)
    if event.kind != QUEUE:
        call_id, reasons = event.call.text("ivrid") or call_id, REASONS
    of_a_call = event.reason in reasons or call_id
    if event.kind not in (EXTENSION, QUEUE) or _is_about_an_agent(event) or not of_a_call:
        raise NoCall(f"The event {event.kind[:40]} {event.reason[:40]} is about no call.")
    if not call_id:
        raise BadPayload(
            "The fields ivrid and ivruniqueid are missing: nothing says which call this is."
        )
    if len(call_id) > LONGEST_NAME:
        raise BadPayload(f"The call's id has {len(call_id)} characters; {LONGEST_NAME} are taken.")
    return call_id


def _is_about_an_agent(event: _Event) -> bool:
    """An agent's status changed, or a supervisor listens in."""
    words = {codes.letters(event.call.text(name)) for name in ("callstatus", "direction")}
    return event.reason == STATUS_UPDATE or not words.isdisjoint(LISTENING_IN)


def _phase(event: _Event, direction: Direction) -> Phase:
    """The reason tells the end, because a hang-up keeps the state.

    `answered` tells the answer, because Talking is said before.
    """
    if event.reason == "hangup":
        return Phase.ENDED
    proofs = (event.call.truth("answered"), event.call.whole("callAnswered"))
    if any(proof is not None and proof > 0 for proof in proofs):
        return Phase.ANSWERED
    if event.reason == "answer" and all(proof is None for proof in proofs):
        return Phase.ANSWERED
    state = codes.letters(event.call.text("callstatus"))
    if state in RINGING or event.reason != "newcall":
        return RINGING.get(state, Phase.UNKNOWN)
    if direction is Direction.OUTGOING:
        return Phase.DIALING
    return Phase.RINGING


def _leg(event: _Event) -> int | None:
    """A dialer's call may name none; then only the agent's telephone is certain to take part."""
    leg = event.call.whole("c2cdirection")
    if leg in (AGENTS_LEG, CUSTOMERS_LEG):
        return leg
    if event.whole("campaignID"):
        return AGENTS_LEG
    return None


def _direction(call: FieldReader) -> Direction:
    if call.truth("isInternal"):
        return Direction.INTERNAL
    return codes.direction(call.text("direction"))


def _caller_name(call: FieldReader, country: str) -> str:
    """`callername` may also be the name of the call's queue, or the number itself."""
    if name := call.text("originalCallerName"):
        return name
    name = call.number("callername", country) or ""
    if call.whole("queueID") or name.startswith("+"):
        return ""
    return name


def _moment(
    epoch: int | None, event: _Event, account: Account, received: datetime
) -> datetime | None:
    """By the offset that the event names; without one, by the account's time zone."""
    ahead = event.whole("servertimeoffset")
    if epoch is None or not times.is_time(epoch):
        return None
    if 0 < abs(ahead) <= MOST_AHEAD:
        return datetime.fromtimestamp(epoch - ahead * 60, UTC)
    return times.utc(epoch, account.time_zone, received)


REAL_TIME = RecordFamily(
    name="real-time",
    title="Real-time event",
    place="no page of CPanel: ask Voicenter's support for the Real-Time webhook",
    identify=identify,
    read=read,
    acknowledge=acknowledge,
    needed=False,
)
