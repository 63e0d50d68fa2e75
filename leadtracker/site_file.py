"""Sites, pools and accounts as a TOML text that can be kept in git: apply makes the database equal to it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import phonenumbers
import tomli_w
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from leadtracker import phone
from leadtracker.address import read_network
from leadtracker.callback_rules import table as callback_table
from leadtracker.errors import SiteFault
from leadtracker.pbx import VENDORS
from leadtracker.records.sites import add_dids, changed, new_secret, new_token, remove_dids
from leadtracker.records.tables import AccountRow, DidRow, SiteRow, TokenRow

ACCOUNT_DEFAULTS: dict[str, Any] = {
    "vendor": "voicenter",
    "time_zone": "Asia/Jerusalem",
    "country": "IL",
    "allowed_addresses": [],
    "crm_url": None,
    "options": {},
}
SITE_DEFAULTS: dict[str, Any] = {
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


def save_account(session: Session, key: str, given: dict[str, Any]) -> AccountRow:
    """Make or change a PBX account; what is not given stays, or is the default. Raises SiteFault."""
    row = session.scalar(select(AccountRow).where(AccountRow.key == key))
    faults = [
        f"account {key}: there is no key {name!r}"
        for name in given
        if name not in {*ACCOUNT_DEFAULTS, "secret"}
    ]
    values = {name: value for name, value in given.items() if name in {*ACCOUNT_DEFAULTS, "secret"}}
    if row is None:
        values = ACCOUNT_DEFAULTS | {"secret": new_secret()} | values
    if not key.replace("-", "").replace("_", "").isalnum():
        faults.append(
            f"account {key!r}: a key is letters, digits, - and _, because it is part of an address"
        )
    if values.get("vendor", "voicenter") not in VENDORS:
        faults.append(f"account {key}: vendor must be one of {', '.join(VENDORS)}")
    if (
        len(values.get("secret", "x" * 16)) < 16
        or not values.get("secret", "x").replace("-", "").replace("_", "").isalnum()
    ):
        faults.append(
            f"account {key}: secret must be 16 or more letters, digits, - or _, because it is part of an address"
        )
    faults += _faults_of_places(f"account {key}", values)
    for network in values.get("allowed_addresses", []):
        try:
            read_network(str(network))
        except ValueError:
            faults.append(
                f"account {key}: {network!r} is not an IP address or network such as 192.0.2.0/24"
            )
    if "options" in values:
        place = values.get("country") or (row.country if row else "IL")
        values["options"], wrong = callback_table.read_options(
            f"account {key}", values["options"], place
        )
        faults += wrong
        vendor = VENDORS.get(str(values.get("vendor") or (row.vendor if row else "")))
        if vendor is not None and vendor.real_time is not None:
            faults += [
                f"account {key}: {fault}" for fault in vendor.real_time.faults(values["options"])
            ]
    if values.get("crm_url") and urlsplit(values["crm_url"]).scheme not in ("http", "https"):
        faults.append(f"account {key}: crm_url must begin with http:// or https://")
    if faults:
        raise SiteFault("\n".join(faults))
    if row is None:
        row = AccountRow(key=key)
        session.add(row)
    _set(row, values)
    session.flush()
    changed(session)
    return row


def save_site(
    session: Session, name: str, given: dict[str, Any], tokens: Iterable[str] | None = None
) -> SiteRow:
    """Make or change a site; `tokens` replaces its tokens, a new site without any gets one. Raises SiteFault."""
    row = session.scalar(select(SiteRow).where(SiteRow.name == name))
    faults = [f"site {name}: there is no key {key!r}" for key in given if key not in SITE_DEFAULTS]
    values = {key: value for key, value in given.items() if key in SITE_DEFAULTS}
    if row is None:
        values = SITE_DEFAULTS | values
    faults += _faults_of_places(f"site {name}", values)
    country = values.get("country") or (row.country if row else "IL")
    if values.get("default_number"):
        number = phone.read(values["default_number"], country)
        if number is None:
            faults.append(
                f"site {name}: default_number {values['default_number']!r} is not a telephone number"
            )
        values["default_number"] = number
    for origin in values.get("origins", []):
        parts = urlsplit(origin)
        if (
            parts.scheme not in ("http", "https")
            or f"{parts.scheme}://{parts.netloc}" != origin
            or not parts.hostname
        ):
            faults.append(
                f"site {name}: an origin is like https://www.example.com, without a path; got {origin!r}"
            )
    for key, least, most in (("lease_seconds", 45, 86400), ("visitor_days", 1, 400)):
        if key in values and not (isinstance(values[key], int) and least <= values[key] <= most):
            faults.append(f"site {name}: {key} must be {least} to {most}")
    faults += _faults_of_topics(f"site {name}", values.get("topics", {}))
    faults += _faults_of_plans(f"site {name}", values)
    if "callback" in values or (row and values.keys() & {"country", "currency"}):
        table = values.get("callback", row.callback if row else {})
        currency = values.get("currency") or (row.currency if row else "ILS")
        values["callback"], wrong = callback_table.read_table(
            f"site {name}", table, country, str(currency)
        )
        faults += wrong
    account_key = values.get("account_key", row.account_key if row else None)
    account = (
        session.scalar(select(AccountRow).where(AccountRow.key == account_key))
        if account_key
        else None
    )
    if account_key and account is None:
        faults.append(f"site {name}: there is no PBX account {account_key!r}; add it first")
    elif account and not faults and "callback" in values:
        faults += _faults_of_dial(f"site {name}", account, values["callback"].get("dial", {}))
    if faults:
        raise SiteFault("\n".join(faults))
    if row is None:
        row = SiteRow(name=name)
        session.add(row)
        tokens = list(tokens or [new_token()])
    _set(row, values)
    session.flush()
    if tokens is not None:
        _set_tokens(session, row, list(tokens))
    changed(session)
    return row


def apply(session: Session, text: str) -> list[str]:
    """Make accounts, sites and pools equal to the file; returns what changed, a line each. The caller commits.

    DIDs that the file does not name are drained; sites and accounts it does not name are left as they are.
    Raises SiteFault.
    """
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise SiteFault(f"the file is not TOML: {fault}") from fault
    for key in wanted:
        if key not in ("account", "site"):
            raise SiteFault(
                f"there is no table {key!r}; a file has [account.NAME] and [site.NAME] tables"
            )
    lines = []
    for key, account in wanted.get("account", {}).items():
        save_account(session, key, account)
        lines.append(f"account {key}: applied")
    for name, given in wanted.get("site", {}).items():
        values = dict(given)
        numbers, tokens = values.pop("dids", None), values.pop("tokens", None)
        row = save_site(session, name, values, tokens)
        lines.append(f"site {name}: applied")
        if numbers is not None:
            added = add_dids(session, row, numbers)
            keep = {phone.read(number, row.country) for number in numbers}
            mine = session.scalars(
                select(DidRow).where(DidRow.site_id == row.id, DidRow.draining_since.is_(None))
            )
            drained = remove_dids(session, row, [did.e164 for did in mine if did.e164 not in keep])
            lines += [f"site {name}: {did} added" for did in added] + [
                f"site {name}: {did} drains" for did in drained
            ]
    return lines


def export(session: Session) -> str:
    """Everything as a file that `apply` takes; it holds the accounts' secrets."""
    accounts = {
        row.key: _values(row, [*ACCOUNT_DEFAULTS, "secret"])
        for row in session.scalars(select(AccountRow).order_by(AccountRow.key))
    }
    sites = {}
    for row in session.scalars(select(SiteRow).order_by(SiteRow.name)):
        tokens = session.scalars(select(TokenRow.token).where(TokenRow.site_id == row.id)).all()
        mine = (
            select(DidRow.e164)
            .where(DidRow.site_id == row.id, DidRow.draining_since.is_(None))
            .order_by(DidRow.e164)
        )
        sites[row.name] = _values(row, SITE_DEFAULTS) | {
            "tokens": list(tokens),
            "dids": list(session.scalars(mine)),
        }
    return tomli_w.dumps({"account": accounts, "site": sites})


