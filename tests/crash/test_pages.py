"""The pages' own process: the way to it, its death, and who is taken to have asked."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import requests
from sqlalchemy import Engine

from leadtracker.demo.browser import Browser, direct_session
from leadtracker.records.users import add_user
from tests.patience import PATIENCE
from tests.served import Served, serving

SITES = """
[site.shop]
tokens = ["shop-token"]
origins = ["https://shop.example.com"]
dids = ["+97233730123"]
"""


def login(served: Served, password: str, address: str = "") -> tuple[int, str]:
    """Status of the answer, and of the page that follows a right password."""
    with direct_session() as http:
        http.headers["Sec-Fetch-Site"] = "same-origin"
        if address:
            http.headers["X-Forwarded-For"] = address
        answer = http.post(
            f"{served.url}/login", data={"name": "dana", "password": password}, timeout=PATIENCE
        )
        return answer.status_code, answer.text


def ready(served: Served) -> bool:
    with direct_session() as http, contextlib.suppress(requests.ConnectionError):
        return http.get(f"{served.url}/login", timeout=PATIENCE).status_code == 200
    return False


def with_user(engine: Engine) -> None:
    add_user(engine, "dana", "a password of some length")


def test_a_path_in_any_script_and_no_header_that_makes_one(tmp_path: Path) -> None:
    path = "/%D7%9E%D7%A2%D7%A7%D7%91"
    with serving(tmp_path, SITES, public_url=f"https://example.com{path}") as (served, engine):
        with_user(engine)
        served.until(lambda: "pages" in served.parts() and ready(served))
        with direct_session() as http:
            for sent in ({}, {"SCRIPT_NAME": "/x"}, {"PATH_INFO": "/x"}):
                for there in ("/calls", f"{path}/calls"):
                    answer = http.get(
                        f"{served.url}{there}",
                        headers=sent,
                        timeout=PATIENCE,
                        allow_redirects=False,
                    )
                    assert answer.status_code == 302, answer.text
                    assert answer.headers["Location"].startswith(f"{path}/login?")


def test_pages_die_and_come_back_and_number_requests_do_not_wait(tmp_path: Path) -> None:
    with serving(tmp_path, SITES) as (served, engine), direct_session() as http:
        with_user(engine)
        served.until(lambda: "pages" in served.parts() and ready(served))
        status, page = login(served, "a password of some length")
        assert status == 200
        assert "Calls" in page
        visitor = Browser(f"{served.url}/tracker.js", "shop-token", http)
        served.process.send_signal(signal.SIGSTOP)  # nobody starts them again for now
        served.kill("pages")
        answer = http.get(f"{served.url}/login", timeout=PATIENCE)
        assert answer.status_code == 503
        assert "pages does not answer" in answer.text
        assert visitor.arrive("https://shop.example.com/").leased
        served.process.send_signal(signal.SIGCONT)
        served.until(lambda: ready(served))


def test_a_made_up_address_does_not_make_a_guess_another_ones(tmp_path: Path) -> None:
    with serving(tmp_path, SITES) as (served, engine):
        with_user(engine)
        served.until(lambda: ready(served))
        statuses = [login(served, "wrong", f"203.0.113.{number}")[0] for number in range(12)]
        assert statuses[0] == 401
        assert statuses[-1] == 429
