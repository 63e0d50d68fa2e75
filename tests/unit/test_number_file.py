"""`did import` reads what spreadsheets write, or names the line."""

from __future__ import annotations

import pytest

from leadtracker.cli.number_file import read_numbers
from leadtracker.errors import SiteFault

BOTH = ["+972722776772", "+972722776773"]
TABLES = [
    "0722776772\n0722776773\n",
    "number,name\n072-277-6772,one\n\n072-277-6773,two",
    "מספר טלפון;שם\r\n0722776772;דנה\r\n\r\n0722776773;רון\r\n",
    "שם\tטלפון\nדנה\t0722776772\nרון\t0722776773",
    '"Name","DID"\n"Levi, Dana","072 277 6772"\n"Ron","(072) 277-6773"\n',
    "Name;Mobile;DID\nDana;0501234567;0722776772\nRon;0507654321;0722776773",
    "1;0722776772\n2;0722776773",
    "sep=;\nטלפון\n0722776772\n0722776773",
    "'0722776772\n’0722776773",
    '="0722776772"\n"=""0722776773"""',
    "722776772\n972722776773",
    "722776772.0\n+972722776773",
    "\n\n;;\n0722776772;\n;;\n0722776773;\n",
    "\u200e0722776772\u200f\n\u00a00722776773",
    "Our lines of 2026\n0722776772\n0722776773",
    "Numbers of the shop;;\n\nName;DID;Price\nDana;072-277-6772;5\nRon;072-277-6773;5",
    "Phone of the owner;DID number\n050-1234567;072-277-6772\n050-1234568;072-277-6773",
    "Candidate;Number\nDana;072-277-6772\nRon;072-277-6773",
    "072\u202f277\u202f6772\n072\u2009277\u20096773",
    "tel:+972722776772\ntel:+972722776773",
    "072-277-6772;072-277-6773",
    "Lines,072-277-6772,072-277-6773\n",
]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1255"])
def test_numbers(table: str, codec: str) -> None:
    assert read_numbers(table.encode(codec, "ignore"), "IL") == BOTH


@pytest.mark.parametrize(
    ("table", "faults"),
    [
        ("0722776772\n7.23E+10\n", ["line 2: '7.23E+10' has lost its digits"]),
        ("number\n7.23E+10\n\n9,72723E+11", ["line 2: '7.23E+10'", "line 4: '9'"]),
        ("number;name\n0722776772;a\n;b\n12;c", ["line 3: '' is not", "line 4: '12' is not"]),
        ("0722776772\nsee below\n0722776773", ["line 2: 'see below'"]),
        ("12345\n0722776772", ["line 1: '12345'"]),
        ("072-277-6772 # main\n0722776773", ["line 1: '072-277-6772 # main'"]),
        ("number\n072-277-677x\n0722776773", ["line 2: '072-277-677x'"]),
        ('number,name\n0722776772,"two\nlines"\nx,y', ["line 4: 'x'"]),
        ("\n".join(["0722776772", *["x"] * 30]), ["line 2:", "and 10 lines more"]),
    ],
)
def test_each_line_without_a_number_is_named(table: str, faults: list[str]) -> None:
    with pytest.raises(SiteFault) as refusal:
        read_numbers(table.encode(), "IL")
    assert all(fault in str(refusal.value) for fault in faults)
    assert str(refusal.value).endswith("nothing was changed")


@pytest.mark.parametrize("begins", [b"PK\x03\x04\x14\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_a_workbook_is_named_as_such(begins: bytes) -> None:
    with pytest.raises(SiteFault, match="save it as CSV"):
        read_numbers(begins + bytes(400), "IL")


def test_an_empty_file_has_no_numbers() -> None:
    assert read_numbers(b"", "IL") == read_numbers(b"number\n", "IL") == []
