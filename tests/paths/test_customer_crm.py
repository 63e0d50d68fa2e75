"""A customer's own CRM beside our screen pop: merged when it answers,
left out when it is late, wrong or gone."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from leadtracker import outgoing
from leadtracker.site_file import save_account
from leadtracker.web.stores import Stores
from tests.patience import PATIENCE, until

POP = (
    "/pbx/pbx/secret-of-the-pbx-account/screen-pop"
    "?phone=0501234567&ivrid=c1&extenUser=S&did=0722776772&status=Ringing"
)
OURS = {
    "STATUS": "OK",
    "CLIENTNAME": "",
    "COMPANY": "",
    "TOTAL": 0,
    "URL": "https://calls.example.com/callers/+972501234567",
}


class Crm(BaseHTTPRequestHandler):
    """It answers once `gate` is open, and is waited for so many `seconds`."""

    answer: Any = b""
    status = 200
    seconds = PATIENCE
    gate: threading.Event
    asked: list[tuple[str, str, bytes]]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        type(self).asked.append((self.command, self.path, body))
        self.gate.wait(PATIENCE)
        content = (
            self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        )
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def crm(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Crm]]:
    class CrmOfThisTest(Crm):
        gate = threading.Event()
        asked: list[tuple[str, str, bytes]] = []  # noqa: RUF012 # of this test's class

    kind = CrmOfThisTest
    kind.gate.set()
    ask = outgoing.Crm.ask

    def ask_so_long(self: outgoing.Crm, *question: Any) -> Any:
        self._seconds = kind.seconds
        return ask(self, *question)

    monkeypatch.setattr(outgoing.Crm, "ask", ask_so_long)
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    _set_crm(stores, f"http://127.0.0.1:{server.server_address[1]}/pop?user=7")
    yield kind
    kind.gate.set()
    server.shutdown()
    thread.join()
    server.server_close()


def _set_crm(stores: Stores, url: str) -> None:
    with Session(stores.engine) as session:
        save_account(session, "pbx", {"crm_url": url})
        session.commit()
    stores.directory._next_check = 0
    stores.directory.refresh()


def test_its_answer_is_merged_and_it_is_asked_as_we_were(app: Flask, crm: type[Crm]) -> None:
    crm.answer = {
        "STATUS": "OK",
        "CLIENTNAME": "Clark Kent",
        "URL": "https://crm.example.com/7",
        "TOTAL": 2,
    }
    answer = app.test_client().get(POP).get_json()
    assert answer == OURS | {
        "CLIENTNAME": "Clark Kent",
        "URL": "https://crm.example.com/7",
        "TOTAL": 2,
    }
    query = POP.partition("?")[2]
    assert crm.asked == [("GET", f"/pop?user=7&{query}", b"")]


def test_a_name_that_it_gives_is_plain_text_and_an_address_stays_whole(
    app: Flask, crm: type[Crm]
) -> None:
    said = {"CLIENTNAME": "\u202e<b>Lois</b>\x1b\n Lane", "COMPANY": "x" * 5000, "TOTAL": 2}
    address = "https://crm.example.com/" + "7" * 400
    crm.answer = {"STATUS": "OK", "URL": f"{address}\u202e"} | said
    answer = app.test_client().get(POP).get_json()
    assert (answer["CLIENTNAME"], answer["TOTAL"]) == ("Lois Lane", 2)
    assert (answer["COMPANY"], answer["URL"]) == ("x" * 200, address)


def test_json_is_passed_on_byte_for_byte(app: Flask, crm: type[Crm]) -> None:
    crm.answer = {"STATUS": "OK", "CLIENTNAME": "Lois"}
    body = b'{"phone": "972501234567",  "ivrid": "c1", "did": "0722776772", "status": "Ringing"}'
    path = POP.partition("?")[0]
    answer = app.test_client().post(path, data=body, content_type="application/json").get_json()
    assert answer["CLIENTNAME"] == "Lois"
    assert crm.asked == [("POST", "/pop?user=7", body)]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"STATUS": "ERROR", "CLIENTNAME": "wrong"}, 200),
        ({"CLIENTNAME": "wrong"}, 500),
        (b"<html>not json</html>", 200),
        (b"[1]", 200),
        (b"x" * 200_000, 200),
    ],
)
def test_a_wrong_answer_is_left_out(app: Flask, crm: type[Crm], answer: Any, status: int) -> None:
    crm.answer, crm.status = answer, status
    assert app.test_client().get(POP).get_json() == OURS


def test_a_late_answer_is_not_waited_for(app: Flask, crm: type[Crm]) -> None:
    crm.answer, crm.seconds = {"STATUS": "OK", "CLIENTNAME": "late"}, 0.2
    crm.gate.clear()
    assert app.test_client().get(POP).get_json() == OURS


def test_a_crm_that_is_gone(app: Flask, stores: Stores) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    _set_crm(stores, f"http://127.0.0.1:{port}/pop")
    assert app.test_client().get(POP).get_json() == OURS


def test_a_crm_that_hangs_takes_no_more_than_its_places(app: Flask, crm: type[Crm]) -> None:
    """16 threads have 4 places: the other 12 screen pops of 16 are answered while those hang."""
    crm.gate.clear()
    answers: list[Any] = []

    def ring(number: int) -> None:
        answers.append(app.test_client().get(POP.replace("c1", f"c{number}")).get_json())

    threads = [threading.Thread(target=ring, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    until(
        lambda: (len(answers), len(crm.asked)) == (12, 4),
        lambda: f"{len(answers)} answers, {crm.asked}",
    )
    crm.gate.set()
    for thread in threads:
        thread.join()
    assert answers == [OURS] * 16


def test_preflight_of_the_browser_extension(app: Flask) -> None:
    extension = "chrome-extension://ifiaikfdhcagbagdeflffjdammidpbio"
    asked = {
        "Origin": extension,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    client = app.test_client()
    path = POP.partition("?")[0]
    allowed = client.options(path, headers=asked)
    assert allowed.status_code in (200, 204)
    assert allowed.headers["Access-Control-Allow-Origin"] == extension
    assert {"GET", "POST"} <= set(
        allowed.headers["Access-Control-Allow-Methods"].replace(" ", "").split(",")
    )
    assert allowed.headers["Access-Control-Allow-Headers"].lower() == "content-type"
    assert (
        client.get(POP, headers={"Origin": extension}).headers["Access-Control-Allow-Origin"]
        == extension
    )
    stranger = client.options(path, headers=asked | {"Origin": "https://evil.example.com"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


@pytest.mark.parametrize(
    ("allowed", "status"), [(["127.0.0.0/8"], 200), (["192.0.2.7", "2001:db8::/32"], 403)]
)
def test_the_list_of_addresses(app: Flask, stores: Stores, allowed: list[str], status: int) -> None:
    with Session(stores.engine) as session:
        save_account(session, "pbx", {"allowed_addresses": allowed})
        session.commit()
    stores.directory._next_check = 0
    stores.directory.refresh()
    assert app.test_client().get(POP).status_code == status
