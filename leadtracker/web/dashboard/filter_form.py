"""The filters of a page: read from its address, shown in its form, handed to a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from leadtracker import phone
from leadtracker.domain import Site
from leadtracker.errors import BadRequest, NotFound
from leadtracker.records.sites import Directory
from leadtracker.reports.calls import OUTCOMES, CallFilter
from leadtracker.reports.period import PRESETS, Period, preset_period, read_day
from leadtracker.reports.sources import SourceFilter
from leadtracker.web.dashboard.formats import ANY_SITE

NAMES = ("period", "from", "to", "site", "channel", "source", "outcome", "state", "number", "by")
UNKNOWN = "-"  # in the address: calls whose source is not known
LONG = 9  # so many digits are a whole number, with the prefix that is dialed at home
OPEN_DAYS = 30  # that a report covers when its period has no first day
REVERSED = "The end date is before the start date"


@dataclass(frozen=True, slots=True)
class FilterForm:
    """What was chosen.

    `query` holds it as it stands in the address. `site` None means all. `fault` says what is wrong
    with the dates: the page shows it beside them, and nothing is found.
    """

    query: Mapping[str, str]
    period: Period
    site: Site | None

    @property
    def fault(self) -> str:
        first, last = self.period.first, self.period.last
        if first and last and last < first:
            return REVERSED
        return ""

    @property
    def status(self) -> int:
        """Of the answer: 400 when there is a fault."""
        if self.fault:
            return HTTPStatus.BAD_REQUEST
        return HTTPStatus.OK

    @property
    def site_id(self) -> int | None:
        if self.site is None:
            return None
        return self.site.id

    @property
    def zone(self) -> str:
        return self.period.zone

    def get(self, name: str) -> str:
        return self.query.get(name, "")

    def changed(self, **changes: str | None) -> dict[str, Any]:
        """The query with some choices changed; None leaves one out."""
        return {name: value for name, value in {**self.query, **changes}.items() if value}

    def with_preset(self, preset: str) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.changed(period=preset).items()
            if name not in ("from", "to")
        }

    @property
    def narrowed(self) -> bool:
        """Whether something is chosen that leaves calls out."""
        return (
            any(name in self.query for name in NAMES if name != "by")
            and self.query.get("period") != "all"
        )

    def call_filter(self, sites: Sequence[Site]) -> CallFilter:
        callers, last_digits = read_number(self.get("number"), sites)
        return CallFilter(
            period=self.period,
            site_id=self.site_id,
            channel=_or_unknown(self.get("channel")),
            source=_or_unknown(self.get("source")),
            outcomes=OUTCOMES.get(self.get("outcome"), ()),
            callers=callers,
            last_digits=last_digits,
        )

    def source_filter(self) -> SourceFilter:
        return SourceFilter(self.period, self.site_id)


def read_filters(
    arguments: Mapping[str, str], directory: Directory, preset: str, *, closed: bool = False
) -> FilterForm:
    """Read the filters of an address.

    `preset` counts when the address names no period. `closed` gives an open period two ends.
    Raises BadRequest, NotFound.
    """
    query = {name: arguments[name].strip() for name in NAMES if arguments.get(name, "").strip()}
    if query.get("outcome", "answered") not in OUTCOMES:
        raise BadRequest(f"outcome is one of: {', '.join(OUTCOMES)}")
    site = _site(query.get("site"), directory)
    zone = site.time_zone if site else zone_without_site(directory)
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
    if closed:
        period = _close(period, now)
    return FilterForm(query, period, site)


def zone_without_site(directory: Directory) -> str:
    """Of lists, and of what is of no site: the first site's, else the first account's."""
    zones = [site.time_zone for site in directory.sites]
    zones += [account.time_zone for account in directory.accounts.values()]
    return next(iter(zones), ANY_SITE.time_zone)


def whole_form(form: FilterForm) -> FilterForm:
    """The form of an export, which has no place to show a fault. Raises BadRequest."""
    if form.fault:
        raise BadRequest(form.fault[0].lower() + form.fault[1:])
    return form


def read_number(text: str, sites: Sequence[Site]) -> tuple[tuple[str, ...], str]:
    """The numbers that a text can mean, and the last digits that it names.

    | typed                      | numbers           | last digits |
    |----------------------------|-------------------|-------------|
    | a number, in any spelling  | those it can mean | none        |
    | a part of a number         | none              | its digits  |
    | a word such as `anonymous` | the word          | none        |
    """
    if not text:
        return (), ""
    countries = dict.fromkeys(site.country for site in sites)
    whole = dict.fromkeys(number for country in countries if (number := phone.read(text, country)))
    if whole:
        return tuple(whole), ""
    digits = "".join(character for character in text if character in "0123456789")
    if len(digits) >= LONG and digits.startswith("0"):  # dialed at home, but of no known range
        digits = digits.lstrip("0")
    if digits:
        return (), digits
    return (text,), ""


def _close(period: Period, now: datetime) -> Period:
    today = preset_period("today", period.zone, now).last
    last = period.last or today
    if last is None:
        return period
    return Period(period.zone, period.first or last - timedelta(days=OPEN_DAYS - 1), last)


def _site(text: str | None, directory: Directory) -> Site | None:
    if text is None:
        return None
    site = None
    if text.isdecimal() and len(text) < 10:
        site = directory.site(int(text))
    if site is None:
        raise NotFound("there is no such site")
    return site


def _or_unknown(text: str) -> str | None:
    """What a report takes: None for any, '' for those of which nothing is known."""
    if text == UNKNOWN:
        return ""
    return text or None
