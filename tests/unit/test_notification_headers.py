"""Which headers of a notification are kept: never one that may hold a secret,
and not without end."""

from __future__ import annotations

import pytest

from leadtracker.pbx.headers import LONGEST_NAME, LONGEST_VALUE, MOST_HEADERS, headers_of, kept

SECRET = "secret-of-the-account"
HARMLESS = [
    "Content-Type",
    "User-Agent",
    "X-Request-Id",
    "X-Forwarded-For",
    "X-Signature",
    "X-Twilio-Signature",
    "X-Hub-Signature-256",
    "Webhook-Timestamp",
    "X-Event",
    "Date",
]
SECRETIVE = [
    "Authorization",
    "authorization",
    "AUTHORIZATION",
    "Proxy-Authorization",
    "X-Authorization",
    "X_Authorization",
    "X-Auth",
    "Cookie",
    "Cookie2",
    "Set-Cookie",
    "X-Secret",
    "X-SECRET-VALUE",
    "ClientSecret",
    "X-Signature-Secret",
    "x_signature_secret",
    "X-Token",
    "X-Auth-Token",
    "XAuthToken",
    "X-Csrf-Token",
    "X-Amz-Security-Token",
    "X-Key",
    "X-Api-Key",
    "X-APIKEY",
    "Api_Key",
    "X-Subscription-Key",
    "X-Password",
    "X-User-Passwd",
    "X-Pwd",
    "X-Credentials",
]


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_header_is_kept(name: str) -> None:
    assert kept(headers_of([(name, "value")]), SECRET) == {name.lower(): "value"}


@pytest.mark.parametrize("name", SECRETIVE)
def test_a_header_that_may_hold_a_secret_is_not_kept(name: str) -> None:
    assert kept(headers_of([(name, "value"), ("X-Event", "ring")]), SECRET) == {"x-event": "ring"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Original-Uri", f"/pbx/pbx/{SECRET}/cdr"),
        ("Referer", f"https://calls.example.com/pbx/key/events?token={SECRET}"),
    ],
)
def test_a_header_that_repeats_our_own_address_is_not_kept(name: str, value: str) -> None:
    assert kept(headers_of([(name, value)]), SECRET) == {}
    assert kept(headers_of([(name, value)]), "another-secret") == {name.lower(): value}


def test_names_are_one_whatever_their_case() -> None:
    assert headers_of([("X-Event", "a"), ("x-event", "b")]) == {"x-event": "a, b"}


def test_there_is_an_end_to_their_number_and_size() -> None:
    many = headers_of([(f"X-{number}", "v") for number in range(MOST_HEADERS + 5)])
    assert list(kept(many, SECRET)) == [f"x-{number}" for number in range(MOST_HEADERS)]
    assert kept({"x-long": "v" * (LONGEST_VALUE + 1)}, SECRET) == {"x-long": "v" * LONGEST_VALUE}
    assert kept({"x" * LONGEST_NAME: "v"}, SECRET) == {"x" * LONGEST_NAME: "v"}
    assert kept({"x" * (LONGEST_NAME + 1): "v"}, SECRET) == {}


def test_a_secret_past_the_cut_counts_too() -> None:
    assert kept({"x-long": "v" * LONGEST_VALUE + SECRET}, SECRET) == {}


def test_what_postgresql_does_not_take_is_replaced() -> None:
    assert kept({"x-odd": "a\0b"}, SECRET) == {"x-odd": "a\ufffdb"}
