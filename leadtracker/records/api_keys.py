"""Keys that programs ask with. Each is shown once, and we keep only its hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from leadtracker.records.callback_tables import ApiKeyRow
from leadtracker.records.session import rows_changed

PREFIX = "lt_"  # so that people recognize a key that leaked


def add(session: Session, site_id: int, name: str) -> str:
    """Make a key of a site. The caller commits."""
    key = PREFIX + secrets.token_urlsafe(32)
    session.add(
        ApiKeyRow(site_id=site_id, name=name, digest=_digest(key), made_at=datetime.now(UTC))
    )
    return key


def remove(session: Session, site_id: int, name: str) -> int:
    """Remove every key with this name; returns how many there were."""
    gone = delete(ApiKeyRow).where(ApiKeyRow.site_id == site_id, ApiKeyRow.name == name)
    return rows_changed(session, gone)


def of_site(session: Session, site_id: int) -> Sequence[ApiKeyRow]:
    return session.scalars(
        select(ApiKeyRow).where(ApiKeyRow.site_id == site_id).order_by(ApiKeyRow.made_at)
    ).all()


def site_of(session: Session, key: str) -> int | None:
    """The site that a key opens.

    The time of this look-up gives nothing away: a key has 256 random bits, and we look up its hash.
    """
    return session.scalar(select(ApiKeyRow.site_id).where(ApiKeyRow.digest == _digest(key)))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
