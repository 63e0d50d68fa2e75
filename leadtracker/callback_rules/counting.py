"""What a callback request counts against, the narrowest first."""

from __future__ import annotations

from collections.abc import Mapping

from leadtracker.address import household
from leadtracker.callback_rules.rules import Limits, Rules
from leadtracker.domain import Account, Site

PER_ACCOUNT = Limits(60, 600, 5000)
WITHOUT_SCRIPT = Limits(1, 2, 3)  # of an address at most, because a plain form has no token


def counters(
    rules: Rules,
    site: Site,
    account: Account,
    *,
    target: str,
    visitor: str,
    address: str | None,
    script: bool = True,
) -> list[tuple[str, Limits]]:
    """Names and limits for live.CallbackGuard.

    `address` is None where a server asks. `script` is False of a plain form. Numbers and addresses
    count across all sites of an account, so that nobody is rung by each of them in turn.
    """
    counted = [(f"number:{target}", rules.per_number)]
    if visitor:
        counted.append((f"visitor:{site.id}:{visitor}", rules.per_visitor))
    if address is not None:
        limits = rules.per_address
        if not script:
            limits = stricter(limits, WITHOUT_SCRIPT)
        counted.append((f"address:{household(address)}", limits))
    return [*counted, (f"site:{site.id}", rules.per_site), ("account:all", limits_of(account))]


def stricter(one: Limits, other: Limits) -> Limits:
    return Limits(min(one.minute, other.minute), min(one.hour, other.hour), min(one.day, other.day))


def limits_of(account: Account) -> Limits:
    given: Mapping[str, int] | None = account.options.get("callback_limits")
    if not given:
        return PER_ACCOUNT
    return Limits(**given)
