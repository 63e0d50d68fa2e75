"""Whatever is sent to the script's address is answered, kept or refused:
never a fault of ours, never a stuck log."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadtracker.demo.browser import DESKTOP
from leadtracker.records.tables import LeaseRow
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores

TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            "\0",
            "https://shop.example.com/?utm_campaign=%00&utm_source=\0",
            "https://[",
            "x" * 3000,
        ]
    ),
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ARRIVALS = st.fixed_dictionaries({}, optional={"url": TEXTS, "referrer": TEXTS, "at": ANYTHING})
SENSIBLE = {
    "ask": st.sampled_from(["number", "beat"]),
    "token": st.just("shop-token"),
    "visitor": st.sampled_from(["dana".ljust(22, "_"), "ron".ljust(22, "_"), "gal".ljust(22, "_")]),
    "visit": st.integers(0, 10**9).map("{:022}".format),  # each new visit is a row of the lease log
    "info": st.dictionaries(TEXTS, ANYTHING, max_size=4),
    "arrival": ARRIVALS,
    "first": ARRIVALS,
    "page": TEXTS,
    "lease": st.just(""),
    "state": st.sampled_from(["visible", "hidden", "left"]),
    "engaged": st.one_of(st.none(), st.integers(0, 100), st.floats(0, 1e9)),
    "signals": st.lists(st.sampled_from(["tap", "copy", "menu", "save"]), max_size=2),
}

NEEDED = {"ask", "token", "visitor", "visit"}


@st.composite
def messages(draw: st.DrawFn) -> tuple[dict[str, Any], bool]:
    """Sensible but for one or two keys; and whether those are among the needed ones."""
    message = {key: draw(values) for key, values in SENSIBLE.items()}
    spoilt = draw(st.lists(st.sampled_from(sorted(SENSIBLE)), max_size=2))
    for key in spoilt:
        message[key] = draw(ANYTHING)
    return message, not NEEDED.isdisjoint(spoilt)


def test_number_requests_and_beats(app: Flask, stores: Stores, worker: Worker) -> None:
    client = app.test_client()
    leases: list[str] = [""]
    headers = {"Origin": "https://shop.example.com", "User-Agent": DESKTOP}

    @settings(
        max_examples=250,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(messages(), st.integers(0, 3))
    def example(drawn: tuple[dict[str, Any], bool], back: int) -> None:
        message, needed_is_spoilt = drawn
        if message["lease"] == "":
            message["lease"] = leases[-1 - min(back, len(leases) - 1)]
        answer = client.post(
            "/tracker.js", data=json.dumps(message, allow_nan=True), headers=headers
        )
        assert answer.status_code in (200, 400, 403), answer.text
        assert answer.status_code == 200 or needed_is_spoilt, answer.text
        said = answer.get_json()
        if answer.status_code == 200 and said.get("lease"):
            leases.append(said["lease"])
        if answer.status_code != 200:
            assert (answer.content_type, bool(said["detail"])) == ("application/problem+json", True)

    example()
    while worker.turn():
        pass
    with Session(stores.engine) as session:
        assert (session.scalar(select(func.count()).select_from(LeaseRow)) or 0) > 10
    assert stores.live.lease_log(1, 10) == {}
