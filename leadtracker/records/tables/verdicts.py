"""The tables of who called: the verdict of a call, and which touchpoints brought it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from leadtracker.records.tables.base import NULLABLE, Base, Numbered, OfCall

IS_A_TRUTH = text("stated_right IS NOT NULL OR untold IS NOT NULL")


class VerdictRow(Base):
    """Why a call is whose: what we knew when it came, what followed and what we learned from it."""

    __tablename__ = "verdicts"
    call_pk: Mapped[int] = mapped_column(
        ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True
    )
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    rules: Mapped[int]  # matching.RULES
    version: Mapped[int]  # LearnedRow.version at the verdict
    evidence: Mapped[bytes]  # matching.evidence.Evidence as JSON, compressed
    posterior: Mapped[bytes]  # matching.posterior.Posterior as matched, the same way
    # The call's matching.counts.Counts; NULL until the call has ended.
    lesson: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE)
    days: Mapped[int]  # LearnedRow.days at the lesson
    confirmed: Mapped[str | None]  # what a user said: a visitor, or '' for none of these
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]  # the user's name; NULL for a command and in older rows
    heeded: Mapped[str | None]  # the value of `confirmed` that the worker has applied
    # The call's visitor and shares before any user spoke.
    matched: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE)
    stated: Mapped[float]  # probability of the winner, as matched
    # The winner's probability without the known phone, where a phone was known. That phone says
    # whether the winner was right, so that calibration learns from both.
    untold: Mapped[float | None]
    untold_right: Mapped[bool | None]
    stated_right: Mapped[bool | None]  # whether a user found the winner as matched right
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
            sqlite_where=IS_A_TRUTH,
            postgresql_where=IS_A_TRUTH,
        ),
    )


class ShareRow(Base):
    """What part of a call a touchpoint brought.

    The shares of a call sum to 1. The part that no touchpoint brought is a share without a source.

    `by_channel` is the sum of p over those touchpoints of the call that have the same channel. The
    first of them holds the sum, the others hold 0; a report then adds up without sorting by call.
    The other three `by_…` columns do the same for their own reports.

    From `started_at` on a share repeats what reports count of its call, so that they read one index
    of one table.
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
    came_in: Mapped[bool]  # an incoming call, and not the second part of a transferred one
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
