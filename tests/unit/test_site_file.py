"""A site file: every default, every fault with its words, every bound,
and what comes out is what went in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.domain import Account, Site
from leadtracker.errors import SiteFault
from leadtracker.records.database import throwaway_database
from leadtracker.records.tables import AccountRow, Base, ChangeRow, SiteRow, TokenRow

SECRET = "secret-of-16-and"


@pytest.fixture
def session() -> Iterator[Session]:
    engine = throwaway_database()
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def change(session: Session) -> int:
    return session.scalar(select(ChangeRow.number)) or 0


def test_defaults_of_an_account(session: Session) -> None:
    row = site_file.save_account(session, "pbx", {})
    assert (row.vendor, row.time_zone, row.country) == ("voicenter", "Asia/Jerusalem", "IL")
    assert (row.allowed_addresses, row.crm_url, row.options) == ([], None, {})
    assert len(row.secret) >= 32
    other = site_file.save_account(session, "other", {})
    assert other.secret != row.secret


def test_defaults_of_a_site(session: Session) -> None:
    row = site_file.save_site(session, "shop", {})
    assert {key: getattr(row, key) for key in site_file.SITE_DEFAULTS} == {
        "origins": [],
        "default_number": None,
        "country": "IL",
        "time_zone": "Asia/Jerusalem",
        "display_format": "national",
        "lease_seconds": 120,
        "visitor_days": 90,
        "account_key": None,
        "name_keys": ["name", "full_name", "fullname", "fname", "first_name"],
        "company_keys": ["company", "organization", "organisation", "account"],
        "phone_keys": ["phone", "tel", "telephone", "mobile"],
        "likely_name": "likely {name}",
        "url": None,
        "topics": {},
        "number_price": None,
        "currency": "ILS",
        "most_overflow": 0.01,
        "most_at_risk": 0.35,
        "callback": {},
    }
    assert len(session.scalars(select(TokenRow)).all()) == 1


@pytest.mark.parametrize(
    ("kind", "defaults", "given"),
    [
        (Site, site_file.SITE_DEFAULTS, {"id", "name", "tokens"}),
        (Account, site_file.ACCOUNT_DEFAULTS, {"id", "key", "secret"}),
    ],
)
def test_a_noun_has_the_defaults_of_the_file(
    kind: Any, defaults: dict[str, Any], given: set[str]
) -> None:
    nouns = {one.name for one in fields(kind)} - given
    assert nouns == set(defaults)
    filled = {name: None for name in given} | {
        name: defaults[name] for name in ("origins", "default_number", "vendor") if name in defaults
    }
    noun = kind(**filled)
    for name in nouns:
        value = getattr(noun, name)
        assert (list(value) if isinstance(value, tuple) else value) == defaults[name]


ACCOUNT_FAULTS = [
    ({"color": "red"}, "account pbx: there is no key 'color'"),
    ({"id": 7}, "account pbx: there is no key 'id'"),
    ({"vendor": "3cx"}, "account pbx: vendor must be one of voicenter, while1"),
    ({"secret": SECRET[:15]}, "account pbx: secret must be 16 or more letters, digits, - or _"),
    ({"secret": SECRET + "/"}, "account pbx: secret must be 16 or more letters, digits, - or _"),
    (
        {"time_zone": "Mars/Olympus"},
        "account pbx: time_zone must be a name such as Asia/Jerusalem; got 'Mars/Olympus'",
    ),
    ({"country": "Israel"}, "account pbx: country must be two letters such as IL; got 'Israel'"),
    (
        {"allowed_addresses": ["192.0.2.1", "192.0.2.256"]},
        "account pbx: '192.0.2.256' is not an IP address or network such as 192.0.2.0/24",
    ),
    (
        {"crm_url": "ftp://crm.example.com"},
        "account pbx: crm_url must begin with http:// or https://",
    ),
    (
        {"options": {"real_time_username": "u"}},
        "account pbx: options.real_time_password is missing.",
    ),
]


@pytest.mark.parametrize(("given", "fault"), ACCOUNT_FAULTS)
def test_faults_of_an_account(given: dict[str, Any], fault: str, session: Session) -> None:
    with pytest.raises(SiteFault) as refusal:
        site_file.save_account(session, "pbx", given)
    (line,) = str(refusal.value).splitlines()
    assert line.startswith(fault)
    assert session.scalar(select(AccountRow)) is None
    assert not change(session)


def test_all_faults_of_an_account_at_once(session: Session) -> None:
    with pytest.raises(SiteFault) as refusal:
        site_file.save_account(
            session, "a b", {"color": 1, "vendor": "x", "country": "x", "crm_url": "x"}
        )
    assert len(str(refusal.value).splitlines()) == 5
    assert (
        "account 'a b': a key is letters, digits, - and _, because it is part of an address"
        in str(refusal.value)
    )


@pytest.mark.parametrize(
    "given",
    [
        {"secret": SECRET},
        {"secret": "A_b-9" * 4},
        {"vendor": "while1", "country": "RO", "time_zone": "Europe/Bucharest"},
        {"allowed_addresses": ["192.0.2.7", "192.0.2.9/24", "2001:db8::/32"]},
        {"crm_url": "http://crm.example.com/pop"},
        {"crm_url": "https://crm.example.com/pop"},
        {"crm_url": ""},
        {"options": {"real_time_token": "t", "code": "c"}},
    ],
)
def test_what_an_account_may_be(given: dict[str, Any], session: Session) -> None:
    row = site_file.save_account(session, "tel_aviv-1", given)
    assert {key: getattr(row, key) for key in given} == given
    assert change(session)


def test_what_is_not_given_stays(session: Session) -> None:
    site_file.save_account(session, "pbx", {"country": "RO", "secret": SECRET})
    before = change(session)
    row = site_file.save_account(session, "pbx", {"time_zone": "Europe/Bucharest"})
    assert (row.country, row.secret, row.time_zone) == ("RO", SECRET, "Europe/Bucharest")
    assert change(session) == before + 1
    site_file.save_site(session, "shop", {"country": "RO", "lease_seconds": 60}, ["token"])
    shop = site_file.save_site(session, "shop", {"visitor_days": 30})
    assert (shop.country, shop.lease_seconds, shop.visitor_days) == ("RO", 60, 30)
    assert session.scalars(select(TokenRow.token)).all() == ["token"]
    assert len(session.scalars(select(SiteRow)).all()) == 1


def test_real_time_options_of_an_account_that_is_another_vendors_are_not_judged(
    session: Session,
) -> None:
    site_file.save_account(
        session, "pbx", {"vendor": "while1", "options": {"real_time_username": "u"}}
    )
    site_file.save_account(session, "tel-aviv", {"vendor": "voicenter"})
    with pytest.raises(SiteFault, match="real_time_password is missing"):
        site_file.save_account(session, "tel-aviv", {"options": {"real_time_username": "u"}})


TOPIC = (
    "site shop: topic 'kitchens' has lists of texts: pages (beginnings of paths) and "
    "calls (queues, IVR)"
)
ORIGIN = "site shop: an origin is like https://www.example.com, without a path; got "
SITE_FAULTS = [
    ({"color": "red"}, "site shop: there is no key 'color'"),
    ({"country": "ZZ"}, "site shop: country must be two letters such as IL; got 'ZZ'"),
    (
        {"time_zone": "Jerusalem"},
        "site shop: time_zone must be a name such as Asia/Jerusalem; got 'Jerusalem'",
    ),
    ({"default_number": "12"}, "site shop: default_number '12' is not a telephone number"),
    ({"origins": ["www.example.com"]}, f"{ORIGIN}'www.example.com'"),
    (
        {"origins": ["https://a.example.com", "https://b.example.com/"]},
        f"{ORIGIN}'https://b.example.com/'",
    ),
    ({"origins": ["ftp://example.com"]}, f"{ORIGIN}'ftp://example.com'"),
    ({"origins": ["https://"]}, f"{ORIGIN}'https://'"),
    ({"lease_seconds": 44}, "site shop: lease_seconds must be 45 to 86400"),
    ({"lease_seconds": 86401}, "site shop: lease_seconds must be 45 to 86400"),
    ({"lease_seconds": "60"}, "site shop: lease_seconds must be 45 to 86400"),
    ({"visitor_days": 0}, "site shop: visitor_days must be 1 to 400"),
    ({"visitor_days": 401}, "site shop: visitor_days must be 1 to 400"),
    ({"topics": []}, "site shop: topics must be a table such as [site.NAME.topics.kitchens]"),
    ({"topics": {"": {}}}, "site shop: a topic's name is 1 to 50 characters without |; got ''"),
    (
        {"topics": {"a|b": {}}},
        "site shop: a topic's name is 1 to 50 characters without |; got 'a|b'",
    ),
    ({"topics": {"x" * 51: {}}}, "site shop: a topic's name is 1 to 50 characters without |"),
    ({"topics": {"kitchens": []}}, TOPIC),
    ({"topics": {"kitchens": {"pagges": []}}}, TOPIC),
    ({"topics": {"kitchens": {"pages": "/"}}}, TOPIC),
    ({"topics": {"kitchens": {"calls": [7]}}}, TOPIC),
    (
        {"topics": {"kitchens": {"pages": ["/a", "b"]}}},
        "site shop: topic 'kitchens': each of pages must begin with /",
    ),
    ({"number_price": -1}, "site shop: number_price is what one number costs in minor units"),
    (
        {"number_price": 10**9 + 1},
        "site shop: number_price is what one number costs in minor units",
    ),
    ({"number_price": 1.5}, "site shop: number_price is what one number costs in minor units"),
    (
        {"currency": "ils"},
        "site shop: currency must be three capital letters such as ILS; got 'ils'",
    ),
    (
        {"currency": "ILSS"},
        "site shop: currency must be three capital letters such as ILS; got 'ILSS'",
    ),
    (
        {"most_overflow": -0.01},
        "site shop: most_overflow is a share of 0 to 1, such as 0.05 for 5 %; got -0.01",
    ),
    (
        {"most_overflow": 1.01},
        "site shop: most_overflow is a share of 0 to 1, such as 0.05 for 5 %; got 1.01",
    ),
    (
        {"most_at_risk": "1"},
        "site shop: most_at_risk is a share of 0 to 1, such as 0.05 for 5 %; got '1'",
    ),
    ({"account_key": "nobody"}, "site shop: there is no PBX account 'nobody'; add it first"),
]


@pytest.mark.parametrize(("given", "fault"), SITE_FAULTS)
def test_faults_of_a_site(given: dict[str, Any], fault: str, session: Session) -> None:
    with pytest.raises(SiteFault) as refusal:
        site_file.save_site(session, "shop", given)
    (line,) = str(refusal.value).splitlines()
    assert line.startswith(fault)
    assert session.scalar(select(SiteRow)) is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"default_number": "03-555-1234"}, "+97235551234"),
        ({"default_number": "0213110001", "country": "RO"}, "+40213110001"),
        ({"default_number": "+40213110001"}, "+40213110001"),
        ({"default_number": ""}, ""),
        ({"origins": ["https://www.example.com", "http://localhost:8000"]}, None),
        ({"lease_seconds": 45}, None),
        ({"lease_seconds": 86400}, None),
        ({"visitor_days": 1}, None),
        ({"visitor_days": 400}, None),
        ({"topics": {"x" * 50: {"pages": ["/a"], "calls": ["Sales"]}, "b": {}}}, None),
        ({"number_price": 0}, None),
        ({"number_price": 10**9}, None),
        ({"number_price": None}, None),
        ({"currency": "EUR"}, None),
        ({"most_overflow": 0, "most_at_risk": 1}, None),
        ({"most_overflow": 1, "most_at_risk": 0}, None),
    ],
)
def test_what_a_site_may_be(given: dict[str, Any], kept: str | None, session: Session) -> None:
    row = site_file.save_site(session, "shop", dict(given))
    expected = given if kept is None else given | {"default_number": kept}
    assert {key: getattr(row, key) for key in given} == expected
    assert change(session)


def test_a_number_is_read_by_the_country_that_the_site_has(session: Session) -> None:
    site_file.save_site(session, "shop", {"country": "RO"})
    assert (
        site_file.save_site(session, "shop", {"default_number": "0213110001"}).default_number
        == "+40213110001"
    )


@pytest.mark.parametrize("vendor", ["voicenter", "while1"])
def test_what_is_said_to_the_pbx_is_judged_by_the_pbx(vendor: str, session: Session) -> None:
    account = site_file.save_account(session, "pbx", {"vendor": vendor})
    faults = {
        "voicenter": ["site shop: callback.dial: record must be true or false."],
        "while1": ["site shop: callback.dial: While1 cannot be asked to call"],
    }
    said = site_file._faults_of_dial("site shop", account, {"record": "yes"})
    assert list(said) == faults[vendor]
    assert list(site_file._faults_of_dial("site shop", account, {})) == []
