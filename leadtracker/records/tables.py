"""The tables, typed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from leadtracker.records.database import UtcDateTime

Big = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER columns
Numbered = Annotated[int, mapped_column(Big, primary_key=True)]
OfCall = Annotated[int, mapped_column(ForeignKey("calls.id", ondelete="CASCADE"))]
KeyOfSite = Annotated[
    int, mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
]

NULLABLE = JSON(none_as_null=True)  # else None would be the JSON null, which is not NULL


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {
        dict[str, Any]: JSON,
        list[str]: JSON,
        datetime: UtcDateTime,
        str: Text,
        bytes: LargeBinary,
    }


class AccountRow(Base):
    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    vendor: Mapped[str]
    secret: Mapped[str]
    time_zone: Mapped[str]
    country: Mapped[str]
    allowed_addresses: Mapped[list[str]]
    crm_url: Mapped[str | None]
    options: Mapped[dict[str, Any]]


class SiteRow(Base):
    __tablename__ = "sites"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    origins: Mapped[list[str]]
    default_number: Mapped[str | None]
    country: Mapped[str]
    time_zone: Mapped[str]
    display_format: Mapped[str]
    lease_seconds: Mapped[int]
    visitor_days: Mapped[int]
    account_key: Mapped[str | None] = mapped_column(ForeignKey("accounts.key", onupdate="CASCADE"))
    name_keys: Mapped[list[str]]
    company_keys: Mapped[list[str]]
    phone_keys: Mapped[list[str]] = mapped_column(
        server_default='["phone", "tel", "telephone", "mobile"]'
    )
    likely_name: Mapped[str] = mapped_column(server_default="likely {name}")
    url: Mapped[str | None]
    topics: Mapped[dict[str, Any]] = mapped_column(
        server_default="{}"
    )  # topic -> pages and calls, lists of texts
    number_price: Mapped[int | None]  # this and the next as in domain.Site
    currency: Mapped[str] = mapped_column(server_default="ILS")
    most_overflow: Mapped[float] = mapped_column(server_default="0.01")
    most_at_risk: Mapped[float] = mapped_column(server_default="0.35")
    callback: Mapped[dict[str, Any]] = mapped_column(
        server_default="{}"
    )  # the table of the file, see callback.rules


class TokenRow(Base):
    __tablename__ = "tokens"
    token: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)


class DidRow(Base):
    __tablename__ = "dids"
    e164: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    draining_since: Mapped[datetime | None]


class ChangeRow(Base):
    """One row; its number grows with every change of sites, DIDs or accounts."""

    __tablename__ = "changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class InboxRow(Base):
    """A notification as received. state: new -> done | broken."""

    __tablename__ = "inbox"
    id: Mapped[Numbered]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    family: Mapped[str]
    received_at: Mapped[datetime]
    method: Mapped[str]
    content_type: Mapped[str]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON)  # None: kept by an older version
    query: Mapped[str]
    body: Mapped[bytes]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    copies: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    fault: Mapped[str | None]
    call_pk: Mapped[int | None] = mapped_column(ForeignKey("calls.id"), index=True)
    __table_args__ = (Index("inbox_state", "state", "id"),)


class CallRow(Base):
    __tablename__ = "calls"
    id: Mapped[Numbered]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    call_id: Mapped[str]  # the PBX's; made by us where the PBX names none
    named: Mapped[bool]  # False: call_id was made by us
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    phase: Mapped[str]
    outcome: Mapped[str]
    status: Mapped[str]  # the PBX's word
    direction: Mapped[str]
    caller: Mapped[str | None]  # the customer's number
    caller_reversed: Mapped[str]  # its digits backwards, to search by the last ones
    did: Mapped[str | None]
    talk_seconds: Mapped[int]
    ring_seconds: Mapped[int]
    wait_seconds: Mapped[int]
    extension: Mapped[str]
    representative: Mapped[str]
    queue: Mapped[str]
    recording_url: Mapped[str]
    price: Mapped[int | None]
    original_call_id: Mapped[str | None]
    first_time: Mapped[bool] = mapped_column(
        server_default=false()
    )  # that number's first incoming call to the site
    visitor_id: Mapped[str | None]
    lease_id: Mapped[str | None]
    match: Mapped[dict[str, Any]]  # how we know, see call_reading
    visitor_info: Mapped[dict[str, Any]]
    first_touchpoint: Mapped[dict[str, Any]]
    touchpoint: Mapped[dict[str, Any]]  # of the visit that called
    channel: Mapped[str]
    source: Mapped[str]
    campaign: Mapped[str]
    landing_page: Mapped[str]
    __table_args__ = (
        UniqueConstraint("account_id", "call_id"),
        # Past the first two: what reports count, so that they read the index alone.
        Index(
            "calls_started",
            "started_at",
            "id",
            "site_id",
            "direction",
            "outcome",
            "talk_seconds",
            "first_time",
            "original_call_id",
        ),
        Index("calls_site_started", "site_id", "started_at", "id"),
        Index("calls_outcome_started", "outcome", "started_at", "id"),
        Index("calls_channel_started", "channel", "started_at", "id"),
        Index("calls_source_started", "source", "started_at", "id"),
        Index("calls_caller", "caller", "started_at", "id", "site_id", "direction", "first_time"),
        Index("calls_caller_reversed", "caller_reversed"),
        Index("calls_visitor", "visitor_id"),
    )


class LegRow(Base):
    """One CDR of a call."""

    __tablename__ = "legs"
    id: Mapped[Numbered]
    call_pk: Mapped[OfCall]
    type: Mapped[str]
    started_at: Mapped[datetime]
    status: Mapped[str]
    outcome: Mapped[str]
    talk_seconds: Mapped[int]
    record: Mapped[dict[str, Any]]  # every field of domain.Cdr
    __table_args__ = (UniqueConstraint("call_pk", "type"),)


class LeaseRow(Base):
    """One number shown, or asked for and not had (did is NULL): the lease log."""

    __tablename__ = "leases"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    did: Mapped[str | None]
    visitor: Mapped[str]
    visit: Mapped[str]
    reason: Mapped[str]  # leased, kept, restored, pool_empty, tapped (the default number)
    chosen: Mapped[str] = mapped_column(server_default="")  # own, old, source, group, pool
    start: Mapped[datetime]
    seen: Mapped[datetime]
    left: Mapped[datetime | None]
    taps: Mapped[list[str]]  # ISO 8601
    touchpoint: Mapped[dict[str, Any]]
    channel: Mapped[str]
    source: Mapped[str]
    campaign: Mapped[str]
    landing_page: Mapped[str]
    new_visit: Mapped[bool]  # the first row of its visit
    source_key: Mapped[str] = mapped_column(
        server_default=""
    )  # this and the next as in domain.Lease
    device: Mapped[str] = mapped_column(server_default="desktop")
    region: Mapped[str] = mapped_column(server_default="")
    topic: Mapped[str] = mapped_column(server_default="")
    levels: Mapped[list[str]] = mapped_column(server_default="[]")  # ISO 8601
    gaps: Mapped[list[str]] = mapped_column(server_default="[]")  # ISO 8601 intervals
    source_group: Mapped[str] = mapped_column(server_default="")  # that the source was in then
    __table_args__ = (
        Index("leases_start", "start", "site_id", "new_visit", "channel", "source"),
        Index(
            "leases_pool_empty",
            "start",
            "site_id",
            "visitor",
            sqlite_where=text("reason = 'pool_empty'"),
            postgresql_where=text("reason = 'pool_empty'"),
        ),
        Index(
            "leases_without_number",
            "site_id",
            "seen",
            sqlite_where=text("did IS NULL"),
            postgresql_where=text("did IS NULL"),
        ),
        Index("leases_did_start", "did", "start"),
        Index("leases_visitor", "visitor", "start"),
        Index("leases_source", "site_id", "source_key"),
    )


class LearnedRow(Base):
    """What a site has learned: attribution.counts.Counts as JSON."""

    __tablename__ = "learned"
    site_id: Mapped[KeyOfSite]
    counts: Mapped[dict[str, Any]]
    days: Mapped[int]  # how often the sums have faded
    version: Mapped[int]  # grows with each change
    shift: Mapped[float] = mapped_column(server_default="0")  # attribution.calibration.Calibration
    slope: Mapped[float] = mapped_column(server_default="1")


class HourRow(Base):
    """One hour of a site's calling clock: attribution.calling_clock.Hour."""

    __tablename__ = "hours"
    site_id: Mapped[KeyOfSite]
    number: Mapped[int] = mapped_column(primary_key=True)  # hours since 1970
    begins: Mapped[float]
    activity: Mapped[float]
    local_hour: Mapped[int]
    weekday: Mapped[int]
    closed: Mapped[list[float]] = mapped_column(JSON)  # pages closed in it, by level


