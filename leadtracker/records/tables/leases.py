"""The tables of the lease log: what each visitor was shown, and how old leases ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from leadtracker.records.tables.base import Arrived, Base

POOL_WAS_EMPTY = text("reason = 'pool_empty'")
WITHOUT_NUMBER = text("did IS NULL")


class LeaseRow(Base):
    """One number that was shown, or that was asked for when none was free (then did is NULL)."""

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
    touchpoint: Mapped[Arrived]
    channel: Mapped[str]
    source: Mapped[str]
    campaign: Mapped[str]
    landing_page: Mapped[str]
    new_visit: Mapped[bool]  # the first row of its visit
    # domain.Lease says what the next seven mean.
    source_key: Mapped[str] = mapped_column(server_default="")
    device: Mapped[str] = mapped_column(server_default="desktop")
    region: Mapped[str] = mapped_column(server_default="")
    topic: Mapped[str] = mapped_column(server_default="")
    levels: Mapped[list[str]] = mapped_column(server_default="[]")  # ISO 8601
    gaps: Mapped[list[str]] = mapped_column(server_default="[]")  # ISO 8601 intervals
    network: Mapped[str] = mapped_column(server_default="")
    # The group that the source was in when the number was leased.
    source_group: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        Index("leases_start", "start", "site_id", "new_visit", "channel", "source"),
        Index(
            "leases_pool_empty",
            "start",
            "site_id",
            "visitor",
            sqlite_where=POOL_WAS_EMPTY,
            postgresql_where=POOL_WAS_EMPTY,
        ),
        Index(
            "leases_without_number",
            "site_id",
            "seen",
            sqlite_where=WITHOUT_NUMBER,
            postgresql_where=WITHOUT_NUMBER,
        ),
        Index("leases_did_start", "did", "start"),
        Index("leases_visitor", "visitor", "start"),
        Index("leases_source", "site_id", "source_key"),
    )


class ClosedLeasesRow(Base):
    """How many leases of a DID ended on a day, with one level and one source.

    They stand for the holders that are too old to be listed one by one.
    """

    __tablename__ = "closed_leases"
    __table_args__ = ({"sqlite_with_rowid": False},)
    did: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)  # days since 1970
    number: Mapped[int]
