"""The place in a list where a page of it begins or ends, as it stands in the address."""

from __future__ import annotations

from flask import request

from leadtracker.reports.calls import Cursor, read_cursor


def cursor(name: str) -> Cursor | None:
    """`name` is before or after; None when the address has no such place. Raises BadRequest."""
    text = request.args.get(name)
    if not text:
        return None
    return read_cursor(text)
