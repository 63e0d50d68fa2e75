"""The call button of the agent's card: it rings the user's extension, through the guard."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.callback_road import PHONE, TARGET, Road, closed_now
from tests.dashboard_rows import NOW, OURS, add, call

CARD = f"/callers/{TARGET}"


def set_extension(dashboard: FlaskClient, extension: str, account: str = "pbx") -> int:
    said = {"account": account, "extension": extension}
    return dashboard.post("/settings/extension", data=said, headers=OURS).status_code


def button(dashboard: FlaskClient) -> dict[str, str]:
    """What the form of the card sends."""
    page = dashboard.get(CARD).text
    assert 'action="/agent-calls"' in page
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def press(dashboard: FlaskClient, form: dict[str, str]) -> str:
    answer = dashboard.post("/agent-calls", data=form, headers=OURS)
    assert answer.status_code == 303, answer.text
    return dashboard.get(answer.headers["Location"]).text


def test_it_rings_the_users_own_extension_once(road: Road, dashboard: FlaskClient) -> None:
    assert set_extension(dashboard, "LoisSIP") == 303
    assert 'value="LoisSIP"' in dashboard.get("/settings").text
    form = button(dashboard)
    page = press(dashboard, form)
    press(dashboard, form)  # pressed twice
    road.settle()
    (row,) = road.rows()
    assert (row.origin, row.agent, row.target) == ("agent_call", "LoisSIP", TARGET)
    assert row.state == "talked"
    assert road.dialed() == {form["id"]: 1}
    assert "Your call:" in page
    assert "Asked to be called back" not in dashboard.get(CARD).text
    assert PHONE not in dashboard.get("/callbacks").text  # nobody asked for it


def test_the_guard_bounds_it_and_opening_hours_do_not(road: Road, dashboard: FlaskClient) -> None:
    road.rules(**closed_now(), agents=[], per_number={"minute": 1, "hour": 1, "day": 1})
    set_extension(dashboard, "LoisSIP")
    assert "Your call:" in press(dashboard, button(dashboard))
    assert "Not called: Asked too often" in press(dashboard, button(dashboard))
    foreign = button(dashboard) | {"target": "+19001234567"}
    assert "Not called: " in press(dashboard, foreign)
    assert [row.target for row in road.rows()] == [TARGET]


def test_without_an_extension_there_is_no_button(dashboard: FlaskClient) -> None:
    page = dashboard.get(CARD).text
    assert "set your extension" in page
    assert 'action="/agent-calls"' not in page
    answer = dashboard.post("/agent-calls", data={"id": "request-1"}, headers=OURS)
    assert answer.status_code == 400


@pytest.mark.parametrize(("extension", "account"), [("a b", "pbx"), ("101", "nobody")])
def test_what_is_no_extension(extension: str, account: str, dashboard: FlaskClient) -> None:
    assert set_extension(dashboard, extension, account) == 400


def test_another_site_cannot_press_it(road: Road, dashboard: FlaskClient) -> None:
    set_extension(dashboard, "LoisSIP")
    form, theirs = button(dashboard), {"Sec-Fetch-Site": "cross-site"}
    assert dashboard.post("/agent-calls", data=form, headers=theirs).status_code >= 400
    assert road.rows() == []


@pytest.mark.parametrize(
    ("match", "says"),
    [({"verdict": "likely"}, True), ({"verdict": "certain"}, False), ({}, False)],
)
def test_who_is_only_probable(
    match: dict[str, str], says: bool, road: Road, dashboard: FlaskClient
) -> None:
    add(road.stores.engine, call(NOW, caller=TARGET, match=match))
    page = dashboard.get(CARD).text
    assert ("Probably" in page) is says
    assert "Dana" in page
    assert "card.js" in page
