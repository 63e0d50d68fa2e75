"""Where a page is from, spelled as browsers send it in the header Origin."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

# What copying adds, most often where text runs from the right.
UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
USUAL_PORTS = {"http": 80, "https": 443}


def as_sent(text: str) -> str:
    """The origin that a person typed. Raises ValueError for what is none, or is more than one.

    | typed                         | sent                          |
    |-------------------------------|-------------------------------|
    | `HTTPS://WWW.Example.com:443` | `https://www.example.com`     |
    | `https://חנות.co.il/`         | `https://xn--9dbd1a4b.co.il`  |
    | `https://example.com:8443`    | `https://example.com:8443`    |
    """
    parts = urlsplit(UNSEEN.sub("", text).strip())
    host, port = parts.hostname or "", parts.port
    if parts.scheme not in USUAL_PORTS or not host:
        raise ValueError("no address of the web")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("more than an origin")
    if ".." in host or any(character.isspace() or character in "*,%\\" for character in host):
        raise ValueError("no host")
    if not host.isascii():
        host = ".".join(map(_label, idna.uts46_remap(host, std3_rules=False).split(".")))
    if ":" in host:
        host = f"[{ip_address(host).compressed}]"
    if port is not None and port != USUAL_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    return f"{parts.scheme}://{host}"


def _label(text: str) -> str:
    """Symbols are in names of the web too, though IDNA 2008 has none."""
    if text.isascii():
        return text
    return f"xn--{text.encode('punycode').decode()}"


def as_sent_or_kept(text: str) -> str:
    """The same of one that is stored already: what is no origin stays as it is."""
    try:
        return as_sent(text)
    except ValueError:
        return text