class PhoneRow(Base):
    """A phone's latest call (or the latest hidden one on a DID): attribution.phone_memory.Remembered."""

    __tablename__ = "phones"
    site_id: Mapped[KeyOfSite]
    key: Mapped[str] = mapped_column(primary_key=True)  # phone_memory.memory_key
    at: Mapped[float]  # epoch seconds
    remembered: Mapped[dict[str, Any]]


class CallerRow(Base):
    """A visitor's latest call: attribution.phone_memory.Called."""

    __tablename__ = "callers"
    site_id: Mapped[KeyOfSite]
    visitor: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float]
    called: Mapped[dict[str, Any]]


class KnownPhoneRow(Base):
    """Somebody said whose phone it is."""

    __tablename__ = "known_phones"
    site_id: Mapped[KeyOfSite]
    phone: Mapped[str] = mapped_column(primary_key=True)  # E.164
    visitor: Mapped[str] = mapped_column(primary_key=True)
    said_by: Mapped[str]  # page, user
    at: Mapped[datetime]
    __table_args__ = (Index("known_phones_visitor", "site_id", "visitor"),)


class ClosedLeasesRow(Base):
    """How many leases of a DID ended on a day, alike in level and source: the holders too old to be listed."""

    __tablename__ = "closed_leases"
    __table_args__ = ({"sqlite_with_rowid": False},)
    did: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)  # days since 1970
    number: Mapped[int]


