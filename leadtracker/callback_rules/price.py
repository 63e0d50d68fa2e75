"""What a call may cost at most, by the prices of prefixes: the site's own, then prices.toml."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from importlib import resources

from leadtracker.callback_rules.rules import Rules
from leadtracker.errors import Refused

SHIPPED_CURRENCY = "ILS"
RINGING_SECONDS = 120  # the agent's leg also costs money while the visitor's telephone rings


@functools.cache
def shipped() -> Mapping[str, int | None]:
    """Prefix -> agorot for each started minute; None for a prefix that we never call."""
    table = tomllib.loads(
        (resources.files("leadtracker.callback_rules") / "prices.toml").read_text()
    )
    return {**table["prices"], **dict.fromkeys(table["never"]["prefixes"])}


def per_minute(rules: Rules, target: str) -> int | None:
    """The price of the longest known prefix of a target in E.164; None where none is known.

    Shipped prices are agorot, so that a site with another currency has only its own.
    """
    given: Mapping[str, int | None] = {}
    if rules.currency == SHIPPED_CURRENCY:
        given = shipped()
    for length in range(len(target), 1, -1):
        prefix = target[:length]
        if prefix in rules.prices:
            return rules.prices[prefix]
        if prefix in given:
            return given[prefix]
    return None


def reserve(rules: Rules, target: str) -> int:
    """What a call to an E.164 target may cost at most, in minor units.

    Raises Refused where no price is known.
    """
    price = per_minute(rules, target)
    if price is None:
        raise Refused("money", f"no price for {target[:6]}")
    talk = math.ceil(rules.max_seconds / 60)
    ring = math.ceil((rules.max_seconds + RINGING_SECONDS) / 60)
    return talk * price + ring * rules.agent_price
