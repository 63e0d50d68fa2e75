"""A whole site file: what applying it changes, and what is exported."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.errors import SiteFault
from leadtracker.records.database import throwaway_database
from leadtracker.records.sites import Directory
from leadtracker.records.tables import Base, DidRow, TokenRow


@pytest.fixture
def session() -> Iterator[Session]:
    engine = throwaway_database()
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


FILE = """
[account.pbx]
vendor = "voicenter"
secret = "secret-of-the-pbx-account"
crm_url = "https://crm.example.com/pop"
allowed_addresses = ["192.0.2.0/24"]

[account.pbx.options]
code = "c"

[site.shop]
tokens = ["one", "two"]
dids = ["072-277-6772", "+972722776773"]
origins = ["https://shop.example.com"]
default_number = "03-555-1234"
account_key = "pbx"
number_price = 500

[site.shop.topics.kitchens]
pages = ["/kitchens"]
calls = ["Kitchens"]
"""


def test_what_is_applied_is_exported(session: Session) -> None:
    assert site_file.apply(session, FILE) == [
        "account pbx: applied",
        "site shop: applied",
        "site shop: +972722776772 added",
        "site shop: +972722776773 added",
    ]
    exported = tomllib.loads(site_file.export(session))
    assert exported["account"] == {
        "pbx": {
            "vendor": "voicenter",
            "secret": "secret-of-the-pbx-account",
            "time_zone": "Asia/Jerusalem",
            "country": "IL",
            "allowed_addresses": ["192.0.2.0/24"],
            "crm_url": "https://crm.example.com/pop",
            "options": {"code": "c"},
        }
    }
    shop = exported["site"]["shop"]
    assert {
        name: shop[name]
        for name in ("tokens", "dids", "default_number", "account_key", "number_price")
    } == {
        "tokens": ["one", "two"],
        "dids": ["+972722776772", "+972722776773"],
        "default_number": "+97235551234",
        "account_key": "pbx",
        "number_price": 500,
    }
    assert shop["topics"] == {"kitchens": {"pages": ["/kitchens"], "calls": ["Kitchens"]}}
    assert "url" not in shop  # nothing is exported of what nobody set
    assert set(shop) == set(site_file.SITE_DEFAULTS) - {"url"} | {"tokens", "dids"}


def test_numbers_that_the_file_no_longer_names_drain_and_come_back(session: Session) -> None:
    site_file.apply(session, FILE)
    fewer = FILE.replace('dids = ["072-277-6772", "+972722776773"]', 'dids = ["0722776773"]')
    assert site_file.apply(session, fewer)[2:] == ["site shop: +972722776772 drains"]
    assert tomllib.loads(site_file.export(session))["site"]["shop"]["dids"] == ["+972722776773"]
    assert len(session.scalars(select(DidRow)).all()) == 2
    assert site_file.apply(session, fewer)[2:] == []
    assert site_file.apply(session, FILE)[2:] == ["site shop: +972722776772 added"]
    unnamed = FILE.replace('dids = ["072-277-6772", "+972722776773"]\n', "")
    assert site_file.apply(session, unnamed)[2:] == []  # a pool that is not named is left as it is


def test_tokens_of_the_file_replace_those_that_were(session: Session) -> None:
    site_file.apply(session, FILE)
    site_file.apply(session, FILE.replace('["one", "two"]', '["two", "three"]'))
    assert set(session.scalars(select(TokenRow.token))) == {"two", "three"}
    site_file.apply(session, FILE.replace('tokens = ["one", "two"]\n', ""))
    assert set(session.scalars(select(TokenRow.token))) == {"two", "three"}
    with pytest.raises(SiteFault) as refusal:
        site_file.apply(session, '[site.other]\ntokens = ["three"]')
    assert str(refusal.value) == "site other: the token 'three' is another site's"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[site.shop", "the file is not TOML: "),
        (
            "[sites.shop]",
            "there is no table 'sites'; a file has [account.NAME] and [site.NAME] tables",
        ),
        ("[site.shop]\nlease_seconds = 1", "site shop: lease_seconds must be 45 to 86400"),
        (
            '[account.pbx]\ncountry = "x"',
            "account pbx: country must be two letters such as IL; got 'x'",
        ),
        ('[site.shop]\ndids = ["12"]', "'12' is not a telephone number in IL"),
    ],
)
def test_a_file_that_is_wrong(text: str, fault: str, session: Session) -> None:
    with pytest.raises(SiteFault) as refusal:
        site_file.apply(session, text)
    assert str(refusal.value).startswith(fault)


def test_what_is_applied_is_what_the_web_reads(session: Session) -> None:
    site_file.apply(session, FILE)
    session.commit()
    directory = Directory(session.get_bind())  # type: ignore[arg-type] # an Engine, as it was made
    shop = directory.site_by_token("one")
    account = directory.account("pbx")
    assert shop is not None
    assert account is not None
    assert (shop.name, shop.tokens, shop.origins) == (
        "shop",
        ("one", "two"),
        ("https://shop.example.com",),
    )
    assert (shop.default_number, shop.number_price, shop.account_key) == (
        "+97235551234",
        500,
        "pbx",
    )
    assert (shop.topics["kitchens"].pages, shop.topics["kitchens"].calls) == (
        ("/kitchens",),
        ("Kitchens",),
    )
    assert (account.secret, account.crm_url) == (
        "secret-of-the-pbx-account",
        "https://crm.example.com/pop",
    )
    assert (account.allowed_addresses, account.options) == (("192.0.2.0/24",), {"code": "c"})
