"""What a callback request counts against, the narrowest first."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from leadtracker.callback.rules import Limits, Rules
from leadtracker.domain import Account, Site

PER_ACCOUNT = Limits(60, 600, 5000)


def counters(
    rules: Rules, site: Site, account: Account, *, target: str, visitor: str, address: str
) -> list[tuple[str, Limits]]:
    """Names and limits for live.CallbackGuard; `visitor` and `address` are '' where a server asks.

    All but the site's are counted across the account's sites: a number is not to be rung by each of them in turn.
    """
    counted = [(f"number:{target}", rules.per_number)]
    if visitor:
        counted.append((f"visitor:{visitor}", rules.per_visitor))
    if address:
        counted.append((f"address:{network(address)}", rules.per_address))
    return [*counted, (f"site:{site.id}", rules.per_site), ("account:all", limits_of(account))]


def limits_of(account: Account) -> Limits:
    given: Mapping[str, int] | None = account.options.get("callback_limits")
    return Limits(**given) if given else PER_ACCOUNT


def network(address: str) -> str:
    """Who an IP address is: itself, or its /64, of which one customer may use every address."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ipaddress.ip_network((ip, 64), strict=False))
        ip = ip.ipv4_mapped
    return str(ip)
