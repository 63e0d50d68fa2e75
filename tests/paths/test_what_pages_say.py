"""Lists, pages and reports say what is true of a call: its end, talk, campaign and name."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
import tomli_w
from sqlalchemy import update
from sqlalchemy.orm import Session

from leadtracker import site_file
from leadtracker.calls.reading import SILENT
from leadtracker.calls.screen_pop import ScreenPops
from leadtracker.calls.silence import end_silent_calls
from leadtracker.domain import Direction, Phase, ScreenPop
from leadtracker.records.inbox import read_again
from leadtracker.records.tables import InboxRow
from leadtracker.reports.period import Period
from leadtracker.reports.sources import SourceFilter, sources, total
from leadtracker.web.stores import Stores
from tests.dashboard_rows import add, call, unknown_call
from tests.notifications import DANA, DID, NOON, WHILE1, Pbx, wall_clock

OTHER = "+97237654321"  # a number of the account that no site shows
EVER = SourceFilter(Period("UTC"))


@pytest.fixture
def pbx(stores: Stores) -> Pbx:
    pbx = Pbx(stores)
    pbx.silent = SILENT
    return pbx


def heard(pbx: Pbx, at: datetime) -> None:
    """All notifications so far came at a moment."""
    with Session(pbx.engine) as session:
        session.execute(update(InboxRow).values(received_at=at))
        session.commit()


class TestTheEndThatNeverComes:
    def test_it_ends_as_unknown_and_later_news_corrects_it(self, pbx: Pbx) -> None:
        now = datetime.now(UTC)
        pbx.pop(name="call-1")
        heard(pbx, now - timedelta(hours=1))
        pbx.read_all()
        assert [(row.phase, row.outcome) for row in pbx.calls()] == [("ringing", "unknown")]
        assert end_silent_calls(pbx.engine, now - timedelta(hours=4)) == 0
        heard(pbx, now - timedelta(hours=5))
        assert end_silent_calls(pbx.engine, now - timedelta(hours=4)) == 1
        pbx.read_all()
        assert [(row.phase, row.outcome) for row in pbx.calls()] == [("ended", "unknown")]
        assert end_silent_calls(pbx.engine, now - timedelta(hours=4)) == 0
        pbx.cdr("call-1")
        pbx.read_all()
        assert [(row.phase, row.outcome) for row in pbx.calls()] == [("ended", "answered")]

    def test_the_same_on_replay(self, pbx: Pbx) -> None:
        pbx.asks()
        heard(pbx, datetime.now(UTC) - timedelta(hours=5))
        for _ in range(2):
            pbx.read_all()
            assert [(row.phase, row.outcome) for row in pbx.calls()] == [("ended", "unknown")]
            with Session(pbx.engine) as session:
                read_again(session, broken_only=False)
                session.commit()

    def test_a_call_whose_clock_is_ahead(self, pbx: Pbx) -> None:
        now = datetime.now(UTC)
        pbx.pop(name="call-1", callStarted=wall_clock(now + timedelta(days=400)))
        for age, ended in ((1, 0), (5, 1), (5, 0)):
            heard(pbx, now - timedelta(hours=age))
            pbx.read_all()
            assert end_silent_calls(pbx.engine, now - timedelta(hours=4)) == ended
            pbx.read_all()
        assert [row.phase for row in pbx.calls()] == ["ended"]

    def test_a_call_whose_notifications_are_gone(self, pbx: Pbx) -> None:
        add(pbx.engine, unknown_call(NOON, phase="ringing", outcome="unknown"))
        assert end_silent_calls(pbx.engine, NOON + timedelta(hours=4)) == 1
        assert [row.phase for row in pbx.calls()] == ["ended"]


def test_who_did_not_answer_did_not_talk(pbx: Pbx) -> None:
    pbx.cdr("answered", duration=30)
    for number, status in enumerate(
        ("TE", "VOICEMAIL", "VOEND", "ABANDONE", "TIMEOUT", "NOANSWER"), start=1
    ):
        pbx.cdr(status, number * 3600, status=status, duration=15)
    pbx.read_all()
    with Session(pbx.engine) as session:
        found = total(sources(session, EVER, "channel"))
    assert (found.calls.mean, found.answered.mean) == (7, 1)
    assert found.average_talk_seconds == 30


class TestWhile1:
    OUT: ClassVar = {"event": "outgoing_end", "direction": "OUT", "telephone": "0712345678"}

    def test_an_outgoing_call_without_its_answer_is_one_call(self, pbx: Pbx) -> None:
        began = int(NOON.timestamp())
        end = self.OUT | {"dnid": "0213110002", "uniqueid": f"{began}.7"}
        pbx.asks(0, "0712345678", "0213110002")
        pbx.keep("events", end, account=WHILE1, seconds=60)
        pbx.read_all()
        assert [(row.direction, row.caller) for row in pbx.calls()] == [
            ("outgoing", "+40712345678")
        ]

    @pytest.mark.parametrize("reverse", [False, True])
    def test_an_answer_that_was_seen_is_one(self, reverse: bool, pbx: Pbx) -> None:
        """Its end does not say it, and so a call-back that was answered counted for nothing."""
        for began, telephone in ((0, "0712345678"), (3600, "0712345679")):
            add(pbx.engine, call(NOON, account_id=2, caller=f"+4{telephone}", outcome="missed"))
            ids = {"uniqueid": f"{int(NOON.timestamp()) + began + 60}.7", "telephone": telephone}
            events = [("dial_answer", 70), ("outgoing_end", 100)]
            for event, seconds in reversed(events) if reverse else events:
                said = self.OUT | ids | {"event": event, "queue": "sales", "agent": "101"}
                pbx.keep("events", said, account=WHILE1, seconds=began + seconds)
            pbx.read_all()
        returned = [row for row in pbx.calls() if row.direction == "outgoing"]
        assert [(row.outcome, row.talk_seconds) for row in returned] == [("answered", 30)] * 2
        with Session(pbx.engine) as session:
            assert total(sources(session, EVER, "channel")).answered.mean == 2

    def test_queue_and_agent_are_read_before_the_end(self, pbx: Pbx) -> None:
        said = {"event": "queue_answer", "queue": "sales", "agent": "101", "uniqueid": "x.1"}
        pbx.keep("events", said | {"telephone": "0712345678"}, account=WHILE1)
        pbx.read_all()
        (row,) = pbx.calls()
        assert (row.queue, row.representative, row.extension) == ("sales", "101", "101")


class TestCustomData:
    UTM: ClassVar = {
        "var_utm_source": "google",
        "utm_medium": "cpc",
        "utm_campaign": "spring",
        "glid": "x",
    }

    def test_it_is_the_touchpoint_of_a_call_that_nobody_explains(self, pbx: Pbx) -> None:
        pbx.pop(name="call-1", did=OTHER)
        pbx.read_all()
        pbx.cdr("call-1", did=OTHER, CustomData=self.UTM | {"page": "https://shop.example.com/a"})
        pbx.read_all()
        (row,) = pbx.calls()
        assert (row.channel, row.source, row.campaign) == ("paid search", "google", "spring")
        assert row.landing_page == "/a"
        assert row.touchpoint is not None
        assert row.touchpoint.click_ids == {"gclid": "x"}
        assert row.visitor_id is None
        with Session(pbx.engine) as session:
            found = {line.key: line.calls.mean for line in sources(session, EVER, "campaign")}
        assert found == {("google", "spring"): 1}

    def test_on_a_number_of_the_pool_it_fills_what_no_visit_explains(self, pbx: Pbx) -> None:
        pbx.cdr("call-1", CustomData=json.dumps(self.UTM))
        pbx.read_all()
        (row,) = pbx.calls()
        assert (row.source, row.campaign, row.visitor_id) == ("google", "spring", None)
        with Session(pbx.engine) as session:
            found = {line.key: line.calls.mean for line in sources(session, EVER, "campaign")}
        assert found == {("google", "spring"): pytest.approx(1)}

    @pytest.mark.parametrize(
        "custom",
        [
            {"utm_source": "google", "utm_campaign": 7},
            {"visitorInfo": json.dumps({"utm_source": "google", "utm_campaign": "7"})},
            json.dumps(json.dumps({"utm_source": "google", "utm_campaign": "7"})),
            [{"utm_source": "google"}, {" UTM_Campaign ": "7"}],
            {"page": "https://shop.example.com/a?utm_source=google&utm_campaign=7"},
        ],
    )
    def test_in_whatever_shape(self, custom: Any, pbx: Pbx) -> None:
        pbx.cdr("call-1", CustomData=custom)
        pbx.read_all()
        assert [(row.source, row.campaign) for row in pbx.calls()] == [("google", "7")]

    @pytest.mark.parametrize("name", ["CustomData[{}]", "customdata.{}", "CUSTOM_DATA[{}]"])
    def test_field_by_field(self, name: str, pbx: Pbx) -> None:
        said = {name.format("utm_source"): "google", name.format("utm_campaign"): "7"}
        pbx.keep("cdr", said | {"ivruniqueid": "call-1", "time": wall_clock(NOON), "caller": DANA})
        pbx.read_all()
        assert [(row.source, row.campaign) for row in pbx.calls()] == [("google", "7")]

    @pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\ud83d\\ud83d", "\\ud83dx"])
    def test_half_a_character_costs_only_itself(self, half: str, pbx: Pbx) -> None:
        inner = json.dumps({"name": "Dana CUT", "utm_source": "google"}).replace("CUT", half)
        for number, custom in enumerate((inner, json.dumps(inner))):
            said = {"ivruniqueid": f"call-{number}", "time": wall_clock(NOON), "caller": DANA}
            body = json.dumps(said)[:-1] + f', "CustomData": {custom}}}'
            pbx.keep("cdr", {}, body.encode())
        pbx.read_all()
        assert [row.source for row in pbx.calls()] == ["google", "google"]

    @pytest.mark.parametrize(
        "custom", [{}, {"page": "https://x.example"}, {"utm_source": ["a"]}, {"clientID": "7"}]
    )
    def test_other_custom_data_says_nothing(self, custom: dict[str, Any], pbx: Pbx) -> None:
        pbx.cdr("call-1", CustomData=custom)
        pbx.read_all()
        assert [row.source for row in pbx.calls()] == [""]

    def test_a_page_that_is_no_address_refuses_nothing(self, pbx: Pbx) -> None:
        pbx.cdr("call-1", CustomData=self.UTM | {"page": "http://[", "referrer": "http://["})
        pbx.read_all()
        assert [row.campaign for row in pbx.calls()] == ["spring"]


def outgoing(pbx: Pbx, name: str, seconds: float, **more: Any) -> None:
    said = {"type": "Extension Outgoing", "target": "0501234567", "did": ""}
    pbx.cdr(name, seconds, caller="037654321", **(said | {"callerextension": "SIP1"} | more))


class TestReturnCalls:
    def of_google(self, pbx: Pbx, outcome: str) -> None:
        add(pbx.engine, call(NOON, caller=DANA, outcome=outcome, talk_seconds=0))

    def test_a_return_call_keeps_visitor_and_campaign(self, pbx: Pbx) -> None:
        self.of_google(pbx, "missed")
        outgoing(pbx, "call-back", 3600)
        pbx.read_all()
        row = pbx.calls()[-1]
        assert (row.called_back, row.campaign, row.site_id) == (True, "spring", 1)
        assert row.visitor_id == "visitor-0000000001"
        with Session(pbx.engine) as session:
            (line,) = sources(session, EVER, "campaign")
        assert (line.key, line.calls.mean) == (("google", "spring"), 2)
        assert (line.missed.mean, line.answered.mean) == (1, 1)

    @pytest.mark.parametrize(
        ("outcome", "seconds"), [("answered", 3600), ("missed", 8 * 86400), ("missed", -3600)]
    )
    def test_any_other_outgoing_call_has_no_campaign(
        self, outcome: str, seconds: float, pbx: Pbx
    ) -> None:
        self.of_google(pbx, outcome)
        outgoing(pbx, "another", seconds)
        pbx.read_all()
        (row,) = [row for row in pbx.calls() if row.call_id == "another"]
        assert (row.called_back, row.campaign) == (False, "")

    def test_who_does_not_pick_up_counts_for_nothing(self, pbx: Pbx) -> None:
        self.of_google(pbx, "missed")
        outgoing(pbx, "try-1", 3600, status="NOANSWER")
        outgoing(pbx, "try-2", 7200)
        pbx.read_all()
        assert [row.called_back for row in pbx.calls()] == [False, True, True]
        with Session(pbx.engine) as session:
            found = total(sources(session, EVER, "campaign"))
        assert (found.calls.mean, found.missed.mean, found.answered.mean) == (2, 1, 1)

    def test_whichever_of_the_two_calls_is_read_first(self, pbx: Pbx) -> None:
        outgoing(pbx, "call-back", 3600)
        pbx.read_all()
        pbx.pop(0, "missed")
        pbx.read_all()
        pbx.cdr("missed", status="NOANSWER", CustomData=TestCustomData.UTM)
        pbx.read_all()
        assert [(row.called_back, row.campaign) for row in pbx.calls()] == [
            (False, "spring"),
            (True, "spring"),
        ]
        pbx.cdr("missed", type="Queue", duration=30)  # it was answered after all, elsewhere
        pbx.read_all()
        assert [(row.called_back, row.campaign) for row in pbx.calls()] == [
            (False, "spring"),
            (False, ""),
        ]


class TestAKnownCaller:
    def named(self, stores: Stores, did: str, direction: Direction) -> str:
        pops = ScreenPops(stores.engine, stores.live, stores.directory, "https://calls.example")
        pop = ScreenPop("x", Phase.RINGING, DANA, did, direction, at=NOON)
        return pops.caller_of(stores.directory.accounts["pbx"], pop).name

    @pytest.mark.parametrize(
        ("did", "direction"), [(OTHER, Direction.INCOMING), (DID, Direction.OUTGOING)]
    )
    def test_at_whichever_number(self, did: str, direction: Direction, stores: Stores) -> None:
        add(stores.engine, call(NOON - timedelta(days=30), caller=DANA))
        assert self.named(stores, did, direction) == "Dana"

    def test_who_is_only_likely(self, stores: Stores) -> None:
        match = {"verdict": "likely"}
        add(stores.engine, call(NOON - timedelta(days=30), caller=DANA, match=match))
        assert self.named(stores, OTHER, Direction.INCOMING) == "likely Dana"

    def test_not_where_the_account_forbids_it(self, stores: Stores) -> None:
        """Where it has one site alone, nothing is told across sites."""
        add(stores.engine, call(NOON - timedelta(days=30), caller=DANA))
        for account_key, name in (("bucharest", "Dana"), ("pbx", "")):
            options = {"account": {"pbx": {"options": {"known_across_sites": False}}}}
            sites = {"site": {"magazin": {"account_key": account_key}}}
            with Session(stores.engine) as session:
                site_file.apply(session, tomli_w.dumps(options | sites))
                session.commit()
            stores.directory._next_check = 0.0
            stores.directory.refresh()
            assert self.named(stores, OTHER, Direction.INCOMING) == name

    def test_the_call_says_so_too_and_has_no_campaign(self, pbx: Pbx) -> None:
        add(pbx.engine, call(NOON - timedelta(days=30), caller=DANA))
        outgoing(pbx, "call-1", 0)
        pbx.read_all()
        row = pbx.calls()[-1]
        assert (row.visitor_info["name"], row.campaign) == ("Dana", "")
        assert row.called_back is False


def test_a_call_of_no_site_shows_one_time(dashboard: Any, engine: Any) -> None:
    row = unknown_call(NOON, site_id=None, arrival=None)
    add(engine, row)
    for page in ("/calls", f"/calls/{row.id}", f"/callers/{row.caller}"):
        text = re.sub('datetime="[^"]*"', "", dashboard.get(page).text)
        assert "14:00" in text
        assert "12:00" not in text


def test_what_else_the_pbx_says(dashboard: Any, stores: Stores) -> None:
    pbx = Pbx(stores)
    pbx.cdr("first")
    pbx.pop(60, "second", callerName="Dana of Acme")
    pbx.cdr(
        "second",
        60,
        OriginalIvrUniqueID="first",
        DepartmentName="Sales",
        campaignName="Spring dialer",
        dialerData={"RetryNum": 2, "RetryAmount": 3},
        aiData={"insights": {"participants": {"caller": {"name": "Dana Levi"}}}},
    )
    pbx.read_all()
    second = pbx.calls()[-1]
    text = dashboard.get(f"/calls/{second.id}").text
    for said in ("Sales", "Spring dialer", "2 of 3", "Dana Levi", "Transferred from"):
        assert said in text
    assert second.caller_name == "Dana of Acme"
