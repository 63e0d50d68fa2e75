"""The channel of a visit, by the rules of Google Analytics' default channel group.

Source: "[GA4] Default channel group", support.google.com/analytics/answer/9756891. Ours besides:
AI assistants have a channel, words that people write for `paid` count, and click ids and referrers
tell where nobody tagged the address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from leadtracker.numbers import referrers
from leadtracker.numbers.referrers import AI, EMAIL, SEARCH, SHOPPING, SOCIAL, VIDEO, Known

PAID = re.compile(r".*cp.*|ppc|retargeting|remarketing|paid.*|.*[-_ ]paid|sem|ads?")
PAID_SEARCH = re.compile(r"paid[-_ ]?search|sem")
PAID_SOCIAL = re.compile(r"paid[-_ ]?social|social[-_ ]paid")
SHOP = re.compile(r".*(([^a-df-z]|^)shop|shopping).*")
DISPLAY = ("display", "banner", "expandable", "interstitial", "cpm")
SOCIAL_MEDIA = re.compile(r"social([-_ ](network|media))?|sm")
EMAILS = re.compile(r"e[-_ ]?mails?|newsletters?")
AFFILIATE = ("affiliate", "affiliates")
REFERRAL = ("referral", "app", "link")
PUSH = re.compile(r".*push|.*mobile.*|.*notification.*")
PAID_OF = {
    SHOPPING: "paid shopping",
    SEARCH: "paid search",
    SOCIAL: "paid social",
    VIDEO: "paid video",
}
UNPAID_OF = {
    AI: "ai assistant",
    EMAIL: "email",
    SEARCH: "organic search",
    SHOPPING: "organic shopping",
    SOCIAL: "social",
    VIDEO: "organic video",
}
ADS = {  # a parameter that an ad network adds to the address -> (source, channel)
    "gclid": ("google", "paid search"),
    "gbraid": ("google", "paid search"),
    "wbraid": ("google", "paid search"),
    "gad_source": ("google", "paid search"),
    "gad_campaignid": ("google", "paid search"),
    "dclid": ("google", "display"),
    "msclkid": ("bing", "paid search"),
    "yclid": ("yandex", "paid search"),
    "ttclid": ("tiktok", "paid social"),
    "twclid": ("twitter", "paid social"),
    "li_fat_id": ("linkedin", "paid social"),
    "sccid": ("snapchat", "paid social"),
    "rdt_cid": ("reddit", "paid social"),
    "epik": ("pinterest", "paid social"),
    "oppref": ("chatgpt", "paid other"),
}
LINKS = {  # the same of networks that add it to unpaid links too
    "fbclid": ("facebook", "social"),
    "igshid": ("instagram", "social"),
    "srsltid": ("google", "organic shopping"),
}


@dataclass(frozen=True, slots=True)
class Tags:
    """What the address says, in small letters; '' where it says nothing."""

    source: str
    medium: str
    campaign: str


def channel_of(tags: Tags, click_ids: Mapping[str, str], came_from: str) -> tuple[str, str]:
    """Channel and source of a visit that came from this host; '' for none."""
    behind = referrers.of_host(came_from)
    ad = next((ADS[name] for name in click_ids if name in ADS), None)
    if tags.source or tags.medium:
        known = referrers.of_word(tags.source) if tags.source else behind
        channel = _tagged(tags, known)
        if ad and not channel.startswith("paid"):
            return ad[1], ad[0]
        source = known.name or came_from
        if not source and channel.startswith("paid"):
            source = "unknown"
        return channel, source
    if ad:
        return ad[1], ad[0]
    return _untagged(click_ids, came_from, behind)


def _untagged(click_ids: Mapping[str, str], came_from: str, behind: Known) -> tuple[str, str]:
    link = next((LINKS[name] for name in click_ids if name in LINKS), None)
    if behind.kind and not (link and behind.kind == SEARCH):
        return UNPAID_OF[behind.kind], behind.name
    if link:
        return link[1], link[0]
    if came_from:
        return "referral", came_from
    return "direct", "direct"


def _tagged(tags: Tags, known: Known) -> str:
    if "cross-network" in tags.campaign:
        return "cross-network"
    if PAID.fullmatch(tags.medium):
        return _paid(tags, known)
    return _unpaid(tags, known)


def _paid(tags: Tags, known: Known) -> str:
    if PAID_SOCIAL.fullmatch(tags.medium):
        return "paid social"
    if known.kind in PAID_OF:
        return PAID_OF["shopping" if SHOP.fullmatch(tags.campaign) else known.kind]
    if PAID_SEARCH.fullmatch(tags.medium):
        return "paid search"
    if SHOP.fullmatch(tags.campaign):
        return "paid shopping"
    if tags.medium in DISPLAY:
        return "display"
    return "paid other"


def _unpaid(tags: Tags, known: Known) -> str:
    kind, medium = known.kind, tags.medium
    rules = {
        "display": medium in DISPLAY,
        "ai assistant": kind == AI,
        "organic shopping": kind == SHOPPING or SHOP.fullmatch(tags.campaign),
        "social": kind == SOCIAL or SOCIAL_MEDIA.fullmatch(medium),
        "organic video": kind == VIDEO or "video" in medium,
        "organic search": kind == SEARCH or medium == "organic",
        "email": kind == EMAIL or "mail" in medium or EMAILS.fullmatch(tags.source),
        "affiliates": medium in AFFILIATE,
        "referral": medium in REFERRAL,
        "audio": medium == "audio",
        "sms": "sms" in (medium, tags.source),
        "push": PUSH.fullmatch(medium) or tags.source == "firebase",
    }
    return next((channel for channel, fits in rules.items() if fits), "other")
