"""Which numbers a visitor may be called at, in spellings honest and hostile."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from leadtracker.callback_rules.target import check
from leadtracker.domain import Site
from leadtracker.errors import REFUSALS, Refused

SITE = Site(id=1, name="shop", tokens=("token",), origins=(), default_number="+97235551234")
OWN = {"+972722776772", "+972722776773"}
DANA = "+972522345678"


def site(country: str = "IL", **callback: Any) -> Site:
    return dataclasses.replace(SITE, country=country, callback={"agents": ["SIPSIP"], **callback})


def refusal(text: str, of: Site | None = None, **more: Any) -> str:
    with pytest.raises(Refused) as refused:
        check(text, of or site(), OWN, **more)
    assert refused.value.words == REFUSALS[refused.value.code]
    return refused.value.code


@pytest.mark.parametrize(
    "text",
    [
        "0522345678",
        "052-234-5678",
        "052 234 5678",
        "(052) 234-5678",
        "052.234.5678",
        "052/2345678",
        " 0522345678 ",
        "+972522345678",
        "+972 52-234-5678",
        "+ 972 52 234 5678",
        "+972 (0)52 2345678",
        "+9720522345678",
        "972522345678",
        "00972522345678",
        "00 972 52 2345678",
        "522345678",
        "052\u00a0234\u00a05678",
        "052\u2011234\u20115678",
        "052–234–5678",
        "052−2345678",
        "\u202a+972 52-234-5678\u202c",
        "\u200e052-2345678",
        "\u2066052-2345678\u2069",
        "０５２２３４５６７８",
        "＋９７２５２２３４５６７８",
        "٠٥٢٢٣٤٥٦٧٨",
        "۰۵۲۲۳۴۵۶۷۸",
        "०५२२३४५६७८",
        "052٢٣٤5678",
    ],
)
def test_one_number_in_every_honest_spelling(text: str) -> None:
    assert check(text, site(), OWN) == DANA


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "+",
        "-",
        "()",
        "0",
        "00",
        "+0",
        "123",
        "100",
        "112",
        "*72",
        "*2345",
        "#31#0522345678",
        "0522345678;ext=900",
        "0522345678;phone-context=+371",
        "0522345678;isub=1",
        "tel:0522345678",
        "tel:+972522345678;ext=1",
        "sip:0522345678@example.com",
        "0522345678@example.com",
        "0522345678,,1",
        "0522345678p1",
        "0522345678w1",
        "0522345678x12",
        "0522345678 x12",
        "0522345678 ext 12",
        "0522345678 доб 12",
        "0522345678#12",
        "0522345678~12",
        "0522345678＃12",
        "0522345678；ext=12",
        "0522345678 0532345678",
        "0522345678/0532345678",
        "0522345678,0532345678",
        "0522345678;0532345678",
        "0522345678\n0532345678",
        "0522345678\r\nX-Header: 1",
        "0522345678\t1",
        "0522345678\x00",
        "\x00522345678",
        "0522345678&action=terminate",
        "0522345678%2C",
        "<0522345678>",
        "'0522345678'",
        "0522345678--",
        "052\\2345678",
        "+972+522345678",
        "++972522345678",
        "052+2345678",
        "0522345678+",
        "000972522345678",
        "+0972522345678",
        "00000522345678",
        "+00972522345678",
        "0972522345678",
        "+97200522345678",
        "05222345678",
        "052234567",
        "1-800-FLOWERS",
        "052-CALL-ME",
        "Dana",
        "Dana 0522345678",
        "o522345678",
        "0522345б78",
        "O522345678",
        "0522345678" * 5,
        "0" * 40,
        "0" * 41,
        "9" * 15,
        "9" * 16,
        "0522\u200b345678",
        "0522\u0301345678",
        "05223①45678٬",
        "0501234567",
        "SIPSIP",
        "anonymous",
        "\ud800",
        "½522345678",
        "052²345678x",
    ],
)
def test_no_number(text: str) -> None:
    assert refusal(text) == "number"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1-900-123-456", "premium"),
        ("1901123456", "premium"),
        ("+9721902123456", "premium"),
        ("1-700-700-700", "shared cost"),
        ("1599123456", "UAN"),
        ("1-800-123-456", "toll free"),
        ("+972 151 501234567", "voicemail"),
        ("+881 6 1234 5678", "satellite"),
        ("00881612345678", "satellite"),
        ("+870 773 111 632", "satellite"),
        ("+882 16 1234567", "international network"),
        ("+979 123 456 789", "international premium"),
        ("+800 1234 5678", "international toll free"),
        ("+44 70 1234 5678", "personal"),
        ("+44 871 234 5678", "premium"),
        ("+44 76 4012 3456", "pager"),
        ("+44 300 123 4567", "UAN"),
        ("+1 900 555 1234", "premium"),
        ("+1 500 555 1234", "personal"),
        ("+49 700 12345678", "personal"),
        ("+41 840 123 456", "shared cost"),
        ("+357 900 12345", "premium"),
    ],
)
def test_kinds_that_nobody_is_called_at(text: str, kind: str) -> None:
    everywhere = site(countries=["IL", "GB", "US", "DE", "CH", "CY", "001"])
    assert refusal(text, everywhere) == "kind", kind


@pytest.mark.parametrize(
    ("text", "home", "countries", "answer"),
    [
        ("+371 66 123456", "IL", (), "country"),
        ("0037166123456", "IL", (), "country"),
        ("37166123456", "IL", (), "country"),
        (
            "013 371 66123456",
            "IL",
            (),
            "country",
        ),  # by an Israeli carrier's prefix for calls abroad
        ("+53 5 2345678", "IL", (), "country"),
        ("+44 20 7946 0958", "IL", (), "country"),
        ("+44 20 7946 0958", "IL", ("GB", "IL"), "+442079460958"),
        ("0522345678", "IL", ("GB",), "country"),
        ("+1 202 555 1234", "US", (), "+12025551234"),
        ("202-555-1234", "US", (), "+12025551234"),
        ("+1 876 555 1234", "US", (), "country"),  # Jamaica shares +1
        ("809-234-5678", "US", (), "country"),
        ("+44 7624 123456", "GB", (), "country"),  # the Isle of Man shares +44
        ("+39 02 1234 5678", "IT", ("IT",), "+390212345678"),  # landlines keep their 0
        ("+39 06 698 12345", "IT", ("IT",), "country"),  # the Vatican
        ("0722345678", "RO", (), "+40722345678"),
        ("0522345678", "RO", (), "number"),
        ("+972522345678", "RO", (), "country"),
    ],
)
def test_countries(text: str, home: str, countries: tuple[str, ...], answer: str) -> None:
    given = site(home, countries=list(countries)) if countries else site(home)
    if answer.startswith("+"):
        assert check(text, given, OWN) == answer
    else:
        assert refusal(text, given) == answer


@pytest.mark.parametrize(
    "text",
    [
        "0722776772",
        "072-277-6772",
        "+972 72 277 6772",
        "+972 (0)72 2776772",
        "972722776772",
        "00972722776772",
        "٠٧٢٢٧٧٦٧٧٢",
        "＋９７２７２２７７６７７２",
        "\u202a072-277-6773\u202c",
        "03-555-1234",
        "+97235551234",  # the default number
        "054-444-4444",
        "0544444444",  # an agent's mobile
    ],
)
def test_our_own_numbers_in_other_spellings(text: str) -> None:
    assert refusal(text, site(agents=["SIPSIP", "054-4444444"])) == "own"


def test_blacklists_of_site_and_account() -> None:
    assert refusal("052-234-5678", site(blocked=[DANA])) == "blocked"
    assert refusal("+972 52 2345678", site(), blocked={DANA}) == "blocked"
    assert check("052-2345679", site(blocked=[DANA]), OWN, {DANA}) == "+972522345679"


def test_whoever_asks_is_told_a_word_of_four() -> None:
    assert set(REFUSALS.values()) == {"number", "often", "again", "no"}
