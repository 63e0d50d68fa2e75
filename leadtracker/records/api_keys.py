"""Keys that programs ask with: shown once when made, only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from leadtracker.records.callback_tables import ApiKeyRow

PREFIX = "lt_"  # so that a key that leaked is recognised for what it is


def add(session: Session, site_id: int, name: str) -> str:
    """A new key of a site; the caller commits."""
    key = PREFIX + secrets.token_urlsafe(32)
    session.add(
        ApiKeyRow(site_id=site_id, name=name, digest=_digest(key), made_at=datetime.now(UTC))
    )
    return key


def remove(session: Session, site_id: int, name: str) -> int:
    """Every key of this name; returns how many there were."""
    gone = delete(ApiKeyRow).where(ApiKeyRow.site_id == site_id, ApiKeyRow.name == name)
    return int(session.execute(gone).rowcount)  # type: ignore[attr-defined] # typed as Result, a DELETE gives CursorResult


def of_site(session: Session, site_id: int) -> Sequence[ApiKeyRow]:
    return session.scalars(
        select(ApiKeyRow).where(ApiKeyRow.site_id == site_id).order_by(ApiKeyRow.made_at)
    ).all()


def site_of(session: Session, key: str) -> int | None:
    """The site a key is of: 256 random bits, so that a look-up by their hash tells nothing by its time."""
    return session.scalar(select(ApiKeyRow.site_id).where(ApiKeyRow.digest == _digest(key)))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
