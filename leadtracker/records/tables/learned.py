"""The tables of what a site has learned: counts, calling clock, whose phone is whose, plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from leadtracker.records.tables.base import Base, KeyOfSite


class LearnedRow(Base):
    """What a site has learned: matching.counts.Counts as JSON."""

    __tablename__ = "learned"
    site_id: Mapped[KeyOfSite]
    counts: Mapped[dict[str, Any]]
    days: Mapped[int]  # how often the sums have faded
    version: Mapped[int]  # grows with each change
    # The site's matching.calibration.Calibration.
    shift: Mapped[float] = mapped_column(server_default="0")
    slope: Mapped[float] = mapped_column(server_default="1")


class HourRow(Base):
    """One hour of a site's calling clock: matching.calling_clock.Hour."""

    __tablename__ = "hours"
    site_id: Mapped[KeyOfSite]
    number: Mapped[int] = mapped_column(primary_key=True)  # hours since 1970
    begins: Mapped[float]
    activity: Mapped[float]
    local_hour: Mapped[int]
    weekday: Mapped[int]
    closed: Mapped[list[float]] = mapped_column(JSON)  # pages closed in it, by level


class PhoneRow(Base):
    """The latest call of a phone, or of a hidden one on a DID: phone_memory.Remembered."""

    __tablename__ = "phones"
    site_id: Mapped[KeyOfSite]
    key: Mapped[str] = mapped_column(primary_key=True)  # phone_memory.memory_key
    at: Mapped[float]  # epoch seconds
    remembered: Mapped[dict[str, Any]]


class CallerRow(Base):
    """A visitor's latest call: matching.phone_memory.Called."""

    __tablename__ = "callers"
    site_id: Mapped[KeyOfSite]
    visitor: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float]
    called: Mapped[dict[str, Any]]


class KnownPhoneRow(Base):
    """The site's back end or a user said whose phone this is."""

    __tablename__ = "known_phones"
    site_id: Mapped[KeyOfSite]
    phone: Mapped[str] = mapped_column(primary_key=True)  # E.164
    visitor: Mapped[str] = mapped_column(primary_key=True)
    said_by: Mapped[str]  # signed (by the back end), user
    at: Mapped[datetime]
    __table_args__ = (Index("known_phones_visitor", "site_id", "visitor"),)


class ToldPhoneRow(Base):
    """A page alone said whose phone this is: anybody can post that."""

    __tablename__ = "told_phones"
    site_id: Mapped[KeyOfSite]
    phone: Mapped[str] = mapped_column(primary_key=True)  # E.164
    visitor: Mapped[str] = mapped_column(primary_key=True)
    network: Mapped[str]  # hashed, of the first who said so; '' unknown
    at: Mapped[datetime]
    __table_args__ = (
        Index("told_phones_visitor", "site_id", "visitor"),
        Index("told_phones_network", "site_id", "network"),
    )


class PlanRow(Base):
    """How many numbers a site needs: records.plans.KeptPlan."""

    __tablename__ = "plans"
    site_id: Mapped[KeyOfSite]
    made_at: Mapped[datetime]
    plan: Mapped[dict[str, Any]]
