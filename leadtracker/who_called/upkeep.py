"""What the worker does to a site's knowledge as time passes; a replayed trace does the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from leadtracker.records import learned, leases, told_phones, verdicts
from leadtracker.records.session import Session
from leadtracker.who_called.knowledge import Knowledge


def learn_lease_log(
    session: Session, known: Knowledge, entries: Iterable[Mapping[str, str]]
) -> None:
    """Write entries of the lease log and learn from them; the caller commits."""
    known.learn_from_leases(session, leases.write(session, known.site.id, entries))
    known.save(session)


def pass_hours(session: Session, known: Knowledge, now: datetime, numbers: int) -> None:
    """Bring a site to the hour of `now`; `numbers` counts its pool. The caller commits."""
    known.pass_hours(now, numbers)
    known.calibrate(verdicts.truths(session, known.site.id))
    known.save(session)


def forget_old(session: Session, now: datetime, lease_days: int, *, new_day: bool) -> None:
    """Drop what is too old for any call of today; the caller commits.

    `new_day` is for what reads all closed leases, and is done once a day.
    """
    learned.forget(session, now)
    told_phones.forget_claims(session, now)
    if new_day:
        learned.merge_old_weeks(session, now)
    leases.forget(session, now - timedelta(days=lease_days))
