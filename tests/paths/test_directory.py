"""Sites, their numbers and accounts: what every process reads of them, and what changes them,
on both databases."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, select, text
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.domain import Did, Site
from leadtracker.errors import SiteFault, StoreUnavailable
from leadtracker.records import sites
from leadtracker.records.sites import Directory, add_dids, forget_drained, remove_dids
from leadtracker.records.tables import ChangeRow, DidRow, SiteRow
from tests.conftest import SITE

NOW = datetime.now(UTC)
DIDS = [f"+97272277677{n}" for n in range(2, 7)]
NEW = "+972722776777"


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        site_file.apply(session, SITE)
        session.commit()
        yield session


@pytest.fixture
def directory(engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """It asks the database each time."""
    monkeypatch.setattr(sites, "CHECK_SECONDS", -1.0)
    return Directory(engine)


@pytest.fixture
def shop(session: Session) -> SiteRow:
    return session.scalars(select(SiteRow).where(SiteRow.name == "shop")).one()


def change(session: Session) -> int:
    return session.scalars(select(ChangeRow.number)).one()


def name(site: Site | None) -> str | None:
    return site.name if site else None


def test_everything_is_found_by_what_it_is_asked_by(directory: Directory) -> None:
    assert [site.name for site in directory.sites] == ["shop", "magazin"]
    assert [name(directory.site(n)) for n in (1, 2, 3)] == ["shop", "magazin", None]
    assert [name(directory.site_by_token(t)) for t in ("shop-token", "magazin-token", "", "x")] == [
        "shop",
        "magazin",
        None,
        None,
    ]
    numbers = [DIDS[0], "+40213110002", "+97235551234", "+40213110001", NEW, "", None]
    assert [name(directory.site_by_did(number)) for number in numbers] == [
        "shop",
        "magazin",
        "shop",
        "magazin",
        None,
        None,
        None,
    ]
    assert [directory.in_pool(number) for number in numbers] == [
        True,
        True,
        False,
        False,
        False,
        False,
        False,
    ]
    assert directory.numbers == {
        *DIDS,
        "+40213110002",
        "+40213110003",
        "+97235551234",
        "+40213110001",
    }
    assert directory.dids(1) == tuple(Did(number, 1, False) for number in DIDS)
    assert directory.dids(3) == ()


def test_accounts_and_their_sites(directory: Directory) -> None:
    pbx, bucharest = directory.account("pbx"), directory.account("bucharest")
    assert pbx is not None
    assert bucharest is not None
    assert (pbx.vendor, bucharest.vendor, bucharest.time_zone) == (
        "voicenter",
        "while1",
        "Europe/Bucharest",
    )
    assert directory.account_by_id(bucharest.id) == bucharest
    assert directory.account("nobody") is directory.account_by_id(9) is None
    assert [site.name for site in directory.sites_of(bucharest)] == ["magazin"]
    assert directory.sites_of(dataclasses.replace(pbx, key="nobody")) == ()


def test_numbers_are_shown_as_their_site_writes_them(directory: Directory) -> None:
    shop, magazin = directory.sites
    assert directory.display(DIDS[0], shop) == "072-277-6772"
    assert directory.display("+97235551234", shop) == "03-555-1234"
    assert directory.display("+40213110002", magazin) == directory.display("+40213110002", shop)


def test_a_change_is_seen_once_it_is_told(
    directory: Directory, session: Session, shop: SiteRow
) -> None:
    before = directory.change
    shop.name = "store"
    session.commit()
    directory.refresh()
    assert [site.name for site in directory.sites] == ["shop", "magazin"], (
        "nobody said that anything changed"
    )
    sites.changed(session)
    session.commit()
    directory.refresh()
    assert (directory.change, directory.sites[0].name) == (before + 1, "store")


def test_the_database_is_asked_once_a_second(
    engine: Engine, session: Session, shop: SiteRow
) -> None:
    directory = Directory(engine)
    add_dids(session, shop, [NEW])
    session.commit()
    directory.refresh()
    assert not directory.in_pool(NEW), "asked again within the second"
    assert 0 < directory._next_check - time.monotonic() <= sites.CHECK_SECONDS
    directory._next_check = 0
    directory.refresh()
    directory.refresh()
    assert directory.in_pool(NEW)


def test_the_first_change_of_a_database_is_later_than_any_before(session: Session) -> None:
    """A Redis that outlived a database must not think itself newer."""
    session.execute(delete(ChangeRow))
    sites.changed(session)
    assert abs(change(session) - time.time()) < 60
    before = change(session)
    sites.changed(session)
    session.expire_all()
    assert change(session) == before + 1


def test_a_database_that_does_not_answer_leaves_what_was_read(
    directory: Directory, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE changes RENAME TO moved"))
    try:
        directory.refresh()
        assert [site.name for site in directory.sites] == ["shop", "magazin"]
        with pytest.raises(StoreUnavailable, match="the database does not answer"):
            Directory(engine)
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE moved RENAME TO changes"))
    directory.refresh()
    assert directory._lock.acquire(blocking=False), "the next one may ask"


def test_numbers_come_into_a_pool(directory: Directory, session: Session, shop: SiteRow) -> None:
    before = change(session)
    assert add_dids(session, shop, ["072-277-6772"]) == []
    assert change(session) == before, "it was there"
    assert add_dids(session, shop, ["072-277-6777", "0722776777", "+972722776778"]) == [
        NEW,
        "+972722776778",
    ]
    session.commit()
    directory.refresh()
    assert directory.change == before + 1
    assert [did.e164 for did in directory.dids(1)] == [*DIDS, NEW, "+972722776778"]


def test_each_number_that_cannot_come_is_named(session: Session, shop: SiteRow) -> None:
    wrong = ["no number", "03-555-1234", "+40213110002", "072-277-6777"]
    with pytest.raises(SiteFault) as fault:
        add_dids(session, shop, wrong)
    told = str(fault.value).splitlines()
    assert [line.split(" is ")[0] for line in told] == [
        "'no number'",
        "+97235551234",
        "+40213110002",
    ]
    assert "in IL" in told[0]
    assert "default number" in told[1]
    assert told[2].endswith("is in the pool of another site")


def test_a_number_is_drained_and_comes_back(
    directory: Directory, session: Session, shop: SiteRow
) -> None:
    before = change(session)
    assert remove_dids(session, shop, ["072-277-6772", "+972722776773"]) == DIDS[:2]
    session.commit()
    assert change(session) == before + 1
    since = session.get_one(DidRow, DIDS[0]).draining_since
    assert since is not None
    assert abs(since - datetime.now(UTC)) < timedelta(minutes=1)
    directory.refresh()
    assert [did.e164 for did in directory.dids(1) if did.draining] == DIDS[:2]
    assert name(directory.site_by_did(DIDS[0])) == "shop", "calls on it still match"
    assert remove_dids(session, shop, [DIDS[0]]) == []
    assert change(session) == before + 1
    assert session.get_one(DidRow, DIDS[0]).draining_since == since
    assert add_dids(session, shop, [DIDS[0]]) == [DIDS[0]]
    session.commit()
    assert (change(session), session.get_one(DidRow, DIDS[0]).draining_since) == (before + 2, None)


@pytest.mark.parametrize("number", ["no number", "072-277-6777", "+40213110002", "03-555-1234"])
def test_only_numbers_of_the_pool_are_drained(session: Session, shop: SiteRow, number: str) -> None:
    with pytest.raises(SiteFault, match="is not in the pool of shop"):
        remove_dids(session, shop, [number])


def test_numbers_drained_long_ago_leave_the_books(session: Session, shop: SiteRow) -> None:
    remove_dids(session, shop, DIDS[:3])
    for days, number in enumerate(DIDS[:3]):
        session.get_one(DidRow, number).draining_since = NOW - timedelta(days=days)
    session.commit()
    before = change(session)
    assert forget_drained(session, NOW - timedelta(days=1)) == 1
    session.commit()
    assert change(session) == before + 1
    left = session.scalars(
        select(DidRow.e164).where(DidRow.site_id == 1).order_by(DidRow.e164)
    ).all()
    assert left == [*DIDS[:2], *DIDS[3:]]
    assert forget_drained(session, NOW - timedelta(days=1)) == 0
    assert change(session) == before + 1


def test_secrets_are_long_and_never_the_same() -> None:
    for new, letters in ((sites.new_token, 32), (sites.new_secret, 43)):
        made = {new() for _ in range(50)}
        assert len(made) == 50
        assert {len(secret) for secret in made} == {letters}
