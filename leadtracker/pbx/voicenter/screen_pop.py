"""Pop-up screen -> ScreenPop, and the answer that the agent sees.

Source: Voicenter, "Pop-Up Screen API" (the English and the Hebrew document differ, see README.md).
Shape: GET and form are flat, with the state in `statusCall` or `status`; JSON has `currentCall`
inside. There is one request for each phase and each extension that rings. A hang-up still says
`Talking` and adds a cause.
Units: `callStarted` and `callAnswered` are the account's wall clock counted as UTC; 0 is "not
answered".
Raises: BadPayload when neither a call id nor a number is there.
"""

from __future__ import annotations

from datetime import datetime

from leadtracker.domain import CUSTOMERS_LEG, Account, Caller, Direction, Json, Phase, ScreenPop
from leadtracker.errors import BadPayload
from leadtracker.pbx.fields import LONGEST_NAME, FieldReader
from leadtracker.pbx.vendor import Fields, ScreenPopFamily, json_answer
from leadtracker.pbx.voicenter import codes, times
from leadtracker.pbx.voicenter.custom_data import custom_data

PHASES = {"ringing": Phase.RINGING, "ringin": Phase.RINGING, "dialing": Phase.DIALING}


def read(fields: Fields, account: Account, received: datetime) -> ScreenPop:
    call = FieldReader(fields)
    current = FieldReader(call.object("currentCall"))
    call_id = call.text("ivrid") or current.text("ivrid")
    if len(call_id) > LONGEST_NAME:
        raise BadPayload(
            f"The field ivrid has {len(call_id)} characters; {LONGEST_NAME} are taken."
        )
    if not call_id and call.raw("phone") is None:
        raise BadPayload("The fields ivrid and phone are missing: nothing says which call this is.")
    state = codes.letters(
        call.text("status") or call.text("statusCall") or current.text("callstatus")
    )
    phase, direction = _phase(state, call, current), _direction(state, call, current)
    # As in real-time events: the number that an extension calls rings while the agent waits.
    leg = None
    if state == "talking" and phase is Phase.RINGING and direction is Direction.OUTGOING:
        leg = CUSTOMERS_LEG
    return ScreenPop(
        call_id=call_id or None,
        phase=phase,
        caller=(
            call.number("phone", account.country)
            or current.number("callerphone", account.country)
            or current.number("originalCallerID", account.country)
        ),
        did=call.number("did", account.country) or current.number("did", account.country),
        direction=direction,
        extension=call.text("extenUser") or current.text("extenUser"),
        at=_moment("callStarted", (call, current), account, received),
        answered_at=_moment("callAnswered", (call, current), account, received),
        # callerName holds the queue's name when the call came through a queue.
        caller_name=current.text("originalCallerName") or call.text("callerName"),
        cause=current.text("cause") or call.text("cause"),
        custom=custom_data(call) | custom_data(current),
        leg=leg,
    )


def answer(pop: ScreenPop, caller: Caller) -> Json:
    """The documented keys. Once the call is answered or over, nothing but `OK`."""
    if pop.phase in (Phase.ANSWERED, Phase.ENDED):
        return {"STATUS": "OK"}
    return {
        "STATUS": "OK",
        "URL": caller.url,
        "CLIENTNAME": caller.name,
        "TOTAL": caller.total,
        "COMPANY": caller.company,
    }


def merge(ours: Json, theirs: Json) -> Json:
    """The CRM's words where it has any. Like the PBX, we drop an answer whose STATUS is not OK."""
    reader = FieldReader(theirs)
    if reader.text("STATUS") != "OK":
        return ours
    said: Json = {name: reader.text(name) for name in ("URL", "CLIENTNAME", "COMPANY")}
    said["TOTAL"] = reader.whole("TOTAL")
    return ours | {name: value for name, value in said.items() if value}


def _phase(state: str, call: FieldReader, current: FieldReader) -> Phase:
    """The cause counts before the state, because the state stays Talking at the hang-up.

    Proofs of an answer count before Talking, because a call that waits in a queue is Talking too.
    """
    if state == "hangup" or call.text("cause") or current.text("cause"):
        return Phase.ENDED
    proofs = (
        call.truth("isAnswered"),
        current.truth("answered"),
        call.whole("callAnswered"),
        current.whole("callAnswered"),
    )
    if any(proof is not None and proof > 0 for proof in proofs):
        return Phase.ANSWERED
    if state == "talking" and any(proof is not None for proof in proofs):
        return Phase.RINGING
    if state == "talking":
        return Phase.ANSWERED
    return PHASES.get(state, Phase.UNKNOWN)


def _direction(state: str, call: FieldReader, current: FieldReader) -> Direction:
    if current.truth("isInternal"):
        return Direction.INTERNAL
    if word := call.text("direction") or current.text("direction"):
        return codes.direction(word)
    if state == "dialing":
        return Direction.OUTGOING
    return Direction.INCOMING


def _moment(
    name: str, readers: tuple[FieldReader, ...], account: Account, received: datetime
) -> datetime | None:
    for reader in readers:
        epoch = reader.whole(name)
        if epoch is not None and times.is_time(epoch):
            return times.utc(epoch, account.time_zone, received)
    return None


SCREEN_POP = ScreenPopFamily(
    name="screen-pop",
    title="Pop-up screen",
    place="CPanel → settings of the extension or DID → Pop-Up Screen URL",
    read=read,
    answer=answer,
    merge=merge,
    failed=json_answer({"STATUS": "ERROR"}, 400),
    names=("ivrid", "phone", "status", "statusCall", "did", "extenUser", "currentCall"),
)
