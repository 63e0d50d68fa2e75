"""The tables of callback requests, and of the keys that programs ask with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from leadtracker.records.tables.base import Base, Big

AGENT_CALL = "agent_call"  # the origin of a call that an agent asks for, by a button
# A refused request gives its id free: the same id may ask again.
TAKEN = text("state <> 'refused'")


class CallbackRow(Base):
    """One callback request and what became of it; `state` is a callback_rules.course.State."""

    __tablename__ = "callbacks"
    pk: Mapped[int] = mapped_column(Big, primary_key=True)
    # Whoever asks makes it; a site makes at most one call for each.
    id: Mapped[str] = mapped_column(String(64))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    origin: Mapped[str]  # page, form, api, AGENT_CALL
    visitor: Mapped[str]  # '' where a program asked
    target: Mapped[str]  # E.164; the typed text where no number could be read
    name: Mapped[str]
    note: Mapped[str]
    state: Mapped[str]
    code: Mapped[str]  # why it was refused, or what the PBX answered
    message: Mapped[str]  # the PBX's words
    made_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # when to dial what was asked outside opening hours
    # The campaign of the PBX's dialer that has the request; '' when we dial.
    campaign: Mapped[str] = mapped_column(server_default="")
    dialled_at: Mapped[datetime | None]  # written before we ask the PBX
    answered_at: Mapped[datetime | None]  # when the PBX answered
    ended_at: Mapped[datetime | None]
    agent: Mapped[str]  # the last one we asked the PBX to ring
    call_id: Mapped[str]  # the PBX's
    call_pk: Mapped[int | None] = mapped_column(ForeignKey("calls.id", ondelete="SET NULL"))
    # The PBX's id of each call -> `talked` in seconds, `cost`, and `why` nobody talked.
    calls: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    talk_seconds: Mapped[int]
    day: Mapped[str]  # the site's day that pays for it; '' when nothing is reserved
    reserved: Mapped[int]  # minor units, as `spent`
    spent: Mapped[int | None]  # None until it is over
    # Whether the day's money got back what was reserved and not spent.
    settled: Mapped[bool] = mapped_column(server_default=false())
    currency: Mapped[str]
    __table_args__ = (
        Index(
            "callbacks_id",
            "site_id",
            "id",
            unique=True,
            sqlite_where=TAKEN,
            postgresql_where=TAKEN,
        ),
        Index("callbacks_asked", "id"),
        Index("callbacks_made", "made_at", "pk"),
        Index("callbacks_site_made", "site_id", "made_at", "pk"),
        Index("callbacks_day", "site_id", "day"),
        Index("callbacks_state", "state", "dialled_at"),
        Index("callbacks_call", "account_id", "call_id"),
        Index("callbacks_call_pk", "call_pk"),
        Index("callbacks_visitor", "visitor", "pk"),
        Index("callbacks_target", "target", "pk"),
    )

    @property
    def known_visitor(self) -> str:
        """The visitor as the script named them; '' where a plain form or a program asked."""
        if self.origin != "page":
            return ""
        return self.visitor


class ApiKeyRow(Base):
    """A program's key for one site; we keep only its hash."""

    __tablename__ = "api_keys"
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, hexadecimal
    made_at: Mapped[datetime]
