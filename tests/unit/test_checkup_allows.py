"""Whether a page's Content-Security-Policy lets it use our script."""

from __future__ import annotations

import pytest

from leadtracker.running.site_page import allows

OURS = "https://calls.example.com/tracker.js"
SHOP = "https://shop.example.com"


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("", True),
        ("img-src 'self'", True),
        ("script-src *", True),
        ("script-src https:", True),
        ("script-src http:", False),
        ("script-src 'none'", False),
        ("script-src", False),
        ("script-src 'self'", False),
        ("script-src calls.example.com", True),
        ("script-src https://calls.example.com", True),
        ("SCRIPT-SRC HTTPS://CALLS.EXAMPLE.COM", True),
        ("script-src https://calls.example.com/tracker.js", True),
        ("script-src *.example.com", True),
        ("script-src *.calls.example.com", False),
        ("script-src other.example.com", False),
        ("script-src 'unsafe-inline' 'unsafe-eval'", False),
        ("script-src 'nonce-abc'", True),
        ("script-src 'sha256-abc'", True),
        ("script-src 'strict-dynamic' 'nonce-abc'", True),
        ("default-src 'self'", False),
        ("default-src 'self'; script-src calls.example.com", True),
        ("default-src *; script-src 'self'", False),
        ("script-src *; script-src-elem 'self'", False),
        ("script-src 'self'; script-src-elem calls.example.com", True),
        (" ; ;script-src  calls.example.com ; ", True),
    ],
)
def test_script_of_another_host(policy: str, allowed: bool) -> None:
    assert allows(policy, "script-src", OURS, SHOP) is allowed


@pytest.mark.parametrize(
    ("policy", "url", "allowed"),
    [
        ("connect-src 'self'", f"{SHOP}/assets/site.js", True),
        ("connect-src 'self'", OURS, False),
        ("default-src 'self'; connect-src *", OURS, True),
        ("connect-src calls.example.com:8443", "https://calls.example.com:8443/tracker.js", True),
        ("connect-src calls.example.com:8443", OURS, False),
    ],
)
def test_where_the_script_may_send_to(policy: str, url: str, allowed: bool) -> None:
    assert allows(policy, "connect-src", url, SHOP) is allowed
