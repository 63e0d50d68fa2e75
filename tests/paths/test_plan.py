"""The planner from the rows of a site to the command, the daily plan, the pool page,
the doctor and the metrics."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.cli import main, opening
from leadtracker.domain import Site
from leadtracker.errors import SiteFault, TooFewVisits
from leadtracker.matching.calibration import Calibration
from leadtracker.matching.counts import Counts
from leadtracker.planner.making import DailyPlans, numbers_of
from leadtracker.planner.model_pool import WEEK_HOURS
from leadtracker.planner.plan import Plan
from leadtracker.records import learned, plans
from leadtracker.records.database import _alembic, migrate
from leadtracker.records.sites import add_dids
from leadtracker.records.tables import SiteRow, VerdictRow
from leadtracker.reports import plan_inputs as reader
from leadtracker.reports.plan_inputs import Span, plan_inputs, recent_span, visits
from leadtracker.running.doctor import findings
from leadtracker.web.stores import Stores
from tests import site_files
from tests.accuracy.planner import compared
from tests.dashboard_rows import NOW, add, lease
from tests.patience import PATIENCE, until
from tests.plan_rows import history, some_plan

MONDAY = datetime(2026, 11, 16, 22, 0, tzinfo=UTC)  # Tuesday midnight in Jerusalem


def shop(stores: Stores) -> Site:
    site = stores.directory.site(1)
    assert site is not None
    return site


def keep(engine: Engine, **more: Any) -> None:
    with Session(engine) as session:
        plans.keep(session, 1, some_plan(**more))
        session.commit()


def test_every_input_is_measured(stores: Stores, engine: Engine) -> None:
    history(engine, MONDAY)
    span = Span(shop(stores), MONDAY - timedelta(days=28), MONDAY)
    with Session(engine) as session:
        inputs, made_from = plan_inputs(session, span, 5)
    traffic = inputs.traffic
    assert (made_from.visits, made_from.calls, round(made_from.days, 6)) == (480, 20, 10.0)
    assert len(traffic.arrivals) == WEEK_HOURS
    assert set(traffic.arrivals) == {2.0}
    assert traffic.hold == pytest.approx(100)
    assert traffic.levels == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
    assert traffic.sources == pytest.approx({"google / cpc": 0.5, "(direct)": 0.5})
    assert traffic.regions == pytest.approx({"IL-2": 1 / 3, "IL-3": 2 / 3})
    assert traffic.mobile == pytest.approx(2 / 3)
    assert traffic.returns == pytest.approx(95 / 480)
    assert (inputs.numbers, len(inputs.activity)) == (5, WEEK_HOURS)
    assert sum(inputs.activity) == pytest.approx(WEEK_HOURS)
    calls, stated = inputs.calls, inputs.stated
    assert (calls.tapped, calls.open[1][2], calls.closed[6][1]) == pytest.approx(
        (15 * 0.4, 15 * 0.2, 15 * 0.25)
    )
    assert (calls.known_phone, calls.new_phone) == (5, 15)
    assert (calls.strays, calls.second_phone) == pytest.approx((15 * 0.05, 15 * 0.1))
    assert inputs.region_told == pytest.approx(0.6 / 0.85)
    assert (stated.calls, stated.right) == pytest.approx((20 * 0.95, 20 * 0.9))
    assert (stated.certain, stated.certain_wrong) == pytest.approx((20 * 0.9, 20 * 0.1))


def test_what_users_said_tells_whether_the_verdicts_were_right(
    stores: Stores, engine: Engine
) -> None:
    """Of twenty calls for the one visitor with 0.9: the other's, the one's,
    and nobody's of these."""
    history(engine, MONDAY)
    span = Span(shop(stores), MONDAY - timedelta(days=28), MONDAY)
    with Session(engine) as session:
        rows = session.scalars(
            select(VerdictRow).where(VerdictRow.lesson.is_not(None)).limit(3)
        ).all()
        for row, word in zip(rows, ("other", "one", ""), strict=True):
            row.confirmed = word
        session.flush()
        stated = plan_inputs(session, span, 5)[0].stated
    assert stated.calls == pytest.approx(17 * 0.95 + 2)
    assert (stated.right, stated.certain) == pytest.approx((17 * 0.9 + 1,) * 2)
    assert stated.certain_wrong == pytest.approx(17 * 0.1 + 2)


