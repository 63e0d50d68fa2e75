"""The filters of a page: its address's query, what is asked of a report, and what the form shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leadtracker import phone
from leadtracker.domain import Site
from leadtracker.errors import BadRequest, NotFound
from leadtracker.records.sites import Directory
from leadtracker.reports.calls import OUTCOMES, CallFilter
from leadtracker.reports.period import PRESETS, Period, preset_period, read_day
from leadtracker.reports.sources import SourceFilter
from leadtracker.web.dashboard.shown import ANY_SITE

NAMES = ("period", "from", "to", "site", "channel", "source", "outcome", "state", "number", "by")
UNKNOWN = "-"  # in the address: calls of which no source is known
LONG = 9  # so many digits are a whole number, with the prefix that is dialled at home
OPEN_DAYS = 30  # a report about a period with an open side covers so many days


@dataclass(frozen=True, slots=True)
class FilterForm:
    """`query` holds what was chosen, as it stands in the address; `site` None means all."""

    query: Mapping[str, str]
    period: Period
    site: Site | None

    @property
    def zone(self) -> str:
        return self.period.zone

    def get(self, name: str) -> str:
        return self.query.get(name, "")

    def but(self, **changes: str | None) -> dict[str, Any]:
        """The query with some choices changed or (None) taken back."""
        return {name: value for name, value in {**self.query, **changes}.items() if value}

    def with_preset(self, preset: str) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.but(period=preset).items()
            if name not in ("from", "to")
        }

    @property
    def narrowed(self) -> bool:
        """Something is chosen that leaves calls out."""
        return (
            any(name in self.query for name in NAMES if name != "by")
            and self.query.get("period") != "all"
        )

    def call_filter(self, sites: Sequence[Site]) -> CallFilter:
        callers, last_digits = read_number(self.get("number"), sites)
        return CallFilter(
            period=self.period,
            site_id=self.site.id if self.site else None,
            channel=_or_unknown(self.get("channel")),
            source=_or_unknown(self.get("source")),
            outcomes=OUTCOMES.get(self.get("outcome"), ()),
            callers=callers,
            last_digits=last_digits,
        )

    def source_filter(self) -> SourceFilter:
        return SourceFilter(self.period, self.site.id if self.site else None)


def read_filters(
    arguments: Mapping[str, str], directory: Directory, preset: str, *, closed: bool = False
) -> FilterForm:
    """Filters of an address; `preset` when it names no period; `closed`: no side may be open.

    Raises BadRequest, NotFound.
    """
    query = {name: arguments[name].strip() for name in NAMES if arguments.get(name, "").strip()}
    if query.get("outcome", "answered") not in OUTCOMES:
        raise BadRequest(f"outcome is one of: {', '.join(OUTCOMES)}")
    site = _site(query.get("site"), directory)
    zone = (site or next(iter(directory.sites), None) or ANY_SITE).time_zone
    now = datetime.now(UTC)
    first, last = read_day(query.get("from", "")), read_day(query.get("to", ""))
    if first or last:
        query.pop("period", None)
        period = Period(zone, first, last)
    else:
        chosen = query.get("period", preset)
        if chosen not in PRESETS or (closed and chosen == "all"):
            raise BadRequest(f"period is one of: {', '.join(PRESETS)}")
        period = preset_period(chosen, zone, now)
    return FilterForm(query, _close(period, now) if closed else period, site)


def read_number(text: str, sites: Sequence[Site]) -> tuple[tuple[str, ...], str]:
    """A number in any spelling -> those it can mean; a part of one -> its last digits; a word -> itself."""
    if not text:
        return (), ""
    countries = dict.fromkeys(site.country for site in sites)
    whole = dict.fromkeys(number for country in countries if (number := phone.read(text, country)))
    if whole:
        return tuple(whole), ""
    digits = "".join(character for character in text if character in "0123456789")
    if len(digits) >= LONG and digits.startswith(
        "0"
    ):  # dialled at home, but of no range that is known
        digits = digits.lstrip("0")
    return ((), digits) if digits else ((text,), "")


def _close(period: Period, now: datetime) -> Period:
    today = preset_period("today", period.zone, now).last
    last = period.last or today
    if last is None:
        return period
    first = period.first or last - timedelta(days=OPEN_DAYS - 1)
    if last < first:
        raise BadRequest("the period ends before it begins")
    return Period(period.zone, first, last)


def _site(text: str | None, directory: Directory) -> Site | None:
    if text is None:
        return None
    site = directory.site(int(text)) if text.isdecimal() and len(text) < 10 else None
    if site is None:
        raise NotFound("there is no such site")
    return site


def _or_unknown(text: str) -> str | None:
    return "" if text == UNKNOWN else text or None
