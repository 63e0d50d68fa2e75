"""An origin is kept as browsers send it, however a person typed it."""

from __future__ import annotations

import pytest

from leadtracker.records.origin import as_sent, as_sent_or_kept


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("https://חנות.co.il", "https://xn--9dbd1a4b.co.il"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("https://xn--9dbd1a4b.co.il", "https://xn--9dbd1a4b.co.il"),
        ("https://WWW.Example.com", "https://www.example.com"),
        ("HTTPS://www.example.com", "https://www.example.com"),
        ("https://www.example.com:443", "https://www.example.com"),
        ("http://www.example.com:80/", "http://www.example.com"),
        ("https://www.example.com:80", "https://www.example.com:80"),
        ("http://localhost:8000", "http://localhost:8000"),
        (" https://www.example.com/ ", "https://www.example.com"),
        ("https://my_shop.example.com", "https://my_shop.example.com"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[2001:DB8::1]:80", "http://[2001:db8::1]"),
        ("https://[2001:0db8:0:0::1]", "https://[2001:db8::1]"),
        ("https://☃.example", "https://xn--n3h.example"),
        ("https://I❤️.example", "https://xn--i-7iq.example"),
        ("https://faß.example", "https://xn--fa-hia.example"),
        ("https://例え。example", "https://xn--r8jz45g.example"),
        ("\u200ehttps://www.example.com/\u200f", "https://www.example.com"),
        ("https://www.example.com//", "https://www.example.com"),
    ],
)
def test_as_sent(typed: str, sent: str) -> None:
    assert as_sent(typed) == sent == as_sent(sent) == as_sent_or_kept(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "null",
            "*",
            "www.example.com",
            "https://",
            "ftp://example.com",
            "https://*.example.com",
        ),
        *("https://www.example.com/he", "https://www.example.com?a=1", "https://www.example.com#a"),
        *(
            "https://user@example.com",
            "https://example.com:port",
            "https://exa mple.com",
            "http://[",
        ),
        *(
            "https://example.com:99999",
            "https://a.example.com,https://b.example.com",
            "https://..é",
        ),
    ],
)
def test_what_is_no_origin(typed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        as_sent(typed)
    assert as_sent_or_kept(typed) == typed
