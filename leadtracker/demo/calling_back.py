"""The demo's PBX calls visitors back: it rings an agent, then the visitor, and reports both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
import tomli_w

from leadtracker import site_file
from leadtracker.demo.sites import Where
from leadtracker.demo.world import HAIFA
from leadtracker.pbx.voicenter.simulator.account import SimulatedVoicenter
from leadtracker.pbx.voicenter.simulator.exchange import SimulatedExchange
from leadtracker.pbx.voicenter.simulator.switch import SimulatedSwitch, served
from leadtracker.records.session import Engine, Session

# Whoever tries the demo has one number and one address.
OFTEN = {"minute": 20, "hour": 200, "day": 1000}


@contextmanager
def calling_back(engine: Engine, where: Where, http: requests.Session) -> Iterator[None]:
    """The shop in Haifa calls back, by a telephone system of this machine."""
    voicenter = SimulatedVoicenter(
        where.notifications[HAIFA.key, "screen-pop"],
        where.notifications[HAIFA.key, "cdr"],
        http,
        recordings_url=f"{where.marketing}/recordings/",
    )
    exchange = SimulatedExchange(
        voicenter, HAIFA.staff, did=HAIFA.own_number, step_seconds=3.0, talk_seconds=8.0
    )
    with served(SimulatedSwitch(exchange, code="the demo's account")) as switch:
        rules = {
            "agents": [extension.code for extension in HAIFA.staff],
            "choose": "free",
            "ceiling": 1_000_000,
            "per_number": OFTEN,
            "per_visitor": OFTEN,
            "per_address": OFTEN,
        }
        with Session(engine) as session:
            account, site = {"options": switch.options}, {"callback": rules}
            site_file.apply(
                session,
                tomli_w.dumps({"account": {HAIFA.key: account}, "site": {HAIFA.name: site}}),
            )
            session.commit()
        yield
