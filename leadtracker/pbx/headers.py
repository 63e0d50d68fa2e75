"""Which headers of a notification are kept: none that may hold a secret, and not too many."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from leadtracker.pbx.vendor import Headers

MOST_HEADERS = 50
LONGEST_NAME = 100
LONGEST_VALUE = 1000  # characters; the rest is cut off
# A header is left out when its name holds one of these words, however the name is spelled.
SECRET_WORDS = (
    "auth",  # Authorization, Proxy-Authorization, X-Auth
    "cookie",
    "credential",
    "key",
    "passphrase",
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
)


def headers_of(pairs: Iterable[tuple[str, str]]) -> Headers:
    """A request's headers by name in lower case; the values of a repeated one are joined."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        plain = name.lower()
        before = headers.get(plain)
        headers[plain] = value if before is None else f"{before}, {value}"
    return headers


def kept(headers: Headers, secret: str) -> Headers:
    """Those that may be stored. `secret` is the account's: proxies repeat addresses in headers."""
    harmless = [
        (name, value)
        for name, value in headers.items()
        if len(name) <= LONGEST_NAME and not _names_a_secret(name) and secret not in value
    ]
    return {name: _text(value)[:LONGEST_VALUE] for name, value in harmless[:MOST_HEADERS]}


@lru_cache(1000)  # a PBX sends the same names with every notification
def _names_a_secret(name: str) -> bool:
    letters = "".join(character for character in name.lower() if character.isalnum())
    return any(word in letters for word in SECRET_WORDS)


def _text(value: str) -> str:
    return value.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL in a text