def _faults_of_places(who: str, values: dict[str, Any]) -> list[str]:
    faults = []
    if "time_zone" in values and values["time_zone"] not in available_timezones():
        faults.append(
            f"{who}: time_zone must be a name such as Asia/Jerusalem; got {values['time_zone']!r}"
        )
    if "country" in values and values["country"] not in phonenumbers.SUPPORTED_REGIONS:
        faults.append(f"{who}: country must be two letters such as IL; got {values['country']!r}")
    return faults


def _faults_of_topics(who: str, topics: Any) -> list[str]:
    if not isinstance(topics, dict):
        return [f"{who}: topics must be a table such as [site.NAME.topics.kitchens]"]
    faults = []
    for topic, given in topics.items():
        if not topic or len(topic) > 50 or "|" in topic:
            faults.append(f"{who}: a topic's name is 1 to 50 characters without |; got {topic!r}")
        known = isinstance(given, dict) and set(given) <= {"pages", "calls"}
        lists = list(given.values()) if known else [None]
        if not all(
            isinstance(some, list) and all(isinstance(one, str) for one in some) for some in lists
        ):
            faults.append(
                f"{who}: topic {topic!r} has lists of texts: pages (beginnings of paths) and calls (queues, IVR)"
            )
        elif not all(page.startswith("/") for page in given.get("pages", [])):
            faults.append(f"{who}: topic {topic!r}: each of pages must begin with /")
    return faults


