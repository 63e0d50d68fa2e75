"""A client's address: read here once for limits, lists of networks, regions and metrics.

Proxies spell the same address in many ways: with a port, in brackets, in quotes, with a zone, or as
an IPv4 address inside an IPv6 one. Text that is none of these is no address.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

HOUSEHOLD = 64  # bits of an IPv6 address that one customer's addresses share
MAPPED = 96  # bits in front of an IPv4 address that stands inside an IPv6 one
WITH_PORT = re.compile(r"(?:\[(?P<in_brackets>[^]]+)]|(?P<ipv4>[^:\[]+)):[0-9]{1,5}\Z")
IN_BRACKETS = re.compile(r"\[([^]]+)]\Z")


@functools.lru_cache(maxsize=256)  # one request asks several times; a text may be long
def read(text: str | None) -> IPv4Address | IPv6Address | None:
    """The address that a text spells, None when it spells none."""
    bare = _without_port((text or "").strip().strip('"').strip())
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))  # the zone is left out


def read_network(text: str) -> IPv4Network | IPv6Network:
    """One entry of a list of addresses and networks. Raises ValueError."""
    network = ipaddress.ip_network(text.strip(), strict=False)
    if isinstance(network, IPv4Network):
        return network
    inside = network.network_address.ipv4_mapped
    if inside is None or network.prefixlen < MAPPED:
        return network
    return IPv4Network((inside, network.prefixlen - MAPPED))


def household(text: str | None) -> str:
    """What counts as one client.

    | given           | counts as                                      |
    |-----------------|------------------------------------------------|
    | an IPv4 address | itself                                         |
    | an IPv6 address | its /64, because one customer has all of it    |
    | anything else   | '', which all such clients share               |
    """
    address = read(text)
    if address is None:
        return ""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, HOUSEHOLD), strict=False))


def is_in(text: str | None, networks: Iterable[str]) -> bool:
    """Whether an address is in one of these networks; what is no address is in none."""
    address = read(text)
    return address is not None and any(address in read_network(each) for each in networks)


def is_this_machine(text: str | None) -> bool:
    address = read(text)
    return address is not None and address.is_loopback


def _without_port(text: str) -> str:
    found = WITH_PORT.match(text)
    if found:
        return found["in_brackets"] or found["ipv4"]
    return IN_BRACKETS.sub(r"\1", text)
