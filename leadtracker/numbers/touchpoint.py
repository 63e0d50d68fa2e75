"""Landing URL and referrer -> touchpoint: which channel, source and campaign brought a visitor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, urlsplit

from leadtracker.domain import Touchpoint
from leadtracker.numbers import channel, referrers
from leadtracker.numbers.channel import Tags

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id")
AD_IDS = (*channel.ADS, *channel.LINKS)
TELLING = frozenset((*UTM, *AD_IDS))  # parameters that say where a visit came from
MISSPELLED = {"glid": "gclid"}  # as a PBX's document has it
NOTHING = ("(direct)", "(none)", "(not set)", "(organic)", "(referral)")  # Google's words for it
LONGEST_VALUE = 300
LONGEST_ID = 512  # a click id that is cut is worth nothing
LONGEST_KEY = 100
UNTOLD: Mapping[str, str] = MappingProxyType({})


def touchpoint(
    url: str, referrer: str, at: datetime, said: Mapping[str, str] = UNTOLD
) -> Touchpoint:
    """What is no URL tells nothing, but is kept as it was told.

    `said` is what the page itself says, by the names of TELLING. It counts when the address tells
    nothing of the kind.
    """
    url, referrer = _text(url), _text(referrer)
    landing = _split(url)
    told = _told(landing) or {name: _text(said[name]) for name in said if name in TELLING}
    tagged = {name: told.get(name, "")[:LONGEST_VALUE] for name in UTM}
    ids = {name: told[name] for name in AD_IDS if 0 < len(told.get(name, "")) <= LONGEST_ID}
    came_from = _came_from(referrer, landing.hostname or "")
    tags = Tags(*(tagged[name].lower() for name in UTM[:3]))
    found, source = channel.channel_of(tags, ids, came_from)
    return Touchpoint(
        at=at,
        url=url,
        referrer=referrer,
        channel=found,
        source=(tags.source or source)[:LONGEST_VALUE],
        medium=tags.medium,
        campaign=tagged["utm_campaign"] or tagged["utm_id"] or ids.get("gad_campaignid", ""),
        term=tagged["utm_term"],
        content=tagged["utm_content"],
        landing_page=landing.path[:LONGEST_VALUE] or "/",
        click_ids=ids,
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


def _told(landing: SplitResult) -> dict[str, str]:
    """What an address tells by names in small letters; of two, the last counts.

    Some links write `&amp;`, and some put it all behind the `#`.
    """
    told: dict[str, str] = {}
    parts = (landing.fragment.rpartition("?")[2], landing.query)
    for part in filter(None, parts):
        for name, value in parse_qsl(part.replace("&amp;", "&")):
            plain, text = name.strip().lower(), " ".join(_text(value).split())
            if plain in TELLING and text.lower() not in ("", *NOTHING):
                told[plain] = text
    return told


def _came_from(referrer: str, site: str) -> str:
    """The host that a visitor came from; '' for none, and for another page of the site itself."""
    host = referrers.came_from(referrer)
    if referrers.bare(host) != referrers.bare(site):
        return host
    if referrers.is_amp(referrer):
        return referrers.AMP_SHOWN_BY
    return ""
