"""The head of each Lua file says what it is joined with, what it is given and what it returns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadtracker import live
from leadtracker.live.script import CONSTANTS, FIRST_WRITE, script

FOLDER = Path(live.__file__).parent
FILES = {path.stem: path.read_text() for path in FOLDER.glob("*.lua")}


def joined() -> Iterator[tuple[str, ...]]:
    """The names in each call of `script`, as written."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "script":
                yield tuple(ast.literal_eval(name) for name in node.args)


SCRIPTS = list(joined())


def head(name: str) -> str:
    """The comment that begins a file, as one line."""
    lines = FILES[name].splitlines()
    first = next(n for n, line in enumerate(lines) if not line.startswith("--"))
    return " ".join(re.sub(r"^--\s*", "", line) for line in lines[:first])


@pytest.mark.parametrize("names", SCRIPTS, ids=[names[-1] for names in SCRIPTS])
def test_a_script_names_its_parts_and_what_goes_in_and_out(names: tuple[str, ...]) -> None:
    *parts, script = names
    files = [f"{name}.lua" for name in ("clock", *parts)]
    listed = " and ".join(filter(None, (", ".join(files[:-1]), files[-1])))
    assert f"Joined with {listed}" in head(script)
    given = {int(number) for number in re.findall(r"ARGV\[(\d+)", FILES[script])}
    said = head(script).replace("..]", "]")
    assert "KEYS[1]" in said
    assert [number for number in given if f"[{number}]" not in said] == []
    assert "returns " in said


@pytest.mark.parametrize("names", SCRIPTS, ids=[names[-1] for names in SCRIPTS])
def test_a_full_redis_refuses_a_script_before_it_begins(names: tuple[str, ...]) -> None:
    made = script(*names)
    assert made.text.startswith("#!lua\n")
    assert made.text.count("#!") == 1
    assert made.without_shebang().text == FIRST_WRITE + made.text.removeprefix("#!lua\n")


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_what_it_is(name: str) -> None:
    assert any(name in names for names in SCRIPTS) or name == "clock"
    is_script = name in {names[-1] for names in SCRIPTS}
    assert is_script or "Part of " in head(name)
    uses = any(re.search(rf"\b{constant}\b", FILES[name]) for constant in CONSTANTS)
    assert ("of keys.py" in head(name)) == uses
    assert max(map(len, FILES[name].splitlines())) <= 100
