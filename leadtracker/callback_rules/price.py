"""What a call may cost at most, by a table of prices for each prefix: the site's own over those of prices.toml."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from importlib import resources

from leadtracker.callback_rules.rules import Rules
from leadtracker.errors import Refused

SHIPPED_CURRENCY = "ILS"
RINGING_SECONDS = 120  # the agent's leg is paid while the visitor's telephone rings, beside the seconds of the call


@functools.cache
def shipped() -> Mapping[str, int | None]:
    """Prefix -> agorot for each started minute, None where it is never called."""
    table = tomllib.loads(
        (resources.files("leadtracker.callback_rules") / "prices.toml").read_text()
    )
    return {**table["prices"], **dict.fromkeys(table["never"]["prefixes"])}


def per_minute(rules: Rules, target: str) -> int | None:
    """The price of the longest prefix that is known, for a target in E.164; None where none is.

    Shipped prices are agorot: a site that counts in another currency has its own only.
    """
    given: Mapping[str, int | None] = shipped() if rules.currency == SHIPPED_CURRENCY else {}
    for length in range(len(target), 1, -1):
        prefix = target[:length]
        if prefix in rules.prices:
            return rules.prices[prefix]
        if prefix in given:
            return given[prefix]
    return None


def reserve(rules: Rules, target: str) -> int:
    """What a call to an E.164 target may cost at most, in minor units; raises Refused where no price is known."""
    price = per_minute(rules, target)
    if price is None:
        raise Refused("money", f"no price for {target[:6]}")
    talk = math.ceil(rules.max_seconds / 60)
    ring = math.ceil((rules.max_seconds + RINGING_SECONDS) / 60)
    return talk * price + ring * rules.agent_price
