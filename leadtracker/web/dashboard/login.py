"""Logging in and out: a password, a signed session cookie, and a limit on guesses."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from flask import Blueprint, Flask, Request, g, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from leadtracker.errors import QuotaSpent
from leadtracker.records.users import User, user_by_id, user_by_password
from leadtracker.web.dashboard import own_process
from leadtracker.web.dashboard.browser_requests import refuse_nul, refuse_other_origins
from leadtracker.web.page_headers import protect
from leadtracker.web.stores import stores

LOGIN_DAYS = 14
PER_ADDRESS = RateLimitItemPerMinute(10, 10)  # 10 in 10 minutes
PER_NAME = RateLimitItemPerHour(50)
LONGEST_NAME = 100

blueprint = Blueprint("login", __name__)
own_process.give_way(blueprint)
blueprint.before_request(refuse_other_origins)
blueprint.before_request(refuse_nul)
blueprint.after_request(protect)
_this_process = FixedWindowRateLimiter(MemoryStorage())


class PeoplesSessions(SecureCookieSessionInterface):
    """Sessions are for pages: scripts and PBXs have none, and do not wait for one to be opened."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.endswith(".js") or request.path.startswith("/pbx/"):
            return None
        return super().open_session(app, request)


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
    _count_guess(name)
    user = user_by_password(stores().engine, name, request.form.get("password", ""))
    following = _inside(request.form.get("next", ""))
    if user is None:
        return render_template("login.html", next=following, name=name, wrong=True), 401
    _forget_guesses(name)
    session.clear()
    session.permanent = True
    session["user"], session["epoch"] = user.id, user.epoch
    return redirect(following)


@blueprint.post("/logout")
def leave() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("login.form"))


def login_required() -> ResponseReturnValue | None:
    """Before a request of a page: the user of the session, or the way to the login form and back."""
    user = _user()
    if user is None:
        session.clear()
        there = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("login.form", next=there))
    g.user = user
    return None


def _user() -> User | None:
    user_id = session.get("user")
    user = user_by_id(stores().engine, user_id) if isinstance(user_id, int) else None
    return user if user and user.epoch == session.get("epoch") else None


def _inside(target: str) -> str:
    """A path of this server; the calls page for any other address, or one that a browser could take for another."""
    inside = (
        target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    )
    return target if inside else url_for("dashboard.calls")


def _limits(name: str) -> tuple[tuple[RateLimitItem, str], ...]:
    return (PER_ADDRESS, _network()), (PER_NAME, name.casefold())


def _count_guess(name: str) -> None:
    """Counted before the password is looked at, so that guesses sent at once count too. Raises QuotaSpent."""
    for limit, whose in _limits(name):
        try:
            free = _all_processes().hit(limit, "login", whose)
        except StorageError:  # without Redis each process counts alone
            free = _this_process.hit(limit, "login", whose)
        if not free:
            raise QuotaSpent("too many wrong passwords were tried")


def _forget_guesses(name: str) -> None:
    for limit, whose in _limits(name):
        _this_process.clear(limit, "login", whose)
        try:
            _all_processes().clear(limit, "login", whose)
        except StorageError:
            return


def _all_processes() -> FixedWindowRateLimiter:
    pool = stores().live.client.connection_pool
    return FixedWindowRateLimiter(
        RedisStorage("redis://", connection_pool=pool, wrap_exceptions=True)
    )


def _network() -> str:
    """Who asks: the address, or the /64 of an IPv6 one, which is one household's."""
    address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 # stands for an unknown address, nothing listens
    return (
        str(ipaddress.ip_network((address, 64), strict=False))
        if address.version == 6
        else str(address)
    )
