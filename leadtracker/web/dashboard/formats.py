"""How pages write times, durations, numbers and sources. Each function is a template filter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from flask import Flask

from leadtracker import phone
from leadtracker.calls.plain_text import visible
from leadtracker.calls.screen_pop import first_of
from leadtracker.domain import Json, Site, Touchpoint
from leadtracker.matching.interval import Count
from leadtracker.reports.period import PRESETS

OUTCOME_WORDS = {
    "answered": "Answered",
    "missed": "Missed",
    "busy": "Busy",
    "abandoned": "Caller gave up",
    "voicemail": "Voicemail",
    "failed": "Failed",
    "unknown": "Not known",
    "not answered": "Not answered",
}
UNDECIDED = ("unknown", "answered")  # outcomes that do not say whether a call has ended
TODAY = "Today"
# Stands in for the site of a call that is of none.
ANY_SITE = Site(id=0, name="", tokens=(), time_zone="UTC")
VERDICT_WORDS = {
    "certain": "certain",
    "likely": "likely",
    "ambiguous": "open",
    "nobody": "no visitor",
}
CHANCES = (
    (0.97, "almost certain"),
    (0.8, "very likely"),
    (0.5, "likely"),
    (0.2, "possible"),
    (0.05, "unlikely"),
    (0.0, "very unlikely"),
)  # least probability, words
PHASE_WORDS = {
    "ringing": "Ringing",
    "dialing": "Dialing",
    "answered": "Talking",
    "unknown": "In progress",
}


def register(app: Flask) -> None:
    filters = (
        clock,
        day,
        moment,
        moment_of,
        short_moment,
        iso,
        duration,
        number,
        outcome,
        tone,
        share,
        decimal,
        source_line,
        name,
        name_of,
        company,
        plain,
        web_link,
        readable_url,
        local_date,
        verdict,
        chance,
        percent,
        counted,
        preset_words,
    )
    for show in filters:
        app.add_template_filter(show)


def clock(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def day(at: datetime, zone: str) -> str:
    """`Today`, else `Sat 21 Nov`, with the year when it is another."""
    local, now = at.astimezone(ZoneInfo(zone)), datetime.now(ZoneInfo(zone))
    if local.date() == now.date():
        return TODAY
    if local.year == now.year:
        return local.strftime("%a %-d %b")
    return local.strftime("%-d %b %Y")


def moment(at: datetime, zone: str) -> str:
    return f"{day(at, zone)}, {at.astimezone(ZoneInfo(zone)).strftime('%H:%M:%S')}"


def short_moment(at: datetime, zone: str) -> str:
    """`21:26` of today, else `Sat 21 Nov, 21:26`."""
    parts = (day(at, zone), clock(at, zone))
    return ", ".join(part for part in parts if part != TODAY)


def moment_of(text: Any, zone: str) -> str:
    """A moment as matches keep it (ISO 8601); empty when the text is none."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return ""
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return moment(at, zone)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def duration(seconds: float | None) -> str:
    """`0:42`, `12:05`, `1:03:20`; a dash when there is nothing to say."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}"


def number(caller: str | None, country: str = "IL") -> str:
    """A number as people of the country write it; text that is no number stays as it came."""
    if not caller:
        return "Number withheld"
    if phone.read(caller, "ZZ") != caller:
        return caller
    national = phone.show(caller, "national")
    if phone.read(national, country) == caller:
        return national
    return phone.show(caller, "international")


def outcome(call: Any) -> str:
    """How a call ended, or what it does now."""
    if call.phase in PHASE_WORDS and call.outcome in UNDECIDED:
        return PHASE_WORDS[call.phase]
    return OUTCOME_WORDS.get(call.outcome, str(call.outcome))


def tone(call: Any) -> str:
    """The color of an outcome: good, bad, live or quiet."""
    if call.phase != "ended" and call.outcome in UNDECIDED:
        return "live"
    return {"answered": "good", "unknown": "quiet", "voicemail": "fair"}.get(call.outcome, "bad")


def share(part: float | None) -> str:
    if part is None:
        return "–"
    return f"{part * 100:.1f} %"


def decimal(count: int) -> str:
    return f"{count:,}"


def verdict(call: Any) -> str:
    """How sure we are who called, in a word; empty for a call that was not matched."""
    return VERDICT_WORDS.get(str(call.match.get("verdict")), "")


def chance(p: float) -> str:
    """A probability in everyday words."""
    return next(words for least, words in CHANCES if p >= least)


def percent(p: float) -> str:
    """`93 %`; only what is certain reads 0 % or 100 %."""
    if 0 < p < 0.01:
        return "under 1 %"
    if 0.99 < p < 1:
        return "over 99 %"
    return f"{p * 100:.0f} %"


def counted(figure: Count) -> str:
    """`1,209.6 ± 31.8`; a whole number where nothing is open."""
    if figure.half < 0.05:
        return f"{figure.mean:,.0f}"
    return f"{figure.mean:,.1f} ± {figure.half:,.1f}"


def source_line(touchpoint: Touchpoint | None) -> str:
    """`google · paid search · spring_sale`; empty when nothing is known."""
    if touchpoint is None:
        return ""
    told = (touchpoint.source, touchpoint.channel, touchpoint.campaign)
    return " · ".join(text for text in told if text)


def site_name(site: Site | None) -> str:
    return (site or ANY_SITE).name


def name(info: Json, site: Site | None) -> str:
    return first_of(info, (site or ANY_SITE).name_keys)


def name_of(call: Any, site: Site | None) -> str:
    """What the site's page told, else what they wrote into the form that asked for the call."""
    return name(call.visitor_info, site) or str(call.match.get("name") or "")


def company(info: Json, site: Site | None) -> str:
    return first_of(info, (site or ANY_SITE).company_keys)


def readable_url(url: str) -> str:
    """An address as people read it: what browsers wrote as %D7%90 is a letter again."""
    return unquote(url)


def preset_words(preset: str) -> str:
    """What a period's button says."""
    return PRESETS[preset]


def local_second(at: datetime, zone: str) -> str:
    """`2026-11-21 14:03:59`, as exports have it."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def local_date(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


def plain(value: Any) -> str:
    """What a page told or a form said, in one line of what can be seen."""
    if value is True:
        return "yes"
    if value is False:
        return "no"
    if isinstance(value, list):
        return ", ".join(plain(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{plain(key)}: {plain(part)}" for key, part in value.items())
    if value is None:
        return ""
    return visible(str(value))


def web_link(url: str) -> str:
    """The URL when a browser may be sent there (http, https), else ''."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and parts.netloc:
        return url
    return ""
