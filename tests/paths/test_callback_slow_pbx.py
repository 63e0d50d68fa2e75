"""A PBX that never answers holds up callback requests for some seconds, and nobody else."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadtracker.demo.browser import direct_session
from leadtracker.pbx.voicenter.simulator.behavior import Behavior
from leadtracker.pbx.voicenter.simulator.exchange import SimulatedExchange
from tests.callback_road import CHROME, ORIGIN, RULES, long, save, switch_of
from tests.conftest import SITE
from tests.patience import PATIENCE
from tests.served import serving

HEADERS = {"Origin": ORIGIN, "User-Agent": CHROME, "Content-Type": "text/plain"}
ASKING = 24


@dataclass
class Pages:
    """Pages that ask for callbacks and numbers, each over a connection of its own."""

    url: str
    answers: list[dict[str, Any]] = field(default_factory=list)

    def post(self, path: str, **message: Any) -> dict[str, Any]:
        body = json.dumps({"token": "shop-token"} | message)
        with direct_session() as http:
            answer = http.post(f"{self.url}{path}", data=body, headers=HEADERS, timeout=PATIENCE)
        found: dict[str, Any] = answer.json()
        return found

    def form(self, visitor: str) -> str | None:
        try:
            return str(self.post("/tracker.js", ask="form", visitor=visitor).get("form") or "")
        except OSError:
            return None

    def ask(self, number: int) -> None:
        visitor = long(f"visitor{number}")
        answer = self.post(
            "/callback",
            id=f"request-{number}",
            visitor=visitor,
            phone=f"054-321-{number:04}",
            name="",
            note="",
            website="",
            filled_ms=5000,
            form=self.form(visitor),
        )
        self.answers.append(answer)

    def held(self, exchange: SimulatedExchange) -> set[str]:
        """Requests that the PBX was asked for, and whose pages wait."""
        dialed = {name.partition("-")[2] for name in list(exchange.dialed)}
        return dialed - {answer["id"] for answer in list(self.answers)}


def test_number_requests_go_on(tmp_path: Path) -> None:
    with (
        serving(tmp_path, SITE, threads="8", workers="1") as (served, engine),
        switch_of(served.url) as switch,
    ):
        save(engine, None, RULES, dict(switch.options))
        switch.behaviors |= dict.fromkeys(("WalterSIP", "LoisSIP"), Behavior.SLOW)
        switch.late_seconds = PATIENCE
        pages = Pages(served.url)
        served.until(lambda: pages.form(long("first")))
        threads = [threading.Thread(target=pages.ask, args=(number,)) for number in range(ASKING)]
        for thread in threads:
            thread.start()
        # no more can wait than wait now
        served.until(lambda: pages.answers and pages.held(switch.exchange))
        # number requests that were answered before any callback request that waited when they came
        meanwhile = 0
        for number in range(40):
            visitor, before = long(f"other{number}"), pages.held(switch.exchange)
            shown = pages.post("/tracker.js", ask="number", visitor=visitor, visit=visitor)
            assert shown["reason"] in ("leased", "too_many")
            meanwhile += bool(before) and before <= pages.held(switch.exchange)
        for thread in threads:
            thread.join()
        assert meanwhile > 0
        assert len(pages.answers) == ASKING, "a page is told although the PBX says nothing"
        states = {answer["state"] for answer in pages.answers}
        assert states <= {"received", "dialling", "agent_answered", "visitor_answered", "talked"}
        assert max(switch.exchange.dialed.values()) == 1
