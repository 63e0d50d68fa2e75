"""The numbers of a file as spreadsheets write it: any character set, any sign between the cells."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Sequence

from leadtracker import phone
from leadtracker.errors import SiteFault
from leadtracker.pbx import charsets

SEPARATORS = "\t;,|"  # the first of those that most lines have
HEADERS = (  # a heading with a word of the first line is preferred
    ("did", "ddi"),
    ("phone", "tel", "טלפון"),
    ("number", "mobile", "מספר", "נייד"),
)
LINES_LOOKED_AT = 50
MOST_FAULTS = 20  # that are listed
UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
AS_TEXT = re.compile(r"""=?\s*["'`\u2018\u2019]?(.*?)["']?""", re.DOTALL)  # '072… and ="072…"
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how the files of .xlsx, .ods and .xls begin
FEW_DIGITS = 6  # words with less, such as a year, are no number that somebody mistyped
NUMERIC = re.compile(r"[+(]?[0-9][0-9\s().,/\-]*(?:[eE][+-]?[0-9]+)?")
Row = tuple[int, list[str]]  # the number of its line, and its cells


def read_numbers(data: bytes, country: str) -> list[str]:
    """The numbers of a file in E.164. Raises SiteFault, which names each line that has none."""
    if data.startswith(WORKBOOKS):
        raise SiteFault("this is a workbook and no text: save it as CSV in the spreadsheet")
    rows = _rows(charsets.decode(data))
    if len(rows) == 1:  # all numbers beside each other
        ((line, cells),) = rows
        rows = [(line, [cell]) for cell in cells if cell]
    column = _column(rows, country)
    while rows and _is_heading(_cell(rows[0], column)):
        rows = rows[1:]
    read = [(line, cell, phone.read(cell, country)) for line, cell in _cells(rows, column)]
    if faults := [_fault(line, cell) for line, cell, number in read if number is None]:
        more = len(faults) - MOST_FAULTS
        told = faults[:MOST_FAULTS] + ([f"and {more} lines more"] if more > 0 else [])
        raise SiteFault("\n".join([*told, "nothing was changed"]))
    return [number for *_, number in read if number is not None]


def _is_heading(cell: str) -> bool:
    few = sum(character.isdigit() for character in cell) < FEW_DIGITS
    return few and not NUMERIC.fullmatch(cell)


def _rows(text: str) -> list[Row]:
    """All rows that are not blank."""
    lines = text.splitlines(keepends=True)
    separator = _separator(lines)
    if lines and re.fullmatch(r"sep=.", lines[0].strip("\r\n")):  # Excel's own word
        separator, lines[0] = lines[0][4], "\n"
    reader = csv.reader(lines, delimiter=separator)
    rows: list[Row] = []
    try:
        for cells in reader:
            cleaned = [_clean(cell) for cell in cells]
            if any(cleaned):
                rows.append((reader.line_num, cleaned))
    except csv.Error as fault:
        raise SiteFault(f"line {reader.line_num}: {fault}; nothing was changed") from None
    return rows


def _separator(lines: Sequence[str]) -> str:
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines[:LINES_LOOKED_AT]]
    return max(SEPARATORS, key=lambda separator: sum(separator in line for line in bare))


def _clean(cell: str) -> str:
    """A cell without what makes a spreadsheet show it as text."""
    found = AS_TEXT.fullmatch(re.sub(r"\s", " ", UNSEEN.sub("", cell)).strip())
    return found[1].strip() if found else ""


def _column(rows: Sequence[Row], country: str) -> int:
    """The column of the numbers: the one that a heading names, else the first that has any."""
    columns = range(max((len(cells) for _, cells in rows), default=0))
    with_any = [
        column
        for column in columns
        if any(phone.read(cell, country) for _, cell in _cells(rows, column))
    ] or [
        column
        for column in columns
        if any(NUMERIC.fullmatch(cell) for _, cell in _cells(rows, column))
    ]
    above = itertools.takewhile(lambda row: not any(map(NUMERIC.fullmatch, row[1])), rows)
    headings = [cells for _, cells in above]
    for words in HEADERS:
        for column in with_any:
            said = " ".join(cells[column].lower() for cells in headings if column < len(cells))
            if any(word in said for word in words):
                return column
    return next(iter(with_any), 0)


def _cells(rows: Sequence[Row], column: int) -> list[tuple[int, str]]:
    return [(row[0], _cell(row, column)) for row in rows]


def _cell(row: Row, column: int) -> str:
    cells = row[1]
    return cells[column] if column < len(cells) else ""


def _fault(line: int, cell: str) -> str:
    if re.search(r"[0-9][eE][+-]?[0-9]", cell):
        why = "has lost its digits; format the column as text in the spreadsheet"
    else:
        why = "is not a telephone number; write it with +prefix or nationally"
    return f"line {line}: {cell[:40]!r} {why}"
