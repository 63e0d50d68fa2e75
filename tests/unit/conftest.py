"""What the simulators are tried against, and a simulated switch that dials."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from leadtracker.demo.browser import direct_session
from leadtracker.domain import Account
from leadtracker.pbx.simulated_call import Extension
from leadtracker.pbx.voicenter.dialing import VoicenterCalls
from leadtracker.pbx.voicenter.simulator.account import SimulatedVoicenter
from leadtracker.pbx.voicenter.simulator.exchange import SimulatedExchange
from leadtracker.pbx.voicenter.simulator.switch import SimulatedSwitch, served
from tests.patience import PATIENCE
from tests.unit.receiver import Receiver, receiving

CODE = "SECRET-CODE-123"
FIRST, SECOND = Extension("SIPSIP1", "User 1"), Extension("SIPSIP2", "User 2")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with direct_session() as session:
        yield session


@pytest.fixture
def account(receiver: Receiver, http: requests.Session) -> SimulatedVoicenter:
    return SimulatedVoicenter(f"{receiver.url}/pop", f"{receiver.url}/cdr", http)


@pytest.fixture
def switch(account: SimulatedVoicenter) -> Iterator[SimulatedSwitch]:
    exchange = SimulatedExchange(account, (FIRST, SECOND))
    with served(SimulatedSwitch(exchange, CODE, late_seconds=PATIENCE)) as switch:
        yield switch


@pytest.fixture
def calls() -> VoicenterCalls:
    return VoicenterCalls(seconds=PATIENCE, places=8)


@pytest.fixture
def ours(switch: SimulatedSwitch) -> Account:
    return Account(1, "pbx", "voicenter", "secret", options=switch.options)
