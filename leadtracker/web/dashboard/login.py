"""Logging in and out: a password, a signed session cookie, and limits on guesses."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from flask import (
    Blueprint,
    Flask,
    Request,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug import Response

from leadtracker.live.login_limits import LoginLimits
from leadtracker.records.users import User, end_login, user_by_login, user_by_password
from leadtracker.web import waiting
from leadtracker.web.dashboard import own_process
from leadtracker.web.dashboard.browser_requests import refuse_nul, refuse_other_origins
from leadtracker.web.page_headers import protect
from leadtracker.web.stores import stores

LOGIN_DAYS = 14
LONGEST_NAME = 100
BROWSER, BROWSER_DAYS = "leadtracker_browser", 365  # a cookie, renewed with each login

blueprint = Blueprint("login", __name__)
blueprint.before_request(waiting.take_place)
own_process.pass_on_requests(blueprint)
blueprint.before_request(refuse_other_origins)
blueprint.before_request(refuse_nul)
blueprint.after_request(protect)


class PeoplesSessions(SecureCookieSessionInterface):
    """Sessions are for pages: scripts and PBXs have none, and do not wait for one to be opened."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.endswith(".js") or request.path.startswith("/pbx/"):
            return None
        return super().open_session(app, request)

    def get_cookie_path(self, app: Flask) -> str:
        return request.root_path or "/"


def register(app: Flask) -> None:
    settings = app.extensions["leadtracker"].settings
    app.session_interface = PeoplesSessions()
    app.config.update(
        SESSION_COOKIE_NAME="leadtracker",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(days=LOGIN_DAYS),
    )
    app.register_blueprint(blueprint)


@blueprint.get("/login")
def form() -> ResponseReturnValue:
    return render_template(
        "login.html", next=_inside(request.args.get("next", "")), name="", wrong=False
    )


@blueprint.post("/login")
def enter() -> ResponseReturnValue:
    name = request.form.get("name", "").strip()[:LONGEST_NAME]
    limits, browser = LoginLimits(stores().live), _known_browser(name)
    limits.count_guess(name, request.remote_addr, browser)
    user = user_by_password(stores().engine, name, request.form.get("password", ""))
    following = _inside(request.form.get("next", ""))
    if user is None:
        return render_template("login.html", next=following, name=name, wrong=True), 401
    limits.forget_guesses(name, request.remote_addr, browser)
    session.clear()
    session.permanent = True
    session["user"], session["epoch"] = user.id, user.epoch
    session["login"] = secrets.token_urlsafe(16)
    return _remembered(redirect(following), name, browser)


def _known_browser(name: str) -> str:
    """The id of this browser, when this name has logged in here before; else ''."""
    try:
        known = _browsers().loads(request.cookies.get(BROWSER, ""))
    except BadSignature:
        return ""
    if known.get("name") != name.casefold():
        return ""
    return str(known["id"])


def _remembered(answer: Response, name: str, browser: str) -> Response:
    known = {"name": name.casefold(), "id": browser or secrets.token_urlsafe(16)}
    answer.set_cookie(
        BROWSER,
        _browsers().dumps(known),
        max_age=BROWSER_DAYS * 86400,
        path=url_for("login.form"),
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return answer


def _browsers() -> URLSafeSerializer:
    return URLSafeSerializer(stores().settings.key, "known browser")


@blueprint.post("/logout")
def leave() -> ResponseReturnValue:
    """A copy of the cookie is worth nothing afterwards."""
    user = _user()
    if user is not None:
        until = datetime.now(UTC) + timedelta(days=LOGIN_DAYS)
        end_login(stores().engine, user, session.get("login"), until)
    session.clear()
    return redirect(url_for("login.form"))


def login_required() -> ResponseReturnValue | None:
    """Before a request of a page: find its user, or lead to the login form and back."""
    user = _user()
    if user is None:
        session.clear()
        there = None
        if request.method == "GET":
            there = request.root_path + request.full_path.rstrip("?")
        return redirect(url_for("login.form", next=there))
    g.user = user
    return None


def _user() -> User | None:
    user_id = session.get("user")
    if not isinstance(user_id, int):
        return None
    user = user_by_login(stores().engine, user_id, session.get("login"))
    if user is None or user.epoch != session.get("epoch"):
        return None
    return user


def _inside(target: str) -> str:
    """A path of this server; the calls page for what a browser might take for another server."""
    if target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable():
        return target
    return url_for("dashboard.calls")
