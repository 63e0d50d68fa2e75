"""The tables of click-to-call, typed: what visitors and programs asked for, and the keys that programs ask with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from leadtracker.records.tables import Base, Big

TAKEN = "state <> 'refused'"  # what is refused may be asked for again under the same id


class CallbackRow(Base):
    """One callback request and its course: `state` is a word of callback.course.State."""

    __tablename__ = "callbacks"
    pk: Mapped[int] = mapped_column(Big, primary_key=True)
    id: Mapped[str] = mapped_column(
        String(64)
    )  # made by whoever asks; one call at most for each of a site
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    origin: Mapped[str]  # page, form, api
    visitor: Mapped[str]  # '' where a program asked
    target: Mapped[str]  # E.164; what was typed where that is no number to be dialled
    name: Mapped[str]
    note: Mapped[str]
    state: Mapped[str]
    code: Mapped[str]  # of the refusal, or of the PBX's answer
    message: Mapped[str]  # the PBX's words
    made_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # outside opening hours: when it is to be dialled
    campaign: Mapped[str] = mapped_column(
        server_default=""
    )  # of the PBX's dialer that has it; '': we dial
    dialled_at: Mapped[datetime | None]  # written before the PBX is asked
    answered_at: Mapped[datetime | None]  # the PBX's answer
    ended_at: Mapped[datetime | None]
    agent: Mapped[str]  # whom the PBX was last asked to ring
    call_id: Mapped[str]  # the PBX's
    call_pk: Mapped[int | None] = mapped_column(ForeignKey("calls.id", ondelete="SET NULL"))
    calls: Mapped[dict[str, Any]] = mapped_column(
        server_default="{}"
    )  # by the PBX's id: talked (s), cost, why not
    talk_seconds: Mapped[int]
    day: Mapped[str]  # of the site, on whose money `reserved` counts; '' when nothing is reserved
    reserved: Mapped[int]  # minor units; this and the next
    spent: Mapped[int | None]  # None until it is over
    settled: Mapped[bool] = mapped_column(
        server_default=false()
    )  # the difference has been given back
    currency: Mapped[str]
    __table_args__ = (
        Index(
            "callbacks_id",
            "site_id",
            "id",
            unique=True,
            sqlite_where=text(TAKEN),
            postgresql_where=text(TAKEN),
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
        """Whom the script of a page says asked; '' where a plain form or a program did."""
        return self.visitor if self.origin == "page" else ""


class ApiKeyRow(Base):
    """A program's key for one site; only its hash is kept."""

    __tablename__ = "api_keys"
    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, hexadecimal
    made_at: Mapped[datetime]
