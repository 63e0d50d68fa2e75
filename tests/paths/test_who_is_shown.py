"""Whom an agent is shown: the name in the pop-up, and the card that its link opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadtracker.calls import screen_pop
from leadtracker.calls.screen_pop import ScreenPops, first_of
from leadtracker.calls.visitor_card import VisitorCard, caller_card, visitor_card
from leadtracker.domain import Account, Caller, Direction, Phase, ScreenPop
from leadtracker.errors import NotFound, StoreUnavailable
from leadtracker.pbx.dialing import REQUEST
from leadtracker.web.stores import Stores
from leadtracker.who_called.knowledge import Knowledge
from tests.callback_road import callback_row
from tests.dashboard_rows import NOW, add, call, lease, touchpoint, unknown_call
from tests.paths.test_main_road import message, number, post

URL = "https://calls.example.com"
DANA = "dana".ljust(22, "_")
PHONE = "+972501234567"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def pops(stores: Stores) -> ScreenPops:
    return ScreenPops(stores.engine, stores.live, stores.directory, URL)


@pytest.fixture
def account(stores: Stores) -> Account:
    found = stores.directory.account("pbx")
    assert found is not None
    return found


@pytest.fixture
def ringing(app: Flask) -> ScreenPop:
    """Somebody calls the number that Dana is shown."""
    did = number(app.test_client(), "dana")["did"]
    return ScreenPop(call_id="call 1", phase=Phase.RINGING, caller=PHONE, did=did)


def nobody(caller: str | None = PHONE) -> Caller:
    return Caller(url=f"{URL}/callers/{caller}" if caller else "")


class TestPopUp:
    def test_a_certain_visitor(
        self, pops: ScreenPops, account: Account, ringing: ScreenPop
    ) -> None:
        dana = Caller("Dana Cohen דנה", "Acme", f"{URL}/visitors/{DANA}?call=call+1", 1, DANA)
        assert pops.caller_of(account, ringing) == dana
        assert (
            pops.caller_of(account, replace(ringing, call_id=None)).url == f"{URL}/visitors/{DANA}"
        )
        assert pops.caller_of(account, replace(ringing, caller="anonymous")) == dana
        assert pops.caller_of(account, replace(ringing, caller=None)) == dana

    @pytest.mark.parametrize(
        "change",
        [
            {"direction": Direction.OUTGOING},
            {"direction": Direction.INTERNAL},
            {"direction": Direction.UNKNOWN},
            {"did": None},
            {"did": "+97231112222"},
            {"did": "+97235551234"},
        ],
    )
    def test_nobody(
        self, pops: ScreenPops, account: Account, ringing: ScreenPop, change: dict[str, Any]
    ) -> None:
        assert pops.caller_of(account, replace(ringing, **change)) == nobody()
        assert pops.caller_of(account, replace(ringing, **change, caller=None)) == nobody(None)

    @pytest.mark.parametrize(
        ("verdict", "name"),
        [
            ("certain", "Dana Cohen דנה"),
            ("likely", "likely Dana Cohen דנה"),
            ("possible", None),
            ("nobody", None),
        ],
    )
    def test_how_sure_one_must_be(
        self,
        pops: ScreenPops,
        account: Account,
        ringing: ScreenPop,
        monkeypatch: pytest.MonkeyPatch,
        verdict: str,
        name: str | None,
    ) -> None:
        says(monkeypatch, verdict, DANA)
        found = pops.caller_of(account, ringing)
        assert (found.name, found.visitor_id) == ((name, DANA) if name else ("", None))

    @pytest.mark.parametrize("verdict", ["certain", "likely"])
    def test_a_visitor_whom_redis_forgot_has_a_card_and_no_name(
        self,
        pops: ScreenPops,
        account: Account,
        ringing: ScreenPop,
        monkeypatch: pytest.MonkeyPatch,
        verdict: str,
    ) -> None:
        says(monkeypatch, verdict, "another")
        assert pops.caller_of(account, ringing) == Caller(
            "", "", f"{URL}/visitors/another?call=call+1", 1, "another"
        )

    def test_rates_are_read_every_half_a_minute(
        self,
        pops: ScreenPops,
        account: Account,
        ringing: ScreenPop,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        loaded, seconds, load = [], [1000.0], Knowledge.load

        def loading(session: Session, site: Any, now: Any) -> Knowledge:
            loaded.append(site.name)
            return load(session, site, now)

        monkeypatch.setattr(Knowledge, "load", loading)
        monkeypatch.setattr(screen_pop, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
        for at, expected in ((1000, 1), (1029, 1), (1030, 1), (1030.5, 2), (1060, 2), (1061, 3)):
            seconds[0] = at
            pops.caller_of(account, ringing)
            assert loaded == ["shop"] * expected, at
        pops.caller_of(account, replace(ringing, did="+40213110002"))
        assert loaded == ["shop"] * 3 + ["magazin"]

    def test_whoever_asked_to_be_called_back(
        self, pops: ScreenPops, account: Account, ringing: ScreenPop, stores: Stores
    ) -> None:
        add(
            stores.engine,
            callback_row(1, name="As typed"),
            callback_row(2, name=""),
            callback_row(3, name="", origin="form"),
            callback_row(4, name="", visitor="gone", target="+972541111111"),
            callback_row(5, state="refused"),
            callback_row(6, account_id=2),
        )
        known: dict[str, Any] = {
            "company": "Acme",
            "url": f"{URL}/visitors/{DANA}",
            "total": 1,
            "visitor_id": DANA,
        }
        expected = {
            "1-request-1": Caller(name="As typed", **known),
            "1-request-2": Caller(name="Dana Cohen דנה", **known),
            "1-request-3": Caller(url=f"{URL}/callers/+972543216549", total=1),
            "1-request-4": Caller(url=f"{URL}/visitors/gone", total=1, visitor_id="gone"),
        }
        out = replace(ringing, direction=Direction.OUTGOING)
        for name, caller in expected.items():
            assert pops.caller_of(account, replace(out, custom={REQUEST: name})) == caller, name
        for name in ("1-request-5", "1-request-6", "2-request-1", "1-request-9", "request-1", ""):
            assert pops.caller_of(account, replace(out, custom={REQUEST: name})) == nobody(), name


def says(monkeypatch: pytest.MonkeyPatch, verdict: str, visitor: str) -> None:
    posterior = SimpleNamespace(verdict=verdict, candidates=[SimpleNamespace(visitor=visitor)])
    monkeypatch.setattr(screen_pop, "displayed", lambda *_: posterior)


@pytest.mark.parametrize(
    ("info", "found"),
    [
        ({"name": "Dana", "full_name": "Dana Cohen"}, "Dana"),
        ({"Full_Name": " Dana Cohen "}, "Dana Cohen"),
        ({"name": "", "full_name": "Dana"}, "Dana"),
        ({"name": "  ", "full_name": "Dana"}, "Dana"),
        ({"name": ["Dana"], "full_name": "Dana"}, "Dana"),
        ({"name": None, "FULL_NAME": 17}, "17"),
        ({"name": "x" * 201}, "x" * 200),
        ({"company": "Acme"}, ""),
        ({}, ""),
    ],
)
def test_the_first_text_of_some_keys(info: dict[str, Any], found: str) -> None:
    assert first_of(info, ("NAME", "full_name")) == found


class TestCard:
    @pytest.fixture
    def card(self, stores: Stores) -> Any:
        def opened(visitor: str, call_id: str | None = None) -> VisitorCard:
            return visitor_card(stores.engine, stores.live, stores.directory, visitor, call_id)

        return opened

    def test_which_call_it_is_of(self, card: Any, engine: Engine, stores: Stores) -> None:
        """The one it was opened for; without a name the newest; never another visitor's."""
        mine = [
            call(NOW - n * HOUR, visitor_id="me", caller=f"+97254000000{n}", call_id=f"c{n}")
            for n in range(3)
        ]
        same_phone = unknown_call(NOW - 9 * HOUR, caller="+972540000001")
        add(
            engine,
            *mine,
            same_phone,
            call(NOW, visitor_id="other", call_id="other", caller="+972549999999"),
        )
        newest, middle, oldest = (row.id for row in mine)
        assert ids(card("me")) == (newest, [middle, oldest])
        assert ids(card("me", "c1")) == (middle, [newest, oldest, same_phone.id])
        assert card("me", "c1").caller == "+972540000001"
        for name in ("other", "unheard of"):
            assert ids(card("me", name)) == (None, [newest, middle, oldest])
            assert card("me", name).caller == "+972540000000"

    def test_ten_calls_are_shown(self, card: Any, engine: Engine) -> None:
        rows = [call(NOW - n * HOUR, visitor_id="me", caller=None) for n in range(12)]
        add(engine, *rows)
        assert ids(card("me")) == (rows[0].id, [row.id for row in rows[1:10]])

    def test_of_a_moment_the_later_row_is_newer(self, card: Any, engine: Engine) -> None:
        rows = [call(NOW, visitor_id="me") for _ in range(3)]
        add(engine, *rows)
        assert ids(card("me")) == (rows[2].id, [rows[1].id, rows[0].id])

    def test_what_redis_knows_comes_first(
        self, card: Any, app: Flask, stores: Stores, engine: Engine
    ) -> None:
        number(app.test_client(), "dana")
        add(
            engine,
            call(
                NOW,
                visitor_id=DANA,
                visitor_info={"name": "old"},
                arrival=touchpoint(source="bing"),
            ),
        )
        shown = card(DANA)
        assert (shown.name, shown.company, shown.page) == (
            "Dana Cohen דנה",
            "Acme",
            "https://shop.example.com/sale",
        )
        assert shown.touchpoint is not None
        assert shown.first is not None
        assert (shown.touchpoint.source, shown.first.source) == ("google", "google")
        assert shown.seen is not None
        stores.live.client.flushall()
        shown = card(DANA)
        assert (shown.name, shown.company, shown.page, shown.seen) == ("old", "", "", None)
        assert shown.touchpoint is not None
        assert shown.first is not None
        assert (shown.touchpoint.source, shown.first.source) == ("bing", "bing")

    def test_without_redis_it_is_made_of_sql(
        self, card: Any, stores: Stores, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(*_: Any) -> Any:
            raise StoreUnavailable("Redis does not answer")

        add(
            engine,
            call(NOW, visitor_id="me", site_id=2, account_id=2, visitor_info={"name": "Ion"}),
        )
        monkeypatch.setattr(stores.live, "visitor", gone)
        shown = card("me")
        assert (shown.name, shown.site and shown.site.id) == ("Ion", 2)

    def test_which_site_it_is_of(
        self, card: Any, app: Flask, stores: Stores, engine: Engine
    ) -> None:
        """The one that remembers; else the call's, else where the visitor was last,
        else where a call was asked for."""
        add(engine, callback_row(1, visitor="me", site_id=2))
        assert card("me").site.id == 2
        add(engine, lease(NOW, visitor="me", site_id=2), lease(NOW + HOUR, visitor="me", site_id=1))
        assert card("me").site.id == 1
        add(engine, call(NOW, visitor_id="me", site_id=2, account_id=2))
        assert card("me").site.id == 2
        body = message("me", token="shop-token")
        assert post(app.test_client(), body).status_code == 200
        add(
            engine,
            call(NOW, visitor_id=body["visitor"], site_id=2, account_id=2, caller="+40722776000"),
        )
        assert card(body["visitor"]).site.id == 1

    def test_what_was_asked_for(self, card: Any, engine: Engine) -> None:
        """The newest request that was not refused names whom nothing else names,
        and whom to call."""
        add(
            engine,
            callback_row(1, visitor="me", name="First"),
            callback_row(2, visitor="me", name="Second", target="+972541111111"),
            callback_row(3, visitor="me", name="Refused", state="refused"),
            callback_row(4, visitor="other", name="Other"),
        )
        shown = card("me")
        assert (shown.name, shown.caller, shown.call, shown.calls) == (
            "Second",
            "+972541111111",
            None,
            [],
        )
        add(engine, call(NOW, visitor_id="me", visitor_info={"name": "Told"}))
        assert (card("me").name, card("me").caller) == ("Told", "+972543216549")

    def test_nobody_is_not_found(self, card: Any, engine: Engine) -> None:
        add(engine, lease(NOW, visitor="me"), callback_row(1, visitor="me", state="refused"))
        with pytest.raises(NotFound):
            card("me")

    def test_a_caller(self, stores: Stores, engine: Engine) -> None:
        rows = [
            unknown_call(NOW, caller=PHONE, site_id=None),
            call(
                NOW - HOUR,
                caller=PHONE,
                visitor_id="newer",
                site_id=2,
                account_id=2,
                visitor_info={"name": "Newer"},
            ),
            call(
                NOW - 2 * HOUR, caller=PHONE, visitor_id="older", arrival=touchpoint(source="bing")
            ),
        ]
        add(
            engine,
            *rows,
            call(NOW, caller="+972540000000"),
            callback_row(1, target=PHONE, name="Typed"),
        )
        shown = caller_card(engine, stores.directory, PHONE)
        assert (shown.visitor_id, shown.name, shown.site and shown.site.id) == ("newer", "Newer", 2)
        assert shown.touchpoint is not None
        assert shown.first is not None
        assert (shown.touchpoint.source, shown.first.source) == ("google", "google")
        assert ids(shown) == (None, [row.id for row in rows])

    def test_a_caller_who_only_asked(self, stores: Stores, engine: Engine) -> None:
        add(
            engine,
            callback_row(1, target=PHONE, name="Typed", site_id=2),
            callback_row(2, name="Other"),
        )
        shown = caller_card(engine, stores.directory, PHONE)
        assert (shown.name, shown.site and shown.site.id, shown.visitor_id) == (
            "likely Typed",
            2,
            None,
        )
        assert (shown.calls, shown.info, shown.first, shown.touchpoint) == ([], {}, None, None)


def ids(card: VisitorCard) -> tuple[int | None, list[int]]:
    return card.call.id if card.call else None, [row.id for row in card.calls]
