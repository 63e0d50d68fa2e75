"""A site's rules for callback requests, as its `callback` table has them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leadtracker.domain import Site

CHOICES = ("in order", "round robin", "free")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # as datetime.weekday counts


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests may pass in any 60 seconds, 60 minutes and 24 hours; 0: none."""

    minute: int
    hour: int
    day: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The keys of the `callback` table; money is minor units of `currency`, a price is for each started minute."""

    agents: tuple[
        str, ...
    ] = ()  # extensions, `login:CODE` or words of the PBX; empty: nobody is called back
    choose: str = "in order"  # one of CHOICES
    countries: tuple[str, ...] = ()  # that may be dialled, two letters; empty: the site's own
    hours: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # day -> `09:00-17:00` ...; empty: always open
    holidays: tuple[str, ...] = ()  # 2026-09-12
    blocked: tuple[str, ...] = ()  # E.164
    per_number: Limits = Limits(1, 3, 5)
    per_visitor: Limits = Limits(2, 5, 8)
    per_address: Limits = Limits(3, 10, 20)  # of an IPv4 address, or of an IPv6 /64
    per_site: Limits = Limits(20, 200, 1000)
    ceiling: int = 5000  # for one local day of the site
    prices: Mapping[str, int] = field(
        default_factory=dict
    )  # E.164 prefix -> price; over those of prices.toml
    agent_price: int = 0  # of the agent's leg
    max_seconds: int = 1800  # the PBX ends a call that is longer; so much is reserved
    fill_seconds: float = 2.0  # a form sent sooner was filled in by a robot
    dial: Mapping[str, str | int | bool] = field(
        default_factory=dict
    )  # parameters of the vendor's own
    campaign: str = ""  # of the PBX's dialer, for requests outside opening hours; empty: dialled at the next opening
    currency: str = "ILS"  # the site's

    @property
    def on(self) -> bool:
        return bool(self.agents)


LIMITS = tuple(each.name for each in dataclasses.fields(Rules) if each.name.startswith("per_"))


def rules_of(site: Site) -> Rules:
    """The site's rules; its table was found right when it was saved."""
    values: dict[str, Any] = dict(site.callback)
    for key in ("agents", "countries", "holidays", "blocked"):
        if key in values:
            values[key] = tuple(values[key])
    if "hours" in values:
        values["hours"] = {day: tuple(spans) for day, spans in values["hours"].items()}
    for key in LIMITS:
        if key in values:
            values[key] = Limits(**values[key])
    return Rules(**values, currency=site.currency)
