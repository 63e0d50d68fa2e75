"""The lease log's rows: how entries become leases, and which of them each question finds,
on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.domain import Lease
from leadtracker.records import leases
from leadtracker.records.tables import LeaseRow
from tests.conftest import SITE
from tests.dashboard_rows import NOW, lease

DID = "+972722776772"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        site_file.apply(session, SITE)
        session.commit()
        yield session


def ms(moment: datetime) -> str:
    return f"{moment.timestamp() * 1000:.0f}"


def entry(name: str, begins: bool = False, seen: datetime = NOW, **more: str) -> dict[str, str]:
    """Of the lease log in Redis."""
    values = {
        "lease": name,
        "did": DID,
        "visitor": "dana",
        "visit": "visit",
        "start": ms(NOW),
        "seen": ms(seen),
        "left": "",
        "taps": "",
        "levels": "",
        "gaps": "",
    }
    if begins:
        values |= {
            "reason": "leased",
            "chosen": "pool",
            "source": "google / spring",
            "group": "shared 1",
            "device": "mobile",
            "region": "IL-3",
            "topic": "kitchens",
            "new_visit": "1",
            "touchpoint": '{"channel":"email","source":"google",'
            '"campaign":"spring","landing_page":"/sale"}',
        }
    return values | more


def begun(name: str, **more: Any) -> Lease:
    values: dict[str, Any] = {
        "id": name,
        "did": DID,
        "visitor": "dana",
        "visit": "visit",
        "start": NOW,
        "seen": NOW,
        "source": "google / spring",
        "device": "mobile",
        "region": "IL-3",
        "topic": "kitchens",
    }
    return Lease(**(values | more))


def write(session: Session, *entries: dict[str, str], site: int = 1) -> list[leases.Change]:
    changes = leases.write(session, site, entries)
    session.commit()
    return changes


def test_a_lease_begins(session: Session) -> None:
    assert write(session, entry("one", begins=True)) == [leases.Change(None, begun("one"))]
    row = session.scalars(select(LeaseRow)).one()
    assert (row.reason, row.chosen, row.source_group, row.new_visit) == (
        "leased",
        "pool",
        "shared 1",
        True,
    )
    assert (row.channel, row.source, row.campaign, row.landing_page) == (
        "email",
        "google",
        "spring",
        "/sale",
    )
    assert leases.touchpoint_of(session, "one") == row.touchpoint
    assert row.touchpoint is not None
    assert row.touchpoint.landing_page == "/sale"
    assert leases.by_id(session, "one") == begun("one")


def test_a_page_of_an_old_visit_without_a_number(session: Session) -> None:
    (change,) = write(session, entry("one", begins=True, did="", new_visit="0", touchpoint="{}"))
    assert change.after.did == ""
    row = session.scalars(select(LeaseRow)).one()
    assert (row.did, row.new_visit, row.channel, row.landing_page) == (None, False, "", "")


def test_a_lease_goes_on(session: Session) -> None:
    write(session, entry("one", begins=True))
    at = [ms(NOW + n * SECOND) for n in range(9)]
    course: dict[str, Any] = {
        "left": at[8],
        "taps": f"{at[1]},{at[2]}",
        "levels": at[3],
        "gaps": f"{at[4]}:{at[5]},{at[6]}:{at[7]}",
    }
    moments = [NOW + n * SECOND for n in range(9)]
    after = begun(
        "one",
        seen=NOW + MINUTE,
        left=moments[8],
        taps=(moments[1], moments[2]),
        levels=(moments[3],),
        gaps=((moments[4], moments[5]), (moments[6], moments[7])),
    )
    told = entry("one", seen=NOW + MINUTE, **course)
    assert write(session, told) == [leases.Change(begun("one"), after)]
    assert leases.by_id(session, "one") == after
    assert write(session, told, told) == [leases.Change(after, after)], "twice changes nothing"
    shown_again = begun("one", seen=NOW + 2 * MINUTE)
    assert write(session, entry("one", seen=NOW + 2 * MINUTE)) == [
        leases.Change(after, shown_again)
    ]


def test_of_many_entries_the_last_counts_and_each_lease_is_told_once(session: Session) -> None:
    changes = write(
        session,
        entry("one", begins=True),
        entry("two", begins=True, visitor="ron"),
        entry("one", phone="+972541234567"),
        entry("one", seen=NOW + MINUTE, left=ms(NOW + MINUTE)),
    )
    one, two = begun("one", seen=NOW + MINUTE, left=NOW + MINUTE), begun("two", visitor="ron")
    assert changes == [leases.Change(None, one, "+972541234567"), leases.Change(None, two)]
    assert [leases.by_id(session, name) for name in ("one", "two")] == [one, two]


def test_entries_written_before_a_crash_are_written_again(session: Session) -> None:
    write(session, entry("one", begins=True))
    changes = write(session, entry("one", begins=True), entry("two", begins=True))
    assert changes == [leases.Change(begun("one"), begun("one")), leases.Change(None, begun("two"))]
    assert len(session.scalars(select(LeaseRow)).all()) == 2


def test_a_lease_whose_beginning_is_not_known_is_left_out(session: Session) -> None:
    assert write(session, entry("one"), entry("two", begins=True)) == [
        leases.Change(None, begun("two"))
    ]
    assert leases.by_id(session, "one") is None
    assert leases.touchpoint_of(session, "one") is None
    assert write(session) == []


def rows(session: Session, *found: LeaseRow) -> None:
    session.add_all(found)
    session.commit()


def ids(found: Any) -> list[str]:
    return [one.id for one in found]


def test_the_holders_of_a_number(session: Session) -> None:
    rows(
        session,
        *(lease(NOW - n * MINUTE, id=f"{n}") for n in (1, 0, 2)),
        lease(NOW + 5 * SECOND, id="a clock may be 5 s ahead"),
        lease(NOW + 5.001 * SECOND, id="later"),
        lease(NOW, id="another number", did="+972722776773"),
    )
    assert ids(leases.holders(session, DID, NOW)) == ["a clock may be 5 s ahead", "0", "1", "2"]
    assert ids(leases.holders(session, DID, NOW, 2)) == ["a clock may be 5 s ahead", "0"]


def test_the_newest_lease_of_a_visitor(session: Session) -> None:
    rows(
        session,
        *(lease(NOW - n * MINUTE, id=f"{n}", visitor="dana") for n in (2, 1)),
        lease(NOW + SECOND, id="later", visitor="dana"),
        lease(NOW, id="another site", visitor="dana", site_id=2),
        lease(NOW, id="another visitor", visitor="ron"),
    )
    found = leases.latest_of(session, 1, "dana", NOW)
    assert found is not None
    assert found.id == "1"
    assert leases.latest_of(session, 1, "dana", NOW - 3 * MINUTE) is None
    at_once = leases.latest_of(session, 1, "dana", NOW + SECOND)
    assert at_once is not None
    assert at_once.id == "later"


def test_the_leases_of_a_site_in_their_order(session: Session) -> None:
    assert leases.first(session, 1) is None
    rows(
        session,
        lease(NOW, id="b"),
        lease(NOW, id="a"),
        lease(NOW + SECOND, id="0"),
        lease(NOW - SECOND, id="before"),
        lease(NOW - MINUTE, id="another site", site_id=2),
    )
    assert ids(leases.since(session, 1, NOW)) == ["a", "b", "0"]
    assert leases.first(session, 1) == NOW - SECOND


def test_who_tapped_the_default_number(session: Session) -> None:
    tap = [NOW.isoformat()]

    def tapped(name: str, seen: datetime, ago: int = 3, **more: Any) -> LeaseRow:
        return lease(
            NOW - ago * MINUTE, **({"id": name, "did": None, "taps": tap, "seen": seen} | more)
        )

    rows(
        session,
        tapped("too early", NOW - SECOND),
        tapped("first", NOW, 2),
        tapped("last", NOW + SECOND, 1),
        tapped("too late", NOW + 1.001 * SECOND),
        tapped("no tap", NOW, taps=[]),
        tapped("a number", NOW, did=DID),
        tapped("another site", NOW, site_id=2),
    )
    assert ids(leases.tapped_default(session, 1, NOW, NOW + SECOND)) == ["last", "first"]


def test_leases_that_began_before_a_moment_are_forgotten(session: Session) -> None:
    rows(
        session,
        lease(NOW - SECOND, id="before"),
        lease(NOW, id="then"),
        lease(NOW + SECOND, id="after"),
    )
    leases.forget(session, NOW)
    assert ids(leases.since(session, 1, datetime(2000, 1, 1, tzinfo=UTC))) == ["then", "after"]
