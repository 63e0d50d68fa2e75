"""Every list, report and judgment reads its rows by an index:
what keeps them quick at a million calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from leadtracker.domain import Outcome, Site
from leadtracker.records import inbox, leases
from leadtracker.reports import one_call
from leadtracker.reports.callbacks import newest_callback
from leadtracker.reports.calls import (
    NOT_ANSWERED,
    CallFilter,
    Cursor,
    call_page,
    known_channels,
    known_sources,
)
from leadtracker.reports.period import Period
from leadtracker.reports.sources import SourceFilter, sources
from leadtracker.reports.timeline import shortages, timeline
from leadtracker.who_called.knowledge import Knowledge
from leadtracker.who_called.ring import Ring
from tests.dashboard_rows import NOW

ALL = Period("UTC")
WEEK = Period("UTC", date(2026, 11, 12), date(2026, 11, 18))
PLACE = Cursor(NOW, 5)
SHOP = Site(id=1, name="shop", tokens=(), origins=(), default_number="+97235551234")
Question = Callable[[Session], Any]
PAGES: dict[str, Question] = {
    "newest": lambda session: call_page(session, CallFilter(ALL)),
    "older": lambda session: call_page(session, CallFilter(ALL), before=PLACE),
    "newer": lambda session: call_page(session, CallFilter(ALL), after=PLACE),
    "of a week": lambda session: call_page(session, CallFilter(WEEK), before=PLACE),
    "of a site": lambda session: call_page(session, CallFilter(ALL, site_id=1), before=PLACE),
    "of a channel": lambda session: call_page(
        session, CallFilter(ALL, channel="email"), before=PLACE
    ),
    "of a source": lambda session: call_page(session, CallFilter(ALL, source="bing"), before=PLACE),
    "of an outcome": lambda session: call_page(
        session, CallFilter(ALL, outcomes=(Outcome.BUSY,)), before=PLACE
    ),
    "of calls not answered": lambda session: call_page(
        session, CallFilter(ALL, outcomes=NOT_ANSWERED)
    ),
    "ending in three digits": lambda session: call_page(
        session, CallFilter(ALL, last_digits="123")
    ),
}
LOOKUPS: dict[str, Question] = {
    "of a number": lambda session: call_page(session, CallFilter(ALL, callers=("+972543216549",))),
    "ending in four digits": lambda session: call_page(
        session, CallFilter(ALL, last_digits="1234")
    ),
    "ending in nines": lambda session: call_page(session, CallFilter(ALL, last_digits="9999")),
    "channels": known_channels,
    "sources": known_sources,
    "calls of a visitor": lambda session: one_call.calls_of_visitor(session, "v"),
    "calls of a number": lambda session: one_call.calls_of_number(session, "+1"),
    "a call by name": lambda session: one_call.call_named(session, [1, 2], "c"),
    "the site of a visitor": lambda session: one_call.site_of_visitor(session, "v"),
    "what a visitor asked for": lambda session: newest_callback(session, visitor="v"),
    "what was asked for a number": lambda session: newest_callback(session, target="+1"),
    "by channel": lambda session: sources(session, SourceFilter(WEEK), "channel"),
    "by campaign, of a site": lambda session: sources(session, SourceFilter(WEEK, 1), "campaign"),
    "over time": lambda session: timeline(session, SourceFilter(WEEK)),
    "shortages": lambda session: shortages(session, SourceFilter(WEEK, 1)),
    "who called": lambda session: whose(session, "+972722776772"),
    "who called the default number": lambda session: whose(session, None),
    "the latest visit of a visitor": lambda session: leases.latest_of(session, 1, "v", NOW),
}


def whose(session: Session, did: str | None) -> None:
    Knowledge.load(session, SHOP, NOW).judge(session, Ring(NOW, did, "+972543216549"))


def plans(engine: Engine, question: Question) -> list[str]:
    """How the database would answer each query of a question."""
    asked: list[tuple[str, Any]] = []

    def hear(
        _connection: object, _cursor: object, statement: str, parameters: Any, *_: object
    ) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    with Session(engine) as session:
        question(session)
    event.remove(engine, "before_cursor_execute", hear)
    found = []
    with engine.connect() as connection:
        explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        if (
            engine.dialect.name == "postgresql"
        ):  # small tables are read whole unless that is forbidden
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(explain + statement, parameters)
            found.append("\n".join(" ".join(map(str, row)) for row in rows))
    return found


def reads_whole_table(plan: str) -> bool:
    made = (
        "USING",
        "hops",
        "CONSTANT ROW",
        "SCAN (subquery",
    )  # rows of an index, or of the query's own making
    return "Seq Scan" in plan or any(
        "SCAN " in line and not any(word in line for word in made) for line in plan.splitlines()
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_in_the_order_of_an_index(engine: Engine, name: str) -> None:
    for plan in plans(engine, PAGES[name]):
        assert not reads_whole_table(plan), plan
        assert "ORDER BY" not in plan, plan
        assert "Sort" not in plan, plan


@pytest.mark.parametrize("name", LOOKUPS)
def test_rows_are_found_by_an_index(engine: Engine, name: str) -> None:
    found = plans(engine, LOOKUPS[name])
    assert found
    for plan in found:
        assert not reads_whole_table(plan), plan


def test_reports_of_channels_read_the_index_alone(engine: Engine) -> None:
    """Rows of calls and leases are wide: the copies of visitors and touchpoints are in them."""
    for name in ("by channel", "over time"):
        for plan in plans(engine, LOOKUPS[name]):
            assert "COVERING INDEX" in plan or "Index Only Scan" in plan, plan


def test_a_tap_on_the_default_number_is_found_among_any_number_of_visits_without_one(
    engine: Engine,
) -> None:
    assert any(
        "leases_without_number" in plan
        for plan in plans(engine, LOOKUPS["who called the default number"])
    )


def test_what_tells_of_a_call_is_found_without_what_adds_nothing(engine: Engine) -> None:
    """A call may have thousands of notifications of a megabyte each."""
    (plan,) = plans(engine, lambda session: list(inbox.of_call(session, 1)))
    assert "inbox_call" in plan
    assert re.search(r"call_pk\W+ ?\S+ AND \S*\(?\(?state", plan), plan
