"""What the simulators are tried against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from leadtracker.demo.browser import direct_session
from leadtracker.pbx.voicenter.simulator.account import SimulatedVoicenter
from tests.unit.receiver import Receiver, receiving


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
