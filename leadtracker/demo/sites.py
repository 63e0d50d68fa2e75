"""The demo's sites and PBX accounts, applied from a TOML text as `leadtracker site apply` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import tomli_w

from leadtracker import phone, site_file
from leadtracker.demo.world import SHOPS, Shop
from leadtracker.pbx import VENDORS
from leadtracker.pbx.vendor import notification_url
from leadtracker.records.session import Engine, Session
from leadtracker.records.sites import Directory

LEASE_SECONDS = 45  # short, so that the pool is seen to breathe


@dataclass(frozen=True, slots=True)
class Where:
    """Where visits and calls go: `tokens` by shop, `notifications` by shop and family."""

    leadtracker: str
    marketing: str
    tokens: Mapping[str, str]
    notifications: Mapping[tuple[str, str], str]


def site_text(marketing_url: str) -> str:
    """The file: an account and a site for each shop."""
    return tomli_w.dumps(
        {
            "account": {
                shop.key: {
                    "vendor": shop.vendor,
                    "country": shop.country,
                    "time_zone": shop.time_zone,
                }
                for shop in SHOPS.values()
            },
            "site": {shop.name: _site(shop, marketing_url) for shop in SHOPS.values()},
        }
    )


def apply(engine: Engine, text: str, leadtracker_url: str, marketing_url: str) -> Where:
    with Session(engine) as session:
        site_file.apply(session, text)
        session.commit()
    directory = Directory(engine)
    notifications = {
        (key, family.name): notification_url(leadtracker_url, directory.accounts[key], family)
        for key, shop in SHOPS.items()
        for family in VENDORS[shop.vendor].families
    }
    return Where(
        leadtracker_url,
        marketing_url,
        {key: _token(shop) for key, shop in SHOPS.items()},
        notifications,
    )


def _site(shop: Shop, marketing_url: str) -> dict[str, object]:
    return {
        "tokens": [_token(shop)],
        "origins": [marketing_url, marketing_url.replace("127.0.0.1", "localhost")],
        "url": marketing_url,
        "default_number": phone.show(shop.own_number),
        "country": shop.country,
        "time_zone": shop.time_zone,
        "lease_seconds": LEASE_SECONDS,
        "account_key": shop.key,
        "dids": [phone.show(did) for did in shop.pool],
    }


def _token(shop: Shop) -> str:
    return f"demo-{shop.key}"
