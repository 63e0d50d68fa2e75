"""Login to the real-time servers: by what the account's options hold, renewed before it expires.

Source: Voicenter, EventsSDK and EventsSDK.NET have the addresses, bodies and answers of monitorAPI;
no other document does.
Shape: `Data.Socket` with `Token`, `TokenExpiry`, `RefreshToken`, `Url` and `URLList`, their case
varies.
Account options: those of `KINDS`, and `real_time_url` for another address than ADDRESS.
Raises: PbxUnavailable, whose words hold no secret.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from leadtracker.domain import Account
from leadtracker.errors import PbxUnavailable
from leadtracker.outgoing import Fate, Reply, Sender
from leadtracker.pbx.fields import FieldReader
from leadtracker.pbx.voicenter import api

log = logging.getLogger(__name__)
ADDRESS = "https://loginapi.voicenter.co.il/monitorAPI/"
KINDS = {  # path -> field of its body -> the option that holds it
    "Login/Token": {"token": "real_time_token"},
    "Login/Account": {"username": "real_time_username", "password": "real_time_password"},
    "Login/User": {"email": "real_time_email", "pin": "real_time_pin"},
}
RENEWAL = "RefreshIdentityToken"
BEFORE_EXPIRY = timedelta(seconds=5)
BETWEEN_LOGINS = 1.0  # seconds, of all accounts together: the least that the SDK keeps
SPOKEN = ("1.", "2.")  # versions of socket.io that speak Engine.IO 3


class _Turns:
    """Lets one pass at a time, with a pause after the one before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = -BETWEEN_LOGINS

    def take(self) -> None:
        with self._lock:
            time.sleep(max(0.0, self._last + BETWEEN_LOGINS - time.monotonic()))
            self._last = time.monotonic()


TURNS = _Turns()


@dataclass(frozen=True, slots=True)
class Login:
    """`servers` in the order to try them; `renew_at` is None where the expiry cannot be read."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    servers: tuple[str, ...]
    renew_at: datetime | None

    def due(self, now: datetime) -> bool:
        return self.renew_at is not None and now >= self.renew_at


def wanted(account: Account) -> bool:
    return _kind(account.options) is not None


def faults(options: Mapping[str, Any]) -> tuple[str, ...]:
    """What is wrong with the options of the feed, a sentence each."""
    known = {name for names in KINDS.values() for name in names.values()} | {"real_time_url"}
    given = {name for name in options if name.startswith("real_time_")}
    found = [
        f"options.{name} is no option; there are: {', '.join(sorted(known))}."
        for name in sorted(given - known)
    ]
    found += [
        f"options.{name} must be a text."
        for name in sorted(given & known)
        if not _is_text(options[name])
    ]
    kinds = [names for kind in KINDS.values() if (names := set(kind.values())) & given]
    if len(kinds) > 1:
        logins = "a token, a username and password, or an email and pin"
        found.append(f"real-time events take one login: {logins}.")
    missing = sorted(name for names in kinds[:1] for name in names - given)
    return (*found, *(f"options.{name} is missing." for name in missing))


def log_in(sender: Sender, account: Account) -> Login:
    kind = _kind(account.options)
    if kind is None:
        raise PbxUnavailable("the account has no login for real-time events")
    fields = {name: str(account.options[option]) for name, option in KINDS[kind].items()}
    return _login(sender, account, api.Request(_url(account, kind), fields).json())


def renew(sender: Sender, account: Account, login: Login) -> Login:
    proof = {"Content-Type": "application/json", "Authorization": f"Bearer {login.refresh_token}"}
    return _login(sender, account, requests.Request("GET", _url(account, RENEWAL), headers=proof))


def read(reply: Reply, account: Account, now: datetime) -> Login:
    """The answer of a login or a renewal. A status other than 2xx and any `error` is a refusal."""
    said = FieldReader(api.opened(reply) or {})
    socket = FieldReader(FieldReader(said.object("Data")).object("Socket"))
    token, urls = socket.text("Token"), socket.raw("URLList")
    if not isinstance(urls, list):
        urls = []
    named = [*urls, socket.text("Url")]
    secure = _url(account, "").startswith("https:")
    servers = tuple(dict.fromkeys(server for one in named if (server := _server(one, secure))))
    if reply.fate is not Fate.ANSWERED:
        raise PbxUnavailable(f"the login is not reached: {reply.fault}")
    if not 200 <= reply.status < 300 or said.raw("error") or not token or not servers:
        words = said.text("error") or said.text("Status") or "no token and servers in the answer"
        why = api.message(account, words)
        raise PbxUnavailable(f"the login is refused: {why} (HTTP {reply.status})")
    if (version := socket.text("Version")) and not version.startswith(SPOKEN):
        log.warning(
            "account %s: its real-time servers speak version %s of socket.io",
            account.key,
            version[:20],
        )
    renew_at = _renew_at(socket.text("TokenExpiry"), now)
    return Login(token, socket.text("RefreshToken"), servers, renew_at)


def _login(sender: Sender, account: Account, request: requests.Request) -> Login:
    TURNS.take()
    return read(sender.send(request), account, datetime.now(UTC))


def _kind(options: Mapping[str, Any]) -> str | None:
    return next(
        (kind for kind, names in KINDS.items() if all(options.get(one) for one in names.values())),
        None,
    )


def _url(account: Account, path: str) -> str:
    return urljoin(str(account.options.get("real_time_url") or ADDRESS).rstrip("/") + "/", path)


def _renew_at(expiry: str, now: datetime) -> datetime | None:
    """No document says how expiries are written. One without a zone or in the past says nothing."""
    try:
        moment = datetime.fromisoformat(expiry)
    except ValueError:
        return None
    if moment.tzinfo is None or moment - BEFORE_EXPIRY <= now:
        return None
    return moment - BEFORE_EXPIRY


def _server(named: object, secure: bool) -> str:
    """An address, or a host alone; empty when it is neither.

    It is never less secure than the login itself.
    """
    if not isinstance(named, str):
        return ""
    if "://" not in named:
        named = f"https://{named}"
    try:
        parts = urlsplit(named)
        known = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        return ""
    if not known:
        return ""
    if secure:
        return f"https://{parts.netloc}"
    return f"{parts.scheme}://{parts.netloc}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
