"""What a site's page must have for the script to run: the snippet, and a policy that allows it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

from leadtracker.records.origin import as_sent

SECONDS = 10  # to wait for a page
HASHED = ("'nonce-", "'sha", "'strict-dynamic")  # sources that no address can be held against


@dataclass(frozen=True, slots=True)
class SitePage:
    """A page as a browser gets it."""

    origin: str
    scripts: tuple[str, ...]  # URLs
    policies: tuple[str, ...] = field(repr=False)  # Content-Security-Policies

    def loaded(self, names: tuple[str, ...]) -> list[str]:
        """The scripts whose paths end with one of these names."""
        return [script for script in self.scripts if urlsplit(script).path.endswith(names)]

    def forbids(self, url: str) -> list[str]:
        """The directives by which the page's policies keep it from using a URL."""
        return [
            directive
            for directive in ("script-src", "connect-src")
            for policy in self.policies
            if not allows(policy, directive, url, self.origin)
        ]


def fetch(url: str) -> SitePage:
    """Raises requests.RequestException."""
    answer = requests.get(url, timeout=SECONDS, headers={"User-Agent": "leadtracker doctor"})
    answer.raise_for_status()
    page = _Page()
    page.feed(answer.text)
    policies = [*answer.headers.get("Content-Security-Policy", "").split(","), *page.policies]
    return SitePage(
        origin=as_sent("{0.scheme}://{0.netloc}".format(urlsplit(answer.url))),
        scripts=tuple(urljoin(answer.url, script) for script in page.scripts),
        policies=tuple(policy for policy in policies if policy.strip()),
    )


def allows(policy: str, directive: str, url: str, origin: str) -> bool:
    """Whether a Content-Security-Policy lets a page of `origin` use a URL.

    Nonces and hashes count as a yes.
    """
    sources = _sources(policy, directive)
    if sources is None:
        return True
    target = urlsplit(url)
    ours = f"{target.scheme}://{target.netloc}" == origin
    return any(
        source == "*"
        or source == f"{target.scheme}:"
        or source.startswith(HASHED)
        or (source == "'self'" and ours)
        or _names(source, target.netloc, target.hostname)
        for source in sources
    )


def _sources(policy: str, directive: str) -> Iterable[str] | None:
    """What a policy lists for a directive, in lower case; None when it says nothing about it."""
    parts = {words[0].lower(): words[1:] for part in policy.split(";") if (words := part.split())}
    for name in (f"{directive}-elem", directive, "default-src"):
        if name in parts:
            return [source.lower() for source in parts[name]]
    return None


def _names(source: str, netloc: str, hostname: str | None) -> bool:
    """Whether a source of a policy is this host, or a wildcard over it."""
    host = re.sub(r"^[a-z]+://", "", source).partition("/")[0]
    return host in (netloc, hostname) or (host.startswith("*.") and netloc.endswith(host[1:]))


class _Page(HTMLParser):
    """The scripts a page loads, and the policies in its meta elements."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.policies: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and "src" in given:
            self.scripts.append(given["src"])
        if tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(given.get("content", ""))
