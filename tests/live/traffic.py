"""Short visits of three traffic sources, the hour's job between them,
and what must hold of the pool after each."""

from __future__ import annotations

from typing import Any

from leadtracker.live import Arrival, Live, keys
from tests.live.conftest import LEASE, SECOND, SITE, Shop

GOOGLE, BING, MAIL = (Arrival(f"{name} / spring") for name in ("google", "bing", "mail"))
ROOT = keys.root(SITE.id)


def visit(shop: Shop, visitor: str, arrival: Arrival, level: int = 0) -> str:
    """A short visit, over and past its lease: the number is idle again,
    or will be with the next request."""
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
    """Every number of the pool is idle or held;
    idle ones are found by their source and by its group of today."""
    client: Any = live.client  # typed for bytes too; ours answers in texts
    with client.pipeline() as asked:
        asked.zrange(f"{ROOT}:idle", 0, -1, withscores=True)
        asked.zrange(f"{ROOT}:hard", 0, -1)
        asked.smembers(f"{ROOT}:dids")
        asked.hgetall(f"{ROOT}:group")
        asked.keys(f"{ROOT}:idle:*")
        idle, hard, dids, groups, sets = asked.execute()
    with client.pipeline() as asked:
        for did, _ in idle:
            asked.hmget(f"{ROOT}:did:{did}", "source", "seen")
        for key in sets:
            asked.zrange(key, 0, -1, withscores=True)
        answers = asked.execute()
    resting = {did for did, _ in idle}
    assert not resting & set(hard)
    assert resting <= dids <= resting | set(hard)
    wanted: dict[str, dict[str, float]] = {}
    for (did, since), (source, seen) in zip(idle, answers, strict=False):
        assert since == float(seen or 0), "idle since its holder was last seen"
        if source:
            wanted.setdefault(f"{ROOT}:idle:s:{source}", {})[did] = since
        if source and (name := groups.get(source) or groups.get("other")):
            wanted.setdefault(f"{ROOT}:idle:g:{name}", {})[did] = since
    assert dict(zip(sets, map(dict, answers[len(idle) :]), strict=True)) == wanted
