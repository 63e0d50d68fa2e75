"""No file of a report is forgotten, and docs/adding-a-report.md lists them all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.documents import files_to_touch, table

ROOT = Path(__file__).parent.parent
DOCUMENT = "adding-a-report.md"
TESTS = "tests/paths/test_dashboard_NAME.py"


@dataclass(frozen=True, slots=True)
class Report:
    """A row of the document's table of reports."""

    name: str
    question: str
    shown: str
    export: str
    tests: str

    @property
    def is_page(self) -> bool:
        return self.shown == f"`/{self.name}`"

    @property
    def has_export(self) -> bool:
        return not self.export.startswith("none")


def reports() -> dict[str, Report]:
    """By name, as the document has them."""
    rows = table(DOCUMENT, "The reports there are")
    found = [
        Report(file.strip("`").removesuffix(".py"), question, shown, export, tests.strip("`"))
        for file, question, shown, export, tests in rows
    ]
    return {report.name: report for report in found}


REPORTS = reports()
UNHEARD_OF = Report("weather", "", "`/weather`", "`/weather.csv`", TESTS.replace("NAME", "weather"))


def demanded(report: Report) -> dict[str, list[str]]:
    """The files of a page, as the document names them, and the words that each must hold."""
    name = report.name
    of_page = ["def page() -> "]
    routes = [f'("/{name}", "{name}", {name}.page)']
    link = ['{% extends "layout.html" %}']
    if report.has_export:
        of_page.append("def csv() -> ")
        routes.append(f'("/{name}.csv", "{name}_csv", {name}.csv)')
        link.append(f"dashboard.{name}_csv")
    return {
        "leadtracker/reports/NAME.py": ['"""'],
        "leadtracker/web/dashboard/NAME.py": of_page,
        "leadtracker/web/templates/NAME.html": link,
        "leadtracker/web/dashboard/routes.py": routes,
        "leadtracker/web/templates/layout.html": [f'("{name}", "'],
        TESTS: [f'"/{name}'],
        f"docs/{DOCUMENT}": [f"| `{name}.py` | "],
    }


def forgotten(report: Report, root: Path) -> list[str]:
    """The files of a page that are not there, or that say nothing of it."""
    return [
        pattern
        for pattern, words in demanded(report).items()
        if not _holds(_path(pattern, report, root), words)
    ]


def _path(pattern: str, report: Report, root: Path) -> Path:
    if pattern == TESTS:
        return root / report.tests
    return root / pattern.replace("NAME", report.name)


def _holds(path: Path, words: list[str]) -> bool:
    return path.is_file() and all(word in path.read_text() for word in words)


def traces(root: Path) -> set[str]:
    """The names that are a report's page by any one of its files."""
    names = {file.stem for file in (root / "leadtracker/reports").glob("[a-z]*.py")}
    shown = {
        *re.findall(r'\("/(\w+)", ', (root / "leadtracker/web/dashboard/routes.py").read_text()),
        *re.findall(r'\("(\w+)", "', (root / "leadtracker/web/templates/layout.html").read_text()),
        *(file.stem for file in (root / "leadtracker/web/dashboard").glob("[a-z]*.py")),
        *(file.stem for file in (root / "leadtracker/web/templates").glob("*.html")),
    }
    return names & shown


def test_every_report_has_a_row_that_says_its_question() -> None:
    assert set(REPORTS) == {file.stem for file in (ROOT / "leadtracker/reports").glob("[a-z]*.py")}
    for report in REPORTS.values():
        assert report.question.endswith("?"), report.name
        assert report.shown, report.name
        assert (ROOT / report.tests).is_file(), f"{report.name}: no {report.tests}"


def test_every_page_of_a_report_is_one_in_the_document() -> None:
    assert traces(ROOT) == {report.name for report in REPORTS.values() if report.is_page}


@pytest.mark.parametrize("name", [report.name for report in REPORTS.values() if report.is_page])
def test_no_file_is_forgotten(name: str) -> None:
    assert forgotten(REPORTS[name], ROOT) == []


def test_the_document_lists_the_files_that_are_demanded() -> None:
    assert files_to_touch(DOCUMENT) == list(demanded(UNHEARD_OF))


def test_a_report_that_nobody_wrote_lacks_every_file() -> None:
    assert forgotten(UNHEARD_OF, ROOT) == list(demanded(UNHEARD_OF))


@pytest.mark.parametrize("left_out", demanded(UNHEARD_OF))
def test_a_forgotten_file_is_named(left_out: str, tmp_path: Path) -> None:
    for pattern, words in demanded(UNHEARD_OF).items():
        file = _path(pattern, UNHEARD_OF, tmp_path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(words))
    assert forgotten(UNHEARD_OF, tmp_path) == []
    assert traces(tmp_path) == {"weather"}
    _path(left_out, UNHEARD_OF, tmp_path).write_text("")
    assert forgotten(UNHEARD_OF, tmp_path) == [left_out]