def test_what_is_stated_counts_as_it_is_shown(stores: Stores, engine: Engine) -> None:
    history(engine, MONDAY)
    lower = Calibration(shift=-1.5)
    with Session(engine) as session:
        learned.save(session, 1, Counts(), 0, 1, lower, ())
        stated = plan_inputs(session, Span(shop(stores), MONDAY - timedelta(days=28), MONDAY), 5)[
            0
        ].stated
    assert stated.right == pytest.approx(20 * lower(0.9))
    assert stated.certain == 0
    assert stated.calls == pytest.approx(20 * (1 - 0.05 * (1 - lower(0.9)) / 0.1))


def test_of_many_calls_some_count_for_all(
    stores: Stores, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    history(engine, MONDAY, calls=24)
    monkeypatch.setattr(reader, "MOST_CALLS", 10)
    with Session(engine) as session:
        inputs, made_from = plan_inputs(
            session, Span(shop(stores), MONDAY - timedelta(days=28), MONDAY), 5
        )
    assert made_from.calls == pytest.approx(24, abs=3)
    assert inputs.calls.known_phone + inputs.calls.new_phone == pytest.approx(24, abs=3)


def test_hours_that_no_week_had_yet_are_as_on_other_days(stores: Stores, engine: Engine) -> None:
    """Four days of visits, at the site's 10 o'clock only."""
    rows = [
        lease(MONDAY - timedelta(days=day + 1) + timedelta(hours=10, minutes=number), left=MONDAY)
        for day in range(4)
        for number in range(50)
    ]
    add(engine, *rows)
    with Session(engine) as session:
        inputs, _ = plan_inputs(session, Span(shop(stores), MONDAY - timedelta(days=28), MONDAY), 5)
    assert [hour for hour, asked in enumerate(inputs.traffic.arrivals) if asked] == [
        10 + 24 * day for day in range(7)
    ]
    assert inputs.traffic.arrivals[10::24] == [50.0] * 7


def test_visitors_from_before_the_span_return(stores: Stores, engine: Engine) -> None:
    history(engine, MONDAY)
    add(
        engine,
        *(lease(MONDAY - timedelta(days=30), visitor=f"visitor-{number}") for number in (1, 2, 3)),
    )
    with Session(engine) as session:
        inputs, _ = plan_inputs(session, Span(shop(stores), MONDAY - timedelta(days=28), MONDAY), 5)
    assert inputs.traffic.returns == pytest.approx(98 / 480)


def test_too_few_visits(stores: Stores, engine: Engine) -> None:
    span = Span(shop(stores), MONDAY - timedelta(days=28), MONDAY)
    with Session(engine) as session:
        assert visits(session, span) == (0, 0.0)
        with pytest.raises(TooFewVisits, match="0 asked for a number"):
            plan_inputs(session, span, 5)
    history(engine, MONDAY)
    with Session(engine) as session:
        with pytest.raises(TooFewVisits, match="a pool with numbers"):
            plan_inputs(session, span, 0)
        with pytest.raises(TooFewVisits):
            plan_inputs(session, replace(span, since=MONDAY - timedelta(days=2)), 5)


def test_what_was_planned_is_held_against_what_was_scored(stores: Stores, engine: Engine) -> None:
    history(engine, MONDAY)
    found = compared(engine, "shop", right=80.0)
    assert 50 < found.planned < 100
    assert found.points == pytest.approx(found.planned - 80)
    assert found.good == (abs(found.points) <= 2)


def test_a_plan_is_made_by_itself(stores: Stores, engine: Engine) -> None:
    now = datetime.now(UTC)
    daily = DailyPlans(engine, stores.directory, stores.settings)
    daily.tick(now)
    assert daily._child is None, "nobody has visited yet"
    history(engine, now)
    later = now + timedelta(hours=1)
    with Session(engine) as session:
        daily.tick(later)
        assert daily._child is not None

        def newest() -> plans.KeptPlan | None:
            session.rollback()
            return plans.newest(session, 1)

        kept = until(newest)
    assert (kept.plan.now.numbers, kept.made_from.visits) == (5, 480)
    assert daily._child.wait(PATIENCE) == 0
    daily.tick(later)
    assert daily._due(later) is None
    tomorrow = later + timedelta(days=1)
    assert daily._due(tomorrow) == shop(stores)
    with Session(engine) as session:
        add_dids(session, session.get_one(SiteRow, 1), ["072-277-6777"])
        session.commit()
    stores.directory._next_check = 0
    stores.directory.refresh()
    stores.directory.refresh()
    assert numbers_of(stores.directory, shop(stores)) == 6
    assert daily._due(later + timedelta(hours=2)) == shop(stores), "more numbers: a new plan"
    daily.stop()


@pytest.fixture
def opened(engine: Engine, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command works on this database, whose connections end with the test."""
    monkeypatch.setattr(opening, "database", lambda: engine)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_the_command_says_it_in_words(opened: None, engine: Engine) -> None:
    few = run("plan", "shop")
    assert few.exit_code == 1
    assert "Too few visits to plan yet: 0 asked for a number" in few.output
    assert "There is no site 'nowhere'. Sites: " in run("plan", "nowhere").output
    history(engine, datetime.now(UTC))
    result = run("plan", "shop", "--price", "1250", "--numbers", "7")
    assert result.exit_code == 0, result.output
    assert "Looking at 5 numbers ..." in result.stderr
    said = result.stdout
    assert "shop, 5 numbers now. Made from 480 visits and 20 calls in 10 days." in said
    assert "Of 100 calls by visitors of the site, about " in said
    assert "is taken from 13 first calls of your own and a typical site." in said
    assert "80% of calls to the right visitor: " in said
    rows = [line.split() for line in said.splitlines() if line.endswith(" ILS")]
    assert [row[0] for row in rows] == ["5", "7", "15", "30", "55", "105"]
    assert rows[0][1] == "(now)"
    assert rows[0][-2:] == ["62.50", "ILS"]
    with Session(engine) as session:
        kept = plans.newest(session, 1)
    assert kept is not None
    assert [look.numbers for look in kept.plan.steps] == [15, 30, 55, 105], (
        "what was only asked for is not kept"
    )


def test_the_command_as_json(opened: None, engine: Engine) -> None:
    with Session(engine) as session:
        site_file.save_site(
            session, "shop", {"number_price": 900, "currency": "EUR", "most_at_risk": 0.0}
        )
        session.commit()
    history(engine, datetime.now(UTC))
    result = run("plan", "shop", "--json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout)
    assert (value["number_price"], value["currency"], value["made_from"]["visits"]) == (
        900,
        "EUR",
        480,
    )
    assert [alarm["of"] for alarm in value["alarms"]] == ["at_risk"]
    assert Plan.from_json(value).now.numbers == 5


def test_the_pool_page_shows_the_plan(dashboard: FlaskClient, engine: Engine) -> None:
    keep(engine)
    text = dashboard.get("/pool").text
    assert "about 78 are matched to the right visitor, 20 to another one and 2 to nobody." in text
    assert "The numbers do not run out" in text
    assert "Made from 12,345 visits and 612 calls in 28 days." in text
    assert "57 first calls of your own and a typical site" in text
    assert text.count('<line class="curve"') == 6  # seven sizes
    assert text.count('<circle class="today"') == 1
    assert "more than 640 numbers" in text
    assert "Cost</th>" not in text
    assert "style=" not in text
    assert "Warning." not in text
    with Session(engine) as session:
        site_file.save_site(session, "shop", {"number_price": 1250, "most_at_risk": 0.2})
        session.commit()
    dashboard.application.extensions["leadtracker"].directory._next_check = 0
    dashboard.application.extensions["leadtracker"].directory.refresh()
    text = dashboard.get("/pool").text
    assert "62.50 ILS" in text
    assert "22 % of visitors&#39; calls are at risk" in text


def test_the_pool_page_of_a_new_site(dashboard: FlaskClient, engine: Engine) -> None:
    assert "Too few visits to plan yet." in dashboard.get("/pool").text
    add(engine, lease(datetime.now(UTC) - timedelta(hours=1)))
    assert "1 visit asked for a number in the last 28 days" in dashboard.get("/pool").text
    history(engine, datetime.now(UTC))
    assert "The first plan is being made." in dashboard.get("/pool").text


@pytest.mark.parametrize(
    ("right", "worst", "alarms"),
    [(0.78, 0.0, []), (0.6, 0.0, ["at_risk"]), (0.5, 0.04, ["at_risk", "overflow"])],
)
def test_warnings_reach_the_doctor_and_prometheus(
    app: Flask, stores: Stores, engine: Engine, right: float, worst: float, alarms: list[str]
) -> None:
    assert "leadtracker_plan_alarm{" not in app.test_client().get("/metrics").text
    keep(engine, right=right, worst_overflow=worst)
    metrics = app.test_client().get("/metrics").text
    for of in ("at_risk", "overflow"):
        assert f'leadtracker_plan_alarm{{of="{of}",site="shop"}} {float(of in alarms)}' in metrics
    assert f'leadtracker_plan_worst_overflow{{site="shop"}} {worst}' in metrics
    assert f'leadtracker_plan_at_risk{{site="shop"}} {1 - right}' in metrics
    found = [
        each
        for each in findings(stores.settings, engine, stores.live)
        if "leadtracker plan shop" in each.do
    ]
    assert len(found) == len(alarms)
    enough = [
        each
        for each in findings(stores.settings, engine, stores.live)
        if "numbers were enough" in each.what
    ]
    assert len(enough) == (not alarms)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("number_price", -1),
        ("number_price", 1.5),
        ("currency", "shekel"),
        ("most_overflow", 5),
        ("most_at_risk", "a"),
    ],
)
def test_settings_that_cannot_be_saved(app: Flask, engine: Engine, key: str, value: Any) -> None:
    with Session(engine) as session, pytest.raises(SiteFault, match=key):
        site_file.save_site(session, "shop", {key: value})


def test_the_settings_are_kept_in_the_site_file(app: Flask, engine: Engine, stores: Stores) -> None:
    site_files.keep(
        engine, '[site.shop]\nnumber_price = 900\ncurrency = "EUR"\nmost_overflow = 0.02'
    )
    stores.directory._next_check = 0
    stores.directory.refresh()
    stores.directory.refresh()
    site = shop(stores)
    assert (site.number_price, site.currency, site.most_overflow, site.most_at_risk) == (
        900,
        "EUR",
        0.02,
        0.35,
    )


def test_the_migration_there_and_back(app: Flask, engine: Engine, tmp_path: Path) -> None:
    command.downgrade(_alembic(engine), "0004")
    migrate(engine)
    keep(engine)
    with Session(engine) as session:
        assert session.get_one(SiteRow, 1).most_at_risk == 0.35
        assert plans.of_all_sites(session)[1].plan.now.numbers == 5


def test_the_recent_span_is_four_weeks(stores: Stores) -> None:
    assert recent_span(shop(stores), NOW).since == NOW - timedelta(days=28)
