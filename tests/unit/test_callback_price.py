"""What a call may cost at most, by the longest prefix."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from leadtracker.callback_rules.price import per_minute, reserve, shipped
from leadtracker.callback_rules.rules import Rules
from leadtracker.callback_rules.target import CALLED
from leadtracker.errors import Refused


@pytest.mark.parametrize(
    ("prices", "target", "price"),
    [
        ({}, "+97235551234", 10),
        ({}, "+972522345678", 15),
        ({}, "+972722345678", 12),
        ({}, "+972599123456", None),  # a Palestinian network
        ({}, "+9721700700700", None),
        ({}, "+881612345678", None),
        ({}, "+37166123456", None),
        ({}, "+12025551234", 15),
        ({}, "+18765551234", None),  # Jamaica, though +1 has a price
        ({}, "+447624123456", None),
        ({"+972": 3}, "+972522345678", 15),  # the shipped prefix is longer
        ({"+97252": 3}, "+972522345678", 3),
        ({"+972522": 4, "+97252": 3}, "+972522345678", 4),
        ({"+972": 3}, "+972599123456", 3),
        ({"+1": 1}, "+18765551234", None),
        ({"+1876": 90}, "+18765551234", 90),
        ({"+371": 0}, "+37166123456", 0),
        ({"+972522345678": 7}, "+972522345678", 7),
    ],
)
def test_the_longest_prefix_counts(prices: dict[str, int], target: str, price: int | None) -> None:
    assert per_minute(Rules(prices=prices), target) == price


@pytest.mark.parametrize(
    ("rules", "most"),
    [
        (Rules(max_seconds=1800), 30 * 15),
        (Rules(max_seconds=60), 15),
        (Rules(max_seconds=61), 2 * 15),
        (
            Rules(max_seconds=1800, agent_price=2),
            30 * 15 + 32 * 2,
        ),  # the agent waits while the visitor's phone rings
        (Rules(max_seconds=30, agent_price=2), 15 + 3 * 2),
        (Rules(prices={"+97252": 0}), 0),
    ],
)
def test_reserve(rules: Rules, most: int) -> None:
    assert reserve(rules, "+972522345678") == most


@pytest.mark.parametrize(
    "rules", [Rules(), Rules(prices={"+972": 1}), Rules(currency="EUR", prices={"+4": 1})]
)
def test_no_price_no_call(rules: Rules) -> None:
    with pytest.raises(Refused) as refused:
        reserve(rules, "+37166123456")
    assert refused.value.code == "money"


def test_shipped_prices_are_agorot() -> None:
    assert per_minute(Rules(currency="EUR"), "+972522345678") is None
    assert per_minute(Rules(currency="EUR", prices={"+972": 4}), "+972522345678") == 4


def test_what_is_shipped_is_prefixes_and_whole_agorot() -> None:
    assert all(prefix[0] == "+" and prefix[1:].isdigit() for prefix in shipped())
    assert all(price is None or 5 <= price <= 100 for price in shipped().values())


def test_no_premium_number_of_any_country_has_a_shipped_price() -> None:
    """Nobody would call them by their kind; without a price they are refused twice."""
    priced, seen = [], 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (
            PhoneNumberType.PREMIUM_RATE,
            PhoneNumberType.SHARED_COST,
            PhoneNumberType.PERSONAL_NUMBER,
        ):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None and phonenumbers.number_type(number) not in CALLED:
                seen += 1
                target = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                if per_minute(Rules(), target) is not None:
                    priced.append((region, target))
    assert priced == []
    assert seen > 200
