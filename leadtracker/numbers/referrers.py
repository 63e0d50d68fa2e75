"""What is behind a referrer or a word such as that of `utm_source`; the table is referrers.toml."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

AI, EMAIL, SEARCH, SOCIAL = "ai", "email", "search", "social"
VIDEO, SHOPPING = "video", "shopping"
KINDS = (AI, EMAIL, SEARCH, SOCIAL, VIDEO, SHOPPING)
# Two labels under a country's domain that are one top-level domain: example.co.il.
SECOND_LEVEL = frozenset(("ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"))
UNTOLD = ("www.", "m.", "mobile.")  # beginnings of a host that say nothing
AMP_CACHE = ".cdn.ampproject.org"
AMP_SHOWN_BY = "www.google.com"


@dataclass(frozen=True, slots=True)
class Known:
    """One of KINDS and a name, both '' for what nobody knows."""

    kind: str = ""
    name: str = ""


NOBODY = Known()


def of_word(word: str) -> Known:
    """What a `utm_source` names, which may be a host."""
    plain = word.strip().lower()
    return _words().get(plain) or of_host(plain)


@functools.lru_cache(maxsize=4096)  # most visitors come from a few hosts
def of_host(host: str) -> Known:
    hosts = _hosts()
    return next((hosts[entry] for entry in _entries(host) if entry in hosts), NOBODY)


def came_from(referrer: str) -> str:
    """The host of a referrer: of a page kept by an AMP cache that of its own site; '' for none."""
    try:
        parts = urlsplit(referrer)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if not host.endswith(AMP_CACHE):
        return host
    inside = [part for part in parts.path.split("/") if "." in part]
    if inside:
        return inside[0].lower()
    return host.removesuffix(AMP_CACHE).replace("--", "\0").replace("-", ".").replace("\0", "-")


def is_amp(referrer: str) -> bool:
    """Whether it is a page in an AMP cache, which only a search engine shows."""
    return AMP_CACHE in referrer


def bare(host: str) -> str:
    """A host without the beginning that says nothing."""
    return next((host.removeprefix(one) for one in UNTOLD if host.startswith(one)), host)


def _entries(host: str) -> Iterator[str]:
    """The entries of the table that a host may be found under, the most exact one first."""
    yield host
    labels = bare(host).split(".")
    yield ".".join(labels)
    for top in (1, 2):
        if top == 1 or (len(labels) > 2 and labels[-2] in SECOND_LEVEL and len(labels[-1]) == 2):
            yield ".".join([*labels[:-top], "*"])
    for begin in range(len(labels) - 1):
        yield "." + ".".join(labels[begin:])


def _read() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("referrers.toml").read_text())


@functools.cache
def _hosts() -> dict[str, Known]:
    """By entry; what stands in two kinds is of the first."""
    table = _read()
    found: dict[str, Known] = {}
    for kind in KINDS:
        for name, hosts in table[kind].items():
            for host in hosts:
                found.setdefault(host, Known(kind, name))
    return found


@functools.cache
def _words() -> dict[str, Known]:
    kinds = _read()["words"].items()
    return {word: Known(kind, name) for kind, names in kinds for word, name in names.items()}
