"""The third road end to end: form token, request, two legs, CDRs, money; on both databases, by a simulated switch."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadtracker import callback_request, callback_sweeps
from leadtracker.callback.course import State
from leadtracker.live.callback_guard import CallbackGuard
from leadtracker.live.callback_refusals import Refusals
from leadtracker.pbx.voicenter import dialling as voicenter_dialling
from leadtracker.pbx.voicenter.simulated_behaviour import Behaviour, Said
from leadtracker.records import api_keys
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow, InboxRow
from tests.callback_road import ORIGIN, PHONE, TARGET, Road, long
from tests.paths.test_main_road import number


def quick(monkeypatch: pytest.MonkeyPatch, road: Road, seconds: float = 0.3) -> None:
    """The PBX's answer is waited for so long, and the page told after as long."""
    calls = voicenter_dialling.VoicenterCalls(seconds=seconds)
    monkeypatch.setattr(voicenter_dialling.CLICK_TO_CALL, "_sender", calls._sender)
    monkeypatch.setattr(callback_request, "ANSWER_SECONDS", 3 * seconds)
    road.switch.late_seconds = 3 * seconds


def test_asked_dialled_talked_and_paid(road: Road) -> None:
    asked = road.message()
    answer = road.post(asked)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.get_json() == {"id": asked["id"], "state": "dialling", "words": "", "opens": None}

    road.settle()
    row = road.row(asked["id"])
    assert (row.state, row.code, row.talk_seconds) == ("talked", "", 42)
    assert (row.target, row.agent, row.name, row.note) == (TARGET, "WalterSIP", "Dana Cohen דנה", "a kitchen")
    assert road.dialled() == {asked["id"]: 1}
    (dial,) = [one for one in road.switch.asked if one.path.endswith("click2call.aspx")]
    assert dial.fields["var_leadtracker_visitor"] == long("dana")
    assert dial.fields["target"] == TARGET.lstrip("+")
    with Session(road.stores.engine) as session:
        call = session.scalars(select(CallRow)).one()
        assert (row.call_pk, row.call_id) == (call.id, call.call_id)
        assert row.spent is not None
        assert row.spent >= (call.price or 0) > 0
    assert row.settled
    guard = CallbackGuard(road.stores.live)
    assert guard.money("pbx", row.site_id, row.day) == (0, row.spent)
    assert road.stands(asked["id"]).get_json()["state"] == "talked"


def test_a_number_request_brings_a_form_token_where_the_site_calls_back(road: Road) -> None:
    shown = number(road.client, "dana")
    assert road.ask(form=shown["form"])["state"] == "dialling"
    road.rules(agents=[])
    assert number(road.client, "noa")["form"] is None
    assert road.form()["form"] is None
    assert road.post(road.message()).status_code == 404


def test_the_form_is_told_of_opening_and_countries(road: Road) -> None:
    road.rules(countries=["IL", "CY"])
    told = road.form()
    assert (told["open"], told["opens"], told["countries"], told["country"]) == (True, None, ["IL", "CY"], "IL")


