"""Checks a site's `callback` table and an account's options; each fault says what to do."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import phonenumbers

from leadtracker import phone
from leadtracker.callback_rules.opening import minutes_of
from leadtracker.callback_rules.price import SHIPPED_CURRENCY
from leadtracker.callback_rules.rules import CHOICES, DAYS, LIMITS, Limits, Rules

WINDOWS = tuple(each.name for each in dataclasses.fields(Limits))
KEYS = tuple(each.name for each in dataclasses.fields(Rules) if each.name != "currency")
MOST_MONEY = 10**9
AGENT = re.compile(r"login:[A-Za-z0-9]{1,32}|[A-Za-z0-9+_\-]{1,32}")
PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")

Faults = Iterator[str]


def read_table(
    who: str, table: Any, country: str, currency: str
) -> tuple[dict[str, Any], list[str]]:
    """The table as we keep it, with blocked numbers in E.164, and all its faults."""
    if not isinstance(table, dict):
        return {}, [f"{who}: callback must be a table such as [site.NAME.callback]"]
    kept = dict(table)
    faults = [
        f"{who}: callback has no key {key!r}; it has {', '.join(KEYS)}"
        for key in table
        if key not in KEYS
    ]
    for key, check in _CHECKS.items():
        if key in table:
            faults += [f"{who}: callback.{key} {fault}" for fault in check(table[key])]
    if _is_texts(table.get("blocked")):
        kept["blocked"], wrong = _numbers(table["blocked"], country)
        faults += [f"{who}: callback.blocked: {fault}" for fault in wrong]
    if table.get("agents") and currency != SHIPPED_CURRENCY and not table.get("prices"):
        faults.append(
            f"{who}: callback.prices is needed: shipped prices are {SHIPPED_CURRENCY}, "
            f"the site counts in {currency}; "
            'write what a started minute costs, such as prices = { "+40" = 5 }'
        )
    return kept, faults


def read_options(who: str, options: Any, country: str) -> tuple[dict[str, Any], list[str]]:
    """An account's options as we keep them, and the faults of `callback_limits` and `blocked`."""
    if not isinstance(options, dict):
        return {}, [f"{who}: options must be a table"]
    kept, faults = dict(options), []
    if "callback_limits" in options:
        faults += [
            f"{who}: options.callback_limits {fault}"
            for fault in _faults_of_limits(options["callback_limits"])
        ]
    if not isinstance(options.get("known_across_sites", True), bool):
        faults.append(f"{who}: options.known_across_sites must be true or false")
    if "blocked" in options:
        if _is_texts(options["blocked"]):
            kept["blocked"], wrong = _numbers(options["blocked"], country)
            faults += [f"{who}: options.blocked: {fault}" for fault in wrong]
        else:
            faults.append(f"{who}: options.blocked must be a list of telephone numbers")
    return kept, faults


def _numbers(texts: list[str], country: str) -> tuple[list[str], list[str]]:
    numbers, faults = [], []
    for text in texts:
        if number := phone.read(text, country):
            numbers.append(number)
        else:
            faults.append(
                f"{text!r} is not a telephone number in {country}; "
                "write it with +prefix or nationally"
            )
    return numbers, faults


def _is_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _faults_of_agents(value: Any) -> Faults:
    if not _is_texts(value):
        yield 'must be a list of texts such as ["101", "login:1234"]'
        return
    for agent in value:
        if not AGENT.fullmatch(agent):
            yield f"{agent!r} is neither an extension nor login:CODE"
    if len(set(value)) < len(value):
        yield "names an extension twice; name each once"


def _faults_of_choice(value: Any) -> Faults:
    if value not in CHOICES:
        yield f"must be one of {', '.join(CHOICES)}; got {value!r}"


def _faults_of_countries(value: Any) -> Faults:
    if not _is_texts(value):
        yield 'must be a list such as ["IL", "US"]'
        return
    for country in value:
        if country not in phonenumbers.SUPPORTED_REGIONS:
            yield f"{country!r} is not two capital letters of a country, such as IL"


