"""The tables of sites, their numbers and their PBX accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from leadtracker.records.tables.base import Base


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
    """A site's settings; domain.Site says what each of them means, and its default."""

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
    phone_keys: Mapped[list[str]]
    likely_name: Mapped[str]
    url: Mapped[str | None]
    # Topic -> its pages and its calls, both lists of texts.
    topics: Mapped[dict[str, Any]]
    number_price: Mapped[int | None]
    currency: Mapped[str]
    most_overflow: Mapped[float]
    most_at_risk: Mapped[float]
    signing_secret: Mapped[str] = mapped_column(server_default="")
    # The `callback` table of the site file; callback_rules.rules says what is in it.
    callback: Mapped[dict[str, Any]]


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
    """One row, whose number grows with every change of sites, DIDs or accounts."""

    __tablename__ = "changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