def test_a_double_click_a_retry_and_a_reload_are_one_call(road: Road) -> None:
    asked = road.message()
    answers: list[Any] = []
    clicks = [threading.Thread(target=lambda: answers.append(road.post(asked))) for _ in range(6)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    again = road.post(asked | {"form": road.form()["form"]})
    assert again.get_json()["id"] == asked["id"]
    road.settle()
    assert road.post(asked).get_json()["state"] == "talked"
    assert road.dialled() == {asked["id"]: 1}
    assert [row.state for row in road.rows()] == ["talked"]


def test_the_same_id_with_two_tokens_at_once_is_one_call(road: Road) -> None:
    first = road.message()
    messages = [first] + [first | {"form": road.form()["form"]} for _ in range(5)]
    threads = [threading.Thread(target=road.post, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    road.settle()
    assert road.dialled() == {first["id"]: 1}


def test_an_id_of_another_visitor_tells_nothing(road: Road) -> None:
    asked = road.ask()
    other = road.post(road.message("noa", id=asked["id"]))
    assert (other.status_code, other.get_json()["words"]) == (422, "again")
    assert road.stands(asked["id"], "noa").status_code in (404, 200)
    assert road.stands(asked["id"], "noa").get_json().get("state") != "dialling"
    road.settle()
    assert sum(road.dialled().values()) == 1


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no token": ({"form": ""}, "token", "again"),
    "a forged token": ({"form": "abc.def.ghi"}, "token", "again"),
    "another visitor's token": ({"visitor": long("noa")}, "token", "again"),
    "the honeypot": ({"website": "https://spam.example"}, "robot", "again"),
    "too fast": ({"filled_ms": 200}, "robot", "again"),
    "no time at all": ({"filled_ms": None}, "robot", "again"),
    "no number": ({"phone": "call me"}, "number", "number"),
    "a premium number": ({"phone": "1-900-123456"}, "kind", "no"),
    "abroad": ({"phone": "+442079460958"}, "country", "no"),
    "one of ours": ({"phone": "072-277-6772"}, "own", "no"),
    "the default number": ({"phone": "03-555-1234"}, "own", "no"),
}


def refusals(road: Road) -> Counter[str]:
    today = datetime.now(UTC)
    days = [f"{today + timedelta(days=number):%Y-%m-%d}" for number in (-1, 0, 1)]
    return Refusals(road.stores.live).counts(road.rows()[0].site_id, days)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_counted_and_shown(road: Road, name: str) -> None:
    more, code, words = REFUSED[name]
    answer = road.post(road.message() | more)
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["words"]) == (422, "refused", words)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    (row,) = road.rows()
    assert (row.state, row.code) == ("refused", code)
    assert refusals(road) == {code: 1}
    assert road.dialled() == {}


def test_another_sites_page_is_refused_and_counted(road: Road) -> None:
    answer = road.post(road.message(), origin="https://evil.example")
    assert (answer.status_code, answer.get_json()["words"]) == (422, "again")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert [row.code for row in road.rows()] == ["origin"]
    assert road.post(road.message(token="of-nobody")).status_code == 403


def test_a_token_is_spent_once(road: Road) -> None:
    asked = road.message()
    assert road.post(asked).status_code == 200
    again = road.post(asked | {"id": "another-request-1"})
    assert (again.status_code, again.get_json()["words"]) == (422, "again")
    assert [row.code for row in road.rows() if row.state == "refused"] == ["spent"]


def test_limits_and_the_ceiling_of_money(road: Road) -> None:
    road.rules(per_number={"minute": 1, "hour": 1, "day": 1})
    assert road.ask()["state"] == "dialling"
    assert road.ask("noa")["words"] == "often"
    road.rules(ceiling=460)
    assert road.ask("gal", phone="052-321-6549")["words"] == "often"
    road.settle()
    assert [row.code for row in road.rows() if row.state == "refused"] == ["often", "money"]


def test_a_refused_request_may_be_sent_again_under_its_id(road: Road) -> None:
    asked = road.message(phone="nothing")
    assert road.post(asked).get_json()["words"] == "number"
    assert road.post(asked | {"phone": PHONE}).get_json()["state"] == "dialling"
    road.settle()
    assert road.dialled() == {asked["id"]: 1}


def test_a_flood_is_counted_and_writes_little(road: Road) -> None:
    message = road.message(form="forged")
    for _ in range(callback_request.MOST_WRITTEN + 40):
        assert road.post(message).status_code == 422
    assert len(road.rows()) == callback_request.MOST_WRITTEN
    assert refusals(road) == {"token": callback_request.MOST_WRITTEN + 40}


TRIED: dict[Behaviour, tuple[str, str, int]] = {  # of the first agent -> state, code, how many agents were asked
    Behaviour.OFFLINE: ("talked", "", 2),
    Behaviour.BLOCKED: ("talked", "", 2),
    Behaviour.INVALID: ("failed", "refused", 1),
    Behaviour.UNAUTHORIZED: ("failed", "unauthorized", 1),
    Behaviour.AGENT_MISSES: ("failed", "agent: missed", 1),
    Behaviour.VISITOR_MISSES: ("failed", "visitor: missed", 1),
    Behaviour.VISITOR_BUSY: ("failed", "visitor: busy", 1),
    # It rings although nobody said so: never another agent, and the CDRs tell in the end.
    Behaviour.APPLICATION_ERROR: ("talked", "", 1),
    Behaviour.SLOW: ("talked", "", 1),
    Behaviour.CUT: ("talked", "", 1),
    Behaviour.UNREADABLE: ("talked", "", 1),
    Behaviour.SERVER_ERROR: ("talked", "", 1),
}


@pytest.mark.parametrize("behaviour", TRIED)
def test_the_next_agent_only_where_certainly_nothing_rings(
    road: Road, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch, road)
    road.switch.behaviours["WalterSIP"] = behaviour
    asked = road.ask()
    state, code, agents = TRIED[behaviour]
    road.settle()
    row = road.until(asked["id"], state)
    assert (row.state, row.code) == (state, code)
    assert len([one for one in road.switch.asked if one.path.endswith("click2call.aspx")]) == agents
    assert set(road.dialled().values()) <= {1}


def test_an_answer_that_is_lost_is_uncertain_not_failed(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, road)
    road.switch.behaviours["WalterSIP"] = Behaviour.CUT
    road.switch.exchange.step_seconds = 2.0
    asked = road.ask()
    assert asked["state"] == "uncertain"
    assert road.ask(id=asked["id"])["state"] == "uncertain"
    road.settle()
    assert road.row(asked["id"]).state == "talked"
    assert road.dialled() == {asked["id"]: 1}


def test_every_agent_offline_fails_and_costs_nothing(road: Road) -> None:
    road.switch.behaviours |= {"WalterSIP": Behaviour.OFFLINE, "LoisSIP": Behaviour.OFFLINE}
    asked = road.ask()
    assert (asked["state"], asked["words"]) == ("failed", "")
    road.turn()
    row = road.row(asked["id"])
    assert (row.code, row.spent, row.settled) == ("offline", 0, True)
    assert CallbackGuard(road.stores.live).money("pbx", row.site_id, row.day) == (0, 0)


def test_whoever_is_free(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voicenter_dialling.CLICK_TO_CALL, "_known", {})
    road.rules(choose="free")
    road.switch.behaviours["WalterSIP"] = Behaviour.OFFLINE
    asked = road.ask()
    assert road.row(asked["id"]).agent == "LoisSIP"
    road.settle()


def test_round_robin(road: Road) -> None:
    road.rules(choose="round robin")
    agents = []
    for visitor in ("dana", "noa", "gal"):
        agents.append(road.row(road.ask(visitor)["id"]).agent)
        road.settle()
    assert agents == ["WalterSIP", "LoisSIP", "WalterSIP"]


def test_a_slow_pbx_lets_the_page_go_on(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, road, seconds=2.0)
    monkeypatch.setattr(callback_request, "ANSWER_SECONDS", 0.2)
    road.switch.behaviours["WalterSIP"] = Behaviour.SLOW
    asked = road.ask()
    assert asked["state"] == "dialling"
    road.until(asked["id"], "talked")
    assert road.dialled() == {asked["id"]: 1}


def closed_now() -> dict[str, Any]:
    """Opening hours that begin in some hours."""
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    return {"hours": {f"{tomorrow:%a}".lower(): ["09:00-17:00"]}}


def test_outside_opening_hours_it_is_kept_and_dialled_at_the_opening(road: Road) -> None:
    road.rules(**closed_now())
    assert road.form()["open"] is False
    asked = road.ask()
    assert asked["state"] == "scheduled"
    assert asked["opens"] == road.form()["opens"]
    road.turn()
    assert road.dialled() == {}
    road.rules()
    make_due(road, asked["id"])
    road.until(asked["id"], "talked")
    assert road.dialled() == {asked["id"]: 1}


def make_due(road: Road, request: str) -> None:
    with Session(road.stores.engine) as session:
        session.execute(update(CallbackRow).where(CallbackRow.id == request).values(due_at=datetime.now(UTC)))
        session.commit()


def test_a_holiday_that_was_added_postpones(road: Road) -> None:
    road.rules(**closed_now())
    asked = road.ask()
    make_due(road, asked["id"])
    road.turn()
    row = road.row(asked["id"])
    assert row.state == "scheduled"
    assert row.due_at is not None
    assert row.due_at > datetime.now(UTC) + timedelta(hours=1)
    assert road.dialled() == {}


def test_at_the_opening_agents_are_rung_one_request_each(road: Road) -> None:
    road.rules(**closed_now())
    road.switch.exchange.talk_seconds = 1.0
    asked = [road.ask(visitor, phone=f"054-321-655{n}")["id"] for n, visitor in enumerate(("dana", "noa", "gal"))]
    road.rules()
    for request in asked:
        make_due(road, request)
    road.turn()
    for request in asked[:2]:
        road.until(request, "dialling", "agent answered", "talked")
    assert road.row(asked[2]).state == "scheduled"
    for request in asked:
        road.until(request, "talked", seconds=20)
    assert road.dialled() == dict.fromkeys(asked, 1)


def test_outside_opening_hours_a_campaign_takes_it(road: Road) -> None:
    road.rules(campaign="1234", **closed_now())
    asked = road.ask()
    assert asked["state"] == "scheduled"
    (left,) = road.switch.scheduled
    assert left["CustomData"]["var_leadtracker_request"].endswith(asked["id"])
    row = road.row(asked["id"])
    assert (row.campaign, row.dialled_at) == ("1234", None)
    make_due(road, asked["id"])
    road.turn()
    assert road.dialled() == {}
    with Session(road.stores.engine) as session:
        long_ago = datetime.now(UTC) - timedelta(hours=25)
        session.execute(update(CallbackRow).values(due_at=long_ago))
        session.commit()
    road.turn()
    assert (road.row(asked["id"]).state, road.row(asked["id"]).code) == ("unknown", "not heard of")


def test_the_campaigns_call_is_the_requests(road: Road) -> None:
    road.rules(campaign="1234", **closed_now())
    asked = road.ask()
    road.turn()
    road.switch.run_campaigns(datetime.now(UTC) + timedelta(days=8))
    road.settle()
    row = road.row(asked["id"])
    assert (row.state, row.talk_seconds, row.settled) == ("talked", 42, True)
    assert row.call_pk is not None
    assert road.dialled() == {asked["id"]: 1}


def test_a_campaign_that_does_not_take_it_leaves_it_to_us(road: Road) -> None:
    road.rules(campaign="1234", **closed_now())
    road.switch._dialer = lambda asked: Said(403, b"")  # type: ignore[method-assign] # a PBX that refuses
    asked = road.ask()
    assert asked["state"] == "scheduled"
    row = road.row(asked["id"])
    assert (row.campaign, row.dialled_at) == ("", None)


def test_a_redis_that_lost_everything_keeps_the_ceiling_and_the_course(road: Road) -> None:
    road.rules(ceiling=500)
    asked = road.ask()
    road.stores.live.client.flushall()
    road.settle()
    assert road.row(asked["id"]).state == "talked"
    assert road.ask(id=asked["id"])["state"] == "talked"
    road.rules(ceiling=450 + (road.row(asked["id"]).spent or 0) - 1)
    assert road.ask("noa")["words"] == "often"
    road.rules(ceiling=450 + (road.row(asked["id"]).spent or 0))
    assert road.ask("noa")["state"] == "dialling"
    road.settle()


def test_a_received_request_that_was_left_lying_is_dialled_by_the_worker(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadtracker.callback_dialling.Dialling.begin", lambda *_: None)
    asked = road.ask()
    assert asked["state"] == "received"
    monkeypatch.undo()
    monkeypatch.setattr(callback_sweeps, "LEFT_LYING", timedelta(0))
    road.until(asked["id"], "talked")
    assert road.dialled() == {asked["id"]: 1}


def test_dialling_that_nobody_finished_is_uncertain_and_never_dialled_again(road: Road) -> None:
    asked = road.ask()
    road.settle()
    with Session(road.stores.engine) as session:
        lost = datetime.now(UTC) - callback_sweeps.LOST - timedelta(seconds=1)
        died = update(CallbackRow).values(
            state=State.DIALLING, answered_at=None, dialled_at=lost, call_id="", ended_at=None
        )
        session.execute(died)
        session.commit()
    road.turn()
    assert (road.row(asked["id"]).state, road.row(asked["id"]).code) == ("uncertain", "no answer")
    assert road.ask(id=asked["id"])["state"] == "uncertain"
    road.turn()
    assert road.dialled() == {asked["id"]: 1}


@pytest.mark.parametrize(
    ("behaviour", "state", "code"),
    [(Behaviour.NO_CDR, "talked", ""), (Behaviour.GOES_AWAY, "unknown", "no record")],
)
def test_without_a_cdr_the_call_log_ends_it_or_nobody_knows(
    road: Road, behaviour: Behaviour, state: str, code: str
) -> None:
    road.switch.behaviours["WalterSIP"] = behaviour
    asked = road.ask()
    road.settle()
    assert road.row(asked["id"]).state == "agent answered"
    with Session(road.stores.engine) as session:
        session.execute(update(CallbackRow).values(dialled_at=datetime.now(UTC) - timedelta(minutes=61)))
        session.commit()
    row = road.until(asked["id"], state)
    assert (row.state, row.code) == (state, code)


def test_states_follow_pops_and_cdrs_in_any_order_and_number(road: Road) -> None:
    asked = road.ask()
    road.switch.exchange.wait()
    with Session(road.stores.engine) as session:
        callbacks = session.scalars(select(InboxRow.id).order_by(InboxRow.id)).all()
    assert len(callbacks) >= 4
    for order in (callbacks[::-1], callbacks[2:] + callbacks[:2], [*callbacks, *callbacks]):
        with Session(road.stores.engine) as session:
            session.execute(update(CallbackRow).values(state=State.DIALLING, call_pk=None, spent=None, ended_at=None))
            session.execute(update(InboxRow).values(state="held"))
            session.commit()
        states = []
        for one in order:
            with Session(road.stores.engine) as session:
                session.execute(update(InboxRow).where(InboxRow.id == one).values(state="new"))
                session.commit()
            road.turn()
            states.append(list(State).index(State(road.row(asked["id"]).state)))
        assert states == sorted(states)
        assert (road.row(asked["id"]).state, road.row(asked["id"]).talk_seconds) == ("talked", 42)


def test_a_call_without_variables_is_linked_by_the_pbxs_id(road: Road) -> None:
    asked = road.ask()
    road.switch.exchange.wait()
    with Session(road.stores.engine) as session:
        for one in session.scalars(select(InboxRow)):
            one.body = one.body.replace(b"var_leadtracker_request", b"var_of_somebody_else")
        session.commit()
    road.turn()
    assert road.row(asked["id"]).state == "talked"


@pytest.mark.parametrize("path", ["/callback/%00%00%00%00%00%00%00%00", "/callback-sent/%00", "/callback/x"])
def test_addresses_of_nothing(road: Road, path: str) -> None:
    assert road.client.get(f"{path}?visitor={long('dana')}").status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"id": "short"}, {"id": 5}, {"id": "x" * 65}, {"id": "a b c d e f g"}, {"visitor": ""}, {"visitor": 7},
        {"phone": 972543216549}, {"name": ["Dana"]}, {"form": {"a": 1}}, {"filled_ms": "5000"}, {"filled_ms": True},
    ],
)  # fmt: skip
def test_what_is_no_request(road: Road, more: dict[str, Any]) -> None:
    answer = road.post(road.message() | more)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    assert road.rows() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"text"'])
