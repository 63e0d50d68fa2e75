"""The product's own stores, empty and thrown away afterwards, and what its worker does with them, at a given time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.attribution.posterior import Posterior
from leadtracker.domain import Site
from leadtracker.embedded import EmbeddedRedis
from leadtracker.live import Live
from leadtracker.records import learned, leases, verdicts
from leadtracker.records.database import throwaway_database
from leadtracker.records.tables import Base
from leadtracker.records.verdicts import Judgement
from leadtracker.verdict_record import shown
from leadtracker.who_called import OLDEST_DAYS, Knowledge, Ring
from leadtracker.worker import LOG_BATCH

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday
LEASE_DAYS = 90


@contextmanager
def open_stores(site: Site, dids: tuple[str, ...]) -> Iterator[Stores]:
    with tempfile.TemporaryDirectory(prefix="leadtracker-") as folder:
        server = EmbeddedRedis(Path(folder), saves=False)
        engine = throwaway_database()
        try:
            Base.metadata.create_all(engine)
            live = Live(server.url)
            live.build_pool(site, dids, 1)
            yield Stores(engine, live, site, len(dids))
            live.client.close()
        finally:
            engine.dispose()
            server.stop()


class Stores:
    """Redis, the database and what is known of the site; times are seconds since BEGIN."""

    def __init__(self, engine: Engine, live: Live, site: Site, dids: int) -> None:
        self._engine, self.live, self.site, self._dids = engine, live, site, dids
        with Session(engine) as session:
            self._known = Knowledge.load(session, site, BEGIN)
        self.live.regroup(site, milliseconds(0))

    def write_log(self) -> None:
        """All of the lease log into the database, in the worker's batches."""
        while entries := self.live.lease_log(self.site.id, LOG_BATCH):
            with Session(self._engine) as session:
                self._known.saw(session, leases.write(session, self.site.id, entries.values()))
                self._known.save(session)
                session.commit()
            self.live.forget_log(self.site.id, entries)

    def pass_hour(self, t: float) -> None:
        """What the worker does once an hour."""
        self.write_log()
        now = moment(t)
        with Session(self._engine) as session:
            self._known.pass_hours(now, self._dids)
            self._known.calibrate(verdicts.truths(session, self.site.id))
            self._known.save(session)
            learned.forget(session, now - timedelta(days=OLDEST_DAYS))
            leases.forget(session, now - timedelta(days=LEASE_DAYS))
            session.commit()
        self.live.regroup(self.site, milliseconds(t))

    def tell_phone(self, phone: str, visitor: str) -> None:
        with Session(self._engine) as session:
            learned.tell_phone(session, self.site.id, phone, visitor, "page")
            session.commit()

    def judge(self, ring: Ring) -> Judgement:
        """Who is calling."""
        self.write_log()
        held = self.live.holders(self.site.id, ring.did) if ring.did else []
        with Session(self._engine) as session:
            return self._known.judge(session, ring, held)

    def shown(self, judged: Judgement) -> Posterior:
        return shown(judged, self._known.calibration)

    def learn(self, call: int, judged: Judgement, answered: bool) -> None:
        """The call is over."""
        with Session(self._engine) as session:
            learned_from = self._known.learn(judged, answered)
            verdicts.save(session, [(call, self.site.id, learned_from)])
            self._known.save(session)
            session.commit()


def moment(t: float) -> datetime:
    return BEGIN + timedelta(seconds=t)


def milliseconds(t: float) -> int:
    return round(BEGIN.timestamp() * 1000) + round(t * 1000)
