"""No file of a setting is forgotten, and docs/adding-a-setting.md lists them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from leadtracker.settings import Settings
from tests.documents import files_to_touch

ROOT = Path(__file__).parent.parent
DOCUMENT = "adding-a-setting.md"
UNHEARD_OF = "longest_nap_seconds"


def demanded(name: str) -> dict[str, str]:
    """The files of a setting, as the document names them, and what each must match."""
    return {
        "leadtracker/settings.py": rf"^    {name}: ",
        "leadtracker/": rf"\b(self|settings|_settings)\.{name}\b",
        "README.md": rf"^\| `LEADTRACKER_{name.upper()}` \| .* \| .+ \|$",
        "tests/unit/test_settings_bounds.py": rf'^    "{name}": ',
    }


def forgotten(name: str, root: Path) -> list[str]:
    """The files of a setting that are not there, or that say nothing of it."""
    return [
        file
        for file, pattern in demanded(name).items()
        if not re.search(pattern, _text(root / file), re.MULTILINE)
    ]


def _text(path: Path) -> str:
    """What a file says, or what all modules of a folder and wsgi.py beside it say."""
    if path.is_dir():
        modules = [*path.rglob("*.py"), *path.parent.glob("wsgi.py")]
        return "\n".join(module.read_text() for module in modules)
    return path.read_text()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_no_file_is_forgotten(name: str) -> None:
    assert forgotten(name, ROOT) == []


def test_the_document_lists_the_files_that_are_demanded() -> None:
    assert files_to_touch(DOCUMENT) == list(demanded(UNHEARD_OF))


def test_a_setting_that_nobody_wrote_lacks_every_file() -> None:
    assert forgotten(UNHEARD_OF, ROOT) == list(demanded(UNHEARD_OF))


LINES = {
    "leadtracker/settings.py": "    longest_nap_seconds: float = Field(2.0)",
    "leadtracker/worker.py": "time.sleep(self._settings.longest_nap_seconds)",
    "README.md": "| `LEADTRACKER_LONGEST_NAP_SECONDS` | `2.0` | how long a nap lasts |",
    "tests/unit/test_settings_bounds.py": '    "longest_nap_seconds": 2.0,',
}


@pytest.mark.parametrize("left_out", LINES)
def test_a_forgotten_file_is_named(left_out: str, tmp_path: Path) -> None:
    for name, line in LINES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{line}\n")
    assert forgotten(UNHEARD_OF, tmp_path) == []
    (tmp_path / left_out).write_text("")
    assert forgotten(UNHEARD_OF, tmp_path) == [left_out.replace("worker.py", "")]
