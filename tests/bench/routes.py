"""The five requests that every measurement sends, and the sites that they are sent to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.bench import disturbances, load
from tests.bench.load import Run

SECRET = "secret-of-the-bench-account"
SMALL = [f"+97272277{number:04d}" for number in range(6000, 6200)]
KNOWN, NEW, BEAT = "number request, known visitor", "number request, new visitor", "heartbeat"
POP, CDR = "screen pop", "CDR, stored"
Load = Callable[[float], Run]


def sites(large: int, crm_port: int) -> str:
    """The accounts and sites as a file, with so many numbers in the large pool;
    one account's CRM is on this port."""
    return f"""
[account.pbx]
secret = "{SECRET}"
[account.hangs]
secret = "{SECRET}"
crm_url = "http://127.0.0.1:{crm_port}/pop"
[site.small]
tokens = ["small"]
origins = ["{load.ORIGIN}"]
account_key = "pbx"
lease_seconds = 3600
dids = {SMALL}
[site.large]
tokens = ["large"]
origins = ["{load.ORIGIN}"]
account_key = "pbx"
lease_seconds = 3600
dids = {[f"+972355{number:05d}" for number in range(50_000, 50_000 + large)]}
"""


class Loads:
    """Loads for one server; the ids that they send differ from run to run."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self._runs = itertools.count()

    def sending(
        self,
        request: Callable[[str], str],
        content_type: str = "text/plain",
        connections: int = 16,
        pause_ms: float = 0,
    ) -> Load:
        """`request` is given a mark for the ids of a run; it says what wrk's Lua sends."""

        def go(for_seconds: float) -> Run:
            name = f"run{next(self._runs)}"
            lua = load.script(self.folder, name, request(name), content_type, pause_ms)
            return load.run(self.url, lua, for_seconds, connections)

        return go

    def known(self, token: str = "small", connections: int = 16, pause_ms: float = 0) -> Load:
        """Number requests of 200 visitors who have one."""
        return self.sending(
            lambda _: load.known_number(token, 200), connections=connections, pause_ms=pause_ms
        )

    def pops(self, pause_ms: float = 0) -> Load:
        path = f"/pbx/pbx/{SECRET}/screen-pop"
        return self.sending(lambda mark: load.screen_pop(path, SMALL, mark), pause_ms=pause_ms)

    def routes(self) -> dict[str, Load]:
        """The five by their names, once both pools are built and the known visitors have their
        numbers."""
        disturbances.ask(self.url, "large", "builds-the-large-pool")
        leases = disturbances.leases(self.url, "small", 200)
        wall = datetime.now(ZoneInfo("Asia/Jerusalem"))
        epoch = int(wall.replace(tzinfo=UTC).timestamp())
        cdr_path = f"/pbx/pbx/{SECRET}/cdr"
        return {
            KNOWN: self.known(),
            NEW: self.sending(lambda mark: load.new_number("large", mark)),
            BEAT: self.sending(lambda _: load.beat("small", leases)),
            POP: self.pops(),
            CDR: self.sending(
                lambda mark: load.cdr(cdr_path, SMALL[7], epoch, mark), "application/json"
            ),
        }
