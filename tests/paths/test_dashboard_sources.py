"""The sources page: every figure counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from alembic import command
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.domain import CallFacts
from leadtracker.matching.interval import Count
from leadtracker.records.calls import counted, save
from leadtracker.records.database import _alembic, migrate
from leadtracker.records.tables import CallRow, ShareRow
from leadtracker.records.verdicts import share
from leadtracker.reports.period import Period
from leadtracker.reports.sources import SourceFilter, SourceLine, sources, total
from leadtracker.reports.timeline import timeline
from tests.dashboard_rows import NOW, add, call, lease, touchpoint, unknown_call

DANA, YOSSI, NOA = "+972543216541", "+972543216542", "+972543216543"
COUNTED = ("calls", "answered", "missed", "first", "talk")
FACEBOOK = touchpoint(
    source="facebook", channel="paid social", campaign="מבצע סתיו", landing_page="/%D7%93"
)
DIRECT = touchpoint(source="direct", channel="direct", campaign="", landing_page="/")
WEEK = Period("Asia/Jerusalem", date(2026, 11, 12), date(2026, 11, 18))
EARLIER = NOW - timedelta(days=30)


def fill(engine: Engine) -> None:
    """Visits and calls of the week: google 5 and 3, facebook 1 and 1, direct 2 and 0, nobody 2."""
    add(
        engine,
        call(EARLIER, caller=DANA),  # before the week: no first-time caller in it
        call(
            EARLIER, caller=YOSSI, site_id=2, account_id=2
        ),  # another site: a first-time caller on site 1
        call(NOW - timedelta(days=1), caller=DANA, talk_seconds=100),
        call(NOW, caller=YOSSI, talk_seconds=50),
        call(
            NOW, caller=YOSSI, outcome="missed", talk_seconds=0
        ),  # the same moment: the second is no first
        call(NOW, caller=NOA, arrival=FACEBOOK, outcome="voicemail", talk_seconds=7),
        unknown_call(NOW - timedelta(days=6), caller="anonymous", talk_seconds=10),
        unknown_call(
            NOW - timedelta(days=6), caller=None, phase="ringing", outcome="unknown", talk_seconds=0
        ),
        unknown_call(NOW, caller=DANA, direction="outgoing", talk_seconds=999),
        unknown_call(NOW, caller=DANA, direction="internal", talk_seconds=999),
        *(lease(NOW - timedelta(hours=hour)) for hour in range(5)),
        lease(NOW, new_visit=False),
        lease(NOW, arrival=FACEBOOK, reason="pool_empty", did=None),
        lease(NOW, arrival=DIRECT),
        lease(NOW, arrival=DIRECT, site_id=2),
        lease(NOW - timedelta(days=7), arrival=DIRECT),
    )


def line(key: tuple[str, ...], visits: int, certain: int, **figures: float) -> SourceLine:
    """Of calls that are all certain: each figure is its sum, and has no variance."""
    most = dict.fromkeys(COUNTED, figures["calls"]) | {"talk": figures["talk"]}
    whole = [Count(float(figures[name]), 0.0, float(most[name])) for name in COUNTED]
    return SourceLine(key, visits, whole[0], certain, *whole[1:])


def test_by_channel(engine: Engine, dashboard: FlaskClient) -> None:
    fill(engine)
    with Session(engine) as session:
        lines = sources(session, SourceFilter(WEEK), "channel")
    assert lines == [
        line(("paid search",), 5, calls=3, certain=3, answered=2, missed=1, first=1, talk=150),
        line(("",), 0, calls=2, certain=2, answered=1, missed=0, first=0, talk=10),
        line(("paid social",), 1, calls=1, certain=1, answered=0, missed=1, first=1, talk=7),
        SourceLine(("direct",), visits=2),
    ]
    whole = total(lines)
    assert (whole.visits, whole.certain) == (8, 4)
    figures = (whole.calls, whole.answered, whole.missed, whole.first_time, whole.talk_seconds)
    assert [str(figure) for figure in figures] == ["6", "3", "2", "2", "167"]
    assert [line.calls_per_visit for line in lines] == [0.6, None, 1.0, 0.0]
    assert [line.average_talk_seconds for line in lines] == [75.0, 10.0, None, None]


def test_by_the_other_columns(engine: Engine, dashboard: FlaskClient) -> None:
    fill(engine)
    expected = {
        "source": [
            ("paid search", "google"),
            ("", ""),
            ("paid social", "facebook"),
            ("direct", "direct"),
        ],
        "campaign": [("google", "spring"), ("", ""), ("facebook", "מבצע סתיו"), ("direct", "")],
        "landing": [("/sale",), ("",), ("/%D7%93",), ("/",)],
    }
    with Session(engine) as session:
        for dimension, keys in expected.items():
            lines = sources(session, SourceFilter(WEEK), dimension)
            assert [line.key for line in lines] == keys, dimension
            assert [line.calls.mean for line in lines] == [3, 2, 1, 0], dimension


def test_of_one_site(engine: Engine, dashboard: FlaskClient) -> None:
    fill(engine)
    with Session(engine) as session:
        lines = sources(session, SourceFilter(WEEK, site_id=2), "channel")
        assert lines == [SourceLine(("direct",), visits=1)]
        before = Period("Asia/Jerusalem", date(2026, 10, 1), date(2026, 10, 31))
        assert sources(session, SourceFilter(before, site_id=2), "channel")[0].first_time.mean == 1


def test_over_time(engine: Engine, dashboard: FlaskClient) -> None:
    fill(engine)
    with Session(engine) as session:
        moments = timeline(session, SourceFilter(WEEK))
        assert [
            (one.step.label, one.visits, one.calls, one.answered, one.missed) for one in moments
        ] == [
            ("12 Nov", 0, 2, 1, 0),
            ("13 Nov", 0, 0, 0, 0),
            ("14 Nov", 0, 0, 0, 0),
            ("15 Nov", 0, 0, 0, 0),
            ("16 Nov", 0, 0, 0, 0),
            ("17 Nov", 0, 1, 1, 0),
            ("18 Nov", 8, 3, 1, 2),
        ]
        day = Period("Asia/Jerusalem", date(2026, 11, 18), date(2026, 11, 18))
        hours = timeline(session, SourceFilter(day, site_id=1))
        assert [
            (one.step.label, one.visits, one.calls) for one in hours if one.visits or one.calls
        ] == [
            ("10:00", 1, 0),
            ("11:00", 1, 0),
            ("12:00", 1, 0),
            ("13:00", 1, 0),
            ("14:00", 3, 3),
        ]
        assert len(hours) == 24
        for period in (WEEK, day, Period("Asia/Jerusalem", date(2026, 1, 1), date(2026, 11, 18))):
            lines, moments = (
                sources(session, SourceFilter(period), "channel"),
                timeline(session, SourceFilter(period)),
            )
            for name in ("visits", "calls", "answered", "missed"):
                whole = getattr(total(lines), name)
                assert sum(getattr(one, name) for one in moments) == getattr(
                    whole, "mean", whole
                ), (period, name)


def test_a_call_at_midnight_is_of_the_day_that_begins(
    engine: Engine, dashboard: FlaskClient
) -> None:
    midnight = datetime(2026, 10, 24, 21, tzinfo=UTC)  # of 25 October, when the clock goes back
    add(
        engine,
        call(midnight),
        call(midnight + timedelta(hours=25)),
        call(midnight - timedelta(microseconds=1)),
    )
    with Session(engine) as session:
        days = timeline(
            session, SourceFilter(Period("Asia/Jerusalem", date(2026, 10, 24), date(2026, 10, 26)))
        )
    assert [one.calls for one in days] == [1, 1, 1]


EXPORTED = [
    "Source,Campaign,Visits,Calls,Calls low,Calls high,Certain calls,"
    "Answered,Answered low,Answered high,Missed,Missed low,Missed high,"
    "First-time callers,First-time callers low,First-time callers high,"
    "Talk seconds,Talk seconds low,Talk seconds high,Average talk seconds,Calls per visit",
    "google,spring,5,3.0,3.0,3.0,3,2.0,2.0,2.0,1.0,1.0,1.0,1.0,1.0,1.0,150.0,150.0,150.0,75.0,0.6",
    ",,0,2.0,2.0,2.0,2,1.0,1.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,10.0,10.0,10.0,10.0,",
    "facebook,מבצע סתיו,1,1.0,1.0,1.0,1,0.0,0.0,0.0,1.0,1.0,1.0,1.0,1.0,1.0,7.0,7.0,7.0,,1.0",
    "direct,,2,0.0,0.0,0.0,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,,0.0",
]


def test_the_page_and_its_export(engine: Engine, dashboard: FlaskClient) -> None:
    fill(engine)
    query = "from=2026-11-12&to=2026-11-18&by=campaign"
    page = dashboard.get(f"/sources?{query}").text
    for words in (
        "<dd>8</dd>",
        "<dd>6</dd>",
        "75.0 %",
        "מבצע סתיו",
        "No campaign",
        "Unattributed",
        "60.0 %",
    ):
        assert words in page, words
    assert 'aria-current="page">Campaign</a>' in page
    exported = dashboard.get(f"/sources.csv?{query}").data.decode("utf-8-sig")
    assert exported.splitlines() == EXPORTED
    assert "/%D7%93" not in dashboard.get("/sources?from=2026-11-12&to=2026-11-18&by=landing").text


def test_a_call_counts_for_a_source_by_its_probability(
    engine: Engine, dashboard: FlaskClient
) -> None:
    """Two campaigns of one channel: the channel is certain where the campaign is not."""
    calls = [call(NOW, talk_seconds=100, caller=f"+97254321650{number}") for number in range(4)]
    add(engine, *calls)
    autumn, nothing = (
        touchpoint(campaign="autumn"),
        touchpoint(source="", channel="", campaign="", landing_page=""),
    )
    with Session(engine) as session:
        for row in calls[:3]:
            share(session, {row.id: [(0.5, touchpoint()), (0.4, autumn)]})
        share(session, {calls[3].id: [(0.85, FACEBOOK), (0.15, nothing)]})
        session.commit()
        by_channel = {one.key: one for one in sources(session, SourceFilter(WEEK), "channel")}
        by_campaign = {one.key: one for one in sources(session, SourceFilter(WEEK), "campaign")}
        [day] = [one for one in timeline(session, SourceFilter(WEEK)) if one.calls]
    search, unknown = by_channel["paid search",], by_channel["",]
    assert (search.calls.mean, search.calls.variance, search.certain) == pytest.approx(
        (2.7, 0.27, 3)
    )
    assert (search.talk_seconds.mean, search.talk_seconds.variance) == pytest.approx(
        (270, 0.27 * 100**2)
    )
    assert (unknown.calls.mean, unknown.calls.most, unknown.certain) == pytest.approx((0.45, 4, 0))
    spring = by_campaign["google", "spring"]
    assert (spring.calls.mean, spring.calls.variance, spring.certain) == pytest.approx(
        (1.5, 0.75, 0)
    )
    assert by_campaign["facebook", "מבצע סתיו"].certain == 1
    assert (day.calls, day.visitors.mean, day.visitors.variance) == pytest.approx((4, 3.55, 0.3975))
    page = dashboard.get("/sources?from=2026-11-12&to=2026-11-18&by=campaign").text
    assert "1.5 ± 1.7" in page
    assert "<dd>4</dd>" in page  # so many rang, whoever it was


def test_shares_follow_their_call(engine: Engine, dashboard: FlaskClient) -> None:
    """What becomes known later of a call is counted; and shares of an older version are filled."""

    def followed() -> bool:
        with Session(engine) as session:
            pairs = session.execute(
                select(CallRow, ShareRow).join(ShareRow, ShareRow.call_pk == CallRow.id)
            ).all()
        assert len(pairs) == 3
        return all(
            getattr(share, name) == value
            for row, share in pairs
            for name, value in counted(row).items()
        )

    add(engine, call(NOW, caller=DANA), call(NOW, caller=YOSSI))
    no_legs = cast(CallFacts, SimpleNamespace(legs=()))
    with Session(engine) as session:
        share(session, {2: [(0.5, FACEBOOK)]})
        session.commit()
        assert followed()
        for row in session.scalars(select(CallRow)):
            row.started_at, row.outcome, row.talk_seconds, row.original_call_id = (
                EARLIER,
                "missed",
                7,
                "call-1",
            )
            row.caller, row.site_id = DANA, 2
            save(session, [(row, no_legs)])
        session.commit()
        assert not any(session.scalars(select(ShareRow.came_in)))
    assert followed()
    command.downgrade(_alembic(engine), "0006")
    migrate(engine)
    assert followed()


def test_a_first_call_that_arrives_late_takes_the_mark(
    engine: Engine, dashboard: FlaskClient
) -> None:
    """Whatever the order in which calls are saved, and when one moves to another number."""

    def marked() -> list[bool]:
        with Session(engine) as session:
            return list(session.scalars(select(CallRow.first_time).order_by(CallRow.id)))

    add(engine, call(NOW, caller=DANA))
    add(engine, unknown_call(NOW - timedelta(hours=2), caller=DANA, direction="outgoing"))
    assert marked() == [True, False]
    add(
        engine,
        call(NOW - timedelta(hours=1), caller=DANA),
        call(NOW - timedelta(hours=3), caller=DANA, site_id=2),
    )
    assert marked() == [False, False, True, True]
    no_legs = cast(CallFacts, SimpleNamespace(legs=()))
    with Session(engine) as session:
        row = session.get_one(CallRow, 3)
        row.caller = YOSSI
        save(session, [(row, no_legs)])
        session.commit()
    assert marked() == [True, False, True, True]


def test_many_campaigns_are_cut_on_the_page_and_whole_in_the_export(
    engine: Engine, dashboard: FlaskClient
) -> None:
    add(engine, *(lease(NOW, arrival=touchpoint(campaign=f"c{number}")) for number in range(230)))
    query = "from=2026-11-18&to=2026-11-18&by=campaign"
    page = dashboard.get(f"/sources?{query}").text
    assert page.count('scope="row" class="key"') == 200
    assert "30 more lines" in page
    assert dashboard.get(f"/sources.csv?{query}").text.count("\r\n") == 231


def test_open_and_wrong_periods(dashboard: FlaskClient) -> None:
    statuses = {
        "from=2026-11-01": 200,
        "to=2026-11-01": 200,
        "period=all": 400,
        "from=2026-11-18&to=2026-11-01": 400,
        "by=visitor_id": 400,
        "from=2000-01-01&to=2199-12-31": 200,
    }
    for query, status in statuses.items():
        for path in ("/sources", "/sources.csv"):
            assert dashboard.get(f"{path}?{query}").status_code == status, (path, query)


def test_visits_that_are_forgotten_are_not_counted_as_none(
    dashboard: FlaskClient, engine: Engine
) -> None:
    """The lease log is kept for 90 days: a longer report says so,
    and a shorter one has nothing to say."""
    add(engine, call(datetime.now(UTC)))
    assert "Visits are kept for 90 days" in dashboard.get("/sources?period=365days").text
    assert "Visits are kept for" not in dashboard.get("/sources?period=30days").text


def test_a_transferred_call_is_one_call(engine: Engine, dashboard: FlaskClient) -> None:
    add(engine, call(), call(original_call_id="call-1"), call(outcome="missed"))
    with Session(engine) as session:
        [found] = sources(session, SourceFilter(WEEK), "channel")
    assert [
        str(figure) for figure in (found.calls, found.answered, found.missed, found.talk_seconds)
    ] == [
        "2",
        "1",
        "1",
        "120",
    ]
