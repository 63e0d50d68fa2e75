"""What proves that a person asks for a callback."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from leadtracker.callback import dialing as callback_dialing
from leadtracker.callback.dialing import Dialing
from leadtracker.callback.request import CallbackRequests, Wish
from leadtracker.callback.sweeps import CallbackSweeps
from leadtracker.callback_rules.rules import rules_of
from leadtracker.errors import Refused
from leadtracker.web.stores import Stores
from tests.callback_road import ORIGIN, long
from tests.paths.test_callback_turns import Desk, Pbx


@pytest.fixture
def pbx(monkeypatch: pytest.MonkeyPatch) -> Pbx:
    pbx = Pbx()
    monkeypatch.setattr(
        callback_dialing, "VENDORS", {"voicenter": SimpleNamespace(click_to_call=pbx)}
    )
    return pbx


@pytest.fixture
def desk(stores: Stores, pbx: Pbx) -> Iterator[Desk]:
    sweeps = CallbackSweeps(stores.engine, stores.live, stores.directory)
    dialing = Dialing(stores.engine, stores.live, stores.directory, 1)
    desk = Desk(stores, sweeps, dialing)
    desk.rules()
    yield desk
    sweeps.stop()
    dialing.stop()


PROOF: dict[str, tuple[dict[str, Any], str]] = {  # a wish -> the refusal's code, or that it passes
    "as it should be": ({}, ""),
    "just slow enough": ({"filled_ms": 2000}, ""),
    "too fast": ({"filled_ms": 1999.9}, "robot"),
    "no time at all": ({"filled_ms": None}, "robot"),
    "a field nobody sees": ({"honeypot": "x"}, "robot"),
    "another page": ({"page": "https://evil.example"}, "origin"),
    "no page": ({"page": ""}, "origin"),
    "no token": ({"form": ""}, "token"),
    "another's token": ({"visitor": long("noa")}, "token"),
    "a plain form needs no token": ({"origin": "form", "form": "", "filled_ms": None}, ""),
    "a plain form of another page": (
        {"origin": "form", "form": "", "page": "https://evil.example"},
        "origin",
    ),
    "a plain form that brings a bad token": ({"origin": "form", "form": "forged"}, "token"),
    "a plain form that was too fast": ({"origin": "form", "filled_ms": 100}, "robot"),
    "a plain form that fills all": ({"origin": "form", "form": "", "honeypot": "x"}, "robot"),
    "a program needs nothing": (
        {"origin": "api", "form": "", "page": "", "filled_ms": None, "honeypot": "x"},
        "",
    ),
}


def test_what_proves_that_a_person_asks(desk: Desk) -> None:
    stores = desk.stores
    key = "a-key-for-the-tests-of-32-letters"
    requests = CallbackRequests(stores.engine, stores.live, stores.directory, desk.dialing, key)
    desk.rules(fill_seconds=2.0)
    site = stores.directory.site(1)
    assert site is not None
    token = requests.form(site, long("dana"), ORIGIN)
    whole = {
        "origin": "page",
        "visitor": long("dana"),
        "form": token,
        "page": ORIGIN,
        "filled_ms": 5000,
    }
    rules = rules_of(site)
    for name, (more, code) in PROOF.items():
        wish = Wish(id="request-1", phone="054-321-6549", **(whole | more))
        if code:
            with pytest.raises(Refused) as refused:
                requests._proof(site, rules, wish)
            assert refused.value.code == code, name
        else:
            assert bool(requests._proof(site, rules, wish)) == bool(wish.form), name
