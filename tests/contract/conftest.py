"""The PBX accounts that the vendors' samples are read for."""

from __future__ import annotations

import pytest

from leadtracker.domain import Account


@pytest.fixture(scope="session")
def israel() -> Account:
    return Account(1, "tel-aviv", "voicenter", "secret", time_zone="Asia/Jerusalem", country="IL")


@pytest.fixture(scope="session")
def romania() -> Account:
    return Account(2, "bucharest", "while1", "secret", time_zone="Europe/Bucharest", country="RO")
