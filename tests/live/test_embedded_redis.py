"""The Redis that `leadtracker serve` starts: what it keeps when it is killed,
and that it is alone in its folder."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from leadtracker.errors import SettingsError, StoreUnavailable
from leadtracker.live import Live
from leadtracker.running import redis_server as embedded
from leadtracker.running.redis_server import EmbeddedRedis
from tests.live.conftest import DIDS, SITE, Shop


def test_a_killed_redis_comes_back_with_all_leases(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    shop = Shop(Live(server.url))
    before = {
        visitor: shop.ask(visitor, info=("i:name", f'"{visitor}"'))
        for visitor in ("dana", "ron", "gal")
    }
    while shop.live.client.info("persistence")[
        "aof_buffer_length"
    ]:  # a busy disk may be a second behind the answers
        time.sleep(0.01)
    server.process.kill()
    server.process.wait()
    with pytest.raises(StoreUnavailable):
        shop.ask("dana")
    server = EmbeddedRedis(tmp_path)
    try:
        for visitor, grant in before.items():
            assert shop.beat(grant)
            known = shop.live.visitor(SITE.id, visitor)
            assert known is not None
            assert known.info == {"name": visitor}
        assert {shop.ask(f"visitor{n}").did for n in range(2)} == set(DIDS) - {
            grant.did for grant in before.values()
        }
        assert len(shop.live.lease_log(SITE.id, 10)) == 5
    finally:
        shop.live.client.close()
        server.stop()


def test_two_servers_never_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOCK_SECONDS", 1)
    server = EmbeddedRedis(tmp_path)
    with pytest.raises(SettingsError, match="only one `leadtracker serve` may use a data folder"):
        EmbeddedRedis(tmp_path)
    server.stop()
    EmbeddedRedis(tmp_path).stop()
