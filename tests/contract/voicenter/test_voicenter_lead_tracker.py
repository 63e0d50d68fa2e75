"""The lead tracker's samples are what they say: lists of arguments for `init`.

What a page does with them is proved by the browser tests, which call the script's `init` with these
same files; here is only proved that the files can stand for calls of it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.samples import FOLDER

SAMPLES = FOLDER / "voicenter" / "lead_tracker"
EXPECTED: dict[str, dict[str, Any]] = {
    "init-argument-table.json": {
        "token": "XXXXXXXXXYYYYYYYYYYYYYYYYZZZZZZZZZZZ",
        "visitorInfo": {"glid": "wqer54ytw345uye589y", "fname": "Chuck Norris"},
    },
    "init-call.json": {
        "token": "token",
        "visitorInfo": {"name": "John Doe"},
        "actions": {"call": [".call-me", "#callMe"]},
    },
    "init-href.json": {
        "token": "token",
        "visitorInfo": {"name": "John Doe"},
        "actions": {"href": [".replace-my-href", "#replaceMyHref"]},
    },
    "init-marketing.json": {
        "token": "token",
        "visitorInfo": {
            "utm_source": "google",
            "utm_campaign": "spring",
            "utm_medium": "cpc",
            "gclid": "wqer54ytw345uye589y",
            "page": "https://www.example.com/landing",
        },
        "actions": {"text": [".tracking-number"], "href": [".call-link"], "call": [".call-btn"]},
    },
    "init-no-action.json": {"token": "token", "visitorInfo": {"name": "John Doe"}},
    "init-text.json": {
        "token": "token",
        "visitorInfo": {"name": "John Doe"},
        "actions": {"text": [".replace-me", "#replaceMe"]},
    },
}


def test_every_sample_is_expected() -> None:
    assert set(EXPECTED) == {file.name for file in SAMPLES.iterdir()}


@pytest.mark.parametrize("name", EXPECTED)
def test_sample(name: str) -> None:
    arguments = json.loads((SAMPLES / name).read_bytes())
    assert arguments == EXPECTED[name]
    assert (
        list(arguments) == ["token", "visitorInfo", "actions"][: len(arguments)]
    )  # the order of init's arguments
    assert json.loads(json.dumps(arguments["visitorInfo"])) == arguments["visitorInfo"]
    assert set(arguments.get("actions", {})) <= {"text", "href", "call"}
    assert all(
        isinstance(selector, str)
        for selectors in arguments.get("actions", {}).values()
        for selector in selectors
    )
