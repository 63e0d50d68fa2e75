"""A reversed date range: said beside the dates, on a page that goes on working."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.dashboard_rows import NOW, add, call

SAID = "The end date is before the start date"
REVERSED = "from=2026-11-18&to=2026-11-01"


@pytest.fixture
def rows(dashboard: FlaskClient, engine: Engine) -> None:
    add(engine, call(NOW))


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("path", ["/calls", "/callbacks", "/sources"])
def test_it_is_said_beside_the_field(dashboard: FlaskClient, path: str) -> None:
    answer = dashboard.get(f"{path}?{REVERSED}")
    assert answer.status_code == 400
    to = answer.text.partition("<label>To")[2].partition("</label>")[0]
    assert f'role="alert">{SAID}</span>' in to
    assert 'value="2026-11-01" aria-invalid="true" aria-describedby="fault"' in to
    assert answer.text.count(SAID) == 1
    assert 'name="from" value="2026-11-18"' in answer.text
    assert "data-live" not in answer.text
    assert "not of the documented shape" not in answer.text
    assert not re.search("No calls? match|No request matches|Nothing in this period", answer.text)


def test_the_pool_says_it_where_its_period_is_chosen(dashboard: FlaskClient) -> None:
    answer = dashboard.get(f"/pool?{REVERSED}")
    assert answer.status_code == 400
    short = answer.text.partition('id="short"')[2].partition("</section>")[0]
    assert SAID in short
    assert "Always enough" not in short
    assert "numbers are in use" in answer.text


@pytest.mark.parametrize("name", ["calls", "callbacks", "sources"])
def test_an_export_has_no_field_to_say_it_at(dashboard: FlaskClient, name: str) -> None:
    answer = dashboard.get(f"/{name}.csv?{REVERSED}")
    assert answer.status_code == 400
    assert SAID in answer.text


def test_a_start_after_today_has_no_end(dashboard: FlaskClient) -> None:
    assert SAID in dashboard.get("/sources?from=2199-01-01").text
    assert SAID not in dashboard.get("/calls?from=2199-01-01").text


@pytest.mark.usefixtures("rows")
def test_one_day_is_a_range(dashboard: FlaskClient) -> None:
    answer = dashboard.get("/calls?from=2026-11-18&to=2026-11-18")
    assert answer.status_code == 200
    assert SAID not in answer.text
    assert "aria-invalid" not in answer.text
