"""What is true now: leases, pools and visitors in Redis. Redis is known here only."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson
import redis
from redis.backoff import ConstantBackoff
from redis.client import Pipeline
from redis.retry import Retry

from leadtracker.domain import (
    Lease,
    Site,
    Touchpoint,
    Visitor,
    from_ms,
    touchpoint_from_json,
    touchpoint_to_json,
)
from leadtracker.errors import StoreUnavailable
from leadtracker.live import keys
from leadtracker.live.lease_text import FIELDS, read_lease, write_lease
from leadtracker.live.script import Script, script
from leadtracker.live.source_groups import X_BUSY, X_QUIET, groups, is_busy, is_quiet

ARRIVALS_FADE_HOURS = 72  # in which the count of a source's arrivals falls by e


@dataclass(frozen=True, slots=True)
class Grant:
    """Answer to a number request; `did` and `lease` are '' when the pool was empty."""

    reason: str  # leased, kept, restored, pool_empty
    did: str
    lease: str
    start: int  # ms
    chosen: str  # own, old, source, group, pool; '' when the pool was empty


@dataclass(frozen=True, slots=True)
class Arrival:
    """What counts about a visitor when a number is chosen for him; the fields of the same names in `domain.Lease`."""

    source: str
    device: str = "desktop"
    region: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signed lease token proves: the page once had this lease."""

    did: str
    lease: str
    visit: str
    start: int  # ms


@dataclass(frozen=True, slots=True)
class DidState:
    e164: str
    state: str  # in use, idle, draining
    visitor: str | None
    seen: datetime | None


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """Traffic sources that share numbers, the largest first."""

    sources: tuple[str, ...]
    idle: int


@dataclass(frozen=True, slots=True)
class PoolState:
    dids: tuple[DidState, ...]
    groups: tuple[SourceGroup, ...] = ()

    def count(self, state: str) -> int:
        return sum(did.state == state for did in self.dids)