class VerdictRow(Base):
    """Why a call is whose: what was known at its moment, what followed from it and what was learned from it."""

    __tablename__ = "verdicts"
    call_pk: Mapped[int] = mapped_column(
        ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True
    )
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    rules: Mapped[int]  # matching.RULES
    version: Mapped[int]  # of what the site had learned
    evidence: Mapped[bytes]  # attribution.evidence.Evidence, as JSON, compressed
    posterior: Mapped[bytes]  # attribution.posterior.Posterior as matched, the same way
    lesson: Mapped[dict[str, Any] | None] = mapped_column(
        NULLABLE
    )  # Counts; NULL until the call has ended
    days: Mapped[int]  # LearnedRow.days at the lesson
    confirmed: Mapped[str | None]  # a user's word: a visitor, or '' for nobody of these
    confirmed_at: Mapped[datetime | None]
    heeded: Mapped[str | None]  # the word that the worker has acted on, as `confirmed`
    matched: Mapped[dict[str, Any] | None] = mapped_column(
        NULLABLE
    )  # the call's visitor and shares before any word
    stated: Mapped[float]  # probability of the winner, as matched
    untold: Mapped[
        float | None
    ]  # ... without the known phone, where one was known: a truth for calibration
    untold_right: Mapped[bool | None]
    stated_right: Mapped[bool | None]  # was the winner as matched right, by a user's word
    __table_args__ = (
        Index(
            "verdicts_waiting",
            "call_pk",
            sqlite_where=text("confirmed IS NOT heeded"),
            postgresql_where=text("confirmed IS DISTINCT FROM heeded"),
        ),
        Index(
            "verdicts_truths",
            "site_id",
            "call_pk",
            "stated",
            "stated_right",
            "untold",
            "untold_right",
            sqlite_where=text("stated_right IS NOT NULL OR untold IS NOT NULL"),
            postgresql_where=text("stated_right IS NOT NULL OR untold IS NOT NULL"),
        ),
    )


class ShareRow(Base):
    """What part of a call a touchpoint brought; the shares of a call sum to 1, the rest has no touchpoint.

    `by_channel` and its like are sums of p over the call's touchpoints that are alike in what that report is about; the
    first of them has it, the others 0. So a report adds what excludes each other without sorting shares by call.
    From `started_at` on a share repeats what reports count of its call: they read one index of one table.
    """

    __tablename__ = "shares"
    id: Mapped[Numbered]
    call_pk: Mapped[OfCall]
    p: Mapped[float]
    channel: Mapped[str]
    source: Mapped[str]
    campaign: Mapped[str]
    landing_page: Mapped[str]
    by_channel: Mapped[float]
    by_source: Mapped[float]
    by_campaign: Mapped[float]
    by_landing: Mapped[float]
    started_at: Mapped[datetime]
    site_id: Mapped[int | None]
    came_in: Mapped[bool]  # an incoming call, not the part of one after it was transferred
    outcome: Mapped[str]
    talk_seconds: Mapped[int]
    first_time: Mapped[bool]
    __table_args__ = (
        Index("shares_call", "call_pk", "channel", "source", "campaign", "landing_page", "p"),
        Index(
            "shares_counted",
            "started_at",
            "came_in",
            "site_id",
            "channel",
            "source",
            "campaign",
            "landing_page",
            "by_channel",
            "by_source",
            "by_campaign",
            "by_landing",
            "outcome",
            "talk_seconds",
            "first_time",
        ),
    )


class PlanRow(Base):
    """How many numbers a site needs: records.plans.KeptPlan."""

    __tablename__ = "plans"
    site_id: Mapped[KeyOfSite]
    made_at: Mapped[datetime]
    plan: Mapped[dict[str, Any]]


class UserRow(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    made_at: Mapped[datetime]
    epoch: Mapped[int]  # grows when the password changes: older logins end
