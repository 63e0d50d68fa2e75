"""Active calls: which extension talks to whom, who is logged in, and who waits in which queue.

Source: Voicenter, "Active Calls API": `GetExtensionsCalls`, `GetQueuesCallers`.
Units: `callStarted`, `callAnswered` and `JoinTime` are the account's wall clock counted as UTC.
`Duration` is seconds.
Raises: PbxUnavailable when `ERR` is not 0; 1 also means a wrong code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from leadtracker.domain import Account, Direction, Json
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.voicenter import api, codes, times
from leadtracker.pbx.voicenter.custom_data import custom_data

LOGGED_IN = 1  # the other statuses are breaks: lunch, training, a meeting…


@dataclass(frozen=True, slots=True)
class ActiveCall:
    call_id: str
    status: str  # Voicenter's word: Ringing, Dialing, Talking, Hold
    direction: Direction
    caller: str | None  # E.164, or as received when it is no number
    caller_name: str
    did: str | None
    started_at: datetime | None
    answered_at: datetime | None  # None: not yet
    recording: str  # the file's name
    muted: bool  # the recording
    custom: Json


@dataclass(frozen=True, slots=True)
class Desk:
    """An extension, whoever is logged in there, and its calls."""

    sip: str
    name: str
    representative: str
    extension_id: int | None
    owner_id: int | None
    user_id: int | None  # None: nobody is logged in
    status: int | None
    calls: tuple[ActiveCall, ...]

    @property
    def free(self) -> bool:
        return self.user_id is not None and self.status == LOGGED_IN and not self.calls


@dataclass(frozen=True, slots=True)
class Waiting:
    call_id: str
    caller: str | None
    joined_at: datetime | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Queue:
    queue_id: str
    name: str
    weight: int | None
    waiting: tuple[Waiting, ...]


def extensions_request(account: Account, extension: str = "") -> api.Request:
    """Of one extension, or of all."""
    return _request(account, "active_calls_url", "extension", extension)


def queues_request(account: Account, queue: str = "") -> api.Request:
    """Of one queue, or of all."""
    return _request(account, "waiting_calls_url", "queue", queue)


def extensions(answer: Json, account: Account, now: datetime) -> tuple[Desk, ...]:
    return tuple(
        _desk(FieldReader(row), account, now) for row in _rows(answer, "EXTENSIONS", account)
    )


def queues(answer: Json, account: Account, now: datetime) -> tuple[Queue, ...]:
    return tuple(
        Queue(
            queue_id=row.text("ID"),
            name=row.text("Name"),
            weight=row.whole("Weight"),
            waiting=tuple(
                _waiting(FieldReader(one), account, now) for one in row.objects("Callers")
            ),
        )
        for row in map(FieldReader, _rows(answer, "QUEUES", account))
    )


def _request(account: Account, address: str, kind: str, one: str) -> api.Request:
    fields = {"code": api.code(account)}
    if one:
        fields[kind] = one
    return api.Request(api.address(account, address), fields, api.pairs(fields))


def _rows(answer: Json, name: str, account: Account) -> list[Json]:
    said = FieldReader(answer)
    api.demand(account, said.text("ERR"), said.text("DESC"))
    return said.objects(name)


def _desk(row: FieldReader, account: Account, now: datetime) -> Desk:
    return Desk(
        sip=row.text("username"),
        name=row.text("name"),
        representative=row.text("representative"),
        extension_id=row.whole("extensionID"),
        owner_id=row.whole("userID"),
        user_id=row.whole("onlineUserID") or None,
        status=row.whole("onlineUserStatus"),
        calls=tuple(_call(FieldReader(one), account, now) for one in row.objects("calls")),
    )


def _call(row: FieldReader, account: Account, now: datetime) -> ActiveCall:
    recording = FieldReader(row.object("recording"))
    answered_at = _moment(row, "callAnswered", account, now)
    if row.truth("answered") is False:
        answered_at = None
    return ActiveCall(
        call_id=row.text("ivrid"),
        status=row.text("callstatus"),
        direction=codes.direction(row.text("direction")),
        caller=row.number("callerphone", account.country),
        caller_name=row.text("callername"),
        did=row.number("did", account.country),
        started_at=_moment(row, "callStarted", account, now),
        answered_at=answered_at,
        recording=recording.text("Filename"),
        muted=recording.truth("IsMuted") is True,
        custom=custom_data(row),
    )


def _waiting(row: FieldReader, account: Account, now: datetime) -> Waiting:
    return Waiting(
        call_id=row.text("CallID"),
        caller=row.number("Phone", account.country),
        joined_at=_moment(row, "JoinTime", account, now),
        seconds=row.seconds("Duration") or 0,
    )


def _moment(row: FieldReader, name: str, account: Account, now: datetime) -> datetime | None:
    epoch = row.whole(name)
    if not epoch or not times.is_time(epoch):
        return None
    return times.utc(epoch, account.time_zone, now.astimezone(UTC))
