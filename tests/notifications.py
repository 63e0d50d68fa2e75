"""What two PBX accounts send, kept as it came and read when a test says so."""

from __future__ import annotations

import fcntl
import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.calls.reading import read_inbox
from leadtracker.records import learned
from leadtracker.records.inbox import Inbox, Notification
from leadtracker.records.tables import CallRow, InboxRow
from leadtracker.web.stores import Stores
from leadtracker.who_called.knowledge import Knowledges

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGES = timedelta(weeks=5000)  # so that a call of NOON that rings goes on ringing
DANA, RON = "+972501234567", "+972507654321"
DID, OTHER_DID = "+972722776772", "+972722776773"
VOICENTER, WHILE1 = 1, 2  # the accounts of conftest.SITE


def wall_clock(moment: datetime) -> int:
    """Israel's clock counted as UTC, as Voicenter writes moments."""
    offset = moment.astimezone(ZoneInfo("Asia/Jerusalem")).utcoffset()
    assert offset is not None
    return int((moment + offset).timestamp())


class Pbx:
    """Notifications of one test; `seconds` are counted from NOON."""

    def __init__(self, stores: Stores) -> None:
        self.stores, self.engine = stores, stores.engine
        self.knowledges = Knowledges()
        self.silent = AGES
        self._inbox = Inbox(stores.engine)
        self._numbers = itertools.count()
        self._counted = 0

    def keep(
        self,
        family: str,
        query: dict[str, Any],
        body: bytes = b"",
        *,
        account: int = VOICENTER,
        seconds: float = 0,
    ) -> None:
        """`seconds`: when it is received."""
        different = query | {"n": next(self._numbers)}
        method, written = ("POST", "application/json") if body else ("GET", "")
        received_at = NOON + timedelta(seconds=seconds)
        self._inbox.keep(
            Notification(account, family, received_at, method, written, urlencode(different), body)
        )

    def pop(
        self, seconds: float = 0, name: str = "", caller: str = DANA, did: str = DID, **more: Any
    ) -> None:
        """A telephone rings; without a name nothing says which call it is."""
        said = {"phone": caller, "did": did, "status": "Ringing", "extenUser": "SIP1"} | (
            {"ivrid": name} if name else {}
        )
        began = {"callStarted": wall_clock(NOON + timedelta(seconds=seconds))}
        self.keep("screen-pop", said | began | more, seconds=seconds)

    def asks(self, seconds: float = 0, caller: str = DANA, did: str = DID) -> None:
        """The other account asks who calls; it names neither a call nor a moment."""
        self.keep(
            "caller-data", {"telephone": caller, "dnid": did}, account=WHILE1, seconds=seconds
        )

    def cdr(
        self, name: str, seconds: float = 0, caller: str = DANA, did: str = DID, **more: Any
    ) -> None:
        said = {
            "caller": caller,
            "target": "SIP1",
            "time": wall_clock(NOON + timedelta(seconds=seconds)),
            "duration": 20,
            "ivruniqueid": name,
            "type": "Incoming Call",
            "status": "ANSWER",
            "targetextension": "SIP1",
            "did": did,
            "dialtime": 4,
        }
        self.keep("cdr", {}, json.dumps(said | more).encode(), seconds=seconds + 30)

    def read(self) -> int:
        stores = self.stores
        return read_inbox(self.engine, stores.live, stores.directory, self.knowledges, self.silent)

    def read_all(self) -> None:
        for _ in range(100):
            if not self.read():
                return
        raise AssertionError("the inbox has no end")

    def calls(self) -> Sequence[CallRow]:
        with Session(self.engine) as session:
            return session.scalars(select(CallRow).order_by(CallRow.started_at, CallRow.id)).all()

    def new_calls(self) -> int:
        """How many calls there are more than when this was asked before."""
        before, self._counted = self._counted, len(self.calls())
        return self._counted - before

    def inbox(self) -> Sequence[InboxRow]:
        with Session(self.engine) as session:
            return session.scalars(select(InboxRow).order_by(InboxRow.id)).all()

    def states(self) -> list[str]:
        return [row.state for row in self.inbox()]

    def learned(self, name: str, site_id: int = 1) -> float:
        """One of the sums of a site, as they are in SQL."""
        with Session(self.engine) as session:
            return learned.sums(session, site_id)[0].total(name)


def turn_is_taken(engine: Engine) -> bool:
    """Whether somebody holds the writer's turn of a SQLite file."""
    with open(f"{engine.url.database}.writer", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
