"""The nouns of call tracking, frozen; no imports from the rest, no input or output."""

from __future__ import annotations

import bisect
import enum
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def from_ms(milliseconds: str) -> datetime:
    """Of milliseconds since 1970, as text, as Redis keeps them."""
    return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)


def from_ms_if_any(milliseconds: str | None) -> datetime | None:
    if not milliseconds:
        return None
    return from_ms(milliseconds)


@dataclass(frozen=True, slots=True)
class Account:
    """One account at a PBX vendor: whose notifications we take, how to read its times."""

    id: int
    key: str  # names the account in notification URLs
    vendor: str  # a key of pbx.VENDORS
    secret: str = field(repr=False)  # proves a notification; part of the URL
    time_zone: str = "Asia/Jerusalem"
    country: str = "IL"  # of numbers written without a prefix
    allowed_addresses: tuple[str, ...] = ()  # IP addresses or networks; empty: any
    crm_url: str | None = None  # the customer's own screen pop, asked and merged
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the vendor's own


@dataclass(frozen=True, slots=True)
class Topic:
    """What pages and calls may both be about."""

    pages: tuple[str, ...] = ()  # what the paths of its pages begin with
    calls: tuple[str, ...] = ()  # names of queues and of IVR layers, digits pressed


@dataclass(frozen=True, slots=True)
class Site:
    """A marketing site: the rules of its pool, and how its callers are shown."""

    id: int
    name: str
    tokens: tuple[str, ...]  # public; name the site in the page
    origins: tuple[str, ...] = ()  # https://www.example.com
    default_number: str | None = None  # E.164, shown when no DID is free
    country: str = "IL"
    time_zone: str = "Asia/Jerusalem"
    display_format: str = "national"  # national, international or a pattern such as 0XX-XXX-XXXX
    # A number stays the visitor's for so long after the page was last visible.
    lease_seconds: int = 120
    visitor_days: int = 90  # how long Redis keeps what is known of a visitor
    account_key: str | None = None
    # Keys of visitorInfo; the first that has a value is taken.
    name_keys: tuple[str, ...] = ("name", "full_name", "fullname", "fname", "first_name")
    company_keys: tuple[str, ...] = ("company", "organization", "organisation", "account")
    phone_keys: tuple[str, ...] = ("phone", "tel", "telephone", "mobile")
    likely_name: str = "likely {name}"  # what a pop-up calls a visitor who is likely, not certain
    url: str | None = None  # a page that embeds the script, for `leadtracker doctor`
    topics: Mapping[str, Topic] = field(default_factory=dict)
    # What one number of the pool costs, in minor units, for whatever time it is paid.
    number_price: int | None = None
    currency: str = "ILS"  # of that price
    # The site is warned above these shares of visits without a number, in the worst hour, and of
    # calls whose caller is not the one named.
    most_overflow: float = 0.01
    most_at_risk: float = 0.35
    # Its back end signs phones with it, see numbers.signed_phone; '' for none.
    signing_secret: str = field(default="", repr=False)
    # See callback_rules.rules; when it is empty, nobody is called back.
    callback: Mapping[str, Any] = field(default_factory=dict)


def defaults_of(noun: type[Account] | type[Site]) -> Json:
    """The defaults of a noun's fields, as JSON and TOML have them: tuples are lists."""
    found: Json = {}
    for each in fields(noun):
        if each.default_factory is not MISSING:
            found[each.name] = each.default_factory()
        elif isinstance(each.default, tuple):
            found[each.name] = list(each.default)
        elif each.default is not MISSING:
            found[each.name] = each.default
    return found


@dataclass(frozen=True, slots=True)
class Did:
    """A number of a site's pool. While it drains nobody new gets it; calls on it still match."""

    e164: str
    site_id: int
    draining: bool = False


ORIGIN = ("channel", "source", "campaign", "landing_page")  # of a touchpoint, as reports count it


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """One arrival of a visitor from a source; an empty text where nothing is known."""

    at: datetime | None = None
    url: str = ""
    referrer: str = ""
    channel: str = ""  # paid search, organic search, social, ...: see numbers/channel.py
    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    landing_page: str = ""  # path of the landing URL, without its query
    click_ids: Mapping[str, str] = field(default_factory=dict)  # by name: gclid, gbraid, ...

    @property
    def origin(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ORIGIN}


def touchpoint_to_json(touchpoint: Touchpoint | None) -> Json:
    """The shape in which Redis, SQL and API answers have a touchpoint; an empty object for none."""
    if touchpoint is None:
        return {}
    return {
        "at": touchpoint.at and touchpoint.at.isoformat(timespec="milliseconds"),
        "url": touchpoint.url,
        "referrer": touchpoint.referrer,
        "channel": touchpoint.channel,
        "source": touchpoint.source,
        "medium": touchpoint.medium,
        "campaign": touchpoint.campaign,
        "term": touchpoint.term,
        "content": touchpoint.content,
        "landing_page": touchpoint.landing_page,
        "click_ids": touchpoint.click_ids,
    }


def touchpoint_from_json(kept: Mapping[str, Any]) -> Touchpoint | None:
    """Of that shape, of which any key may be missing."""
    if not kept:
        return None
    known = {each.name: kept[each.name] for each in fields(Touchpoint) if each.name in kept}
    return Touchpoint(**known | {"at": _moment(kept.get("at"))})


