"""The product's own stores, empty at first, and what its worker does with them, at a given time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leadtracker import site_file
from leadtracker.calls.reading import keep, with_lesson
from leadtracker.domain import Account, CallFacts, Direction, Outcome, Phase, Site
from leadtracker.live import Live
from leadtracker.matching.posterior import Posterior
from leadtracker.records import learned
from leadtracker.records.calls import Snapshot, new_call
from leadtracker.records.database import migrate
from leadtracker.records.session import Engine, Session
from leadtracker.records.sites import Directory, add_dids
from leadtracker.records.verdicts import Judgment
from leadtracker.running.redis_server import EmbeddedRedis
from leadtracker.running.worker import LOG_BATCH
from leadtracker.who_called import upkeep
from leadtracker.who_called.assignment import from_verdict
from leadtracker.who_called.knowledge import Knowledges
from leadtracker.who_called.ring import Ring
from leadtracker.who_called.verdict import displayed

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday
LEASE_DAYS = 90
NAME = "trace"  # of the site and of its PBX account
DEFAULT_NUMBER = "+97235551234"


@contextmanager
def open_stores(engine: Engine, dids: tuple[str, ...], begin: datetime) -> Iterator[Stores]:
    """Stores in a database without tables, which is closed at the end.

    `begin` is the Monday from which a trace counts its seconds.
    """
    with tempfile.TemporaryDirectory(prefix="leadtracker-") as folder:
        server = EmbeddedRedis(Path(folder), saves=False)
        try:
            migrate(engine)
            site, account = _directory(engine, dids)
            live = Live(server.url)
            live.build_pool(site, dids, 1)
            yield Stores(engine, live, site, account, len(dids), begin)
            live.client.close()
        finally:
            engine.dispose()
            server.stop()


def begin_of(days: int, now: datetime) -> datetime:
    """The latest Monday from which so many days are over by now."""
    midnight = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=midnight.weekday())


def _directory(engine: Engine, dids: tuple[str, ...]) -> tuple[Site, Account]:
    with Session(engine) as session:
        site_file.save_account(session, NAME, {"time_zone": "UTC"})
        site = {"time_zone": "UTC", "account_key": NAME, "default_number": DEFAULT_NUMBER}
        add_dids(session, site_file.save_site(session, NAME, site), dids)
        session.commit()
    directory = Directory(engine)
    return directory.sites[0], directory.accounts[NAME]


class Stores:
    """Redis, the database and what is known of the site; times are seconds since `begin`."""

    def __init__(
        self, engine: Engine, live: Live, site: Site, account: Account, dids: int, begin: datetime
    ) -> None:
        self._engine, self.live, self.site, self._account = engine, live, site, account
        self._dids, self._begin = dids, begin
        self._knowledges = Knowledges()
        with Session(engine) as session:
            self._known = self._knowledges.of(session, site, begin)
        self.live.regroup(site, self.milliseconds(0))

    def moment(self, t: float) -> datetime:
        return self._begin + timedelta(seconds=t)

    def milliseconds(self, t: float) -> int:
        return round(self._begin.timestamp() * 1000) + round(t * 1000)

    def write_log(self) -> None:
        """Write all of the lease log into the database, in the worker's batches."""
        while entries := self.live.lease_log(self.site.id, LOG_BATCH):
            with Session(self._engine) as session:
                upkeep.learn_lease_log(session, self._known, entries.values())
                session.commit()
            self.live.forget_log(self.site.id, entries)

    def pass_hour(self, t: float) -> None:
        """Do what the worker does once an hour."""
        self.write_log()
        now = self.moment(t)
        with Session(self._engine) as session:
            upkeep.pass_hours(session, self._known, now, self._dids)
            upkeep.forget_old(session, now, LEASE_DAYS, new_day=now.hour == 0)
            session.commit()
        self.live.regroup(self.site, self.milliseconds(t))

    def tell_phone(self, phone: str, visitor: str) -> None:
        with Session(self._engine) as session:
            learned.tell_phone(session, self.site.id, phone, visitor, "page")
            session.commit()

    def judge(self, ring: Ring) -> Judgment:
        """Who is calling, by what is known now."""
        self.write_log()
        held = self.live.holders(self.site.id, ring.did) if ring.did else []
        with Session(self._engine) as session:
            return self._known.judge(session, ring, held)

    def displayed(self, judged: Judgment) -> Posterior:
        return displayed(judged, self._known.calibration)

    def end(self, call: int, ring: Ring, judged: Judgment, answered: bool) -> None:
        """The call is over: keep it as one that the PBX told of, and learn from it."""
        facts, nobody = _facts(ring, answered), Snapshot()
        row = new_call(self._account.id, str(call), named=True)
        with Session(self._engine) as session:
            whose = from_verdict(
                session, self.live, self.site, nobody, judged, self._known.calibration
            )
            whose = with_lesson(session, self._knowledges, facts, whose)
            keep(session, [(row, facts, whose)])
            self._knowledges.save(session)
            session.commit()


def _facts(ring: Ring, answered: bool) -> CallFacts:
    answered_at, outcome = None, Outcome.MISSED
    if answered:
        answered_at, outcome = ring.moment, Outcome.ANSWERED
    return CallFacts(
        started_at=ring.moment,
        answered_at=answered_at,
        phase=Phase.ENDED,
        outcome=outcome,
        status="",
        direction=Direction.INCOMING,
        caller=ring.phone,
        did=ring.did or DEFAULT_NUMBER,
        talk_seconds=0,
        ring_seconds=0,
        wait_seconds=0,
        extension="",
        representative="",
        queue="",
        recording_url="",
        price=None,
        original_call_id=None,
        caller_name="",
        legs=(),
    )
