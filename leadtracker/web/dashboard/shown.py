"""How times, lengths, numbers and sources are written for people; each function is a filter of the templates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from flask import Flask

from leadtracker import phone
from leadtracker.calls.screen_pop import first_of
from leadtracker.domain import Json, Site, Touchpoint
from leadtracker.matching.interval import Count

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
ANY_SITE = Site(
    id=0, name="", tokens=(), origins=(), default_number=None, time_zone="UTC"
)  # where a call is of none
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
        iso,
        duration,
        number,
        outcome,
        tone,
        share,
        decimal,
        source_line,
        name,
        company,
        plain,
        web_link,
        readable_url,
        local_date,
        verdict,
        chance,
        percent,
        counted,
    )
    for show in filters:
        app.add_template_filter(show)


def clock(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def day(at: datetime, zone: str) -> str:
    """`Today`, else `Sat 21 Nov`, with the year when it is another."""
    local, now = at.astimezone(ZoneInfo(zone)), datetime.now(UTC).astimezone(ZoneInfo(zone))
    if local.date() == now.date():
        return "Today"
    return local.strftime("%a %-d %b" if local.year == now.year else "%-d %b %Y")


def moment(at: datetime, zone: str) -> str:
    return f"{day(at, zone)}, {at.astimezone(ZoneInfo(zone)).strftime('%H:%M:%S')}"


def moment_of(text: Any, zone: str) -> str:
    """Of a moment as matches keep it (ISO 8601); empty when it is none."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return ""
    return moment(at if at.tzinfo else at.replace(tzinfo=UTC), zone)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def duration(seconds: float | None) -> str:
    """`0:42`, `12:05`, `1:03:20`; a dash when there is nothing to say."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def number(caller: str | None, country: str = "IL") -> str:
    """A number as people of the country write it; what is no number as it came."""
    if not caller:
        return "Number withheld"
    if phone.read(caller, "ZZ") != caller:
        return caller
    national = phone.show(caller, "national")
    return (
        national if phone.read(national, country) == caller else phone.show(caller, "international")
    )


def outcome(call: Any) -> str:
    """How a call ended, or what it does now."""
    if (
        call.phase in PHASE_WORDS
        and call.phase != "ended"
        and call.outcome in ("unknown", "answered")
    ):
        return PHASE_WORDS[call.phase]
    return OUTCOME_WORDS.get(call.outcome, str(call.outcome))


def tone(call: Any) -> str:
    """The colour of an outcome: good, bad, live or quiet."""
    if call.phase != "ended" and call.outcome in ("unknown", "answered"):
        return "live"
    return {"answered": "good", "unknown": "quiet", "voicemail": "fair"}.get(call.outcome, "bad")


def share(part: float | None) -> str:
    return "–" if part is None else f"{part * 100:.1f} %"


def decimal(count: int) -> str:
    return f"{count:,}"


def verdict(call: Any) -> str:
    """How sure it is who called, in a word; empty where it was not asked."""
    return VERDICT_WORDS.get(str(call.match.get("verdict")), "")


def chance(p: float) -> str:
    """A probability as one says it."""
    return next(words for least, words in CHANCES if p >= least)


def percent(p: float) -> str:
    """`93 %`; never 100 % or 0 % of what is not quite so."""
    if 0 < p < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < p < 1 else f"{p * 100:.0f} %"


def counted(figure: Count) -> str:
    """`1,209.6 ± 31.8`; a whole number where nothing is open."""
    return (
        f"{figure.mean:,.1f} ± {figure.half:,.1f}" if figure.half >= 0.05 else f"{figure.mean:,.0f}"
    )


def source_line(touchpoint: Touchpoint | None) -> str:
    """`google · paid search · spring_sale`; empty when nothing is known."""
    if touchpoint is None:
        return ""
    told = (touchpoint.source, touchpoint.channel, touchpoint.campaign)
    return " · ".join(text for text in told if text)


def name(info: Json, site: Site | None) -> str:
    return first_of(info, (site or ANY_SITE).name_keys)


def company(info: Json, site: Site | None) -> str:
    return first_of(info, (site or ANY_SITE).company_keys)


def readable_url(url: str) -> str:
    """An address as people read it: what browsers wrote as %D7%90 is a letter again."""
    return unquote(url)


def local_date(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


def plain(value: Any) -> str:
    """A value of visitorInfo in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(plain(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {plain(part)}" for key, part in value.items())
    return "" if value is None else str(value)


def web_link(url: str) -> str:
    """The URL when a browser may be sent there (http, https), else ''."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""
