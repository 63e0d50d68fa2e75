"""Whatever a browser says that it came from makes a touchpoint that can be kept."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from leadtracker.domain import touchpoint_from_json, touchpoint_to_json
from leadtracker.numbers.touchpoint import touchpoint

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PARTS = st.one_of(
    st.sampled_from(
        [
            "https://",
            "//",
            "shop.example.com",
            "[::1]",
            "[",
            "]",
            ":",
            "@",
            "/",
            "?",
            "#",
            "&",
            "=",
            "%",
            "%00",
            "\0",
            "utm_source",
            "utm_medium",
            "utm_campaign",
            "gclid",
            "cpc",
            "%D7%90",
            "אב",
            ";",
            "xn--",
            ":99999",
            "\\",
            "\t",
        ]
    ),
    st.text(max_size=8),
)
ADDRESSES = st.lists(PARTS, max_size=12).map("".join)


@given(ADDRESSES, ADDRESSES)
@example("https://a/?utm_campaign=%00", "")
@example("http://a\u2100b/", "")  # a sign that becomes a slash
def test_touchpoint(url: str, referrer: str) -> None:
    found = touchpoint(url, referrer, NOW)
    kept = orjson.loads(orjson.dumps(touchpoint_to_json(found)))
    assert touchpoint_from_json(kept) == found
    texts = [value for value in (*kept.values(), *found.click_ids.values())]
    assert not any("\0" in text for text in texts)
    assert found.channel
    assert found.source
