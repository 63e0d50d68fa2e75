"""Which channel, source and campaign brought a visitor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from leadtracker.domain import touchpoint_to_json
from leadtracker.numbers.touchpoint import touchpoint

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = "https://shop.example.com/sale"
GOOGLE = "https://www.google.com/"


@pytest.mark.parametrize(
    ("query", "referrer", "channel", "source", "campaign"),
    [
        ("", "", "direct", "direct", ""),
        ("", "https://shop.example.com/other", "direct", "direct", ""),
        ("", GOOGLE, "organic search", "google", ""),
        ("", "https://www.google.co.il/", "organic search", "google", ""),
        ("", "https://duckduckgo.com/", "organic search", "duckduckgo", ""),
        ("", "https://l.facebook.com/l.php", "social", "facebook", ""),
        ("", "https://t.co/x", "social", "twitter", ""),
        ("", "https://news.example.org/a", "referral", "news.example.org", ""),
        ("", "https://x.com/", "social", "twitter", ""),
        ("", "https://t.example.org/", "referral", "t.example.org", ""),
        ("", "https://x.example.org/", "referral", "x.example.org", ""),
        ("", "https://mail.google.com/", "email", "mail.google.com", ""),
        ("", "android-app://com.google.android.gm/", "email", "com.google.android.gm", ""),
        (
            "",
            "android-app://com.google.android.googlequicksearchbox/",
            "organic search",
            "google",
            "",
        ),
        ("gclid=a", GOOGLE, "paid search", "google", ""),
        ("gbraid=a", "", "paid search", "google", ""),
        ("wbraid=a", "", "paid search", "google", ""),
        ("msclkid=a", "", "paid search", "bing", ""),
        ("fbclid=a", "", "social", "facebook", ""),
        ("ttclid=a", "", "paid social", "tiktok", ""),
        ("gclid=&utm_source=radio", "", "other", "radio", ""),
        (
            "utm_source=google&utm_medium=cpc&utm_campaign=spring",
            GOOGLE,
            "paid search",
            "google",
            "spring",
        ),
        ("UTM_Source=Google&utm_medium=CPC", "", "paid search", "Google", ""),
        ("utm_source=facebook&utm_medium=cpc", "", "paid social", "facebook", ""),
        ("utm_source=fb&utm_medium=paid-social", "", "paid social", "fb", ""),
        ("utm_source=x", "", "social", "x", ""),
        ("utm_source=instagram", "", "social", "instagram", ""),
        (
            "utm_source=newsletter&utm_campaign=%D7%90%D7%91%D7%99%D7%91",
            "",
            "email",
            "newsletter",
            "אביב",
        ),
        ("utm_source=crm&utm_medium=email", "", "email", "crm", ""),
        ("utm_source=google&utm_medium=organic", "", "organic search", "google", ""),
        ("utm_source=partner&utm_medium=referral", "", "referral", "partner", ""),
        ("utm_source=radio&utm_medium=spot", "", "other", "radio", ""),
        ("utm_medium=cpc", "", "paid search", "unknown", ""),
        ("utm_campaign=spring", GOOGLE, "organic search", "google", "spring"),
    ],
)
def test_channel_source_and_campaign(
    query: str, referrer: str, channel: str, source: str, campaign: str
) -> None:
    found = touchpoint(f"{SITE}?{query}" if query else SITE, referrer, NOON)
    assert (found.channel, found.source, found.campaign) == (channel, source, campaign)


def test_everything_it_keeps() -> None:
    query = "utm_source=s&utm_medium=m&utm_campaign=c&utm_term=t&utm_content=o"
    url = f"{SITE}?{query}&gclid=1&fbclid=2&other=3#part"
    found = touchpoint(url, GOOGLE, NOON.astimezone(timezone(timedelta(hours=2))))
    assert touchpoint_to_json(found) == {
        "at": "2026-03-01T14:00:00.000+02:00",
        "url": url,
        "referrer": GOOGLE,
        "channel": "paid search",
        "source": "s",
        "medium": "m",
        "campaign": "c",
        "term": "t",
        "content": "o",
        "landing_page": "/sale",
        "click_ids": {"gclid": "1", "fbclid": "2"},
    }
    assert found.at == NOON


@pytest.mark.parametrize(
    ("url", "key", "value"),
    [
        ("https://shop.example.com", "landing_page", "/"),
        ("https://shop.example.com/%D7%90?x", "landing_page", "/%D7%90"),
        ("", "landing_page", "/"),
        (f"{SITE}?utm_campaign={'x' * 900}", "campaign", "x" * 300),
        (f"https://shop.example.com/{'x' * 900}", "landing_page", "/" + "x" * 299),
        (f"{SITE}?utm_campaign=a%00b", "campaign", "a\ufffdb"),
        (f"{SITE}\0?x", "landing_page", "/sale\ufffd"),
        (f"{SITE}?utm_campaign=a&utm_campaign=b", "campaign", "b"),
        (f"{SITE}?utm_campaign=%FF", "campaign", "\ufffd"),
    ],
)
def test_odd_addresses(url: str, key: str, value: str) -> None:
    assert getattr(touchpoint(url, "", NOON), key) == value


@pytest.mark.parametrize(
    ("url", "referrer"), [("https://[bad", ""), ("", "https://[bad"), ("https://a]b/", "")]
)
def test_what_is_no_address_tells_nothing(url: str, referrer: str) -> None:
    found = touchpoint(url, referrer, NOON)
    assert (found.url, found.referrer) == (url, referrer)
    assert (found.channel, found.source, found.landing_page) == ("direct", "direct", "/")
