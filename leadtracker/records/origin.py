"""Where a page is from, spelled as browsers send it in the header Origin."""

from __future__ import annotations

from urllib.parse import urlsplit

import idna

USUAL_PORTS = {"http": 80, "https": 443}


def as_sent(text: str) -> str:
    """The origin that a person typed. Raises ValueError for what is none, or is more than one.

    | typed                         | sent                          |
    |-------------------------------|-------------------------------|
    | `HTTPS://WWW.Example.com:443` | `https://www.example.com`     |
    | `https://חנות.co.il/`         | `https://xn--9dbd1a4b.co.il`  |
    | `https://example.com:8443`    | `https://example.com:8443`    |
    """
    parts = urlsplit(text.strip())
    host, port = parts.hostname or "", parts.port
    if parts.scheme not in USUAL_PORTS or not host:
        raise ValueError("no address of the web")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("more than an origin")
    if any(character.isspace() or character in "*,%\\" for character in host):
        raise ValueError("no host")
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode()
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != USUAL_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    return f"{parts.scheme}://{host}"


def as_sent_or_kept(text: str) -> str:
    """The same of one that is stored already: what is no origin stays as it is."""
    try:
        return as_sent(text)
    except ValueError:
        return text
