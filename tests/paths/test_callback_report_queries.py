"""What the reports of callbacks ask, in both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.callback_rules.course import State
from leadtracker.reports import callbacks as reports
from leadtracker.reports.calls import Cursor
from leadtracker.reports.period import Period
from tests.callback_road import callback_row, long
from tests.conftest import SITE
from tests.dashboard_rows import NOW, call
from tests.paths.test_callback_queries import MINUTE, SECOND, ids, store


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        site_file.apply(session, SITE)
        session.commit()
        yield session


class TestReports:
    ALL = reports.CallbackFilter(Period("UTC"))

    def test_pages_forth_and_back(self, session: Session) -> None:
        """Seven requests, two of them of one moment, three a page."""
        minutes = [0, 1, 2, 2, 3, 4, 5]
        store(
            session,
            *(callback_row(n, made_at=NOW + each * MINUTE) for n, each in enumerate(minutes)),
        )
        first = reports.callback_page(session, self.ALL, size=3)
        assert (ids(first.callbacks), first.newer) == ([6, 5, 4], None)
        second = reports.callback_page(session, self.ALL, before=first.older, size=3)
        assert ids(second.callbacks) == [3, 2, 1]
        third = reports.callback_page(session, self.ALL, before=second.older, size=3)
        assert (ids(third.callbacks), third.older) == ([0], None)
        back = reports.callback_page(session, self.ALL, after=third.newer, size=3)
        assert ids(back.callbacks) == [3, 2, 1]
        assert back.older == Cursor(NOW + MINUTE, 2)
        again = reports.callback_page(session, self.ALL, after=back.newer, size=3)
        assert (ids(again.callbacks), again.newer) == ([6, 5, 4], None)

    def test_a_page_that_is_just_full_is_the_last(self, session: Session) -> None:
        assert reports.callback_page(session, self.ALL) == reports.CallbackPage([], None, None)
        assert not reports.any_callback(session)
        store(session, *(callback_row(number) for number in range(3)))
        page = reports.callback_page(session, self.ALL, size=3)
        assert (ids(page.callbacks), page.older, page.newer) == ([2, 1, 0], None, None)
        assert reports.any_callback(session)

    def test_what_is_asked_for(self, session: Session, engine: Engine) -> None:
        midnight = NOW.replace(hour=0)
        store(
            session,
            callback_row(1, made_at=midnight - SECOND),
            callback_row(2, made_at=midnight),
            callback_row(3, made_at=midnight + timedelta(days=1) - SECOND, state="failed"),
            callback_row(4, made_at=midnight + timedelta(days=1)),
            callback_row(5, made_at=midnight, site_id=2),
        )
        day = Period("UTC", NOW.date(), NOW.date())
        for wanted, found in [
            (reports.CallbackFilter(day), [3, 5, 2]),
            (reports.CallbackFilter(day, site_id=1), [3, 2]),
            (reports.CallbackFilter(day, state=State.FAILED), [3]),
            (reports.CallbackFilter(Period("UTC", first=NOW.date())), [4, 3, 5, 2]),
            (reports.CallbackFilter(Period("UTC", last=NOW.date())), [3, 5, 2, 1]),
        ]:
            assert ids(reports.callback_page(session, wanted).callbacks) == found
            assert ids(list(reports.every_callback(engine, wanted))) == found

    def test_the_funnel_counts_each_as_far_as_it_came(self, session: Session) -> None:
        nothing = {"talk_seconds": 0, "dialled_at": None}
        dialed = {"talk_seconds": 0, "dialled_at": NOW}
        store(
            session,
            callback_row(1, state="refused", code="often", **nothing),
            callback_row(2, state="scheduled", **nothing),
            callback_row(3, state="cancelled", **nothing),
            callback_row(4, state="dialling", **dialed),
            callback_row(5, state="uncertain", **dialed),
            callback_row(6, state="agent answered", **dialed),
            callback_row(7, state="visitor answered", **dialed),
            callback_row(8, state="failed", code="agent: busy", **dialed),
            callback_row(9, state="failed", code="visitor: busy", **dialed),
            callback_row(10, state="talked", dialled_at=NOW, talk_seconds=42),
            callback_row(11, state="talked", dialled_at=NOW, talk_seconds=18),
        )
        found = reports.funnel(session, self.ALL)
        assert (found.asked, found.let_through, found.dialed) == (11, 10, 8)
        assert (found.agent_answered, found.talked, found.talk_seconds) == (5, 3, 60)
        assert list(found.states.items()) == [
            (State.REFUSED, 1),
            (State.SCHEDULED, 1),
            (State.DIALING, 1),
            (State.UNCERTAIN, 1),
            (State.AGENT_ANSWERED, 1),
            (State.VISITOR_ANSWERED, 1),
            (State.CANCELED, 1),
            (State.FAILED, 2),
            (State.TALKED, 2),
        ]
        refused = reports.funnel(
            session, reports.CallbackFilter(Period("UTC"), state=State.REFUSED)
        )
        assert (refused.asked, refused.let_through, refused.states) == (1, 0, {State.REFUSED: 1})

    def test_who_asked_last(self, session: Session) -> None:
        store(
            session,
            callback_row(1, visitor=long("noa")),
            callback_row(2),
            callback_row(3, state="refused"),
            callback_row(4, target="+972501111111", visitor=""),
        )
        newest = [
            reports.newest_callback(session, **who)
            for who in (
                {"visitor": long("dana")},
                {"visitor": long("noa")},
                {"target": "+972543216549"},
            )
        ]
        assert ids([row for row in newest if row]) == [2, 1, 2]
        assert reports.newest_callback(session, visitor=long("gal")) is None
        assert reports.newest_callback(session, target="+972500000000") is None

    def test_the_request_of_a_call(self, session: Session) -> None:
        first = call()
        session.add(first)
        session.flush()
        store(session, callback_row(1), callback_row(2, call_pk=first.id))
        found = reports.callback_of_call(session, first.id)
        assert found is not None
        assert (ids([found]), reports.callback_of_call(session, first.id + 1)) == ([2], None)

    def test_counts_by_site_and_state(self, session: Session) -> None:
        store(
            session,
            callback_row(1, made_at=NOW),
            callback_row(2, made_at=NOW),
            callback_row(3, made_at=NOW - SECOND),
            callback_row(4, made_at=NOW, state="failed"),
            callback_row(5, made_at=NOW, site_id=2),
        )
        assert sorted(reports.counts(session, NOW)) == [
            (1, "failed", 1),
            (1, "talked", 2),
            (2, "talked", 1),
        ]
