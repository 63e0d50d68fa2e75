"""Tables of the documents, read so that tests can compare them with the code."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def table(document: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, row by row, without the table's own heading."""
    text = (DOCS / document).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def files_to_touch(document: str) -> list[str]:
    return [file.strip("`") for file, *_ in table(document, "Files to touch")]
