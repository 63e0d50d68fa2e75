"""What every PBX vendor must offer: the notifications it sends, how they are read and answered, the calls it dials."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadtracker.domain import Account, Caller, Cdr, Json, ScreenPop
from leadtracker.pbx.dialing import ClickToCall

Fields = Mapping[str, Any]  # a notification's body or query as plain values, keys as sent


class WireFormat(enum.StrEnum):
    """How a notification was written, and so how its answer is."""

    QUERY = "query"
    FORM = "form"
    JSON = "json"
    XML_RPC = "xml-rpc"


class Receipt(enum.Enum):
    """What became of a notification."""

    STORED = "stored"
    NO_CALL = "no call"  # understood, and nothing to store
    UNREADABLE = "unreadable"  # kept, but not understood
    NOT_STORED = "not stored"  # the PBX must send it again


@dataclass(frozen=True, slots=True)
class Body:
    """An answer's content and type."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class ScreenPopFamily:
    """Notifications that ask who is calling and wait for the answer.

    read: fields, account, when received -> ScreenPop; raises BadPayload.
    answer: pop, caller -> the documented JSON keys.
    merge: our answer, the customer's CRM's answer -> one answer; theirs wins where it says more.
    failed: the answer to a request that cannot be read.
    """

    name: str  # last part of the notification's URL
    title: str
    place: str  # where the URL is entered at the PBX
    read: Callable[[Fields, Account, datetime], ScreenPop]
    answer: Callable[[ScreenPop, Caller], Json]
    merge: Callable[[Json, Json], Json]
    failed: Json
    secret_in_query: bool = False  # ?token=… instead of a part of the path
    needed: bool = True


@dataclass(frozen=True, slots=True)
class RecordFamily:
    """Notifications that report; acknowledged once they are stored.

    identify: fields -> call id; raises NoCall when it is about none, BadPayload when what makes a record of it is
    missing. Cheap: it runs before the answer, `read` after it.
    read: fields, account, when received -> Cdr or ScreenPop; raises as `identify`.
    acknowledge: format of the request, receipt, account -> the documented answer.
    needed: False where calls are whole without them.
    """

    name: str
    title: str
    place: str
    identify: Callable[[Fields], str]
    read: Callable[[Fields, Account, datetime], Cdr | ScreenPop]
    acknowledge: Callable[[WireFormat, Receipt, Account], Body]
    secret_in_query: bool = False
    needed: bool = True


Family = ScreenPopFamily | RecordFamily


def notification_url(public_url: str, account: Account, family: Family) -> str:
    """The secret address that is pasted into the PBX."""
    if family.secret_in_query:
        return f"{public_url}/pbx/{account.key}/{family.name}?token={account.secret}"
    return f"{public_url}/pbx/{account.key}/{account.secret}/{family.name}"


@dataclass(frozen=True, slots=True)
class RealTime:
    """What a vendor tells over a connection that we open: its events are notifications of `family`, as if they were posted.

    wanted: whether an account's options ask for it. faults: what is wrong with options, a sentence each.
    listen: account, heard, told, stop -> when stop is set, returns within some seconds. `heard` takes a body of JSON;
    `told` takes whether the events come now, and words for people, without secrets.
    """

    family: RecordFamily
    wanted: Callable[[Account], bool]
    faults: Callable[[Mapping[str, Any]], tuple[str, ...]]
    listen: Callable[
        [Account, Callable[[bytes], None], Callable[[bool, str], None], threading.Event], None
    ]


@dataclass(frozen=True, slots=True)
class Vendor:
    """One folder of `pbx/`: its name in settings and URLs, its title for people, its notification families.

    click_to_call: None where the vendor cannot be asked to dial. real_time: None where it tells nothing unasked.
    """

    name: str
    title: str
    families: tuple[Family, ...]
    click_to_call: ClickToCall | None = None
    real_time: RealTime | None = None

    def family(self, name: str) -> Family | None:
        return next((family for family in self.families if family.name == name), None)
