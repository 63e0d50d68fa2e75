"""The tables of the dashboard's users, and of logins that ended before their cookies do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from leadtracker.records.tables.base import Base


class UserRow(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    made_at: Mapped[datetime]
    account_key: Mapped[str] = mapped_column(server_default="")  # of the PBX that rings them
    extension: Mapped[str] = mapped_column(server_default="")  # '' where they have none
    epoch: Mapped[int]  # grows when the password changes, which ends older logins


class EndedLoginRow(Base):
    __tablename__ = "ended_logins"
    id: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
