"""How Redis is reached: a connection for each thread, scripts by hash, several in one message."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import ConstantBackoff
from redis.client import Pipeline
from redis.retry import Retry

from leadtracker.errors import StoreUnavailable
from leadtracker.live import keys
from leadtracker.live.script import Script

Argument = str | bytes | int
FIRST_WITH_SHEBANG = 7  # version of Redis
OLDER_IS_FULL = "OOM command not allowed"  # Redis before 7 says so inside a script's error


class Connection:
    """Every method raises StoreUnavailable when Redis does not answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._reads_shebang: bool | None = None  # not known yet
        self._local = threading.local()

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
        """This thread's connection; a fault of Redis inside is StoreUnavailable."""
        try:
            yield self.client
        except redis.AuthenticationError as fault:
            raise StoreUnavailable(
                "Redis refuses the name or password of LEADTRACKER_REDIS_URL"
            ) from fault
        except redis.exceptions.OutOfMemoryError as fault:
            raise StoreUnavailable("Redis is full") from fault
        except redis.RedisError as fault:
            if OLDER_IS_FULL in str(fault):
                raise StoreUnavailable("Redis is full") from fault
            raise StoreUnavailable("Redis does not answer") from fault

    def ping(self) -> None:
        with self.asking() as connection:
            connection.ping()

    @contextmanager
    def together(self, *scripts: Script) -> Iterator[None]:
        """This thread's runs of these scripts inside go to Redis in one message, in order.

        Their answers are lost.
        """
        with self.asking() as connection, connection.pipeline(transaction=False) as batch:
            if not hasattr(self._local, "batch"):
                for each in scripts:
                    batch.script_load(self._known(each).text)
            self._local.batch = batch
            try:
                yield
            finally:
                self._local.batch = None
            batch.execute()

    def run(self, script: Script, site_id: int, *arguments: Argument) -> Any:
        """Run a script on a site's pool, at the end of the batch when there is one."""
        batch: Pipeline | None = getattr(self._local, "batch", None)
        if batch is not None:
            return batch.evalsha(self._known(script).sha, 1, keys.root(site_id), *arguments)
        return self.ask(script, keys.root(site_id), *arguments)

    def ask(self, script: Script, root: str, *arguments: Argument) -> Any:
        """Run a script whose keys begin with a root, now, and return its answer."""
        with self.asking() as connection:
            known = self._known(script)
            try:
                return connection.evalsha(known.sha, 1, root, *arguments)
            except redis.exceptions.NoScriptError:
                return connection.eval(known.text, 1, root, *arguments)

    def _known(self, script: Script) -> Script:
        """The script as this Redis can read it; its version is asked for once."""
        if self._reads_shebang is None:
            version = str(self.client.info("server")["redis_version"])
            self._reads_shebang = int(version.partition(".")[0]) >= FIRST_WITH_SHEBANG
        if self._reads_shebang:
            return script
        return _plain(script)


@functools.cache
def _plain(script: Script) -> Script:
    return script.without_shebang()