class Live:
    """Redis, one connection for each thread; every method raises StoreUnavailable when it does not answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()
        self._acquire = script("lease", "idle", "choose", "acquire")
        self._beat = script("lease", "idle", "beat")
        self._tap_default = script("lease", "idle", "tap_default")
        self._pool = script("lease", "idle", "pool")
        self._hour = script("lease", "hour")
        self._regroup = script("lease", "idle", "regroup")
        self._restore = script("lease", "idle", "restore")

    @property
    def client(self) -> redis.Redis:
        """This thread's connection: threads never wait for each other's."""
        mine: redis.Redis | None = getattr(self._local, "redis", None)
        if mine is None:
            mine = self._local.redis = redis.Redis.from_url(
                self._url,
                protocol=2,
                decode_responses=True,
                max_connections=1,
                socket_timeout=2.0,
                socket_connect_timeout=1.0,
                retry=Retry(ConstantBackoff(0.05), 1),
            )
        return mine

    @contextmanager
    def asking(self) -> Iterator[redis.Redis]:
        """This thread's connection; what goes wrong inside is StoreUnavailable."""
        try:
            yield self.client
        except redis.RedisError as fault:
            raise StoreUnavailable("Redis does not answer") from fault

    def ping(self) -> None:
        with self.asking() as connection:
            connection.ping()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """This thread's beats and taps inside go to Redis in one message, in order; what is answered is not told."""
        with self.asking() as connection, connection.pipeline(transaction=False) as together:
            if not hasattr(self._local, "batch"):
                together.script_load(self._beat.text)
                together.script_load(self._tap_default.text)
            self._local.batch = together
            try:
                yield
            finally:
                self._local.batch = None
            together.execute()

    def run(self, script: Script, site_id: int, *arguments: str | int) -> Any:
        batch: Pipeline | None = getattr(self._local, "batch", None)
        if batch is not None:
            return batch.evalsha(script.sha, 1, keys.root(site_id), *arguments)
        return self.ask(script, keys.root(site_id), *arguments)

    def ask(self, script: Script, root: str, *arguments: str | int) -> Any:
        """What a script answers, now, whose keys begin with a root."""
        with self.asking() as connection:
            try:
                return connection.evalsha(script.sha, 1, root, *arguments)
            except redis.exceptions.NoScriptError:
                return connection.eval(script.text, 1, root, *arguments)

    def acquire(
        self,
        site: Site,
        *,
        visitor: str,
        visit: str,
        lease: str,
        change: int,
        arrival: Arrival,
        page: str,
        info: Iterable[str],
        first: Touchpoint,
        latest: Touchpoint,
        claim: Claim | None,
        phone: str = "",
        now: int = 0,
    ) -> Grant | None:
        """Lease a DID to a visitor and note what is known of him; None when the pool is to be built first.

        `lease` is the id a new lease would get; `info` alternates keys and JSON texts; `phone` is one
        that the page says is his, in E.164; `now` in ms, 0: the server's.
        """
        proof = (claim.did, claim.lease, claim.visit, claim.start) if claim else ("", "", "", "")
        hard = site.lease_seconds * 1000
        reply = self.run(
            self._acquire,
            site.id,
            now,
            visitor,
            visit,
            lease,
            change,
            hard + keys.BEAT_MS,
            max(0, hard - keys.HURRIED_MS),
            site.visitor_days * 86400,
            keys.RESUME_MS,
            keys.KEEP,
            keys.LOG_LENGTH,
            keys.MOST_SOURCES,
            arrival.source,
            arrival.device,
            arrival.region,
            arrival.topic,
            page,
            _text(first),
            _text(latest),
            *proof,
            phone,
            *info,
        )
        if reply[0] == "pool":
            return None
        reason, did, granted, start, chosen = reply
        return Grant(reason, did, granted, int(start), chosen)

    def beat(
        self,
        site: Site,
        *,
        did: str,
        visitor: str,
        state: str,
        tapped: bool = False,
        level: int = 0,
        page: str,
        now: int = 0,
    ) -> bool:
        """False when the number is another visitor's by now, or Redis lost it; `level` as of `domain.Lease.levels`."""
        hard = site.lease_seconds * 1000
        return bool(
            self.run(
                self._beat,
                site.id,
                now,
                did,
                visitor,
                state,
                int(tapped),
                level,
                hard + keys.BEAT_MS,
                hard,
                keys.LOG_LENGTH,
                site.visitor_days * 86400,
                page,
            )
        )

    def tap_default(
        self,
        site: Site,
        *,
        visitor: str,
        visit: str,
        lease: str,
        arrival: Arrival,
        latest: Touchpoint,
        now: int = 0,
    ) -> None:
        """The default number was tapped on a page that has no other; `lease` is the id of the log's new entry."""
        self.run(
            self._tap_default,
            site.id,
            now,
            visitor,
            visit,
            lease,
            keys.LOG_LENGTH,
            arrival.source,
            arrival.device,
            arrival.region,
            arrival.topic,
            _text(latest),
            site.visitor_days * 86400,
        )

    def build_pool(self, site: Site, dids: Iterable[str], change: int) -> None:
        self.run(self._pool, site.id, change, *dids)

    def regroup(self, site: Site, now: int = 0) -> None:
        """The hour's job: measure the arrivals, and from them which sources share numbers until the next one."""
        numbers, pace, *flat = self.run(
            self._hour, site.id, now, ARRIVALS_FADE_HOURS, keys.STAY_COUNTED
        )
        counted = {
            source: float(arrived) for source, arrived in zip(flat[::2], flat[1::2], strict=True)
        }
        with self.asking() as connection:
            before = cast("dict[str, str]", connection.hgetall(f"{keys.root(site.id)}:group"))
        x = X_QUIET if is_quiet(numbers, float(pace)) else X_BUSY
        keep = keys.KEEP_BUSY if is_busy(numbers, float(pace)) else keys.KEEP
        pairs = itertools.chain.from_iterable(groups(counted, numbers, before).items())
        self.run(self._regroup, site.id, x, keep, *pairs)

    def restored(self, site_id: int) -> str:
        """The DID up to which `restore` has been done, `all` when it is done, '' when Redis has lost everything."""
        with self.asking() as connection:
            return str(connection.get(f"{keys.root(site_id)}:restored") or "")

    def restore(
        self, site: Site, holders: Mapping[str, Iterable[Lease]], restored: str, now: int = 0
    ) -> None:
        """Put back holders of DIDs, newest first, where Redis has none; twice changes nothing."""
        for did, leases in holders.items():
            lines = [write_lease(lease) for lease in leases]
            hard = site.lease_seconds * 1000 + keys.BEAT_MS
            if lines:
                self.run(self._restore, site.id, now, did, keys.KEEP, hard, keys.OPEN_MS, *lines)
        with self.asking() as connection:
            connection.set(f"{keys.root(site.id)}:restored", restored)

    def holders(self, site_id: int, did: str) -> list[Lease]:
        """The newest lease of a DID and the past ones Redis keeps, newest first."""
        root = keys.root(site_id)
        with self.asking() as connection, connection.pipeline(transaction=True) as both:
            both.hgetall(f"{root}:did:{did}")
            both.lrange(f"{root}:past:{did}", 0, -1)
            newest, past = both.execute()
        leases = [read_lease(did, [newest.get(name, "") for name in FIELDS])] if newest else []
        return leases + [read_lease(did, line.split("|")) for line in past]

    def visitor(self, site_id: int, visitor_id: str) -> Visitor | None:
        with self.asking() as connection:
            fields = cast(
                "dict[str, str]", connection.hgetall(f"{keys.root(site_id)}:visitor:{visitor_id}")
            )
        if not fields:
            return None
        return Visitor(
            id=visitor_id,
            info={
                name[2:]: orjson.loads(text)
                for name, text in fields.items()
                if name.startswith("i:")
            },
            first=_touchpoint(fields.get("first")),
            latest=_touchpoint(fields.get("latest")),
            page=fields.get("page", ""),
            seen=_moment(fields.get("seen", "")),
        )

    def pool(self, site: Site, draining: Iterable[str] = ()) -> PoolState:
        """Every DID of a site with who holds it; `draining` are those the database says are."""
        root = keys.root(site.id)
        with self.asking() as connection:
            now = connection.time()
            with connection.pipeline(transaction=True) as both:
                both.smembers(f"{root}:dids")
                both.zrangebyscore(f"{root}:hard", now[0] * 1000, "+inf")
                both.hgetall(f"{root}:group")
                both.hgetall(f"{root}:arrivals")
                members, hard, grouping, arrivals = both.execute()
            names = sorted(set(grouping.values()))
            dids = sorted(set(members) | set(draining))
            with connection.pipeline(transaction=False) as each:
                for did in dids:
                    each.hmget(f"{root}:did:{did}", "visitor", "seen")
                for name in names:
                    each.zcard(f"{root}:idle:g:{name}")
                held = each.execute()
        largest = sorted(grouping, key=lambda source: (-float(arrivals.get(source, 0)), source))
        in_use, gone = set(hard), set(draining)
        return PoolState(
            tuple(
                DidState(
                    did,
                    "in use" if did in in_use else "draining" if did in gone else "idle",
                    who,
                    _moment(seen),
                )
                for did, (who, seen) in zip(dids, held[: len(dids)], strict=True)
            ),
            tuple(
                SourceGroup(tuple(source for source in largest if grouping[source] == name), idle)
                for name, idle in zip(names, held[len(dids) :], strict=True)
            ),
        )

    def lease_log(self, site_id: int, count: int) -> dict[str, Mapping[str, str]]:
        """The oldest entries of a site's lease log by their ids: values as the scripts wrote them, times in ms."""
        with self.asking() as connection:
            entries = connection.xrange(f"{keys.root(site_id)}:log", count=count)
        return dict(cast("list[tuple[str, dict[str, str]]]", entries))

    def forget_log(self, site_id: int, ids: Iterable[str]) -> None:
        """Drop entries that have been written to SQL."""
        with self.asking() as connection:
            connection.xdel(f"{keys.root(site_id)}:log", *ids)


def _moment(milliseconds: str | None) -> datetime | None:
    return from_ms(milliseconds) if milliseconds else None


def _text(touchpoint: Touchpoint) -> str:
    return orjson.dumps(touchpoint_to_json(touchpoint)).decode()


def _touchpoint(text: str | None) -> Touchpoint | None:
    return touchpoint_from_json(orjson.loads(text or "{}"))
