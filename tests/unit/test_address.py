"""Every spelling of a client's address is read the same; what is none is on no list."""

from __future__ import annotations

import pytest

from leadtracker.address import household, is_in, is_this_machine, read, read_network

SPELLINGS = [  # as received, the address, what it counts as
    ("203.0.113.5", "203.0.113.5", "203.0.113.5"),
    ("203.0.113.5:51008", "203.0.113.5", "203.0.113.5"),
    (" 203.0.113.5\t", "203.0.113.5", "203.0.113.5"),
    ('"203.0.113.5"', "203.0.113.5", "203.0.113.5"),
    ('"203.0.113.5:443"', "203.0.113.5", "203.0.113.5"),
    ("::ffff:203.0.113.5", "203.0.113.5", "203.0.113.5"),
    ("::FFFF:cb00:7105", "203.0.113.5", "203.0.113.5"),
    ("[::ffff:203.0.113.5]", "203.0.113.5", "203.0.113.5"),
    ("[::ffff:203.0.113.5]:443", "203.0.113.5", "203.0.113.5"),
    ("2001:db8::1", "2001:db8::1", "2001:db8::/64"),
    ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::/64"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("[2001:db8::1]", "2001:db8::1", "2001:db8::/64"),
    ("[2001:db8::1]:443", "2001:db8::1", "2001:db8::/64"),
    ('"[2001:db8::1]:443"', "2001:db8::1", "2001:db8::/64"),
    ("fe80::1%eth0", "fe80::1", "fe80::/64"),
    ("[fe80::1%eth0]:443", "fe80::1", "fe80::/64"),
    ("::1", "::1", "::/64"),
]
GARBAGE = [
    None,
    "",
    " ",
    '""',
    "unknown",
    "_hidden",
    "localhost",
    "localhost:80",
    "203.0.113",
    "203.0.113.256",
    "203.0.113.5:",
    "203.0.113.5:port",
    "203.0.113.5:123456",
    "203.0.113.5, 198.51.100.7",
    "203.0.113.5%eth0",
    "203.0.113.0/24",
    "[203.0.113.5",
    "[]",
    "[]:443",
    "2001:db8::1]:443",
    "2001:db8::1::2",
    "fe80::1%",
    "1",
    "٢٠٣.0.113.5",
    "203.0.113.5\0",
    "a" * 100_000,
]


@pytest.mark.parametrize(("text", "address", "counts_as"), SPELLINGS)
def test_a_spelling(text: str, address: str, counts_as: str) -> None:
    assert str(read(text)) == address
    assert household(text) == counts_as


@pytest.mark.parametrize("text", GARBAGE)
def test_what_is_no_address(text: str | None) -> None:
    assert read(text) is None
    assert household(text) == ""
    assert not is_in(text, ("0.0.0.0/0", "::/0"))
    assert not is_this_machine(text)


@pytest.mark.parametrize(
    ("text", "networks", "inside"),
    [
        ("192.0.2.7", ("192.0.2.0/24",), True),
        ("192.0.2.7", ("192.0.2.7",), True),
        ("192.0.2.7", ("198.51.100.0/24", "192.0.2.0/24"), True),
        ("192.0.2.7", ("192.0.2.9/24",), True),  # an address with its prefix names the network
        ("192.0.3.7", ("192.0.2.0/24",), False),
        ("192.0.2.7", (), False),
        ("::ffff:192.0.2.7", ("192.0.2.0/24",), True),
        ("192.0.2.7:51008", ("192.0.2.0/24",), True),
        ("192.0.2.7", ("::ffff:192.0.2.0/120",), True),
        ("192.0.2.7", ("::ffff:192.0.2.7",), True),
        ("192.0.3.7", ("::ffff:192.0.2.0/120",), False),
        ("192.0.2.7", ("::/0",), False),
        ("[2001:db8::1]:443", ("2001:db8::/32",), True),
        ("2001:db8::1", ("0.0.0.0/0",), False),
        ("fe80::1%eth0", ("fe80::/10",), True),
    ],
)
def test_a_list_of_networks(text: str, networks: tuple[str, ...], inside: bool) -> None:
    assert is_in(text, networks) is inside


@pytest.mark.parametrize(
    ("text", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9:51008", True),
        ("::1", True),
        ("[::1]:443", True),
        ("::ffff:127.0.0.1", True),
        ("128.0.0.1", False),
        ("::2", False),
    ],
)
def test_this_machine(text: str, here: bool) -> None:
    assert is_this_machine(text) is here


@pytest.mark.parametrize(
    "text", ["", "unknown", "192.0.2.256", "192.0.2.0/33", "[::1]", "192.0.2.7:443", "5"]
)
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        read_network(text)
