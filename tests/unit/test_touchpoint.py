"""Which channel, source and campaign brought a visitor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtracker.domain import touchpoint_to_json
from leadtracker.numbers import referrers
from leadtracker.numbers.touchpoint import LONGEST_ID, touchpoint

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
        ("", "https://mail.google.com/", "email", "gmail", ""),
        ("", "android-app://com.google.android.gm/", "email", "gmail", ""),
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
        ("UTM_Source=Google&utm_medium=CPC", "", "paid search", "google", ""),
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
        ("utm_medium=cpc", "", "paid other", "unknown", ""),
        ("utm_campaign=spring", GOOGLE, "organic search", "google", "spring"),
        # Links as people and tools write them.
        ("utm_source=fb&amp;utm_medium=paid&amp;utm_campaign=x", "", "paid social", "fb", "x"),
        ("utm_source=%20Google%20&UTM_MEDIUM=+cpc", "", "paid search", "google", ""),
        ("utm_source=(direct)&utm_medium=(none)", "", "direct", "direct", ""),
        ("utm_source=&utm_medium=", GOOGLE, "organic search", "google", ""),
        ("#utm_source=fb&utm_medium=paid", "", "paid social", "fb", ""),
        ("#/sale?gclid=a", "", "paid search", "google", ""),
        ("utm_source=bing&utm_medium=cpc&utm_id=17", "", "paid search", "bing", "17"),
        # The ids of ad networks, and of links that nobody paid for.
        ("gad_source=1&gad_campaignid=123", "", "paid search", "google", "123"),
        ("dclid=a", "", "display", "google", ""),
        ("li_fat_id=a", "", "paid social", "linkedin", ""),
        ("twclid=a", "", "paid social", "twitter", ""),
        ("yclid=a", "", "paid search", "yandex", ""),
        ("oppref=a", "https://chatgpt.com/", "paid other", "chatgpt", ""),
        ("srsltid=a", GOOGLE, "organic shopping", "google", ""),
        ("fbclid=a", "https://l.instagram.com/", "social", "instagram", ""),
        ("fbclid=a&utm_source=news&utm_medium=email", "", "email", "news", ""),
        ("gclid=a&utm_source=news&utm_medium=email", "", "paid search", "news", ""),
        # Google's default channel group.
        ("utm_source=ig&utm_medium=paid", "", "paid social", "ig", ""),
        ("utm_source=an&utm_medium=paid", "", "paid social", "an", ""),
        ("utm_source=taboola&utm_medium=cpc", "", "paid other", "taboola", ""),
        ("utm_source=youtube&utm_medium=cpv&utm_campaign=a", "", "paid video", "youtube", "a"),
        ("utm_source=youtube&utm_medium=cpc", "", "paid video", "youtube", ""),
        ("utm_source=amazon&utm_medium=ppc", "", "paid shopping", "amazon", ""),
        ("utm_source=a&utm_medium=cpc&utm_campaign=Shopping", "", "paid shopping", "a", "Shopping"),
        ("utm_source=a&utm_medium=cpc&utm_campaign=Bishop", "", "paid other", "a", "Bishop"),
        ("utm_source=a&utm_campaign=Workshop", "", "other", "a", "Workshop"),
        ("utm_source=a&utm_campaign=eshop", "", "organic shopping", "a", "eshop"),
        ("utm_source=g&utm_campaign=cross-network", "", "cross-network", "g", "cross-network"),
        ("utm_source=dv360&utm_medium=banner", "", "display", "dv360", ""),
        ("utm_source=dv360&utm_medium=cpm", "", "display", "dv360", ""),
        ("utm_source=partner&utm_medium=affiliate", "", "affiliates", "partner", ""),
        ("utm_source=podcast&utm_medium=audio", "", "audio", "podcast", ""),
        ("utm_source=crm&utm_medium=SMS", "", "sms", "crm", ""),
        ("utm_source=sms", "", "sms", "sms", ""),
        ("utm_source=app&utm_medium=webpush", "", "push", "app", ""),
        ("utm_source=a&utm_medium=social-network", "", "social", "a", ""),
        ("utm_source=a&utm_medium=shortvideo", "", "organic video", "a", ""),
        ("utm_source=chatgpt.com", "", "ai assistant", "chatgpt.com", ""),
        # Who a referrer is.
        ("", "https://docs.google.com/document/d/1", "referral", "docs.google.com", ""),
        ("", "https://news.google.com/", "organic search", "google", ""),
        ("", "https://r.search.yahoo.com/", "organic search", "yahoo", ""),
        ("", "https://google.evil.com/", "referral", "google.evil.com", ""),
        ("", "https://notgoogle.com/", "referral", "notgoogle.com", ""),
        ("", "https://gemini.google.com/app", "ai assistant", "gemini", ""),
        ("", "https://www.perplexity.ai/search", "ai assistant", "perplexity", ""),
        ("", "https://m.youtube.com/watch", "organic video", "youtube", ""),
        ("", "https://www.amazon.co.uk/", "organic shopping", "amazon", ""),
        ("", "https://out.reddit.com/", "social", "reddit", ""),
        ("", "https://www.shop.example.com/", "direct", "direct", ""),
        ("", "https://www.google.com/amp/s/a.example.org/b", "organic search", "google", ""),
        ("", "https://a--b-example-org.cdn.ampproject.org/", "referral", "a-b.example.org", ""),
        ("", "https://a.cdn.ampproject.org/v/s/b.example.org/c", "referral", "b.example.org", ""),
        ("", "https://x.cdn.ampproject.org/c/shop.example.com", "organic search", "google", ""),
    ],
)
def test_channel_source_and_campaign(
    query: str, referrer: str, channel: str, source: str, campaign: str
) -> None:
    url = SITE
    if query:
        url += query if query.startswith("#") else f"?{query}"
    found = touchpoint(url, referrer, NOON)
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


def test_what_the_page_says_counts_where_its_address_says_nothing() -> None:
    said = {"utm_source": "Facebook", "utm_medium": "cpc", "gclid": "", "name": "Dana"}
    found = touchpoint(SITE, GOOGLE, NOON, said)
    assert (found.channel, found.source, found.click_ids) == ("paid social", "facebook", {})
    tagged = touchpoint(f"{SITE}?utm_source=newsletter", "", NOON, said)
    assert (tagged.channel, tagged.source, tagged.medium) == ("email", "newsletter", "")


def test_a_click_id_is_kept_whole_or_not_at_all() -> None:
    kept, lost = "x" * LONGEST_ID, "x" * (LONGEST_ID + 1)
    assert touchpoint(f"{SITE}?gclid={kept}", "", NOON).click_ids == {"gclid": kept}
    assert touchpoint(f"{SITE}?gclid={lost}", "", NOON).click_ids == {}


@given(st.text(), st.text())
def test_no_address_is_too_odd(url: str, referrer: str) -> None:
    found = touchpoint(f"https://shop.example.com/{url}", f"https://{referrer}", NOON)
    assert found.channel


def test_each_entry_of_the_table_is_found_and_is_the_first_of_its_kind() -> None:
    table = referrers._read()
    for kind in referrers.KINDS:
        for hosts in table[kind].values():
            for host in hosts:
                asked = host.removeprefix(".").replace("*", "com")
                found = referrers.of_host(asked)
                assert found.name, host
                if found.kind == kind:
                    assert referrers.of_host(f"www.{asked}").kind == kind, host
