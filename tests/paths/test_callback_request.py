"""The third road end to end: form token, request, two legs, CDRs, money; on both databases,
by a simulated switch."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadtracker.callback import request as callback_request
from leadtracker.live.callback_guard import CallbackGuard
from leadtracker.live.callback_refusals import Refusals
from leadtracker.records.callback_tables import CallbackRow
from leadtracker.records.tables import CallRow
from tests.callback_road import ORIGIN, PHONE, TARGET, Road, long
from tests.paths.test_main_road import number


def test_asked_dialed_talked_and_paid(road: Road, dashboard: FlaskClient) -> None:
    number(road.client, "dana")
    asked = road.message()
    answer = road.post(asked)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.get_json() == {"id": asked["id"], "state": "dialling", "words": "", "opens": None}

    road.settle()
    row = road.row(asked["id"])
    assert (row.state, row.code, row.talk_seconds) == ("talked", "", 42)
    assert (row.target, row.agent, row.name, row.note) == (
        TARGET,
        "WalterSIP",
        "Dana Cohen דנה",
        "a kitchen",
    )
    assert road.dialed() == {asked["id"]: 1}
    (dial,) = [one for one in road.switch.asked if one.path.endswith("click2call.aspx")]
    assert dial.fields["var_leadtracker_visitor"] == long("dana")
    assert dial.fields["target"] == TARGET.lstrip("+")
    with Session(road.stores.engine) as session:
        call = session.scalars(select(CallRow)).one()
        assert (row.call_pk, row.call_id) == (call.id, call.call_id)
        assert (call.visitor_id, call.site_id) == (long("dana"), row.site_id)
        assert call.touchpoint is not None
        assert call.touchpoint.campaign == "spring"
    page = dashboard.get(f"/calls/{row.call_pk}").text
    for words in ("Who was called back", "Visit before the request", "Called back", "a kitchen"):
        assert words in page, words
    with Session(road.stores.engine) as session:
        assert row.spent is not None
        assert row.spent >= (call.price or 0) > 0
    assert row.settled
    guard = CallbackGuard(road.stores.live)
    assert guard.money("pbx", row.site_id, row.day) == (0, row.spent)
    assert road.stands(asked["id"]).get_json()["state"] == "talked"


def test_the_agents_screen_says_who_asked(road: Road, dashboard: FlaskClient) -> None:
    asked = road.ask(note="a blue kitchen")
    program = road.ask(name="Noa")
    with Session(road.stores.engine) as session:
        session.execute(
            update(CallbackRow)
            .where(CallbackRow.id == program["id"])
            .values(origin="api", visitor="")
        )
        session.commit()

    def rings(request: str, secret: str = "secret-of-the-pbx-account") -> dict[str, Any]:
        pop = {
            "phone": TARGET.lstrip("+"),
            "ivrid": "the-call",
            "direction": "Click2Call",
            "status": "Talking",
            "currentCall": {"customdata": {"leadtracker_request": request}, "answered": 0},
        }
        said: dict[str, Any] = road.client.post(
            f"/pbx/pbx/{secret}/screen-pop", json=pop
        ).get_json()
        return said

    said = rings(f"1-{asked['id']}")
    assert (said["CLIENTNAME"], said["TOTAL"]) == ("Dana Cohen דנה", 1)
    assert said["URL"] == f"https://calls.example.com/visitors/{long('dana')}"
    card = dashboard.get(f"/visitors/{long('dana')}").text
    for words in (
        '<h1 dir="auto">Dana Cohen דנה</h1>',
        "054-321-6549",
        "Asked to be called back",
        "a blue kitchen",
    ):
        assert words in card, words
    said = rings(f"1-{program['id']}")
    assert (said["CLIENTNAME"], said["URL"]) == (
        "Noa",
        f"https://calls.example.com/callers/{TARGET}",
    )
    assert "Asked to be called back" in dashboard.get(f"/callers/{TARGET}").text
    for nothing in ("1-of-nobody", f"2-{asked['id']}", asked["id"], "x"):
        assert rings(nothing)["CLIENTNAME"] == ""
    road.settle()


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
    assert (told["open"], told["opens"], told["countries"], told["country"]) == (
        True,
        None,
        ["IL", "CY"],
        "IL",
    )


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
    assert road.dialed() == {asked["id"]: 1}
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
    assert road.dialed() == {first["id"]: 1}


def test_an_id_of_another_visitor_tells_nothing(road: Road) -> None:
    asked = road.ask()
    other = road.post(road.message("noa", id=asked["id"]))
    assert (other.status_code, other.get_json()["words"]) == (422, "again")
    assert road.stands(asked["id"], "noa").status_code in (404, 200)
    assert road.stands(asked["id"], "noa").get_json().get("state") != "dialling"
    road.settle()
    assert sum(road.dialed().values()) == 1


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
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["words"]) == (
        422,
        "refused",
        words,
    )
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    (row,) = road.rows()
    assert (row.state, row.code) == ("refused", code)
    assert refusals(road) == {code: 1}
    assert road.dialed() == {}


def test_another_sites_page_is_refused_and_counted(road: Road) -> None:
    answer = road.post(road.message(), origin="https://evil.example")
    assert (answer.status_code, answer.get_json()["words"]) == (422, "again")
    assert answer.headers["Access-Control-Allow-Origin"] == "*", "a page may read a refusal"
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


SPELLED = [
    "054-321-6549",
    "0543216549",
    "+972 54 321 6549",
    "+972-(0)54-3216549",
    "00972543216549",
    "972543216549",
    "tel:+972-54-321-6549",
    "tel:0543216549;phone-context=+972",
    "٠٥٤٣٢١٦٥٤٩",
    "０５４３２１６５４９",
    " 0 5 4 3 2 1 6 5 4 9 ",
    "0543216549;ext=1",
    "0543216549 ext. 77",
    "0543216549,,9",
    "054\u00a0321\u20116549",
    "\u200f054-321-6549",
    "+9720543216549",
    "013972543216549",
    "0543216549#",
    "0054-321-6549",
]


def test_one_number_in_every_spelling_rings_once(road: Road) -> None:
    """From an address and a visitor of its own each time; what is not understood is refused,
    never dialed."""
    road.rules(per_number={"minute": 1, "hour": 1, "day": 1})
    words: Counter[str] = Counter()
    for n, phone in enumerate(SPELLED):
        answer = road.post(
            road.message(f"visitor{n}", phone=phone), environ_base={"REMOTE_ADDR": f"192.0.2.{n}"}
        )
        words[answer.get_json()["words"]] += 1
    road.settle()
    assert list(road.dialed().values()) == [1]
    assert words[""] == 1
    assert words["often"] >= 10
    assert {row.target for row in road.rows() if row.state != "refused"} == {TARGET}


def test_a_refused_request_may_be_sent_again_under_its_id(road: Road) -> None:
    asked = road.message(phone="nothing")
    assert road.post(asked).get_json()["words"] == "number"
    assert road.post(asked | {"phone": PHONE}).get_json()["state"] == "dialling"
    road.settle()
    assert road.dialed() == {asked["id"]: 1}


def test_a_flood_is_counted_and_writes_little(road: Road) -> None:
    message = road.message(form="forged")
    for _ in range(callback_request.MOST_WRITTEN + 40):
        assert road.post(message).status_code == 422
    assert len(road.rows()) == callback_request.MOST_WRITTEN
    assert refusals(road) == {"token": callback_request.MOST_WRITTEN + 40}


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


def test_money_of_a_request_that_was_never_written_is_free_again(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died between letting it pass and writing it down: nobody is called."""
    monkeypatch.setattr("leadtracker.records.callbacks.add", lambda *_: 1 / 0)
    assert road.post(road.message()).status_code == 500
    monkeypatch.undo()
    asked = road.ask("noa")
    guard, row = CallbackGuard(road.stores.live), road.row(asked["id"])
    sweeps = road.worker._callbacks
    assert guard.money("pbx", row.site_id, row.day)[0] == 2 * row.reserved
    for left in (2, 1, 1):
        sweeps._release(datetime.now(UTC))
        assert guard.money("pbx", row.site_id, row.day)[0] == left * row.reserved
    road.settle()
    assert guard.money("pbx", row.site_id, row.day) == (0, road.row(asked["id"]).spent)
    assert list(road.dialed().values()) == [1]
