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
from leadtracker.numbers.touchpoint import CLICK_IDS, touchpoint
from leadtracker.records.session import Session
from leadtracker.records.tables import CallRow
from leadtracker.reports.one_call import legs_as_written

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
TELLING = (*UTM, *CLICK_IDS)
MISSPELLED = {"glid": "gclid"}  # as the PBX's document has it
PAGES = ("page", "landing_page", "url")
PREFIX = "var_"
LONGEST = 300


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
    query = {name: said[name] for name in TELLING if name in said}
    if not query:
        return None
    page = next((said[name] for name in PAGES if name in said), "")
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
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | dict(query))).geturl()


def _texts(custom: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names in small letters and without the PBX's prefix; an object in it is opened once."""
    for key, value in custom.items():
        inner = value if isinstance(value, dict) else {key: value}
        for name, text in inner.items():
            plain = name.lower().removeprefix(PREFIX)
            if isinstance(text, str) and text.strip():
                yield MISSPELLED.get(plain, plain), text.strip()[:LONGEST]
