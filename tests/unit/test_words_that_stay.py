"""Words and numbers that others keep: what is stored, what stands in addresses,
what a PBX brings back to us."""

from __future__ import annotations

import enum
from datetime import UTC, datetime

import pytest

from leadtracker import domain
from leadtracker.domain import Account, Direction, Outcome, Phase
from leadtracker.pbx import VENDORS, dialing
from leadtracker.pbx.dialing import Answer, Dial, Dialed
from leadtracker.pbx.vendor import WireFormat, notification_url

WORDS: dict[type[enum.StrEnum], dict[str, str]] = {
    Phase: {
        "RINGING": "ringing",
        "DIALING": "dialing",
        "ANSWERED": "answered",
        "ENDED": "ended",
        "UNKNOWN": "unknown",
    },
    Direction: {
        "INCOMING": "incoming",
        "OUTGOING": "outgoing",
        "INTERNAL": "internal",
        "UNKNOWN": "unknown",
    },
    Outcome: {
        "ANSWERED": "answered",
        "MISSED": "missed",
        "BUSY": "busy",
        "ABANDONED": "abandoned",
        "VOICEMAIL": "voicemail",
        "FAILED": "failed",
        "UNKNOWN": "unknown",
    },
    Answer: {
        "ACCEPTED": "accepted",
        "REFUSED": "refused",
        "OFFLINE": "offline",
        "BLOCKED": "blocked",
        "UNAUTHORIZED": "unauthorized",
        "UNCERTAIN": "uncertain",
        "UNREACHED": "unreached",
    },
    WireFormat: {"QUERY": "query", "FORM": "form", "JSON": "json", "XML_RPC": "xml-rpc"},
}


@pytest.mark.parametrize("kind", WORDS)
def test_words(kind: type[enum.StrEnum]) -> None:
    assert {one.name: one.value for one in kind} == WORDS[kind]


def test_the_agent_is_rung_first() -> None:
    assert (domain.AGENTS_LEG, domain.CUSTOMERS_LEG) == (1, 2)


def test_what_a_call_of_ours_carries() -> None:
    assert (dialing.REQUEST, dialing.VISITOR) == ("leadtracker_request", "leadtracker_visitor")
    assert dialing.LOGIN == "login:"


def test_a_call_lasts_half_an_hour_where_nothing_is_said() -> None:
    assert Dial("SIP", "+972501234567").max_seconds == 1800
    assert (Dialed(Answer.ACCEPTED).call_id, Dialed(Answer.ACCEPTED).message) == ("", "")


@pytest.mark.parametrize(
    ("custom", "value"),
    [
        ({"var_leadtracker_request": ["r"], "leadtracker_request": "s"}, "s"),
        ({"leadtracker_requests": "r"}, ""),
        ({"var_var_leadtracker_request": "r"}, ""),
        ({"LEADTRACKER_REQUEST": "r"}, "r"),
    ],
)
def test_a_variable_is_found_with_and_without_its_prefix(
    custom: dict[str, object], value: str
) -> None:
    assert dialing.variable(custom, dialing.REQUEST) == value


ADDRESSES = {
    ("voicenter", "screen-pop"): "https://calls.example.com/pbx/key/hidden/screen-pop",
    ("voicenter", "cdr"): "https://calls.example.com/pbx/key/hidden/cdr",
    ("voicenter", "real-time"): "https://calls.example.com/pbx/key/hidden/real-time",
    ("while1", "caller-data"): "https://calls.example.com/pbx/key/caller-data?token=hidden",
    ("while1", "events"): "https://calls.example.com/pbx/key/events?token=hidden",
}


def test_every_address_that_was_pasted_into_a_pbx() -> None:
    found = {
        (vendor.name, family.name): notification_url(
            "https://calls.example.com", Account(1, "key", vendor.name, "hidden"), family
        )
        for vendor in VENDORS.values()
        for family in vendor.families
    }
    assert found == ADDRESSES


def test_which_callbacks_a_call_is_whole_without() -> None:
    optional = {
        (vendor.name, family.name)
        for vendor in VENDORS.values()
        for family in vendor.families
        if not family.needed
    }
    assert optional == {("voicenter", "real-time")}


def test_vendors() -> None:
    assert {vendor.name: vendor.title for vendor in VENDORS.values()} == {
        "voicenter": "Voicenter",
        "while1": "While1",
    }
    assert VENDORS["voicenter"].real_time is not None
    assert VENDORS["while1"].real_time is None


def test_no_secret_is_in_the_repr_of_an_account() -> None:
    shown = repr(Account(1, "key", "voicenter", "hidden", options={"code": "hidden"}))
    assert "hidden" not in shown
    assert "key" in shown


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1595960350500", datetime(2020, 7, 28, 18, 19, 10, 500_000, tzinfo=UTC)),
        ("1595960350000.0", datetime(2020, 7, 28, 18, 19, 10, tzinfo=UTC)),
    ],
)
def test_milliseconds(text: str, moment: datetime) -> None:
    assert domain.from_ms(text) == moment
    assert domain.from_ms(text).tzinfo is UTC
