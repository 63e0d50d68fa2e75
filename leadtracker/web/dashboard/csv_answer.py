"""A CSV download from rows, sent as it is made; a spreadsheet opens it as text, Hebrew included."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from flask import Response

Cell = str | int | float | None
BOM = "\ufeff"  # tells Excel that this is UTF-8
LINES_AT_ONCE = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"\+[0-9]{6,15}\Z")  # E.164: a spreadsheet makes nothing bad of it


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """A download `name-YYYY-MM-DD.csv`."""
    file = f"{name}-{datetime.now(UTC):%Y-%m-%d}.csv"
    response = Response(_text(header, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def safe_cell(cell: Cell) -> Cell:
    """Put an apostrophe before text that a spreadsheet would run (OWASP, "CSV Injection")."""
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\0", "")
    if cell.startswith(FORMULA) and not NUMBER.match(cell):
        return f"'{cell}"
    return cell


def _text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer)
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe_cell(cell) for cell in row])
        if number % LINES_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
