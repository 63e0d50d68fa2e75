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
    """How many requests may pass in any 60 seconds, 60 minutes and 24 hours."""

    minute: int
    hour: int
    day: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The keys of the `callback` table.

    Money is minor units of `currency`. A price is for each started minute.
    """

    # Extensions, `login:CODE` or words of the PBX. Where it is empty, nobody is called back.
    agents: tuple[str, ...] = ()
    choose: str = "in order"  # one of CHOICES
    countries: tuple[str, ...] = ()  # that we may dial, two letters; empty: the site's own
    # Day -> spans such as `09:00-17:00`. Where it is empty, the site is always open.
    hours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    holidays: tuple[str, ...] = ()  # 2026-09-12
    blocked: tuple[str, ...] = ()  # E.164
    per_number: Limits = Limits(1, 3, 5)
    per_visitor: Limits = Limits(2, 5, 8)
    per_address: Limits = Limits(3, 10, 20)  # of an IPv4 address, or of an IPv6 /64
    per_site: Limits = Limits(20, 200, 1000)
    ceiling: int = 5000  # for one local day of the site
    # E.164 prefix -> price, which goes before that of prices.toml.
    prices: Mapping[str, int] = field(default_factory=dict)
    agent_price: int = 0  # of the agent's leg
    max_seconds: int = 1800  # the PBX ends a longer call; we reserve money for so much
    fill_seconds: float = 2.0  # a form sent sooner was filled in by a robot
    # Parameters of the vendor's own.
    dial: Mapping[str, str | int | bool] = field(default_factory=dict)
    # The campaign of the PBX's dialer that takes requests outside opening hours. Where it is empty,
    # we dial them at the next opening.
    campaign: str = ""
    currency: str = "ILS"  # the site's

    @property
    def on(self) -> bool:
        return bool(self.agents)


LIMITS = tuple(each.name for each in dataclasses.fields(Rules) if each.name.startswith("per_"))


def rules_of(site: Site) -> Rules:
    """The site's rules. Its table was checked when it was saved."""
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
