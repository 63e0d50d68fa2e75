"""What the PBXs have sent: how many notifications wait or failed, and when the newest came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadtracker.records.tables import InboxRow


def in_state(session: Session, state: str) -> int:
    """How many notifications are in a state of the inbox."""
    return session.scalar(select(func.count()).where(InboxRow.state == state)) or 0


def newest_of(session: Session, account_id: int, family: str) -> datetime | None:
    """When an account's newest notification of a family came; None when none ever did."""
    mine = select(func.max(InboxRow.received_at)).where(
        InboxRow.account_id == account_id, InboxRow.family == family
    )
    return session.scalar(mine)