def test_what_is_no_message(road: Road, body: bytes) -> None:
    answer = road.client.post("/callback", data=body, headers={"Origin": ORIGIN}, content_type="text/plain")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


def test_a_body_that_is_too_long(road: Road) -> None:
    answer = road.post(road.message(note="x" * 20_000))
    assert answer.status_code == 413


def test_long_texts_are_cut_and_nul_left_out(road: Road) -> None:
    asked = road.ask(name="D" * 5000 + "\0", note="\0" + "n" * 900)
    row = road.row(asked["id"])
    assert (row.name, row.note) == ("D" * 100, "n" * 500)
    road.settle()


def test_hang_up(road: Road) -> None:
    road.switch.exchange.talk_seconds = 30.0
    asked = road.ask()
    pk = road.row(asked["id"]).pk
    dialling = road.app.view_functions["dashboard.hang_up"].args[0]  # type: ignore[attr-defined]
    dialling.hang_up(pk)
    road.settle()
    assert [one.fields["action"] for one in road.switch.asked] == ["call", "terminate"]
    assert road.row(asked["id"]).state in ("talked", "failed")


class TestPlainForm:
    def send(self, road: Road, origin: str = ORIGIN, language: str = "en", **fields: str) -> Any:
        form = {"leadtracker_token": "shop-token", "phone": PHONE, "name": "Dana", "website": ""} | fields
        return road.app.test_client().post(
            "/callback", data=form, headers={"Origin": origin, "Accept-Language": language, "User-Agent": "Firefox"}
        )

    def test_without_javascript(self, road: Road) -> None:
        answer = self.send(road)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/callback-sent/")
        page = road.client.get(answer.headers["Location"], headers={"Accept-Language": "he-IL,he;q=0.9"})
        assert (page.status_code, 'dir="rtl"' in page.text, "הטלפון" in page.text) == (200, True, True)
        assert PHONE not in page.text
        again = self.send(road)
        assert again.headers["Location"] == answer.headers["Location"]
        road.settle()
        assert list(road.dialled().values()) == [1]
        assert road.rows()[0].origin == "form"

    def test_stricter_limits_of_an_address(self, road: Road) -> None:
        assert self.send(road).status_code == 303
        refused = self.send(road, phone="052-321-6549", language="he")
        assert (refused.status_code, "מאוחר יותר" in refused.text) == (422, True)

    def test_with_what_the_script_filled_in(self, road: Road) -> None:
        message = road.message()
        fields = {name: str(message[name]) for name in ("id", "visitor", "form", "filled_ms", "token")}
        assert self.send(road, **fields).status_code == 303
        assert self.send(road, **fields).status_code == 303
        road.settle()
        assert road.dialled() == {message["id"]: 1}

    @pytest.mark.parametrize("origin", ["https://evil.example", "null"])
    def test_from_another_site(self, road: Road, origin: str) -> None:
        assert self.send(road, origin=origin).status_code == 422
        assert road.dialled() == {}


