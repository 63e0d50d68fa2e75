"""Sites, pools and accounts as a TOML text for git; `apply` makes the database equal to it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import phonenumbers
import tomli_w

from leadtracker import phone
from leadtracker.address import read_network
from leadtracker.callback_rules import table as callback_table
from leadtracker.domain import Account, Site, defaults_of
from leadtracker.errors import SiteFault
from leadtracker.pbx import DEFAULT_VENDOR, VENDORS
from leadtracker.pbx.dialing import Dials, KnowsWhoIsFree, Schedules, TakesParameters
from leadtracker.records import origin, site_rows
from leadtracker.records.session import Session
from leadtracker.records.sites import add_dids, changed, new_secret, new_token, remove_dids
from leadtracker.records.tables import AccountRow, SiteRow

ACCOUNT_DEFAULTS = {"vendor": DEFAULT_VENDOR} | defaults_of(Account)
SITE_DEFAULTS = defaults_of(Site)
ACCOUNT_KEYS = (*ACCOUNT_DEFAULTS, "secret")
SHORTEST_SECRET = 16
WHOLE_NUMBERS = {"lease_seconds": (45, 86400), "visitor_days": (1, 400)}
SHARES = ("most_overflow", "most_at_risk")
MOST_MONEY = 10**9

Faults = Iterator[str]


def save_account(session: Session, key: str, given: Mapping[str, Any]) -> AccountRow:
    """Make or change a PBX account. Raises SiteFault, which lists every fault.

    A key that is not given keeps its value; a new account takes the default.
    """
    who = f"account {key}"
    row = site_rows.account_named(session, key)
    values = {name: value for name, value in given.items() if name in ACCOUNT_KEYS}
    if row is None:
        row = AccountRow(key=key)
        values = ACCOUNT_DEFAULTS | {"secret": new_secret()} | values
    faults = [
        *_faults_of_keys(who, given, ACCOUNT_KEYS),
        *_faults_of_address(key, values),
        *_faults_of_places(who, values),
        *_faults_of_networks(who, values.get("allowed_addresses", [])),
    ]
    if "options" in values:
        values["options"], wrong = _read_options(who, row, values)
        faults += wrong
    if values.get("crm_url") and not _is_web(values["crm_url"]):
        faults.append(f"{who}: crm_url must begin with http:// or https://")
    _raise_if_any(faults)
    site_rows.write_values(session, row, values)
    changed(session)
    return row


def save_site(
    session: Session, name: str, given: Mapping[str, Any], tokens: Iterable[str] | None = None
) -> SiteRow:
    """Make or change a site. Raises SiteFault, which lists every fault.

    A key that is not given keeps its value; a new site takes the default. `tokens` replaces the
    site's tokens. A new site without any gets one.
    """
    who = f"site {name}"
    row = site_rows.site_named(session, name)
    values = {key: value for key, value in given.items() if key in SITE_DEFAULTS}
    if row is None:
        row = SiteRow(name=name)
        values = SITE_DEFAULTS | values
        tokens = tokens or [new_token()]
    faults = [
        *_faults_of_keys(who, given, SITE_DEFAULTS),
        *_faults_of_places(who, values),
        *_read_default_number(who, row, values),
        *_read_origins(who, values),
        *_faults_of_whole_numbers(who, values),
        *_faults_of_topics(who, values.get("topics", {})),
        *_faults_of_signing(who, values.get("signing_secret", "")),
        *_faults_of_plans(who, values),
        *_read_callback(who, row, values),
    ]
    faults += _faults_of_account(session, who, row, values, judge_dial=not faults)
    _raise_if_any(faults)
    site_rows.write_values(session, row, values)
    if tokens is not None:
        site_rows.replace_tokens(session, row, list(tokens))
    changed(session)
    return row


def apply(session: Session, text: str) -> list[str]:
    """Make accounts, sites and pools equal to the file. Raises SiteFault. The caller commits.

    Returns a line for each change. DIDs that the file does not name are drained. Sites and accounts
    that it does not name stay as they are.
    """
    wanted = _read_toml(text)
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
            lines += _apply_pool(session, row, numbers)
    return lines


def export(session: Session) -> str:
    """Everything as a file that `apply` takes; it holds the accounts' secrets."""
    accounts = {row.key: _values_of(row, ACCOUNT_KEYS) for row in site_rows.every_account(session)}
    sites = {
        row.name: _values_of(row, SITE_DEFAULTS)
        | {
            "tokens": list(site_rows.tokens_of(session, row)),
            "dids": site_rows.numbers_in_use(session, row),
        }
        for row in site_rows.every_site(session)
    }
    return tomli_w.dumps({"account": accounts, "site": sites})


