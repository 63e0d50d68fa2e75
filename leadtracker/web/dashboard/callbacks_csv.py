"""The columns of the callback requests' export: title -> cell of a request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from leadtracker.domain import Site
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.web.dashboard import formats
from leadtracker.web.dashboard.csv_answer import Cell

Column = Callable[[CallbackRow, Site | None, str], Cell]


def _iso(at: datetime | None) -> str:
    if at is None:
        return ""
    return formats.iso(at)


COLUMNS: dict[str, Column] = {
    "Asked (local)": lambda row, site, zone: formats.local_second(row.made_at, zone),
    "Asked (UTC)": lambda row, site, zone: _iso(row.made_at),
    "Site": lambda row, site, zone: formats.site_name(site),
    "Number": lambda row, site, zone: row.target,
    "Name": lambda row, site, zone: row.name,
    "Note": lambda row, site, zone: row.note,
    "How": lambda row, site, zone: row.origin,
    "State": lambda row, site, zone: row.state,
    "Why": lambda row, site, zone: row.code,
    "PBX said": lambda row, site, zone: row.message,
    "Due (UTC)": lambda row, site, zone: _iso(row.due_at),
    "Dialed (UTC)": lambda row, site, zone: _iso(row.dialled_at),
    "Agent": lambda row, site, zone: row.agent,
    "Talk seconds": lambda row, site, zone: row.talk_seconds,
    "Reserved (minor units)": lambda row, site, zone: row.reserved,
    "Cost (minor units)": lambda row, site, zone: row.spent,
    "Currency": lambda row, site, zone: row.currency,
    "Visitor": lambda row, site, zone: row.visitor,
    "Call id": lambda row, site, zone: row.call_id,
    "Request id": lambda row, site, zone: row.id,
}
