"""Short visits of three traffic sources, the hour's job between them, and what must hold of the pool after each."""

from __future__ import annotations

from typing import Any

from leadtracker.live import Arrival, Live, keys
from tests.live.conftest import LEASE, SECOND, SITE, Shop

GOOGLE, BING, MAIL = (Arrival(f"{name} / spring") for name in ("google", "bing", "mail"))
ROOT = keys.root(SITE.id)


def visit(shop: Shop, visitor: str, arrival: Arrival, level: int = 0) -> str:
    """A short visit, over and past its lease: the number is idle again, or will be with the next request."""
    grant = shop.ask(visitor, arrival=arrival)
    shop.now += SECOND
    assert shop.beat(grant, "left", level=level)
    shop.now += LEASE
    return grant.did


def chosen(shop: Shop, visitor: str, arrival: Arrival) -> tuple[str, str]:
    grant = shop.ask(visitor, arrival=arrival)
    return grant.did, grant.chosen


def group(shop: Shop, **arrivals: float) -> None:
    """The hour's job, after so many arrivals of each."""
    count(shop.live, {f"{name} / spring": n for name, n in arrivals.items()})
    shop.live.regroup(SITE, shop.now)


def count(live: Live, arrivals: dict[str, float]) -> None:
    """As if so many had come of each source, and nobody else."""
    client: Any = live.client
    client.delete(f"{ROOT}:arrivals")
    client.hset(f"{ROOT}:arrivals", mapping={source: str(n) for source, n in arrivals.items()})


def check_idle(live: Live) -> None:
    """Every number of the pool is idle or held; idle ones are found by their source and by its group of today."""
    client: Any = live.client  # typed for bytes too; ours answers in texts
    idle = dict(client.zrange(f"{ROOT}:idle", 0, -1, withscores=True))
    hard = set(client.zrange(f"{ROOT}:hard", 0, -1))
    dids = client.smembers(f"{ROOT}:dids")
    assert not idle.keys() & hard
    assert idle.keys() <= dids
    assert dids <= idle.keys() | hard
    group_of = client.hgetall(f"{ROOT}:group")
    wanted: dict[str, dict[str, float]] = {}
    for did, since in idle.items():
        source, seen = client.hmget(f"{ROOT}:did:{did}", "source", "seen")
        assert since == float(seen or 0), "idle since its holder was last seen"
        group_name = group_of.get(source) or group_of.get("other")
        for name in (f"s:{source}", f"g:{group_name}" if group_name else ""):
            if source and name:
                wanted.setdefault(f"{ROOT}:idle:{name}", {})[did] = since
    found = {key: dict(client.zrange(key, 0, -1, withscores=True)) for key in client.keys(f"{ROOT}:idle:*")}
    assert found == wanted