def _read_toml(text: str) -> dict[str, Any]:
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise SiteFault(f"the file is not TOML: {fault}") from fault
    for key in wanted:
        if key not in ("account", "site"):
            raise SiteFault(
                f"there is no table {key!r}; a file has [account.NAME] and [site.NAME] tables"
            )
    return wanted


def _apply_pool(session: Session, row: SiteRow, numbers: list[str]) -> list[str]:
    added = add_dids(session, row, numbers)
    keep = {phone.read(number, row.country) for number in numbers}
    others = [did for did in site_rows.numbers_in_use(session, row) if did not in keep]
    drained = remove_dids(session, row, others)
    return [
        *(f"site {row.name}: {did} added" for did in added),
        *(f"site {row.name}: {did} drains" for did in drained),
    ]


def _values_of(row: SiteRow | AccountRow, keys: Iterable[str]) -> dict[str, Any]:
    return {key: value for key in keys if (value := getattr(row, key)) is not None}


def _raise_if_any(faults: list[str]) -> None:
    if faults:
        raise SiteFault("\n".join(faults))


def _is_web(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")


def _faults_of_keys(who: str, given: Iterable[str], known: Collection[str]) -> Faults:
    for name in given:
        if name not in known:
            yield f"{who}: there is no key {name!r}"


def _is_part_of_address(text: str) -> bool:
    return text.replace("-", "").replace("_", "").isalnum()


def _faults_of_address(key: str, values: Mapping[str, Any]) -> Faults:
    """What the notification addresses are made from: the account's key, vendor and secret."""
    why = "because it is part of an address"
    if not _is_part_of_address(key):
        yield f"account {key!r}: a key is letters, digits, - and _, {why}"
    if "vendor" in values and values["vendor"] not in VENDORS:
        yield f"account {key}: vendor must be one of {', '.join(VENDORS)}"
    if "secret" in values:
        secret = values["secret"]
        if len(secret) < SHORTEST_SECRET or not _is_part_of_address(secret):
            yield (
                f"account {key}: secret must be {SHORTEST_SECRET} or more "
                f"letters, digits, - or _, {why}"
            )


def _faults_of_networks(who: str, networks: Iterable[str]) -> Faults:
    for network in networks:
        try:
            read_network(str(network))
        except ValueError:
            yield f"{who}: {network!r} is not an IP address or network such as 192.0.2.0/24"


def _read_options(
    who: str, row: AccountRow, values: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """An account's options as they are kept, and their faults."""
    options, faults = callback_table.read_options(who, values["options"], _country(row, values))
    vendor = VENDORS.get(str(values.get("vendor") or row.vendor))
    if vendor is not None and vendor.real_time is not None:
        faults += [f"{who}: {fault}" for fault in vendor.real_time.faults(options)]
    return options, faults


def _country(row: SiteRow | AccountRow, values: Mapping[str, Any]) -> str:
    return str(values.get("country") or row.country or SITE_DEFAULTS["country"])


def _faults_of_places(who: str, values: Mapping[str, Any]) -> Faults:
    if "time_zone" in values and values["time_zone"] not in available_timezones():
        got = values["time_zone"]
        yield f"{who}: time_zone must be a name such as Asia/Jerusalem; got {got!r}"
    if "country" in values and values["country"] not in phonenumbers.SUPPORTED_REGIONS:
        yield f"{who}: country must be two letters such as IL; got {values['country']!r}"


def _read_default_number(who: str, row: SiteRow, values: dict[str, Any]) -> Faults:
    """Turn a given default number into E.164."""
    given = values.get("default_number")
    if not given:
        return
    values["default_number"] = phone.read(given, _country(row, values))
    if values["default_number"] is None:
        yield f"{who}: default_number {given!r} is not a telephone number"


def _read_origins(who: str, values: dict[str, Any]) -> Faults:
    """Turn given origins into what browsers send."""
    given = values.get("origins", [])
    read = []
    for typed in given:
        try:
            read.append(origin.as_sent(str(typed)))
        except ValueError:
            like = "an origin is like https://www.example.com, without a path"
            yield f"{who}: {like}; got {typed!r}"
    if given:
        values["origins"] = list(dict.fromkeys(read))


def _faults_of_whole_numbers(who: str, values: Mapping[str, Any]) -> Faults:
    for key, (least, most) in WHOLE_NUMBERS.items():
        if key in values and not (isinstance(values[key], int) and least <= values[key] <= most):
            yield f"{who}: {key} must be {least} to {most}"


def _faults_of_topics(who: str, topics: Any) -> Faults:
    if not isinstance(topics, dict):
        yield f"{who}: topics must be a table such as [site.NAME.topics.kitchens]"
        return
    for topic, given in topics.items():
        if not topic or len(topic) > 50 or "|" in topic:
            yield f"{who}: a topic's name is 1 to 50 characters without |; got {topic!r}"
        if not _is_topic(given):
            yield (
                f"{who}: topic {topic!r} has lists of texts: "
                "pages (beginnings of paths) and calls (queues, IVR)"
            )
        elif not all(page.startswith("/") for page in given.get("pages", [])):
            yield f"{who}: topic {topic!r}: each of pages must begin with /"


def _is_topic(given: Any) -> bool:
    if not isinstance(given, dict) or not set(given) <= {"pages", "calls"}:
        return False
    return all(
        isinstance(some, list) and all(isinstance(one, str) for one in some)
        for some in given.values()
    )


def _faults_of_plans(who: str, values: Mapping[str, Any]) -> Faults:
    price, currency = values.get("number_price"), values.get("currency", SITE_DEFAULTS["currency"])
    if price is not None and not (isinstance(price, int) and 0 <= price <= MOST_MONEY):
        yield (
            f"{who}: number_price is what one number costs in minor units (agorot, cents), "
            "a whole number"
        )
    if not re.fullmatch(r"[A-Z]{3}", str(currency)):
        yield f"{who}: currency must be three capital letters such as ILS; got {currency!r}"
    for key in SHARES:
        share = values.get(key, 0)
        if not (isinstance(share, int | float) and 0 <= share <= 1):
            yield f"{who}: {key} is a share of 0 to 1, such as 0.05 for 5 %; got {share!r}"


def _read_callback(who: str, row: SiteRow, values: dict[str, Any]) -> list[str]:
    """Turn the callback table into what is kept; a new country or currency reads it again."""
    if not values.keys() & {"callback", "country", "currency"}:
        return []
    table = values.get("callback", row.callback)
    currency = str(values.get("currency") or row.currency or SITE_DEFAULTS["currency"])
    country = _country(row, values)
    values["callback"], faults = callback_table.read_table(who, table, country, currency)
    return faults


def _faults_of_signing(who: str, secret: object) -> Faults:
    if not isinstance(secret, str) or 0 < len(secret) < SHORTEST_SECRET:
        yield f"{who}: signing_secret must have at least {SHORTEST_SECRET} characters"


def _faults_of_account(
    session: Session, who: str, row: SiteRow, values: Mapping[str, Any], judge_dial: bool
) -> Faults:
    """Whether the site's account is there, and takes what the site says to the PBX."""
    key = values.get("account_key", row.account_key)
    if not key:
        return
    account = site_rows.account_named(session, key)
    if account is None:
        yield f"{who}: there is no PBX account {key!r}; add it first"
    elif judge_dial and values.keys() & {"callback", "account_key"}:
        table = values.get("callback", row.callback)
        yield from _faults_of_dial(who, account, table.get("dial", {}))
        yield from _faults_of_abilities(who, account, table)


def _faults_of_dial(who: str, account: AccountRow, parameters: dict[str, Any]) -> Faults:
    vendor = VENDORS[account.vendor]
    if isinstance(vendor.click_to_call, TakesParameters):
        for fault in vendor.click_to_call.faults(parameters):
            yield f"{who}: callback.dial: {fault}"
    elif parameters and isinstance(vendor.click_to_call, Dials):
        yield f"{who}: callback.dial: {vendor.title} takes no parameters"
    elif parameters:
        yield f"{who}: callback.dial: {vendor.title} cannot be asked to call"


def _faults_of_abilities(who: str, account: AccountRow, table: Mapping[str, Any]) -> Faults:
    """What a site asks of a PBX that dials but cannot do this."""
    vendor = VENDORS[account.vendor]
    if not isinstance(vendor.click_to_call, Dials):
        return
    if table.get("campaign") and not isinstance(vendor.click_to_call, Schedules):
        yield f"{who}: callback.campaign: no call can be left to {vendor.title}"
    if table.get("choose") == "free" and not isinstance(vendor.click_to_call, KnowsWhoIsFree):
        yield f"{who}: callback.choose: {vendor.title} cannot say who is free"
