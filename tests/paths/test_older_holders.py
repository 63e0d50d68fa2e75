"""Holders too old to be listed are counted alike,
whether the database has put their days together or not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from leadtracker.domain import Lease
from leadtracker.matching.evidence import Older
from leadtracker.matching.page_state import age_bin
from leadtracker.records import learned
from leadtracker.records.leases import Change
from leadtracker.records.sites import Directory
from leadtracker.records.tables import ClosedLeasesRow
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from leadtracker.who_called.knowledge import Knowledge
from leadtracker.who_called.ring import Ring
from tests import site_files

DID = "+97231110001"
A_DAY = age_bin(86400.0)
NOW = datetime(2026, 3, 18, 15, tzinfo=UTC)


def left(n: int, seconds: float, dice: Random) -> Lease:
    """A lease whose page was closed so many seconds before NOW."""
    end = NOW - timedelta(seconds=seconds)
    start = end - timedelta(minutes=2)
    levels = tuple(start + timedelta(seconds=second) for second in range(dice.randrange(3)))
    return Lease(
        id=str(n),
        did=DID,
        visitor=f"visitor{n}",
        visit=str(n),
        start=start,
        seen=end,
        left=end,
        source=dice.choice("ab"),
        device="mobile",
        levels=levels,
    )


def ages(older: tuple[Older, ...]) -> dict[tuple[int, str], list[int]]:
    """The age bins of those alike, youngest first;
    of a day's pages it is not told when they were closed."""
    return {
        (each.level, each.source): [
            max(age, A_DAY) for age, n in enumerate(each.numbers) for _ in range(int(n))
        ]
        for each in older
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("listed", [0, 20, 128])
def test_older_holders(engine: Engine, seed: int, listed: int) -> None:
    site_files.keep(engine, "[site.shop]")
    (site,) = Directory(engine).sites
    dice = Random(seed)
    all_of_them = [left(n, 60 * 86400 * dice.random() ** 2, dice) for n in range(400)]
    all_of_them.sort(key=lambda lease: lease.start, reverse=True)
    held, unlisted = all_of_them[:listed], all_of_them[listed:]
    expected: dict[tuple[int, str], list[int]] = {}
    for lease in unlisted:
        age = age_bin((NOW - (lease.left or NOW)).total_seconds())
        expected.setdefault((len(lease.levels), lease.source), []).append(max(age, A_DAY))

    with Session(engine) as session:
        known = Knowledge.load(session, site, NOW)

        def older() -> tuple[Older, ...]:
            return known.judge(session, Ring(NOW, DID, None), held, at_once=True).evidence.older

        known.learn_from_leases(session, [Change(None, lease) for lease in all_of_them])
        told = older()
        counted = ages(told)
        assert counted.keys() == expected.keys()
        for alike, bins in expected.items():
            assert all(abs(a - b) <= 1 for a, b in zip(counted[alike], bins, strict=True)), alike
        before = _rows(session)
        for _ in range(2):
            learned.merge_old_weeks(session, NOW)
            assert older() == told
        assert _rows(session)[0] < before[0], "weeks that are over are one row each"
        assert _rows(session)[1] == before[1], "of as many leases"
        again = all_of_them[-1]  # a tab that was hidden for weeks is shown again
        known.learn_from_leases(session, [Change(again, replace(again, left=None))])
        assert _rows(session)[1] == before[1] - 1
        without = older()
        learned.merge_old_weeks(session, NOW)
        assert older() == without


def test_the_worker_puts_weeks_together_and_drops_what_is_too_old(
    worker: Worker, stores: Stores
) -> None:
    now = datetime.now(UTC)
    today = int(now.timestamp() // 86400)
    begin = (today // 7 - 4) * 7
    days = [begin, begin + 1, begin + 6, today, today - 80]
    with Session(stores.engine) as session:
        learned.add_closed(session, Counter({(DID, day, "a", 1): 2 for day in days}))
        session.commit()
    worker.turn()
    with Session(stores.engine) as session:
        kept = session.execute(
            select(ClosedLeasesRow.day, ClosedLeasesRow.number).order_by(ClosedLeasesRow.day)
        ).all()
    assert [tuple(row) for row in kept] == [(begin, 6), (today, 2)]


def _rows(session: Session) -> tuple[int, int]:
    """(rows, leases in them)."""
    count, number = session.execute(select(func.count(), func.sum(ClosedLeasesRow.number))).one()
    return count, number
