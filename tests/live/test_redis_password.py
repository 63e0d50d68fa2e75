"""A wrong password for Redis is named as such."""

from __future__ import annotations

import pytest

from leadtracker.errors import StoreUnavailable
from leadtracker.live import Live


@pytest.mark.parametrize("login", [":wrong@", "nobody:wrong@", ""])
def test_a_wrong_or_missing_password_is_named(login: str, redis_url: str) -> None:
    socket = redis_url.removeprefix("unix://")
    admin = Live(redis_url)
    admin.client.config_set("requirepass", "right")
    try:
        with pytest.raises(StoreUnavailable, match="password of LEADTRACKER_REDIS_URL"):
            Live(f"unix://{login}{socket}").ping()
        Live(f"unix://:right@{socket}").ping()
    finally:
        Live(f"unix://:right@{socket}").client.config_set("requirepass", "")
        admin.client.close()
