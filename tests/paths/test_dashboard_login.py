"""Who may come in: passwords, guesses, forged forms, and logins that end."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadtracker.errors import BadRequest, NotFound
from leadtracker.live import login_limits
from leadtracker.records.tables import EndedLoginRow, UserRow
from leadtracker.records.users import (
    add_user,
    change_password,
    ensure_first_user,
    forget_ended_logins,
    user_by_password,
)
from leadtracker.running.worker import Worker
from leadtracker.web.stores import Stores
from tests.dashboard_rows import OURS, PASSWORD


def log_in(client: FlaskClient, password: str = PASSWORD, name: str = "admin", **more: str) -> int:
    return client.post(
        "/login", data={"name": name, "password": password} | more, headers=OURS
    ).status_code


def test_every_page_is_behind_the_login(app: Flask) -> None:
    client = app.test_client()
    rules = [
        rule for rule in app.url_map.iter_rules() if str(rule.endpoint).startswith("dashboard.")
    ]
    assert len(rules) == 20
    for rule in rules:
        path = re.sub("<[^>]+>", "1", rule.rule)
        if "GET" in (rule.methods or ()):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["Location"]) == (
                302,
                f"/login?next={path}",
            ), path
        else:
            answer = client.post(path, headers=OURS)
            assert (answer.status_code, answer.headers["Location"]) == (302, "/login"), path


def test_the_way_goes_on_after_the_login(visitor: FlaskClient) -> None:
    form = visitor.get("/calls?period=7days").headers["Location"]
    assert form == "/login?next=/calls?period%3D7days"
    assert 'value="/calls?period=7days"' in visitor.get(form).text
    answer = visitor.post(
        "/login", data={"name": "admin", "password": PASSWORD, "next": "/pool"}, headers=OURS
    )
    assert answer.headers["Location"] == "/pool"
    assert visitor.get("/pool").status_code == 200


def test_the_login_never_leads_elsewhere(visitor: FlaskClient) -> None:
    targets = (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "",
        "javascript:alert(1)",
        "calls",
        "/\n/evil.example",
        "/\u202e/evil.example",
    )
    for target in targets:
        answer = visitor.post(
            "/login", data={"name": "admin", "password": PASSWORD, "next": target}, headers=OURS
        )
        assert (answer.status_code, answer.headers["Location"]) == (302, "/calls"), target


def test_a_wrong_password_says_no_more_than_that(visitor: FlaskClient) -> None:
    wrong = (
        ("admin", "wrong horse"),
        ("nobody", PASSWORD),
        ("", ""),
        ("admin", ""),
        ("admin' --", PASSWORD),
        ("admin", PASSWORD + "\x01"),
        ("admin", "x" * 100_000),
    )
    for name, password in wrong:
        answer = visitor.post("/login", data={"name": name, "password": password}, headers=OURS)
        assert answer.status_code == 401, (name, password)
        assert "Wrong name or password" in answer.text
    assert visitor.get("/calls").status_code == 302


@pytest.mark.parametrize(
    ("public_url", "secure"), [("https://calls.example.com", True), ("http://10.0.0.5:8080", False)]
)
def test_the_cookie_is_kept_from_scripts_and_other_sites(
    app_with: Callable[..., Flask], engine: Engine, public_url: str, secure: bool
) -> None:
    add_user(engine, "admin", PASSWORD)
    client = app_with(public_url=public_url).test_client()
    answer = client.post("/login", data={"name": "admin", "password": PASSWORD}, headers=OURS)
    cookies = answer.headers.getlist("Set-Cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == [
        "leadtracker",
        "leadtracker_browser",
    ]
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) is secure


def test_a_nul_is_refused(visitor: FlaskClient) -> None:
    for field in ("name", "password", "next"):
        answer = visitor.post(
            "/login", data={"name": "a", "password": "a"} | {field: "a\0"}, headers=OURS
        )
        assert answer.status_code == 400, field


def test_logging_out(dashboard: FlaskClient) -> None:
    assert dashboard.get("/calls").status_code == 200
    assert dashboard.get("/logout").status_code == 405
    assert dashboard.post("/logout", headers=OURS).headers["Location"] == "/login"
    assert dashboard.get("/calls").status_code == 302


def test_a_copy_of_the_cookie_is_worth_nothing_after_log_out(
    app: Flask, dashboard: FlaskClient, worker: Worker, engine: Engine
) -> None:
    cookie = dashboard.get_cookie("leadtracker")
    assert cookie is not None
    other = app.test_client()
    assert log_in(other) == 302
    dashboard.post("/logout", headers=OURS)
    thief = app.test_client()
    thief.set_cookie("leadtracker", cookie.value)
    assert thief.get("/calls").status_code == 302
    assert other.get("/calls").status_code == 200
    worker._clean()
    assert thief.get("/calls").status_code == 302
    with Session(engine) as session:
        forget_ended_logins(session, datetime.now(UTC) + timedelta(days=15))
        assert session.scalars(select(EndedLoginRow)).all() == []


def test_a_login_of_an_older_version_ends_with_all_of_its_user(
    app: Flask, dashboard: FlaskClient
) -> None:
    with dashboard.session_transaction() as session:
        del session["login"]
    cookie = dashboard.get_cookie("leadtracker")
    assert cookie is not None
    assert dashboard.get("/calls").status_code == 200
    dashboard.post("/logout", headers=OURS)
    thief = app.test_client()
    thief.set_cookie("leadtracker", cookie.value)
    assert thief.get("/calls").status_code == 302


def test_a_new_password_ends_older_logins(dashboard: FlaskClient, engine: Engine) -> None:
    assert dashboard.get("/calls").status_code == 200
    change_password(engine, "admin", "another long password")
    assert dashboard.get("/calls").status_code == 302
    assert log_in(dashboard) == 401
    assert log_in(dashboard, "another long password") == 302
    assert dashboard.get("/calls").status_code == 200


def test_a_deleted_login_ends_too(dashboard: FlaskClient, engine: Engine) -> None:
    with Session(engine) as session:
        session.delete(session.scalars(select(UserRow)).one())
        session.commit()
    assert dashboard.get("/calls").status_code == 302


def test_a_cookie_that_we_did_not_sign_is_worth_nothing(app: Flask, visitor: FlaskClient) -> None:
    forged = Flask("forged")
    forged.secret_key = "another key"
    serializer = SecureCookieSessionInterface().get_signing_serializer(forged)
    assert serializer is not None
    visitor.set_cookie("leadtracker", serializer.dumps({"user": 1, "epoch": 1}))
    assert visitor.get("/calls").status_code == 302


SENDERS: tuple[tuple[dict[str, str], bool], ...] = (
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
    ({"Origin": "http://localhost"}, True),
    ({"Origin": "https://localhost"}, True),  # TLS ends at a proxy
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "https://localhost.evil.example"}, False),
    ({"Origin": "null"}, False),
    ({}, False),
)


@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_forms_of_other_sites_are_refused(dashboard: FlaskClient, path: str) -> None:
    for headers, allowed in SENDERS:
        answer = dashboard.post(path, data={"name": "admin", "password": PASSWORD}, headers=headers)
        assert answer.status_code == (302 if allowed else 403), headers
        if not allowed:
            assert "not sent by a page of Leadtracker" in answer.text
        if path == "/logout":
            assert dashboard.get("/calls").status_code == (302 if allowed else 200), headers
            log_in(dashboard)


class TestGuesses:
    def test_a_name_has_ten_in_ten_minutes_from_one_network(self, visitor: FlaskClient) -> None:
        assert [log_in(visitor, "wrong") for _ in range(12)] == [401] * 10 + [429] * 2
        assert log_in(visitor) == 429
        elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
        data = {"name": "admin", "password": PASSWORD}
        assert (
            visitor.post("/login", data=data, headers=OURS, environ_overrides=elsewhere).status_code
            == 302
        )

    def test_a_name_that_many_guess_is_slowed_and_never_locked(
        self, app: Flask, visitor: FlaskClient
    ) -> None:
        def guess(
            number: int, name: str, password: str = "x", client: FlaskClient = visitor
        ) -> int:
            return client.post(
                "/login",
                data={"name": name, "password": password},
                headers=OURS,
                environ_overrides={"REMOTE_ADDR": f"2001:db8:0:{number:x}::1"},
            ).status_code

        owner = app.test_client()
        assert guess(900, "admin", PASSWORD, owner) == 302
        answers = [guess(number, "Admin" if number % 2 else "admin") for number in range(52)]
        assert answers == [401] * 52
        assert [guess(99, "admin") for _ in range(4)] == [401] * 2 + [429] * 2
        assert [guess(99, "another") for _ in range(4)] == [401] * 4
        assert guess(100, "admin", PASSWORD) == 302  # from where nobody has guessed
        assert [guess(99, "admin", "x", owner) for _ in range(9)] == [401] * 9
        assert guess(99, "admin", PASSWORD, owner) == 302  # in the browser where they had been
        assert [guess(99, "another", "x", owner) for _ in range(7)][-1] == 429

    def test_a_browser_is_not_known_by_a_cookie_of_others(self, visitor: FlaskClient) -> None:
        assert log_in(visitor) == 302
        cookie = visitor.get_cookie("leadtracker_browser", path="/login")
        assert cookie is not None
        visitor.set_cookie("leadtracker_browser", cookie.value[:-2] + "xx", path="/login")
        assert [log_in(visitor, "wrong") for _ in range(12)] == [401] * 10 + [429] * 2

    def test_an_ipv6_household_has_fifty_of_all_names(self, visitor: FlaskClient) -> None:
        answers = [
            visitor.post(
                "/login",
                data={"name": f"n{number}", "password": "x"},
                headers=OURS,
                environ_overrides={"REMOTE_ADDR": f"2001:db8::{number:x}"},
            ).status_code
            for number in range(52)
        ]
        assert answers == [401] * 50 + [429] * 2

    def test_the_right_password_forgets_the_wrong_ones(self, visitor: FlaskClient) -> None:
        for _ in range(3):
            assert [log_in(visitor, "wrong") for _ in range(8)] == [401] * 8
            assert log_in(visitor) == 302

    def test_guesses_sent_at_once_are_counted(self, app: Flask, visitor: FlaskClient) -> None:
        with ThreadPoolExecutor(12) as threads:
            answers = sorted(threads.map(lambda _: log_in(app.test_client(), "wrong"), range(24)))
        assert answers == [401] * 10 + [429] * 14

    def test_without_redis_each_process_counts(
        self, visitor: FlaskClient, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(login_limits, "_this_process", FixedWindowRateLimiter(MemoryStorage()))
        monkeypatch.setattr(stores.live, "_url", "unix:///nowhere.sock")
        monkeypatch.setattr(stores.live, "_local", type("Local", (), {})())
        assert [log_in(visitor, "wrong") for _ in range(9)] == [401] * 9
        assert log_in(visitor) == 302
        assert [log_in(visitor, "wrong") for _ in range(11)] == [401] * 10 + [429]

    def test_no_name_is_as_slow_as_a_wrong_password(
        self, visitor: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed: list[str] = []

        def refuse(kept: str, _: str) -> bool:
            hashed.append(kept)
            return False

        monkeypatch.setattr("leadtracker.records.users.check_password_hash", refuse)
        assert user_by_password(engine, "admin", "x") is None
        assert user_by_password(engine, "nobody", "x") is None
        assert len(hashed) == 2
        assert {kept.split("$")[0] for kept in hashed} == {"scrypt:1024:8:1"}


class TestUsers:
    def test_the_first_one_is_made_once(self, engine: Engine) -> None:
        made = ensure_first_user(engine)
        assert made is not None
        name, password = made
        assert name == "admin"
        assert len(password) == 20
        assert password.count("-") == 2
        assert user_by_password(engine, name, password) is not None
        assert ensure_first_user(engine) is None

    def test_passwords_are_kept_as_scrypt(self, engine: Engine) -> None:
        add_user(engine, "dana", PASSWORD)
        with Session(engine) as session:
            assert (
                session.scalars(select(UserRow.password_hash)).one().startswith("scrypt:32768:8:1$")
            )

    def test_many_processes_make_one(self, engine: Engine) -> None:
        with ThreadPoolExecutor(8) as threads:
            made = list(threads.map(lambda _: ensure_first_user(engine), range(8)))
        assert sum(one is not None for one in made) == 1

    def test_passwords_differ(self, engine: Engine) -> None:
        from leadtracker.records.users import readable_password

        assert len({readable_password() for _ in range(100)}) == 100

    @pytest.mark.parametrize("password", ["", "short", "x" * 257])
    def test_a_bad_password_changes_nothing(self, engine: Engine, password: str) -> None:
        add_user(engine, "dana", PASSWORD)
        with pytest.raises(BadRequest):
            change_password(engine, "dana", password)
        with pytest.raises(BadRequest):
            add_user(engine, "other", password)
        assert user_by_password(engine, "dana", PASSWORD) is not None

    def test_names_are_unique_and_known(self, engine: Engine) -> None:
        add_user(engine, "דנה", PASSWORD)
        with pytest.raises(BadRequest):
            add_user(engine, "דנה", PASSWORD)
        with pytest.raises(NotFound):
            change_password(engine, "nobody", PASSWORD)
        assert user_by_password(engine, "דנה", PASSWORD) is not None
