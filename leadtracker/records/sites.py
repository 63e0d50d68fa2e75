"""Sites, their pools of DIDs and PBX accounts: kept in SQL, read from a copy in each process."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from leadtracker import phone
from leadtracker.domain import Account, Did, Site, Topic
from leadtracker.errors import SiteFault, StoreUnavailable
from leadtracker.records.origin import as_sent_or_kept
from leadtracker.records.patience import wait_at_most
from leadtracker.records.session import rows_changed
from leadtracker.records.tables import AccountRow, ChangeRow, DidRow, SiteRow, TokenRow

log = logging.getLogger(__name__)
CHECK_SECONDS = 1.0  # how soon a change made elsewhere is seen here


class Directory:
    """Every site, DID and account, in memory. The copy is read again when the database has changed.

    While the database does not answer, the copy stays as it is, and number requests go on.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._next_check = 0.0
        # Grows with every change; a pool in Redis carries the number it was made from.
        self.change = -1
        self.refresh()

    def refresh(self) -> None:
        """Cheap when nothing changed: one thread asks the database, once in CHECK_SECONDS."""
        if time.monotonic() < self._next_check or not self._lock.acquire(blocking=False):
            return
        try:
            with Session(self._engine) as session:
                change = session.scalar(select(ChangeRow.number)) or 0
                if change != self.change:
                    self._load(session)
                    self.change = change
        except SQLAlchemyError as fault:
            if self.change < 0:
                raise StoreUnavailable("the database does not answer") from fault
            log.warning(
                "sites not refreshed, the database does not answer: %s", type(fault).__name__
            )
        finally:
            self._next_check = time.monotonic() + CHECK_SECONDS
            self._lock.release()

    def keep_fresh(self, seconds: float) -> None:
        """Look for changes for ever, in a thread of its own: then nobody who asks waits for SQL.

        `seconds` bound each look at a database that hangs.
        """
        wait_at_most(seconds)
        while True:
            try:
                self.refresh()
            except Exception:
                log.exception("the sites could not be read")
            time.sleep(CHECK_SECONDS / 2)

    def _load(self, session: Session) -> None:
        tokens: dict[int, list[str]] = {}
        for row in session.scalars(select(TokenRow)):
            tokens.setdefault(row.site_id, []).append(row.token)
        sites = {
            row.id: _site(row, tokens.get(row.id, []))
            for row in session.scalars(select(SiteRow).order_by(SiteRow.id))
        }
        dids: dict[int, list[Did]] = {site_id: [] for site_id in sites}
        members = select(DidRow.e164, DidRow.site_id, DidRow.draining_since).order_by(DidRow.e164)
        for e164, site_id, draining_since in session.execute(members):
            dids[site_id].append(Did(e164, site_id, draining_since is not None))
        self.accounts = {row.key: _account(row) for row in session.scalars(select(AccountRow))}
        self._dids = {site_id: tuple(pool) for site_id, pool in dids.items()}
        self._by_did = {did.e164: sites[did.site_id] for pool in dids.values() for did in pool}
        self._by_default = {
            site.default_number: site for site in sites.values() if site.default_number
        }
        self._by_token = {token: site for site in sites.values() for token in site.tokens}
        self._shown = {
            did: phone.show(did, site.display_format) for did, site in self._by_did.items()
        }
        self.numbers = frozenset(self._by_did) | frozenset(
            self._by_default
        )  # E.164; called by visitors
        self._sites = sites

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(self._sites.values())

    def site(self, site_id: int) -> Site | None:
        return self._sites.get(site_id)

    def site_by_token(self, token: str) -> Site | None:
        return self._by_token.get(token)

    def site_by_did(self, e164: str | None) -> Site | None:
        """The site whose pool or default number this is."""
        if e164 is None:
            return None
        return self._by_did.get(e164) or self._by_default.get(e164)

    def in_pool(self, e164: str | None) -> bool:
        return e164 in self._by_did

    def account(self, key: str) -> Account | None:
        return self.accounts.get(key)

    def account_by_id(self, account_id: int) -> Account | None:
        return next(
            (account for account in self.accounts.values() if account.id == account_id), None
        )

    def sites_of(self, account: Account) -> tuple[Site, ...]:
        return tuple(site for site in self._sites.values() if site.account_key == account.key)

    def dids(self, site_id: int) -> tuple[Did, ...]:
        return self._dids.get(site_id, ())

    def numbers_in_use(self, site_id: int) -> tuple[str, ...]:
        """The numbers of a site's pool that new visitors may get."""
        return tuple(did.e164 for did in self.dids(site_id) if not did.draining)

    def display(self, e164: str, site: Site) -> str:
        return self._shown.get(e164) or phone.show(e164, site.display_format)


