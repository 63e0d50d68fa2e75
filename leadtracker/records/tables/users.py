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
    epoch: Mapped[int]  # grows when the password changes, which ends older logins
