"""What is true now: leases, pools and visitors in Redis. Redis is known here only."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import orjson

from leadtracker.domain import (
    Lease,
    Site,
    Touchpoint,
    Visitor,
    from_ms_if_any,
    touchpoint_from_json,
    touchpoint_to_json,
)
from leadtracker.live import keys
from leadtracker.live.connection import Connection
from leadtracker.live.grants import (
    Arrival,
    Asker,
    Claim,
    DidState,
    Grant,
    Memory,
    PoolState,
    Share,
    SourceGroup,
    Told,
    unusual,
)
from leadtracker.live.lease_text import FIELDS, read_lease, write_lease
from leadtracker.live.script import Script, script
from leadtracker.live.source_groups import X_BUSY, X_QUIET, groups, is_busy, is_quiet
from leadtracker.live.visitor_info import shallow

__all__ = [
    "Arrival",
    "Asker",
    "Claim",
    "DidState",
    "Grant",
    "Live",
    "Memory",
    "PoolState",
    "Share",
    "Told",
    "unusual",
]

MOST_SHARES = 10  # of client addresses, told of a pool
ARRIVALS_FADE_HOURS = 72  # in which the count of a source's arrivals falls by e


class Live(Connection):
    """The pools of all sites; every method raises StoreUnavailable when Redis does not answer."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._acquire = script("lease", "idle", "shares", "told", "choose", "acquire")
        self._beat = script("lease", "idle", "shares", "beat")
        self._tap_default = script("lease", "idle", "shares", "tap_default")
        self._pool = script("lease", "idle", "pool")
        self._hour = script("lease", "hour")
        self._regroup = script("lease", "idle", "regroup")
        self._restore = script("lease", "idle", "restore")

    @contextmanager
    def batch(self) -> Iterator[None]:
        """This thread's beats and taps go to Redis in one message; their answers are lost."""
        with self.together(self._beat, self._tap_default):
            yield

    def _say(self, script: Script, site: Site, *texts: str, **what: Any) -> Any:
        """Run a script that takes names and values as JSON, and further texts as they are."""
        what |= {"lease_seconds": site.lease_seconds, "visitor_days": site.visitor_days}
        return self.run(script, site.id, orjson.dumps(what), *texts)

    def acquire(
        self, site: Site, asker: Asker, told: Told, *, lease: str, change: int, now: int = 0
    ) -> Grant | None:
        """Lease a DID to a visitor and keep what the page told of them.

        Returns None when the pool is to be built first. `lease` is the id that a new lease would
        get, `change` the directory's. `now` is in ms, 0 for the server's clock.
        """
        first = latest = _text(told.latest)
        if told.first != told.latest:
            first = _text(told.first)
        reply = self._say(
            self._acquire,
            site,
            first,
            latest,
            *told.info,
            now=now,
            change=change,
            lease=lease,
            visitor=asker.visitor,
            visit=asker.visit,
            arrival=asker.arrival,
            claim=asker.claim,
            address=asker.address,
            page=told.page,
            phone=told.phone,
            signed=told.signed,
            network=told.network,
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
        now: int = 0,
        **where: str,
    ) -> bool:
        """Keep a number for its visitor, whose page is visible, hidden or left.

        `where`: the `page`, a URL, and the client's `address` where it is known. Returns False when
        the number is another visitor's by now, or Redis lost it.
        """
        known = self._say(
            self._beat,
            site,
            now=now,
            did=did,
            visitor=visitor,
            state=state,
            tapped=tapped,
            level=level,
            **({"address": ""} | where),
        )
        return bool(known)

    def tap_default(
        self,
        site: Site,
        asker: Asker,
        latest: Touchpoint,
        *,
        lease: str,
        network: str = "",
        level: int = 0,
        now: int = 0,
    ) -> None:
        """The default number was tapped on a page that has no other.

        `lease` is the id of the log's new entry, `level` how far the visitor had come.
        """
        self._say(
            self._tap_default,
            site,
            _text(latest),
            now=now,
            lease=lease,
            visitor=asker.visitor,
            visit=asker.visit,
            arrival=asker.arrival,
            network=network,
            level=level,
            address=asker.address,
        )

    def build_pool(self, site: Site, dids: Iterable[str], change: int) -> None:
        self.run(self._pool, site.id, change, *dids)

    def regroup(self, site: Site, now: int = 0) -> None:
        """The hour's job: measure the arrivals, and let them say which sources share numbers."""
        numbers, pace, *flat = self.run(
            self._hour, site.id, now, ARRIVALS_FADE_HOURS, keys.STAY_COUNTED
        )
        counted = dict(zip(flat[::2], map(float, flat[1::2]), strict=True))
        with self.asking() as connection:
            before = cast("dict[str, str]", connection.hgetall(f"{keys.root(site.id)}:group"))
        x, keep = X_BUSY, keys.KEEP
        if is_quiet(numbers, float(pace)):
            x = X_QUIET
        if is_busy(numbers, float(pace)):
            keep = keys.KEEP_BUSY
        pairs = itertools.chain.from_iterable(groups(counted, numbers, before).items())
        self.run(self._regroup, site.id, x, keep, *pairs)

    def restored(self, site_id: int) -> str:
        """The DID up to which `restore` is done, `all` when it is over.

        '' when Redis has lost everything.
        """
        with self.asking() as connection:
            return str(connection.get(f"{keys.root(site_id)}:restored") or "")

    def restore(
        self, site: Site, holders: Mapping[str, Iterable[Lease]], restored: str, now: int = 0
    ) -> None:
        """Put back holders of DIDs, newest first, where Redis has none.

        Doing so twice changes nothing. `restored` is what the method of this name will return.
        """
        for did, leases in holders.items():
            lines = [write_lease(lease) for lease in leases]
            if lines:
                self.run(self._restore, site.id, now, did, site.lease_seconds, *lines)
        with self.asking() as connection:
            connection.set(f"{keys.root(site.id)}:restored", restored)

    def holders(self, site_id: int, did: str) -> list[Lease]:
        """The newest lease of a DID and the past ones Redis keeps, newest first."""
        root = keys.root(site_id)
        with self.asking() as connection, connection.pipeline(transaction=True) as both:
            both.hgetall(f"{root}:did:{did}")
            both.lrange(f"{root}:past:{did}", 0, -1)
            newest, past = both.execute()
        lines = [line.split("|") for line in past]
        if newest:
            lines.insert(0, [newest.get(name, "") for name in FIELDS])
        return [read_lease(did, texts) for texts in lines]

    def visitor(self, site_id: int, visitor_id: str) -> Visitor | None:
        with self.asking() as connection:
            key = f"{keys.root(site_id)}:visitor:{visitor_id}"
            fields = cast("dict[str, str]", connection.hgetall(key))
        if not fields:
            return None
        told = [name for name in fields if name.startswith("i:")]
        return Visitor(
            id=visitor_id,
            info=shallow({name[2:]: orjson.loads(fields[name]) for name in told}),
            first=_touchpoint(fields.get("first")),
            latest=_touchpoint(fields.get("latest")),
            page=fields.get("page", ""),
            seen=from_ms_if_any(fields.get("seen", "")),
        )

    def pool(self, site: Site, draining: Iterable[str] = ()) -> PoolState:
        """Every DID of a site with who holds it; `draining` are those the database says are."""
        root = keys.root(site.id)
        with self.asking() as connection:
            seconds, _ = connection.time()
            with connection.pipeline(transaction=True) as both:
                both.smembers(f"{root}:dids")
                both.zrangebyscore(f"{root}:hard", seconds * 1000, "+inf")
                both.hgetall(f"{root}:group")
                both.hgetall(f"{root}:arrivals")
                both.zrangebyscore(f"{root}:trial", "-inf", seconds * 1000)
                members, hard, grouping, arrivals, silent = both.execute()
            names = sorted(set(grouping.values()))
            dids = sorted({*members, *draining})
            with connection.pipeline(transaction=False) as each:
                for did in dids:
                    each.hmget(f"{root}:did:{did}", "visitor", "seen")
                for name in names:
                    each.zcard(f"{root}:idle:g:{name}")
                held = each.execute()
        largest = sorted(grouping, key=lambda source: (-float(arrivals.get(source, 0)), source))
        states = dict.fromkeys(draining, "draining") | dict.fromkeys(
            set(hard) - set(silent), "in use"
        )
        return PoolState(
            tuple(
                DidState(did, states.get(did, "idle"), visitor, from_ms_if_any(seen))
                for did, (visitor, seen) in zip(dids, held[: len(dids)], strict=True)
            ),
            tuple(
                SourceGroup(tuple(source for source in largest if grouping[source] == name), idle)
                for name, idle in zip(names, held[len(dids) :], strict=True)
            ),
            self.shares(site.id),
        )

    def shares(self, site_id: int) -> tuple[Share, ...]:
        """The largest shares of client addresses in a pool."""
        key = f"{keys.root(site_id)}:shares"
        with self.asking() as connection, connection.pipeline(transaction=False) as both:
            both.zrevrange(key, 0, MOST_SHARES - 1, withscores=True)
            both.zrange(key, 0, MOST_SHARES - 1, withscores=True)
            numbers = {
                address: abs(int(score)) for each in both.execute() for address, score in each
            }
        largest = sorted(numbers, key=lambda address: (-numbers[address], address))
        return tuple(Share(address, numbers[address]) for address in largest[:MOST_SHARES])

    def memory(self) -> Memory:
        with self.asking() as connection:
            said = connection.info("memory")
        most = int(said.get("maxmemory") or said.get("total_system_memory") or 0)
        used = int(said.get("used_memory", 0)) / max(1, most)
        return Memory(str(said.get("maxmemory_policy", "noeviction")), used)

    def lease_log(self, site_id: int, count: int) -> dict[str, Mapping[str, str]]:
        """The oldest entries of a site's lease log by their ids, as the scripts wrote them.

        Times are ms since 1970, as texts.
        """
        with self.asking() as connection:
            entries = connection.xrange(f"{keys.root(site_id)}:log", count=count)
        return dict(cast("list[tuple[str, dict[str, str]]]", entries))

    def forget_log(self, site_id: int, ids: Iterable[str]) -> None:
        """Drop entries that have been written to SQL."""
        with self.asking() as connection:
            connection.xdel(f"{keys.root(site_id)}:log", *ids)


def _text(touchpoint: Touchpoint) -> str:
    return orjson.dumps(touchpoint_to_json(touchpoint)).decode()


def _touchpoint(text: str | None) -> Touchpoint | None:
    return touchpoint_from_json(orjson.loads(text or "{}"))
