"""What the PBX's own tracker attached to a call (`utm_source`, `gclid` …) -> a touchpoint.

It counts for a call of which nothing better is known. It is no evidence of who called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from leadtracker.domain import Touchpoint
from leadtracker.numbers.touchpoint import MISSPELLED, TELLING, touchpoint
from leadtracker.pbx.fields import FieldReader
from leadtracker.records.session import Session
from leadtracker.records.tables import CallRow
from leadtracker.reports.one_call import legs_as_written

PAGES = ("page", "landing_page", "url")
PREFIX = "var_"
LONGEST = 300
MOST_FIELDS = 100


def custom_touchpoint(session: Session, call: CallRow) -> Touchpoint | None:
    """Of the first of a call's CDRs that tells one."""
    told = (
        of_custom(leg.record.get("custom") or {}, call.started_at)
        for leg in legs_as_written(session, call.id)
    )
    return next((found for found in told if found is not None), None)


def of_custom(custom: Mapping[str, Any], at: datetime) -> Touchpoint | None:
    """None where the custom data names neither a campaign nor a click. The arrival is not known."""
    said = dict(_texts(custom))
    page = next((said[name] for name in PAGES if name in said), "")
    query = _query_of(page) | {name: said[name] for name in sorted(TELLING & said.keys())}
    if query.keys().isdisjoint(TELLING):
        return None
    referrer = said.get("referrer", "")
    try:
        found = touchpoint(_with_query(page, query), referrer, at)
    except ValueError:  # the page or the referrer is no address
        page, found = "", touchpoint(_with_query("", query), "", at)
    if not page:
        found = replace(found, url="", landing_page="")
    return replace(found, at=None)


def _with_query(page: str, query: Mapping[str, str]) -> str:
    """Raises ValueError when the page is neither an address nor a path."""
    parts = urlsplit(page)
    if page and not page.startswith("/") and parts.scheme not in ("http", "https"):
        raise ValueError("no page of a site")
    return parts._replace(query=urlencode(query)).geturl()


def _query_of(page: str) -> dict[str, str]:
    """What the page's own address says; nothing where it is none."""
    try:
        return dict(parse_qsl(urlsplit(page).query, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def _texts(custom: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names in small letters and without the PBX's prefix; an object in it is opened once."""
    reader = FieldReader(custom)
    for key, value in custom.items():
        for name, said in (reader.object(key) or {key: value}).items():
            plain = name.strip().lower().removeprefix(PREFIX)
            text = ""
            if isinstance(said, str | int | float) and not isinstance(said, bool):
                text = str(said).strip()[:LONGEST]  # the number of a campaign may be its name
            if text:
                yield MISSPELLED.get(plain, plain), text
