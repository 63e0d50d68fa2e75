"""One call as its page shows it, with its legs, visits and notifications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.errors import NotFound
from leadtracker.records.tables import CallRow
from leadtracker.reports.one_call import call_named, one_call
from leadtracker.web.stores import Stores
from tests.dashboard_rows import NOW, add, call, lease, leg, notification, unknown_call
from tests.paths.test_who_is_shown import HOUR, MINUTE


class TestOneCall:
    def test_all_of_it_in_order(self, stores: Stores, engine: Engine) -> None:
        of, other = call(NOW, visitor_id="me"), call(NOW - HOUR, visitor_id="me")
        add(engine, of, other)
        add(
            engine,
            leg(of.id, NOW + MINUTE, type="late"),
            leg(of.id, NOW, type="b"),
            leg(of.id, NOW, type="a"),
            leg(other.id, NOW, type="other"),
            *(lease(NOW - n * MINUTE, id=f"{n:02}", visitor="me") for n in range(22)),
            lease(NOW + timedelta(seconds=1), id="after", visitor="me"),
            lease(NOW, id="again", visitor="me", new_visit=False),
            lease(NOW, id="other", visitor="other"),
            *(
                notification(of.id, b"", query=str(n), received_at=NOW - n * HOUR)
                for n in range(42)
            ),
            notification(other.id, b"", query="other"),
        )
        with Session(engine) as session:
            found = one_call(session, of.id)
        assert [row.type for row in found.legs] == ["b", "a", "late"]
        assert [row.id for row in found.visits] == [f"{n:02}" for n in range(19, -1, -1)]
        assert [row.query for row in found.notifications] == [str(n) for n in range(40)]

    def test_nobodys_call_has_no_visits(self, stores: Stores, engine: Engine) -> None:
        of = unknown_call(NOW)
        add(engine, of, lease(NOW))
        with Session(engine) as session:
            assert one_call(session, of.id).visits == ()
            with pytest.raises(NotFound):
                one_call(session, of.id + 1)

    def test_a_name_that_two_accounts_use(self, stores: Stores, engine: Engine) -> None:
        rows = [
            call(NOW, call_id="c"),
            call(NOW + HOUR, call_id="c", account_id=2),
            call(NOW + 2 * HOUR, call_id="d"),
        ]
        add(engine, *rows)

        def named(accounts: Sequence[int], name: str) -> int | None:
            with Session(engine) as session:
                found: CallRow | None = call_named(session, accounts, name)
                return found.id if found else None

        assert [named([1, 2], "c"), named([1], "c"), named([2], "d"), named([], "c")] == [
            rows[1].id,
            rows[0].id,
            None,
            None,
        ]
