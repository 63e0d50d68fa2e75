"""A PBX that never answers holds up callback requests for some seconds, and nobody else."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from leadtracker.demo.browser import direct_session
from leadtracker.pbx.voicenter.simulator.behavior import Behaviour
from tests.callback_road import CHROME, ORIGIN, RULES, long, save, switch_of
from tests.conftest import SITE
from tests.served import serving

HEADERS = {"Origin": ORIGIN, "User-Agent": CHROME, "Content-Type": "text/plain"}
ASKING = 24


def test_number_requests_go_on(tmp_path: Path) -> None:
    with (
        serving(tmp_path, SITE, threads="8", workers="1") as (served, engine),
        switch_of(served.url) as switch,
    ):
        save(engine, None, RULES, dict(switch.options))
        switch.behaviours |= dict.fromkeys(("WalterSIP", "LoisSIP"), Behaviour.SLOW)
        switch.late_seconds = 30.0

        def post(path: str, **message: Any) -> tuple[float, dict[str, Any]]:
            began = time.monotonic()
            body = json.dumps({"token": "shop-token"} | message)
            with direct_session() as http:
                answer = http.post(f"{served.url}{path}", data=body, headers=HEADERS, timeout=20)
            return time.monotonic() - began, answer.json()

        def form(visitor: str) -> str | None:
            try:
                return str(post("/tracker.js", ask="form", visitor=visitor)[1].get("form") or "")
            except OSError:
                return None

        served.until(lambda: form(long("first")))
        waited: list[tuple[float, dict[str, Any]]] = []

        def ask(number: int) -> None:
            visitor = long(f"visitor{number}")
            message = {
                "name": "",
                "note": "",
                "website": "",
                "filled_ms": 5000,
                "form": form(visitor),
            }
            phone = f"054-321-{number:04}"
            waited.append(
                post("/callback", id=f"request-{number}", visitor=visitor, phone=phone, **message)
            )

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(ASKING)]
        for thread in threads:
            thread.start()
        served.until(lambda: switch.exchange.dialled)
        took = []
        for number in range(40):
            visitor = long(f"other{number}")
            seconds, shown = post("/tracker.js", ask="number", visitor=visitor, visit=visitor)
            assert shown["reason"] in ("leased", "pool_empty")
            took.append(seconds)
        for thread in threads:
            thread.join()
        assert sorted(took)[len(took) // 2] < 0.2
        assert max(took) < 1.5
        assert len(waited) == ASKING
        assert {answer["state"] for _, answer in waited} <= {"received", "dialling", "talked"}
        assert max(seconds for seconds, _ in waited) < 6
        assert max(switch.exchange.dialled.values()) == 1