def _moment(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    if at.tzinfo is None:
        return at.replace(tzinfo=UTC)
    return at


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser, as the site's pages described it."""

    id: str
    info: Json  # the page's visitorInfo
    first: Touchpoint | None
    latest: Touchpoint | None  # of the newest visit
    page: str = ""  # URL last seen
    seen: datetime | None = None


BROWSING_SECONDS, ENGAGED_SECONDS = 15, 60  # of looking at pages, for levels 1 and 2 of a lease


def level_after(seconds: float) -> int:
    """The level of a visitor who has looked at pages for so long, and has not saved the number."""
    return bisect.bisect_right((BROWSING_SECONDS, ENGAGED_SECONDS), seconds)


@dataclass(frozen=True, slots=True)
class Lease:
    """A DID shown to a visitor for a while."""

    id: str
    did: str
    visitor: str
    visit: str
    start: datetime
    seen: datetime  # page last known visible
    left: datetime | None = None  # page closed or hidden
    taps: tuple[datetime, ...] = ()  # the tel: link was tapped
    source: str = ""  # traffic source as the pool counts it, see `touchpoint.source_key`
    device: str = "desktop"  # mobile, desktop
    region: str = ""  # area of the visitor's address, "IL-3", or its country, "US"
    topic: str = ""  # what the landing page is about, where the site maps pages to topics
    # When the levels browsing, engaged and saved were reached, as far as they were.
    levels: tuple[datetime, ...] = ()
    gaps: tuple[tuple[datetime, datetime], ...] = ()  # hidden from, shown again at; the newest 8
    network: str = ""  # hashed; of whoever tapped the default number


class Phase(enum.StrEnum):
    """Where a call is when a screen pop is sent."""

    RINGING = "ringing"
    DIALING = "dialing"  # outgoing, not answered
    ANSWERED = "answered"
    ENDED = "ended"
    UNKNOWN = "unknown"


class Direction(enum.StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


class Outcome(enum.StrEnum):
    """How a call, or a leg of it, ended; the PBX's own word is kept beside it."""

    ANSWERED = "answered"
    MISSED = "missed"  # rang, nobody answered
    BUSY = "busy"
    ABANDONED = "abandoned"  # the caller gave up
    VOICEMAIL = "voicemail"
    FAILED = "failed"  # never rang
    UNKNOWN = "unknown"


AGENTS_LEG, CUSTOMERS_LEG = 1, 2  # of a click-to-call, in the order in which they ring


@dataclass(frozen=True, slots=True)
class ScreenPop:
    """The PBX says that a call rings, is answered or has ended at one extension.

    `call_id` is None where the PBX names none. `at` is when the call began, None where the PBX does
    not say.
    """

    call_id: str | None
    phase: Phase
    caller: str | None  # the customer's number: E.164, or as received when it is no number
    did: str | None  # E.164; the number called
    direction: Direction = Direction.INCOMING
    extension: str = ""
    at: datetime | None = None
    answered_at: datetime | None = None
    caller_name: str = ""
    cause: str = ""
    custom: Json = field(default_factory=dict)
    leg: int | None = None  # AGENTS_LEG, CUSTOMERS_LEG; None for the whole call, or not said
    queue: str = ""  # its name
    representative: str = ""  # who answered


@dataclass(frozen=True, slots=True)
class IvrStep:
    """One layer a caller passed through, in the order it was reached."""

    order: int
    layer_id: int | None
    layer_name: str
    layer_number: int | None
    digits: str  # what was pressed; 0 also means nothing


@dataclass(frozen=True, slots=True)
class Cdr:
    """The PBX's record of one leg, after the call; identity is (call_id, type).

    Seconds are whole seconds; `price` is in minor units of the account's currency.
    """

    call_id: str
    type: str  # the vendor's word, as received
    type_code: int | None  # the vendor's id of that type, None when unknown
    status: str  # the vendor's word, as received
    outcome: Outcome
    direction: Direction
    main: bool  # the leg in which the customer is talked to
    started_at: datetime
    started_raw: str  # as received, before zones
    caller: str | None
    target: str | None
    did: str | None
    customer: str | None  # the outside party: caller of an incoming call, target of an outgoing one
    talk_seconds: int
    duration_seconds: int
    ring_seconds: int
    wait_seconds: int
    extension: str = ""  # that took part on our side
    caller_extension: str = ""
    target_extension: str = ""
    caller_extension_name: str = ""
    target_extension_name: str = ""
    representative: str = ""
    representative_code: str = ""
    department: str = ""
    department_id: int | None = None
    top_department: str = ""
    top_department_id: int | None = None
    queue_id: int | None = None
    queue: str = ""
    recording_url: str = ""
    price: Decimal | None = None
    caller_country: str = ""
    target_country: str = ""
    first_leg_status: str = ""
    original_call_id: str | None = None
    campaign: str = ""
    campaign_code: str = ""
    ivr: tuple[IvrStep, ...] = ()
    custom: Json = field(default_factory=dict)
    dialer: Json = field(default_factory=dict)
    ai: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)  # fields nobody documents, as received


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What all notifications of a call say together, in whatever order they came."""

    started_at: datetime
    answered_at: datetime | None
    phase: Phase
    outcome: Outcome
    status: str
    direction: Direction
    caller: str | None
    did: str | None
    talk_seconds: int
    ring_seconds: int
    wait_seconds: int
    extension: str
    representative: str
    queue: str
    recording_url: str
    price: int | None
    original_call_id: str | None
    caller_name: str
    legs: tuple[Cdr, ...]


@dataclass(frozen=True, slots=True)
class Caller:
    """What a screen pop is told of the caller; all of it is empty when nobody is known."""

    name: str = ""
    company: str = ""
    url: str = ""
    total: int = 0  # visitors found
    visitor_id: str | None = None