class TestApi:
    @pytest.fixture
    def key(self, road: Road) -> str:
        with Session(road.stores.engine) as session:
            site = next(site.id for site in road.stores.directory.sites if site.name == "shop")
            key = api_keys.add(session, site, "crm")
            session.commit()
        return key

    def send(self, road: Road, key: str, request: str = "order-123", **body: str) -> Any:
        return road.client.post(
            "/api/v1/callbacks", json={"phone": PHONE} | body,
            headers={"Authorization": f"Bearer {key}", "Idempotency-Key": request},
        )  # fmt: skip

    def test_asks_once_for_each_key(self, road: Road, key: str) -> None:
        first = self.send(road, key)
        assert (first.status_code, first.get_json()["state"]) == (202, "dialling")
        assert self.send(road, key).status_code == 202
        road.settle()
        headers = {"Authorization": f"Bearer {key}"}
        assert road.client.get("/api/v1/callbacks/order-123", headers=headers).get_json()["state"] == "talked"
        assert road.client.get("/api/v1/callbacks/order-124", headers=headers).status_code == 404
        assert road.dialled() == {"order-123": 1}

    def test_a_page_is_told_nothing_of_it(self, road: Road, key: str) -> None:
        self.send(road, key)
        assert road.client.get("/callback/order-123?visitor=").status_code == 404
        assert road.client.get(f"/callback/order-123?visitor={long('dana')}").status_code == 404

    def test_the_same_guard(self, road: Road, key: str) -> None:
        refused = self.send(road, key, phone="1-900-123456")
        assert (refused.status_code, refused.get_json()["code"]) == (422, "kind")
        assert refused.content_type == "application/problem+json"

    def test_a_key_that_is_none(self, road: Road, key: str) -> None:
        assert self.send(road, key + "x").status_code == 403
        assert self.send(road, "").status_code == 403
        assert self.send(road, key, request="").status_code == 400
        with Session(road.stores.engine) as session:
            assert api_keys.remove(session, 1, "crm") == 1
            session.commit()
        assert self.send(road, key).status_code == 403
