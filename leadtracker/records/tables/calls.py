"""The tables of calls: the notifications received, the calls made of them, and their legs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from leadtracker.records.tables.base import Arrived, Base, Numbered, OfCall

OPEN = text("phase <> 'ended'")


class InboxRow(Base):
    """A notification as received; its state goes from new to done, spare or broken."""

    __tablename__ = "inbox"
    id: Mapped[Numbered]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    family: Mapped[str]
    received_at: Mapped[datetime]
    method: Mapped[str]
    content_type: Mapped[str]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON)  # None: from an older version
    query: Mapped[str]
    body: Mapped[bytes]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    copies: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    fault: Mapped[str | None]
    call_pk: Mapped[int | None] = mapped_column(ForeignKey("calls.id"))
    __table_args__ = (
        Index("inbox_state", "state", "id"),
        # Without the state, a long call's notifications are all read to leave most of them out.
        Index("inbox_call", "call_pk", "state", "id"),
    )


class CallRow(Base):
    __tablename__ = "calls"
    id: Mapped[Numbered]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    call_id: Mapped[str]  # the PBX's; ours where the PBX gives none
    named: Mapped[bool]  # whether call_id is the PBX's
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
    caller_name: Mapped[str] = mapped_column(server_default="")  # the PBX's
    # Whether it calls back whoever asked for it, or whose call was missed.
    called_back: Mapped[bool] = mapped_column(server_default=false())
    # Whether it is that number's first incoming call to the site.
    first_time: Mapped[bool] = mapped_column(server_default=false())
    visitor_id: Mapped[str | None]
    lease_id: Mapped[str | None]
    match: Mapped[dict[str, Any]]  # how we know the visitor, see calls.reading
    visitor_info: Mapped[dict[str, Any]]
    first_touchpoint: Mapped[Arrived]
    touchpoint: Mapped[Arrived]  # of the visit before the call
    channel: Mapped[str]
    source: Mapped[str]
    campaign: Mapped[str]
    landing_page: Mapped[str]
    __table_args__ = (
        UniqueConstraint("account_id", "call_id"),
        # The columns after `id` are what reports count, so that they read the index alone.
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
            "called_back",
        ),
        Index("calls_open", "started_at", sqlite_where=OPEN, postgresql_where=OPEN),
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
