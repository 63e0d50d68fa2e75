"""The columns of the calls' export: title -> cell of a call."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from leadtracker.domain import Site, Touchpoint, touchpoint_to_json
from leadtracker.live.visitor_info import shallow
from leadtracker.numbers.touchpoint import AD_IDS
from leadtracker.records.tables import CallRow
from leadtracker.web.dashboard import formats
from leadtracker.web.dashboard.csv_answer import Cell

Column = Callable[[CallRow, Site | None, str], Cell]
NOTHING = Touchpoint()


def _touch(name: str) -> Column:
    return lambda call, site, zone: getattr(call.touchpoint or NOTHING, name)


def _first(name: str) -> Column:
    return lambda call, site, zone: getattr(call.first_touchpoint or NOTHING, name)


def _first_at(call: CallRow, site: Site | None, zone: str) -> Cell:
    return touchpoint_to_json(call.first_touchpoint).get("at") or ""


def _click_id(name: str) -> Column:
    return lambda call, site, zone: (call.touchpoint or NOTHING).click_ids.get(name, "")


def _visitor_info(call: CallRow, site: Site | None, zone: str) -> Cell:
    if not call.visitor_info:
        return ""
    return orjson.dumps(shallow(call.visitor_info)).decode()


COLUMNS: dict[str, Column] = {
    "Started (local)": lambda call, site, zone: formats.local_second(call.started_at, zone),
    "Started (UTC)": lambda call, site, zone: formats.iso(call.started_at),
    "Site": lambda call, site, zone: formats.site_name(site),
    "Caller": lambda call, site, zone: call.caller or "",
    "Name": lambda call, site, zone: formats.name_of(call, site),
    "Company": lambda call, site, zone: formats.company(call.visitor_info, site),
    "Number called": lambda call, site, zone: call.did or "",
    "Direction": lambda call, site, zone: call.direction,
    "Outcome": lambda call, site, zone: call.outcome,
    "PBX status": lambda call, site, zone: call.status,
    "Talk seconds": lambda call, site, zone: call.talk_seconds,
    "Ring seconds": lambda call, site, zone: call.ring_seconds,
    "Wait seconds": lambda call, site, zone: call.wait_seconds,
    "Representative": lambda call, site, zone: call.representative,
    "Extension": lambda call, site, zone: call.extension,
    "Queue": lambda call, site, zone: call.queue,
    "Channel": lambda call, site, zone: call.channel,
    "Source": lambda call, site, zone: call.source,
    "Medium": _touch("medium"),
    "Campaign": lambda call, site, zone: call.campaign,
    "Term": _touch("term"),
    "Content": _touch("content"),
    "Landing page": lambda call, site, zone: call.landing_page,
    "Referrer": _touch("referrer"),
    **{click_id: _click_id(click_id) for click_id in AD_IDS},
    "First channel": _first("channel"),
    "First source": _first("source"),
    "First campaign": _first("campaign"),
    "First landing page": _first("landing_page"),
    "First arrival (UTC)": _first_at,
    "How we know": lambda call, site, zone: str(call.match.get("said") or ""),
    "Visitor": lambda call, site, zone: call.visitor_id or "",
    "Visitor info": _visitor_info,
    "Recording": lambda call, site, zone: formats.web_link(call.recording_url),
    "Price (minor units)": lambda call, site, zone: call.price,
    "Call id": lambda call, site, zone: call.call_id,
}
