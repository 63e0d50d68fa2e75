"""Promises that hold for the whole tree, not for one part of it."""

from __future__ import annotations

import inspect
import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from leadtracker import errors
from leadtracker.settings import Settings

ROOT = Path(__file__).parent.parent
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()
CODE = [
    name
    for name in TRACKED
    if name.endswith((".py", ".js", ".lua")) and "dist/" not in name and "vendor/" not in name
]
OPEN_TO_ALL = {"healthz", "readyz", "static", "login.form", "login.enter", "login.leave"}
GUARDED_BY = {
    "script": "a public file",
    "number": "token and origin",
    "callback_request": "a token of the site, its origin and a form token",
    "callback_api": "a key of the site",
    "pbx": "secret of the account",
    "metrics": "this machine or a bearer token",
    "dashboard": "login",
}


def test_every_route_has_a_guard(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        known = rule.endpoint in OPEN_TO_ALL or any(
            re.match(rf"(health\.)?{guard}\b", rule.endpoint)
            for guard in (*GUARDED_BY, *OPEN_TO_ALL)
        )
        assert known, f"{rule} ({rule.endpoint}) has no guard named here"


def test_every_dashboard_route_wants_a_login(app: Flask) -> None:
    client = app.test_client()
    checked = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("dashboard") and "GET" in (rule.methods or ()):
            path = re.sub(r"<[^>]+>", "1", rule.rule)
            answer = client.get(path)
            assert (answer.status_code, "/login" in answer.headers.get("Location", "")) in (
                (302, True),
                (401, False),
            ), path
            checked += 1
    assert checked > 8


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"`LEADTRACKER_{name.upper()}`" in readme, name
        assert field.description
        assert field.description in readme, f"the README describes {name} otherwise"


def test_every_error_has_a_code_of_its_own() -> None:
    found = [
        one
        for one in vars(errors).values()
        if inspect.isclass(one) and issubclass(one, errors.LeadtrackerError)
    ]
    assert len({one.code for one in found}) == len(found)
    for one in found:
        assert one.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(
    "name", [name for name in CODE if name.startswith("leadtracker/") and name.endswith(".py")]
)
def test_every_module_begins_with_a_sentence(name: str) -> None:
    assert (ROOT / name).read_text().startswith(('"""',)), name


def test_files_stay_small() -> None:
    assert [name for name in CODE if len((ROOT / name).read_text().splitlines()) > 400] == []


def test_names_say_something() -> None:
    assert [
        name
        for name in CODE
        if Path(name).stem in ("utils", "util", "helpers", "common", "misc", "manager")
    ] == []
