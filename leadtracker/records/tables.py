"""The tables, typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

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
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from leadtracker.records.database import UtcDateTime

Big = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER columns


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
    url: Mapped[str | None]
    topics: Mapped[dict[str, Any]] = mapped_column(server_default="{}")  # topic -> pages and calls, lists of texts


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
    """A callback as received. state: new -> done | broken."""

    __tablename__ = "inbox"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    family: Mapped[str]
    received_at: Mapped[datetime]
    method: Mapped[str]
    content_type: Mapped[str]
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
    id: Mapped[int] = mapped_column(Big, primary_key=True)
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
            "caller",
            "channel",
            "source",
            "original_call_id",
        ),
        Index("calls_site_started", "site_id", "started_at", "id"),
        Index("calls_outcome_started", "outcome", "started_at", "id"),
        Index("calls_channel_started", "channel", "started_at", "id"),
        Index("calls_source_started", "source", "started_at", "id"),
        Index("calls_caller", "caller", "started_at", "id", "site_id", "direction"),
        Index("calls_caller_reversed", "caller_reversed"),
        Index("calls_visitor", "visitor_id"),
    )


class LegRow(Base):
    """One CDR of a call."""

    __tablename__ = "legs"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    call_pk: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"))
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
    reason: Mapped[str]  # leased, kept, restored, pool_empty
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
    source_key: Mapped[str] = mapped_column(server_default="")  # this and the next as in domain.Lease
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
        Index("leases_did_start", "did", "start"),
        Index("leases_visitor", "visitor", "start"),
    )


class UserRow(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    made_at: Mapped[datetime]
    epoch: Mapped[int]  # grows when the password changes: older logins end