def _faults_of_hours(value: Any) -> Faults:
    if not isinstance(value, dict):
        yield 'must be a table such as { sun = ["09:00-17:00"] }'
        return
    for day, spans in value.items():
        if day not in DAYS:
            yield f"has no day {day!r}; days are {', '.join(DAYS)}"
        elif not _is_texts(spans):
            yield f'{day} must be a list such as ["09:00-13:00", "14:00-17:00"]'
        else:
            yield from (
                f"{day}: {span!r} is not like 09:00-17:00; split at midnight"
                for span in spans
                if _bad(span)
            )
    if value and not any(value.values()):
        yield "never open; leave hours out to be always open, or agents to call nobody back"


def _bad(span: str) -> bool:
    try:
        minutes_of(span)
    except ValueError:
        return True
    return False


def _faults_of_holidays(value: Any) -> Faults:
    if not _is_texts(value):
        yield 'must be a list of texts such as ["2026-09-12"]'
        return
    for day in value:
        try:
            right = date.fromisoformat(day).isoformat() == day
        except ValueError:
            right = False
        if not right:
            yield f"{day!r} is not a day such as 2026-09-12"


def _faults_of_blocked(value: Any) -> Faults:
    if not _is_texts(value):
        yield "must be a list of telephone numbers"


def _faults_of_limits(value: Any) -> Faults:
    if not isinstance(value, dict) or set(value) != set(WINDOWS):
        yield "must be like { minute = 1, hour = 2, day = 3 }"
        return
    for window in WINDOWS:
        if not _is_whole(value[window], 0, 100_000):
            yield f"{window} must be a whole number of 0 to 100000; got {value[window]!r}"


def _faults_of_prices(value: Any) -> Faults:
    if not isinstance(value, dict):
        yield 'must be a table such as { "+972" = 10 }'
        return
    for prefix, price in value.items():
        if not PREFIX.fullmatch(prefix):
            yield f"{prefix!r} is not the beginning of an international number, such as +972"
        if not _is_whole(price, 0, MOST_MONEY):
            yield (
                f"{prefix}: a price is a whole number of minor units (agorot, cents) "
                "for each started minute"
            )


def _faults_of_dial(value: Any) -> Faults:
    if not isinstance(value, dict):
        yield (
            "must be a table of the PBX's own parameters, "
            'such as { record = true, language = "he" }'
        )
        return
    for name, setting in value.items():
        if not isinstance(setting, str | int):
            yield f"{name!r} must be a text, a whole number, true or false"


def _faults_of_campaign(value: Any) -> Faults:
    if not isinstance(value, str):
        yield "must be a text, the campaign's code at the PBX"


def _whole(least: int, most: int, of: str) -> Callable[[Any], Faults]:
    def check(value: Any) -> Faults:
        if not _is_whole(value, least, most):
            yield f"must be {of}, a whole number of {least} to {most}; got {value!r}"

    return check


def _faults_of_fill(value: Any) -> Faults:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 60:
        yield f"must be seconds, 0 to 60; got {value!r}"


_CHECKS: dict[str, Callable[[Any], Faults]] = {
    "agents": _faults_of_agents,
    "choose": _faults_of_choice,
    "countries": _faults_of_countries,
    "hours": _faults_of_hours,
    "holidays": _faults_of_holidays,
    "blocked": _faults_of_blocked,
    **dict.fromkeys(LIMITS, _faults_of_limits),
    "ceiling": _whole(0, MOST_MONEY, "minor units a day"),
    "prices": _faults_of_prices,
    "agent_price": _whole(0, MOST_MONEY, "minor units for each started minute"),
    "max_seconds": _whole(30, 7200, "seconds"),
    "fill_seconds": _faults_of_fill,
    "dial": _faults_of_dial,
    "campaign": _faults_of_campaign,
}
