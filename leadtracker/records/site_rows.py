"""The rows of sites, their tokens and numbers, and of PBX accounts: found, listed and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from leadtracker.errors import SiteFault
from leadtracker.records.tables import AccountRow, DidRow, SiteRow, TokenRow


def account_named(session: Session, key: str) -> AccountRow | None:
    return session.scalar(select(AccountRow).where(AccountRow.key == key))


def every_account(session: Session) -> Sequence[AccountRow]:
    return session.scalars(select(AccountRow).order_by(AccountRow.key)).all()


def site_named(session: Session, name: str) -> SiteRow | None:
    return session.scalar(select(SiteRow).where(SiteRow.name == name))


def known_site(session: Session, name: str) -> SiteRow:
    """Raises SiteFault, which names the sites there are."""
    row = site_named(session, name)
    if row is None:
        names = ", ".join(site.name for site in every_site(session)) or "none yet"
        raise SiteFault(f"There is no site {name!r}. Sites: {names}")
    return row


def every_site(session: Session) -> Sequence[SiteRow]:
    return session.scalars(select(SiteRow).order_by(SiteRow.name)).all()


def tokens_of(session: Session, site: SiteRow) -> Sequence[str]:
    return session.scalars(select(TokenRow.token).where(TokenRow.site_id == site.id)).all()


def pool_of(session: Session, site: SiteRow) -> Sequence[DidRow]:
    """All numbers of a site, those that drain too."""
    return session.scalars(
        select(DidRow).where(DidRow.site_id == site.id).order_by(DidRow.e164)
    ).all()


def numbers_in_use(session: Session, site: SiteRow) -> list[str]:
    """The numbers of a site that do not drain, in E.164."""
    wanted = select(DidRow.e164).where(DidRow.site_id == site.id, DidRow.draining_since.is_(None))
    return list(session.scalars(wanted.order_by(DidRow.e164)))


def write_values(session: Session, row: SiteRow | AccountRow, values: Mapping[str, Any]) -> None:
    """Write the values of a row, new or known; the caller commits."""
    for key, value in values.items():
        setattr(row, key, value)
    session.add(row)
    session.flush()


def replace_tokens(session: Session, site: SiteRow, tokens: Sequence[str]) -> None:
    """Give a site these tokens and no others; raises SiteFault when one is another site's."""
    for token in tokens:
        other = session.get(TokenRow, token)
        if other is not None and other.site_id != site.id:
            raise SiteFault(f"site {site.name}: the token {token!r} is another site's")
    session.execute(delete(TokenRow).where(TokenRow.site_id == site.id))
    session.add_all(TokenRow(token=token, site_id=site.id) for token in tokens)
    session.flush()
