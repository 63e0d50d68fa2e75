"""The tables, typed: one file for each subject."""

from __future__ import annotations

from leadtracker.records.tables.base import Base, Big
from leadtracker.records.tables.calls import CallRow, InboxRow, LegRow
from leadtracker.records.tables.learned import (
    CallerRow,
    HourRow,
    KnownPhoneRow,
    LearnedRow,
    PhoneRow,
    PlanRow,
    ToldPhoneRow,
)
from leadtracker.records.tables.leases import ClosedLeasesRow, LeaseRow
from leadtracker.records.tables.sites import AccountRow, ChangeRow, DidRow, SiteRow, TokenRow
from leadtracker.records.tables.users import EndedLoginRow, UserRow
from leadtracker.records.tables.verdicts import ShareRow, VerdictRow

__all__ = [
    "AccountRow",
    "Base",
    "Big",
    "CallRow",
    "CallerRow",
    "ChangeRow",
    "ClosedLeasesRow",
    "DidRow",
    "EndedLoginRow",
    "HourRow",
    "InboxRow",
    "KnownPhoneRow",
    "LearnedRow",
    "LeaseRow",
    "LegRow",
    "PhoneRow",
    "PlanRow",
    "ShareRow",
    "SiteRow",
    "TokenRow",
    "ToldPhoneRow",
    "UserRow",
    "VerdictRow",
]
