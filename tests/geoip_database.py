"""Writes a GeoIP database in MaxMind's format, version 2.0, of a few IPv4 networks."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

EMPTY = None


def write(file: Path, networks: dict[str, dict[str, Any]]) -> str:
    """`networks`: address/prefix -> record; returns the path as settings take it."""
    nodes: list[list[Any]] = [[EMPTY, EMPTY]]
    data = b""
    for name, record in networks.items():
        network = ipaddress.IPv4Network(name)
        bits = f"{int(network.network_address):032b}"[: network.prefixlen]
        node = 0
        for bit in bits[:-1]:
            if nodes[node][int(bit)] is EMPTY:
                nodes.append([EMPTY, EMPTY])
                nodes[node][int(bit)] = len(nodes) - 1
            node = nodes[node][int(bit)]
        nodes[node][int(bits[-1])] = ("data", len(data))
        data += _value(record)

    def place(target: Any) -> bytes:
        number = len(nodes) if target is EMPTY else target
        return (number[1] + len(nodes) + 16 if isinstance(number, tuple) else number).to_bytes(
            3, "big"
        )

    tree = b"".join(place(left) + place(right) for left, right in nodes)
    about = {
        "node_count": (6, len(nodes), 4),
        "record_size": (5, 24, 2),
        "ip_version": (5, 4, 2),
        "languages": ["en"],
        "binary_format_major_version": (5, 2, 2),
        "binary_format_minor_version": (5, 0, 2),
        "build_epoch": (9, 1, 8),
        "database_type": "Test-City",
        "description": {"en": "of a test"},
    }
    file.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _value(about))
    return str(file)


def _value(value: Any) -> bytes:
    """Text shorter than 29 bytes, whole numbers as (type, value, bytes),
    maps and lists of fewer than 29 members."""
    if isinstance(value, str):
        return bytes([2 << 5 | len(value)]) + value.encode()
    if isinstance(value, tuple):
        kind, number, size = value
        assert isinstance(number, int)
        return bytes([kind << 5 | size] if kind < 8 else [size, kind - 7]) + number.to_bytes(
            size, "big"
        )
    if isinstance(value, dict):
        return bytes([7 << 5 | len(value)]) + b"".join(
            _value(key) + _value(one) for key, one in value.items()
        )
    return bytes([len(value), 11 - 7]) + b"".join(map(_value, value))
