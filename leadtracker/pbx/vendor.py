"""What a PBX vendor offers: the notifications it sends, how we answer them, the calls it dials."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from leadtracker.domain import Account, Caller, Cdr, Json, ScreenPop
from leadtracker.pbx.ai_summary import AiSummary
from leadtracker.pbx.dialing import ClickToCall

Fields = Mapping[str, Any]  # a notification's body or query as plain values, keys as sent
Headers = Mapping[str, str]  # names in lower case


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

    @property
    def status(self) -> int:
        """The usual HTTP status: a PBX sends again what is answered with a 5xx."""
        return 503 if self is Receipt.NOT_STORED else 200


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a PBX is answered."""

    content: bytes
    content_type: str
    status: int = 200


def json_answer(keys: Json, status: int = 200) -> HttpAnswer:
    return HttpAnswer(orjson.dumps(keys), "application/json", status)


@dataclass(frozen=True, slots=True)
class ScreenPopFamily:
    """Notifications that ask who is calling and wait for the answer.

    `read` takes the fields, the account and the moment of receipt. It raises BadPayload.
    `answer` gives the documented keys for a pop and its caller.
    `merge` joins our keys with those of the customer's CRM. The CRM wins where it says more.
    `write` turns the keys into what is sent.
    `failed` is sent when the request cannot be read.
    `names` are fields by which a GET is known for a notification; see `RecordFamily`.
    """

    name: str  # last part of the notification's URL
    title: str
    place: str  # where the URL is entered at the PBX
    read: Callable[[Fields, Account, datetime], ScreenPop]
    answer: Callable[[ScreenPop, Caller], Json]
    merge: Callable[[Json, Json], Json]
    failed: HttpAnswer
    write: Callable[[Json], HttpAnswer] = json_answer
    secret_in_query: bool = False  # ?token=… instead of a part of the path
    needed: bool = True
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordFamily:
    """Notifications that report. We acknowledge them once they are stored.

    `identify` gives the call's id. It is cheap, because it runs before the answer.
    `read` runs after the answer. It takes the fields, the account and the moment of receipt.
    Both raise NoCall when the notification is about no call, and BadPayload when it lacks what
    makes a record.
    `acknowledge` gives the documented answer to a format and a receipt.
    `names` are fields of which each notification has at least one. A GET without any of them is
    somebody's probe: answered, and not kept. Without names, any field makes a notification.
    """

    name: str
    title: str
    place: str
    identify: Callable[[Fields], str]
    read: Callable[[Fields, Account, datetime], Cdr | ScreenPop]
    acknowledge: Callable[[WireFormat, Receipt, Account], HttpAnswer]
    secret_in_query: bool = False
    needed: bool = True  # False where calls are whole without them
    names: tuple[str, ...] = ()


Family = ScreenPopFamily | RecordFamily


def notification_url(public_url: str, account: Account, family: Family) -> str:
    """The secret address that is pasted into the PBX."""
    if family.secret_in_query:
        return f"{public_url}/pbx/{account.key}/{family.name}?token={account.secret}"
    return f"{public_url}/pbx/{account.key}/{account.secret}/{family.name}"


@dataclass(frozen=True, slots=True)
class RealTime:
    """What a vendor tells over a connection that we open.

    Its events are notifications of `family`, as if they had been posted.
    `wanted` says whether an account's options ask for the connection.
    `faults` says what is wrong with the options, a sentence each.
    `listen` takes the account, `heard`, `told` and `stop`. It returns soon after `stop` is set.
    `heard` takes a body of JSON. `told` takes whether events come now, and words for people that
    hold no secret.
    """

    family: RecordFamily
    wanted: Callable[[Account], bool]
    faults: Callable[[Mapping[str, Any]], tuple[str, ...]]
    listen: Callable[
        [Account, Callable[[bytes], None], Callable[[bool, str], None], threading.Event], None
    ]


@dataclass(frozen=True, slots=True)
class Vendor:
    """One folder of `pbx/`. Whatever is None, the vendor does not offer.

    `verify` checks a notification's signature before anything is kept. It takes the account, all
    headers and the raw body. It raises NotAllowed.
    `click_to_call` offers one or more of the abilities of pbx.dialing.
    `ai_summary` reads what an AI of the PBX wrote about a leg, from `Cdr.ai`.
    """

    name: str  # in settings and URLs
    title: str  # for people
    families: tuple[Family, ...]
    verify: Callable[[Account, Headers, bytes], None] | None = None
    click_to_call: ClickToCall | None = None
    real_time: RealTime | None = None
    ai_summary: Callable[[Json], AiSummary] | None = None

    def family(self, name: str) -> Family | None:
        return next((family for family in self.families if family.name == name), None)
