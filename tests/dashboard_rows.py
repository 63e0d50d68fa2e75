"""Rows for the dashboard's tests: calls, legs, leases and notifications, with every field set."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.domain import Touchpoint
from leadtracker.records.calls import mark_first_call, reversed_digits
from leadtracker.records.tables import AccountRow, CallRow, InboxRow, LeaseRow, LegRow, SiteRow
from leadtracker.records.verdicts import share

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday, 14:00 in Jerusalem
PASSWORD = "correct horse battery"  # of the login `admin`
OURS = {"Sec-Fetch-Site": "same-origin"}  # as every browser says of a form of the page
_numbers = itertools.count(1)


def touchpoint(at: datetime = NOW, **more: Any) -> Touchpoint:
    values: dict[str, Any] = {
        "at": at,
        "url": "https://shop.example.com/sale?utm_source=google",
        "referrer": "https://www.google.com/",
        "channel": "paid search",
        "source": "google",
        "medium": "cpc",
        "campaign": "spring",
        "term": "",
        "content": "",
        "landing_page": "/sale",
        "click_ids": {},
    }
    return Touchpoint(**(values | more))


def call(started_at: datetime = NOW, **more: Any) -> CallRow:
    """An answered incoming call to site 1 by a known visitor;
    `arrival` sets the touchpoint and its copies."""
    number = next(_numbers)
    arrival = more.pop("arrival", touchpoint(started_at))
    caller = more.pop("caller", "+972543216549")
    values: dict[str, Any] = {
        "account_id": 1,
        "call_id": f"call-{number}",
        "named": True,
        "site_id": 1,
        "started_at": started_at,
        "answered_at": None,
        "phase": "ended",
        "outcome": "answered",
        "status": "ANSWER",
        "direction": "incoming",
        "caller": caller,
        "caller_reversed": reversed_digits(caller),
        "did": "+972722776772",
        "talk_seconds": 60,
        "ring_seconds": 8,
        "wait_seconds": 0,
        "extension": "12",
        "representative": "Noa",
        "queue": "",
        "recording_url": "",
        "price": None,
        "original_call_id": None,
        "visitor_id": "visitor-0000000001",
        "lease_id": None,
        "match": {"how": "page open", "said": "The page was open when the phone rang."},
        "visitor_info": {"name": "Dana", "company": "Acme"},
        "first_touchpoint": arrival,
        "touchpoint": arrival,
    }
    values |= (arrival or Touchpoint()).origin
    return CallRow(**(values | more))


def unknown_call(started_at: datetime = NOW, **more: Any) -> CallRow:
    """A call whose visitor nobody knows."""
    return call(
        started_at,
        **({"arrival": None, "visitor_id": None, "match": {}, "visitor_info": {}} | more),
    )


def lease(start: datetime = NOW, **more: Any) -> LeaseRow:
    number = next(_numbers)
    arrival = more.pop("arrival", touchpoint(start))
    values: dict[str, Any] = {
        "id": f"lease-{number}",
        "site_id": 1,
        "did": "+972722776772",
        "visitor": f"visitor-{number:010}",
        "visit": f"visit-{number}",
        "reason": "leased",
        "start": start,
        "seen": start + timedelta(minutes=2),
        "left": None,
        "taps": [],
        "touchpoint": arrival,
        "new_visit": True,
    }
    values |= (arrival or Touchpoint()).origin
    return LeaseRow(**(values | more))


def leg(call_pk: int, started_at: datetime = NOW, **more: Any) -> LegRow:
    record = {
        "queue": "Sales",
        "extension": "12",
        "representative": "Noa",
        "ring_seconds": 8,
        "ai": {},
        "ivr": [
            {"order": 1, "layer_id": 7, "layer_name": "Main menu", "layer_number": 1, "digits": "2"}
        ],
    } | more.pop("record", {})
    values: dict[str, Any] = {
        "call_pk": call_pk,
        "type": "Incoming Call",
        "started_at": started_at,
        "status": "ANSWER",
        "outcome": "answered",
        "talk_seconds": 60,
        "record": record,
    }
    return LegRow(**(values | more))


def notification(call_pk: int | None, body: bytes, **more: Any) -> InboxRow:
    values: dict[str, Any] = {
        "account_id": 1,
        "family": "cdr",
        "received_at": NOW,
        "method": "POST",
        "content_type": "application/json",
        "query": "",
        "body": body,
        "digest": f"{next(_numbers):064}",
        "copies": 1,
        "state": "done",
        "fault": None,
        "call_pk": call_pk,
    }
    return InboxRow(**(values | more))


def add(engine: Engine, *rows: Any) -> None:
    with Session(engine, expire_on_commit=False) as session:
        session.add_all(rows)
        session.flush()
        for row in rows:
            if isinstance(row, CallRow):
                mark_first_call(session, row.site_id, row.caller)
                share(session, {row.id: [(1.0, row.touchpoint)] if row.touchpoint else []})
        session.commit()


ARRIVALS = (
    {
        "source": "google",
        "channel": "paid search",
        "campaign": "spring_sale",
        "landing_page": "/sale",
    },
    {"source": "google", "channel": "organic search", "campaign": "", "landing_page": "/"},
    {
        "source": "facebook",
        "channel": "paid social",
        "campaign": "מבצע סתיו",
        "landing_page": "/דירות/תל-אביב",
    },
    {"source": "newsletter", "channel": "email", "campaign": "november", "landing_page": "/news"},
    {"source": "direct", "channel": "direct", "campaign": "", "landing_page": "/"},
    {
        "source": "yad2.co.il",
        "channel": "referral",
        "campaign": "",
        "landing_page": "/apartments/rothschild-17",
    },
)
PEOPLE: tuple[dict[str, Any], ...] = (
    {"name": "דנה כהן", "company": "נדל״ן כהן ובניו בע״מ", "email": "dana@cohen.example"},
    {"name": "Yossi Mizrahi"},
    {},
    {"full_name": "Avigail Ben-David", "company": "Ben-David Architects"},
    {},
    {"name": "מוחמד חטיב", "ordered": ["ארון", "שולחן"], "vip": True},
)
OUTCOMES = (
    "answered",
    "answered",
    "answered",
    "missed",
    "answered",
    "abandoned",
    "busy",
    "voicemail",
)


def month(engine: Engine, until: datetime, count: int = 240) -> None:
    """A month of visits and calls that looks like one, Hebrew included; the same each time."""
    chance = random.Random(7)
    with Session(engine) as session:
        site_id = session.scalars(select(SiteRow.id).order_by(SiteRow.id)).first()
        account_id = session.scalars(select(AccountRow.id).order_by(AccountRow.id)).first()
    rows: list[Any] = []
    for number in range(count):
        at = until - timedelta(minutes=3 + number * 170 + chance.randrange(100))
        rows += _call_and_visits(chance, number, at, site_id, account_id)
    for hour in (1, 26, 27, 27, 27):
        rows.append(
            lease(until - timedelta(hours=hour), site_id=site_id, did=None, reason="pool_empty")
        )
    add(engine, *rows)


def _call_and_visits(
    chance: random.Random, number: int, at: datetime, site_id: int | None, account_id: int | None
) -> list[CallRow | LeaseRow]:
    arrival = touchpoint(at - timedelta(minutes=4), **chance.choice(ARRIVALS))
    answered = OUTCOMES[number % len(OUTCOMES)] == "answered"
    common: dict[str, Any] = {
        "caller": f"+97254{chance.randrange(40) * 173251 % 10_000_000:07}",
        "outcome": OUTCOMES[number % len(OUTCOMES)],
        "site_id": site_id,
        "account_id": account_id,
        "talk_seconds": chance.randrange(20, 900) if answered else 0,
        "representative": chance.choice(("נועה", "Tomer", "Rivka")) if answered else "",
        "queue": chance.choice(("", "מכירות")),
    }
    if number % 7 == 4:
        return [unknown_call(at, **common)]
    caller = f"visitor-{number:014}"
    rows: list[CallRow | LeaseRow] = [
        call(
            at,
            arrival=arrival,
            visitor_info=chance.choice(PEOPLE),
            visitor_id=caller,
            **common,
        )
    ]
    for visit in range(chance.randrange(3, 12)):
        start = at - timedelta(minutes=4 + visit * 13)
        came = touchpoint(start, **chance.choice(ARRIVALS))
        visitor = f"v{number}-{visit}" if visit else caller
        rows.append(lease(start, arrival=came, site_id=site_id, visitor=visitor))
    return rows
