"""Whose phone is whose: proved by a signature or a user, or only claimed by a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, func, select
from sqlalchemy.orm import Session

from leadtracker.matching.claims import worth
from leadtracker.records.database import put
from leadtracker.records.tables import KnownPhoneRow, ToldPhoneRow

PAGE, SIGNED, USER = "page", "signed", "user"
KNOWN, TOLD = (cast(Table, row.__table__) for row in (KnownPhoneRow, ToldPhoneRow))
# More claims than these of one phone, or of one visitor, are worth nothing and are not kept.
MOST_CLAIMS = 8
MOST_OF_NETWORK = 1000  # phones; a network that claims more is not counted further
CLAIM_DAYS = 90
# The queries of a ringing phone are built once: to build one takes five times as long as to run it.
SITE: Any = bindparam("site")
VISITORS: Any = bindparam("visitors", expanding=True)
KNOWERS = select(KNOWN.c.visitor, KNOWN.c.said_by).where(
    KNOWN.c.site_id == SITE, KNOWN.c.phone == bindparam("phone")
)
WITH_PHONES = select(KNOWN.c.visitor).where(KNOWN.c.site_id == SITE, KNOWN.c.visitor.in_(VISITORS))
CLAIMANTS = (
    select(TOLD.c.visitor, TOLD.c.network)
    .where(TOLD.c.site_id == SITE, TOLD.c.phone == bindparam("phone"))
    .limit(MOST_CLAIMS + 1)
)
OF_VISITOR = select(func.count()).where(
    TOLD.c.site_id == SITE, TOLD.c.visitor == bindparam("visitor")
)
OF_NETWORK = select(func.count()).select_from(
    select(TOLD.c.phone)
    .where(TOLD.c.site_id == SITE, TOLD.c.network == bindparam("network"))
    .distinct()
    .limit(MOST_OF_NETWORK)
    .subquery()
)


@dataclass(frozen=True, slots=True)
class ToldPhone:
    """A page brought this phone as its visitor's; `by` is PAGE, or SIGNED by the back end."""

    phone: str  # E.164
    by: str = PAGE
    network: str = ""  # hashed


def tell_phone(session: Session, site_id: int, visitor: str, told: ToldPhone) -> None:
    """Keep whose phone it is. A signature counts for more than a user, a page for less."""
    key = {"site_id": site_id, "phone": told.phone, "visitor": visitor}
    now = datetime.now(UTC)
    if told.by == PAGE:
        _claim(session, key, told.network, now)
        return
    known = session.get(KnownPhoneRow, (site_id, told.phone, visitor))
    if known is None or told.by == SIGNED:
        put(session, KNOWN, [key | {"said_by": told.by, "at": now}])


def _claim(session: Session, key: dict[str, Any], network: str, now: datetime) -> None:
    values = {"site": key["site_id"], "phone": key["phone"], "visitor": key["visitor"]}
    if session.get(ToldPhoneRow, (key["site_id"], key["phone"], key["visitor"])) is not None:
        return
    claimants = session.execute(CLAIMANTS, values).all()
    if len(claimants) <= MOST_CLAIMS >= (session.scalar(OF_VISITOR, values) or 0):
        put(session, TOLD, [key | {"network": network, "at": now}])


def forget_phone(session: Session, site_id: int, phone: str, visitor: str, said_by: str) -> None:
    """Take back what somebody said; what others said stays."""
    said = (
        KnownPhoneRow.site_id == site_id,
        KnownPhoneRow.phone == phone,
        KnownPhoneRow.visitor == visitor,
    )
    session.execute(delete(KnownPhoneRow).where(*said, KnownPhoneRow.said_by == said_by))


def whose(
    session: Session, site_id: int, phone: str | None
) -> tuple[dict[str, str], dict[str, float]]:
    """The phone's knowers, and what the claims of all others are worth; of a hidden phone none."""
    if not phone:
        return {}, {}
    known = knowers(session, site_id, phone)
    claimed = claims(session, site_id, phone)
    return known, {visitor: trust for visitor, trust in claimed.items() if visitor not in known}


def knowers(session: Session, site_id: int, phone: str) -> dict[str, str]:
    """Visitors whose phone this is known to be, and who proved it."""
    rows = session.execute(KNOWERS, {"site": site_id, "phone": phone})
    return {visitor: said_by for visitor, said_by in rows}


def with_phones(session: Session, site_id: int, visitors: Iterable[str]) -> frozenset[str]:
    """Those of the visitors whose phone is known, whichever it is."""
    return frozenset(session.scalars(WITH_PHONES, {"site": site_id, "visitors": list(visitors)}))


def claims(session: Session, site_id: int, phone: str) -> dict[str, float]:
    """Visitors whose page alone says that the phone is theirs, and what each claim is worth."""
    claimants = session.execute(CLAIMANTS, {"site": site_id, "phone": phone}).all()
    if len(claimants) > MOST_CLAIMS:
        return {}
    found = {}
    for visitor, network in claimants:
        phones = session.scalar(OF_VISITOR, {"site": site_id, "visitor": visitor}) or 1
        of_network = 1
        if network:
            of_network = session.scalar(OF_NETWORK, {"site": site_id, "network": network}) or 1
        if phones <= MOST_CLAIMS:
            found[visitor] = worth(len(claimants), phones, of_network)
    return found


def forget_claims(session: Session, now: datetime) -> None:
    """Drop claims that are too old."""
    session.execute(delete(TOLD).where(TOLD.c.at < now - timedelta(days=CLAIM_DAYS)))