def _faults_of_dial(who: str, account: AccountRow, parameters: dict[str, Any]) -> list[str]:
    vendor = VENDORS[account.vendor]
    if vendor.click_to_call is None:
        return (
            [f"{who}: callback.dial: {vendor.title} cannot be asked to call"] if parameters else []
        )
    return [f"{who}: callback.dial: {fault}" for fault in vendor.click_to_call.faults(parameters)]


def _faults_of_plans(who: str, values: dict[str, Any]) -> list[str]:
    faults = []
    price = values.get("number_price")
    if price is not None and not (isinstance(price, int) and 0 <= price <= 10**9):
        faults.append(
            f"{who}: number_price is what one number costs in minor units (agorot, cents), a whole number"
        )
    if "currency" in values and not re.fullmatch(r"[A-Z]{3}", str(values["currency"])):
        faults.append(
            f"{who}: currency must be three capital letters such as ILS; got {values['currency']!r}"
        )
    for key in ("most_overflow", "most_at_risk"):
        if key in values and not (isinstance(values[key], int | float) and 0 <= values[key] <= 1):
            faults.append(
                f"{who}: {key} is a share of 0 to 1, such as 0.05 for 5 %; got {values[key]!r}"
            )
    return faults


def _values(row: SiteRow | AccountRow, keys: Iterable[str]) -> dict[str, Any]:
    return {key: value for key in keys if (value := getattr(row, key)) is not None}


def _set(row: SiteRow | AccountRow, values: dict[str, Any]) -> None:
    for key, value in values.items():
        setattr(row, key, value)


def _set_tokens(session: Session, row: SiteRow, tokens: list[str]) -> None:
    for token in tokens:
        other = session.get(TokenRow, token)
        if other is not None and other.site_id != row.id:
            raise SiteFault(f"site {row.name}: the token {token!r} is another site's")
    session.execute(delete(TokenRow).where(TokenRow.site_id == row.id))
    session.add_all(TokenRow(token=token, site_id=row.id) for token in tokens)
    session.flush()
