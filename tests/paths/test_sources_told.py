"""A call counts for the source that its visit's address, or the page's own script, told of."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadtracker.records.tables import CallRow
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests.paths.test_main_road import PBX, cdr, number, settle


@pytest.mark.parametrize(
    ("info", "query", "origin"),
    [
        ({"utm_source": "Google", "utm_medium": "cpc", "gclid": "x"}, "", "paid search google"),
        ({"glid": "x"}, "", "paid search google"),
        ({"utm_source": ["google"], "utm_medium": 7}, "", "direct direct"),
        ({"utm_source": "facebook"}, "?utm_source=newsletter", "email newsletter"),
        ({}, "?gad_source=5&amp;gad_campaignid=17", "paid search google"),
    ],
)
def test_a_call_counts_for_what_the_page_or_its_address_says(
    app: Flask,
    stores: Stores,
    worker: Worker,
    info: dict[str, Any],
    query: str,
    origin: str,
) -> None:
    client = app.test_client()
    arrival = {"url": f"https://shop.example.com/{query}", "referrer": "", "at": 0}
    shown = number(client, "dana", info=info, arrival=arrival)
    client.post(f"{PBX}/cdr", json=cdr("0" + shown["did"].removeprefix("+972")))
    settle(worker)
    with Session(stores.engine) as session:
        call = session.scalars(select(CallRow)).one()
    assert f"{call.channel} {call.source}" == origin
