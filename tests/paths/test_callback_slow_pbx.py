"""A PBX that never answers holds up callback requests for some seconds, and nobody else."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from leadtracker.demo.browser import direct_session
from leadtracker.pbx.voicenter.simulator.behavior import Behaviour
from tests.callback_road import CHROME, ORIGIN, RULES, long, save, switch_of
from tests.conftest import SITE
from tests.patience import PATIENCE
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
        switch.late_seconds = PATIENCE

        def post(path: str, **message: Any) -> dict[str, Any]:
            body = json.dumps({"token": "shop-token"} | message)
            with direct_session() as http:
                answer = http.post(
                    f"{served.url}{path}", data=body, headers=HEADERS, timeout=PATIENCE
                )
            found: dict[str, Any] = answer.json()
            return found

        def form(visitor: str) -> str | None:
            try:
                return str(post("/tracker.js", ask="form", visitor=visitor).get("form") or "")
            except OSError:
                return None

        served.until(lambda: form(long("first")))
        answers: list[dict[str, Any]] = []

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
            answers.append(
                post("/callback", id=f"request-{number}", visitor=visitor, phone=phone, **message)
            )

        def held() -> set[str]:
            """Requests that the PBX was asked for, and whose pages wait."""
            dialled = {name.partition("-")[2] for name in list(switch.exchange.dialled)}
            return dialled - {answer["id"] for answer in list(answers)}

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(ASKING)]
        for thread in threads:
            thread.start()
        served.until(lambda: answers and held())  # no more can wait than wait now
        # number requests that were answered before any callback request that waited when they came
        meanwhile = 0
        for number in range(40):
            visitor, before = long(f"other{number}"), held()
            shown = post("/tracker.js", ask="number", visitor=visitor, visit=visitor)
            assert shown["reason"] in ("leased", "pool_empty")
            meanwhile += bool(before) and before <= held()
        for thread in threads:
            thread.join()
        assert meanwhile > 0
        assert len(answers) == ASKING, "a page is told although the PBX says nothing"
        assert {answer["state"] for answer in answers} <= {"received", "dialling", "talked"}
        assert max(switch.exchange.dialled.values()) == 1
