"""Landing URL and referrer -> touchpoint: which channel, source and campaign brought a visitor."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import SplitResult, parse_qsl, urlsplit

from leadtracker.domain import Touchpoint

CLICK_IDS = {  # parameter -> (source, channel)
    "gclid": ("google", "paid search"),
    "gbraid": ("google", "paid search"),
    "wbraid": ("google", "paid search"),
    "msclkid": ("bing", "paid search"),
    "fbclid": ("facebook", "social"),  # Facebook adds it to unpaid links too
    "ttclid": ("tiktok", "paid social"),
}
SEARCH = (
    "google",
    "bing",
    "yahoo",
    "duckduckgo",
    "yandex",
    "baidu",
    "ecosia",
    "qwant",
    "startpage",
)
SOCIAL = {
    "facebook": "facebook",
    "fb": "facebook",
    "instagram": "instagram",
    "tiktok": "tiktok",
    "linkedin": "linkedin",
    "lnkd": "linkedin",
    "twitter": "twitter",
    "x": "twitter",
    "youtube": "youtube",
    "pinterest": "pinterest",
    "reddit": "reddit",
    "whatsapp": "whatsapp",
}
SHORT_SOCIAL_HOSTS = {
    "t.co": "twitter",
    "x.com": "twitter",
    "www.x.com": "twitter",
    "fb.me": "facebook",
}
MAIL_HOSTS = ("mail", "outlook", "gm")  # mail.google.com, outlook.live.com, com.google.android.gm
PAID_MEDIA = ("cpc", "ppc", "paidsearch", "paid", "paid_search", "paid-search", "sem")
PAID_SOCIAL_MEDIA = ("paidsocial", "paid_social", "paid-social", "cpm", "social-paid")
LONGEST_VALUE = 300
LONGEST_KEY = 100


def touchpoint(url: str, referrer: str, at: datetime) -> Touchpoint:
    """What is no URL tells nothing, but is kept as it was told."""
    url, referrer = _text(url), _text(referrer)
    landing = _split(url)
    came_from = _split(referrer).hostname or ""
    pairs = parse_qsl(landing.query)
    query = {key.lower(): _text(value[:LONGEST_VALUE]) for key, value in pairs}
    click_ids = {name: query[name] for name in CLICK_IDS if query.get(name)}
    if came_from == landing.hostname:
        came_from = ""
    channel, source = _channel(query, click_ids, came_from)
    return Touchpoint(
        at=at,
        url=url,
        referrer=referrer,
        channel=channel,
        source=(query.get("utm_source") or source)[:LONGEST_VALUE],
        medium=query.get("utm_medium", ""),
        campaign=query.get("utm_campaign", ""),
        term=query.get("utm_term", ""),
        content=query.get("utm_content", ""),
        landing_page=landing.path[:LONGEST_VALUE] or "/",
        click_ids=click_ids,
    )


def source_key(touchpoint: Touchpoint) -> str:
    """The traffic source as a pool counts it: `source / campaign`, else `source / channel`.

    It has at most 100 characters and no `|`, because it is part of a lease's line in Redis.
    """
    key = f"{touchpoint.source} / {touchpoint.campaign or touchpoint.channel}"
    return key.replace("|", "/")[:LONGEST_KEY]


def is_url(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:  # brackets that are no IPv6 address, signs that hide a slash
        return False
    return True


def _split(url: str) -> SplitResult:
    if is_url(url):
        return urlsplit(url)
    return urlsplit("")


def _text(value: str) -> str:
    return value.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL in a text


def _channel(query: dict[str, str], click_ids: dict[str, str], came_from: str) -> tuple[str, str]:
    medium = query.get("utm_medium", "").lower()
    source = query.get("utm_source", "").lower()
    social = _social(source) or _social(came_from)
    if medium in PAID_SOCIAL_MEDIA or (social and medium in PAID_MEDIA):
        return "paid social", social or came_from
    if medium in PAID_MEDIA:
        return "paid search", _search(source) or _search(came_from) or "unknown"
    if click_ids:
        name = next(iter(click_ids))
        return CLICK_IDS[name][1], CLICK_IDS[name][0]
    mailed = (
        not medium and not source and any(label in MAIL_HOSTS for label in came_from.split("."))
    )
    if "mail" in medium or source in ("newsletter", "email") or mailed:
        return "email", source or came_from
    if medium in ("social", "sm") or (social and not medium):
        return "social", social or came_from
    if medium == "organic" or (not medium and not source and _search(came_from)):
        return "organic search", _search(source) or _search(came_from) or came_from
    if medium or source:
        channel = "referral" if medium == "referral" else "other"
        return channel, source or came_from
    if came_from:
        return "referral", came_from
    return "direct", "direct"


def _search(host: str) -> str:
    return next((name for name in SEARCH if name in host.split(".")), "")


def _social(source: str) -> str:
    """The network of a host, or of a word such as utm_source.

    In a host, a label of one or two letters names no network.
    """
    if "." not in source:
        return SOCIAL.get(source, "")
    known = (SOCIAL[label] for label in source.split(".") if len(label) > 2 and label in SOCIAL)
    return SHORT_SOCIAL_HOSTS.get(source) or next(known, "")
