"""Promises that hold for the whole tree, not for one part of it."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
from collections.abc import Iterator
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
    if name.endswith((".py", ".js", ".mjs", ".ts", ".lua"))
    and "dist/" not in name
    and "vendor/" not in name
]
MOST_SWITCHED_OFF = 5
MOST_TERNARIES = 8.0  # in 1,000 lines
MOST_LINES = 50  # of a function
MOST_PARAMETERS = 8
MOST_COLUMNS = 100
MOST_COLUMNS_OF_A_TEMPLATE = 160
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
    "name",
    [name for name in CODE if name.startswith(("leadtracker/", "tests/")) and name.endswith(".py")],
)
def test_every_module_begins_with_a_sentence(name: str) -> None:
    assert (ROOT / name).read_text().startswith(('"""',)), name


def test_files_stay_small() -> None:
    large = [name for name in CODE if len((ROOT / name).read_text().splitlines()) > 400]
    assert large == [], "\n".join(large)


def test_lines_are_short() -> None:
    """Ruff lets pass what ends with a pragma, and sees Python alone."""
    long = [
        f"{name}:{number}"
        for name in CODE
        for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1)
        if len(line) > MOST_COLUMNS
    ]
    assert long == [], "\n".join(long)


def test_names_say_something() -> None:
    assert [
        name
        for name in CODE
        if Path(name).stem in ("utils", "util", "helpers", "common", "misc", "manager")
    ] == []


def _trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for name in CODE:
        if name.startswith(folders) and name.endswith(".py"):
            yield name, ast.parse((ROOT / name).read_text())


def _ternaries(tree: ast.AST) -> list[ast.IfExp]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.IfExp)]


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Named by their files; a migration is as long as its tables."""
    for name, tree in _trees("leadtracker/", "tests/"):
        if "/migrations/" in name:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.lineno} {node.name}", node


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    arguments = function.args
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return [one.arg for one in every if one.arg not in ("self", "cls")]


def test_the_formatter_is_seldom_switched_off() -> None:
    switched_off = [
        f"{name}:{number}"
        for name in CODE
        for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1)
        if re.search(r"# fmt: (skip|off)\b", line)
    ]
    assert len(switched_off) <= MOST_SWITCHED_OFF, switched_off


@pytest.mark.parametrize("folder", ["leadtracker/", "tests/"])
def test_ternaries_are_few(folder: str) -> None:
    count = {name: len(_ternaries(tree)) for name, tree in _trees(folder)}
    lines = sum(len((ROOT / name).read_text().splitlines()) for name in count)
    most = sorted(count, key=lambda name: count[name], reverse=True)[:10]
    a_thousand = 1000 * sum(count.values()) / lines
    assert a_thousand <= MOST_TERNARIES, [(name, count[name]) for name in most]


def test_no_ternary_stands_in_another() -> None:
    nested = [
        f"{name}:{outer.lineno}"
        for name, tree in _trees("leadtracker/", "tests/")
        for outer in _ternaries(tree)
        if len(_ternaries(outer)) > 1
    ]
    assert nested == [], "\n".join(nested)


def test_functions_are_short() -> None:
    long = [
        where
        for where, function in _functions()
        if (function.end_lineno or function.lineno) - function.lineno >= MOST_LINES
    ]
    assert long == [], "\n".join(long)


def test_functions_take_few_parameters() -> None:
    many = [
        where for where, function in _functions() if len(_parameters(function)) > MOST_PARAMETERS
    ]
    assert many == [], "\n".join(many)


def test_lines_of_templates_are_short() -> None:
    long = [
        f"{name}:{number}"
        for name in TRACKED
        if name.startswith("leadtracker/") and name.endswith(".html")
        for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1)
        if len(line) > MOST_COLUMNS_OF_A_TEMPLATE
    ]
    assert long == [], "\n".join(long)
