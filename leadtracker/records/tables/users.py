"""The table of the dashboard's logins."""

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