def _site(row: SiteRow, tokens: list[str]) -> Site:
    return Site(
        id=row.id,
        name=row.name,
        tokens=tuple(tokens),
        origins=tuple(map(as_sent_or_kept, row.origins)),
        default_number=row.default_number,
        country=row.country,
        time_zone=row.time_zone,
        display_format=row.display_format,
        lease_seconds=row.lease_seconds,
        visitor_days=row.visitor_days,
        account_key=row.account_key,
        name_keys=tuple(row.name_keys),
        company_keys=tuple(row.company_keys),
        phone_keys=tuple(row.phone_keys),
        likely_name=row.likely_name,
        url=row.url,
        number_price=row.number_price,
        currency=row.currency,
        most_overflow=row.most_overflow,
        most_at_risk=row.most_at_risk,
        signing_secret=row.signing_secret,
        callback=row.callback,
        topics={
            name: Topic(tuple(topic.get("pages", ())), tuple(topic.get("calls", ())))
            for name, topic in row.topics.items()
        },
    )


def _account(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        key=row.key,
        vendor=row.vendor,
        secret=row.secret,
        time_zone=row.time_zone,
        country=row.country,
        allowed_addresses=tuple(row.allowed_addresses),
        crm_url=row.crm_url,
        options=row.options,
    )


def changed(session: Session) -> None:
    """Tell every process that sites, DIDs or accounts changed.

    Call it in the transaction that changes them.
    """
    if not rows_changed(session, update(ChangeRow).values(number=ChangeRow.number + 1)):
        # Begins at the clock, not at 1: a Redis that outlived the database must not seem newer.
        session.add(ChangeRow(id=1, number=int(time.time())))


def new_token() -> str:
    return secrets.token_urlsafe(24)


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def add_dids(session: Session, site: SiteRow, numbers: Iterable[str]) -> list[str]:
    """Put numbers into a site's pool; returns those that were new to it.

    Raises SiteFault, which names every number that cannot be added.
    """
    faults, added = [], []
    for text in numbers:
        e164 = phone.read(text, site.country)
        if e164 is None:
            faults.append(
                f"{text!r} is not a telephone number in {site.country};"
                " write it with +prefix or nationally"
            )
            continue
        if e164 == site.default_number:
            faults.append(
                f"{e164} is the default number of the site;"
                " a pool number must be one that only the pool shows"
            )
            continue
        row = session.get(DidRow, e164)
        if row is not None and row.site_id != site.id:
            faults.append(f"{e164} is in the pool of another site")
        elif row is None:
            session.add(DidRow(e164=e164, site_id=site.id, draining_since=None))
            session.flush()
            added.append(e164)
        elif row.draining_since is not None:
            row.draining_since = None
            added.append(e164)
    if faults:
        raise SiteFault("\n".join(faults))
    if added:
        changed(session)
    return added


def remove_dids(session: Session, site: SiteRow, numbers: Iterable[str]) -> list[str]:
    """Drain numbers: nobody new gets them, and calls on them still match.

    Returns what was drained; raises SiteFault.
    """
    drained = []
    for text in numbers:
        row = session.get(DidRow, phone.read(text, site.country) or "")
        if row is None or row.site_id != site.id:
            raise SiteFault(f"{text!r} is not in the pool of {site.name}")
        if row.draining_since is None:
            row.draining_since = datetime.now(UTC)
            drained.append(row.e164)
    if drained:
        changed(session)
    return drained


def forget_drained(session: Session, before: datetime) -> int:
    """Delete the numbers that began to drain before a moment; returns how many."""
    gone = rows_changed(session, delete(DidRow).where(DidRow.draining_since < before))
    if gone:
        changed(session)
    return gone
